"""JSON documents whose weight is in records: API answers, query results, record lists."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress import (
    aliases,
    column_counts,
    json_layout,
    json_repeats,
    json_text,
)
from headroom.compress.folding import SIGIL, unescape
from headroom.compress.json_decode import source_of
from headroom.compress.json_layout import Layout
from headroom.compress.json_records import IrregularKeys
from headroom.compress.json_schema import cell_fields, constants
from headroom.compress.json_shuffled import in_one_order
from headroom.compress.json_table_cut import cut_table
from headroom.compress.json_text import Document, Placed
from headroom.compress.once import once
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition, joined_pieces
from headroom.compress.table_rows import LEAST_ROWS, MIN_ROWS

_MARK = re.compile(r"[$@&%^§][A-Za-z]=.")
_LOSSY_NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HOLE = "\x00\n"
"""Stands for a gap; no JSON text holds it."""
_NAMED_SHARE = 0.9
"""Names for repeated values must leave less than this share of a document: a table is easier to read without."""
_MOST_TABLES = 8
"""So many of a document's tables, the largest ones, may be cut."""
_RISKS = ("json:events", "json:asked", "json:rows", "json:skim")
"""What a cut is called, by how likely the rest is asked for."""
_MOSTLY = 0.5
"""Share of a document that its largest table stands for, from which it is a table and little else."""


class JsonTable:
    """Arrays of objects become tables; what surrounds them stays JSON, minified."""

    kind = "json"

    def lossless(self, text: str, hints: Hints) -> Rendition | None:  # noqa: ARG002 - the contract's signature
        """Write records as rows under one header, with what never changes said once."""
        layout, body = json_layout.split(text) or (None, "")
        if layout is None:
            return None
        document = _document(body)
        if document is None or not document.tables:
            return None
        document, values = _shorter(document, body)
        marks, rest = aliases.encode("\n".join([*values, *document.lines]))
        head = _head(layout.tag, len(marks), document, len(values), counted=True)
        encoded = "\n".join([head, *marks, rest])
        return Rendition((encoded,), self.kind, "json:table", lossless=True) if len(encoded) < len(text) else None

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``; raises ValueError on other text."""
        return source_of(encoded)

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Show the records that were asked for or stand out, statistics of all, and gaps in place of the others."""
        if not Relevance.from_hints(hints).specific:
            return None
        found = json_layout.split(text)
        if found is None:
            return None
        layout, body = found
        document, shuffled = _legible(found)
        if document is None or not document.tables:
            return None
        largest = sorted(document.tables, key=lambda placed: len(placed.raw), reverse=True)[:_MOST_TABLES]
        cuts = {placed.line: cut_table(text, layout, body, document, placed, largest[0], hints) for placed in largest}
        if cuts[largest[0].line] is None:
            return None
        pieces: list[str | Gap] = []
        at = 0
        for placed in sorted(document.tables, key=lambda placed: placed.line):
            if (shown := cuts.get(placed.line)) is not None:
                pieces += ["".join(f"{line}\n" for line in document.lines[at : placed.line]), *shown.pieces]
                at = shown.end
        if rest := document.lines[at:]:
            pieces.append("\n".join(rest) + "\n")
        transform = max({shown.transform for shown in cuts.values() if shown is not None}, key=_RISKS.index)
        return Rendition(
            _marked(joined_pieces(pieces), document, shuffled=shuffled), self.kind, transform, lossless=False
        )

    def explains(self, text: str, lines: list[str]) -> bool:
        """Whether ``lines`` are rows of the text's tables, or parts of them, behind our marks."""
        found = json_layout.split(text)
        document = _legible(found)[0] if found is not None else None
        if document is None:
            return False
        marks = [line for line in lines if _MARK.match(line)]
        joined = "\n" + "\n".join(document.lines) + "\n"
        known = set(document.lines)
        shown = aliases.decode(marks, "\n".join(line for line in lines if line not in marks))
        return all(line in known or line in joined for line in unescape(shown).split("\n"))


