"""What a question means by the words it uses of a table: numbers of rows, groups, letters for columns, statuses in words."""

from __future__ import annotations

import pytest

from headroom.compress.columns import describe
from headroom.compress.rendition import Hints
from headroom.compress.table_question import read_question

NAMED = {
    "id": [str(n) for n in range(1, 201)],
    "x": [str(n * 37 % 1009 / 10) for n in range(200)],
    "pos": ["C" if n % 40 == 7 else "SS" if n % 50 == 9 else "LF" if n % 3 else "RF" for n in range(200)],
    "code": ["AND" if n == 12 else "LSO" if n == 99 else f"K{n}" for n in range(200)],
    "org": ["Morgan, F2F" if n % 2 else "Galaxy" for n in range(200)],
    "st": ["502" if n == 61 else "404" if n == 140 else "200" for n in range(200)],
    "score": [str(1000 + n * 7919 % 4001) for n in range(200)],
}
UNNAMED = {f"column {place}": cells for place, cells in enumerate(NAMED.values(), 1)}


BETWEEN = {row for row, cell in enumerate(NAMED["score"]) if 2000 <= float(cell) <= 2200}


def asked(query: str, table: dict[str, list[str]] = NAMED):
    columns = [describe(name, cells) for name, cells in table.items()]
    return read_question(columns, [",".join(cells) for cells in zip(*table.values(), strict=True)], Hints(query=query))


def rows_of(name: str, *values: str) -> set[int]:
    return {row for row, cell in enumerate(NAMED[name]) if cell in values}


def extreme(name: str, rows: set[int], best) -> int:
    return best(rows, key=lambda row: float(NAMED[name][row]))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("Compare the score of row 151 and row 49", {150, 48}),
        ("Compare rows 151, 49 and 7", {150, 48, 6}),
        ("what is in record #12?", {11}),
        ("which rows have x above 100?", {row for row, cell in enumerate(NAMED["x"]) if float(cell) >= 100}),
        ("rows where x > 100", {row for row, cell in enumerate(NAMED["x"]) if float(cell) >= 100}),
        ("rows with x greater than 100", {row for row, cell in enumerate(NAMED["x"]) if float(cell) >= 100}),
        ("anything exceeding 4900 in score?", {row for row, cell in enumerate(NAMED["score"]) if float(cell) >= 4900}),
        ("which have more than 4900 score?", {row for row, cell in enumerate(NAMED["score"]) if float(cell) >= 4900}),
        ("entries whose score tops 4900", {row for row, cell in enumerate(NAMED["score"]) if float(cell) >= 4900}),
        ("score no more than 1090", {row for row, cell in enumerate(NAMED["score"]) if float(cell) <= 1090}),
        ("score of at most 1,090", {row for row, cell in enumerate(NAMED["score"]) if float(cell) <= 1090}),
        ("Which score has x below .5?", {row for row, cell in enumerate(NAMED["x"]) if float(cell) <= 0.5}),
        ("rows with score between 2000 and 2200", BETWEEN),
        ("score from 2000 to 2200", BETWEEN),
        ("which score are in the range 2000-2200?", BETWEEN),
        ("show rows 131 to 134", {130, 131, 132, 133}),
        ("show rows 31-34", {30, 31, 32, 33}),
        ("Lowest score among C?", rows_of("pos", "C")),
        ("which C has the lowest score?", rows_of("pos", "C")),
        ("max score for pos C", rows_of("pos", "C")),
        ("highest score for SS?", rows_of("pos", "SS")),
        ("list the SS ones", rows_of("pos", "SS")),
        ("score of AND vs LSO", rows_of("code", "AND", "LSO")),
        ("Which calls got a bad gateway?", rows_of("st", "502")),
        ("which requests failed?", rows_of("st", "502", "404")),
        ("which URLs were not found?", rows_of("st", "404")),
    ],
)
def test_records_that_a_question_means_are_shown(query, wanted):
    found = asked(query)
    assert found is not None
    assert wanted <= found.rows
    assert len(found.rows) <= len(wanted) + 6
    assert not found.elsewhere


def test_numbers_that_name_no_key_count_the_rows():
    table = {"city": [f"town{n % 190}" for n in range(200)], "score": NAMED["score"]}
    found = asked("Compare the score of row 68 and row 116", table)
    assert found is not None
    assert {67, 115} <= found.rows


@pytest.mark.parametrize(("word", "best"), [("Lowest", min), ("Highest", max)])
def test_of_a_large_group_its_extremes_are_shown(word, best):
    found = asked(f"{word} score among Morgan, F2F?")
    assert found is not None
    assert extreme("score", rows_of("org", "Morgan, F2F"), best) in found.rows
    assert len(found.rows) < 20


def test_of_a_large_group_all_may_be_asked_for():
    assert asked("Show all records with org Morgan, F2F and the highest score") is None


@pytest.mark.parametrize("query", ["which letter comes above 0.25 others?", "is a over 0.25 here?", "Compare the rows"])
def test_a_letter_or_a_word_alone_means_no_column(query):
    found = asked(query)
    assert found is None or not found.rows


def test_columns_without_names_are_meant_by_their_numbers():
    found = asked("who has the largest area?", UNNAMED)
    assert found is not None
    assert {1, 6} <= found.columns
    found = asked("which rows have area above 4900?", UNNAMED)
    assert found is not None
    assert {row for row, cell in enumerate(NAMED["score"]) if float(cell) > 4900} <= found.rows
    assert len(found.rows) < 20


@pytest.mark.parametrize(
    ("query", "top"),
    [
        ("top 10 by score", 10),
        ("What are the three largest scores?", 3),
        ("the highest score", 1),
        ("first five by id", 5),
        ("the second highest score", 2),
    ],
)
def test_how_many_are_wanted_may_be_a_word(query, top):
    found = asked(query)
    assert found is not None
    assert found.top == top
