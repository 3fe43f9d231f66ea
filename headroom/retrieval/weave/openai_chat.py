"""Chat streams: entries of ``tool_calls`` are taken out and renumbered; the finish, usage and ``[DONE]`` held back."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec

from headroom.errors import Unreadable
from headroom.exchange import Edit
from headroom.retrieval.tool import is_retrieve
from headroom.retrieval.turns.openai_chat import call_of
from headroom.retrieval.turns.parts import Block, Kind, Round
from headroom.retrieval.turns.splicing import object_at
from headroom.retrieval.turns.usage import dump, parse
from headroom.retrieval.weave.growing import grow, grow_call
from headroom.retrieval.weave.weaver import MAX_KEPT, one_line, with_data
from headroom.wire.body import literal, splice
from headroom.wire.outline import Span, elements, is_given, members
from headroom.wire.sse import data_of


class _Function(msgspec.Struct):
    name: str | None = None


class _Call(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    tool_calls: list[_Call] | None = None


class _Choice(msgspec.Struct):
    index: int = 0
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []
    usage: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


_read = msgspec.json.Decoder(_Chunk).decode
_SPOKEN = ("content", "refusal", "reasoning_content", "reasoning", "reasoning_details", "audio")
_CALL_ENDS = {"tool_calls", "function_call", "stop"}


class OpenAIChatWeaver:
    """One turn of a Chat Completions stream."""

    response_ids: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.ended = False
        self._first = True
        self._withheld = False
        self._identity: dict[str, bytes] = {}
        """The first round's ``id``, ``created`` and ``model``: the client sees one answer."""
        self._shown = 0
        self._calls: dict[int, tuple[str, int | None]] = {}
        """Index in this round → id, and the index the client sees (None: withheld)."""
        self._kept: list[bytes] = []
        self._size = 0
        self._held: list[bytes] = []
        self._usage: dict[str, object] = {}
        self._finish = ""

    @property
    def complete(self) -> bool:
        """Whether the answer is whole."""
        return self.ended or bool(self._finish)

    @property
    def woven(self) -> bool:
        """Whether anything was withheld so far."""
        return self._withheld or not self._first

    def feed(self, event: bytes) -> bytes:
        """Take one event."""
        data = data_of(event)
        if data.strip() == b"[DONE]":
            self.ended = True
            return self._hold(event)
        try:
            chunk = _read(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return event  # a comment, or nothing that we know
        if not chunk.choices and bytes(chunk.error) != b"null":
            return event
        self._size += len(data)
        if self._size <= MAX_KEPT:
            self._kept.append(data)
        if usage := parse(bytes(chunk.usage)):
            self._usage = usage
        choice = chunk.choices[0] if chunk.choices else None
        entries = (choice.delta.tool_calls if choice and choice.delta else None) or []
        places = [self._place(entry) for entry in entries]
        if choice is not None and choice.finish_reason:
            self._finish = choice.finish_reason
        if not self.woven:
            if not self._identity:
                self._identity = _identity(data)
            return event
        closing = bool(self._finish) or (choice is None and bool(self._usage))
        return self._rewritten(event, one_line(data), entries, places, closing=closing)

    def finish(self) -> Round:
        """This round's message."""
        message, calls = self._message()
        blocks: list[Block] = []
        if text := message.get("content"):
            blocks.append(Block(Kind.TEXT, b"", str(text)))
        blocks += calls
        return Round(tuple(blocks), dump(message), wants_tools=self._finish in _CALL_ENDS, usage=dict(self._usage))

    def go_on(self) -> bytes:
        """Another round follows. Words in a chunk that also closed the round are shown now."""
        spoken = b"".join(self._spoken(event) for event in self._held)
        self._first = False
        self._withheld = self.ended = False
        self._calls = {}
        self._kept, self._size = [], 0
        self._held = []
        self._usage, self._finish = {}, ""
        return spoken

    def release(self, usage: Mapping[str, object] | None, *, stop: bool, words: str = "") -> bytes:
        """The finish, the usage and ``[DONE]``."""
        out = self._said(words) if words else b""
        out += b"".join(self._closing(event, usage, stop=stop) for event in self._held)
        self._held = []
        return out

    def _said(self, words: str) -> bytes:
        """A chunk of our own."""
        named = b"".join(literal(key) + b":" + value + b"," for key, value in self._identity.items())
        return (
            b'data: {%b"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":%b},"finish_reason":null}]}'
            b"\n\n" % (named, literal(words))
        )

    def ping(self) -> bytes:
        """A comment, as gateways send them; readers of event streams skip it."""
        return b": waiting\n\n"

    def _hold(self, event: bytes) -> bytes:
        if not self.woven:
            return event
        self._held.append(event)
        return b""

    def _place(self, entry: _Call) -> int | None:
        """Where a piece of a call goes. Servers that give no index, or the same to all, start a call by naming it."""
        name = entry.function.name if entry.function else None
        index = entry.index if entry.index is not None else max(self._calls, default=0)
        known = self._calls.get(index)
        if name and (known is None or (entry.id and entry.id != known[0])):
            place: int | None = None
            if is_retrieve(name):
                self._withheld = True
            else:
                place = self._shown
                self._shown += 1
            self._calls[index] = (entry.id or "", place)
            return place
        return known[1] if known is not None else index

    def _rewritten(
        self, event: bytes, data: bytes, entries: list[_Call], places: list[int | None], *, closing: bool
    ) -> bytes:
        """The chunk as part of one answer, or nothing when only our calls were in it."""
        fields = members(data)
        edits = [
            Edit(*span, self._identity[key])
            for key, span in fields.items()
            if key in self._identity and data[span[0] : span[1]] != self._identity[key]
        ]
        if not closing and "usage" in fields:  # a running count, of this round only
            edits.append(Edit(*fields["usage"], b"null"))
        delta = _delta(data, fields)
        gone: set[str] = set()
        if delta is not None:
            inner = members(data, *delta)
            edits += _call_edits(data, inner, entries, places)
            if entries and all(place is None for place in places):
                gone.add("tool_calls")
            if not self._first and "role" in inner:
                gone.add("role")  # readers append what they get twice
            if gone:
                edits = [e for e in edits if not (delta[0] <= e.start < delta[1])]
                left = {key: span for key, span in inner.items() if key not in gone}
                if not closing and not any(_says(data, span) for span in left.values()):
                    return b""
                pieces = (json.dumps(key).encode() + b":" + data[s:e] for key, (s, e) in left.items())
                edits.append(Edit(*delta, b"{" + b",".join(pieces) + b"}"))
        event = with_data(event, splice(data, edits)) if edits else event
        return self._hold(event) if closing else event

    def _closing(self, event: bytes, usage: Mapping[str, object] | None, *, stop: bool) -> bytes:
        data = one_line(data_of(event))
        if data.strip() == b"[DONE]":
            return event
        fields = members(data)
        edits: list[Edit] = []
        told = fields.get("usage")
        if usage is not None and told is not None and is_given(data, told):
            edits.append(Edit(*told, dump(usage)))
        choice = _choice(data, fields)
        reason = choice.get("finish_reason")
        if stop and reason is not None and self._finish in {"tool_calls", "function_call"} and is_given(data, reason):
            edits.append(Edit(*reason, b'"stop"'))
        return with_data(event, splice(data, edits)) if edits else event

    def _spoken(self, event: bytes) -> bytes:
        """A closing chunk reduced to its words; empty when it has none."""
        data = one_line(data_of(event))
        if data.strip() == b"[DONE]":
            return b""
        fields = members(data)
        delta = _delta(data, fields)
        inner = members(data, *delta) if delta is not None else {}
        if not any(key in _SPOKEN and _says(data, span) for key, span in inner.items()):
            return b""
        edits = [Edit(*span, b"null") for key, span in _choice(data, fields).items() if key == "finish_reason"]
        edits += [Edit(*span, b"null") for key, span in fields.items() if key == "usage"]
        return with_data(event, splice(data, edits))

    def _message(self) -> tuple[dict[str, object], list[Block]]:
        """The message, put together from its deltas."""
        if self._size > MAX_KEPT:
            raise Unreadable("too_large")
        message: dict[str, object] = {"role": "assistant", "content": None}
        calls: list[dict[str, object]] = []
        slots: dict[int, int] = {}
        for data in self._kept:
            choices = parse(data).get("choices")
            delta = choices[0].get("delta") if isinstance(choices, list) and choices else None
            if not isinstance(delta, dict):
                continue
            for key, value in delta.items():
                if key == "tool_calls":
                    for entry in value or []:
                        grow_call(calls, slots, entry)
                elif key != "role":
                    grow(message, key, value)
        if calls:
            message["tool_calls"] = calls
        return message, [call_of(dump(call)) for call in calls]


def _identity(data: bytes) -> dict[str, bytes]:
    fields = members(data)
    return {key: data[fields[key][0] : fields[key][1]] for key in ("id", "created", "model") if key in fields}


def _choice(data: bytes, fields: Mapping[str, Span]) -> dict[str, Span]:
    span = fields.get("choices")
    spans = elements(data, *span) if span is not None and data[span[0] : span[0] + 1] == b"[" else []
    return object_at(data, spans[0]) if spans else {}


def _delta(data: bytes, fields: Mapping[str, Span]) -> Span | None:
    span = _choice(data, fields).get("delta")
    return span if span is not None and data[span[0] : span[0] + 1] == b"{" else None


def _call_edits(data: bytes, inner: Mapping[str, Span], entries: list[_Call], places: list[int | None]) -> list[Edit]:
    """Take our entries out of ``tool_calls`` and renumber the others."""
    if not entries:
        return []
    array = inner["tool_calls"]
    spans = elements(data, *array)
    if all(place == entry.index for entry, place in zip(entries, places, strict=True)):
        return []
    kept: list[bytes] = []
    for (start, end), place in zip(spans, places, strict=True):
        if place is None:
            continue
        index = members(data, start, end).get("index")
        raw = data[start:end]
        kept.append(raw if index is None else splice(raw, [Edit(index[0] - start, index[1] - start, b"%d" % place)]))
    return [Edit(*array, b"[" + b",".join(kept) + b"]")]


def _says(data: bytes, span: Span) -> bool:
    return data[span[0] : span[1]] not in {b"null", b'""', b"[]", b"{}"}