def _document(body: str) -> Document | None:
    try:
        return json_text.write(body)
    except IrregularKeys:
        return None


@once
def _legible(found: tuple[Layout | None, str]) -> tuple[Document | None, bool]:
    """The document, and whether its records were put in one order of keys, without which they are no table, or each key has several columns."""
    layout, body = found
    document = _document(body)
    if document is not None and _holds_others(document):
        inner = json_text.write_inner(body)
        return (inner, False) if any(placed.table.count >= MIN_ROWS for placed in inner.tables) else (document, False)
    if layout is None or document is None or not all(map(_may_contradict, document.tables)):
        return document, False
    ordered = in_one_order(layout, body)
    return (_document(ordered), True) if ordered is not None else (document, False)


def _holds_others(document: Document) -> bool:
    """Whether the largest table has a few rows only, with lists of objects in them."""
    main = max(document.tables, key=lambda placed: len(placed.raw), default=None)
    return main is not None and main.table.count < LEAST_ROWS and ":[{" in main.raw


def _may_contradict(placed: Placed) -> bool:
    """Whether a name stands twice, as it does where records have their keys in different orders."""
    names = [field.name for field in placed.table.fields]
    return len(set(names)) < len(names)


def _shorter(document: Document, body: str) -> tuple[Document, list[str]]:
    """The document with the values that it repeats said once, and these values, where that is shorter."""
    in_tables = max(len(placed.raw) for placed in document.tables)
    values, named = json_repeats.say_once(body, nested=in_tables < _MOSTLY * len(body)) or ([], "")
    other = _document(named) if values else None
    if other is None or sum(map(len, values)) + other.size > _NAMED_SHARE * document.size:
        return document, []
    return other, values


def _head(
    tag: str, marks: int, document: Document, values: int = 0, *, counted: bool = False, shuffled: bool = False
) -> str:
    """First line: what this is and how to read it, and what is in its largest table if that is to be ``counted``."""
    said = [f"marks: {marks}"] if marks else []
    if values:
        said.append(f"said once: {values}")
    tables = [placed.table for placed in document.tables]
    fields = [field for table in tables for field in cell_fields(table.fields)]
    if any(field.kind == "cell" and not field.optional and "null" in field.values for field in fields):
        said.append("blank cell = null")
    if any(field.optional for field in fields):
        said.append("name? = key may be absent (blank)")
    if any(field.in_tail for field in fields):
        said.append("name* = behind the row")
    if shuffled:
        said.append("keys in one order, in the source in another on each line")
    if any(True for table in tables for _ in constants(table.fields)):
        said.append("name=v = v in every row")
    if counted and (counts := _counts(document)):
        said.append(counts)
    return f"{SIGIL}json {'; '.join([tag, *said])}]" if tag else f"{SIGIL}json{''.join(f'; {part}' for part in said)}]"


def _counts(document: Document) -> str:
    if not document.tables:
        return ""
    main = max(document.tables, key=lambda placed: len(placed.raw))
    behind = document.lines[main.line : main.line + main.table.count]
    return column_counts.told(main.table, sum(map(len, behind)))


def _marked(pieces: Sequence[str | Gap], document: Document, *, shuffled: bool) -> tuple[str | Gap, ...]:
    """The pieces with marks for what they repeat, and the head line in front."""
    texts = [piece for piece in pieces if isinstance(piece, str)]
    marks, joined = aliases.encode(_HOLE.join(texts), _LOSSY_NAMES)
    shorter = iter(joined.split(_HOLE))
    out = [next(shorter) if isinstance(piece, str) else piece for piece in pieces]
    top = "".join(f"{line}\n" for line in [_head("", len(marks), document, shuffled=shuffled), *marks])
    return (top, *out) if not isinstance(out[0], str) else (top + out[0], *out[1:])


COMPRESSORS = (JsonTable(),)
