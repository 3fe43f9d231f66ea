import pytest

from headroom.compress.rendition import Gap
from headroom.retrieval import markers
from headroom.retrieval.markers import ABOVE, GapMark, Trailer, parse, render_gap, sign, trailer

HASH = "9f2c41d07ab3e5c8d1f00a2b"


@pytest.mark.parametrize(
    ("gap", "handle", "line"),
    [
        (
            Gap(1502, 2250, "lines", "702x INFO, 47x DEBUG"),
            HASH,
            f"[~ 749 lines omitted (L1502-2250): 702x INFO, 47x DEBUG; hr:{HASH}]",
        ),
        (Gap(7, 7), "^", "[~ 1 line omitted (L7); hr:^]"),
        (Gap(16, 203, "rows", "", "  "), "^", "  [~ 188 rows omitted (R16-203); hr:^]"),
        (Gap(1, 12400, "chars"), "^", "[~ 12,400 chars omitted (C1-12400); hr:^]"),
        (Gap(2, 3, "items", "a\nb  c"), "^", "[~ 2 items omitted (I2-3): a b c; hr:^]"),
    ],
    ids=["with a note and a hash", "one line", "rows, indented", "many characters", "a note with a line break"],
)
def test_a_gap_is_one_line_that_parses_back(gap, handle, line):
    assert render_gap(gap, handle) == line
    [mark] = parse(f"before\n{line}\nafter")
    assert isinstance(mark, GapMark)
    assert (mark.gap.first, mark.gap.last, mark.gap.unit, mark.gap.indent) == (
        gap.first,
        gap.last,
        gap.unit,
        gap.indent,
    )
    assert mark.handle == handle


def test_the_trailer_parses_back():
    line = trailer(3004, 35, "lines", frozenset({"lines", "rows"}), HASH)
    assert line.startswith(f'[~ condensed by headroom: 3,004 -> 35 lines; full text: headroom_retrieve(hash="{HASH}", ')
    assert parse(line) == [Trailer(3004, 35, "lines", frozenset({"lines", "rows"}), HASH)]


def test_a_block_prints_its_hash_at_its_first_gap_and_its_end():
    source = "\n".join(f"line {i}" for i in range(1, 101))
    gaps = [Gap(3, 50), Gap(52, 99)]
    first, second = (render_gap(gap, ABOVE) for gap in gaps)
    text = sign(f"line 1\nline 2\n{first}\nline 51\n{second}\nline 100", gaps, source, HASH)
    assert text.split("\n") == [
        "line 1",
        "line 2",
        f"[~ 48 lines omitted (L3-50); hr:{HASH}]",
        "line 51",
        "[~ 48 lines omitted (L52-99); hr:^]",
        "line 100",
        f'[~ condensed by headroom: 100 -> 4 lines; full text: headroom_retrieve(hash="{HASH}", lines="A-B" | pattern="...")]',
    ]
    assert text.count(HASH) == 2
    assert markers.handles(text) == (HASH,)


@pytest.mark.parametrize(
    "source",
    ["line\n" * 100, "line\r\n" * 100, "line\n" * 99 + "line", "line\r\n" * 99 + "line", "line\n" * 99 + "\n"],
    ids=["newline", "carriage return", "no last newline", "carriage return, no last newline", "blank line"],
)
def test_the_trailer_counts_lines_as_tools_do(source):
    assert "condensed by headroom: 100 -> 1 lines;" in sign("line\n", [], source, HASH)


def test_a_block_without_gaps_names_its_hash_in_the_trailer():
    text = sign("short\n", [], "long " * 100, HASH)
    assert text.count(HASH) == 1
    assert markers.handles(text) == (HASH,)


@pytest.mark.parametrize(
    ("shown", "signed"),
    [
        pytest.param(
            "[~ 4 lines omitted (L1-4); hr:^]\nend\n", "[~ 4 lines omitted (L1-4); hr:HASH]\nend\n", id="first"
        ),
        pytest.param(
            "a\n  [~ 4 lines; hr:^]\nb\n[~ 5 lines; hr:^]\n",
            "a\n  [~ 4 lines; hr:HASH]\nb\n[~ 5 lines; hr:^]\n",
            id="the first of two, indented",
        ),
        pytest.param(
            "says [~ x; hr:^] here\n[~ 4 lines; hr:^] too\n[~ 5 lines; hr:^]\n",
            "says [~ x; hr:^] here\n[~ 4 lines; hr:^] too\n[~ 5 lines; hr:HASH]\n",
            id="below lines that hold such words",
        ),
        pytest.param("no marker\n", "no marker\n", id="none"),
    ],
)
def test_the_first_marker_gets_the_hash(shown, signed):
    assert sign(shown, [Gap(1, 4)], "line\n" * 100, "HASH").startswith(signed)


@pytest.mark.parametrize(
    "line",
    [
        f"[~ 749 lines omitted (L1502-2250); hr:{HASH.upper()}]",
        f"[~ 749 lines omitted (L1502-2250); hr:{HASH[:12]}]",
        f"see [~ 749 lines omitted (L1502-2250); hr:{HASH}]",
        f"[~ 749 lines omitted (L1502-2250); hr:{HASH}] and more",
        "[~ lines omitted; hr:^]",
        f"[\\~ 749 lines omitted (L1502-2250); hr:{HASH}]",
    ],
    ids=["capitals", "a short hash", "text before", "text after", "no numbers", "escaped"],
)
def test_what_only_resembles_a_marker_is_none(line):
    assert parse(line) == []


def test_escaped_source_lines_are_no_markers():
    line = f"[~ 749 lines omitted (L1502-2250); hr:{HASH}]"
    assert parse(line)
    assert parse(markers.escape(line)) == []
    assert markers.unescape(markers.escape(line)) == line


@pytest.mark.parametrize(
    "gap", [Gap(4, 5, brief=True), Gap(7, 7, "rows", brief=True), Gap(40, 90, indent="  ", brief=True)]
)
def test_a_brief_gap_is_its_range(gap):
    line = markers.render_gap(gap, markers.ABOVE)
    assert line.strip() in {"[~ L4-5]", "[~ R7]", "[~ L40-90]"}
    assert markers.parse(line) == [markers.GapMark(gap, markers.ABOVE)]
    assert markers.escape(line) != line
