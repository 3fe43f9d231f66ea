"""The values of a column with the number of rows that have each, so that no count can be read as a part of its value."""

from __future__ import annotations

from collections.abc import Sequence

_MOST = 24
_MOST_CHARS = 420
_LEAST_ROOM = 120
_VALUE = 48
_RAREST = 3
_EACH = {1: "once", 2: "twice"}


def listed(counts: Sequence[tuple[str, int]], width: int = _VALUE) -> str:
    """``rain 641, sun 640`` or ``641 × 12, 640 × 14``, most frequent first, with the rarest always among them."""
    parts = _parts(counts, width)
    if len(parts) > _MOST or sum(map(len, parts)) > _MOST_CHARS:
        room = _MOST_CHARS
        head = 0
        while head < min(len(parts), _MOST) - _RAREST - 1 and room > _LEAST_ROOM:
            room -= len(parts[head]) + 2
            head += 1
        parts = [*parts[:head], *parts[-_RAREST:], _others([count for _, count in counts[head:-_RAREST]])]
    return ", ".join(parts)


def commonest(counts: Sequence[tuple[str, int]], most: int) -> str:
    """So many of the values, and what is left of the counts."""
    parts = _parts(counts, _VALUE)[:most]
    return ", ".join([*parts, _others([count for _, count in counts[most:]])] if counts[most:] else parts)


def clip(value: str, width: int = _VALUE) -> str:
    """As much of a value as is told of it."""
    return value if len(value) <= width else value[: width - 3] + "..."


def _parts(counts: Sequence[tuple[str, int]], width: int) -> list[str]:
    if any(value[-1:].isdigit() for value, _ in counts):
        return [f"{count} × {clip(value, width)}" for value, count in counts]
    return [f"{clip(value, width)} {count}" for value, count in counts]


def _others(counts: Sequence[int]) -> str:
    """``30 others once each``; ``counts`` descend."""
    many = len(counts) > 1
    name = f"{len(counts)} other{'s' * many}"
    most = counts[0]
    if most == counts[-1]:
        return f"{name} {_EACH.get(most, f'{most} times')}{' each' * many}"
    return f"{name} {sum(counts)} times in all"
