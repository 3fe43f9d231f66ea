"""Frames of stack traces that may go: those of libraries and runtimes, and those of a stack seen before."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from headroom.compress import omissions
from headroom.compress.frames import Frame, Stack
from headroom.compress.naming import named_rows
from headroom.compress.query import Relevance
from headroom.compress.recursions import recursions, without_addresses

_RAISING = re.compile(
    r"rust_begin_unwind|(?:core|std)(?:\[[0-9a-f]{16}\])?::(?:panicking|backtrace|sys::backtrace)|backtrace_rs|unwrap_failed|expect_failed"
    r"|panic\(|runtime\.(?:go|sig)?panic|runtime/debug\.Stack|testing\.tRunner"
)
"""How a runtime raises an error or tells of one: no frame tells less."""
_WHOLE = re.compile(
    r"\b(?:full|whole|entire|complete) (?:call ?|stack ?|back)?(?:trace|stack)|\b(?:all|every|each)(?: the| of the)? (?:stack ?)?frames?\b"
)
"""How a question asks for what else would be left out."""
_FEW_NAMED = 3
"""Frames with plain words of the question up to which they stay; more, and the words say nothing about which is meant."""
_CAUTIOUS = 3
"""Frames that stay at either end of a run where no frame is known to be the program's own."""
NOTE: Final = omissions.note("library frames")
_PLACES = 2
"""Places with library frames from which on one note on all of them is shorter than a marker in each."""
GAP_CHARS = 80
"""Characters that a gap's marker costs more than the number of a block of lines that came before."""


def asks_for_whole(relevance: Relevance) -> bool:
    """Whether a question is for all frames of a stack."""
    return _WHOLE.search(relevance.wording) is not None


class Cut(NamedTuple):
    """What may go of a text's stacks."""

    library: list[Frame]
    """Frames of libraries, in the order of the text."""
    again: list[tuple[Stack, Stack]]
    """Stacks that came before, but for addresses, each with the first of its like."""
    short: list[Frame]
    """Frames of libraries that are worth no marker: they may go where one note tells of all."""

    def frames(self) -> Iterator[Frame]:
        """All that may go."""
        return chain(self.library, *(stack for stack, _ in self.again))

    def rows(self) -> set[int]:
        """The rows of all that may go."""
        return {row for frame in self.frames() for row in frame.rows}

    def unmarked(self) -> set[int]:
        """Rows of library frames in several places, which one note may tell of; none where a marker is as short."""
        rows = {row for frame in (*self.library, *self.short) for row in frame.rows}
        return rows if sum(row - 1 not in rows for row in rows) >= _PLACES else set()

    def asked(self, lines: Sequence[str], relevance: Relevance, most: int) -> set[int]:
        """Rows of the frames that the question is about: with one of its names, up to ``most`` each, or of few with its words."""
        frames = {row: frame for frame in chain(self.frames(), self.short) for row in frame.rows}
        if asks_for_whole(relevance):
            return {*frames}
        named = named_rows(relevance, lines, strong_lines=most, words=False)
        worded = named_rows(relevance, lines, strong_lines=most, word_lines=_FEW_NAMED, near_lines=0)
        few = {frames[row] for row in worded & frames.keys()}
        few = {frame for frame in few if not _RAISING.search(lines[frame.rows.start])}
        found = {frames[row] for row in named & frames.keys()} | (few if len(few) <= _FEW_NAMED else set())
        return {row for frame in found for row in frame.rows}

    def told(self, first: int, last: int) -> list[str]:
        """What a gap says of them; a text has as many gaps as it has runs of such frames."""
        parts = []
        start = _start_of_frame
        if count := bisect_right(self.library, last, key=start) - bisect_left(self.library, first, key=start):
            parts.append(f"{count} library frame{'s' * (count != 1)}")
        of_pair = _start_of_stack
        begun = bisect_left(self.again, first, key=of_pair)
        for stack, like in self.again[max(0, begun - 1) : bisect_right(self.again, last, key=of_pair)]:
            inside = sum([first <= frame.rows.start <= last for frame in stack])
            if inside:
                parts.append(f"{inside} frames like L{like[0].rows.start + 1}-{like[-1].rows.stop}")
        return parts


