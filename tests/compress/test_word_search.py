"""Words found in a text: as looking at each line would find them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.number_masks import digits_alike
from headroom.compress.word_search import WordSearch, overlaps_itself, stands

PARTS = ("a", "aa", "ab", "foo", "food", ".", "-", "_", " ", "\n", "1", "22", "é", "日本", "/", "?", "\x01", "a.a")
TEXTS = st.lists(st.sampled_from(PARTS), max_size=30).map("".join)
TERMS = st.lists(st.sampled_from([part for part in PARTS if not part.isspace()]), min_size=1, max_size=3).map("".join)


def as_word(term: str) -> re.Pattern[str]:
    opens = r"(?<!\w)" if re.match(r"\w", term[0]) else ""
    closes = r"(?!\w)" if re.match(r"\w", term[-1]) else ""
    return re.compile(opens + re.escape(term) + closes)


@settings(max_examples=200)
@given(TEXTS, TERMS, st.integers(0, 4))
def test_words_are_the_first_of_their_row_that_stand_alone(text, term, places):
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:row]) for row in range(len(lines))]
    expected = [
        (row, starts[row] + match.start()) for row, line in enumerate(lines) if (match := as_word(term).search(line))
    ]
    assert list(WordSearch(text, places).words(term)) == expected


@settings(max_examples=200)
@given(TEXTS, TERMS, st.integers(0, 4))
def test_rows_hold_the_term_and_say_whether_it_stands_alone(text, term, places):
    expected = [(row, bool(as_word(term).search(line))) for row, line in enumerate(text.split("\n")) if term in line]
    assert list(WordSearch(text, places).rows(term)) == expected


@settings(max_examples=200)
@given(TEXTS, TERMS, st.integers(1, 50))
def test_a_term_is_nowhere_if_it_is_not_in_the_lines_that_differ(text, term, times):
    searched = WordSearch(text * times)
    searched.shorten(digits_alike(text * times)[2])
    assert searched.has(term) is (term in text * times)


@pytest.mark.parametrize(
    ("line", "term", "tries", "found"),
    [
        pytest.param("food foo", "foo", 2, True, id="the second place"),
        pytest.param("food foo", "foo", 1, False, id="one place looked at"),
        pytest.param("xa.a.a", "a.a", 9, False, id="a place that overlaps the one before is none"),
        pytest.param("", "foo", 9, False, id="an empty line"),
    ],
)
def test_places_of_a_line_are_counted_from_the_left(line, term, tries, found):
    assert stands(line, term, tries) is found


@pytest.mark.parametrize(("term", "overlaps"), [("a.a", True), ("aa", False), ("foo", False), ("a.b", False)])
def test_only_terms_with_signs_inside_overlap_as_words(term, overlaps):
    assert overlaps_itself(term) is overlaps
