"""State in Redis or Valkey (7.0 or later), for several workers on several machines.

All keys carry one hash tag, so that they share a slot of a cluster and every script is atomic. Needs the ``redis`` extra.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from headroom.errors import StoreError
from headroom.store import gcra
from headroom.store.protocol import (
    ENTRY_OVERHEAD,
    HOLD_LEASE,
    Charge,
    Reserved,
    Row,
    SpaceLimits,
    SpaceUsage,
    Taken,
    no_room,
)
from headroom.store.redis_server import NoRoom, RedisServer
from headroom.store.spending import HOUR, SETTLED_SECONDS, cover, dollars, nano, signed_nano

TIMEOUT = 0.25
"""Seconds for connecting, for one answer, and for a free connection."""

BREAK_SECONDS = 0.5
"""After a failure calls fail at once for this long, so that a dead server doesn't cost every request a timeout."""

FORGET_SECONDS = 90 * 86_400
"""Spaces and streams untouched for this long vanish from the server."""


class RedisStore:
    """A ``Store`` on a Redis or Valkey server. Raises ``StoreError`` when it can't be reached."""

    remote = True
    durable = True
    shared_buckets = True
    name = "redis"
    notices = ()

    def __init__(
        self, url: str, *, now: Callable[[], float], timeout: float = TIMEOUT, break_seconds: float = BREAK_SECONDS
    ) -> None:
        """Connect to ``redis://``, ``rediss://``, ``valkey://`` or ``valkeys://``.

        ``?prefix=`` sets the prefix of all keys; in a cluster it must hold a ``{hash tag}``.
        """
        self._now = now
        self._limits: dict[str, SpaceLimits] = {}
        self._server = RedisServer(url, timeout=timeout, break_seconds=break_seconds)
        self._prefix = self._server.prefix

    @property
    def trouble(self) -> str | None:
        """Why the last call failed, or None when it did not."""
        return self._server.trouble

    # -- blobs ---------------------------------------------------------------------------------------------------
    def configure(self, limits: Mapping[str, SpaceLimits]) -> None:
        """Set the bounds of each space."""
        self._limits = {**self._limits, **limits}

    def get(self, space: str, key: str) -> bytes | None:
        """The value, or None."""
        return self.get_many(space, [key]).get(key)

    def get_many(self, space: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Those of ``keys`` that exist."""
        if not keys:
            return {}
        values, _use, expiry, _totals = self._space(space)
        pipeline = self._server.client.pipeline(transaction=False)
        pipeline.hmget(values, list(keys))
        pipeline.zmscore(expiry, list(keys))
        found, ends = self._server.ask(pipeline.execute)
        now = self._now()
        return {
            key: value
            for key, value, end in zip(keys, found, ends, strict=True)
            if value is not None and (end is None or end > now)
        }

    def put(self, space: str, key: str, value: bytes, *, now: float, ttl: float | None = None) -> None:
        """Write; on return the server has it."""
        self._write(space, {key: value}, now, ttl, once=False)

    def put_many(self, space: str, items: Mapping[str, bytes], *, now: float, ttl: float | None = None) -> None:
        """Write several entries, all or none."""
        if items:
            self._write(space, items, now, ttl, once=False)

    def put_once(self, space: str, key: str, value: bytes, *, now: float, ttl: float | None = None) -> bytes:
        """Write unless the key exists; return the value that stands."""
        return self._write(space, {key: value}, now, ttl, once=True)[key]

    def put_once_many(
        self, space: str, items: Mapping[str, bytes], *, now: float, ttl: float | None = None
    ) -> dict[str, bytes]:
        """Write those that don't exist, all or none; return the values that stand."""
        return self._write(space, items, now, ttl, once=True) if items else {}

    def touch(self, space: str, keys: Iterable[str], *, now: float) -> None:
        """Mark entries as used."""
        uses: dict[Any, Any] = dict.fromkeys(keys, now)
        if uses:
            use = self._space(space)[1]
            self._server.ask(lambda: self._server.client.zadd(use, uses, xx=True, gt=True))

    def delete(self, space: str, key: str) -> bool:
        """Remove one entry; whether it was there."""
        return bool(self._server.run("delete", self._space(space), [key, repr(self._now()), ENTRY_OVERHEAD]))

    def clear(self, space: str) -> int:
        """Remove all entries of a space; how many there were."""
        return int(self._server.run("clear", self._space(space), []))

    def usage(self, space: str) -> SpaceUsage:
        """How full a space is."""
        values, _use, _expiry, totals = self._space(space)
        pipeline = self._server.client.pipeline(transaction=False)
        pipeline.hlen(values)
        pipeline.hmget(totals, ["bytes", "evicted"])
        entries, (size, evicted) = self._server.ask(pipeline.execute)
        return SpaceUsage(int(entries), int(size or 0), int(evicted or 0))

    def _write(
        self, space: str, items: Mapping[str, bytes], now: float, ttl: float | None, *, once: bool
    ) -> dict[str, bytes]:
        limits = self._limits.get(space, SpaceLimits())
        arguments: list[object] = [
            int(once),
            repr(now),
            _or_minus(ttl),
            limits.max_bytes,
            _or_minus(limits.max_entries),
            _or_minus(limits.idle_seconds),
            limits.protect_seconds,
            ENTRY_OVERHEAD,
            FORGET_SECONDS,
        ]
        for key, value in items.items():
            arguments += [key, value]
        try:
            standing = self._server.run("put", self._space(space), arguments)
        except NoRoom as error:
            raise StoreError(no_room(space, limits)) from error
        return dict(zip(items, standing, strict=True))

    def _space(self, space: str) -> list[str]:
        return [f"{self._prefix}:{part}:{space}" for part in "vuxs"]

    # -- token buckets ---------------------------------------------------------------------------------------------
    def take(self, bucket: str, cost: float, *, capacity: float, per_second: float, now: float) -> Taken:
        """Spend from one bucket."""
        return self.take_all([Charge(bucket, cost, capacity, per_second)], now=now)[0]

    def take_all(self, charges: Sequence[Charge], *, now: float) -> list[Taken]:
        """Spend from all buckets or from none."""
        if not charges:
            return []
        arguments: list[object] = [repr(now), gcra.CLOCK_JUMP, gcra.EARLY, gcra.IDLE_SECONDS]
        for charge in charges:
            arguments += [repr(charge.cost), repr(charge.capacity), repr(charge.per_second)]
        answer = self._server.run("take", [self._key("t", charge.bucket) for charge in charges], arguments)
        return [Taken(bool(answer[i]), float(answer[i + 1]), float(answer[i + 2])) for i in range(0, len(answer), 3)]

    def give(self, bucket: str, amount: float, *, capacity: float, per_second: float, now: float) -> None:
        """Put back, or charge after the fact."""
        del capacity  # a bucket's level is capped when it is read
        self._server.run(
            "give",
            [self._key("t", bucket)],
            [repr(now), gcra.CLOCK_JUMP, gcra.IDLE_SECONDS, repr(amount), repr(per_second)],
        )

    # -- budget ------------------------------------------------------------------------------------------------------
    def reserve(
        self,
        holder: str,
        amount_usd: float,
        *,
        limit_usd: float,
        since: float,
        now: float,
        upfront_usd: float = 0.0,
        lease: float = HOLD_LEASE,
    ) -> Reserved:
        """Hold an estimate against the limit."""
        edge = cover(since)
        amounts = [nano(amount_usd), nano(limit_usd), nano(upfront_usd)]
        allowed, spent, held = self._server.run(
            "reserve",
            self._holds(),
            [self._prefix, holder, *amounts, edge.minute, edge.hour, edge.day, repr(now), repr(now + lease)],
        )
        return Reserved(bool(allowed), dollars(int(spent)), dollars(int(held)))

    def renew(self, holders: Iterable[str], *, now: float, lease: float = HOLD_LEASE) -> None:
        """Prolong holds that still exist."""
        self._server.run("renew", self._holds()[:1], [repr(now), repr(now + lease), *holders])

    def release(self, holder: str) -> None:
        """Drop a hold without booking anything."""
        self._server.run("release", self._holds(), [holder])

    def settle(self, holder: str, amount_usd: float, *, now: float, note: bytes = b"") -> None:
        """Replace a hold by what was really spent; the server has it on return."""
        self._server.run(
            "settle",
            [*self._holds(), self._key("settled", holder)],
            [self._prefix, holder, nano(amount_usd), repr(now), SETTLED_SECONDS, note],
        )

    def correct(self, amount_usd: float, *, now: float) -> None:
        """Book an operator's correction; the server has it on return."""
        # A settlement of its own, by nobody who holds anything.
        holder = f"correction-{uuid.uuid4().hex}"
        self._server.run(
            "settle",
            [*self._holds(), self._key("settled", holder)],
            [self._prefix, holder, signed_nano(amount_usd), repr(now), SETTLED_SECONDS, b""],
        )

    def spent(self, *, since: float) -> float:
        """Settled spending since a moment, in dollars."""
        edge = cover(since)
        keys = [self._key("m", str(edge.minute - edge.minute % HOUR))]
        return dollars(int(self._server.run("spent", keys, [self._prefix, edge.minute, edge.hour, edge.day])))

    def held(self, *, now: float) -> float:
        """Dollars in live holds."""
        return dollars(int(self._server.run("held", self._holds(), [repr(now)])))

    def _holds(self) -> list[str]:
        return [f"{self._prefix}:holds", f"{self._prefix}:held"]

    # -- append-only streams -----------------------------------------------------------------------------------------
    def append(self, stream: str, body: bytes, *, now: float, keep: int = 100_000) -> None:
        """Add a row."""
        keys = [self._key("r", stream), self._key("q", stream)]
        self._server.run("append", keys, [max(keep, 1), repr(now), body, FORGET_SECONDS])

    def rows(self, stream: str, *, after: int = 0, limit: int = 1000) -> list[Row]:
        """Rows with a greater sequence number, oldest first."""
        found = self._server.ask(
            lambda: self._server.client.xrange(
                self._key("r", stream), min=f"{max(after, 0) + 1}-0", max="+", count=limit
            )
        )
        return [Row(int(number.split(b"-")[0]), float(row[b"w"]), row[b"b"]) for number, row in found]

    def close(self) -> None:
        """Close all connections."""
        self._server.close()

    # -- inside --------------------------------------------------------------------------------------------------------
    def _key(self, kind: str, name: str) -> str:
        return f"{self._prefix}:{kind}:{name}"


def _or_minus(number: float | None) -> str:
    return "-1" if number is None else repr(number)
