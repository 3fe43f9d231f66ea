"""What retrievals teach: how often condensed content of a kind is asked for again.

Counts are per tool and kind, per installation; nothing leaves the machine and no text is kept. A table made from them
is read when a conversation starts and holds for all of it, so that nothing changes under a running conversation.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

import msgspec

from headroom.store.protocol import SpaceLimits, Store

STREAM = "feedback"
SPACE = "gates"
LIMITS = SpaceLimits(max_bytes=1024 * 1024, idle_seconds=30 * 86_400.0)

MIN_SAMPLES = 20
"""Fewer blocks of a kind say nothing (compression.md 3.7)."""

REFRESH_SECONDS = 600.0
REFETCH_TURNS = 5
"""A call made again within so many turns, without a retrieval in between, is a hidden failure."""

_KEEP = 20_000
_Z = 1.96
"""95 % confidence."""

type Group = tuple[str, str]
"""Tool and content kind."""


class _Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    what: Literal["offered", "retrieved", "refetched"]
    tool: str
    kind: str
    handle: str
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """How one group fared. ``low`` and ``high`` bound the share that was wanted back (Wilson, 95 %)."""

    offered: int
    wanted: int
    """Blocks that were retrieved, or whose call was made again."""
    tokens: int
    """Tokens left out."""
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Gates:
    """Measured chances that a condensed block is wanted back; frozen for a conversation by its ``version``."""

    version: str = ""
    """Empty when nothing was measured."""
    rates: Mapping[Group, tuple[float, float]] = field(default_factory=dict)

    def chance(self, tool: str, kind: str, prior: float) -> float:
        """The prior, moved into the measured interval where there is one."""
        low, high = self.rates.get((tool, kind), (0.0, 1.0))
        return min(max(prior, low), high)


@dataclass(frozen=True, slots=True)
class Made:
    """A tool call of a conversation. ``handle`` names its condensed result, if it has one."""

    turn: int
    name: str
    arguments: str
    handle: str | None = None


@dataclass(slots=True)
class _Tally:
    tokens: dict[str, int] = field(default_factory=dict)
    """By handle of each block offered."""
    wanted: set[str] = field(default_factory=set)


class Feedback:
    """Counts in a store's append-only stream. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._tallies: dict[Group, _Tally] = {}
        self._read = 0
        self._read_at = -math.inf

    def offered(self, tool: str, kind: str, handle: str, *, tokens: int, now: float) -> None:
        """A block was condensed; ``tokens`` were left out."""
        self._append(_Event("offered", tool, kind, handle, tokens), now)

    def retrieved(self, tool: str, kind: str, handle: str, *, now: float) -> None:
        """The model asked for it, or a part of it."""
        self._append(_Event("retrieved", tool, kind, handle), now)

    def refetched(self, tool: str, kind: str, handle: str, *, now: float) -> None:
        """The model ran the same call again instead."""
        self._append(_Event("refetched", tool, kind, handle), now)

    def rates(self, *, now: float) -> dict[Group, Rate]:
        """All groups, for the statistics. Reads what is new at most every ``REFRESH_SECONDS``."""
        with self._lock:
            if now - self._read_at >= REFRESH_SECONDS:
                self._read_at = now
                self._catch_up()
            return {group: _rate(tally) for group, tally in self._tallies.items()}

    def gates(self, *, now: float) -> Gates:
        """The table for a conversation that starts now; kept under its version for the turns to come."""
        measured = {
            group: (round(rate.low, 3), round(rate.high, 3))
            for group, rate in self.rates(now=now).items()
            if rate.offered >= MIN_SAMPLES
        }
        if not measured:
            return Gates()
        rows = sorted((tool, kind, low, high) for (tool, kind), (low, high) in measured.items())
        written = msgspec.msgpack.encode(rows)
        version = blake2b(written, digest_size=6).hexdigest()
        self._store.put_once(SPACE, version, written, now=now)
        self._store.touch(SPACE, [version], now=now)
        return Gates(version, measured)

    def pinned(self, version: str) -> Gates | None:
        """The table under which a conversation was started; None when it is no longer known."""
        if not version:
            return Gates()
        row = self._store.get(SPACE, version)
        if row is None:
            return None
        rows = msgspec.msgpack.decode(row, type=list[tuple[str, str, float, float]])
        return Gates(version, {(tool, kind): (low, high) for tool, kind, low, high in rows})

    def _append(self, event: _Event, now: float) -> None:
        self._store.append(STREAM, msgspec.msgpack.encode(event), now=now, keep=_KEEP)

    def _catch_up(self) -> None:
        """Take in the rows written since the last time, by this worker or another."""
        while rows := self._store.rows(STREAM, after=self._read, limit=1000):
            for row in rows:
                self._read = row.seq
                event = msgspec.msgpack.decode(row.body, type=_Event)
                tally = self._tallies.setdefault((event.tool, event.kind), _Tally())
                if event.what == "offered":
                    tally.tokens[event.handle] = event.tokens
                    if len(tally.tokens) > _KEEP:
                        oldest = next(iter(tally.tokens))
                        del tally.tokens[oldest]
                        tally.wanted.discard(oldest)
                elif event.handle in tally.tokens:
                    tally.wanted.add(event.handle)


def refetches(calls: Sequence[Made], retrieved: Iterable[str]) -> tuple[str, ...]:
    """Handles of condensed results whose call was made again within ``REFETCH_TURNS``, none of them retrieved."""
    known = frozenset(retrieved)
    last: dict[tuple[str, str], Made] = {}
    found: dict[str, None] = {}
    for call in calls:
        earlier = last.get((call.name, call.arguments))
        if (
            earlier is not None
            and earlier.handle is not None
            and earlier.handle not in known
            and 0 < call.turn - earlier.turn <= REFETCH_TURNS
        ):
            found[earlier.handle] = None
        last[call.name, call.arguments] = call
    return tuple(found)


def wilson(successes: int, trials: int, z: float = _Z) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927): where the true share lies, with the confidence of ``z``."""
    if trials <= 0:
        return 0.0, 1.0
    share = successes / trials
    weight = z * z / trials
    middle = (share + weight / 2) / (1 + weight)
    reach = z / (1 + weight) * math.sqrt(share * (1 - share) / trials + weight / (4 * trials))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _rate(tally: _Tally) -> Rate:
    offered, wanted = len(tally.tokens), len(tally.wanted)
    return Rate(offered, wanted, sum(tally.tokens.values()), *wilson(wanted, offered))
