"""Restoring answers that are messages with a list of blocks: Anthropic's, and Gemini's with its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from headroom.exchange import Edit
from headroom.retrieval.hidden.places import Piece, matches, pieces
from headroom.retrieval.hidden.record import Record
from headroom.retrieval.turns import Block
from headroom.retrieval.turns.anthropic import block_of
from headroom.retrieval.turns.gemini import part_of
from headroom.wire.dialect import Slice
from headroom.wire.outline import BRACKET, QUOTE, Span, elements, members


@dataclass(frozen=True, slots=True)
class Format:
    """How a message holds its blocks."""

    key: str
    role: str
    read: Callable[[bytes], Block]
    lone: Literal["keep", "drop"]
    """Whether an answer may be restored whose thinking the client dropped."""


ANTHROPIC: Final = Format("content", "assistant", block_of, "drop")
GEMINI: Final = Format("parts", "model", part_of, "keep")


@dataclass(frozen=True, slots=True)
class _Holder:
    """One message of the run: the bytes around its blocks, and the blocks."""

    head: bytes
    tail: bytes
    blocks: tuple[Block, ...]


def restore(body: bytes, run: Sequence[Slice], after: Slice | None, record: Record, form: Format) -> list[Edit]:
    """Edits that restore the answer in ``run``, which ``after`` follows; none when it is not the recorded one."""
    holders = [_holder(body[message.start : message.end], form) for message in run]
    blocks = [block for holder in holders for block in holder.blocks]
    if not blocks or not matches(record, blocks):
        return []
    edits: list[Edit] = []
    if record.tail:
        place = _first_block(body, after, form)
        if place is None:
            return []  # the client did not answer its calls: ours must not be there either
        edits.append(Edit(place, place, record.tail + b","))
    if record.before:
        edits.append(Edit(run[0].start, run[0].start, record.before + b","))
    if not record.inserts:
        return edits
    placed = pieces(record, blocks, lone=form.lone)
    if placed is None:
        return []
    edits.append(Edit(run[0].start, run[-1].end, _written(placed, holders[0])))
    return edits


def _holder(raw: bytes, form: Format) -> _Holder:
    fields = members(raw)
    span = fields.get(form.key, (0, 0))
    if raw[span[0]] == QUOTE:
        block = b'{"type":"text","text":' + raw[span[0] : span[1]] + b"}"
        return _Holder(raw[: span[0]], raw[span[1] :], (form.read(block),))
    spans: list[Span] = elements(raw, *span) if raw[span[0]] == BRACKET else [span] if span[1] else []
    return _Holder(raw[: span[0]], raw[span[1] :], tuple(form.read(raw[start:end]) for start, end in spans))


def _written(placed: Sequence[Piece], holder: _Holder) -> bytes:
    """The messages, each with the same bytes around its blocks as the client's own."""
    out: list[bytes] = []
    held: list[bytes] = []
    for piece in placed:
        if not piece.results:
            held.append(piece.raw)
            continue
        if held:
            out.append(holder.head + b"[" + b",".join(held) + b"]" + holder.tail)
        out.append(piece.raw)
        held = []
    if held:
        out.append(holder.head + b"[" + b",".join(held) + b"]" + holder.tail)
    return b",".join(out)


def _first_block(body: bytes, after: Slice | None, form: Format) -> int | None:
    """Where the client's results begin, or None when the next message holds none."""
    if after is None:
        return None
    span = members(body, after.start, after.end).get(form.key)
    if span is None or body[span[0]] != BRACKET:
        return None
    raws = elements(body, *span)
    mark = b"tool_use_id" if form is ANTHROPIC else b"esponse"
    if not raws or not any(mark in body[start:end] for start, end in raws):
        return None
    return raws[0][0]
