"""What retrievals teach: how often condensed content of a kind is asked for again.

Counts are per tool and kind, per installation; nothing leaves the machine and no text is kept. A table made from them
is read when a conversation starts and holds for all of it, so that nothing changes under a running conversation.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
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

BACK_OFF = 0.5
"""From this share wanted back, surely (the interval's lower end), a kind of a tool's results is not condensed any more."""

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
    retrieved: int
    """Blocks that were asked for, whole or in part."""
    refetched: int
    """Blocks that were not, but whose call was made again."""
    tokens: int
    """Tokens left out."""
    low: float
    high: float

    @property
    def wanted(self) -> int:
        """Blocks that were wanted back, one way or the other."""
        return self.retrieved + self.refetched

    @property
    def backs_off(self) -> bool:
        """Whether conversations that start now leave such results whole."""
        return self.offered >= MIN_SAMPLES and self.low >= BACK_OFF


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

    def backs_off(self, tool: str, kind: str) -> bool:
        """Whether nothing may be left out of this tool's results of this kind."""
        return self.rates.get((tool, kind), (0.0, 1.0))[0] >= BACK_OFF


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
    retrieved: dict[str, None] = field(default_factory=dict)
    """Handles, offered or not yet; the oldest first."""
    refetched: dict[str, None] = field(default_factory=dict)


class Feedback:
    """Counts in a store's append-only stream. Thread-safe. All methods that read or write raise ``StoreError``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._tallies: dict[Group, _Tally] = {}
        self._read = 0
        self._read_at = -math.inf
        self._gates = Gates()
        self._gates_at = -math.inf

    def offered(self, tool: str, kind: str, handle: str, *, tokens: int, now: float) -> None:
        """A block was condensed; ``tokens`` were left out."""
        self._append(_Event("offered", tool, kind, handle, tokens), now)

    def retrieved(self, tool: str, kind: str, handle: str, *, now: float) -> None:
        """The model asked for it, or a part of it."""
        self._append(_Event("retrieved", tool, kind, handle), now)

    def refetched(self, tool: str, kind: str, handle: str, *, now: float) -> None:
        """The model ran the same call again instead."""
        self._append(_Event("refetched", tool, kind, handle), now)

    def read(self, *, now: float, at_most_old: float = 0.0) -> None:
        """Take in what was written since the last time, by this worker or another, unless that was just now."""
        with self._lock:
            if now - self._read_at < at_most_old:
                return
            self._read_at = now
            self._catch_up()

    def rates(self) -> dict[Group, Rate]:
        """All groups, as of the last ``read``; asks no store."""
        with self._lock:
            return {group: _rate(tally) for group, tally in self._tallies.items()}

    def gates(self, *, now: float) -> Gates:
        """The table for a conversation that starts now, made anew every ``REFRESH_SECONDS``; kept under its version."""
        with self._lock:
            standing, fresh = self._gates, now - self._gates_at < REFRESH_SECONDS
        if not fresh:
            self.read(now=now)
            standing = self._made()
            with self._lock:
                self._gates, self._gates_at = standing, now
        if standing.version:
            self._store.put_once(SPACE, standing.version, _rows(standing.rates), now=now)
            self._store.touch(SPACE, [standing.version], now=now)
        return standing

    def _made(self) -> Gates:
        measured = {
            group: (round(rate.low, 3), round(rate.high, 3))
            for group, rate in self.rates().items()
            if rate.offered >= MIN_SAMPLES
        }
        if not measured:
            return Gates()
        return Gates(blake2b(_rows(measured), digest_size=6).hexdigest(), measured)

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
                        tally.retrieved.pop(oldest, None)
                        tally.refetched.pop(oldest, None)
                    continue
                # A model may ask back within the very call that condensed, so that this row stands before that one's.
                asked = tally.retrieved if event.what == "retrieved" else tally.refetched
                asked[event.handle] = None
                if len(asked) > _KEEP:
                    del asked[next(iter(asked))]


def refetches(calls: Sequence[Made], *, since: int = 0) -> tuple[str, ...]:
    """Handles of condensed results whose call was made again within ``REFETCH_TURNS``, by turn ``since`` or later."""
    last: dict[tuple[str, str], Made] = {}
    found: dict[str, None] = {}
    for call in calls:
        earlier = last.get((call.name, call.arguments))
        if (
            earlier is not None
            and earlier.handle is not None
            and call.turn >= since
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
    offered = len(tally.tokens)
    retrieved = tally.retrieved.keys() & tally.tokens.keys()
    again = len((tally.refetched.keys() & tally.tokens.keys()) - retrieved)
    low, high = wilson(len(retrieved) + again, offered)
    return Rate(offered, len(retrieved), again, sum(tally.tokens.values()), low, high)


def _rows(rates: Mapping[Group, tuple[float, float]]) -> bytes:
    return msgspec.msgpack.encode(sorted((tool, kind, low, high) for (tool, kind), (low, high) in rates.items()))
