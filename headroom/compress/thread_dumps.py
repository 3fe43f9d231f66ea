"""Dumps of many threads or goroutines: those that stand at the same place told by the first of them, with the names of the others."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

HEAD = re.compile(
    r"(?P<go>goroutine) (?P<number>\d+)(?: [a-z]+=\S+){0,3} \[(?P<state>[^\],]+)[^\]]*\]:"
    r"|(?P<java>\"(?P<name>[^\"\n]{1,200})\") [^\n]{0,200}?\btid=0x[0-9a-f]+ nid=\S+ (?P<doing>[^\[\n]*)"
    r"|(?P<python>Thread) (?P<hex>0x[0-9a-f]+)(?P<called> \[[^\]\n]*\])? \(most recent call first\):"
    r"|(?P<other>Thread) (?P<count>\d+) \((?:Thread 0x[0-9a-f]+ \(LWP \d+\)(?: \"[^\"\n]*\")?|idle|active)\)(?:: *\"[^\"\n]*\")?"
)
"""How a dump by Go, a JVM, Python's faulthandler, gdb or py-spy begins to tell of a thread."""
_BEHIND = re.compile(r"FAIL\b|exit status \d|ok  ?\t|[a-z0-9]{2,6} +0x[0-9a-f]+$")
"""What a Go program's end, or a test run's, stands right below the last goroutine."""
_ADDRESS = re.compile(r"0x[0-9a-f]+\??")
_HELD = re.compile(r"- (?:waiting to (?:re-)?lock|waiting on|locked|eliminated)\b")
"""Who waits for which lock is what a dump of a JVM is asked for."""
_FUNCTION = re.compile(r"((?:[\w./-]+\.)?\(\*?\w+\)\.[\w.]+|[\w./-]+)\(|\s+at ([\w$.]+)\(")
_OF_RUNTIME = ("runtime", "sync.", "internal/", "java.", "jdk.", "sun.", "time.", "net.", "syscall.", "os.", "io.")
_BLANKS = frozenset(" \t")
_LISTED = re.compile(r"(?:0x[0-9a-f]{8,16},? ?)+$")
"""A line of addresses, as a JVM lists those of all threads above them."""
_NUMBER = re.compile(r"(.*?)(\d{1,9})$")
_STEMS = 4
_RANGES = 12
"""So many names, and ranges of numbers behind one, that are told."""
_PAIR = 2
"""Of more threads it is said how many there are at the place in all."""
_FEW_NAMED = 6
"""Threads that a question names stay, if they are no more than these."""


class Alike(NamedTuple):
    """A thread that stands where an earlier one does."""

    rows: range
    """With the blank line below."""
    noun: str
    name: str
    like: str
    exactly: bool
    """It does not differ in addresses either."""
    place: str
    """The function of the program in which it is; empty where its frames do not tell."""


class _Thread(NamedTuple):
    rows: range
    noun: str
    name: str
    does: str


def alike(lines: Sequence[str]) -> list[Alike]:
    """All threads but the first at each place and in each state, in the order of the text."""
    places: dict[tuple[str, ...], _Thread] = {}
    found: list[Alike] = []
    for thread in _threads(lines):
        body = lines[thread.rows.start + 1 : thread.rows.stop]
        masked = [line if _HELD.search(line) else _ADDRESS.sub("0x", line) for line in body if line]
        first = places.setdefault((thread.noun, thread.does, *masked), thread)
        if first is thread or len(masked) < 1:
            continue
        same = [line for line in body if line] == [
            line for line in lines[first.rows.start + 1 : first.rows.stop] if line
        ]
        found.append(Alike(thread.rows, thread.noun, thread.name, first.name, same, _place(body)))
    return found


def addresses(lines: Sequence[str]) -> set[int]:
    """Rows that hold nothing but addresses of threads."""
    first = next((row for row, line in enumerate(lines) if line.startswith("_java_thread_list=")), -1) + 1
    row = first
    while first and row < len(lines) and _LISTED.match(lines[row]):
        row += 1
    return {*range(first, row)}


