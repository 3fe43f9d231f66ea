"""SQL for blobs; what writes runs on the writing connection, inside its transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from sqlite3 import Connection

from headroom.errors import StoreError
from headroom.store.protocol import SpaceLimits, SpaceUsage, entry_size, no_room

SWEEP = 16
"""Expired or idle entries removed on the way by one put, so that no put takes long."""
CHUNK = 500
"""Keys asked for in one statement."""


def get(connection: Connection, space: str, key: str, now: float) -> bytes | None:
    """The value, or None."""
    row = connection.execute(
        "SELECT value FROM blobs WHERE space = ? AND key = ? AND (expires IS NULL OR expires > ?)", (space, key, now)
    ).fetchone()
    return None if row is None else row[0]


def get_many(connection: Connection, space: str, keys: Sequence[str], now: float) -> dict[str, bytes]:
    """Those of ``keys`` that exist."""
    found: dict[str, bytes] = {}
    for start in range(0, len(keys), CHUNK):
        some = keys[start : start + CHUNK]
        marks = ",".join("?" * len(some))
        found.update(
            connection.execute(
                f"SELECT key, value FROM blobs WHERE space = ? AND key IN ({marks}) "  # noqa: S608 - only marks
                "AND (expires IS NULL OR expires > ?)",
                (space, *some, now),
            ).fetchall()
        )
    return found


def put_many(
    connection: Connection, limits: SpaceLimits, space: str, items: Mapping[str, bytes], now: float, ttl: float | None
) -> None:
    """Write entries, making room for all of them. Raises ``StoreError`` when there is none."""
    _sweep(connection, limits, space, now)
    sizes = {key: entry_size(key, value) for key, value in items.items()}
    _make_room(connection, limits, space, sizes, now)
    expires = None if ttl is None else now + ttl
    connection.executemany(
        "INSERT INTO blobs (space, key, size, used, expires, value) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (space, key) DO UPDATE SET "
        "size = excluded.size, used = excluded.used, expires = excluded.expires, value = excluded.value",
        [(space, key, sizes[key], now, expires, value) for key, value in items.items()],
    )


def put_once_many(
    connection: Connection, limits: SpaceLimits, space: str, items: Mapping[str, bytes], now: float, ttl: float | None
) -> dict[str, bytes]:
    """Write the entries that don't exist; the values that stand."""
    standing = {}
    for key in items:
        value = get(connection, space, key, now)
        if value is not None:
            standing[key] = value
    new = {key: value for key, value in items.items() if key not in standing}
    if new:
        touch(connection, space, standing, now)  # or the sweep would take an idle one away from under the caller
        put_many(connection, limits, space, new, now, ttl)
    return standing | new


def touch(connection: Connection, space: str, keys: Iterable[str], now: float) -> None:
    """Mark entries as used."""
    connection.executemany(
        "UPDATE blobs SET used = ? WHERE space = ? AND key = ? AND used < ?", [(now, space, key, now) for key in keys]
    )


def delete(connection: Connection, space: str, key: str, now: float) -> bool:
    """Remove one entry; whether it was there and had not expired."""
    row = connection.execute("DELETE FROM blobs WHERE space = ? AND key = ? RETURNING expires", (space, key)).fetchone()
    return row is not None and (row[0] is None or row[0] > now)


def clear(connection: Connection, space: str) -> int:
    """Remove all entries; how many there were."""
    return connection.execute("DELETE FROM blobs WHERE space = ?", (space,)).rowcount


def usage(connection: Connection, space: str) -> SpaceUsage:
    """How full the space is."""
    row = connection.execute("SELECT entries, bytes, evicted FROM spaces WHERE space = ?", (space,)).fetchone()
    return SpaceUsage(0, 0) if row is None else SpaceUsage(*row)


def _sweep(connection: Connection, limits: SpaceLimits, space: str, now: float) -> None:
    connection.execute(
        "DELETE FROM blobs WHERE id IN (SELECT id FROM blobs WHERE space = ? AND expires <= ? LIMIT ?)",
        (space, now, SWEEP),
    )
    if limits.idle_seconds is not None:
        connection.execute(
            "DELETE FROM blobs WHERE id IN (SELECT id FROM blobs WHERE space = ? AND used < ? ORDER BY used LIMIT ?)",
            (space, now - limits.idle_seconds, SWEEP),
        )


def _make_room(connection: Connection, limits: SpaceLimits, space: str, sizes: Mapping[str, int], now: float) -> None:
    """Evict what must go for entries of these sizes to fit."""
    old = [
        row[0]
        for key in sizes
        for row in connection.execute("SELECT size FROM blobs WHERE space = ? AND key = ?", (space, key))
    ]
    used = usage(connection, space)
    over_bytes = used.bytes + sum(sizes.values()) - sum(old) - limits.max_bytes
    most = limits.max_entries
    over_entries = 0 if most is None else used.entries + len(sizes) - len(old) - most
    # No horizon when nothing is protected, so that a clock set back does not make entries immortal.
    horizon = now - limits.protect_seconds if limits.protect_seconds > 0 else float("inf")
    victims = []
    for identity, key, freed in connection.execute(
        "SELECT id, key, size FROM blobs WHERE space = ? AND used <= ? ORDER BY used, id", (space, horizon)
    ):
        if over_bytes <= 0 and over_entries <= 0:
            break
        if key not in sizes:
            victims.append((identity,))
            over_bytes -= freed
            over_entries -= 1
    if over_bytes > 0 or over_entries > 0:
        raise StoreError(no_room(space, limits))
    if victims:
        connection.executemany("DELETE FROM blobs WHERE id = ?", victims)
        connection.execute("UPDATE spaces SET evicted = evicted + ? WHERE space = ?", (len(victims), space))