def _start_of_frame(frame: Frame) -> int:
    return frame.rows.start


def _start_of_stack(pair: tuple[Stack, Stack]) -> int:
    return pair[0][0].rows.start


def cut(lines: Sequence[str], stacks: Sequence[Stack]) -> Cut:
    """What may go: library frames but where an error was raised and those next to the program's own; all of a stack seen before.

    What comes again and again, word for word, stays where as a block said once it takes less than its gaps would.
    """
    known = any(not frame.library for stack in stacks for frame in stack)
    alike: dict[tuple[str, ...], list[Stack]] = {}
    for stack in stacks:
        said = lines[stack[0].rows.start : stack[-1].rows.stop]
        key = said if len(stack) > 1 else [*said, str(stack[0].rows.start)]
        alike.setdefault(tuple([line if "0x" not in line else without_addresses(line) for line in key]), []).append(
            stack
        )
    runs: list[list[Frame]] = []
    again: list[tuple[Stack, Stack]] = []
    for group in alike.values():
        first = group[0]
        inner = [gone for gone in _inside(lines, first, known=known) if gone]
        if len(group) > 1:
            spared = sum(len(_text(lines, run)) for run in inner)
            if spared <= GAP_CHARS * (len(inner) + len(group)) and len({_text(lines, stack) for stack in group}) == 1:
                continue
            again += [(stack, first) for stack in group[1:]]
        again += recursions(lines, first, {frame for run in inner for frame in run})
        runs += inner
    texts = [_text(lines, run) for run in runs]
    times = Counter(texts)
    library: list[Frame] = []
    short: list[Frame] = []
    for run, text in zip(runs, texts, strict=True):
        (library if len(text) > GAP_CHARS * times[text] else short).extend(run)
    return Cut(sorted(library, key=_start_of_frame), sorted(again, key=_start_of_stack), short)


def _text(lines: Sequence[str], frames: Sequence[Frame]) -> str:
    """The lines of some frames."""
    return "\n".join([line for frame in frames for line in lines[frame.rows.start : frame.rows.stop]])


def _inside(lines: Sequence[str], stack: Stack, *, known: bool) -> Iterator[list[Frame]]:
    """The runs of library frames of one stack, without those that stay. ``known``: some frame of the text is a program's own."""
    inner_first = not stack[0].outer_first
    alone = all(frame.library for frame in stack)
    for start, end in _library_runs(stack):
        run = stack[start:end] if inner_first else stack[start:end][::-1]
        innermost, outermost = (start == 0, end == len(stack)) if inner_first else (end == len(stack), start == 0)
        if not known:
            gone = run[_CAUTIOUS:-_CAUTIOUS]
        else:
            raising = len(run) if innermost else 0
            while raising and not _RAISING.search(lines[run[raising - 1].rows.start]):
                raising -= 1
            first = raising if innermost or not outermost else -1
            last = len(run) - 1 if alone or not outermost else -1
            if not (innermost or outermost) and _shows_calls(run):
                first = last = -1
            gone = [frame for place, frame in enumerate(run) if place not in {first, last}]
            if last >= 0 and raising > last and not alone:
                gone = run
        gone = [frame for frame in gone if not lines[frame.rows.start].endswith("{")]  # what an error holds follows
        yield gone if inner_first else gone[::-1]


def _shows_calls(run: Sequence[Frame]) -> bool:
    """Whether frames have their source below them: the program's own then say themselves what they call."""
    return all(frame.outer_first and len(frame.rows) > 1 for frame in run)


def _library_runs(stack: Stack) -> Iterator[tuple[int, int]]:
    """Where runs of library frames begin and end."""
    start = -1
    for place, frame in enumerate([*stack, Frame(range(0), library=False)]):
        if frame.library and start < 0:
            start = place
        elif not frame.library and start >= 0:
            yield start, place
            start = -1
