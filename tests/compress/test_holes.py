"""Where a tool says that something is missing, what stands on either side is compressed like any output."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compress import holes
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress

NOTICES = (
    "... [1234 lines truncated] ...",
    "[... omitted 120 of 376 lines ...]",
    "... (output truncated)",
    "<response clipped>",
    "[Output truncated after 30000 characters]",
    "... 512 lines omitted ...",
    "--- 3,000 characters omitted ---",
    "(12 more rows not shown)",
)
ORDINARY = (
    "[INFO] Tests are skipped.",
    "[WARNING] 3 hidden errors",
    "Tests: 2 skipped, 3 total",
    "[~ 12 lines omitted (L3-14); hr:^]",
    "the line was truncated",
    "... and so on",
)


def count(text: str) -> int:
    return len(text) // 3


def shorten(text: str, query: str = "", *, lossy: bool = False):
    return compress(text, Hints(query=query), Policy(lossy=lossy), count, render=lambda gap: "[~ left out]")


@pytest.mark.parametrize("notice", NOTICES)
def test_a_notice_parts_a_text(notice):
    parts = holes.split(f"one\ntwo\n\n{notice}\n\nthree\n")
    assert parts is not None
    assert [part.text.strip() for part in parts] == ["one\ntwo", notice, "three"]
    assert [part.notice for part in parts] == [False, True, False]


@pytest.mark.parametrize("line", ORDINARY)
def test_other_lines_part_nothing(line):
    assert holes.split(f"one\n{line}\ntwo\n") is None


def test_many_notices_are_what_the_text_says():
    assert holes.split("\n".join([*NOTICES[:3], "done"])) is None


@given(st.lists(st.sampled_from([*NOTICES, *ORDINARY, "", "│ a │ b │", "│ a", "plain words", "\n"]), max_size=12))
def test_the_parts_are_the_text(lines):
    text = "\n".join(lines)
    parts = holes.split(text)
    if parts is not None:
        assert "".join(part.text for part in parts) == text
        assert len(parts) > 1
        assert all(part.text for part in parts)


ROWS = [f"│ {10_000 + n} │ {('Lyon', 'Graz', 'Porto')[n % 3]:9} │ {n * 7 % 90:7} │" for n in range(400)]
RULE = "─" * 7
TABLE = "\n".join(
    [f"┌{RULE}┬{'─' * 11}┬{'─' * 9}┐", "│  id   │   city    │ freight │", f"├{RULE}┼{'─' * 11}┼{'─' * 9}┤", *ROWS]
)
CODE = "".join(f"{n:6}\tdef step_{n}(value):\n{n:6}\t    return value * {n} + offset_of_step\n" for n in range(1, 150))


@pytest.mark.parametrize("notice", ["", *NOTICES[:3]])
def test_a_drawn_table_whose_last_row_is_broken_is_a_table_still(notice):
    text = TABLE[:-20] + (f"\n{notice}" if notice else "")
    outcome = shorten(text)
    assert outcome.transform.startswith("table:")
    assert outcome.tokens_after < 0.7 * outcome.tokens_before
    assert outcome.text.endswith(text[text.rindex("│ 10399") :])


def test_gaps_behind_a_hole_are_counted_from_the_top():
    text = f"{TABLE[:-20]}\n\n{NOTICES[0]}\n\n{TABLE[:9_000]}"
    outcome = shorten(text, "What is the city for id = 10020?", lossy=True)
    lines = text.split("\n")
    hole = lines.index(NOTICES[0])
    before = [gap for gap in outcome.gaps if gap.last <= hole]
    behind = [gap for gap in outcome.gaps if gap.first > hole + 1]
    assert before
    assert behind
    assert len(before) + len(behind) == len(outcome.gaps)
    for part, gaps in zip(outcome.text.split(NOTICES[0]), (before, behind), strict=True):
        shown = set(re.findall(r"\b10\d{3}\b", part))
        for gap in gaps:
            assert gap.unit == "lines"
            hidden = {number for line in lines[gap.first - 1 : gap.last] for number in re.findall(r"\b10\d{3}\b", line)}
            assert hidden
            assert len(hidden & shown) <= 2, "but for what the statistics name"


def test_numbered_code_on_both_sides_of_a_hole_loses_its_numbers():
    text = f"{CODE[:5_000]}\n\n{NOTICES[0]}\n\n{CODE[5_000 + CODE[5_000:].index(chr(10)) + 1 :]}"
    outcome = shorten(text)
    assert outcome.text is not None
    assert outcome.tokens_after < 0.95 * outcome.tokens_before
    assert NOTICES[0] in outcome.text


def test_what_is_of_a_known_kind_as_a_whole_is_not_parted():
    log = "".join(f"2026-03-0{n % 9 + 1} 10:{n % 60:02}:11 INFO worker {n % 7} finished job {n}\n" for n in range(400))
    outcome = shorten(f"{log}{NOTICES[0]}\n{log}")
    assert outcome.transform.startswith("log:")
    assert not outcome.transform.endswith(":parts")
