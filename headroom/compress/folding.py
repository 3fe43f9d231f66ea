"""Shared by the line-oriented compressors: our sigil, its escape, and runs of repeated lines."""

from __future__ import annotations

import re

SIGIL = "[~ "
"""First characters of every line that we write and the source did not."""

_FORGED = re.compile(r"(?m)^([ \t]*\[)(\\*~ )")
_ESCAPED = re.compile(r"(?m)^([ \t]*\[)\\(\\*~ )")

_REPEAT = re.compile(r"\[~ the (?:line|(\d+) lines) above: (\d+)x more\]")
_MAX_BLOCK = 24
_MIN_SPARED = 60
"""Characters that a folded repeat must spare, about four times what its marker costs."""


def escape(text: str) -> str:
    """Make source lines that begin like our own recognisable: ``[~ `` becomes ``[\\~ ``."""
    return _FORGED.sub(r"\1\\\2", text) if "~ " in text else text


def unescape(text: str) -> str:
    """Invert `escape`."""
    return _ESCAPED.sub(r"\1\2", text) if "~ " in text else text


def fold_repeats(lines: list[str]) -> list[str] | None:
    """Replace blocks of up to 24 lines that repeat back to back by one copy and a count; None when there are none.

    ``lines`` must be escaped. The marker stands right below the copy it speaks of, so nothing has to be looked up.
    Linear: each line is compared with the next line equal to it only.
    """
    count = len(lines)
    if count < 3 or len(set(lines)) > count - 2:
        return None
    following = [0] * count
    seen: dict[str, int] = {}
    for i in range(count - 1, -1, -1):
        line = lines[i]
        following[i] = seen.get(line, 0)
        seen[line] = i
    out: list[str] = []
    i = 0
    folded = False
    while i < count:
        size = following[i] - i
        if 0 < size <= _MAX_BLOCK and lines[i : i + size] == lines[i + size : i + 2 * size]:
            block = lines[i : i + size]
            end = i + 2 * size
            while lines[end : end + size] == block:
                end += size
            times = (end - i) // size - 1
            if times * (sum(map(len, block)) + size) >= _MIN_SPARED:
                out += block
                out.append(f"{SIGIL}the {f'{size} lines' if size > 1 else 'line'} above: {times}x more]")
                folded = True
                i = end
                continue
        out.append(lines[i])
        i += 1
    return out if folded else None


def unfold_repeats(lines: list[str]) -> list[str]:
    """Invert `fold_repeats`."""
    out: list[str] = []
    for line in lines:
        match = _REPEAT.fullmatch(line) if line.startswith(SIGIL) else None
        if match is None:
            out.append(line)
        else:
            size = int(match[1] or 1)
            out += out[len(out) - size :] * int(match[2])
    return out
