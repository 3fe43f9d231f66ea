r"""Records printed one field a line (sqlite3 -line, mysql's \G, psql's \x): taken apart into a table, and printed again."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

_TITLE = re.compile(r"\*{5,} (\d{1,9})\. row \*{5,}|-\[ RECORD (\d{1,9}) \]-*\+?-*")
_MIN_RECORDS = 3
_MOST_AFTER = 6
_MOST_FIELDS = 120
_CUT = re.compile(r" *\w+ += ")
"""A field of sqlite3 -line."""
_LEAST_WIDTH = 5
"""It pads shorter names to this."""


@dataclass(frozen=True, slots=True)
class RecordFrame:
    """Everything but the values."""

    title: str
    """Line above each record with ``#`` for its number, padded to one width; empty: a blank line between records."""
    mark: str
    """Between name and value."""
    align: str
    """How names are padded: left, right, unpadded."""
    newline: bool
    """Whether a blank line follows the last record too."""
    start: int = 1
    """Number of the first record."""

    def text(self) -> str:
        """Write on one line; `parse` reads it."""
        fields = {"record": self.title, "m": self.mark, "a": self.align, "n": int(self.newline)}
        if self.start != 1:
            fields["from"] = self.start
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> RecordFrame:
        """Invert `text`."""
        fields = json.loads(text)
        return cls(fields["record"], fields["m"], fields["a"], bool(fields["n"]), fields.get("from", 1))

    def draw(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
        """Print the records' lines. Inverted by `take_apart`."""
        width = _width(header, self.mark, self.align)
        names = [name.rjust(width) if self.align == "r" else name.ljust(width) for name in header]
        heads = [name + self.mark for name in names]
        lines: list[str] = []
        for number, row in enumerate(rows, self.start):
            if self.title:
                lines.append(self._title(number))
            elif number > self.start:
                lines.append("")
            lines += [head + value for head, value in zip(heads, row, strict=True)]
        return [*lines, ""] if self.newline else lines

    def _title(self, number: int) -> str:
        text = self.title.replace("#", str(number), 1)
        if text.startswith("-[ RECORD"):  # psql keeps the line's width
            surplus = len(text) - len(self.title)
            return text.replace("]" + "-" * surplus, "]", 1) if surplus else text
        return text


@dataclass(frozen=True, slots=True)
class Records:
    """Records taken apart."""

    frame: RecordFrame
    header: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    first: int
    """Index of the first record's first line, its title if there is one."""
    before: int
    after: int
    height: int
    """Lines from one record to the next."""
    places: tuple[int, ...] = ()
    said: str = ""
    headed: bool = True
    comes_back: bool = True


def take_apart(lines: Sequence[str]) -> Records | None:
    """Find frame and values; None where the records can't be printed again from them.

    The end of a record that was cut stays before them.
    """
    found = _whole(lines)
    if found is not None or not lines:
        return found
    behind = next((row for row, line in enumerate(lines[:_MOST_FIELDS]) if _TITLE.fullmatch(line)), 0)
    if not behind and _CUT.match(lines[0]):
        behind = next((row for row, line in enumerate(lines[:_MOST_FIELDS], 1) if not line), 0)
    found = _whole(lines[behind:]) if behind else None
    return replace(found, first=behind, before=behind) if found is not None else None


def _whole(lines: Sequence[str]) -> Records | None:
    """The same of lines that begin with a record."""
    if len(lines) < 2 * _MIN_RECORDS or not lines[0]:
        return None
    title, number = _title_of(lines[0])
    start = 1 if title else 0
    size = _record_size(lines, start, title, number)
    if size is None or size < 2:
        return None
    parsed = _fields(lines[start : start + size])
    if parsed is None:
        return None
    header, mark, align = parsed
    height = size + 1
    count = _count(lines, title, number, height, size)
    if count < _MIN_RECORDS:
        return None
    frame_lines = count * height - (not title)
    newline = not title and frame_lines < len(lines) and not lines[frame_lines] and frame_lines + 1 < len(lines)
    end = frame_lines + newline
    if len(lines) - end > max(_MOST_AFTER, height if title else 0):
        return None
    width = _width(header, mark, align)
    offsets = [max(width, len(name)) + len(mark) for name in header]
    columns = tuple(
        tuple(lines[start + record * height + i][offset:] for record in range(count))
        for i, offset in enumerate(offsets)
    )
    frame = RecordFrame(title, mark, align, newline, number)
    if frame.draw(header, list(zip(*columns, strict=True))) != list(lines[:end]):
        return None
    return Records(frame, tuple(header), columns, 0, 0, len(lines) - end, height)


def _width(header: Sequence[str], mark: str, align: str) -> int:
    """Of the names with their blanks."""
    if align == "u":
        return 0
    return max(_LEAST_WIDTH if (mark, align) == (" = ", "r") else 0, *map(len, header))


def _title_of(line: str) -> tuple[str, int]:
    """A record's title with ``#`` for a number of one digit, and its number; an empty title where the line is none."""
    match = _TITLE.fullmatch(line)
    if match is None:
        return "", 1
    number = match[1] or match[2]
    rule = "-" * (len(number) - 1) if line[0] == "-" else ""  # psql keeps the line's width
    return line.replace(f" {number}", " #", 1).replace("]", "]" + rule, 1), int(number)


def _record_size(lines: Sequence[str], start: int, title: str, number: int) -> int | None:
    for i in range(start, min(len(lines), 400)):
        if (not title and not lines[i]) or (title and i > start and _is_title(lines[i], number + 1)):
            return i - start
    return None


def _is_title(line: str, number: int) -> bool:
    return line.startswith(("*****", "-[ RECORD")) and f" {number}" in line


def _count(lines: Sequence[str], title: str, number: int, height: int, size: int) -> int:
    """How many records stand one below the other."""
    count = 0
    while True:
        at = count * height
        if title:
            if at + size >= len(lines) or not _is_title(lines[at], number + count):
                return count
        elif at + size > len(lines) or not all(lines[at : at + size]) or (count and lines[at - 1]):
            return count
        count += 1


def _fields(lines: Sequence[str]) -> tuple[list[str], str, str] | None:
    """Names, the mark behind them and how they are padded."""
    for mark in (" = ", " | ", ": "):
        if not all(mark in f"{line} " for line in lines):
            continue
        raw = [f"{line} "[: f"{line} ".index(mark)] for line in lines]
        names = [name.strip(" ") for name in raw]
        if not all(names):
            return None
        widths = {len(name) for name in raw}
        if len(widths) > 1:
            return (names, mark, "u") if raw == names else None
        align = "r" if any(name.startswith(" ") for name in raw) else "l"
        return names, mark, align
    return None
