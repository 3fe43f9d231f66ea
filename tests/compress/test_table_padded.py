"""Pieces of tables padded with blanks: no titles, perhaps half a row at either end, blanks lost at the very end."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.rendition import Hints
from headroom.compress.table_padded import take_apart
from headroom.compress.tabular import DrawnTable
from tests.compress.accounting import assert_every_row_is_shown_or_marked, shown_text

DRAWN = DrawnTable()
NO_HINTS = Hints()
NAMES = (
    "De Economist",
    "Review of Social Economy",
    "Brookings Papers",
    "Finance and Stochastics",
    "Empirical Economics",
)
HOUSES = ("Kluwer", "Routledge", "Elsevier", "MIT", "Academic Press")


def journals(count: int) -> list[list[str]]:
    return [
        [str(86 + n), f"{NAMES[n % 5]} {n * 7}", HOUSES[n % 4], str(60 + n * 37 % 700), str(1990 - n % 50)]
        for n in range(count)
    ]


def drawn(rows, gutter="  ", align="<", trim=False) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        gutter.join(f"{cell:{side}{width}}" for cell, side, width in zip(row, align * len(row), widths, strict=False))
        for row in rows
    ]
    return [line.rstrip() for line in lines] if trim else lines


def encode(text: str) -> str:
    found = DRAWN.lossless(text, NO_HINTS)
    assert found is not None
    assert DRAWN.decode(found.text) == text
    return found.text


@pytest.mark.parametrize(
    ("gutter", "align", "trim"),
    [("  ", "<", False), ("   ", "<", True), (" ", "><<>>", False), ("  ", "<<<>>", True), (" ", "<<<<>", True)],
    ids=["sqlite", "kubectl", "sqlplus", "right", "narrow"],
)
@pytest.mark.parametrize("end", ["", "\n", "\n\n"], ids=["open", "line", "blank"])
def test_rows_without_titles_become_bare_cells_and_come_back(gutter, align, trim, end):
    encoded = encode("\n".join(drawn(journals(40), gutter, align, trim)) + end)
    head, *rows = encoded.split("\n")
    assert head.startswith("[~ table: 40 rows split by comma")
    assert rows[:40] == [",".join(row) for row in journals(40)]


def test_blanks_that_the_last_line_lost_come_back_lost():
    rows = [[*row, "yes" if n % 3 else "maybe"] for n, row in enumerate(journals(41))]
    text = "\n".join(drawn(rows)).rstrip(" ")
    assert rows[-1][-1] == "yes"
    assert '"e":1' in encode(text).split("\n")[0]
    assert encode(text).endswith("\n" + ",".join(rows[-1]))


def test_half_rows_at_either_end_stay_as_they_are():
    lines = drawn(journals(40))
    text = "\n".join([lines[0][30:], *lines[1:-1], lines[-1][:22]])
    head, *rows = encode(text).split("\n")
    assert head.startswith("[~ table: 38 rows split by comma")
    assert head.endswith(" 1 1]")
    assert rows == [lines[0][30:], *(",".join(row) for row in journals(39)[1:]), lines[-1][:22]]


def test_the_row_that_a_question_names_stays_and_the_rest_lies_in_gaps():
    text = "\n".join(drawn(journals(160))) + "\n"
    found = DRAWN.lossy(
        text, Hints(query="What are publisher and price for id = 156? Which row has the highest price?")
    )
    assert found is not None
    shown = shown_text(found)
    assert "column 1: n=160, 86 .. 245 in steps of 1]" in shown
    assert "\n" + ",".join(journals(160)[70]) + "\n" in shown
    assert_every_row_is_shown_or_marked(found, [",".join(row) for row in journals(160)], unit="lines")


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("day and time", ["2024-01-05 10:02:11", "2024-01-06 11:12:13", "2024-11-25 20:41:51"]),
        ("words of one length", ["San Juan", "New York", "Las Vegas"]),
        ("a long one reaches further", ["Bread", "Original Frankfurter", "Wine"]),
    ],
)
def test_blanks_between_words_part_no_column(column, cells):
    rows = [[*row[:3], cells[n % 3], row[3]] for n, row in enumerate(journals(40))]
    last = encode("\n".join(drawn(rows))).split("\n")[-1]
    assert last.count(",") == len(rows[-1]) - 1, column


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"the {n} of 40 lines of a text which holds {n * 3} words" for n in range(40)),
        "\n".join(drawn(journals(7))),
        "\n".join(drawn([row[:2] for row in journals(40)])),
        "\n".join(line.replace("  ", "\t") for line in drawn(journals(40))),
    ],
    ids=["prose", "few rows", "two columns", "tabs"],
)
def test_what_is_no_padded_piece_is_left_alone(text):
    assert DRAWN.lossless(text, NO_HINTS) is None


cells = st.one_of(
    st.sampled_from(["", "7", "12.5", "Kluwer", "New York", "a  b", "é", "[~ x", "$a"]),
    st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\x85\u2028\u2029"), max_size=8),
)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(3, 5).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=8, max_size=14)
    ),
    st.sampled_from([" ", "  ", "   "]),
    st.text("<>", min_size=5, max_size=5),
    st.booleans(),
    st.tuples(st.integers(0, 12), st.integers(0, 12)),
    st.sampled_from(["", "\n", "\n\n"]),
)
def test_any_piece_comes_back(rows, gutter, align, trim, cut, end):
    numbered = [[str(100 + n), *row, str(n * 3)] for n, row in enumerate(rows)]
    text = "\n".join(drawn(numbered, gutter, align, trim))[cut[0] :]
    text = text[: len(text) - cut[1]] + end
    found = DRAWN.lossless(text, NO_HINTS)
    if found is not None:
        assert DRAWN.decode(found.text) == text


HEADING = ["        ID NAME                           HOUSE      PRICE", f"{'-' * 10} {'-' * 30} {'-' * 10} {'-' * 5}"]


def paged(count: int, size: int, before: int, blanks: int) -> list[str]:
    """As sqlplus prints them, from row ``before`` of a page on."""
    rows = [f"{row[0]:>10} {row[1]:<30} {row[2]:<10} {row[3]:>5}" for row in journals(count)]
    out: list[str] = []
    for n, row in enumerate(rows):
        if (n + before) % size == 0:
            out += [""] * (blanks if n else 0) + HEADING
        out.append(row)
    return out


@settings(max_examples=80, deadline=None)
@given(
    st.integers(8, 50), st.integers(3, 20), st.integers(0, 19), st.integers(0, 2), st.sampled_from(["", "\n", "\n\n"])
)
def test_pages_with_a_heading_each_come_back(count, size, before, blanks, end):
    text = "\n".join(paged(count, size, before % size, blanks)) + end
    found = DRAWN.lossless(text, NO_HINTS)
    if found is not None:
        assert DRAWN.decode(found.text) == text
        head = found.text.split("\n")[0]
        assert count < size or f"[~ table: {count} rows" in head


def test_the_first_heading_in_sight_names_the_columns_of_the_rows_above_it_too():
    lines = paged(100, 14, 4, 1)
    encoded = encode("\n".join(lines) + "\n")
    head, *rows = encoded.split("\n")
    assert '"p":[10,14,1]' in head
    assert rows[0] == "ID,NAME,HOUSE,PRICE"
    assert rows[1:101] == [",".join(row[:4]) for row in journals(100)]
    found = DRAWN.lossy(
        "\n".join(lines) + "\n", Hints(query="What is the price of ID = 90? Which has the highest PRICE?")
    )
    shown = shown_text(found)
    assert "100 rows, comma-separated; its heading comes 7 times; other rows left out]" in shown
    assert "\n" + ",".join(journals(5)[4][:4]) + "\n" in shown
    for gap in found.gaps:
        assert lines[gap.first - 1].lstrip()[:1].isdigit()
        assert lines[gap.last - 1].lstrip()[:1].isdigit()


def test_pages_of_different_lengths_are_not_told_by_one_number():
    lines = paged(60, 14, 0, 1)
    del lines[20]
    assert DRAWN.lossless("\n".join(lines) + "\n", NO_HINTS) is None


@pytest.mark.parametrize("below", [3, 0], ids=["a rule and totals", "nothing"])
def test_totals_below_another_rule_are_no_rows(below):
    names = [
        f"src/shop/{word}.py"
        for word in ("cart", "mail", "order", "price", "stock", "tax", "user", "view", "zone", "zip")
    ]
    lines = [f"{'Name':<22}{'Stmts':>8}{'Miss':>7}{'Cover':>8}   Missing", "-" * 60]
    lines += [
        f"{name:<22}{40 + 7 * n:>8}{3 * n:>7}{98 - 4 * n:>7}%   {n + 2}-{n + 9}, {n + 31}"
        for n, name in enumerate(names * 3)
    ]
    lines += ["-" * 60, f"{'TOTAL':<22}{1912:>8}{538:>7}{68:>7}%", ""][:below]
    text = "\n".join(lines) + "\n" * (not below)
    found = take_apart(text.split("\n"))
    assert found is not None
    assert found.header == ("Name", "Stmts", "Miss", "Cover", "Missing")
    assert len(found.columns[0]) == 30
    assert "TOTAL" not in found.columns[0]


def units(failed):
    rows = [("UNIT", "LOAD", "ACTIVE", "SUB", "DESCRIPTION")] + [
        (
            f"part-{n * 37 % 101}.service",
            "loaded",
            *(("failed", "failed") if n in failed else ("active", "running")),
            f"Part {n}",
        )
        for n in range(30)
    ]
    widths = [max(map(len, column)) + 4 for column in zip(*rows, strict=True)]
    signs = ["  ", *("● " if n in failed else "  " for n in range(30))]
    lines = [sign + "".join(map(str.ljust, row, widths)).rstrip() for sign, row in zip(signs, rows, strict=True)]
    said = [
        "",
        "LOAD   = Reflects whether the unit was loaded.",
        "ACTIVE = The state of the unit.",
        "30 loaded units listed.",
    ]
    return "\n".join([*lines, *said]) + "\n"


@pytest.mark.parametrize("failed", [(), (4,), (3, 17, 29)])
def test_units_with_signs_before_some_and_words_below_are_a_table(failed):
    text = units(failed)
    rendition = DRAWN.lossless(text, Hints())
    assert rendition is not None
    assert DRAWN.decode(rendition.text) == text
    found = DRAWN.lossy(text, Hints(query="Which units are not running, and what is `part-74.service`?"))
    shown = shown_text(found)
    assert "part-74.service,loaded,active,running,Part 2" in shown
    assert all(f"● part-{n * 37 % 101}.service,loaded,failed,failed,Part {n}\n" in shown for n in failed)
    assert "part-20.service" not in shown
    assert shown.endswith("30 loaded units listed.\n")
