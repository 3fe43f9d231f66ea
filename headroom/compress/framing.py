"""Data with a few words around it: what a tool says before and after the JSON or the table that it prints."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from headroom.compress.delimited import opens_with_broken_cells
from headroom.compress.folding import SIGIL

_MOST_LINES = 8
"""Lines of words on either side; more are a content of their own."""
_MOST_CHARS = 1_500
_LEAST_CHARS = 600
"""Less data is not worth a look."""
_OPENS = re.compile(r"[ \t]*(?:\[[ \t]*(?:[\[{\"\]\d-]|null|true|false|\r?$)|\{[ \t]*(?:[\"}]|\r?$))")
_PAGE = re.compile(r"[ \t]*<(?:!doctype html|html|\?xml)[ >]", re.IGNORECASE)
_RESPONSE = re.compile(
    r"(?:(?:[*<>] [^\n]{0,400}+\n|[{}] \[\d+ bytes data\]\r?\n){3,120}+"
    r"|(?:HTTP/[\d.]{1,3} \d{3}[^\n]{0,80}\n(?:[\w-]{1,60}+:[^\n]{0,4000}+\n){1,60}+\r?\n){1,3}+)"
)
"""What ``curl -i`` or ``curl -v`` prints above a response's body."""
_STATUS = re.compile(r"^(?:< )?HTTP/[\d.]{1,3} \d{3}", re.MULTILINE)
_DELIMITERS = ",\t;|"
_BARRED = re.compile(r" *+\|(?: [^|]*+)?$")
"""A line drawn beside a bar, as those of Python's exception groups: nothing is parted by it."""
_ALIKE = 6
"""So many lines with the same number of delimiters are a table, one with a heading before it or not."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A text in three parts, which put together are the text."""

    head: str
    core: str
    tail: str
    any_kind: bool = False
    """The core opens as what it is, so that no other kind needs to be thought of."""


def frame(text: str) -> Frame | None:
    """Tell the data from the words around it, or None where there are none. A guess: the core may be anything.

    Looks at the first and the last few lines only.
    """
    if len(text) < _LEAST_CHARS:
        return None
    if text[:1] in {"H", "*", "<", ">"} and (response := _RESPONSE.match(text)) and _STATUS.search(response[0]):
        at = response.end()
        return (
            Frame(text[:at], text[at:], "", any_kind=True)
            if len(text) - at >= _LEAST_CHARS and SIGIL not in text[:at]
            else None
        )
    if opens_with_broken_cells(text[: 4 * _MOST_CHARS]):
        return None  # the lines between two records would be taken for words
    lines = text[: 4 * _MOST_CHARS].split("\n")
    at = 0
    for number, line in enumerate(lines[: _MOST_LINES + 1]):
        if at > _MOST_CHARS:
            return None
        if at and _PAGE.match(line) and not _PAGE.match(text.lstrip()):
            return Frame(text[:at], text[at:], "", any_kind=True) if SIGIL not in text[:at] else None
        if _OPENS.match(line):
            end = _end(text, _closes)
        elif _is_table(lines[number : number + _ALIKE]):
            end = _end_of_table(text, lines[number])
        else:
            at += len(line) + 1
            continue
        if end - at < _LEAST_CHARS or (at == 0 and end == len(text)) or SIGIL in text[:at] or SIGIL in text[end:]:
            return None
        return Frame(text[:at], text[at:end], text[end:])
    return None


def _is_table(lines: list[str]) -> bool:
    if len(lines) < _ALIKE or all(_BARRED.match(line) for line in lines):
        return False
    return any(
        (count := lines[0].count(mark)) and all(line.count(mark) == count for line in lines) for mark in _DELIMITERS
    )


def _closes(line: str) -> bool:
    """Whether a line may be the last one of a JSON document, of which it is the end or the whole."""
    bare = line.strip(" \t\r")
    return bare[:1] in ("]", "}") or (bare[-1:] in ("]", "}") and _OPENS.match(line) is not None)


def _end_of_table(text: str, first: str) -> int:
    counts = [(mark, count) for mark in _DELIMITERS if (count := first.count(mark))]
    return _end(text, lambda line: any(line.count(mark) == count for mark, count in counts))


def _end(text: str, fits: Callable[[str], bool]) -> int:
    """Where the last line that fits ends, its newline included; the text's end where none of the last ones does."""
    end = len(text)
    for _ in range(_MOST_LINES + 1):
        if len(text) - end > _MOST_CHARS:
            break
        start = text.rfind("\n", 0, max(0, end - 1)) + 1
        if fits(text[start:end].rstrip("\n")):
            return end
        if start == 0:
            break
        end = start
    return len(text)
