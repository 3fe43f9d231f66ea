"""The SQLite schema and its forward migrations; ``user_version`` counts the migrations a file has seen.

A released migration is never edited: a change is a new entry at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from headroom.errors import StoreError

APPLICATION_ID = 0x48524D31
"""Marks a file as ours ("HRM1"), so that no other program's database is ever written to."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # Blobs. The totals of each space are kept by triggers, so that they are right whoever writes.
        """CREATE TABLE blobs (
            id INTEGER PRIMARY KEY,
            space TEXT NOT NULL,
            key TEXT NOT NULL,
            size INTEGER NOT NULL,
            used REAL NOT NULL,
            expires REAL,
            value BLOB NOT NULL,
            UNIQUE (space, key)
        )""",
        "CREATE INDEX blobs_by_use ON blobs (space, used)",
        "CREATE INDEX blobs_by_expiry ON blobs (space, expires) WHERE expires IS NOT NULL",
        """CREATE TABLE spaces (
            space TEXT PRIMARY KEY,
            entries INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            evicted INTEGER NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TRIGGER blob_added AFTER INSERT ON blobs BEGIN
            INSERT INTO spaces VALUES (new.space, 1, new.size, 0)
            ON CONFLICT (space) DO UPDATE SET entries = entries + 1, bytes = bytes + new.size;
        END""",
        """CREATE TRIGGER blob_resized AFTER UPDATE OF size ON blobs BEGIN
            UPDATE spaces SET bytes = bytes + new.size - old.size WHERE space = new.space;
        END""",
        """CREATE TRIGGER blob_removed AFTER DELETE ON blobs BEGIN
            UPDATE spaces SET entries = entries - 1, bytes = bytes - old.size WHERE space = old.space;
        END""",
        # Token buckets.
        "CREATE TABLE buckets (name TEXT PRIMARY KEY, tat REAL NOT NULL, seen REAL NOT NULL) WITHOUT ROWID",
        "CREATE INDEX buckets_by_use ON buckets (seen)",
        # Budget, in nano-dollars.
        "CREATE TABLE holds (holder TEXT PRIMARY KEY, nano INTEGER NOT NULL, expires REAL NOT NULL) WITHOUT ROWID",
        """CREATE TABLE settled (
            holder TEXT PRIMARY KEY,
            wall REAL NOT NULL,
            nano INTEGER NOT NULL,
            note BLOB NOT NULL
        )""",
        """CREATE TABLE spending (
            width INTEGER NOT NULL,
            start INTEGER NOT NULL,
            nano INTEGER NOT NULL,
            PRIMARY KEY (width, start)
        ) WITHOUT ROWID""",
        # Append-only streams. ``streams.last`` keeps sequence numbers from being given twice.
        "CREATE TABLE streams (stream TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID",
        """CREATE TABLE stream_rows (
            stream TEXT NOT NULL,
            seq INTEGER NOT NULL,
            wall REAL NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY (stream, seq)
        ) WITHOUT ROWID""",
    ),
)


def migrate(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring a file to the newest schema, each step in its own transaction.

    Raises ``StoreError`` for another program's database and for a schema newer than this code. The connection must be
    in autocommit mode.
    """
    while True:
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = _version(connection, len(migrations))
            if version == len(migrations):
                connection.execute("ROLLBACK")
                return
            for statement in migrations[version]:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _version(connection: sqlite3.Connection, newest: int) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if tables and owner != APPLICATION_ID:
        raise StoreError("it is a database of another program; give --store another path")
    if version > newest:
        raise StoreError(
            f"it was written by a newer headroom (schema {version}, this one knows {newest}); "
            f"upgrade headroom, or give --store another path"
        )
    return version
