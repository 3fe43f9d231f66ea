"""What was left out of requests, kept so that it can be asked for again.

A hash is a keyed BLAKE2b of the text, so it is the same in every worker and after a restart, and nobody else can guess
or probe it. A text is written before the marker that names it is sent. Every request that carries a marker refreshes
its original, so the time to live counts from the last time it was seen in traffic.
"""

from __future__ import annotations

import logging
import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b

import msgspec

from headroom.errors import StoreError
from headroom.retrieval.original import About, Miss, Original, Row, read_row, rows_of, write_row
from headroom.retrieval.presence import Presence
from headroom.retrieval.tally import Stats, Tally
from headroom.store.protocol import SpaceLimits, Store

log = logging.getLogger("headroom.pipeline")

SPACE = "originals"
MADE_SPACE = "originals_made"
"""When each original was made: tells an expired one from one that never was."""

ACTIVE_SECONDS = 86_400.0
"""An original seen within this time is never evicted to make room: its conversation may go on (compression.md 3.2)."""

_HASH = re.compile(r"[0-9a-f]{24}")
_MADE = struct.Struct("<d")
_KNOWN_BYTES = 300
"""What it takes to remember one hash."""
_AT_ONCE = 500
"""Texts of one write."""
_SHARE = 4
"""No original may take more than this part of the whole space."""
_SCOPES = 64


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
        self._key = key
        self._ttl = ttl
        self._most = max_bytes // _SHARE
        self._started = now
        self._presence = Presence(ttl=ttl, most=memory // _KNOWN_BYTES)
        self.tally = Tally(most=memory // _KNOWN_BYTES)
        """What was asked for, found and missed."""

    @property
    def held(self) -> int:
        """Bytes of memory held, roughly."""
        return _KNOWN_BYTES * (len(self._presence) + len(self.tally))

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
        rows: dict[str, Row] = {}
        for name, row in rows_of(texts, now):
            if len(row.packed) <= self._most:
                rows[name] = row
            else:
                size = f"{len(row.packed):,}"
                refused[name] = f"an original of {size} bytes is too large to keep; it is sent uncompressed"
        if not rows:
            return refused
        self._store.touch(SPACE, rows, now=now)  # those that stand already must not be swept away as idle
        standing = self._store.put_once_many(SPACE, {name: write_row(row) for name, row in rows.items()}, now=now)
        wider: dict[str, bytes] = {}
        for name, row in rows.items():
            there = read_row(standing[name])
            if there.packed != row.packed and there.text != texts[name][0]:
                refused[name] = f"the hash {name} names another text already; this one is sent uncompressed"
            elif row.projects and there.projects and row.projects[0] not in there.projects:
                wider[name] = write_row(
                    msgspec.structs.replace(there, projects=(*there.projects, *row.projects)[-_SCOPES:])
                )
            elif not row.projects and there.projects:  # seen outside of any project: open to all
                wider[name] = write_row(msgspec.structs.replace(there, projects=()))
        if wider:
            self._store.put_many(SPACE, wider, now=now)
        kept = [name for name in rows if name not in refused]
        if not kept:
            return refused
        self._store.put_once_many(MADE_SPACE, dict.fromkeys(kept, _MADE.pack(now)), now=now)
        for name in kept:
            if not self._presence.confirm(name, now=now):
                self.tally.kept(texts[name][1])
        return refused

    def touch(self, hashes: Iterable[str], *, now: float) -> frozenset[str]:
        """Refresh the originals that a request's markers name; return those that are gone.

        For one that is gone the caller keeps the text again (it has it: the client sends it in full) or takes the
        marker out. Raises ``StoreError``.
        """
        unsure = self._presence.unsure(hashes, now=now)
        if not unsure:
            return frozenset()
        # Expired ones count as gone although their row may still lie there: keeping them again revives them.
        there = self._store.get_many(SPACE, unsure)
        gone = frozenset(n for n in unsure if n not in there or self._is_old(n, read_row(there[n]).made, now))
        stay = [n for n in unsure if n not in gone]
        for name in stay:
            self._presence.confirm(name, now=now)
        if stay:
            self._store.touch(SPACE, stay, now=now)
        return gone

    def settled(self, hashes: Iterable[str], *, now: float) -> bool:
        """Note that these were seen; whether ``touch`` then has nothing left to do. Asks no store."""
        return not self._presence.unsure(hashes, now=now)

    def get(self, given: str, *, now: float, project: str | None = None) -> Original | Miss:
        """Look up a hash. Anything that is not 24 hex digits is a miss. Raises ``StoreError``.

        A caller of another project than those the text was seen in gets a miss.
        """
        name = normalise(given)
        if name is None:
            self.tally.looked_up(misses=1)
            return Miss("malformed")
        packed = self._store.get(SPACE, name)
        row = read_row(packed) if packed is not None else None
        if row is not None and project is not None and row.projects and project not in row.projects:
            self.tally.looked_up(misses=1)
            return Miss("unknown")
        if row is None or self._is_old(name, row.made, now):
            return self._missed(name, row, now)
        self._presence.confirm(name, now=now)
        with suppress(StoreError):  # a store that is full or read-only still has the text
            self._store.touch(SPACE, [name], now=now)
        self.tally.looked_up(hits=1)
        return Original(name, row.text, row.about(project), row.made)

    def stats(self) -> Stats:
        """The counters. Raises ``StoreError``."""
        usage = self._store.usage(SPACE)
        return Stats(
            entries=usage.entries,
            bytes=usage.bytes,
            evictions=usage.evicted,
            backend=self._store.name,
            ttl=self._ttl,
            recent=self.tally.recent,
            **self.tally.counters(),
        )

    def _missed(self, name: str, row: Row | None, now: float) -> Miss:
        stamp = self._store.get(MADE_SPACE, name)
        made = row.made if row is not None else _MADE.unpack(stamp)[0] if stamp else None
        if made is None:
            self.tally.looked_up(misses=1)
            return Miss("unknown")
        self._store.delete(SPACE, name)
        self._presence.forget(name)
        self.tally.looked_up(misses=1, expired=1)
        return Miss("expired", max(0.0, now - made))

    def _is_old(self, name: str, made: float, now: float) -> bool:
        """Whether the time to live has passed. What an earlier process saw is unknown, so its entries start anew."""
        return now - max(self._presence.seen(name), made, self._started) > self._ttl
