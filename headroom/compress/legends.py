"""What a legend is written as and read by: ``$a=long phrase`` at the top, ``$a`` in the text, whatever the phrases are.

A long text has it at its end, as notes stand below an article: there a reader who comes to its last lines still has it in sight.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.folding import SIGIL

_SIGILS = "$&%@^§"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHORT = {"$": "abcdfijlmnopqrstvxI", "&": "aeimopqrstwABCDEGHIMOPRSTW", "%": "bcdeimnsxABCDE", "@": "gmnsy"}
"""Letters that are one token of o200k together with the sigil, measured."""
_HEADER = re.compile(r"\[~ legend of (\d+)[^\]]*\]")
_DEFINING = re.compile(r"\[~ (?:legend of (\d+)\b.*|.*?; marks: (\d+)(?:;.*)?|(\d+) short tags .*)\]")
"""A line below which as many marks are defined, one a line, whoever wrote it."""
_ENTRY = re.compile(r"(?:[$&%@^§][A-Za-z]|<[A-Z][1-9]?>)=")
_ABOVE = 12
"""Lines of a text, definitions aside, in which they are looked for."""
_FAR = 50
"""A text of more lines has its legend at the end."""
_LONG_LINE = 200
_POINTER = f"{SIGIL}legend at the end]"
"""Stands on top where marks are defined below another line than a `header`."""
_HEADED = re.compile(r"\[~ legend of (\d+)(: .x) below (stands for its text\])")
_HEADED_FAR = re.compile(r"\[~ legend of (\d+) at the end(: .x) (stands for its text\])")
_AT_END = f"{SIGIL}legend:]"
COSTLY = "⎯‾⸺╌┄▔▁┈╍⋯"
"""Signs that rules are drawn of and that o200k has no runs for: two or three tokens each, measured."""
_TOKEN = re.compile(
    rf"[{COSTLY}]|"
    r"[A-Za-z]{1,7}|\d{1,3}|\^{3,16}|-{3,16}|={3,16}|\.{3,16}|~{3,16}|\*{3,16}|#{3,16}|[^\sA-Za-z0-9]{1,2}"
)


def estimate(text: str) -> int:
    """Estimate tokens, within about a tenth of o200k on logs and paths."""
    return len(_TOKEN.findall(text))


def names(sigil: str) -> str:
    """Return the 52 letters to name entries by, those first that make the shortest marks."""
    short = _SHORT.get(sigil, "")
    return short + "".join(letter for letter in _LETTERS if letter not in short)


def header(entries: Sequence[str]) -> str:
    """Return the line above the entries of a legend, such as ``$a=some text``; at most 52 entries, named in order."""
    return f"{SIGIL}legend of {len(entries)}: {entries[0][0]}x below stands for its text]"


def split(encoded: str, header: re.Pattern[str] = _HEADER) -> tuple[list[str], str]:
    """Part a text that may start with a legend into the legend's lines and the rest.

    ``header`` matches the line above the entries; its first group is how many there are.
    """
    first, _, rest = encoded.partition("\n")
    match = header.fullmatch(first)
    if match is None:
        return [], encoded
    *entries, body = rest.split("\n", int(match[1]))
    return [first, *entries], body


def to_end(text: str) -> str:
    """Move what is defined at the top of a long text to its end; `to_top` inverts it. Any other text stays."""
    if text.count("\n", 0, _FAR * _LONG_LINE) <= _FAR and text.count("\n") <= _FAR:
        return text
    rest, entries = _parted(text)
    if not entries:
        return text
    top, newline, below = rest.partition("\n")
    headed = _HEADED.fullmatch(top)
    top = f"{SIGIL}legend of {headed[1]} at the end{headed[2]} {headed[3]}" if headed else f"{_POINTER}\n{top}"
    moved = "\n".join([f"{top}{newline}{below}", _AT_END, *entries])
    return moved if to_top(moved) == text else text


def to_top(text: str) -> str:
    """Invert `to_end`; a text that it did not make stays."""
    top, _, body = text.partition("\n")
    body, mark, entries = body.rpartition(f"\n{_AT_END}\n")
    headed = _HEADED_FAR.fullmatch(top)
    if not mark or (headed is None and top != _POINTER):
        return text
    if headed is not None:
        body = f"{SIGIL}legend of {headed[1]}{headed[2]} below {headed[3]}\n{body}"
    out: list[str] = []
    at, left = 0, entries.split("\n")
    while left and at < len(body):
        line, at = _line_at(body, at)
        out.append(line)
        if count := _defines(line):
            out += left[:count]
            del left[:count]
    return text if left else "\n".join([*out, body[at:]])


def _parted(text: str) -> tuple[str, list[str]]:
    """A text without what is defined in its first lines, and the definitions."""
    kept: list[str] = []
    entries: list[str] = []
    at = 0
    while len(kept) < _ABOVE and at < len(text):
        line, at = _line_at(text, at)
        kept.append(line)
        for _ in range(_defines(line) if text[at - 1] == "\n" else 0):
            entry, behind = _line_at(text, at)
            if text[behind - 1 : behind] != "\n" or at == len(text) or not _ENTRY.match(entry):
                return text, []
            entries.append(entry)
            at = behind
    return "\n".join([*kept, text[at:]]), entries


def _line_at(text: str, at: int) -> tuple[str, int]:
    """The line that begins there, and where the next one does: of a long text no more is copied."""
    end = text.find("\n", at)
    return (text[at:end], end + 1) if end >= 0 else (text[at:], len(text))


def _defines(line: str) -> int:
    """How many marks are defined below this line."""
    match = _DEFINING.fullmatch(line) if line.startswith(SIGIL) else None
    return int(next(filter(None, match.groups()))) if match is not None else 0


def decode(legend: Sequence[str], body: str) -> str:
    """Return the text with what each mark stands for in its place, and the sigils that `choose_sigil` put in taken out."""
    if not legend:
        return body
    texts = {entry[:2]: entry[3:] for entry in legend[1:]}
    sigil = legend[1][0]
    escaped = re.escape(sigil)
    if 2 * sigil not in body:
        parts = re.split(f"({escaped}[A-Za-z])", body)
        parts[1::2] = map(texts.__getitem__, parts[1::2])
        return "".join(parts)
    mark = re.compile(rf"{escaped}{escaped}*+[A-Za-z]")
    return mark.sub(lambda m: texts[m[0]] if len(m[0]) == 2 else m[0][1:], body)


def choose_sigil(text: str) -> tuple[str, str]:
    """Return a sigil, and the text with one more sigil wherever it could be taken for a mark."""
    for sigil in _SIGILS:
        if sigil not in text or re.search(re.escape(sigil) + "[A-Za-z]", text) is None:
            return sigil, text
    sigil = min(_SIGILS, key=text.count)
    return sigil, re.sub(rf"{re.escape(sigil)}{re.escape(sigil)}*+(?=[A-Za-z])", rf"\g<0>{sigil}", text)
