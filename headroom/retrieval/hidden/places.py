"""Finding a record's places among the blocks a client sends back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from headroom.exchange import Edit
from headroom.retrieval.hidden.record import Insert, Record
from headroom.retrieval.turns import Block, Kind
from headroom.wire.body import literal, splice
from headroom.wire.outline import members

_LETTERS = {Kind.TEXT: "t", Kind.CALL: "c", Kind.RETRIEVE: "c", Kind.OTHER: "o"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a restored answer: a block, or the results after which a new message begins."""

    raw: bytes
    results: bool = False


def matches(record: Record, blocks: Sequence[Block]) -> bool:
    """Whether these blocks are the answer that the record is about. A client may trim white space at the end."""
    text = "".join(block.text for block in blocks)
    calls = tuple(block.id or block.name for block in blocks if block.kind in {Kind.CALL, Kind.RETRIEVE})
    return calls == record.calls and (text == record.text or text == record.text.rstrip())


def pieces(record: Record, blocks: Sequence[Block], *, lone: Literal["keep", "drop"]) -> list[Piece] | None:
    """The answer with everything back in its place; None when it can't be told where.

    By number when the client kept all blocks. Otherwise by words and calls, since many clients join neighbouring texts;
    ``lone`` says whether that is allowed for answers whose thinking the client dropped.
    """
    kinds = "".join(_LETTERS[block.kind] for block in blocks)
    if kinds == record.kinds:
        return _by_number(record, blocks)
    if "o" in kinds or ("o" in record.kinds and lone == "drop"):
        return None
    return _by_words(record, blocks)


def _by_number(record: Record, blocks: Sequence[Block]) -> list[Piece]:
    out: list[Piece] = []
    waiting = list(record.inserts)
    for number, block in enumerate(blocks):
        while waiting and waiting[0].block <= number:
            out.append(_piece(waiting.pop(0)))
        out.append(Piece(block.raw))
    return [*out, *map(_piece, waiting)]


def _by_words(record: Record, blocks: Sequence[Block]) -> list[Piece]:
    out: list[Piece] = []
    waiting = list(record.inserts)
    text = calls = 0
    for block in blocks:
        while waiting and waiting[0].text <= text and waiting[0].calls <= calls:
            out.append(_piece(waiting.pop(0)))
        rest, raw = block.text, block.raw
        while waiting and block.kind is Kind.TEXT and text < waiting[0].text < text + len(rest):
            size = waiting[0].text - text
            out.append(Piece(_plain(rest[:size], raw)))
            rest = rest[size:]
            raw = splice(raw, [Edit(*members(raw)["text"], literal(rest))])
            text += size
            while waiting and waiting[0].text <= text and waiting[0].calls <= calls:
                out.append(_piece(waiting.pop(0)))
        out.append(Piece(raw))
        text += len(rest)
        calls += block.kind is Kind.CALL
    return [*out, *map(_piece, waiting)]


def _plain(text: str, like: bytes) -> bytes:
    """A text block of the same format as ``like``, without its marks, which belong to the end."""
    return (b'{"type":"text","text":%b}' if "type" in members(like) else b'{"text":%b}') % literal(text)


def _piece(insert: Insert) -> Piece:
    return Piece(insert.results, results=True) if insert.results else Piece(insert.raw)
