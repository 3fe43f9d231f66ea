"""Long arrays of plain values in which one number counts on, or one value repeats: each such run on one line.

[180 values]:
*177 part-{00000..00176}.parquet
*2 null
_SUCCESS
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.json_cells import read_cells, write_cells

OPENER = re.compile(r"\[(\d+) values\]:")
_MIN_RUN = 20
"""Shorter runs stay written out: a reader looks for one value more easily than for the range it is in."""
_DIGITS = re.compile(r"(\d{1,15})")
_STEP = _MIN_RUN // 2
_LONG_NUMBER = re.compile(r"\d{15}")
_COUNTING = re.compile(r"(.*)\{(\d{1,15})\.\.(\d{1,15})\}(.*)", re.DOTALL)
_LINE = re.compile(r"\*(\d+) (.*)")


def write(tokens: Sequence[str]) -> list[str] | None:
    """Lines for an array of JSON tokens, none of them an array or object; None without a run worth it."""
    # A run worth it covers one of every ten places, with more of it behind.
    places = {at for at in range(0, len(tokens) - _STEP + 1, _STEP) if _run(tokens[at : at + 3], 0)[0] == 3}
    long = bool(places) and _LONG_NUMBER.search("\n".join(tokens)) is not None
    if not long:  # and the next place, too; but a number that gets too long for a part is cut anew
        places = {at for at in places if _run(tokens[at : at + _STEP + 1], 0)[0] > _STEP}
    if not places:
        return None
    lines: list[str] = []
    folded = False
    at = 0
    while at < len(tokens):
        near = long or -(-at // _STEP) * _STEP in places
        size, line = _run(tokens, at) if near else (1, "")
        if size >= _MIN_RUN:
            lines.append(f"*{size} {line}")
            at += size
            folded = True
        else:
            cell = write_cells([tokens[at]])[0]
            lines.append(tokens[at] if cell[:1] == "*" else cell)
            at += 1
    return [f"[{len(tokens)} values]:", *lines] if folded else None


def read(count: int, lines: Sequence[str]) -> tuple[str, int]:
    """Return the JSON array of ``count`` values, and how many of ``lines`` it took."""
    tokens: list[str] = []
    at = 0
    while len(tokens) < count:
        line = lines[at]
        at += 1
        match = _LINE.fullmatch(line)
        if match is None:
            tokens += read_cells([line])
            continue
        size = int(match[1])
        counting = _COUNTING.fullmatch(match[2])
        if counting is None:
            tokens += [match[2]] * size
        else:
            head, first, last, tail = counting.groups()
            step = (int(last) - int(first)) // (size - 1)
            tokens += [f"{head}{str(int(first) + step * i).zfill(len(first))}{tail}" for i in range(size)]
    return "[" + ",".join(tokens) + "]", at


def _run(tokens: Sequence[str], at: int) -> tuple[int, str]:
    """How many values from ``at`` on repeat or count on, and how to write them."""
    token = tokens[at]
    behind = at + 1
    if behind >= len(tokens) or "{" in token:
        return 1, token
    if tokens[behind] == token:
        while behind < len(tokens) and tokens[behind] == token:
            behind += 1
        return behind - at, token
    one, two = _DIGITS.split(token), _DIGITS.split(tokens[behind])
    if len(one) != len(two):
        return 1, token
    differing = [i for i, (a, b) in enumerate(zip(one, two, strict=True)) if a != b]
    if len(differing) != 1 or differing[0] % 2 == 0:
        return 1, token
    place = differing[0]
    head, first, tail = "".join(one[:place]), one[place], "".join(one[place + 1 :])
    step = int(two[place]) - int(first)
    number = int(first)
    last = first
    while behind < len(tokens):
        number += step
        if number < 0 or tokens[behind] != f"{head}{str(number).zfill(len(first))}{tail}":
            break
        last = str(number).zfill(len(first))
        behind += 1
    return behind - at, f"{head}{{{first}..{last}}}{tail}"
