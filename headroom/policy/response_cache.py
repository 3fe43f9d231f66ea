"""The response cache: the same question of the same caller, answered from the store. Small, exact, and fails open."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from headroom.errors import StoreError
from headroom.exchange import Wire
from headroom.policy import cacheable
from headroom.policy.cache_key import Origin, cache_key, parse
from headroom.store import SpaceLimits, Store
from headroom.wire.sse import EventSplitter

SPACE = "responses"

MAX_BYTES = 64 * 1024 * 1024

KEPT_HEADERS = ("content-type", "request-id", "x-request-id")
"""Response headers worth replaying; never cookies, rate limits or dates."""


class CachedAnswer(msgspec.Struct, frozen=True, array_like=True):
    """One kept answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """As the client got it: JSON, or the bytes of the event stream."""
    stream: bool
    stored: float
    """Seconds since the epoch."""

    def events(self) -> list[bytes]:
        """A stream's events with their original bounds; joined they are ``body``."""
        splitter = EventSplitter()
        return [event for event in (*splitter.feed(self.body), splitter.tail()) if event]


@dataclass(frozen=True, slots=True)
class Question:
    """A request that may be answered from the cache, and whose answer may be kept."""

    key: str
    wire: Wire
    stream: bool
    shareable: bool
    """Identical requests at the same time may share one call: not streamed, temperature 0."""

    @property
    def name(self) -> str:
        """Entry name: an answer is replayed only in the wire form in which it came."""
        return f"{self.key}:{'sse' if self.stream else 'json'}"


class Recorder:
    """Collects a streamed answer beside its way to the client, up to the largest that may be kept."""

    def __init__(self) -> None:
        self._body = bytearray()
        self._over = False

    def feed(self, chunk: bytes) -> None:
        """Take bytes as they are sent to the client."""
        if self._over:
            return
        self._body += chunk
        if len(self._body) > cacheable.MAX_RESPONSE:
            self._over = True
            self._body.clear()

    @property
    def body(self) -> bytes | None:
        """Everything fed, or None when it is too large to be kept."""
        return None if self._over else bytes(self._body)


class ResponseCache:
    """Looks up and keeps answers. With a remote store its calls may wait: make them in a thread."""

    def __init__(
        self,
        store: Store,
        *,
        ttl: float = 3600.0,
        max_entries: int = 1000,
        max_bytes: int = MAX_BYTES,
        any_temperature: bool = False,
    ) -> None:
        """``any_temperature`` is the operator's wish to cache answers above temperature 0 too (``--cache-any``)."""
        store.configure({SPACE: SpaceLimits(max_bytes=max_bytes, max_entries=max_entries)})
        self._store = store
        self._ttl = ttl
        self._any_temperature = any_temperature
        self.hits = 0
        self.misses = 0

    def question(
        self,
        wire: Wire,
        body: bytes,
        headers: Mapping[str, str],
        origin: Origin,
        *,
        stream: bool,
        options: bytes | None = None,
    ) -> Question | None:
        """What to look up, or None for a request that the cache must leave alone.

        ``body`` is the client's own; ``options`` is it without its messages, where the caller knows where they lie.
        """
        named = self._any_temperature or b'"temperature"' in (body if options is None else options)
        if cacheable.opted_out(headers) or not named:
            return None  # most agent traffic ends here, without its body being parsed
        parsed = parse(body)
        if parsed is None:
            return None
        refused = cacheable.request_refused(wire, parsed, headers, any_temperature=self._any_temperature)
        if refused is not None:
            return None
        cold = cacheable.request_refused(wire, parsed, headers, any_temperature=False) is None
        try:
            key = cache_key(parsed, origin)
        except RecursionError:
            return None
        return Question(key, wire, stream, shareable=cold and not stream)

    def lookup(self, question: Question, *, now: float) -> CachedAnswer | None:
        """The kept answer, or None; a store that fails is a miss."""
        try:
            found = self._store.get(SPACE, question.name)
            if found is not None:
                answer = msgspec.msgpack.decode(found, type=CachedAnswer)
                with suppress(StoreError):  # it is there, even if its use can't be noted
                    self._store.touch(SPACE, [question.name], now=now)
                self.hits += 1
                return answer
        except (StoreError, msgspec.MsgspecError):
            pass  # counted as a miss, and asked upstream
        self.misses += 1
        return None

    def keep(
        self,
        question: Question,
        *,
        status: int,
        headers: Mapping[str, str],
        body: bytes | None,
        complete: bool,
        now: float,
    ) -> CachedAnswer | None:
        """Keep an answer if it is fit to be; returns it as it will be replayed. ``body`` is without content encoding."""
        if body is None or cacheable.opted_out(headers):
            return None
        if cacheable.answer_refused(question.wire, status, body, stream=question.stream, complete=complete):
            return None
        kept = tuple((name, headers[name]) for name in KEPT_HEADERS if name in headers)
        answer = CachedAnswer(status, kept, body, question.stream, now)
        try:
            self._store.put(SPACE, question.name, msgspec.msgpack.encode(answer), now=now, ttl=self._ttl)
        except StoreError:
            return None
        return answer

    def clear(self) -> int:
        """Forget everything; how many answers there were. Raises ``StoreError``."""
        return self._store.clear(SPACE)

    def entries(self) -> int:
        """How many answers are kept. Raises ``StoreError``."""
        return self._store.usage(SPACE).entries
