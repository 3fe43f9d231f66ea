"""The texts of a JSON document with their places in it, as the lines that they show."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from typing import NamedTuple

from headroom.compress.folding import last_state

_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_BEFORE = re.compile(r'[ \t]*(?:"[^"\\]*+"[ \t]*:[ \t]*)?[\[{]?')
_PIECE = re.compile(r"(?:[^\\]++|\\[^n])*+(?:\\n|\Z)")
"""A line of a string as JSON spells it."""


class Placed(str):
    """A string, and where it stands in the document with its quotes."""

    __slots__ = ("document", "end", "start")
    document: str
    start: int
    end: int


class Line(NamedTuple):
    """A line of a text, and the characters of the document that hold it."""

    text: str
    start: int
    end: int


def read(text: str) -> object:
    """Read JSON whose strings are `Placed`; None where it is none, or names a key twice."""
    decoder = json.JSONDecoder(object_pairs_hook=_once_each)
    decoder.parse_string = _placed  # type: ignore[attr-defined]
    decoder.scan_once = py_make_scanner(decoder)  # type: ignore[attr-defined]
    try:
        return decoder.decode(text)
    except (ValueError, RecursionError):
        return None


def _placed(text: str, begin: int, strict: bool = True) -> tuple[Placed, int]:  # noqa: FBT001, FBT002 - json's signature
    value, end = scanstring(text, begin, strict)
    placed = Placed(value)
    placed.document, placed.start, placed.end = text, begin - 1, end
    return placed, end


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key comes twice")
    return found


def strings_in(value: object) -> Iterator[Placed]:
    """Yield all strings of a value, in the order of the document."""
    if isinstance(value, Placed):
        yield value
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings_in(inner)


def lines_in(value: object, *, broken: bool = False) -> list[Line] | None:
    """Lines of a text that is one string or several that follow each other; None for other values.

    ``broken``: each string begins a line.
    """
    parts = [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, Placed)]
    if len(parts) < (len(value) if isinstance(value, list) else 1):
        return None
    found: list[Line] = []
    unended: list[str] = []  # what there is so far of a line that the next string goes on with
    for part in parts:
        lines = _lines_of(part)
        ends = broken or part.endswith("\n")
        if unended:
            unended.append(lines[0].text)
            found[-1] = Line("", found[-1].start, lines[0].end)
            if ends or len(lines) > 1:
                found[-1] = found[-1]._replace(text="".join(unended))
                unended = []
            found += lines[1:]
        else:
            found += lines
        if not ends and not unended:
            unended = [found[-1].text]
    if unended:
        found[-1] = found[-1]._replace(text="".join(unended))
    return found


def _lines_of(text: Placed) -> list[Line]:
    shown = text.removesuffix("\n")
    if "\n" not in shown:
        return [Line(shown, text.start, text.end)]
    lines = shown.split("\n")
    raw = _raw_lines(text)
    if len(raw) != len(lines):
        raw = [(text.start, text.end)] * len(lines)
    return [Line(line, *place) for line, place in zip(lines, raw, strict=True)]


def _raw_lines(text: Placed) -> list[tuple[int, int]]:
    """Where each line of a string stands, with its newline."""
    inner = text.document[text.start + 1 : text.end - 1]
    return [
        (text.start + 1 + match.start(), text.start + 1 + match.end())
        for match in _PIECE.finditer(inner)
        if match[0] or not match.start()
    ]


def shown_as(value: object, *, broken: bool = False) -> list[Line] | None:
    """Lines of an output as a terminal shows them at last, without colours."""
    return [_seen(line) for line in lines] if (lines := lines_in(value, broken=broken)) is not None else None


def _seen(line: Line) -> Line:
    text = _COLOUR.sub("", line.text) if "\x1b" in line.text else line.text
    text = last_state(text) if "\r" in text else text
    return line if text is line.text else line._replace(text=text)


class Spans:
    """What holds characters of a document: whole lines of it, where they hold nothing else that tells, else they alone."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text)), len(text) + 1]

    def of(self, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """Yield units, with the first and the last of them, counted from 1."""
        first, last = bisect_right(self._starts, start) - 1, bisect_right(self._starts, end - 1) - 1
        before = self._text[self._starts[first] : start]
        behind = self._text[end : self._starts[last + 1] - 1]
        if _BEFORE.fullmatch(before) and not behind.strip("]}, \t\r"):
            yield "lines", first + 1, last + 1
        yield "chars", start + 1, end
