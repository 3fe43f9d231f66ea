"""Connections that only read, kept open between calls."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator

from headroom.errors import StoreError
from headroom.store.sqlite_file import DatabaseFile

READERS = 8
"""Reading connections kept open between calls."""


class Readers:
    """Reading connections, lent to one thread at a time."""

    def __init__(self, file: DatabaseFile) -> None:
        self._file = file
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        self._age = 0

    def renew(self) -> None:
        """Use no connection again that was opened until now."""
        with self._lock:
            self._age += 1
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextlib.contextmanager
    def lend(self) -> Iterator[sqlite3.Connection]:
        """One for this thread alone; not lent again after an error. Raises ``StoreError`` once closed."""
        with self._lock:
            if self._closed:
                raise StoreError("the state store is closed")
            connection, age = self._idle.pop() if self._idle else None, self._age
        if connection is None:
            connection = self._file.connection()
        try:
            yield connection
        except sqlite3.Error:
            connection.close()
            raise
        with self._lock:
            if not self._closed and age == self._age and len(self._idle) < READERS:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Lend no more."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
