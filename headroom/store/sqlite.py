"""State in one SQLite file: shared by the workers of one machine, and still there after a crash or a restart."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from headroom.errors import StoreError
from headroom.store import sqlite_blobs as blobs
from headroom.store import sqlite_budget as budget
from headroom.store import sqlite_streams as streams
from headroom.store.gcra import Buckets
from headroom.store.protocol import HOLD_LEASE, Charge, Reserved, Row, SpaceLimits, SpaceUsage, Taken
from headroom.store.spending import dollars, nano, signed_nano
from headroom.store.sqlite_file import Connect, DatabaseFile, connect, explain, is_corrupt
from headroom.store.sqlite_readers import Readers
from headroom.store.writer import Writer

log = logging.getLogger("headroom.store")

WAIT_BUCKET = 0.05
"""Longest wait for a rate decision, in seconds: the limiter rather errs than delays."""

WAIT_BUDGET = 1.0
"""Longest wait for a budget decision or a settlement."""

WAIT_PUT = 2.0
"""Longest wait for a blob; pipeline workers wait, never the event loop."""

BEARS = 0.15
"""Seconds for which another process's lock may have been in the way: then blobs are refused at once while it is there."""

BEARS_BUDGET = 0.5
"""The same for the budget, where the lock leads to a refusal; workers that share the file are in each other's way."""

GRACE = 0.1
"""What a budget decision waits in any case."""

LOOK = 1.0
"""Seconds between looks whether the file still lies where it was opened."""


