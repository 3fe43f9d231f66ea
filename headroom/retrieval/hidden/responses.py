"""Restoring Responses answers, whose blocks are items of the input itself."""

from __future__ import annotations

from collections.abc import Sequence

from headroom.exchange import Edit
from headroom.retrieval.hidden.places import matches, pieces
from headroom.retrieval.hidden.record import Record
from headroom.retrieval.turns.openai_responses import item_of
from headroom.wire.dialect import Slice
from headroom.wire.outline import members, string


def restore(body: bytes, run: Sequence[Slice], after: Slice | None, record: Record) -> list[Edit]:
    """Edits that restore the answer in ``run``, which ``after`` follows; none when it is not the recorded one."""
    items = [item_of(body[item.start : item.end]) for item in run]
    if not matches(record, items):
        return []
    edits: list[Edit] = []
    if record.tail:
        if after is None or not _is_output(body, after):
            return []  # the client did not answer its calls: ours must not be there either
        edits.append(Edit(run[-1].end, run[-1].end, b"," + record.tail))
    if record.before:
        edits.append(Edit(run[0].start, run[0].start, record.before + b","))
    if record.inserts:
        placed = pieces(record, items, lone="drop")
        if placed is None:
            return []
        edits.append(Edit(run[0].start, run[-1].end, b",".join(piece.raw for piece in placed)))
    return edits


def answered(outputs: Sequence[Slice], record: Record) -> list[Edit]:
    """The client sends results only, since the provider keeps the answer: ours go beside them."""
    return [Edit(outputs[0].start, outputs[0].start, record.tail + b",")] if record.tail else []


def _is_output(body: bytes, item: Slice) -> bool:
    return (string(body, members(body, item.start, item.end).get("type")) or "").endswith("_output")
