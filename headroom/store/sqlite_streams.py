"""SQL for append-only streams; what writes runs on the writing connection, inside its transaction."""

from __future__ import annotations

import sqlite3

from headroom.store.protocol import Row


def append(connection: sqlite3.Connection, stream: str, body: bytes, now: float, keep: int) -> None:
    """Add a row; of all, the newest ``keep`` stay."""
    row = connection.execute(
        "INSERT INTO streams VALUES (?, 1) ON CONFLICT (stream) DO UPDATE SET last = last + 1 RETURNING last", (stream,)
    ).fetchone()
    connection.execute("INSERT INTO stream_rows VALUES (?, ?, ?, ?)", (stream, row[0], now, body))
    connection.execute("DELETE FROM stream_rows WHERE stream = ? AND seq <= ?", (stream, row[0] - max(keep, 1)))


def rows(connection: sqlite3.Connection, stream: str, after: int, limit: int) -> list[Row]:
    """Rows with a greater sequence number, oldest first."""
    found = connection.execute(
        "SELECT seq, wall, body FROM stream_rows WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?",
        (stream, after, limit),
    ).fetchall()
    return [Row(*row) for row in found]