class SqliteStore:
    """A ``Store`` in a SQLite file. Raises ``StoreError`` when the file can't be used."""

    remote = False
    durable = True
    name = "sqlite"

    def __init__(
        self, path: Path, *, now: Callable[[], float], shared_buckets: bool = True, connect: Connect = connect
    ) -> None:
        """Open or create ``path``.

        ``shared_buckets`` keeps the token buckets in the file, which several workers need; one process alone decides
        faster from memory. ``connect`` makes the connections; tests pass one that fails.
        """
        self._path = path
        self._now = now
        self._file = DatabaseFile(path, now=now, connect=connect)
        self._limits: dict[str, SpaceLimits] = {}
        self.shared_buckets = shared_buckets
        self._buckets = None if shared_buckets else Buckets()
        self._buckets_lock = threading.Lock()
        self._writer = Writer(self._file.open(), self._explain)
        self._readers = Readers(self._file)
        self._looked, self._looking = time.monotonic(), threading.Lock()

    @property
    def notices(self) -> list[str]:
        """What happened on opening that the user should be told."""
        return list(self._file.notices)

    @property
    def trouble(self) -> str | None:
        """What keeps it from writing just now."""
        self._look()
        return self._writer.trouble

    @property
    def dropped(self) -> int:
        """Statistics rows and touches lost because the database could not keep up."""
        return self._writer.dropped

    # -- blobs ---------------------------------------------------------------------------------------------------
    def configure(self, limits: Mapping[str, SpaceLimits]) -> None:
        """Set the bounds of each space."""
        self._limits = {**self._limits, **limits}

    def get(self, space: str, key: str) -> bytes | None:
        """The value, or None."""
        with self._reading() as connection:
            return blobs.get(connection, space, key, self._now())

    def get_many(self, space: str, keys: Sequence[str]) -> dict[str, bytes]:
        """Those of ``keys`` that exist."""
        now = self._now()
        with self._reading() as connection:
            return blobs.get_many(connection, space, keys, now)

    def put(self, space: str, key: str, value: bytes, *, now: float, ttl: float | None = None) -> None:
        """Write; on return it survives kill -9."""
        self.put_many(space, {key: value}, now=now, ttl=ttl)

    def put_many(self, space: str, items: Mapping[str, bytes], *, now: float, ttl: float | None = None) -> None:
        """Write several entries, all or none."""
        if items:
            limits = self._bounds(space)
            self._put(lambda db: blobs.put_many(db, limits, space, items, now, ttl))

    def put_once(self, space: str, key: str, value: bytes, *, now: float, ttl: float | None = None) -> bytes:
        """Write unless the key exists; return the value that stands."""
        return self.put_once_many(space, {key: value}, now=now, ttl=ttl)[key]

    def put_once_many(
        self, space: str, items: Mapping[str, bytes], *, now: float, ttl: float | None = None
    ) -> dict[str, bytes]:
        """Write those that don't exist, all or none; return the values that stand."""
        if not items:
            return {}
        limits = self._bounds(space)
        return self._put(lambda db: blobs.put_once_many(db, limits, space, items, now, ttl))

    def touch(self, space: str, keys: Iterable[str], *, now: float) -> None:
        """Mark entries as used, soon."""
        names = list(keys)
        if names:
            self._writer.post(lambda db: blobs.touch(db, space, names, now), size=100 * len(names))

    def delete(self, space: str, key: str) -> bool:
        """Remove one entry; whether it was there."""
        now = self._now()
        return self._writer.call(lambda db: blobs.delete(db, space, key, now), wait=WAIT_PUT)

    def clear(self, space: str) -> int:
        """Remove all entries of a space; how many there were."""
        return self._writer.call(lambda db: blobs.clear(db, space), wait=WAIT_PUT)

    def usage(self, space: str) -> SpaceUsage:
        """How full a space is."""
        with self._reading() as connection:
            return blobs.usage(connection, space)

    # -- token buckets ---------------------------------------------------------------------------------------------
    def take(self, bucket: str, cost: float, *, capacity: float, per_second: float, now: float) -> Taken:
        """Spend from one bucket."""
        return self.take_all([Charge(bucket, cost, capacity, per_second)], now=now)[0]

    def take_all(self, charges: Sequence[Charge], *, now: float) -> list[Taken]:
        """Spend from all buckets or from none."""
        if self._buckets is not None:
            with self._buckets_lock:
                return self._buckets.take_all(charges, now)
        return self._writer.call(lambda db: budget.take_all(db, charges, now), wait=WAIT_BUCKET)

    def give(self, bucket: str, amount: float, *, capacity: float, per_second: float, now: float) -> None:
        """Put back, or charge after the fact."""
        del capacity  # a bucket's level is capped when it is read
        if self._buckets is not None:
            with self._buckets_lock:
                self._buckets.give(bucket, amount, per_second, now)
            return
        self._writer.call(lambda db: budget.give(db, bucket, amount, per_second, now), wait=WAIT_BUCKET)

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
        amount, limit, upfront = nano(amount_usd), nano(limit_usd), nano(upfront_usd)
        return self._book(lambda db: budget.reserve(db, holder, amount, limit, since, now, upfront, lease))

    def renew(self, holders: Iterable[str], *, now: float, lease: float = HOLD_LEASE) -> None:
        """Prolong holds that still exist."""
        names = list(holders)
        self._book(lambda db: budget.renew(db, names, now, lease))

    def release(self, holder: str) -> None:
        """Drop a hold without booking anything."""
        self._book(lambda db: budget.release(db, holder))

    def settle(self, holder: str, amount_usd: float, *, now: float, note: bytes = b"") -> None:
        """Replace a hold by what was really spent; committed on return."""
        amount = nano(amount_usd)
        self._book(lambda db: budget.settle(db, holder, amount, now, note))

    def correct(self, amount_usd: float, *, now: float) -> None:
        """Book an operator's correction; committed on return."""
        amount = signed_nano(amount_usd)
        self._book(lambda db: budget.correct(db, amount, now))

    def spent(self, *, since: float) -> float:
        """Settled spending since a moment, in dollars."""
        with self._reading() as connection:
            return dollars(budget.spent(connection, since))

    def held(self, *, now: float) -> float:
        """Dollars in live holds."""
        with self._reading() as connection:
            return dollars(budget.held(connection, now))

    # -- append-only streams -----------------------------------------------------------------------------------------
    def append(self, stream: str, body: bytes, *, now: float, keep: int = 100_000) -> None:
        """Add a row, soon."""
        self._writer.post(lambda db: streams.append(db, stream, body, now, keep), size=len(body) + 200)

    def rows(self, stream: str, *, after: int = 0, limit: int = 1000) -> list[Row]:
        """Rows with a greater sequence number, oldest first."""
        self._writer.flush(wait=WAIT_BUDGET, bears=BEARS)
        with self._reading() as connection:
            return streams.rows(connection, stream, after, limit)

    def close(self) -> None:
        """Write what waits and release the file; safe to call twice."""
        self._readers.close()
        self._writer.close(wait=WAIT_PUT)
        self._file.close()

    # -- inside --------------------------------------------------------------------------------------------------------
    def _look(self) -> None:
        """Now and then: whether the file was deleted or replaced; then it is opened anew."""
        with self._looking:
            if time.monotonic() - self._looked < LOOK:
                return
            self._looked = time.monotonic()
            moved = self._file.moved()
        if moved:
            self._writer.renew(StoreError(f"state store {self._path}: the file is gone"), self._renewed)

    def _renewed(self, old: sqlite3.Connection) -> sqlite3.Connection:
        fresh = self._file.renew(old)
        self._readers.renew()
        log.warning(
            "state store %s was deleted or replaced under the running proxy; going on with a new one", self._path
        )
        return fresh

    def _put[T](self, job: Callable[[sqlite3.Connection], T]) -> T:
        self._look()
        return self._writer.call(job, wait=WAIT_PUT, bears=BEARS)

    def _book[T](self, job: Callable[[sqlite3.Connection], T]) -> T:
        self._look()
        return self._writer.call(job, wait=WAIT_BUDGET, bears=BEARS_BUDGET, grace=GRACE)

    def _bounds(self, space: str) -> SpaceLimits:
        return self._limits.get(space, SpaceLimits())

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._readers.lend() as connection:
                yield connection
        except sqlite3.Error as error:
            raise self._explain(error) from error

    def _explain(self, error: sqlite3.Error) -> StoreError:
        if is_corrupt(error):
            self._file.suspect()
        return explain(error, self._path)
