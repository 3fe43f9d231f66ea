"""Runs of frames of one call that recurs: those that tell nothing but an address, a counter, or arguments seen above."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby, pairwise

from headroom.compress.frames import WIDTH, Frame, Stack

ADDRESS = re.compile(r"(?<=[({+])0x[0-9a-f]+\??|(?<=, )0x[0-9a-f]+\??")
RUST_ADDRESS = re.compile(r"0x[0-9a-f]+ - ")
_ADDRESSES_CHARS = 600
"""Characters of different frames of one call, from which those between the first and the last go."""
_CALL = re.compile(
    r"(?P<lead>\s*(?:#\d+ )?(?P<place>\S+\(\d+\): )?)(?P<name>[^\s(]+)\((?P<arguments>.*)\)(?P<behind>[^()]*)$"
)
"""A frame with its arguments: of Perl, which has the place behind, or of PHP, which has it in front."""
_LEAST = 6
"""Frames of a call that are seen through; fewer cost less than what stands for them."""
_CYCLE = 8
"""Different arguments of a call that comes round."""
_TIMES = 3
"""Times that it must come round."""


def recursions(lines: Sequence[str], stack: Stack, gone: Collection[Frame]) -> Iterator[tuple[Stack, Stack]]:
    """Runs of one call, without the frames that stay, each with those that it is like."""
    for _, run in groupby(stack, lambda frame: _call(lines, frame)):
        frames = list(run)
        inner = frames[1:-1]
        different = {"\n".join(lines[frame.rows.start : frame.rows.stop]) for frame in inner}
        if sum(map(len, different)) > _ADDRESSES_CHARS and not any(frame in gone for frame in inner):
            yield inner, frames[:1]
    calls = [(frame, _CALL.match(lines[frame.rows.start][:WIDTH])) for frame in stack] if len(stack) >= _LEAST else []
    for known, group in groupby(calls, lambda call: _callee(call[1])):
        if known is not None:
            yield from _cycles([(frame, _arguments(match)) for frame, match in group if match is not None])


def without_addresses(line: str) -> str:
    """A frame's line without what differs from run to run; numbered lines may be any list, so of these only Rust's."""
    return RUST_ADDRESS.sub("", line, count=1) if line.lstrip()[:1].isdecimal() else ADDRESS.sub("0x", line)


def _call(lines: Sequence[str], frame: Frame) -> tuple[str, ...]:
    """The lines of a frame without the addresses that it was called with; its place stays as it is."""
    first, *place = lines[frame.rows.start : frame.rows.stop]
    return without_addresses(first) if "0x" in first else first, *place


def _callee(match: re.Match[str] | None) -> tuple[str, str, str] | None:
    return (match["place"] or "", match["name"], match["behind"]) if match is not None else None


def _arguments(match: re.Match[str]) -> list[str]:
    return match["arguments"].split(", ")


def _cycles(calls: Sequence[tuple[Frame, list[str]]]) -> Iterator[tuple[Stack, Stack]]:
    """Parts of a run whose arguments, but for counters, stand in frames above that stay."""
    if len(calls) < _LEAST or len({len(arguments) for _, arguments in calls}) > 1:
        return
    columns = list(zip(*(arguments for _, arguments in calls), strict=True))
    telling = [column for column in columns if not _counts(column)]
    seen: dict[tuple[str, ...], int] = {}
    stay: list[int] = [len(calls) - 1]
    for place, told in enumerate(zip(*telling, strict=True) if telling else [()] * len(calls)):
        if seen.setdefault(told, place) == place:
            stay.append(place)
    if len(seen) > _CYCLE or len(calls) < _TIMES * len(seen) or len(columns) == 0:
        return
    for above, below in pairwise(sorted({-1, *stay})):
        if below - above > 1:
            first = max(0, above + 1 - len(seen))
            yield [frame for frame, _ in calls[above + 1 : below]], [frame for frame, _ in calls[first : above + 1]]


def _counts(column: Sequence[str]) -> bool:
    """Whether the values go up or down by one step each time."""
    if not all(value.isdecimal() and len(value) < 10 for value in column):
        return False
    steps = {int(below) - int(above) for above, below in pairwise(column)}
    return len(steps) == 1 and steps != {0}
