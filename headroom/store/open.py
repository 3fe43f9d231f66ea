"""From ``--store`` to a store: the only place that knows all kinds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from headroom.errors import SettingsError, StoreError
from headroom.store.memory import MemoryStore
from headroom.store.protocol import Store

DATABASE = "headroom.db"
"""File name of the SQLite store in the workspace."""

REDIS_SCHEMES = ("redis://", "rediss://", "valkey://", "valkeys://")

DEGRADED = "serving from memory: originals, spending and rate limits are this process's own and are lost when it stops"


def open_store(
    spec: str, *, workspace: Path | None, now: Callable[[], float], workers: int = 1
) -> tuple[Store, list[str]]:
    """Open the store that ``spec`` names; when it can't be used, memory, and a warning that says so.

    ``spec`` is ``memory``, ``sqlite`` (a file in ``workspace``), ``sqlite:///path``, or a ``redis://``, ``rediss://``
    or ``valkey://`` URL. Without a workspace (``--stateless``) nothing is written to disk, whatever ``spec`` says.
    ``workers`` is how many processes share the store. Returns the store and warnings for the banner. Raises
    ``SettingsError`` for a ``spec`` it does not know.
    """
    if spec == "memory":
        return MemoryStore(now=now), []
    path = _sqlite_path(spec, workspace)
    if path is None and spec != "sqlite" and not spec.startswith(REDIS_SCHEMES):
        raise SettingsError(
            f"--store {spec}: use memory, sqlite, sqlite:///absolute/path, redis://host:port/0 or valkey://host:port/0"
        )
    try:
        if spec.startswith(REDIS_SCHEMES):
            from headroom.store.redis import RedisStore

            return RedisStore(spec, now=now), []
        if path is None or workspace is None:
            return MemoryStore(now=now), [f"--store {spec} would write to disk, which --stateless forbids; {DEGRADED}"]
        from headroom.store.sqlite import SqliteStore

        store = SqliteStore(path, now=now, shared_buckets=workers > 1)
    except StoreError as error:
        return MemoryStore(now=now), [f"{error}; {DEGRADED}"]
    return store, store.notices


def _sqlite_path(spec: str, workspace: Path | None) -> Path | None:
    if spec == "sqlite":
        return None if workspace is None else workspace / DATABASE
    if not spec.startswith("sqlite:///"):
        return None
    text = spec.removeprefix("sqlite://")
    path = Path(text.removeprefix("/")) if text.startswith("/~") else Path(text)
    return path.expanduser()
