"""CSV and drawn tables: exact back, bare of what only draws, every row accounted for."""

from __future__ import annotations

import csv
import io
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress import law
from headroom.compress.detect import detect
from headroom.compress.rendition import Hints
from headroom.compress.tabular import COMPRESSORS, DelimitedTable, DrawnTable
from tests.compress.accounting import assert_every_row_is_shown_or_marked, shown_text

CSV = DelimitedTable()
DRAWN = DrawnTable()
NO_HINTS = Hints()


def encode(compressor, text: str) -> str:
    found = compressor.lossless(text, NO_HINTS)
    assert found is not None
    assert compressor.decode(found.text) == text
    return found.text


def ask(compressor, text: str, query: str):
    found = compressor.lossy(text, Hints(query=query))
    if found is not None:
        lossless = compressor.lossless(text, NO_HINTS)
        explaining = compressor if isinstance(compressor, law.Explaining) else None
        assert law.holds(text, found, lossless.text.split("\n") if lossless else (), explaining)
        assert found == compressor.lossy(text, Hints(query=query))
    return found


cells = st.one_of(
    st.sampled_from(["", "x", "USA", "a,b", 'q"q', "n\nn", " s ", "=", "https://example.com/a/b/1", "[~ 3 rows"]),
    st.text(max_size=6),
)


@settings(max_examples=120, deadline=None)
@given(
    st.integers(2, 5).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=3, max_size=12)
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.lists(st.text(max_size=5), max_size=2),
)
def test_any_csv_comes_back_byte_for_byte(rows, delimiter, end, bom, constant):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(
        [[*row, *(constant if i else [f"name {c}" for c in range(len(constant))])] for i, row in enumerate(rows * 3)]
    )
    text = "\ufeff" * bom + out.getvalue()
    found = CSV.lossless(text, NO_HINTS)
    if found is not None:
        assert CSV.decode(found.text) == text


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.text(max_size=40))
def test_no_text_raises(text, query):
    for compressor in COMPRESSORS:
        compressor.lossless(text, Hints(query=query))
        compressor.lossy(text, Hints(query=query))
    DRAWN.explains(text, [query])


@pytest.mark.parametrize("compressor", COMPRESSORS)
@pytest.mark.parametrize("bad", ["", "x", "[~ csv: 3 rows]\na", "[~ table: 3 rows split by comma; layout {} 0 0]\na"])
def test_decoding_foreign_text_is_refused(compressor, bad):
    with pytest.raises((ValueError, KeyError)):
        compressor.decode(bad)


def test_a_column_that_never_changes_is_said_once():
    text = "id,country,name\n" + "".join(f"{i},United States,n{i}\n" for i in range(20))
    assert encode(CSV, text).split("\n")[:3] == [
        "[~ csv: 20 rows split by comma; name=v holds in every row: columns 2]",
        "id,country=United States,name",
        "0,n0",
    ]


def test_long_values_that_come_again_are_marked():
    text = "id,url\n" + "".join(f"{i},https://api.example.com/v2/customers/{i}/orders\n" for i in range(40))
    encoded = encode(CSV, text)
    assert "$a=https://api.example.com/v2/customers\n" in encoded
    assert "\n7,$a/7/orders\n" in encoded


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n3\n4,5\n",
        'a,b\n1,"2\n3,4\n',
        "a,b\n1,2\n\n3,4\n",
        "one\ntwo\nthree\n",
        "a,b\r\n1,2\n3,4\r\n",
        "a,b\n1,2",
    ],
    ids=["uneven", "open quote", "blank line", "no delimiter", "mixed line ends", "too short"],
)
def test_what_is_no_even_table_is_left_alone(text):
    assert CSV.lossless(text, NO_HINTS) is None
    assert CSV.lossy(text * 1, Hints(query="Which has the highest a?")) is None


def _table(count: int = 300) -> list[list[str]]:
    rng = random.Random(7)
    rows = [["id", "name", "city", "amount", "on"]]
    for i in range(count):
        amount = "5000.25" if i == 123 else f"{rng.randrange(100, 999) / 10:.1f}"
        rows.append(
            [
                str(4000 + i),
                f"name {i * 7 % 301}",
                ("Oslo" if i == 200 else ("Rome", "Lima")[i % 2]),
                amount,
                f"2024-01-{i % 28 + 1:02d}",
            ]
        )
    return rows


def _csv(rows):
    return "".join(",".join(row) + "\n" for row in rows)


