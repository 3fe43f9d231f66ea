"""``go test -v``: the RUN lines that a test's result and those of its subtests repeat, left out and put back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.folding import SIGIL

HEAD = f"{SIGIL}go test: the === RUN lines of a test and its subtests stood right above its result where not shown]"

_RUN = "=== RUN   "
_RESULT = re.compile(r"( *)--- (?:PASS|FAIL|SKIP): (\S+) \(.*")


def fold(lines: list[str]) -> list[str] | None:
    """Leave out each run of RUN lines that names the same tests, in the same order, as the results right below it.

    None where nothing is left out, or where `unfold` would not give ``lines`` back.
    """
    if not any(line.startswith(_RUN) for line in lines):
        return None
    out: list[str] = []
    row = folded = 0
    while row < len(lines):
        names = _group(lines, row)
        if not names:
            out.append(lines[row])
            row += 1
            continue
        size = len(names)
        if out[-size:] == [_RUN + name for name in names]:
            del out[-size:]
            folded += size
        out += lines[row : row + size]
        row += size
    return out if folded and unfold(out) == lines else None


def unfold(lines: Sequence[str]) -> list[str]:
    """Invert `fold`: a result whose RUN line is nowhere above it gets its lines back."""
    out: list[str] = []
    shown: set[str] = set()
    row = 0
    while row < len(lines):
        names = _group(lines, row)
        if not names:
            line = lines[row]
            if line.startswith(_RUN):
                shown.add(line.removeprefix(_RUN))
            out.append(line)
            row += 1
            continue
        if names[0] not in shown:
            out += [_RUN + name for name in names]
        out += lines[row : row + len(names)]
        row += len(names)
    return out


def _group(lines: Sequence[str], row: int) -> list[str]:
    """Names of the tests of the result at ``row`` and of its subtests' results below; empty at any other line."""
    if not lines[row].startswith("--- "):
        return []
    match = _RESULT.fullmatch(lines[row])
    if match is None:
        return []
    names = [match[2]]
    for at in range(row + 1, len(lines)):
        inner = _RESULT.fullmatch(lines[at]) if lines[at].startswith("    ") else None
        if inner is None or not inner[2].startswith(f"{names[0]}/"):
            break
        names.append(inner[2])
    return names
