import pytest

from headroom.compress.rendition import Gap
from headroom.retrieval import markers
from headroom.retrieval.markers import Trailer, parse, render_gap, sign, trailer

HASH = "9f2c41d07ab3e5c8d1f00a2b"


@pytest.mark.parametrize(
    ("gap", "line"),
    [
        (
            Gap(1502, 2250, "lines", "702x INFO, 47x DEBUG"),
            "[~ 749 lines omitted (L1502-2250): 702x INFO, 47x DEBUG]",
        ),
        (Gap(7, 7), "[~ 1 line omitted (L7)]"),
        (Gap(16, 203, "rows", "", "  "), "  [~ 188 rows omitted (R16-203)]"),
        (Gap(1, 12400, "chars"), "[~ 12,400 chars omitted (C1-12400)]"),
        (Gap(2, 3, "items", "a\nb  c"), "[~ 2 items omitted (I2-3): a b c]"),
    ],
    ids=["with a note", "one line", "rows, indented", "many characters", "a note with a line break"],
)
def test_a_gap_is_one_line_that_parses_back(gap, line):
    assert render_gap(gap) == line
    [mark] = parse(f"before\n{line}\nafter")
    assert isinstance(mark, Gap)
    assert (mark.first, mark.last, mark.unit, mark.indent) == (gap.first, gap.last, gap.unit, gap.indent)


def test_the_trailer_parses_back():
    line = trailer(frozenset({"lines", "rows"}), HASH)
    assert line == f'[~ full text: headroom_retrieve(hash="{HASH}", lines="A-B" | rows="A-B" | pattern="...")]'
    assert parse(line) == [Trailer(frozenset({"lines", "rows"}), HASH)]


def test_the_trailer_of_an_older_conversation_is_read():
    line = trailer(frozenset({"lines"}), HASH).replace("[~ ", "[~ condensed by headroom: 3,004 -> 35 lines; ")
    assert markers.handles(f"[~ 9 lines omitted (L1-9); hr:{HASH}]\nend\n{line}") == (HASH,)


def test_a_block_prints_its_hash_once_at_its_end():
    gaps = [Gap(3, 50), Gap(52, 99)]
    first, second = map(render_gap, gaps)
    text = sign(f"line 1\nline 2\n{first}\nline 51\n{second}\nline 100", gaps, HASH)
    assert text.split("\n") == [
        "line 1",
        "line 2",
        "[~ 48 lines omitted (L3-50)]",
        "line 51",
        "[~ 48 lines omitted (L52-99)]",
        "line 100",
        f'[~ full text: headroom_retrieve(hash="{HASH}", lines="A-B" | pattern="...")]',
    ]
    assert markers.handles(text) == (HASH,)


def test_a_block_without_gaps_names_its_hash_in_the_trailer():
    assert markers.handles(sign("short\n", [], HASH)) == (HASH,)


@pytest.mark.parametrize(
    "line",
    [
        f'[~ full text: headroom_retrieve(hash="{HASH.upper()}", lines="A-B" | pattern="...")]',
        f'[~ full text: headroom_retrieve(hash="{HASH[:12]}", lines="A-B" | pattern="...")]',
        "see [~ 749 lines omitted (L1502-2250)]",
        "[~ 749 lines omitted (L1502-2250)] and more",
        "[~ lines omitted]",
        "[\\~ 749 lines omitted (L1502-2250)]",
    ],
    ids=["capitals", "a short hash", "text before", "text after", "no numbers", "escaped"],
)
def test_what_only_resembles_a_marker_is_none(line):
    assert parse(line) == []


def test_escaped_source_lines_are_no_markers():
    line = "[~ 749 lines omitted (L1502-2250)]"
    assert parse(line)
    assert parse(markers.escape(line)) == []
    assert markers.unescape(markers.escape(line)) == line


@pytest.mark.parametrize(
    "gap", [Gap(4, 5, brief=True), Gap(7, 7, "rows", brief=True), Gap(40, 90, indent="  ", brief=True)]
)
def test_a_brief_gap_is_its_range(gap):
    line = markers.render_gap(gap)
    assert line.strip() in {"[~ L4-5]", "[~ R7]", "[~ L40-90]"}
    assert markers.parse(line) == [gap]
    assert markers.escape(line) != line