def _box(rows, chars="┌─┬┐│├┼┤└┴┘", center=False):
    a, h, b, c, v, d, e, f, g, i, j = chars
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    head = [cell.center(w) if center else cell.ljust(w) for cell, w in zip(rows[0], widths, strict=True)]

    def rule(left, joint, right):
        return left + joint.join(h * (w + 2) for w in widths) + right

    def line(cells):
        return f"{v} " + f" {v} ".join(cells) + f" {v}"

    body = [line([cell.ljust(w) for cell, w in zip(row, widths, strict=True)]) for row in rows[1:]]
    return "\n".join([rule(a, b, c), line(head), rule(d, e, f), *body, rule(g, i, j)]) + "\n"


def _mysql(rows):
    return _box(rows, "+-++|+++" + "+++") + f"{len(rows) - 1} rows in set (0.01 sec)\n\n"


def _psql(rows):
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    numeric = [all(cell.replace(".", "").isdigit() for cell in column[1:]) for column in zip(*rows, strict=True)]

    def centred(cell, width):
        left = (width - len(cell)) // 2
        return " " * left + cell + " " * (width - len(cell) - left)

    out = [" " + " | ".join(centred(cell, w) for cell, w in zip(rows[0], widths, strict=True)) + " "]
    out.append("+".join("-" * (w + 2) for w in widths))
    for row in rows[1:]:
        padded = [cell.rjust(w) if n else cell.ljust(w) for cell, w, n in zip(row, widths, numeric, strict=True)]
        if not numeric[-1]:
            padded[-1] = row[-1]
        out.append(" " + " | ".join(padded))
    return "\n".join([*out, f"({len(rows) - 1} rows)", "", ""])


def _markdown(rows, padded=True):
    widths = [max(map(len, column)) if padded else 0 for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (max(w, 1) + 2) for w in widths) + "|", *lines[1:]]) + "\n"


def _columns(rows):
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    out = [[*rows[0]], ["-" * w for w in widths], *rows[1:]]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in out) + "\n"


def _kubectl(rows):
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return (
        "\n".join("   ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)
        + "\n"
    )


def _right(rows):
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(" ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in rows) + "\n"


DRAWINGS = {
    "sqlite box": _box,
    "sqlite box, centred heads": lambda rows: _box(rows, center=True),
    "mysql": _mysql,
    "psql": _psql,
    "rich": lambda rows: _box(rows, "┏━┳┓│┡╇┩└┴┘").replace("━", "─"),
    "markdown": _markdown,
    "markdown, not padded": lambda rows: _markdown(rows, padded=False),
    "sqlite column": _columns,
    "kubectl": _kubectl,
    "right aligned": _right,
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_drawn_tables_become_bare_cells_and_come_back(draw):
    rows = _table(60)
    encoded = encode(DRAWN, draw(rows))
    assert "\nid,name,city,amount,on\n4000,name 0,Rome," in encoded
    assert "60 rows" in encoded.split("\n")[0]


plain = st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters="|"), max_size=8)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(3, 5).flatmap(
        lambda width: st.lists(st.lists(plain, min_size=width, max_size=width), min_size=4, max_size=9)
    ),
    st.sampled_from(sorted(DRAWINGS)),
)
def test_any_cells_come_back_from_any_frame(rows, name):
    text = DRAWINGS[name](rows)
    found = DRAWN.lossless(text, NO_HINTS)
    if found is not None:
        assert DRAWN.decode(found.text) == text


def test_lines_around_a_drawn_table_stay():
    text = "psql (16.1)\n" + _psql(_table(30)) + "Time: 3.4 ms\n"
    encoded = encode(DRAWN, text)
    assert "\npsql (16.1)\n" in encoded
    assert "\n(30 rows)\n" in encoded


DPKG = (
    "Desired=Unknown/Install/Remove/Purge/Hold\n| Status=Not/Inst\n||/ Name           Version      Architecture Description\n"
    "+++-==============-============-============-=================================\n"
    + "".join(
        f"ii  {f'lib{n}':<14} {f'1.{n}-1':<12} {'amd64' if n % 3 else 'all':<12} library number {n} {'of many ' * (n % 3)}\n"
        for n in range(60)
    )
)
IPTABLES = (
    "Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n pkts bytes target     prot source               destination         \n"
    + "".join(
        f"{n * 7:5d} {n * 977:5d} ACCEPT     tcp  {f'10.0.{n}.0/24':<20} 0.0.0.0/0            tcp dpt:{8000 + n}\n"
        for n in range(60)
    )
)


