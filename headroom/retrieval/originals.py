"""What was left out of requests, kept so that it can be asked for again.

A hash is a keyed BLAKE2b of the text, so it is the same in every worker and after a restart, and nobody else can guess
or probe it. A text is written before the marker that names it is sent. Every request that carries a marker refreshes
its original, so the time to live counts from the last time it was seen in traffic.
"""

from __future__ import annotations

import logging
import re
import struct
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Literal

import msgspec
import zstandard

from headroom.compress.envelope import CARRIED, as_read
from headroom.errors import StoreError
from headroom.store.protocol import SpaceLimits, Store

log = logging.getLogger("headroom.pipeline")

SPACE = "originals"
MADE_SPACE = "originals_made"
"""When each original was made: tells an expired one from one that never was."""

ACTIVE_SECONDS = 86_400.0
"""An original seen within this time is never evicted to make room: its conversation may go on (compression.md 3.2)."""

_HASH = re.compile(r"[0-9a-f]{24}")
_MADE = struct.Struct("<d")
_CONFIRM_SECONDS = 60.0
"""How long the presence of an original is believed before the store is asked again, and told again of its use."""
_CONFIRM_PART = 10
"""At most this part of the time to live, so that none runs out in the meantime."""
_KNOWN_BYTES = 300
"""What it takes to remember one hash."""
_AT_ONCE = 500
"""Texts of one write."""
_RECENT = 50
_SHARE = 4
"""No original may take more than this part of the whole space."""
_SCOPES = 64


@dataclass(frozen=True, slots=True)
class About:
    """What is kept beside a text."""

    kind: str = ""
    tool: str = ""
    arguments: str = ""
    """The producing call's arguments, cut to a bound, to say how to get the content anew."""
    tokens: int = 0
    shown_tokens: int = 0
    """Tokens of the rendition that stands for it."""
    shown_items: int = 0
    """Lines or rows of the rendition."""
    project: str | None = None
    carried: bool = False
    """It is JSON that carries texts, and markers count in it as `envelope.open_strings` spells it out."""


@dataclass(frozen=True, slots=True)
class Original:
    """A text as it was before compression."""

    hash: str
    text: str
    about: About
    made: float

    @property
    def as_read(self) -> str:
        """The text in which markers count."""
        return as_read(self.text, CARRIED) if self.about.carried else self.text


@dataclass(frozen=True, slots=True)
class Miss:
    """No such original."""

    why: Literal["unknown", "expired", "malformed"]
    age: float | None = None
    """Seconds since an expired one was made."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """One successful look-up, for the statistics."""

    hash: str
    query: str
    shown: int
    total: int
    """Lines, rows or characters of the whole, in the unit of ``shown``."""
    tool: str
    type: str
    """``full``, ``range``, ``pattern`` or ``outline``."""
    wall: float
    kind: str = ""
    """Content kind."""
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """Counters since this process started; entries, bytes and evictions as the store knows them."""

    entries: int
    bytes: int
    evictions: int
    hits: int
    misses: int
    expired: int
    retrievals: int
    original_tokens: int
    shown_tokens: int
    backend: str
    ttl: float
    recent: tuple[Retrieval, ...]


class _Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    packed: bytes
    size: int
    kind: str
    tool: str
    arguments: str
    tokens: int
    shown_tokens: int
    shown_items: int
    made: float
    projects: tuple[str, ...] = ()
    carried: bool = False


_write_row = msgspec.msgpack.Encoder().encode
_read_row = msgspec.msgpack.Decoder(_Row).decode


def limits(max_bytes: int, ttl: float) -> Mapping[str, SpaceLimits]:
    """Bounds of our spaces, for ``Store.configure``."""
    return {
        SPACE: SpaceLimits(max_bytes=max_bytes, idle_seconds=ttl, protect_seconds=min(ttl, ACTIVE_SECONDS)),
        MADE_SPACE: SpaceLimits(max_bytes=8 * 1024 * 1024, idle_seconds=4 * ttl),
    }


def normalise(given: str) -> str | None:
    """A hash as it is stored, or None when it can't be one. Takes capitals and what models put around it."""
    plain = given.strip().strip("\"'`()[];,").lower().removeprefix("hash=").removeprefix("hr:").strip("\"'`")
    return plain if _HASH.fullmatch(plain) else None


