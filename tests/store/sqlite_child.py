"""A child process for the tests of SQLite: does one thing, tells what it finished, and is killed or runs into limits.

Usage: ``python sqlite_child.py WHAT DATABASE [NUMBER]``.
"""

import os
import resource
import signal
import sqlite3
import sys
import time
from pathlib import Path

from headroom.errors import StoreError
from headroom.store.sqlite import SqliteStore
from headroom.store.sqlite_file import connect

NOW = 1_750_000_000.0


def say(*words):
    print(*words, flush=True)


def write_for_ever(store):
    """Write until killed; every line told is a promise."""
    for number in range(100_000):
        store.put("originals", f"k{number}", b"v" * 3000, now=NOW)
        say("put", number)
        store.reserve(f"h{number}", 1.0, limit_usd=1e6, since=0, now=NOW)
        store.settle(f"h{number}", 0.25, now=NOW)
        say("settle", number)


class Dying(sqlite3.Connection):
    """Kills its process at the N-th statement."""

    left = 0

    def execute(self, *arguments):
        Dying.left -= 1
        if Dying.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(*arguments)


def dying_connect(path):
    connection = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False, factory=Dying)
    connection.execute("PRAGMA busy_timeout = 50")
    return connection


def main():
    what, path = sys.argv[1], Path(sys.argv[2])
    if what == "write":
        write_for_ever(SqliteStore(path, now=lambda: NOW))
    elif what == "die":
        Dying.left = int(sys.argv[3])
        write_for_ever(SqliteStore(path, now=lambda: NOW, connect=dying_connect))
    elif what == "fill":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        store = SqliteStore(path, now=lambda: NOW)
        limit = 400_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        for number in range(1000):
            try:
                store.put("originals", f"k{number}", b"v" * 3000, now=NOW)
            except StoreError as error:
                say("refused", number, error)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
                say("still there", store.get("originals", f"k{number - 1}") == b"v" * 3000)
                store.close()
                return
    elif what == "lock":
        connection = connect(path)
        connection.execute("BEGIN EXCLUSIVE")
        say("locked")
        sys.stdin.readline()
        connection.execute("ROLLBACK")
        say("released")
    elif what == "hold-open":
        store = SqliteStore(path, now=time.time)
        say("open")
        sys.stdin.readline()
        store.close()


main()