@pytest.mark.parametrize("text", [DPKG, IPTABLES], ids=["dpkg", "iptables"])
def test_a_padded_table_is_found_below_other_lines_with_blanks_left_at_line_ends(text):
    encoded = encode(DRAWN, text)
    assert text.split("\n", 1)[0] in encoded.split("\n")
    assert len(encoded) < 0.9 * len(text)


def test_the_title_of_the_last_column_gets_no_blanks_behind_it():
    # One number too wide for its column leaves no gap before the commands.
    rows = [f"{n:5d} {n // 3:5d} {n**3 * 3:5d} {' ' * (n % 4)}\\_ worker --part {n} of 90" for n in range(90)]
    text = "\n".join(["  PID  PPID   RSS CMD", *rows, ""])
    assert "RSS CMD\n" in encode(DRAWN, text)


@pytest.mark.parametrize("draw", [_csv, _box, _psql, _columns], ids=["csv", "box", "psql", "column"])
@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("What are city and amount for id = 4222?", ["4222,"]),
        ("Which row has the highest amount?", ["4123,"]),
        ("Who lives in Oslo?", ["4200,"]),
        ("What is the amount of name 14?", [f"{4000 + next(i for i in range(300) if i * 7 % 301 == 14)},"]),
    ],
)
def test_the_row_asked_for_is_shown(draw, query, wanted):
    compressor = CSV if draw is _csv else DRAWN
    text = draw(_table())
    found = ask(compressor, text, query)
    assert found is not None
    shown = shown_text(found)
    for start in wanted:
        assert f"\n{start}" in shown
    assert len(shown) < 0.3 * len(text)


def test_every_csv_row_is_shown_or_lies_in_a_gap():
    text = _csv(_table())
    found = ask(CSV, text, "What are city and amount for id = 4222?")
    assert_every_row_is_shown_or_marked(found, text.split("\n")[1:-1], unit="lines", first_number=2)


def test_every_drawn_row_is_shown_or_lies_in_a_gap():
    text = _box(_table())
    found = ask(DRAWN, text, "What are city and amount for id = 4222?")
    assert_every_row_is_shown_or_marked(found, [",".join(row) for row in _table()[1:]], unit="lines", first_number=4)


@pytest.mark.parametrize(
    ("draw", "heading"),
    [(_box, 3), (_mysql, 3), (_psql, 2), (_markdown, 2)],
    ids=["box", "mysql", "psql", "markdown"],
)
def test_a_piece_without_its_heading_names_no_column_after_its_first_record(draw, heading):
    table = [[*row, f"c-{row[0] * 7}"] for row in _table()]
    table[0][-1] = "code"
    text = "".join(draw(table).splitlines(keepends=True)[heading + 40 :])
    found = ask(DRAWN, text, "Which city for 4222? Which row has the highest amount?")
    assert found is not None
    shown = shown_text(found)
    assert "260 rows" in shown
    assert "stats 4040" not in shown
    assert "260 rows" in encode(DRAWN, text).split("\n")[0]
    assert_every_row_is_shown_or_marked(found, [",".join(map(str, row)) for row in table[41:]], unit="lines")


@pytest.mark.parametrize("name", ["region", "name"])
def test_records_a_field_a_line_that_begin_inside_one_are_not_mixed(name):
    record = f"{'id':>{max(5, len(name))}} = {{0}}\n{name:>5} = n-{{1}}\n{'age':>{max(5, len(name))}} = {{2}}\n"
    whole = "\n".join(record.format(number, number * 3, 20 + number % 40) for number in range(60))
    text = whole[whole.index(f"{name:>5} = n-3\n") :]
    encoded = encode(DRAWN, text)
    assert encoded.startswith("[~ table: 58 rows")
    assert "\n2,n-6,22\n" in encoded
    found = ask(DRAWN, text, "What is the age for id = 30?")
    assert "\n30,n-90,50\n" in shown_text(found)
    assert f"{name:>5} = n-3\n{'age':>{max(5, len(name))}} = 21\n\n" in shown_text(found)


def _paged(table):
    """As sqlplus prints it: a heading for each 14 rows."""
    head = "        ID NAME                      CITY           AMOUNT\n---------- ------------------------- ---------- ----------\n"
    rows = [f"{row[0]:>10} {row[1]:<25} {row[2]:<10} {row[3]:>10}\n" for row in table[1:]]
    pages = [f"\n{head}{''.join(rows[at : at + 14])}" for at in range(0, len(rows), 14)]
    return f"SQL> SELECT * FROM staff;\n{''.join(pages)}\n{len(rows)} rows selected.\n"


