"""The book of hidden rounds: what a turn kept from the client is written down, and put back into its next requests.

The client's transcript holds only what it saw. Without the rest the model would forget what it looked up, signed
thinking would stand out of its order, and the provider's cached prefix would be lost. A turn is found again by the ids
of the client's calls in it, or by its words together with all that the model was told before: what was looked up in one
conversation never gets into another. A client that edits its history finds nothing, and its request stays valid as it is.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec

from headroom.errors import StoreError, Unreadable
from headroom.exchange import Edit, Wire
from headroom.retrieval.hidden import blocks, chat, responses
from headroom.retrieval.hidden.context_digest import ContextDigest
from headroom.retrieval.hidden.keys import are_own, by_calls, by_its_words, keys_of
from headroom.retrieval.hidden.record import Record, record_of
from headroom.retrieval.turn import Past, Remember
from headroom.store.protocol import SpaceLimits, Store
from headroom.wire.dialect import Message, Request, Slice
from headroom.wire.outline import members, string

SPACE = "hidden"
LIMITS = SpaceLimits(max_bytes=128 * 1024 * 1024, idle_seconds=30 * 86_400.0)
"""Idle time: as long as the ledger keeps a conversation."""

_ABSENT_BYTES = 250
_KEY_BYTES = 500
"""What one entry takes in memory; each kind has half of what there is."""
_SPOKEN = frozenset({"assistant", "model"})
_write = msgspec.msgpack.Encoder().encode
_read = msgspec.msgpack.Decoder(Record).decode


class Restored(NamedTuple):
    """What was put back into a request."""

    edits: list[Edit]
    any: bool
    """Whether there was anything to put back."""
    context: ContextDigest
    """What the model was told, for the next request to go on from."""


class Hidden:
    """Hidden rounds in a store. Thread-safe; may wait for the store."""

    def __init__(self, store: Store, *, max_bytes: int = 7 * 1024 * 1024) -> None:
        self._store = store
        self._most_absent = max_bytes // 2 // _ABSENT_BYTES
        self._most_keys = max_bytes // 2 // _KEY_BYTES
        self._lock = threading.Lock()
        self._edition = 0
        self._absent: OrderedDict[str, None] = OrderedDict()
        """Keys known to have no record. An answer is looked up only after it was given, and recorded before."""
        self._keys: OrderedDict[tuple[bytes, ...], str | None] = OrderedDict()
        """Digests of an answer, and of all before it where that tells it from others → its key."""

    @property
    def held(self) -> int:
        """Bytes held, roughly."""
        return _ABSENT_BYTES * len(self._absent) + _KEY_BYTES * len(self._keys)

    @property
    def edition(self) -> int:
        """Another one after each turn that was written down."""
        return self._edition

    def restore(
        self,
        body: bytes,
        request: Request,
        messages: Sequence[Message],
        *,
        now: float,
        since: int = 0,
        context: ContextDigest | None = None,
    ) -> Restored:
        """Edits that put hidden rounds back. ``messages[i]`` is in ``request.messages[i]``.

        Answers that end before message ``since`` are known to have none in this edition; ``context`` is what an earlier
        request came to up to there. Raises ``StoreError``; an answer that can't be restored is left as it is.
        """
        edits: list[Edit] = []
        used: list[str] = []
        if request.wire is Wire.OPENAI_RESPONSES and request.previous_response:
            edits += self._kept_by_provider(body, request, messages, used)
        found = list(_runs(messages, since))
        context = ContextDigest(messages, continued=bool(request.previous_response), known=context if since else None)
        keys = [self._key(body, request, messages, run, context) for run in found]
        records = self._records([key for key in keys if key is not None])
        for run, key in zip(found, keys, strict=True):
            record = records.get(key) if key is not None else None
            if record is None:
                continue
            after = request.messages[run.stop] if run.stop < len(messages) else None
            try:
                new = _restore(body, request.messages[run.start : run.stop], after, record)
            except (Unreadable, ValueError, IndexError):
                continue
            edits += new
            if new and key is not None:
                used.append(key)
        if used:
            with suppress(StoreError):  # a store that is full or read-only still has them
                self._store.touch(SPACE, used, now=now)
        return Restored(edits, bool(records or used), context)

    def recorder(self, body: bytes, *, now: Callable[[], float]) -> Remember:
        """Records a turn. ``body`` is the client's own request, before any edit of ours."""

        async def remember(past: Past) -> None:
            await asyncio.to_thread(self._record, past, body, now())

        return remember

    def _record(self, past: Past, body: bytes, now: float) -> None:
        record = record_of(past)
        if not (record.before or record.inserts):
            return
        written = _write(record)
        for key in keys_of(past, record.text, body):
            self._store.put(SPACE, key, written, now=now)
            with self._lock:
                self._absent.pop(key, None)
        with self._lock:
            self._edition += 1
        for early in past.response_ids[:-1]:
            self._store.put(SPACE, f"r:{early}", past.response_ids[-1].encode(), now=now)

    def _key(
        self, body: bytes, request: Request, messages: Sequence[Message], run: range, context: ContextDigest
    ) -> str | None:
        """Under what an answer would be recorded; worked out once for each answer."""
        made = messages[run.start : run.stop]
        calls = [call for message in made for call in message.calls]
        # Without an id of its own a call is numbered by the wire room; such numbers repeat in every conversation.
        own = are_own([call.id for call in calls]) and not any(call.id.startswith(f"{call.name}#") for call in calls)
        history = b"" if own else context.at(run.start)
        seen = (history, *(message.canonical for message in made))
        with self._lock:
            if seen in self._keys:
                return self._keys[seen]
        key = by_calls([call.id for call in calls]) if own else by_its_words(body, request, messages, run, history)
        with self._lock:
            self._keys[seen] = key
            while len(self._keys) > self._most_keys:
                self._keys.popitem(last=False)
        return key

    def _records(self, keys: Sequence[str]) -> dict[str, Record]:
        with self._lock:
            asked = [key for key in dict.fromkeys(keys) if key not in self._absent]
        if not asked:
            return {}
        rows = self._store.get_many(SPACE, asked)
        with self._lock:
            for key in asked:
                if key not in rows:
                    self._absent[key] = None
            while len(self._absent) > self._most_absent:
                self._absent.popitem(last=False)
        found: dict[str, Record] = {}
        for key, row in rows.items():
            try:
                found[key] = _read(row)
            except msgspec.MsgspecError:  # written by another version: the answer stays as the client sent it
                self._store.delete(SPACE, key)
        return found

    def _kept_by_provider(
        self, body: bytes, request: Request, messages: Sequence[Message], used: list[str]
    ) -> list[Edit]:
        """The provider keeps the earlier turns: name the last of a turn's responses, and answer our calls in it."""
        edits: list[Edit] = []
        span = members(body).get("previous_response_id")
        named = string(body, span)
        if span is not None and named:
            last = self._store.get(SPACE, f"r:{named}")
            if last is not None:
                edits.append(Edit(*span, b'"' + last + b'"'))
                used.append(f"r:{named}")
        outputs = [
            item for item, message in zip(request.messages, messages, strict=True) if message.role.endswith("_output")
        ]
        own = {call.id for message in messages for call in message.calls}
        ids = [
            part.call_id
            for message in messages
            if message.role.endswith("_output")
            for part in message.parts[:1]
            if part.call_id and part.call_id not in own
        ]
        if not outputs or not ids:
            return edits
        key = by_calls(ids)
        record = self._records([key]).get(key)
        if record is not None:
            edits += responses.answered(outputs, record)
            used.append(key)
        return edits


def _restore(body: bytes, run: Sequence[Slice], after: Slice | None, record: Record) -> list[Edit]:
    match Wire(record.wire):
        case Wire.ANTHROPIC:
            return blocks.restore(body, run, after, record, blocks.ANTHROPIC)
        case Wire.GEMINI:
            return blocks.restore(body, run, after, record, blocks.GEMINI)
        case Wire.OPENAI_CHAT:
            return chat.restore(body, run, after, record)
        case Wire.OPENAI_RESPONSES:
            return responses.restore(body, run, after, record)


def _spoken(message: Message) -> bool:
    return message.role in _SPOKEN or bool(message.calls) or message.role == "reasoning"


def _runs(messages: Sequence[Message], since: int = 0) -> Iterator[range]:
    """The model's answers that go on at ``since`` or start behind it: neighbouring messages that it made."""
    while since and _spoken(messages[since - 1]):
        since -= 1
    start: int | None = None
    for index in range(since, len(messages)):
        spoken = _spoken(messages[index])
        if spoken and start is None:
            start = index
        elif not spoken and start is not None:
            yield range(start, index)
            start = None
    if start is not None:
        yield range(start, len(messages))
