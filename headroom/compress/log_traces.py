"""Stack traces among the lines of a log: which lines they take, and which of those are worth showing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headroom.compress.frames import Stack, stacks_of
from headroom.compress.log_services import without_services
from headroom.compress.once import lines_of, once

_INDENTED = re.compile(r"\n[ \t|]++(?:File \"|at \S|from \S+:\d|#\d+ |\S+\.go:\d|[\w./*()-]+\(|\d+: )")
_BLANKS = frozenset(" \t")
_OWN_ENDS = 3
"""Of a trace's own frames, those that stay at either end."""
_INNERMOST = 2
"""Frames that stay of a trace that has none of the program's own."""
_TRACES = 40
"""Different traces that are shown."""
_TRACE_LINES = 60
"""Up to so many lines all frames of the different traces stay where a question is for them."""
_TOLD_BEFORE = re.compile(r"[\w\s.|+-]*Traceback \(most recent call last\):\Z")
_TOLD_BEHIND = re.compile(r"\s*\.\.\. \d+ (?:more|common frames omitted|further frames)\Z")
_ASKED = re.compile(r"\b(?:(?:stack|call|back) ?traces?|stacks?|frames|backtraces?|tracebacks?)\b", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w$])([A-Z][\w$]{2,80})(?=:? *\Z|: )")
"""An exception's name at the end of a line, or before what it says."""
_WITHIN = 200


@dataclass(frozen=True, slots=True)
class Traces:
    """Rows of a log's stack traces; each name as often as it was raised."""

    framed: set[int]
    """All that are frames, or lines of source below them, and what says that frames follow or were left out."""
    shown: set[int]
    """The program's own frames at the ends of each trace: of like traces once."""
    first: set[int]
    """All frames of the first of like traces."""
    names: list[str]
    """What was raised, of each trace."""

    def asked(self, query: str) -> set[int]:
        """Rows that a question for traces wants besides."""
        return self.first if len(self.first) <= _TRACE_LINES and _ASKED.search(query) else set()


@once
def traces_of(text: str) -> Traces:
    """The stack traces of a log: runs of indented frames, two at least. Linear."""
    found = Traces(set(), set(), set(), [])
    lines = without_services(lines_of(text))
    if not _INDENTED.search(text if lines is lines_of(text) else "\n".join(lines)):
        return found
    stacks = stacks_of([line if line[:1] in _BLANKS else "" for line in lines])
    seen: set[tuple[str, ...]] = set()
    for stack in stacks:
        if len(stack) < 2:
            continue
        rows = {*range(stack[0].rows.start, stack[-1].rows.stop), *_besides(lines, stack)}
        found.framed.update(rows)
        found.names.extend(_raised(lines, stack))
        ours = [frame for frame in stack if not frame.library]
        told = tuple([lines[frame.rows.start] for frame in ours or stack])
        if told in seen or len(seen) == _TRACES:
            continue
        seen.add(told)
        found.first.update(rows)
        if not ours:
            ours = stack[-_INNERMOST:] if stack[0].outer_first else stack[:_INNERMOST]
        ends = ours if len(ours) <= 2 * _OWN_ENDS else [*ours[:_OWN_ENDS], *ours[-_OWN_ENDS:]]
        for frame in ends:
            found.shown.update(frame.rows[:2])
    return found


def _besides(lines: Sequence[str], stack: Stack) -> Iterator[int]:
    """The lines right before and behind a stack that belong to no event."""
    above, below = stack[0].rows.start - 1, stack[-1].rows.stop
    if above >= 0 and _TOLD_BEFORE.match(lines[above]):
        yield above
    if below < len(lines) and _TOLD_BEHIND.match(lines[below]):
        yield below


def _raised(lines: Sequence[str], stack: Stack) -> Iterator[str]:
    """The name of what was raised; Python writes it below the frames, others above."""
    row = stack[-1].rows.stop if stack[0].outer_first else stack[0].rows.start - 1
    if 0 <= row < len(lines) and (match := _NAME.search(lines[row][:_WITHIN])):
        yield match[1]