def _duckdb(table):
    """With the types of its columns below their names."""
    top, names, rule, *rest = _box(table).split("\n")
    cells = names.strip("│").split("│")
    types = ["int", "varchar", "json", "real", "date"]
    below = "│" + "│".join(f" {kind:<{len(cell) - 2}} " for kind, cell in zip(types, cells, strict=True)) + "│"
    return "\n".join([top, names, below, rule, *rest])


@pytest.mark.parametrize(
    ("draw", "head"),
    [(_paged, "its heading comes 22 times"), (_duckdb, "types int, varchar, json, real, date")],
    ids=["pages", "types"],
)
def test_a_heading_that_comes_again_and_types_are_no_rows(draw, head):
    text = draw(_table())
    found = ask(DRAWN, text, "What are city and amount for id = 4222, and what is the average amount?")
    view = shown_text(found)
    assert f"[~ table: 300 rows, comma-separated; {head}" in view
    assert "\n4222," in view
    assert "n=300, " in view
    lines = text.split("\n")
    for gap in found.gaps:
        gone = [line for line in lines[gap.first - 1 : gap.last] if re.search(r"\b4\d\d\d\b", line)]
        assert not any("4222" in line for line in gone)
        assert lines[gap.first - 1] == gone[0]
        assert lines[gap.last - 1] == gone[-1]


def test_records_of_a_join_may_name_a_column_twice():
    text = "".join(
        f"{f'-[ RECORD {n} ]':-<34}\nid          | {n}\ncustomer_id | {7 * n}\npaid_at     | 2024-01-{n % 28 + 1:02d} 10:00\n"
        f"id          | {n % 9}\nname        | part {n % 9}\n"
        for n in range(1, 80)
    )
    rendition = DRAWN.lossless(text, Hints())
    assert rendition is not None
    assert DRAWN.decode(rendition.text) == text
    found = ask(DRAWN, text, "What is paid_at for customer_id = 413?")
    assert "59,413,2024-01-04 10:00,5,part 5" in shown_text(found)
    assert "\n30,210," not in shown_text(found)


def _psql_record(n: int) -> str:
    return (
        f"{f'-[ RECORD {n} ]':-<34}\nid          | {n}\ncustomer_id | {7 * n}\npaid_at     | 2024-01-{n % 28 + 1:02d}\n"
    )


def _mysql_record(n: int) -> str:
    return f"{'*' * 27} {n}. row {'*' * 27}\n         id: {n}\ncustomer_id: {7 * n}\n    paid_at: 2024-01-{n % 28 + 1:02d}\n"


@pytest.mark.parametrize("record", [_psql_record, _mysql_record], ids=["psql", "mysql"])
@pytest.mark.parametrize(("above", "below"), [(0, 0), (2, 0), (0, 2), (1, 3)], ids=["whole", "head", "tail", "both"])
@pytest.mark.parametrize("first", [7, 88, 996])
def test_a_piece_of_records_with_numbers_is_read_wherever_it_begins(record, above, below, first):
    text = "".join(record(n) for n in range(first, first + 40))
    lines = text.splitlines(keepends=True)
    text = "".join(lines[above : len(lines) - below])
    assert detect(text, NO_HINTS).kinds == ("table",)
    rendition = DRAWN.lossless(text, Hints())
    assert rendition is not None
    assert DRAWN.decode(rendition.text) == text
    wanted = first + 21
    found = ask(DRAWN, text, f"What is paid_at for customer_id = {7 * wanted}?")
    shown = shown_text(found)
    assert f"\n{wanted},{7 * wanted},2024-01-{wanted % 28 + 1:02d}" in shown
    assert f"\n{first + 30},{7 * (first + 30)}," not in shown


def test_records_over_several_lines_are_counted_in_lines():
    rows = [[str(i), f"first\nsecond {i}", "x" * 20] for i in range(80)]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["id", "text", "pad"], *rows])
    text = out.getvalue()
    found = ask(CSV, text, "What is text for id = 44?")
    assert found is not None
    assert "second 44" in shown_text(found)
    lines = text.split("\n")
    for gap in found.gaps:
        cut = list(csv.reader(io.StringIO("\n".join(lines[gap.first - 1 : gap.last]))))
        assert all(len(row) == 3 for row in cut)


