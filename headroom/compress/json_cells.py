"""JSON tokens as table cells: quotes go where nothing could be mistaken, every other character stays."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

ABSENT = ""
"""Stands for a key that a record does not have; no JSON token is empty."""

LITERAL = r"(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)"
STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_LITERAL_WORDS = frozenset(("true", "false", "null"))
_FIRST_OF_OTHERS = frozenset(("", *"[{`-0123456789"))
"""With what begins that which is not surely plain: an empty string, JSON, a number."""
_LITERAL = re.compile(LITERAL)
_FIRST_OF_LITERALS = frozenset("-0123456789tfn")
_AS_IT_IS = frozenset(("", *'"`[{'))
"""With what begins a cell that is a token already, or none."""
_QUOTED = rf"{STRING}|`[^`]*`"

# A string may go without quotes if it can't be taken for a literal, for JSON, for our own marks or for two cells.
_PLAIN_IN_ROW = re.compile(rf'(?m)^"(?!{LITERAL}"$)(?![\[{{`])([^\s"\\,|][^"\\,|\n]*(?<!\s))"$')
_PLAIN_NESTED = re.compile(rf'(?m)^"(?!{LITERAL}"$)([^\s"\\,|;`\[\]{{}}][^"\\,|;`\[\]{{}}\n]*(?<!\s))"$')
_ESCAPED_QUOTES = re.compile(r'(?m)^"([^"\\`\n]*+(?:\\"[^"\\`\n]*+)*+)"$')
_ONE_PLAIN = rf'(?!{LITERAL}(?:\n|\Z))[^"`\[{{\n][^\n]*+'
_PLAIN_CELLS = re.compile(rf"{_ONE_PLAIN}(?:\n{_ONE_PLAIN})*+")
_LITERAL_CELLS = re.compile(rf"{LITERAL}?+(?:\n{LITERAL}?+)*+")
_RAW_CELL = re.compile(r"(?m)^`([^`\n]*)`$")
_OPENING = frozenset('"`[{')
_BEHIND_PLAIN = re.compile(r",(?=[\"`\[{])|\|")
_CELL = re.compile(rf"(?:{_QUOTED}|[^,|\[{{\"`][^,|]*|)")
_NESTED_CELL = re.compile(rf"(?:{_QUOTED}|[^,;\[\]{{}}\"`]*)")
_PATH_NAME = re.compile(rf'{STRING}|[^".=|]+')
_BRACKET = re.compile(rf"{_QUOTED}|[\[\]{{}}]")


def write_cells(tokens: Sequence[str], *, nested: bool = False) -> list[str]:
    """Cells of one column for its JSON tokens; tokens hold no raw newline. Inverted by `read_cells`."""
    if not nested and (plain := _plain_strings(tokens)) is not None:
        return plain
    joined = "\n".join(tokens)
    if '"' not in joined:
        return list(tokens)
    joined = (_PLAIN_NESTED if nested else _PLAIN_IN_ROW).sub(r"\1", joined)
    if '\\"' in joined:
        joined = _ESCAPED_QUOTES.sub(_write_raw, joined)
    return joined.split("\n")


def write_key(name: str) -> str:
    """The JSON token of a key. Most are identifiers, which is seen faster than they are escaped."""
    return f'"{name}"' if name.isascii() and name.isidentifier() else json.dumps(name, ensure_ascii=False)


def all_strings(tokens: Sequence[str]) -> list[str] | None:
    """What stands between the quotes of each token, if all are strings; they hold no raw newline."""
    if not tokens or tokens[0][:1] != '"' or tokens[-1][-1:] != '"':
        return None
    inside = "\n".join(tokens)[1:-1].split('"\n"')
    return inside if len(inside) == len(tokens) else None


def _plain_strings(tokens: Sequence[str]) -> list[str] | None:
    """Do the same, if all may stand in a row without quotes: seen by few looks at all of them."""
    inside = all_strings(tokens)
    if inside is None:
        return None
    joined = "\n".join(inside)
    if any(mark in joined for mark in '"\\,|'):
        return None
    first = {cell[:1] for cell in inside}
    if not _FIRST_OF_OTHERS.isdisjoint(first) or not _LITERAL_WORDS.isdisjoint(inside):
        return None
    return None if any(map(str.isspace, first | {cell[-1:] for cell in inside})) else inside


def read_cells(cells: Sequence[str]) -> list[str]:
    """Invert `write_cells`."""
    joined = "\n".join(cells)
    # Most columns hold literals alone, or strings that nothing could be mistaken for: seen by one look at all of them.
    if _LITERAL_CELLS.fullmatch(joined):
        return joined.split("\n")
    if _PLAIN_CELLS.fullmatch(joined):
        return f'"{joined.replace("\n", '"\n"')}"'.split("\n")
    tokens = [
        cell
        if (first := cell[:1]) in _AS_IT_IS or (first in _FIRST_OF_LITERALS and _LITERAL.fullmatch(cell))
        else f'"{cell}"'
        for cell in cells
    ]
    return _RAW_CELL.sub(_read_raw, "\n".join(tokens)).split("\n") if "`" in joined else tokens


def split_row(line: str) -> tuple[list[str], list[str]]:
    """Cut a table row into its cells and the ``|``-parted tail."""
    if not ('"' in line or "`" in line or "[" in line or "{" in line or "|" in line):
        return line.split(","), []
    cells: list[str] = []
    at = 0
    while True:
        if line[at : at + 1] in _OPENING:
            end = _end_of_cell(line, at, _CELL)
            cells.append(line[at:end])
        else:  # as many plain cells as there are, at once
            behind = _BEHIND_PLAIN.search(line, at)
            end = behind.start() if behind is not None else len(line)
            cells += line[at:end].split(",")
        if end >= len(line) or line[end] != ",":
            break
        at = end + 1
    tail: list[str] = []
    while end < len(line):
        if line[end] != "|":
            raise ValueError("not a table row")
        at = end + 1
        start = _end_of_path(line, at)
        end = _end_of_cell(line, start + 1, _CELL)
        tail.append(line[at:end])
    return cells, tail


def split_nested(cell: str) -> list[list[str]]:
    """Cut ``[a,b;c,d]`` into ``[[a, b], [c, d]]``."""
    if cell == "[]":
        return []
    rows: list[list[str]] = [[]]
    at = 1
    while True:
        end = _end_of_cell(cell, at, _NESTED_CELL)
        rows[-1].append(cell[at:end])
        mark = cell[end]
        at = end + 1
        if mark == "]":
            return rows
        if mark == ";":
            rows.append([])
        elif mark != ",":
            raise ValueError("not a nested table")


def _end_of_path(line: str, at: int) -> int:
    """Return the offset after a dotted path, whose names may be quoted."""
    while True:
        match = _PATH_NAME.match(line, at)
        if match is None:
            raise ValueError("not a table row")
        at = match.end()
        if line[at : at + 1] != ".":
            return at
        at += 1


def _end_of_cell(line: str, at: int, pattern: re.Pattern[str]) -> int:
    if line[at : at + 1] in {"[", "{"}:
        return bracket_end(line, at)
    match = pattern.match(line, at)
    if match is None:
        raise ValueError("not a table row")
    return match.end()


def bracket_end(line: str, at: int) -> int:
    """Return the offset after the bracket that closes the one at ``at``; quoted text does not count."""
    depth = 0
    for match in _BRACKET.finditer(line, at):
        mark = match[0]
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
            if not depth:
                return match.end()
    raise ValueError("unbalanced brackets")


def _write_raw(match: re.Match[str]) -> str:
    return match[0] if "\\" not in match[1] else "`" + match[1].replace('\\"', '"') + "`"


def _read_raw(match: re.Match[str]) -> str:
    return '"' + match[1].replace('"', '\\"') + '"'
