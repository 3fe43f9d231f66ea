import json

import pytest

from headroom.retrieval.answer import MAX_TOKENS, answer, miss, query_of
from headroom.retrieval.original import About, Miss, Original
from headroom.retrieval.view import Range, View, json_rows, ranges

HASH = "9f2c41d07ab3e5c8d1f00a2b"


def count(text: str) -> int:
    return (len(text) + 3) // 4


def ask(text, **arguments):
    got = answer(query_of({"hash": HASH, **arguments}), Original(HASH, text, About(), 0.0), count=count)
    head, _, body = got.text.partition("\n")
    return head, body, got


LINES = "\n".join(f"line {i}" for i in range(1, 101)) + "\n"
LOG = "\n".join(f"2024-01-01 INFO request {i} took {i % 7} ms" for i in range(1, 3001))
ROWS = json.dumps([{"id": i, "name": f"n{i}"} for i in range(1, 51)])
NESTED = json.dumps({"next": "abc", "few": [1], "items": [{"id": i, "x": "é"} for i in range(1, 21)]})


@pytest.mark.parametrize(
    ("text", "unit", "want"),
    [
        ("5-9", "lines", [Range("lines", 5, 9)]),
        ("L5-9", "lines", [Range("lines", 5, 9)]),
        ("5-L9", "lines", [Range("lines", 5, 9)]),
        ("R3-4", "lines", [Range("rows", 3, 4)]),
        ("I3", "lines", [Range("rows", 3, 3)]),
        ("C600-1200", "lines", [Range("chars", 600, 1200)]),
        ("7", "rows", [Range("rows", 7, 7)]),
        ("20-", "lines", [Range("lines", 20, None)]),
        ("-20", "lines", [Range("lines", 1, 20)]),
        ("9-5", "lines", [Range("lines", 5, 9)]),
        ("(L5-9)", "lines", [Range("lines", 5, 9)]),
        ("5..9, 12:14, 3 to 4", "lines", [Range("lines", 5, 9), Range("lines", 12, 14), Range("lines", 3, 4)]),
        ("0-3", "lines", [Range("lines", 1, 3)]),
        ("all", "lines", []),
        ("", "lines", []),
        ("1e9", "lines", []),
        ("9" * 40, "lines", []),
    ],
)
def test_ranges_are_read_in_any_of_their_forms(text, unit, want):
    assert list(ranges(text, unit)) == want


@pytest.mark.parametrize(
    ("asked", "body"),
    [
        ({"lines": "3-5"}, "line 3\nline 4\nline 5\n"),
        ({"lines": 3}, "line 3\n"),
        ({"lines": [3, 4]}, "line 3\nline 4\n"),
        ({"lines": "3-4,99-"}, "line 3\nline 4\nline 99\nline 100\n"),
        ({"lines": "C1-6"}, "line 1"),
        ({"rows": "2-3"}, "line 2\nline 3\n"),
        ({"lines": "100"}, "line 100\n"),
        ({"lines": "99-4000"}, "line 99\nline 100\n"),
    ],
    ids=[
        "a range",
        "one, as a number",
        "a pair",
        "two ranges",
        "characters",
        "rows of plain text",
        "last",
        "past the end",
    ],
)
def test_a_range_is_verbatim(asked, body):
    assert ask(LINES, **asked)[1] == body


def test_a_range_outside_the_text_still_shows_something():
    head, body, _ = ask(LINES, lines="4000-4100")
    assert "only 100 lines" in head
    assert body.endswith("line 100\n")


def test_a_small_original_comes_whole():
    head, body, got = ask(LINES)
    assert body == LINES
    assert got.type == "full"
    assert head == f"hr:{HASH} lines 1-100 of 100"


def test_rows_are_the_elements_as_they_were_written():
    _, body, _ = ask(ROWS, rows="2-3")
    assert body == '{"id": 2, "name": "n2"}\n{"id": 3, "name": "n3"}'
    _, body, _ = ask(NESTED, rows="20")
    assert body == '{"id": 20, "x": "\\u00e9"}'


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('[1, 1.0e3 ,"a"]', ["1", "1.0e3", '"a"']),
        ("[]", []),
        ("{}", None),
        ("[1,", None),
        ("x", None),
        ("", None),
        ('["\ud800"]', None),
    ],
)
def test_rows_of_json(text, rows):
    assert json_rows(text) == rows


def test_what_is_too_long_is_cut_and_says_how_to_go_on():
    seen = ""
    asked: dict[str, object] = {}
    for _ in range(50):
        head, body, got = ask(LOG, **asked)
        assert got.tokens <= MAX_TOKENS + 100
        seen += body
        if "go on with" not in head:
            break
        asked = {"lines": head.split('lines="')[1].split('"')[0]}
    assert seen == LOG


def test_one_endless_line_can_be_read_to_its_end():
    text = "x".join(str(i) for i in range(40_000))
    seen = ""
    asked: dict[str, object] = {}
    for _ in range(50):
        head, body, _ = ask(text, **asked)
        seen += body
        if "go on with" not in head:
            break
        asked = {"lines": head.split('lines="')[1].split('"')[0]}
    assert seen == text


