"""CSV and TSV as their writers make them: a record is the unit, wherever its line breaks and quotes are."""

from __future__ import annotations

import csv
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compress import Gap, Hints, Policy, compress, delimited, raw_cells
from headroom.compress.tabular import DelimitedTable

TABLE = DelimitedTable()
_COUNT = 240


def tickets(delimiter: str = ",", end: str = "\n", inner: str = "\n", bom: str = "") -> str:
    """Records of which one cell has several lines, a delimiter and quotes; one value never changes."""
    rng = random.Random("tickets")
    out = [f"id{delimiter}body{delimiter}queue{delimiter}votes"]
    for number in range(_COUNT):
        greeting = rng.choice(("Hello", "Dear all"))
        lines = [f'{greeting}{delimiter} ""the printer"" of room {number}', "", f"says {rng.randrange(10**6)}."]
        out.append(delimiter.join((f"T-{4000 + number}", f'"{inner.join(lines)}"', "support", str(rng.randrange(100)))))
    return bom + end.join(out) + end


def render(gap: Gap) -> str:
    return f"[~ gap {gap.first}-{gap.last} {gap.unit}: {gap.note}]"


def cut(text: str, question: str = "What is the body of T-4120?"):
    return compress(text, Hints(query=question), Policy(lossy=True), lambda part: len(part) // 3 + 1, render=render)


def records_of(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))


FORMS = {
    "commas": {},
    "semicolons": {"delimiter": ";"},
    "bars": {"delimiter": "|"},
    "tabs": {"delimiter": "\t"},
    "CR LF everywhere": {"end": "\r\n", "inner": "\r\n"},
    "CR LF between records, LF inside": {"end": "\r\n"},
    "LF between records, CR LF inside": {"inner": "\r\n"},
    "CR inside": {"inner": "\r"},
    "a byte order mark": {"bom": "\ufeff"},
    "a byte order mark and CR LF": {"bom": "\ufeff", "end": "\r\n", "inner": "\r\n"},
}


@pytest.fixture(params=FORMS.values(), ids=FORMS)
def form(request):
    return request.param


def test_lossless_gives_the_same_bytes_back(form):
    text = tickets(**form)
    found = TABLE.lossless(text, Hints())
    assert found is not None
    assert len(found.text) < len(text)
    assert f"{_COUNT} rows" in found.text
    assert TABLE.decode(found.text) == text


def test_whole_records_stay_or_go(form):
    text = tickets(**form)
    delimiter = form.get("delimiter", ",")
    outcome = cut(text)
    assert outcome.kind == "table"
    assert not outcome.lossless
    assert f"{_COUNT} rows" in outcome.text
    shown = "".join(line for line in outcome.text.splitlines(keepends=True) if not line.startswith("[~ "))
    source, kept = records_of(text, delimiter), records_of(shown, delimiter)
    assert kept[0] == source[0]
    assert all(record in source for record in kept)
    assert source[121] in kept
    assert len(kept) < 0.2 * len(source)


def test_gaps_and_records_add_up(form):
    text = tickets(**form)
    outcome = cut(text)
    shown = sum(line.startswith("T-") for line in outcome.text.split("\n"))
    gone = 0
    for gap in outcome.gaps:
        lines = text.split("\n")[gap.first - 1 : gap.last]
        assert lines[0].startswith("T-"), "a gap begins with a record"
        assert gap.last == text.count("\n") or text.split("\n")[gap.last].startswith("T-"), "and ends with one"
        gone += sum(line.startswith("T-") for line in lines)
    assert shown + gone == _COUNT


def test_a_gap_says_how_many_records_went_where_its_lines_do_not():
    notes = [gap.note for gap in cut(tickets()).gaps]
    assert notes
    assert all(note.startswith("rows ") for note in notes)


@pytest.mark.parametrize("question", ["What is the body of T-4120?", "Please go on", "What of the gryphon?"])
def test_no_cell_is_cut_into_lines_whatever_is_asked(question):
    text = "id,body\n" + "".join(f'{n},"thanks\nwe look into it\nregards"\n' for n in range(300))
    outcome = cut(text, question)
    assert not [
        gap for gap in outcome.gaps if text.split("\n")[gap.first - 1].startswith(("thanks", "we look", "regards"))
    ]


def test_records_of_other_lengths_do_not_spoil_a_table():
    lines = [f"host-{number},eu,{number % 7},up" for number in range(300)]
    lines[50], lines[200] = "host-50,eu", "host-200,eu,1,up,since monday,again"
    outcome = cut("name,zone,load,state\n" + "\n".join(lines) + "\n", "What is the state of host-150?")
    assert outcome.transform == "csv:asked"
    assert "300 rows, 2 of them with more or fewer cells" in outcome.text
    assert "\nhost-150,eu,3,up\n" in outcome.text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a,b,c\n" + '1,"never closed,3\n' * 1 + "4,5,6\n" * 100, id="an open quote"),
        pytest.param('a,b,c\n1,"x" y,3\n' + "4,5,6\n" * 100, id="letters behind a closing quote"),
        pytest.param("a,b\n" + "1\n2,3,4\n" * 100, id="as many odd records as even ones"),
        pytest.param("a,b,c\r1,2,3\r4,5,6\r" * 40, id="line ends of old"),
    ],
)
def test_what_is_no_table_is_left_alone(text):
    assert TABLE.lossless(text, Hints()) is None
    assert TABLE.lossy(text, Hints(query="What about 4?")) is None


