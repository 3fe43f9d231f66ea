"""Restoring Chat Completions answers, which hold their words as one string and their calls in a list."""

from __future__ import annotations

from collections.abc import Sequence

from headroom.exchange import Edit
from headroom.retrieval.hidden.record import Record
from headroom.retrieval.turns.splicing import object_at
from headroom.wire.body import literal, text_of
from headroom.wire.dialect import Slice
from headroom.wire.outline import BRACKET, QUOTE, Span, elements, elements_at, members, string


def restore(body: bytes, run: Sequence[Slice], after: Slice | None, record: Record) -> list[Edit]:
    """Edits that restore the answer in ``run``, which ``after`` follows; none when it is not the recorded one."""
    message = run[0]
    if len(run) != 1:
        return []
    fields = members(body, message.start, message.end)
    words = _words(body, fields.get("content"))
    array = fields.get("tool_calls")
    calls = elements_at(body, array)
    ids = tuple(string(body, object_at(body, call).get("id")) or "" for call in calls)
    said = text_of(body[words[0] : words[1]]) if words is not None else ""
    if (said != record.text and said != record.text.rstrip()) or ids != record.calls:
        return []
    edits: list[Edit] = []
    if record.tail:
        if after is None or string(body, members(body, after.start, after.end).get("role")) != "tool":
            return []  # the client did not answer its calls: ours must not be there either
        edits.append(Edit(message.end, message.end, b"," + record.tail))
    if record.before:
        edits.append(Edit(message.start, message.start, record.before + b","))
    if record.cut and words is not None:
        rest = said[record.cut :]
        edits.append(Edit(*words, literal(rest) if rest or not calls else b'""'))
    for insert in record.inserts:
        place = min(insert.calls, len(calls))
        if place < len(calls):
            edits.append(Edit(calls[place][0], calls[place][0], insert.raw + b","))
        else:
            edits.append(Edit(calls[-1][1], calls[-1][1], b"," + insert.raw))
    return edits


def _words(body: bytes, content: Span | None) -> Span | None:
    """The literal of the answer's words: a string, or the only text in a list of parts."""
    if content is None:
        return None
    if body[content[0]] == QUOTE:
        return content
    if body[content[0]] != BRACKET:
        return None
    spans = [object_at(body, part).get("text") for part in elements(body, *content)]
    return spans[0] if len(spans) == 1 else None
