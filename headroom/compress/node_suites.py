"""node --test, in its tree of ticks: suites, which enclose their tests in a line that opens and one with the result."""

from __future__ import annotations

from itertools import accumulate

from headroom.compress.once import lines_of, once

_OPENS = "▶ "
_CLOSES = ("✔ ", "✖ ")


@once
def suites_of(text: str) -> list[tuple[int, int]]:
    """First and last row of each suite: its name, and its name again with its result."""
    found: list[tuple[int, int]] = []
    opened: list[tuple[int, str]] = []
    for row, line in enumerate(lines_of(text) if _OPENS in text else ()):
        bare = line.lstrip(" ")
        if bare.startswith(_OPENS):
            opened.append((row, f"{line[: len(line) - len(bare)]}{bare.removeprefix(_OPENS)}"))
        elif (
            opened
            and bare.startswith(_CLOSES)
            and f"{line[: len(line) - len(bare)]}{bare[2:]}".startswith(f"{opened[-1][1]} (")
        ):
            found.append((opened.pop()[0], row))
    return found


def emptied(text: str, drop: set[int]) -> set[int]:
    """Both rows of each suite of which all else goes; those that others hold first."""
    suites = suites_of(text)
    if not suites:
        return set()
    lines = lines_of(text)
    gone: set[int] = set()
    ends = {row for suite in suites for row in suite}
    stays = list(accumulate((row not in drop and row not in ends for row in range(len(lines))), initial=0))
    stayed = -1  # the last first row of a suite that stays: those that one holds come before it
    for first, last in suites:
        if stays[last] == stays[first + 1] and stayed < first and lines[last].lstrip(" ").startswith("✔"):
            gone.update((first, last))
        else:
            stayed = max(stayed, first)
    return gone
