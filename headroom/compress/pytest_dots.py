"""pytest's lines of dots, written as each file's counts: ``[~ 2 files: tests/test_a.py 20, tests/test_b.py 43 21s 17]``.

Their padding, where they were wrapped, and the share that was done follow from the counts, and are put back exactly.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from headroom.compress.folding import SIGIL

_LINE = re.compile(r"(?:([^\s,\[\]]*\.[a-z]+) )?([.sxXFE]+) +\[ *\d+%\]")
_COLLECTED = re.compile(r"(?:collecting .*?)?collected (\d+) items?(?: / (\d+) deselected)?\b")
_HEAD = re.compile(r"\[~ pytest's dots, (\d+) collected, (\d+) wide: .*\]")
_FOLDED = re.compile(r"\[~ (?:\d+ files?|dots): (.*)\]")
_RUN = re.compile(r"(\d+)([sxX]?)")
WORDS = {"s": "skipped", "x": "xfailed", "X": "xpassed"}
_SHARE = 7
"""What ``" [ 42%]"`` takes at the end of a line."""
_LEAST = 3
"""Lines in a row."""
_MOST_CHARS = 400
_FEW = 20

type _Files = list[tuple[str, str]]
"""Path, empty where none is written, and letters of each."""


def fold(lines: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """The lines and the head line above them; None where nothing is folded, nor where some failed. ``lines`` must be escaped."""
    read = [_LINE.fullmatch(line) if line[-2:] == "%]" and len(line) < _MOST_CHARS else None for line in lines]
    widths = Counter([len(match[0]) for match in read if match])
    collected = next((int(m[1]) - int(m[2] or 0) for line in lines if (m := _COLLECTED.match(line))), 0)
    if not collected or widths.total() < _LEAST or any("F" in match[2] or "E" in match[2] for match in read if match):
        return None
    width = widths.most_common(1)[0][0]
    out: list[str] = []
    said: set[str] = set()
    done = 0
    for plain, run in groupby(range(len(lines)), lambda row: read[row] is not None):
        source = [lines[row] for row in run]
        files = _files(source) if plain and len(source) >= _LEAST else []
        if files and list(_drawn(files, done, collected, width)) == source:
            named = sum(path != "" for path, _ in files)
            what = f"{named} file{'s' * (named != 1)}" if named else "dots"
            out.append(f"{SIGIL}{what}: {', '.join(map(_counted, files))}]")
            said.update(*(letters for _, letters in files))
        else:
            out += source
        done += _letters_in(source)
    if not said:
        return None
    signs = [f"3{sign} for 3 {word}" for sign, word in WORDS.items() if sign in said]
    told = ", ".join(["3 stands for 3 passed", *signs])
    return out, [f"{SIGIL}pytest's dots, {collected} collected, {width} wide: {told}]"]


def unfold(lines: Sequence[str], head: str) -> list[str]:
    """Invert `fold`; ``head`` is the line that it put above."""
    match = _HEAD.fullmatch(head)
    collected, width = (int(match[1]), int(match[2])) if match else (1, 0)
    out: list[str] = []
    done = 0
    for line in lines:
        folded = _FOLDED.fullmatch(line) if line.startswith(SIGIL) else None
        drawn = list(_drawn(map(_spelled, folded[1].split(", ")), done, collected, width)) if folded else [line]
        done += _letters_in(drawn)
        out += drawn
    return out


def progress(lines: Sequence[str]) -> dict[int, tuple[str, str]]:
    """Rows of such lines where nothing failed: the path, empty where none is written, and the letters."""
    read = {
        row: match
        for row, line in enumerate(lines)
        if line[-2:] == "%]" and len(line) < _MOST_CHARS and (match := _LINE.fullmatch(line))
    }
    return {row: (match[1] or "", match[2]) for row, match in read.items() if not set(match[2]) & {"F", "E"}}


def shown(found: Mapping[int, tuple[str, str]], *, sample: bool, unrun: bool) -> set[int]:
    """Rows that stay: the first as a ``sample``, and, where a question is about them, those of tests that did not run, if few."""
    rows = {row for row, (_, letters) in found.items() if unrun and letters.strip(".")}
    return {*([min(found)] if sample else ()), *(rows if len(rows) <= _FEW else ())}


def told(found: Iterable[tuple[str, str]]) -> str:
    """Word what these lines say: ``2 files: 63 passed, 21 skipped``; empty for none."""
    files, letters = 0, Counter[str]()
    for path, run in found:
        files += path != ""
        letters.update(run)
    counts = ", ".join(f"{letters[sign]} {word}" for sign, word in ((".", "passed"), *WORDS.items()) if letters[sign])
    return f"{files} file{'s' * (files != 1)}: {counts}" if files else counts


def is_head(line: str) -> bool:
    """Whether `fold` wrote this above a text."""
    return _HEAD.fullmatch(line) is not None


def _letters_in(lines: Sequence[str]) -> int:
    return sum([len(match[2]) for line in lines if line[-2:] == "%]" and (match := _LINE.fullmatch(line))])


def _files(lines: Sequence[str]) -> _Files:
    files: _Files = []
    for line in lines:
        match = _LINE.fullmatch(line)
        path, letters = (match[1] or "", match[2]) if match else ("", "")
        if path or not files:
            files.append((path, letters))
        else:
            files[-1] = files[-1][0], files[-1][1] + letters
    return files


def _counted(file: tuple[str, str]) -> str:
    path, letters = file
    runs = [f"{sum(1 for _ in run)}{sign.strip('.')}" for sign, run in groupby(letters)]
    return " ".join([path, *runs] if path else runs)


def _spelled(entry: str) -> tuple[str, str]:
    first, *rest = entry.split(" ")
    path = "" if _RUN.fullmatch(first) else first
    runs = [match for run in (rest if path else [first, *rest]) if (match := _RUN.fullmatch(run))]
    return path, "".join([(match[2] or ".") * int(match[1]) for match in runs])


def _drawn(files: Iterator[tuple[str, str]] | _Files, done: int, collected: int, width: int) -> Iterator[str]:
    """Yield the lines that pytest draws of these files, when so many tests are done before."""
    for path, letters in files:
        left = f"{path} " if path else ""
        at = 0
        while at < len(letters):
            part = letters[at : at + max(1, width - _SHARE - len(left))]
            at += len(part)
            done += len(part)
            share = f" [{done * 100 // collected:3d}%]"
            yield f"{left}{part}{share.rjust(width - len(left) - len(part))}"
            left = ""