def test_a_row_that_is_too_long_is_cut_by_characters():
    text = json.dumps([{"body": "word " * 20_000}, {"body": "short"}])
    head, body, _ = ask(text, rows="1-2", max_tokens=500)
    assert 'lines="C' in head or 'rows="C' in head
    assert text.startswith(body[:50], 1)


def test_the_limit_of_the_call_holds():
    _, body, got = ask(LOG, max_tokens=100)
    assert count(body) <= 100
    assert got.shown >= 1


def test_a_pattern_shows_numbered_lines_with_neighbours():
    head, body, _ = ask(LINES, pattern="line 5$")
    assert head.endswith("1 of 100 lines match 'line 5$'")
    assert body == "4- line 4\n5: line 5\n6- line 6"


def test_parts_that_are_not_neighbours_are_set_apart():
    _, body, _ = ask(LINES, pattern="line (5|20)$")
    assert body.split("\n") == [
        "4- line 4",
        "5: line 5",
        "6- line 6",
        "--",
        "19- line 19",
        "20: line 20",
        "21- line 21",
    ]


def test_a_pattern_in_rows_shows_whole_rows():
    head, body, _ = ask(ROWS, pattern='"n17"')
    assert "1 of 50 rows match" in head
    assert body == '17: {"id": 17, "name": "n17"}'


@pytest.mark.parametrize(
    ("pattern", "note"),
    [("LINE 7$", "ignoring case"), ("LINE 77", "ignoring case"), ("line 7(", "no valid expression"), ("line 7\n", "")],
)
def test_a_pattern_that_does_not_fit_to_the_letter_is_still_found(pattern, note):
    head, body, got = ask(LINES, pattern=pattern)
    assert got.type == "pattern", head
    assert note in head
    assert "line 7" in body


def test_a_pattern_that_would_run_for_ever_is_taken_literally():
    text = "a" * 5000 + "!\n" + "b(a+)+$ here\n"
    head, body, got = ask(text, pattern="(a+)+$")
    assert got.type == "pattern"
    assert "takes too long" in head
    assert "b(a+)+$ here" in body


@pytest.mark.parametrize("text", [LINES, LOG, ROWS, "one long line " * 500, "x", "\n\n\n", json.dumps({"a": 1})])
def test_no_match_shows_what_there_is(text):
    head, body, got = ask(text, pattern="certainly not in there")
    assert "no match" in head
    assert got.type == "outline"
    assert body.strip()
    assert got.tokens < 2000


def test_the_outline_of_a_log_counts_its_shapes():
    _, body, _ = ask(LOG, pattern="absent")
    assert body == "3,000x in L1-3000: 2024-01-01 INFO request 1 took 1 ms"


def test_a_match_in_a_huge_line_is_cut_out():
    text = "x" * 100_000 + "needle" + "y" * 100_000
    _, body, got = ask(text, pattern="needle")
    assert "needle" in body
    assert got.tokens < 500


def test_many_matches_are_cut_with_the_next_one_named():
    head, _, got = ask(LOG, pattern="INFO", max_tokens=300)
    assert got.shown < 3000
    assert f"the next one is line {got.shown + 1}" in head


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"hash": None, "lines": None, "pattern": None, "max_tokens": None},
        {"hash": 5, "lines": {"a": 1}, "rows": True, "pattern": ["x"], "max_tokens": "many"},
        {"max_tokens": "²"},
        {"max_tokens": -5},
        {"max_tokens": 10**12},
        {"max_tokens": True},
        {"max_tokens": "1000000000000000000000"},
    ],
)
def test_odd_arguments_never_raise(arguments):
    query = query_of(arguments)
    assert 0 < query.max_tokens <= MAX_TOKENS
    got = answer(query, Original(HASH, LINES, About(), 0.0), count=count)
    assert got.text


@pytest.mark.parametrize("text", ["", "\n", "a", "a\n", "\r\n", "\ud800", "[", "[]", "[[]]"])
def test_no_answer_is_empty(text):
    for asked in ({}, {"lines": "1-5"}, {"rows": "1-5"}, {"pattern": "x"}):
        assert ask(text, **asked)[2].text.strip()


@pytest.mark.parametrize("why", ["unknown", "expired", "malformed"])
def test_a_miss_is_final_and_says_what_to_do(why):
    said = miss("abc", Miss(why), about="Bash(ls)").text
    assert ("Do not retry" in said and "Bash(ls)" in said) or "Copy the 24 hex digits" in said


def test_five_megabytes_are_answered():
    text = "\n".join(f"{i} some words of a line that is rather ordinary" for i in range(100_000))
    assert len(text) > 5_000_000
    assert ask(text, lines="99999-100000")[1].startswith("99998 some")
    assert ask(text, pattern="^77777 ")[2].shown == 1
    assert ask(text)[2].tokens <= MAX_TOKENS + 100


def test_lines_are_counted_like_an_editor_does():
    assert [View(text).line_count for text in ("", "a", "a\n", "a\nb", "\n", "a\n\n")] == [1, 1, 1, 2, 1, 2]
