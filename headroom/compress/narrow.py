"""Texts with a few characters beyond Latin-1, such as curly quotes, written with one byte a character while they are searched.

Python stores such a text with two or four bytes a character, and finds strings in it several times more slowly.
"""

from __future__ import annotations

_MOST = 8
"""Different characters that are replaced; each takes a pass over the text."""
_SIGNS = "".join(map(chr, (*range(0x80, 0x85), *range(0x86, 0xA0))))
_LETTERS = "".join(filter(str.isalpha, map(chr, range(0xC0, 0x100))))


def narrow(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the text with a stand-in for each wide character, a letter for a letter, and the pairs of both.

    As it is, without pairs, where it has none, too many different ones, or a number among them.
    """
    pairs: list[tuple[str, str]] = []
    short = text
    while (wide := _first_wide(short)) and len(pairs) < _MOST and wide.isalpha() == wide.isalnum():
        spare = _LETTERS if wide.isalpha() else _SIGNS
        own = next((char for char in spare if char not in short), "")
        if not own:
            break
        pairs.append((wide, own))
        short = short.replace(wide, own)
    return (text, ()) if wide else (short, tuple(pairs))


def _first_wide(text: str) -> str:
    if not text.isascii():
        try:
            text.encode("latin-1")  # far faster than looking for it with a pattern
        except UnicodeEncodeError as error:
            return text[error.start]
    return ""


def written(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    """Write a part of the text with its stand-ins."""
    for wide, own in () if text.isascii() else pairs:
        text = text.replace(wide, own)
    return text


def widened(text: str, pairs: tuple[tuple[str, str], ...]) -> str:
    """Invert `written`."""
    for wide, own in pairs:
        text = text.replace(own, wide)
    return text
