"""JSON, or what Python prints, that does little but carry a text: an object of an output and an exit code, say.

The text is spelled out, so that it can be read, counted in lines and compressed as what it is. Its line breaks become
line breaks, and it stands between three double quotes, or as many as are needed to tell them from its own. Behind the
opening quotes stands ``text``, and what it takes to write the JSON again: ``-`` where the text ends without a line break.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from headroom.compress.folding import SIGIL

NOTE = f"{SIGIL}long strings are spelled out]"
"""Stands above a spelled-out text: it is no JSON any more."""
CARRIED = ":carried"
"""How the transforms of spelled-out texts end. Their gaps count in the text that `as_read` gives."""

_LEAST = 600
"""Characters of all there is, and of a string that is spelled out."""
_SHARE = 0.7
"""Of the whole that the long strings take at least; else this is data, with texts in it."""
_MOST_STRINGS = 8
_LOOKED_AT = 64
"""Strings up to the last long one: in data there are more."""
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
"""A string, or all that is left where it does not end: looking for an end from each quote in it would not be linear."""
_PRINTED = re.compile(
    r"\s*(?:[\[({]{1,3}'|(?:[a-z_]{1,20}=\w{1,20} ){0,3}(?:[a-z_]{1,20}=)?\[?[A-Z]\w{1,40}\([a-z_]{1,20}=')"
)
"""How Python prints an object that begins with a string: a dictionary, a list, or an object with fields."""
_PYTHON_STRING = re.compile(r"'[^'\\]*+(?:\\.[^'\\]*+)*+(?:'|\\?\Z)|" + _STRING.pattern, re.DOTALL)
_FENCES = re.compile(r'"{3,}')
_FENCE = '"""'
_OPENER = re.compile(r'(?<!")("{3,}+)text( -)?( ascii| html-safe| repr)?$')


def _plain(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _html_safe(text: str) -> str:
    """Write it as Go does by default."""
    written = json.dumps(text, ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        written = written.replace(sign, f"\\u{ord(sign):04x}")
    return written


_JSON: dict[str, Callable[[str], str]] = {"": _plain, " ascii": json.dumps, " html-safe": _html_safe}
_PYTHON: dict[str, Callable[[str], str]] = {" repr": repr}
_STYLES = _JSON | _PYTHON


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of whole lines of the spelled-out text."""

    text: str
    carried: bool
    """It is one of the carried texts; else JSON around them."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A spelled-out text; its pieces put together are the text."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """What stands for the JSON; without ``NOTE``."""
        return "".join(piece.text for piece in self.pieces)


def open_strings(text: str) -> Opened | None:
    """Spell out the long strings of JSON that is made of little else; None for any other text. ``close`` inverts it."""
    if len(text) < _LEAST:
        return None
    printed = _PRINTED.match(text) is not None
    if not printed and text.lstrip()[:1] not in ("{", "["):
        return None
    spans = _long_strings(text, _PYTHON_STRING if printed else _STRING)
    if not spans:
        return None
    written = [text[start:end] for start, end in spans]
    try:
        if printed:
            texts = [str(ast.literal_eval(string)) for string in written]
        else:
            msgspec.json.decode(text)
            texts = [msgspec.json.decode(string, type=str) for string in written]
        styles = [_style(*pair, _PYTHON if printed else _JSON) for pair in zip(texts, written, strict=True)]
    except (msgspec.DecodeError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    if None in styles:
        return None
    fence = max([_FENCE, *(f'{run}"' for carried in texts for run in _FENCES.findall(carried))], key=len)
    pieces: list[Piece] = []
    before = 0
    closing = ""
    for (start, end), carried, style in zip(spans, texts, styles, strict=True):
        ended = carried.endswith("\n")
        opener = f"{fence}text{'' if ended else ' -'}{style}\n"
        pieces += Piece(closing + text[before:start] + opener, False), Piece(carried if ended else f"{carried}\n", True)
        before, closing = end, fence
    pieces.append(Piece(closing + text[before:], False))
    opened = Opened(tuple(pieces))
    try:
        return opened if close(opened.text) == text else None
    except ValueError:
        return None


def as_read(text: str, transform: str) -> str:
    """Return a source as the gaps of what stands for it count it."""
    opened = open_strings(text) if transform.endswith(CARRIED) else None
    return text if opened is None else opened.text


def close(opened: str) -> str:
    """Write a spelled-out text as the JSON that it was."""
    lines = opened.split("\n")
    out: list[str] = []
    row = 0
    while row < len(lines):
        found = _OPENER.search(lines[row])
        if found is None:
            out.append(lines[row])
            row += 1
            continue
        fence = found[1]
        end = next((at for at in range(row + 1, len(lines)) if lines[at].startswith(fence)), None)
        if end is None:
            raise ValueError("a spelled-out text does not end")
        carried = "\n".join(lines[row + 1 : end]) + ("" if found[2] else "\n")
        out.append(lines[row][: found.start()] + _STYLES[found[3] or ""](carried))
        # What follows the string stands on its line.
        lines[end] = out.pop() + lines[end].removeprefix(fence)
        row = end
    return "\n".join(out)


def _long_strings(text: str, string: re.Pattern[str]) -> list[tuple[int, int]]:
    """Where the long strings are, their quotes included; none where they are not most of the text."""
    spans: list[tuple[int, int]] = []
    long = 0
    for number, found in enumerate(string.finditer(text)):
        start, end = found.span()
        if end - start >= _LEAST and not text.startswith(":", end):
            spans.append((start, end))
            long += end - start
        if number >= _LOOKED_AT or len(spans) > _MOST_STRINGS or len(text) - end < _LEAST:
            break
    return spans if len(spans) <= _MOST_STRINGS and long >= _SHARE * len(text) else []


def _style(carried: str, written: str, styles: Mapping[str, Callable[[str], str]]) -> str | None:
    """How a string was written, or None where that can't be done again."""
    return next((name for name, write in styles.items() if write(carried) == written), None)
