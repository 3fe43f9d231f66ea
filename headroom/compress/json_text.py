r"""JSON with its tables written as tables: minified JSON, in which an array of alike objects takes lines of its own.

    [~ json indent 2; empty cell = null, name? = absent]
    {"total":3,"items":
    [3 rows]{id,name,plan=free}:
    1,Ann
    2,Bo
    3,
    ,"next":null}

A string that itself holds JSON (``"{\"a\":1}"``) is opened the same way, between triple quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from headroom.compress import json_layout, json_raw, json_runs
from headroom.compress.json_cells import write_key
from headroom.compress.json_columns import Table
from headroom.compress.json_records import IrregularKeys, Record, tabulate, tabulate_map
from headroom.compress.json_restore import read_table
from headroom.compress.json_schema import needs_row_header, read_header
from headroom.compress.once import once

_OPENER = re.compile(r"[\[{](\d+) rows[\]}]\{(.*)\}:")
_INNER = re.compile(r'"""json( ascii)? ([^"]+)$')
_INNER_END = '"""'
_MIN_ROWS = 3
_FEW = 10
_LONG_RECORD = 600
"""Records of so many characters each, if they are few, hold others rather than they are rows."""
_MIN_MAP = 5
_MIN_SIZE = 160
"""Characters: a smaller array or object stays as it is."""
_MIN_INNER = 200
"""Characters of a string that is worth opening."""
_MAX_DEPTH = 24


@dataclass(frozen=True, slots=True)
class Placed:
    """A table and where it is."""

    table: Table
    line: int
    """Index of its opener among the lines."""
    raw: str
    """The minified JSON that it stands for."""


@dataclass(frozen=True, slots=True)
class Document:
    """The lines for one JSON text."""

    lines: list[str]
    tables: list[Placed]

    @property
    def size(self) -> int:
        """Characters."""
        return sum(map(len, self.lines)) + len(self.lines)


@once
def write(body: str) -> Document:
    """Lines for minified JSON, inverted by `read`. Raises IrregularKeys."""
    return _written(body, inner=False)


@once
def write_inner(body: str) -> Document:
    """Do as `write`, but where a few records hold long lists of others, these are the tables. Raises IrregularKeys."""
    return _written(body, inner=True)


def _written(body: str, *, inner: bool) -> Document:
    writer = _Writer(inner=inner)
    writer.value(body, 0)
    writer.end_line()
    return Document(writer.lines, writer.tables)


def read(lines: Sequence[str]) -> str:
    """Invert `write`; raises ValueError where the lines were not written by it."""
    body, at = _read(lines, 0)
    if at != len(lines):
        raise ValueError("text after the end")
    return body


class _Writer:
    """Walks minified JSON; what is no table is copied through."""

    __slots__ = ("_inner", "_open", "lines", "tables")

    def __init__(self, *, inner: bool) -> None:
        self._inner = inner
        self.lines: list[str] = []
        self.tables: list[Placed] = []
        self._open: list[str] = []

    def end_line(self) -> None:
        if self._open:
            self.lines.append("".join(self._open))
            self._open = []

    def value(self, raw: str, depth: int) -> None:
        size = len(raw)
        if size < _MIN_SIZE or depth > _MAX_DEPTH:
            self._open.append(raw)
        elif raw[0] == "[":
            self._array(raw, depth)
        elif raw[0] == "{":
            self._object(raw, depth)
        elif raw[:2] in {'"{', '"['} and size >= _MIN_INNER:
            self._string(raw, depth)
        else:
            self._open.append(raw)

    def _array(self, raw: str, depth: int) -> None:
        if raw[1] == "{":
            try:
                records = msgspec.json.decode(raw, type=list[Record])
            except msgspec.ValidationError:
                records = []
            holders = self._inner and len(records) < _FEW and len(raw) > _LONG_RECORD * len(records) and ":[{" in raw
            if len(records) >= _MIN_ROWS and not holders:
                table = tabulate(records, _size(raw) - 1 - len(records))
                if table is not None and self._table(table, raw):
                    return
        items = json_raw.elements(raw)
        if "{" not in raw and raw.find("[", 1) < 0:
            lines = json_runs.write(items)
            if lines is not None and sum(map(len, lines)) + len(lines) < 0.6 * len(raw):
                self.end_line()
                self.lines += lines
            else:
                self._open.append(raw)
            return
        self._open.append("[")
        for i, item in enumerate(items):
            if i:
                self._open.append(",")
            self.value(item, depth + 1)
        self._open.append("]")

    def _object(self, raw: str, depth: int) -> None:
        members = json_raw.members(raw)
        if members is None:
            raise IrregularKeys
        if len(members) >= _MIN_MAP and all(value[0] == "{" for value in members.values()):
            records = msgspec.json.decode(raw, type=dict[str, Record])
            keys = list(map(write_key, members))
            size = sum(_size(value) for value in members.values())
            table = tabulate_map(keys, list(records.values()), size)
            if table is not None and self._table(table, raw):
                return
        self._open.append("{")
        for i, (key, value) in enumerate(members.items()):
            self._open.append("," * bool(i) + write_key(key) + ":")
            self.value(value, depth + 1)
        self._open.append("}")

    def _table(self, table: Table, raw: str) -> bool:
        lines = table.lines()
        if sum(map(len, lines)) + len(lines) >= len(raw):
            return False
        self.end_line()
        self.tables.append(Placed(table, len(self.lines), raw))
        self.lines += lines
        return True

    def _string(self, raw: str, depth: int) -> None:
        content = json.loads(raw)
        escapes_all = json.dumps(content) == raw
        found = json_layout.split(content) if escapes_all or json.dumps(content, ensure_ascii=False) == raw else None
        layout, body = found or (None, "")
        if layout is None or '"' in layout.tag:
            self._open.append(raw)
            return
        ascii_ = " ascii" if escapes_all and not content.isascii() else ""
        self._open.append(f'"""json{ascii_} {layout.tag}')
        self.end_line()
        self.value(body, depth + 1)
        self.end_line()
        self.lines.append(_INNER_END)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _read(lines: Sequence[str], at: int) -> tuple[str, int]:
    parts: list[str] = []
    while at < len(lines):
        line = lines[at]
        at += 1
        if line == _INNER_END:
            return "".join(parts), at - 1
        opener = _OPENER.fullmatch(line)
        if opener is not None:
            count = int(opener[1])
            fields = read_header(opener[2])
            at += needs_row_header(fields)
            if at + count > len(lines):
                raise ValueError("a table is cut short")
            parts.append(read_table(fields, count, lines[at : at + count], keyed=line[0] == "{"))
            at += count
            continue
        values = json_runs.OPENER.fullmatch(line)
        if values is not None:
            body, taken = json_runs.read(int(values[1]), lines[at:])
            parts.append(body)
            at += taken
            continue
        inner = _INNER.search(line)
        if inner is None:
            parts.append(line)
            continue
        parts.append(line[: inner.start()])
        body, at = _read(lines, at)
        if at >= len(lines):
            raise ValueError("an opened string is cut short")
        at += 1
        content = json_layout.restore(json_layout.parse(inner[2]), body)
        parts.append(json.dumps(content, ensure_ascii=bool(inner[1])))
    return "".join(parts), at
