"""Shared by the line-oriented compressors: our sigil, its escape, and blocks of lines that come more than once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, compress

SIGIL = "[~ "
"""First characters of every line that we write and the source did not."""

_LINE_MARK = f"\n{SIGIL}"
_FEW_SIGNS = 64
_OURS = re.compile(r"^\[~ .*+", re.MULTILINE)
_FORGED = re.compile(r"(?m)^([ \t]*\[)(\\*~ )")
_ESCAPED = re.compile(r"(?m)^([ \t]*\[)\\(\\*~ )")

_REPEAT = re.compile(r"\[~ the (?:line|(\d+) lines) above: (\d+)x more\]")
_BLOCK = re.compile(r"\[~ block (\d+), (\d+) lines:\]")
BLOCKS = f"{SIGIL}block "
"""Begins the lines about numbered blocks."""
_AGAIN = re.compile(r"\[~ block (\d+) again(?: after each of these (\d+) lines:)?\]")
_MAX_BLOCK = 64
_WINDOW = 3
"""Lines of the shortest block that gets a number."""
_FEW_LINES = 3
"""Lines with the same block below each from which that is said once: for fewer it would cost as much."""
_MIN_SPARED = 60
"""Characters that one folded repeat must spare, about twice what its marker costs."""


def escape(text: str) -> str:
    r"""Make source lines that begin like our own recognisable: ``[~ `` becomes ``[\~ ``."""
    forged = "~" in text and (has_sigil(text) or "\\~ " in text)
    return _FORGED.sub(r"\1\\\2", text) if forged else text


def unescape(text: str) -> str:
    """Invert `escape`."""
    return _ESCAPED.sub(r"\1\2", text) if "~" in text and "\\~ " in text else text


def has_sigil(text: str) -> bool:
    """Whether our sigil stands anywhere. One sign of it is found some fifty times sooner than all, and is rare."""
    at = -1
    for _ in range(_FEW_SIGNS):
        at = text.find("~", at + 1)
        if at < 0:
            return False
        if at and text.startswith(SIGIL, at - 1):
            return True
    return SIGIL in text[at:]


def same_but_for_notes(text: str, other: str) -> bool:
    """Whether two encoded texts differ in the words of our own lines at most, as those that two releases make of one source."""
    return text == other or _OURS.sub(SIGIL, text) == _OURS.sub(SIGIL, other)


def last_state(line: str) -> str:
    """What a terminal shows of a line at last: the part behind its last carriage return that something follows."""
    end = len(line.rstrip("\r"))
    return line[line.rfind("\r", 0, end) + 1 :]


def fold_repeats(lines: list[str]) -> list[str] | None:
    """Replace blocks of up to 64 lines that repeat back to back by one copy and a count; None when there are none.

    ``lines`` must be escaped. The marker stands right below the copy it speaks of, so nothing has to be looked up.
    Linear: each line is compared with the next line equal to it only.
    """
    count = len(lines)
    if count < 3 or len(set(lines)) > count - 2:
        return None
    nearest = _nearest_again(lines)
    out: list[str] = []
    done = 0
    for row in sorted(nearest):
        if row < done:
            continue
        behind = nearest[row]
        size = behind - row
        if lines[row:behind] != lines[behind : behind + size]:
            continue
        block = lines[row:behind]
        end = behind + size
        while lines[end : end + size] == block:
            end += size
        times = (end - row) // size - 1
        if times * (sum(map(len, block)) + size) >= _MIN_SPARED:
            out += lines[done:behind]
            out.append(f"{SIGIL}the {f'{size} lines' if size > 1 else 'line'} above: {times}x more]")
            done = end
    return out + lines[done:] if done else None


def _nearest_again(lines: list[str]) -> dict[int, int]:
    """Rows whose line comes again at most 64 lines below, and where it does first."""
    last: dict[str, int] = {}
    found: dict[int, int] = {}
    for row, line in enumerate(lines):
        above = last.get(line)
        if above is not None and row - above <= _MAX_BLOCK:
            found[above] = row
        last[line] = row
    return found


def unfold_repeats(lines: list[str]) -> list[str]:
    """Invert `fold_repeats`."""
    out: list[str] = []
    done = 0
    for row in marked_rows(lines):
        match = _REPEAT.fullmatch(lines[row])
        if match is not None:
            out += lines[done:row]
            out += out[len(out) - int(match[1] or 1) :] * int(match[2])
            done = row + 1
    return out + lines[done:] if done else lines


def number_blocks(lines: list[str]) -> list[str] | None:
    """Give a number to each block of lines that comes again elsewhere, and write the number alone there; None when none does.

    ``lines`` must be escaped. A block stands in full where it comes first, under its number. Linear: windows of three
    lines are looked up, and matches are extended. No block parts what `fold_repeats` wrote of a line from that line.
    """
    count = len(lines)
    if count < 2 * _WINDOW or len(set(lines)) > count - _WINDOW:
        return None
    times = Counter(lines)
    again = int.from_bytes(bytes([times[line] > 1 for line in lines]), "little")
    told = {row for row in marked_rows(lines) if (match := _REPEAT.fullmatch(lines[row])) and match[1] is None}
    first_at: dict[tuple[str, ...], int] = {}
    copies: list[tuple[int, int, int]] = []  # start, length, start of the original
    taken_until = 0
    # A window with a line that comes once comes once. Numbers, a byte a line, are compared far faster than lists.
    windows = again
    for shift in range(1, _WINDOW):
        windows &= again >> 8 * shift
    for i in compress(range(count), windows.to_bytes(count, "little")):
        if i < taken_until:
            continue
        window = tuple(lines[i : i + _WINDOW])
        j = first_at.setdefault(window, i)
        if j == i:
            continue
        length = _WINDOW
        limit = min(count - i, i - j)
        while length < limit and lines[i + length] == lines[j + length]:
            length += 1
        if i in told:
            continue
        if i + length in told or j + length in told:
            length -= 1
        if length < _WINDOW:
            continue
        if sum(map(len, lines[i : i + length])) >= 2 * _MIN_SPARED:
            copies.append((i, length, j))
            taken_until = i + length
    return _write_blocks(lines, copies) if copies else None


def _write_blocks(lines: list[str], copies: list[tuple[int, int, int]]) -> list[str] | None:
    """Write the block that spares most first; an original lies in no copy and no other original."""
    lengths: dict[int, list[tuple[int, int]]] = {}  # start of the original -> length and start of each copy
    for start, length, original in copies:
        lengths.setdefault(original, []).append((length, start))
    spared = [_most_spared(lines, original, found) for original, found in lengths.items()]
    taken: set[int] = set()
    blocks: dict[int, int] = {}  # start of an original -> its length
    replaced: dict[int, int] = {}  # start of a copy -> start of its original
    for _, original, size in sorted(spared, key=lambda block: (-block[0], block[1])):
        if not taken.isdisjoint(range(original, original + size)):
            continue
        starts = [
            start
            for length, start in lengths[original]
            if length >= size and start >= original + size and taken.isdisjoint(range(start, start + size))
        ]
        if starts:
            blocks[original] = size
            replaced.update(dict.fromkeys(starts, original))
            for start in (original, *starts):
                taken.update(range(start, start + size))
    if not blocks:
        return None
    numbers = {original: number for number, original in enumerate(sorted(blocks), 1)}
    out: list[str] = []
    done = 0
    under = _lines_with_one_block(lines, blocks, replaced, taken)
    for row in sorted([*replaced, *blocks, *under]):
        if row < done:
            continue
        out += lines[done:row]
        if row in under:
            original = replaced[row + 1]
            out.append(f"{SIGIL}block {numbers[original]} again after each of these {under[row]} lines:]")
            step = blocks[original] + 1
            done = row + under[row] * step
            out += lines[row:done:step]
        elif row in replaced:
            original = replaced[row]
            out.append(f"{SIGIL}block {numbers[original]} again]")
            done = row + blocks[original]
        else:
            out.append(f"{SIGIL}block {numbers[row]}, {blocks[row]} lines:]")
            done = row
    return out + lines[done:]


def _lines_with_one_block(
    lines: list[str], blocks: dict[int, int], replaced: dict[int, int], taken: set[int]
) -> dict[int, int]:
    """Where single lines begin of which each has a copy of the same block below it, as errors with one stack, and how many."""
    found: dict[int, int] = {}
    done = 0
    for copy in sorted(replaced):
        if copy <= done or copy - 1 in taken:
            continue
        step = blocks[replaced[copy]] + 1
        end = copy
        while replaced.get(end) == replaced[copy] and not lines[end - 1].startswith(SIGIL):
            end += step
        if lines[end - 1 : end] and lines[end - 1].startswith(f"{SIGIL}the "):
            end -= step  # what is counted as above it stays right above it
        if (count := (end - copy) // step) >= _FEW_LINES:
            found[copy - 1] = count
            done = end - 1
    return found


def _most_spared(lines: list[str], original: int, copies: list[tuple[int, int]]) -> tuple[int, int, int]:
    """Characters that a block spares, its start, and the length at which it spares most."""
    best = (0, original, 0)
    ends = list(accumulate((len(line) + 1 for line in lines[original : original + max(copies)[0]]), initial=0))
    for count, (length, _) in enumerate(sorted(copies, reverse=True), 1):
        best = max(best, (count * ends[length], original, length))
    return best


def unnumber_blocks(lines: list[str]) -> list[str]:
    """Invert `number_blocks`."""
    out: list[str] = []
    blocks: dict[str, tuple[int, int]] = {}
    done = 0
    for row in marked_rows(lines):
        line = lines[row]
        if match := _BLOCK.fullmatch(line):
            out += lines[done:row]
            blocks[match[1]] = (len(out), len(out) + int(match[2]))
        elif match := _AGAIN.fullmatch(line):
            out += lines[done:row]
            start, end = blocks[match[1]]
            block = out[start:end]
            if match[2] is None:
                out += block
            done = row + 1 + int(match[2] or 0)
            for single in lines[row + 1 : done]:
                out += [single, *block]
            continue
        else:
            continue
        done = row + 1
    return out + lines[done:] if done else lines


def marked_rows(lines: Sequence[str]) -> list[int]:
    """Rows of the lines that begin with our sigil; few do, so they are looked for in the text as a whole."""
    text = "\n".join(["", *lines])
    rows: list[int] = []
    row = last = 0
    at = text.find(_LINE_MARK)
    while at >= 0:
        row += text.count("\n", last, at)
        rows.append(row)
        last = at
        at = text.find(_LINE_MARK, at + 1)
    return rows
