"""JSON whose beginning is missing, as when only the last lines of an answer are shown: opened by what its indents tell.

Each line of laid-out JSON says by its indent how many brackets are open around it, and by its first sign what the
innermost one is. So many are put in front, with empty names where a name is not known, that what is left can be read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from headroom.compress import json_layout
from headroom.compress.folding import has_sigil
from headroom.compress.json_cut import Cut, mend

_STRING = r'"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+"'
_CLOSER = re.compile(r"[ \t]*[\]}],?\r?\n")
_CLOSERS = {"}": "{", "]": "["}
_INDENT = re.compile(r"[ \t]*")
_RECORD_LINE = re.compile(rf"[ \t]+(?:{_STRING}: )?\{{\r?\n")
_MEMBER = re.compile(rf"[ \t]+(?:{_STRING}: |[{{\[]\r?\n|(?:{_STRING}|[-\d.eE+]+|true|false|null),?\r?\n)")
_NAMED = re.compile(rf"{_STRING}: ")
_OPENED = re.compile(r"^([ \t]*)(?:\"[^\n]*)?[\[{]\r?\n([ \t]+)", re.MULTILINE)
_CLOSED = re.compile(r"^([ \t]+)\S[^\n]*\n([ \t]*)[\]}]", re.MULTILINE)
_LEAST = 600
"""Characters that are worth it."""
_BROKEN_LINES = 8
_HEAD_LINES = 40
"""Lines that are no JSON, and then of closing brackets, that may stand before the first whole value."""
_DEEPEST = 64
_RECORD = 1_000
_RECORD_SHARE = 0.1
"""Characters, and share of the text, that the end of a broken record may have to stay apart from those behind it."""


def open_front(text: str) -> Cut | None:
    """Put brackets before JSON that begins in its middle, and close it where it is cut off; None for anything else. Linear."""
    if len(text) < _LEAST or has_sigil(text):
        return None
    start = _first_value(text)
    if start < 0:
        return None
    step = _step(text, start)
    if not step:
        return None
    open_ones, start = _behind_broken(text, start, step)
    if not 0 < len(open_ones) <= _DEEPEST:
        return None
    front = _front(open_ones, step, "\r\n" if text[: text.find("\n") + 1].endswith("\r\n") else "\n")
    core = front + text[start:]
    found = json_layout.split(core)
    if found is not None:
        return Cut(core, "", "", text[:start], front) if found[0] is not None else None
    closed = mend(core)
    if closed is None or len(closed.core) - len(closed.added) - len(front) < _LEAST:
        return None
    return replace(closed, head=text[:start], front=front)


def _first_value(text: str) -> int:
    """Where the first line stands that begins a value or a member, after closing brackets only; -1 for none."""
    start = 0
    for _ in range(_BROKEN_LINES):  # the end of a broken value, and words on what is missing
        if _MEMBER.match(text, start) is not None or _CLOSER.match(text, start) is not None:
            break
        end = text.find("\n", start) + 1
        if not end or text[start:end].strip() in _CLOSERS.values():
            return -1  # the beginning is there
        start = end
    for _ in range(_HEAD_LINES):
        closer = _CLOSER.match(text, start)
        if closer is None:
            break
        start = closer.end()
    return start if _MEMBER.match(text, start) is not None else -1


def _step(text: str, start: int) -> str:
    """One indent: what a line behind an opening bracket has more than that bracket's own, or less before a closing one."""
    opened = _OPENED.search(text, start)
    if opened is not None and opened[2].startswith(opened[1]):
        return opened[2][len(opened[1]) :]
    closed = _CLOSED.search(text, start)
    if closed is not None and closed[1].startswith(closed[2]):
        return closed[1][len(closed[2]) :]
    return ""


def _behind_broken(text: str, start: int, step: str) -> tuple[list[str], int]:
    """The brackets that are open, the outermost first, as the lines behind tell (braces where none does), and from where.

    A record that lacks its beginning stays outside where it is short, as it would spoil the table of the others.
    """
    depth = len(_INDENT.match(text, start)[0]) // len(step)  # type: ignore[index]  # matches always
    kinds = [""] * depth
    behind = depth, start  # what was open behind the broken record, and where the next begins
    most = start + max(_RECORD, _RECORD_SHARE * len(text))
    unclosed = depth
    at = start
    while unclosed and at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        bare = text[at:end].lstrip(" \t")
        level = (end - at - len(bare)) // len(step)
        if level < unclosed and bare[:1] in _CLOSERS:
            if level != unclosed - 1:
                break  # laid out in no regular way, as reading the result will show
            kinds[level] = _CLOSERS[bare[0]]
            unclosed = level
            if end <= most and _RECORD_LINE.match(text, end):
                behind = level, end
        elif level == unclosed and not kinds[level - 1]:
            kinds[level - 1] = "{" if _NAMED.match(bare) else "["
        at = end
    return [kind or "{" for kind in kinds[: behind[0]]], behind[1]


def _front(kinds: Sequence[str], step: str, newline: str) -> str:
    around = ("", *kinds)
    names = ['"": ' if outer == "{" else "" for outer in around]
    return "".join([f"{step * level}{names[level]}{kind}{newline}" for level, kind in enumerate(kinds)])
