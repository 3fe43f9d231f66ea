"""What is said of a column holds for all its rows."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.column_statistics import statistics
from headroom.compress.columns import ENUM, NUMBER, TEXT, TIME, change_point, describe, outliers
from headroom.compress.table_rows import rarely_filled


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-3e2"], NUMBER),
        (["1", "2", "n/a"] + ["3"] * 30, NUMBER),
        (["10%", "20%", "5%"], NUMBER),
        (["NULL", "1", "2", "NULL", "8.9e-05", "NULL"], NUMBER),
        (["-", "1", "n/a", "?", "3", r"\N", "5"], NUMBER),
        (["NULL", "NULL", "a", "1"], TEXT),
        (["$1,200.50", "$3.00", "$7"], NUMBER),
        (["1,200", "3,000,000", "7"], NUMBER),
        (["377,381,383", "41", "1268", "49,2", "44"], TEXT),
        (["1kB", "2MB", "3kB"], TEXT),
        (["2024-01-01", "2024-02-01", "2023-01-01"], TIME),
        (["2024-01-01T10:00:00Z", "2024-02-01T10:00:00.5Z", "2023-01-01T10:00:00+01:00"], TIME),
        (["2024-04-04 03:30:48.93+00", "2024-03-02 21:45:56+00", "2024-04-18 17:28:32.5+00"], TIME),
        (["1.284,50", "-0,75", "12,00"], NUMBER),
        (["1,2", "3,4", "10,11,12"], TEXT),
        (["on", "off"] * 10, ENUM),
        (["a", "b", "c"], TEXT),
        (["nan", "inf", "-inf"], TEXT),
        (["1_000", "2_000", "3_000"], TEXT),
        (["", "", ""], TEXT),
        ([], TEXT),
    ],
)
def test_kinds(cells, kind):
    assert describe("c", cells).kind == kind


def test_commas_between_several_numbers_make_none_of_them():
    column = describe("phone", ["1268", "93", "355", "5999", "377,381", "44", "49", "61", "64", "7", "81"])
    assert column.kind == NUMBER
    assert column.numbers[column.cells.index("377,381")] is None
    assert column.highest == 3


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["3", "1", "2", "2"], "n=4 min=1 p50=2 p95=2 max=3 mean=2 sum=8"),
        ([str(i) for i in range(10, 60, 5)], "n=10, 10 .. 55 in steps of 5"),
        ([str(i) for i in range(1, 31) if i not in {7, 19}], "n=28, 1 .. 30 without 7, 19"),
        (["0.1", "0.2", "0.7"], "n=3 min=0.1 p50=0.2 p95=0.2 max=0.7 mean=0.333333 sum=1.0"),
        (
            ["99999999999999999999", "1", "1"],
            "n=3 min=1 p50=1 p95=1 max=99999999999999999999 mean=3.333333333e+19 sum=100000000000000000001",
        ),
        (["1.284,50", "-0,75", "12,00", "12,00"], "n=4 min=-0,75 p50=12 p95=12 max=1.284,50 mean=326.938 sum=1307.75"),
        (
            ["NULL", "12", "8.99e-05", "NULL", "7.5"],
            "n=3 min=8.99e-05 p50=7.5 p95=7.5 max=12 mean=6.50003 sum=19.500090, 2 without a number",
        ),
        (
            ["8e-5 s", "12 s", "n/a", "7 s"],
            "n=3 min=8e-5 s p50=7 p95=7 max=12 s mean=6.33336 sum=19, 1 without a number",
        ),
        (["on"] * 5 + ["off"] * 2 + [""], "2 values: on 5, off 2, 1 empty"),
        (["1"] * 6 + ["0"] * 3, "n=9 min=0 p50=1 p95=1 max=1 mean=0.666667 sum=6; 6 × 1, 3 × 0"),
        (["PA 28"] * 4 + ["172 M"] * 2, "2 values: 4 × PA 28, 2 × 172 M"),
        (
            [*"abcdefghijklmnopqrstuvwxyz"] * 4 + ["a"],
            "26 values: a 5, " + "".join(f"{c} 4, " for c in "bcdefghijklmnopqrst" + "xyz") + "3 others 4 times each",
        ),
        (
            ["one"] * 90 + [f"{c}x" for c in "abcdefghijklmnopqrstuvwxyz"],
            "27 values: one 90, " + "".join(f"{c}x 1, " for c in "abcdefghijklmnopqrs" + "xyz") + "4 others once each",
        ),
        (["2024-01-01", "2024-02-01", "2024-02-02"], "2024-01-01 .. 2024-02-02, ascending, 3 distinct"),
        (["a", "b", "c"], None),
        (["x"] * 9, "x in every row"),
        ([""] * 639 + ["timed out"], "1 value: timed out 1, 639 empty"),
        (["no", *[""] * 8, "late", "no"], "2 values: no 2, late 1, 8 empty"),
        (["a" * 200, "", ""], f"1 value: {'a' * 97}... 1, 2 empty"),
        ([*"abcd", ""], "4 distinct, 1 empty"),
    ],
    ids=[
        "numbers",
        "even steps",
        "missing numbers",
        "decimals",
        "large integers",
        "decimal commas",
        "NULL for no number",
        "an exponent before a unit",
        "few values",
        "few numbers",
        "values that end in a digit",
        "many values",
        "many single values",
        "dates",
        "all different",
        "one value",
        "one cell of many",
        "few cells of many",
        "one long cell",
        "several cells",
    ],
)
def test_statistics(cells, said):
    assert statistics(describe("c", cells)) == said


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.integers(-(10**20), 10**20).map(str), st.just("")), min_size=3, max_size=60))
def test_sums_of_integers_are_exact(cells):
    numbers = [int(cell) for cell in cells if cell]
    column = describe("c", cells)
    said = statistics(column)
    if column.kind == NUMBER and said is not None and "sum=" in said:
        assert f"sum={sum(numbers)}" in said
        assert f"min={min(numbers)}" in said
        assert f"max={max(numbers)}" in said


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=6), max_size=40))
def test_no_column_raises(cells):
    column = describe("c", cells)
    statistics(column)
    outliers(column)
    change_point(column)


def test_few_values_are_counted_and_the_rarest_named():
    cells = [f"value {i:02d}" for i in range(60) for _ in range(100 - i)]
    said = statistics(describe("c", cells))
    assert said is not None
    assert "100 × value 00" in said
    *parts, others = said.partition(": ")[2].split(", ")
    assert parts[-1] == "41 × value 59"
    number, rest = re.fullmatch(r"(\d+) others (\d+) times in all", others).groups()
    assert len(parts) + int(number) == 60
    assert sum(int(part.partition(" × ")[0]) for part in parts) + int(rest) == len(cells)


def test_outliers_by_the_median_ignore_how_skewed_the_rest_is():
    cells = [str(100 + i % 7) for i in range(200)]
    cells[50], cells[120] = "900", "-40"
    assert outliers(describe("c", cells)) == [50, 120]
    assert outliers(describe("c", ["5"] * 100)) == []
    assert outliers(describe("c", ["5"] * 99 + ["6"])) == [99]


def test_a_change_of_level_is_found_and_a_trend_is_none():
    noise = [i * 7919 % 13 for i in range(200)]
    stepped = describe("c", [str((10 if i < 130 else 40) + n) for i, n in enumerate(noise)])
    assert change_point(stepped) == 129
    assert change_point(describe("c", [str(100 * i + n) for i, n in enumerate(noise)])) is None
    assert change_point(describe("c", [str(n) for n in noise])) is None


@pytest.mark.parametrize("highest", [True, False])
def test_extremes_come_most_extreme_first_and_equals_as_they_come(highest):
    cells = ["5", "9", "1", "", "9", "1", "3"]
    column = describe("c", cells)
    assert column.extremes(3, highest=highest) == ([1, 4, 0] if highest else [2, 5, 6])
    assert (column.highest, column.lowest) == (1, 2)


@pytest.mark.parametrize(
    ("filled", "rows"),
    [
        pytest.param([{7: "x"}], [7], id="one cell"),
        pytest.param([{7: "x", 9: "x"}, {1: "y"}], [1, 7, 9], id="the emptiest column first"),
        pytest.param([{n: str(n) for n in range(20, 24)}], [20, 21, 22], id="the first of several"),
        pytest.param([{n: str(n) for n in range(20, 25)}], [], id="more than one of a hundred"),
        pytest.param([{}], [], id="none"),
    ],
)
def test_rows_of_rarely_filled_cells(filled, rows):
    columns = [describe("c", [cells.get(row, "") for row in range(400)]) for cells in filled]
    assert list(rarely_filled(columns)) == rows
