"""Entries of a text are found once in a call, and those of another text are never taken for them."""

from __future__ import annotations

import pytest

from headroom.compress.config_outline import entries
from headroom.compress.once import remembering


def _labels(lines: list[str], first: int = 0) -> list[str]:
    return [entry.label for entry in entries(lines, first, len(lines) - 1)]


@pytest.mark.parametrize(
    ("lines", "labels"),
    [
        (["# top", "a: 1", "  b: 2", "", "   ", "c:", "- d"], ["a: 1", "c"]),
        (["  a: 1", "    b: 2", " # left", "  c: 3"], ["a: 1", "c: 3"]),
        (["    deep: 1", "  less: 2", "    in: 3", "  more: 4"], ["deep: 1", "less: 2", "more: 4"]),
        (["\ttabbed: 1", "\t\tin: 2", "\tnext: 3"], ["tabbed: 1", "next: 3"]),
    ],
)
def test_lines_of_the_least_indent_begin_entries(lines: list[str], labels: list[str]) -> None:
    assert _labels(lines) == labels


def test_other_lines_and_other_parts_have_their_own_entries() -> None:
    with remembering():
        for number in range(50):  # each list may get the place in memory of the one before
            assert _labels([f"a{number}: 1", f"b{number}: 2"]) == [f"a{number}: 1", f"b{number}: 2"]
        lines = ["a: 1", "b: 2", "c: 3"]
        assert [_labels(lines), _labels(lines, 1)] == [["a: 1", "b: 2", "c: 3"], ["b: 2", "c: 3"]]


def test_who_changes_what_it_got_changes_nothing_for_others() -> None:
    lines = ["a: 1", "b: 2"]
    with remembering():
        entries(lines, 0, 1).clear()
        assert _labels(lines) == ["a: 1", "b: 2"]