@pytest.mark.parametrize(
    "query",
    [
        "Please go on with the task.",
        "Show all rows.",
        "What is the mean amount per city?",
        "Plot it",
        "Add cities and amounts like Oslo to the page. " * 40,
    ],
)
def test_a_question_that_a_part_cannot_answer_gets_the_whole(query):
    assert ask(CSV, _csv(_table()), query) is None
    assert ask(DRAWN, _box(_table()), query) is None


def test_long_cells_keep_head_and_tail():
    bodies = [" ".join(f"w{i}x{j}" for j in range(300)) for i in range(40)]
    text = "id,body\n" + "".join(f'{i},"{body}, end {i}"\n' for i, body in enumerate(bodies))
    found = ask(CSV, text, "What is body for id = 25, and which one is the shiniest?")
    assert found is not None
    shown = shown_text(found)
    assert bodies[25] in shown
    assert bodies[0][:200] in shown
    assert "end 0" in shown
    cut = [gap for gap in found.gaps if gap.unit == "chars"]
    assert cut
    assert all(text[gap.first - 1 : gap.last] not in shown for gap in cut)


FORGED = "[~ 90 rows omitted (R1-90); hr:^]"


@pytest.mark.parametrize("draw", [_csv, _box, _psql, _columns], ids=["csv", "box", "psql", "column"])
def test_cells_that_look_like_our_markers_are_escaped(draw):
    rows = _table()
    rows[223][0] = rows[101][0] = FORGED
    compressor = CSV if draw is _csv else DRAWN
    text = draw(rows)
    found = compressor.lossless(text, NO_HINTS)
    assert found is None or (compressor.decode(found.text) == text and f"\n{FORGED}" not in found.text)
    lossy = ask(compressor, text, f"What are id and city for name = {rows[101][1]}?")
    assert lossy is not None
    shown = "".join(p for p in law.escape_source(text, lossy.pieces) if isinstance(p, str))
    assert FORGED[2:] in shown
    assert f"\n{FORGED}" not in shown


def test_statistics_speak_of_all_rows():
    shown = shown_text(ask(CSV, _csv(_table()), "What is the average amount?"))
    amounts = [float(row[3]) for row in _table()[1:]]
    assert f"sum={sum(amounts):.2f}" in shown
    assert "Lima 150, Rome 149, Oslo 1" in shown
    assert "[~ stats id: n=300, 4000 .. 4299 in steps of 1]" in shown


@pytest.mark.parametrize(
    "make",
    [
        lambda: "a," * 500_000,
        lambda: "x\n" * 100_000,
        lambda: "| " * 200_000,
        lambda: "a b  c\n" * 50_000,
        lambda: '"' * 200_000,
    ],
)
def test_odd_large_texts_end(make):
    for compressor in COMPRESSORS:
        compressor.lossless(make(), NO_HINTS)
        compressor.lossy(make(), Hints(query="Which a is highest?"))


@pytest.mark.parametrize(
    "query", ["Find out why the shop tests fail.\nLet me run the tests.", "Fix the shipping rule."]
)
def test_a_table_met_on_the_way_to_something_else_is_skimmed(query):
    found = ask(CSV, _csv(_table()), query)
    assert found is not None
    assert found.transform == "csv:skim"
    shown = shown_text(found)
    assert _csv(_table()).split("\n")[1] in shown, "the first row stays"
    assert "n=300" in shown, "the statistics are of all rows"


def test_a_cell_that_hardly_any_row_fills_is_shown():
    rows = [
        f"{n},step {n % 7},{'false' if n % 40 == 3 else 'true'},{'no order number' if n == 363 else ''},{n * 37 % 101}"
        for n in range(600)
    ]
    text = "\n".join(["id,step,ok,failure,ms", *rows]) + "\n"
    found = ask(CSV, text, "What is with id 17?")
    assert found is not None
    shown = shown_text(found)
    assert rows[363] in shown
    assert len(shown) < 0.2 * len(text)


@pytest.mark.parametrize("rule", ["----  ------  -----", "====  ======  =====", "-" * 19])
@pytest.mark.parametrize("below", ["", "(0 rows)", "\n(0 rows)\nTime: 1.2 ms"])
def test_titles_and_a_rule_without_rows_are_no_table(rule, below):
    text = f"NAME  STATUS  CLOCK\n{rule}\n{below}\n"
    for table in (text, f"\n{text}", f"$ show\n\n{text}", f"{text}\n\n"):
        assert DRAWN.lossless(table, NO_HINTS) is None
        assert DRAWN.lossy(table, Hints(query="What is with status 17?")) is None
