"""Markup in the short forms that readers know: code in backticks, links in brackets, characters for their entities.

Each step is taken only where the page uses nothing that could be mistaken for the short form, and is checked at once by
taking it back.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable

from headroom.compress.folding import SIGIL
from headroom.compress.once import once

_CODE = "`x` = <code>x</code>"
_LINK = '[x](#y) = <a href="#yx">x</a>'
_NAME = '[x](=y) = <a name="yx">x</a>'
_ENTITIES = "characters for their entities "
_HEADER = re.compile(r"\[~ html: ([^\n]*)\]")

_CODE_SPAN = re.compile(r"<code>([^<\n`]*)</code>")
_CODE_SHORT = re.compile(r"`([^<\n`]*)`")
_HREF = re.compile(r'<a href="#([\w.:-]{0,40}?)([\w.:-]{2,80})">(`?)\2\3</a>')
_HREF_SHORT = re.compile(r"\[(`?)([\w.:-]{2,80})\1\]\(#([\w.:-]{0,40})\)")
_ANCHOR = re.compile(r'<a name="([\w.:-]{0,40}?)([\w.:-]{2,80})">(`?)\2\3</a>')
_ANCHOR_SHORT = re.compile(r"\[(`?)([\w.:-]{2,80})\1\]\(=([\w.:-]{0,40})\)")
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{2,5});")
_TAG = re.compile(r"(<(?:!--.*?-->|[A-Za-z/!?][^<>]*+>))", re.DOTALL)
_PLAIN_TAG = re.compile(r"(<[A-Za-z/!?][^>]*+>)")
_LEAST = 8
"""Times a form must be used."""


def encode(text: str) -> str | None:
    """Write ``text`` in short forms below a line that lists them; None where none is worth it. Inverted by `decode`."""
    notes: list[str] = []
    body = text
    shorter, entities = _common_entities(body)
    if entities:
        body = shorter
        notes.append(_ENTITIES + " ".join(entity.strip("&;") for entity in entities))
    for note, shorten, restore in _STEPS:
        shorter, count = shorten(body)
        if count >= _LEAST and restore(shorter) == body:
            body = shorter
            notes.append(note)
    return f"{SIGIL}html: {'; '.join(notes)}]\n{body}" if notes else None


def decode(encoded: str) -> str:
    """Invert `encode`; other text comes back as it is."""
    first, newline, body = encoded.partition("\n")
    match = _HEADER.fullmatch(first)
    if match is None or not newline:
        return encoded
    notes = match[1].split("; ")
    for note, _, restore in reversed(_STEPS):
        if note in notes:
            body = restore(body)
    if notes[0].startswith(_ENTITIES):
        entities = notes[0].removeprefix(_ENTITIES).split(" ")
        body = _to_entities((body, tuple(f"&{name};" for name in entities)))
    return body


def _code(body: str) -> tuple[str, int]:
    return _CODE_SPAN.subn(r"`\1`", body) if "`" not in body else (body, 0)


def _links(body: str) -> tuple[str, int]:
    return _HREF.subn(r"[\3\2\3](#\1)", body) if "](#" not in body else (body, 0)


def _names(body: str) -> tuple[str, int]:
    return _ANCHOR.subn(r"[\3\2\3](=\1)", body) if "](=" not in body else (body, 0)


@once
def _with_code(body: str) -> str:
    return _CODE_SHORT.sub(r"<code>\1</code>", body)


@once
def _with_links(body: str) -> str:
    return _HREF_SHORT.sub(r'<a href="#\3\2">\1\2\1</a>', body) if "](#" in body else body


@once
def _with_names(body: str) -> str:
    return _ANCHOR_SHORT.sub(r'<a name="\3\2">\1\2\1</a>', body) if "](=" in body else body


_STEPS: tuple[tuple[str, Callable[[str], tuple[str, int]], Callable[[str], str]], ...] = (
    (_CODE, _code, _with_code),
    (_LINK, _links, _with_links),
    (_NAME, _names, _with_names),
)


def _common_entities(text: str) -> tuple[str, list[str]]:
    """Put characters for entities that the page's own text has nowhere as such; the text and those entities, if any."""
    found = Counter(_ENTITY.findall(text))  # as many as there are: none can begin within another
    if not found:
        return text, []
    parts = _parts(text)
    shown = "\0".join(parts[::2])  # no page holds the sign between
    taken: list[str] = []
    for entity, count in found.items():
        character = html.unescape(entity)
        if len(character) != 1 or character in "<&`\xa0[]\0" or not character.isprintable() or character in shown:
            continue
        if count >= _LEAST and all(html.unescape(other) != character for other in taken):
            taken.append(entity)
    pairs = [(entity, html.unescape(entity)) for entity in taken]
    written = _replaced(shown, pairs) if taken else shown
    if not taken or written.count("\0") != len(parts) // 2:
        return text, []
    parts[::2] = written.split("\0")
    shorter = "".join(parts)
    # Where no bracket opens in what is shown, the tags of both texts are the same.
    if "<" not in shown:
        same = _replaced(written, [(new, old) for old, new in pairs]) == shown
    else:
        same = _to_entities((shorter, tuple(taken))) == text
    return (shorter, taken) if same else (text, [])


def _replaced(text: str, pairs: list[tuple[str, str]]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text


def _parts(text: str) -> list[str]:
    """What is shown, and each tag or remark between; the matcher runs to one sign sooner than to one of two."""
    if "<!--" not in text:
        parts = _PLAIN_TAG.split(text)
        if len(parts) // 2 == text.count("<"):  # no tag holds another's beginning
            return parts
    return _TAG.split(text)


@once
def _to_entities(text_and_entities: tuple[str, tuple[str, ...]]) -> str:
    text, entities = text_and_entities
    parts = _parts(text)
    shown = "\0".join(parts[::2])
    if shown.count("\0") != len(parts) // 2:
        return text
    # What is shown is joined at a character that no page holds, so that each replacement is one pass.
    parts[::2] = _replaced(shown, [(html.unescape(entity), entity) for entity in entities]).split("\0")
    return "".join(parts)