class Originals:
    """The texts in a store. Thread-safe. May wait for the store: call it from a thread when ``store.remote``."""

    def __init__(
        self,
        store: Store,
        *,
        key: bytes,
        ttl: float,
        max_bytes: int,
        now: float,
        memory: int = 4 * 1024 * 1024,
    ) -> None:
        self._store = store
        self._most_known = memory // _KNOWN_BYTES
        self._key = key
        self._ttl = ttl
        self._most = max_bytes // _SHARE
        self._started = now
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()  # hash → (last seen, last confirmed)
        self._recent: deque[Retrieval] = deque(maxlen=_RECENT)
        self._times: OrderedDict[str, int] = OrderedDict()
        self.listeners: list[Callable[[Retrieval], None]] = []
        """Told each retrieval, in the thread that answers it; they must not raise."""
        self._hits = self._misses = self._expired = self._retrievals = 0
        self._tokens = self._shown_tokens = 0

    @property
    def held(self) -> int:
        """Bytes of memory held, roughly."""
        return _KNOWN_BYTES * (len(self._known) + len(self._times))

    @property
    def ttl(self) -> float:
        """Seconds an original is kept after it was last seen in traffic."""
        return self._ttl

    def hash(self, text: str) -> str:
        """24 hex digits that name a text."""
        return blake2b(text.encode("utf-8", "surrogatepass"), key=self._key, digest_size=12).hexdigest()

    def keep(self, text: str, about: About, *, now: float, handle: str | None = None) -> str:
        """Store a text and return its hash; on return a marker may name it.

        ``handle`` keeps it under the hash of an earlier marker, which differs only after the key was lost. Raises
        ``StoreError`` when there can be no promise; then nothing lossy may be sent.
        """
        name = handle or self.hash(text)
        refused = self._keep({name: (text, about)}, now)
        if refused:
            raise StoreError(refused[name])
        return name

    def keep_all(self, texts: Sequence[tuple[str, About]], *, now: float) -> list[str | None]:
        """Store many texts in few writes; their hashes, or None for those that there can be no promise of."""
        names = [self.hash(text) for text, _ in texts]
        kept: set[str] = set()
        for start in range(0, len(texts), _AT_ONCE):
            some = dict(zip(names[start : start + _AT_ONCE], texts[start : start + _AT_ONCE], strict=True))
            try:
                refused = self._keep(some, now)
            except StoreError as error:
                log.warning("originals: %s", error)
                continue
            kept |= some.keys() - refused.keys()
        return [name if name in kept else None for name in names]

    def _keep(self, texts: Mapping[str, tuple[str, About]], now: float) -> dict[str, str]:
        """Store texts in one write; which were refused, and why. Raises ``StoreError`` when the store took none."""
        refused: dict[str, str] = {}
        rows: dict[str, _Row] = {}
        compress = zstandard.ZstdCompressor(level=3).compress
        for name, (text, about) in texts.items():
            content = text.encode("utf-8", "surrogatepass")
            packed = compress(content)
            if len(packed) > self._most:
                refused[name] = f"an original of {len(packed):,} bytes is too large to keep; it is sent uncompressed"
                continue
            rows[name] = _Row(
                packed,
                len(content),
                about.kind,
                about.tool,
                about.arguments[:2000],
                about.tokens,
                about.shown_tokens,
                about.shown_items,
                now,
                (about.project,) if about.project else (),
                about.carried,
            )
        if not rows:
            return refused
        self._store.touch(SPACE, rows, now=now)  # those that stand already must not be swept away as idle
        standing = self._store.put_once_many(SPACE, {name: _write_row(row) for name, row in rows.items()}, now=now)
        wider: dict[str, bytes] = {}
        for name, row in rows.items():
            there = _read_row(standing[name])
            if there.packed != row.packed and self._unpack(there) != texts[name][0]:
                refused[name] = f"the hash {name} names another text already; this one is sent uncompressed"
            elif row.projects and there.projects and row.projects[0] not in there.projects:
                wider[name] = _write_row(
                    msgspec.structs.replace(there, projects=(*there.projects, *row.projects)[-_SCOPES:])
                )
            elif not row.projects and there.projects:  # seen outside of any project: open to all
                wider[name] = _write_row(msgspec.structs.replace(there, projects=()))
        if wider:
            self._store.put_many(SPACE, wider, now=now)
        kept = [name for name in rows if name not in refused]
        if not kept:
            return refused
        self._store.put_once_many(MADE_SPACE, dict.fromkeys(kept, _MADE.pack(now)), now=now)
        for name in kept:
            with self._lock:
                if name not in self._known:
                    self._tokens += texts[name][1].tokens
                    self._shown_tokens += texts[name][1].shown_tokens
            self._note(name, now)
        return refused

    def touch(self, hashes: Iterable[str], *, now: float) -> frozenset[str]:
        """Refresh the originals that a request's markers name; return those that are gone.

        For one that is gone the caller keeps the text again (it has it: the client sends it in full) or takes the
        marker out. Raises ``StoreError``.
        """
        unsure = self._unsure(hashes, now)
        if not unsure:
            return frozenset()
        # Expired ones count as gone although their row may still lie there: keeping them again revives them.
        there = self._store.get_many(SPACE, unsure)
        gone = frozenset(n for n in unsure if n not in there or self._is_old(n, _read_row(there[n]).made, now))
        stay = [n for n in unsure if n not in gone]
        for name in stay:
            self._note(name, now)
        if stay:
            self._store.touch(SPACE, stay, now=now)
        return gone

    def settled(self, hashes: Iterable[str], *, now: float) -> bool:
        """Note that these were seen; whether ``touch`` then has nothing left to do. Asks no store."""
        return not self._unsure(hashes, now)

    def _unsure(self, hashes: Iterable[str], now: float) -> list[str]:
        """Note that these were seen, and return those not confirmed lately, each once."""
        late = now - min(_CONFIRM_SECONDS, self._ttl / _CONFIRM_PART)
        unsure = []
        with self._lock:
            for name in dict.fromkeys(hashes):
                seen, confirmed = self._known.get(name, (0.0, float("-inf")))
                if confirmed < late:
                    unsure.append(name)
                else:
                    self._known[name] = (max(now, seen), confirmed)
                    self._known.move_to_end(name)
        return unsure

    def get(self, given: str, *, now: float, project: str | None = None) -> Original | Miss:
        """Look up a hash. Anything that is not 24 hex digits is a miss. Raises ``StoreError``.

        A caller of another project than those the text was seen in gets a miss.
        """
        name = normalise(given)
        if name is None:
            self._count(misses=1)
            return Miss("malformed")
        packed = self._store.get(SPACE, name)
        row = _read_row(packed) if packed is not None else None
        if row is not None and project is not None and row.projects and project not in row.projects:
            self._count(misses=1)
            return Miss("unknown")
        if row is None or self._is_old(name, row.made, now):
            return self._missed(name, row, now)
        self._note(name, now)
        self._store.touch(SPACE, [name], now=now)
        self._count(hits=1)
        about = About(
            row.kind, row.tool, row.arguments, row.tokens, row.shown_tokens, row.shown_items, project, row.carried
        )
        return Original(name, self._unpack(row), about, row.made)

    def retrieved(self, retrieval: Retrieval) -> int:
        """Count an answer that was given; how many it was for this original, in this process."""
        with self._lock:
            self._retrievals += 1
            times = self._times.pop(retrieval.hash, 0) + 1
            self._times[retrieval.hash] = times
            while len(self._times) > self._most_known:
                self._times.popitem(last=False)
            self._recent.append(replace(retrieval, query=retrieval.query[:200]))
        for tell in self.listeners:
            tell(retrieval)
        return times

    def counters(self) -> dict[str, int]:
        """The counters of ``Stats`` that this process keeps, by field."""
        with self._lock:
            return {
                "hits": self._hits,
                "misses": self._misses,
                "expired": self._expired,
                "retrievals": self._retrievals,
                "original_tokens": self._tokens,
                "shown_tokens": self._shown_tokens,
            }

    def stats(self) -> Stats:
        """The counters. Raises ``StoreError``."""
        usage = self._store.usage(SPACE)
        counters = self.counters()
        with self._lock:
            recent = tuple(self._recent)
        return Stats(
            entries=usage.entries,
            bytes=usage.bytes,
            evictions=usage.evicted,
            backend=self._store.name,
            ttl=self._ttl,
            recent=recent,
            **counters,
        )

    def _missed(self, name: str, row: _Row | None, now: float) -> Miss:
        stamp = self._store.get(MADE_SPACE, name)
        made = row.made if row is not None else _MADE.unpack(stamp)[0] if stamp else None
        if made is None:
            self._count(misses=1)
            return Miss("unknown")
        self._store.delete(SPACE, name)
        with self._lock:
            self._known.pop(name, None)
        self._count(misses=1, expired=1)
        return Miss("expired", max(0.0, now - made))

    def _is_old(self, name: str, made: float, now: float) -> bool:
        """Whether the time to live has passed. What an earlier process saw is unknown, so its entries start anew."""
        with self._lock:
            seen = self._known.get(name, (0.0, 0.0))[0]
        return now - max(seen, made, self._started) > self._ttl

    def _note(self, name: str, now: float) -> None:
        with self._lock:
            self._known[name] = (max(now, self._known.pop(name, (0.0, 0.0))[0]), now)
            while len(self._known) > self._most_known:
                self._known.popitem(last=False)

    def _count(self, *, hits: int = 0, misses: int = 0, expired: int = 0) -> None:
        with self._lock:
            self._hits += hits
            self._misses += misses
            self._expired += expired

    @staticmethod
    def _unpack(row: _Row) -> str:
        try:
            plain = zstandard.ZstdDecompressor().decompress(row.packed, max_output_size=row.size)
        except zstandard.ZstdError as error:
            raise StoreError(
                f"a stored original is damaged ({error}); run the command again for its content"
            ) from error
        return plain.decode("utf-8", "surrogatepass")