@pytest.mark.parametrize(
    ("first", "headed"),
    [
        pytest.param("name,city,since", True, id="names"),
        pytest.param("host-0,eu-1/a,up 3 days", False, id="a record like those below"),
        pytest.param("alpha,eu-1/a,never", False, id="a value that comes again"),
    ],
)
def test_the_first_record_is_a_heading_only_if_it_is_unlike_the_others(first, headed):
    text = first + "\n" + "".join(f"host-{number},eu-1/a,up {number} days\n" for number in range(1, 200))
    found = cut(text, "What about host-77?")
    assert f"[~ csv: {199 + (not headed)} rows" in found.text


@pytest.mark.parametrize(
    ("first", "headed"),
    [
        pytest.param("land,code,1990,1991,1992,1993", True, id="years"),
        pytest.param('"land","code","1990","1995","2000","2005"', True, id="years in quotes"),
        pytest.param("land,code,2020-01-22,2020-01-23,2020-01-24,2020-01-25", True, id="days"),
        pytest.param("land,code,1/22/20,1/23/20,1/24/20,1/25/20", True, id="days, the month first"),
        pytest.param("land,code,2019Q3,2019Q4,2020Q1,2020Q2", True, id="quarters"),
        pytest.param("land,code,17,18,19,20", False, id="small numbers"),
        pytest.param("Chad,TC-3,1.5,2.5,3.5,4.5", False, id="a record"),
        pytest.param("Chad,TC-3,1990,1991,4,5", False, id="two years among other numbers"),
    ],
)
def test_years_and_days_are_names_of_columns(first, headed):
    text = first + "\n" + "".join(f"L{n},C{n},{n}.25,{n + 1}.25,{n + 2},{n + 3}\n" for n in range(1, 200))
    found = cut(text, f"What about C77, and what is the average of {first.split(',')[2].strip(chr(34))}?")
    assert f"[~ csv: {199 + (not headed)} rows" in found.text
    if headed:
        assert "max=199.25 " in found.text


def test_years_over_years_are_a_record_like_the_others():
    text = "".join(f"film-{n},studio-{n},{1900 + n % 90},{1905 + n % 90},{1911 + n % 90}\n" for n in range(200))
    assert "[~ csv: 200 rows" in cut(text, "What about film-77?").text


cells = st.text(st.sampled_from('ab1 ,;|\t"\n\r[~$'), max_size=12)


@given(
    st.lists(st.tuples(cells, cells, st.just("const")), min_size=3, max_size=12),
    st.sampled_from(",;|\t"),
    st.sampled_from(("\n", "\r\n")),
    st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
    st.booleans(),
)
def test_any_table_comes_back_byte_for_byte(rows, delimiter, end, quoting, bom):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows([("x", "y", "z"), *rows])
    text = "\ufeff" * bom + out.getvalue()
    found = TABLE.lossless(text, Hints())
    assert found is None or TABLE.decode(found.text) == text


def test_words_behind_a_quoted_part_belong_to_its_cell():
    lines = [f'{n:02d}.01.2024;Apotheke am Ring;"Rezept; Zuzahlung" {1000 + n};-{n},48' for n in range(1, 29)]
    table = delimited.take_apart("\n".join(["Tag;Name;Zweck;Betrag", *lines]) + "\n")
    assert table is not None
    assert table.columns[2][1] == '"Rezept; Zuzahlung" 1001'
    assert table.uneven == 0


@pytest.mark.parametrize("cell", ['"a" "b"', '"a"b"'])
def test_a_second_quoted_part_is_no_cell(cell):
    assert raw_cells.split_cells(f"1;{cell};2", ";") == []


def test_the_rule_of_a_drawn_table_is_no_record():
    drawn = " id |  name  | hits\n----+--------+------\n" + "".join(f" {n} | part{n} | {n * 7}\n" for n in range(90))
    assert delimited.read(drawn + "(90 rows)\n") is None
    assert delimited.read(drawn.replace("----+--------+------\n", "")) is not None


def releases(count: int) -> list[str]:
    rows = [
        f"{4 + n // 2}.{'04' if n % 2 else '10'},Name {n},n{n},20{10 + n % 90}-04-01,20{10 + n % 90}-10-01"
        for n in range(count)
    ]
    return [row + (f",20{15 + n % 80}-04-01,20{20 + n % 70}-04-01" if n % 4 == 0 else "") for n, row in enumerate(rows)]


def test_records_that_leave_out_the_empty_cells_at_their_end_are_a_table():
    text = "version,codename,series,created,release,eol,eol-server\n" + "\n".join(releases(60)) + "\n"
    outcome = cut(text, "When was n24 released, and which came after it?")
    assert outcome.transform == "csv:asked"
    assert "60 rows, 45 of them with more or fewer cells" in outcome.text
    assert "\n".join(releases(60)[24:26]) in outcome.text


@pytest.mark.parametrize(
    "lines",
    [
        ["Dear all, as said, we, the team,", *["first, we met", "then, at noon, we ate, and spoke"] * 20],
        ["version,codename,series,created", *["4.10,Warty,warty,2004,2005,2006", "5.04,Hoary"] * 20],
        ["a,b,c,d,e,f,g,h", *["1,2", "3,4,5,6"] * 20],
    ],
    ids=["prose", "more cells than names", "hardly a cell"],
)
def test_lines_with_commas_below_no_header_that_holds_them_are_none(lines):
    assert delimited.read("\n".join(lines) + "\n") is None