def unnamed(found: Sequence[Alike], named: set[int]) -> list[Alike]:
    """Those that a question names neither in their first line nor in another one; what it says of many names none."""
    asked: set[Alike] = set()
    for part in (slice(0, 1), slice(1, None)):
        few = [thread for thread in found if not named.isdisjoint(thread.rows[part])]
        asked.update(few if len(few) <= _FEW_NAMED else ())
    return [thread for thread in found if thread not in asked]


def told(found: Sequence[Alike], first: int, last: int) -> list[str]:
    """What a gap says of the threads in it."""
    gone = found[bisect_left(found, first, key=_start) : bisect_right(found, last, key=_start)]
    groups: dict[tuple[str, str], list[Alike]] = {}
    for thread in gone:
        groups.setdefault((thread.noun, thread.like), []).append(thread)
    parts: list[str] = []
    for (noun, like), threads in groups.items():
        but = "" if all(thread.exactly for thread in threads) else " but for addresses"
        names = _names([thread.name for thread in threads])
        place = threads[0].place
        total = 1 + sum((thread.noun, thread.like) == (noun, like) for thread in found) if place else 0
        parts.append(
            f"{len(threads)} {noun}{'s' * (len(threads) > 1)} like {like}{but}{names and f': {names}'}"
            f"{f', {total} in {place}' if total > _PAIR else ''}"
        )
    return ["; ".join(parts)] if parts else []


def _place(body: Sequence[str]) -> str:
    names = (match[1] or match[2] for line in body if (match := _FUNCTION.match(line)) is not None)
    return next((name for name in names if not name.startswith(_OF_RUNTIME)), "")


def _start(thread: Alike) -> int:
    return thread.rows.start


def _threads(lines: Sequence[str]) -> Iterator[_Thread]:
    """Each thread with its rows, up to the first line of another or behind a blank one."""
    row = 0
    while row < len(lines):
        match = HEAD.match(lines[row]) if lines[row][:1] in {"g", '"', "T"} else None
        start = row
        row += 1
        if match is None:
            continue
        while row < len(lines) and lines[row] and not _ends(lines[row]):
            row += 1
        while row < len(lines) and not lines[row]:
            row += 1
            if lines[row : row + 1] and lines[row][:1] in _BLANKS and lines[row].strip():  # what it holds, told apart
                while row < len(lines) and lines[row]:
                    row += 1
            else:
                break
        if match["go"]:
            yield _Thread(range(start, row), "goroutine", match["number"], match["state"])
        elif match["java"]:
            yield _Thread(range(start, row), "thread", f'"{match["name"]}"', match["doing"].strip())
        else:
            yield _Thread(range(start, row), "thread", match["hex"] or match["count"], match["called"] or "")


def _ends(line: str) -> bool:
    """Whether a line below a thread's is none of its own."""
    return line[0] not in " \t" and (HEAD.match(line) or _BEHIND.match(line)) is not None


def _names(names: Sequence[str]) -> str:
    """The names, those that differ in a number at the end as ranges of it; nothing of what are only addresses."""
    bare = [name.strip('"') for name in names if not name.startswith("0x")]
    parts: list[str] = []
    stems: dict[str, list[int]] = {}
    for name in bare:
        match = _NUMBER.fullmatch(name)
        if match is not None and not match[2].startswith("0" if len(match[2]) > 1 else " "):
            stems.setdefault(match[1], []).append(int(match[2]))
        else:
            stems.setdefault(name, [])
    for stem, numbers in list(stems.items())[:_STEMS]:
        if len(numbers) == 1 and stem:
            parts.append(f'"{stem}{numbers[0]}"')
            continue
        ranges = list(_ranges(sorted(numbers)))
        more = len(ranges) - _RANGES
        said = ", ".join(ranges[:_RANGES]) + (f" and {more} more" if more > 0 else "")
        parts.append(f'"{stem}" {said}'.rstrip() if stem else said)
    if len(stems) > _STEMS:
        parts.append(f"and {len(stems) - _STEMS} other names")
    return "; ".join(parts)


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        values = [number for _, number in run]
        yield f"{values[0]}-{values[-1]}" if len(values) > 1 else f"{values[0]}"
