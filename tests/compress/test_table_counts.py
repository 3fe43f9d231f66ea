"""What the head of a table without loss says of the cells that nobody could count any more."""

import csv
import io
from hashlib import sha256

import pytest

from headroom.compress.any_lines import AnyLines
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress
from headroom.compress.tabular import DelimitedTable, DrawnTable

REGIONS = ("northern_highlands_province", "southern_lowlands_province", "coast")


def digits(place):
    return sha256(str(place).encode()).hexdigest()[:10]


def rows_of(count):
    return [[f"town {digits(i)}", str(i * i), REGIONS[i * i % 7 % 3], "t" if i % 9 == 4 else "f"] for i in range(count)]


def psql(rows):
    lines = [["name", "people", "region", "big"], *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    drawn = [
        " " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    ]
    drawn.insert(1, "+".join("-" * (width + 2) for width in widths))
    return "\n".join([*drawn, f"({len(rows)} rows)", ""])


def commas(rows, names=("name", "people", "region", "big")):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([names, *rows])
    return out.getvalue()


def counts_in(compressor, text):
    encoded = compressor.lossless(text, Hints()).text
    assert compressor.decode(encoded) == text
    assert compressor.lossless(encoded, Hints()) is None or not isinstance(compressor, AnyLines)
    return next((line for line in encoded.split("\n") if "× " in line), "")


def test_a_drawn_table_counts_columns_of_flags_and_of_few_words():
    rows = [[*row[:2], ("east", "west")[row[3] == "t"], row[3]] for row in rows_of(90)]
    head = counts_in(DrawnTable(), psql(rows))
    assert "; counts: region 80 × east, 10 × west / big 80 × f, 10 × t; layout" in head


def test_a_short_drawn_table_is_not_counted():
    assert counts_in(DrawnTable(), psql(rows_of(30))) == ""


def test_csv_counts_the_values_behind_marks_and_no_others():
    rows = rows_of(200)
    head = counts_in(DelimitedTable(), commas(rows))
    for region in REGIONS[:2]:
        assert f"{sum(row[2] == region for row in rows)} × {region}" in head
    assert "coast" not in head
    assert "big" not in head


@pytest.mark.parametrize("name", ["x]", "a; b", 'say "x"', "x" * 41])
def test_a_column_whose_name_could_end_the_head_is_not_counted(name):
    head = counts_in(DelimitedTable(), commas(rows_of(200), ("name", "people", name, "big")))
    assert head == ""


def test_csv_written_as_lines_tells_its_rows_and_what_its_legend_hides():
    rows = [
        [
            f"person {digits(i)}",
            f"{('Male', 'Female')[i % 3 == 0]}",
            ("Latino", "Black")[i % 4 == 0],
            f"1992-0{i % 9 + 1}-{i % 20 + 10}",
        ]
        for i in range(150)
    ]
    head = counts_in(AnyLines(), commas(rows, ("name", "gender", "race", "date")))
    assert head.startswith("[~ 150 rows; counts: ")
    assert "race 112 × Latino, 38 × Black" in head


def test_a_table_between_bars_is_counted_whatever_stands_around_it():
    cells = [(str(i).rjust(6), f"ST-{digits(i)}", "true " if i % 11 == 0 else "false") for i in range(200)]
    rule = "├────────┼───────────────┼───────┤"
    head = [" 12 ", " 40 ", rule, "│   id   │ code          │ held  │", "│ int64  │ varchar       │ bool  │", rule]
    text = "\n".join([*head, *(f"│ {a} │ {b} │ {c} │" for a, b, c in cells), rule, "  200 rows", ""])
    assert counts_in(AnyLines(), text) == "[~ counts: held 181 × false, 19 × true]"


def test_lines_that_are_no_table_are_not_counted():
    text = "\n".join(f"some words that come again and again {digits(i)}" for i in range(200)) + "\n"
    assert counts_in(AnyLines(), text) == ""


@pytest.mark.parametrize(("noise", "quote", "marked"), [(0, True, True), (40, True, False), (40, False, True)])
def test_marks_cut_through_quoted_cells_only_where_they_spare_much(noise, quote, marked):
    bags, sizes = ("Driver only", "None", "Driver & Passenger"), ("Small", "Midsize", "Compact")
    rows = [
        [
            f"M{digits(i)[:6]}",
            sizes[i * i % 5 % 3],
            i * 37 % 91 + i % 9 / 10,
            bags[i * i % 7 % 3],
            ("Front", "Rear")[i * i % 11 % 2],
            ("USA", "non-USA")[i % 3 == 1],
            sha256(f"{i}".encode()).hexdigest()[: 8 + noise],
        ]
        for i in range(120)
    ]
    out = io.StringIO()
    style = csv.QUOTE_NONNUMERIC if quote else csv.QUOTE_MINIMAL
    names = ("model", "size", "low", "bags", "drive", "made", "key")
    csv.writer(out, lineterminator="\n", quoting=style).writerows([names, *rows])
    assert (AnyLines().encode(out.getvalue()) is not None) == marked


def test_records_get_a_legend_of_phrases_where_marks_for_single_cells_spare_much_less():
    zones = (
        "-5\tA\tAmerica/New_York",
        "-6\tA\tAmerica/Chicago",
        "-6\tU\tAmerica/Chicago",
        "-8\tA\tAmerica/Los_Angeles",
    )
    rows = [
        f"{digits(i)}\t{i * 31 % 977}.{i * i * 7919 % 9973}\t{i * 7 % 90}\t{zones[i * i % 7 % 4]}\n" for i in range(200)
    ]
    text = "".join(["code\tlat\tlon\toff\tdst\tzone\n", *rows])
    alone = DelimitedTable().lossless(text, Hints())
    outcome = compress(text, Hints(), Policy(), len, render=str)
    assert alone is not None
    assert outcome.transform == "lines:legend"
    assert outcome.text is not None
    assert len(outcome.text) < 0.9 * len(alone.text)
