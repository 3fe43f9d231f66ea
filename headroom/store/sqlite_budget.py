"""SQL for token buckets and the budget: jobs that run on the writing connection inside its transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from sqlite3 import Connection

from headroom.store import gcra
from headroom.store.gcra import Bucket
from headroom.store.protocol import Charge, Reserved, Taken
from headroom.store.spending import SETTLED_SECONDS, WIDTHS, cover, dollars, starts

MAX_SUMS = 100_000
"""Sums kept of each width: more than two months of minutes. Bounded by number, so a wild clock can't empty them."""

MAX_SETTLED = 100_000
"""Settlements kept by their holder."""

PRUNE_EVERY = 256
"""Rows after which the tables are cut back to their bounds."""


# -- token buckets -------------------------------------------------------------------------------------------------
def take_all(connection: Connection, charges: Sequence[Charge], now: float) -> list[Taken]:
    """Spend from all buckets or from none."""
    buckets = [gcra.settle_clock(_bucket(connection, charge.bucket), now) for charge in charges]
    checked = [gcra.check(bucket, charge, now) for bucket, charge in zip(buckets, charges, strict=True)]
    if not all(taken.allowed for taken in checked):
        return checked
    outcome = []
    for bucket, charge, taken in zip(buckets, charges, checked, strict=True):
        _keep(connection, charge.bucket, gcra.spend(bucket, charge.cost, charge.per_second, now))
        outcome.append(Taken(allowed=True, retry_after=0.0, remaining=taken.remaining - charge.cost))
    _drop_idle(connection, now)
    return outcome


def give(connection: Connection, name: str, amount: float, per_second: float, now: float) -> None:
    """Put tokens back, or charge them after the fact."""
    bucket = _bucket(connection, name)
    if bucket is None and amount >= 0:
        return
    _keep(connection, name, gcra.spend(gcra.settle_clock(bucket, now), -amount, per_second, now))


def _bucket(connection: Connection, name: str) -> Bucket | None:
    row = connection.execute("SELECT tat, seen FROM buckets WHERE name = ?", (name,)).fetchone()
    return None if row is None else Bucket(*row)


def _keep(connection: Connection, name: str, bucket: Bucket) -> None:
    connection.execute("INSERT OR REPLACE INTO buckets VALUES (?, ?, ?)", (name, bucket.tat, bucket.seen))


def _drop_idle(connection: Connection, now: float) -> None:
    connection.execute(
        "DELETE FROM buckets WHERE name IN (SELECT name FROM buckets WHERE seen < ? AND tat <= ? LIMIT 16)",
        (now - gcra.IDLE_SECONDS, now),
    )
    excess = connection.execute("SELECT count(*) FROM buckets").fetchone()[0] - gcra.MAX_BUCKETS
    if excess > 0:
        connection.execute(
            "DELETE FROM buckets WHERE name IN (SELECT name FROM buckets ORDER BY seen LIMIT ?)", (excess,)
        )


# -- budget ----------------------------------------------------------------------------------------------------------
def reserve(
    connection: Connection, holder: str, amount: int, limit: int, since: float, now: float, upfront: int, lease: float
) -> Reserved:
    """Hold an estimate against the limit; amounts in nano-dollars."""
    connection.execute("DELETE FROM holds WHERE holder = ? OR expires <= ?", (holder, now))
    total = spent(connection, since)
    held = connection.execute("SELECT coalesce(sum(nano), 0) FROM holds").fetchone()[0]
    allowed = total + held < limit and total + held + upfront <= limit
    if allowed:
        connection.execute("INSERT INTO holds VALUES (?, ?, ?)", (holder, amount, now + lease))
        held += amount
    return Reserved(allowed, dollars(total), dollars(held))


def renew(connection: Connection, holders: Iterable[str], now: float, lease: float) -> None:
    """Prolong holds that still exist."""
    connection.executemany(
        "UPDATE holds SET expires = ? WHERE holder = ? AND expires > ?",
        [(now + lease, holder, now) for holder in holders],
    )


def release(connection: Connection, holder: str) -> None:
    """Drop a hold."""
    connection.execute("DELETE FROM holds WHERE holder = ?", (holder,))


def settle(connection: Connection, holder: str, amount: int, now: float, note: bytes) -> None:
    """Replace a hold, or what the holder settled before, by what was really spent."""
    release(connection, holder)
    before = connection.execute(
        "SELECT wall, nano FROM settled WHERE holder = ? AND wall > ?", (holder, now - SETTLED_SECONDS)
    ).fetchone()
    if before is not None:
        _book(connection, before[0], -before[1])
    _book(connection, now, amount)
    connection.execute("INSERT OR REPLACE INTO settled VALUES (?, ?, ?, ?)", (holder, now, amount, note))
    if connection.execute("SELECT max(rowid) % ? FROM settled", (PRUNE_EVERY,)).fetchone()[0] == 0:
        _prune(connection)


def correct(connection: Connection, amount: int, now: float) -> None:
    """Book an amount that may be negative."""
    _book(connection, now, amount)


def spent(connection: Connection, since: float) -> int:
    """Settled spending since a moment, in nano-dollars."""
    edge = cover(since)
    minute, hour, day = WIDTHS
    row = connection.execute(
        "SELECT (SELECT coalesce(sum(nano), 0) FROM spending WHERE width = ? AND start >= ? AND start < ?)"
        " + (SELECT coalesce(sum(nano), 0) FROM spending WHERE width = ? AND start >= ? AND start < ?)"
        " + (SELECT coalesce(sum(nano), 0) FROM spending WHERE width = ? AND start >= ?)",
        (minute, edge.minute, edge.hour, hour, edge.hour, edge.day, day, edge.day),
    ).fetchone()
    return int(row[0])


def held(connection: Connection, now: float) -> int:
    """Live holds, in nano-dollars."""
    return int(connection.execute("SELECT coalesce(sum(nano), 0) FROM holds WHERE expires > ?", (now,)).fetchone()[0])


def _book(connection: Connection, wall: float, amount: int) -> None:
    connection.executemany(
        "INSERT INTO spending VALUES (?, ?, ?) ON CONFLICT (width, start) DO UPDATE SET nano = nano + excluded.nano",
        [(width, start, amount) for width, start in starts(wall)],
    )


def _prune(connection: Connection) -> None:
    for width in WIDTHS:
        connection.execute(
            "DELETE FROM spending WHERE width = ? AND start < "
            "(SELECT start FROM spending WHERE width = ? ORDER BY start DESC LIMIT 1 OFFSET ?)",
            (width, width, MAX_SUMS),
        )
    connection.execute(
        "DELETE FROM settled WHERE rowid <= (SELECT max(rowid) FROM settled) - ?",
        (MAX_SETTLED,),
    )
