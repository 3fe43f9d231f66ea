"""Where a tool says that it left something out of its own output, and a last line that it broke off."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NOTICE = re.compile(
    r"^[ \t]*(?:\.{3}|…|\[(?!~)|\(|<|-{3}|\*{3})[^\n]{0,100}?"
    r"\b(?:truncated|clipped|cut off|(?:omitted|elided|hidden|skipped|not shown|left out)(?=[^\n]*[\])>.…*-]$))[^\n]{0,60}$",
    re.MULTILINE | re.IGNORECASE,
)
_MEASURED = re.compile(
    r"\b(?:lines?|char(?:acter)?s?|bytes?|tokens?|rows?|output|response|text|content|truncated|[kKM]i?B)\b"
)
_MOST = 2
"""Notices in a text; more are a part of what it says."""
_BORDERS = "│|┃║"


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a text; all parts put together are the text."""

    text: str
    notice: bool
    """The lines are no output of the tool, or a broken one."""


def split(text: str) -> tuple[Part, ...] | None:
    """Part a text at such notices, and before a broken last row of a table; None where there is neither."""
    found = [match for match in _NOTICE.finditer(text) if _MEASURED.search(match[0])]
    if len(found) > _MOST:
        return None
    parts: list[Part] = []
    at = 0
    for match in found:
        start = _before_blanks(text, at, match.start())
        end = match.end()
        while text[end : end + 1] == "\n":
            end += 1
        parts += _with_broken_end(text[at:start], text[start:end])
        at = end
    if at < len(text):
        parts += _with_broken_end(text[at:], "")
    return tuple(parts) if len(parts) > 1 else None


def _before_blanks(text: str, first: int, at: int) -> int:
    while at - 1 > first and text[at - 2 : at] == "\n\n":
        at -= 1
    return at


def _with_broken_end(text: str, notice: str) -> list[Part]:
    """The lines, and those that say what is missing behind them, with the row that was broken off."""
    lines = text.rstrip("\n").rsplit("\n", 3)
    if len(lines) == 4 and lines[1][-1:] == lines[2][-1:] != lines[3][-1:] and lines[2][-1:] in _BORDERS and lines[2]:
        end = len(text.rstrip("\n")) - len(lines[3])
        text, notice = text[:end], text[end:] + notice
    return [Part(part, said) for part, said in ((text, False), (notice, True)) if part]
