"""Words that are nearly those of a question: other endings, parts of identifiers, other spellings; and no others."""

import pytest

from headroom.compress.near_words import misspelt, near_rows

LINES = """max_wal_size
walking on
def test_stored_zip_compile(self):
libpng16.so.16
PostgreSQL Maintainers
not installed, but missing library stub
repair.go:12
unzip it
the colour of licence plates
validation errors""".lower()


@pytest.mark.parametrize(
    ("word", "rows"),
    [
        ("wal", [0]),
        ("zip", [2]),
        ("png", [3]),
        ("postgres", [4]),
        ("stubs", [5]),
        ("repairing", [6]),
        ("color", [8]),
        ("license", [8]),
        ("validate", [9]),
        ("walker", [1]),
        ("go", []),
        ("x86", []),
        ("absent", []),
    ],
)
def test_rows_with_a_near_form(word, rows):
    assert near_rows(LINES, word, 5) == rows


def test_no_more_rows_than_one_above_the_limit_are_told():
    assert near_rows("a timeout\n" * 40, "timeouts", 3) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("luxemburg", {"luxembourg"}),
        ("salzburgh", {"salzburg"}),
        ("salzburg", set()),
        ("oslo", set()),
        ("marburgen", set()),
    ],
)
def test_a_name_with_one_letter_wrong(name, found):
    assert misspelt("salzburg luxembourg madgeburg oslu", name) == found
