"""Responses streams: our items' events are taken out, the rest renumbered, the closing event held back and rebuilt."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from headroom.exchange import Edit
from headroom.retrieval.tool import is_retrieve
from headroom.retrieval.turns.openai_responses import item_of, message_of, output_text, spoken
from headroom.retrieval.turns.parts import Block, Kind, Round
from headroom.retrieval.turns.splicing import object_at
from headroom.retrieval.turns.usage import dump, parse
from headroom.retrieval.weave.weaver import one_line, with_data
from headroom.wire.body import literal, splice
from headroom.wire.outline import BRACKET, elements, is_given, members, string
from headroom.wire.sse import data_of


class _Item(msgspec.Struct):
    type: str = ""
    name: str | None = None


class _Event(msgspec.Struct):
    type: str = ""
    output_index: int | None = None
    sequence_number: int | None = None
    item: _Item | None = None


_read = msgspec.json.Decoder(_Event).decode
_OPENINGS = {"response.created", "response.queued", "response.in_progress"}
_ENDS = {"response.completed", "response.incomplete", "response.failed"}


class OpenAIResponsesWeaver:
    """One turn of a Responses stream."""

    def __init__(self) -> None:
        self.ended = False
        self._first = True
        self._withheld = False
        self._next = 0
        """Next sequence number, counted by us once something was withheld."""
        self._shown = 0
        self._places: dict[int, int | None] = {}
        self._before: list[bytes] = []
        """Visible items of earlier rounds, as they belong into the closing event."""
        self._behind: list[bytes] = []
        """Items of our own."""
        self._items: dict[int, bytes] = {}
        self._held: list[bytes] = []
        self._end = ""
        self._usage: dict[str, object] = {}
        self.response_ids: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the answer is whole."""
        return self.ended

    @property
    def woven(self) -> bool:
        """Whether anything was withheld so far."""
        return self._withheld or not self._first

    def feed(self, event: bytes) -> bytes:
        """Take one event."""
        data = data_of(event)
        try:
            seen = _read(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return event  # a comment, or nothing that we know
        if seen.type in _OPENINGS:
            if seen.type == "response.created":
                self._note_id(data)
            if not self._first:
                return b""
            self._count(seen)
            return event
        if seen.type in _ENDS:
            self.ended = True
            self._end = seen.type
            self._note_end(data)
            if self.woven:
                self._held.append(event)
                return b""
            return event
        place = self._place(seen, data)
        if place is None and seen.output_index is not None:
            return b""
        if not self.woven:
            self._count(seen)
            return event
        return self._renumbered(event, one_line(data), place)

    def finish(self) -> Round:
        """This round's items."""
        blocks = self._blocks()
        return Round(blocks, message_of(blocks), wants_tools=self._end == "response.completed", usage=dict(self._usage))

    def go_on(self) -> bytes:
        """Another round follows."""
        self._before += [block.raw for block in self._blocks() if block.kind is not Kind.RETRIEVE]
        self._first = False
        self._withheld = self.ended = False
        self._places, self._items = {}, {}
        self._held = []
        self._end, self._usage = "", {}
        return b""

    def release(self, usage: Mapping[str, object] | None, *, stop: bool, words: str = "") -> bytes:
        """The closing event, with the visible items of all rounds."""
        del stop  # the status says nothing of calls
        out = self._said(words) if words else b""
        out += b"".join(self._closing(event, usage) for event in self._held)
        self._held = []
        return out

    def _said(self, words: str) -> bytes:
        """An item of our own, from its opening to its end."""
        item = spoken(words, repr((self.response_ids, self._next)).encode())
        self._behind.append(item)
        place, self._shown = self._shown, self._shown + 1
        opened = splice(
            item, [Edit(*members(item)["content"], b"[]"), Edit(*members(item)["status"], b'"in_progress"')]
        )
        part = b'"item_id":%b,"content_index":0' % item[slice(*members(item)["id"])]
        text = literal(words)
        out: list[bytes] = []
        for name, more in (
            (b"output_item.added", b'"item":' + opened),
            (b"content_part.added", part + b',"part":' + output_text("")),
            (b"output_text.delta", part + b',"delta":%b,"logprobs":[]' % text),
            (b"output_text.done", part + b',"text":%b,"logprobs":[]' % text),
            (b"content_part.done", part + b',"part":' + output_text(words)),
            (b"output_item.done", b'"item":' + item),
        ):
            out.append(
                b'event: response.%b\ndata: {"type":"response.%b","sequence_number":%d,"output_index":%d,%b}\n\n'
                % (name, name, self._next, place, more)
            )
            self._next += 1
        return b"".join(out)

    def ping(self) -> bytes:
        """A comment; readers of event streams skip it."""
        return b": waiting\n\n"

    def _count(self, seen: _Event) -> None:
        """An event passed with its own number."""
        self._next = max(self._next, (seen.sequence_number or 0) + 1)

    def _place(self, seen: _Event, data: bytes) -> int | None:
        """Where an event's item goes in the client's view; None for an item of ours, or an event without one."""
        index = seen.output_index
        if index is None:
            return None
        if seen.type == "response.output_item.added" and seen.item is not None and index not in self._places:
            if seen.item.type == "function_call" and is_retrieve(seen.item.name or ""):
                self._places[index] = None
                self._withheld = True
            else:
                self._places[index] = self._shown
                self._shown += 1
        if seen.type == "response.output_item.done":
            start, end = members(data).get("item", (0, 0))
            self._items[index] = data[start:end] or b"{}"
        return self._places.get(index, index)

    def _renumbered(self, event: bytes, data: bytes, place: int | None) -> bytes:
        fields = members(data)
        edits: list[Edit] = []
        if place is not None and "output_index" in fields:
            edits.append(Edit(*fields["output_index"], b"%d" % place))
        if "sequence_number" in fields:
            edits.append(Edit(*fields["sequence_number"], b"%d" % self._next))
            self._next += 1
        data = splice(data, edits)
        return with_data(event, data) if edits else event

    def _blocks(self) -> tuple[Block, ...]:
        return tuple(item_of(self._items[index]) for index in sorted(self._items))

    def _closing(self, event: bytes, usage: Mapping[str, object] | None) -> bytes:
        data = one_line(data_of(event))
        fields = members(data)
        response = object_at(data, fields.get("response"))
        edits: list[Edit] = []
        if len(self.response_ids) > 1 and "id" in response:
            # Readers insist that a stream ends with the response it began with; `hidden` knows the true last one.
            edits.append(Edit(*response["id"], literal(self.response_ids[0])))
        if "output" in response and data[response["output"][0]] == BRACKET:
            spans = elements(data, *response["output"])
            own = [data[s:e] for s, e in spans if item_of(data[s:e]).kind is not Kind.RETRIEVE]
            edits.append(Edit(*response["output"], b"[" + b",".join([*self._before, *own, *self._behind]) + b"]"))
        if usage is not None and "usage" in response and is_given(data, response["usage"]):
            edits.append(Edit(*response["usage"], dump(usage)))
        if "sequence_number" in fields:
            edits.append(Edit(*fields["sequence_number"], b"%d" % self._next))
            self._next += 1
        return with_data(event, splice(data, edits))

    def _note_id(self, data: bytes) -> None:
        made = string(data, object_at(data, members(data).get("response")).get("id"))
        if made and made not in self.response_ids:
            self.response_ids += (made,)

    def _note_end(self, data: bytes) -> None:
        span = object_at(data, members(data).get("response")).get("usage")
        if span is not None:
            self._usage = parse(data[span[0] : span[1]])
        if not self._items:  # some servers send the items only here
            output = object_at(data, members(data).get("response")).get("output")
            if output is not None and data[output[0]] == BRACKET:
                self._items = {i: data[s:e] for i, (s, e) in enumerate(elements(data, *output))}
