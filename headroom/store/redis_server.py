"""The link to one Redis or Valkey server: address, timeouts, scripts, and failing fast while it is down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from headroom.errors import StoreError
from headroom.spellings import bare_url

if TYPE_CHECKING:
    from redis.commands.core import Script

MAX_CONNECTIONS = 32

DEFAULT_PREFIX = "{headroom}"

PRELUDES = {
    "take": "buckets",
    "give": "buckets",
    "reserve": "spending",
    "release": "spending",
    "settle": "spending",
    "spent": "spending",
    "held": "spending",
}
"""Which shared Lua functions a script is loaded behind."""

SCRIPTS = ("put", "delete", "clear", "take", "give", "reserve", "renew", "release", "settle", "spent", "held", "append")


class NoRoom(Exception):
    """The ``put`` script found no room."""


class RedisServer:
    """Runs commands and scripts; every failure is a ``StoreError`` that names the server."""

    def __init__(self, url: str, *, timeout: float, break_seconds: float) -> None:
        try:
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ImportError as error:
            raise StoreError("the Redis client is not installed; run: pip install 'headroom-gateway[redis]'") from error
        self._faults: tuple[type[Exception], ...] = (redis.RedisError, OSError)
        self._refused = redis.ResponseError
        self._break_seconds = break_seconds
        self._lock = threading.Lock()
        self._broken_until = 0.0
        self._closed = False
        self.trouble: str | None = None
        """Why the server could not be asked last time."""
        url, self.prefix = _split_prefix(url)
        self.where = bare_url(url)
        """The server's address, safe to show."""
        try:
            pool = redis.BlockingConnectionPool.from_url(
                url,
                max_connections=MAX_CONNECTIONS,
                timeout=timeout,
                socket_timeout=timeout,
                socket_connect_timeout=timeout,
                # One more try on a connection the server has closed meanwhile; a timeout is not repeated.
                retry=Retry(NoBackoff(), 1, (redis.ConnectionError,)),
                client_name="headroom",
            )
        except (ValueError, TypeError) as error:
            raise StoreError(f"{self.where} is not a usable Redis URL: {error}") from error
        self.client = redis.Redis(connection_pool=cast("Any", pool))
        self._scripts: dict[str, Script] = {name: self.client.register_script(_source(name)) for name in SCRIPTS}
        try:
            self.ask(self.client.ping)
        except StoreError:
            self.close()
            raise

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Run one of the Lua scripts."""
        return self.ask(lambda: self._scripts[script](keys=list(keys), args=list(arguments)))

    def ask(self, call: Callable[[], Any]) -> Any:
        """Do something with the client. Raises ``StoreError``, and ``NoRoom`` where a script says so."""
        with self._lock:
            if self._closed:
                raise StoreError("the state store is closed")
            if time.monotonic() < self._broken_until:
                raise StoreError(f"state store {self.where}: not reachable a moment ago; check that the server runs")
        try:
            result = call()
        except self._refused as error:
            if str(error).startswith("NOROOM"):
                raise NoRoom from error
            raise StoreError(f"state store {self.where}: the server refused: {error}") from error
        except self._faults as error:
            with self._lock:
                self._broken_until = time.monotonic() + self._break_seconds
            self.trouble = f"state store {self.where}: {error}; check that the server runs"
            raise StoreError(self.trouble) from error
        self.trouble = None
        return result

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            self._closed = True
        self.client.close()
        self.client.connection_pool.disconnect()


def _source(name: str) -> str:
    folder = files("headroom.store") / "lua"
    prelude = PRELUDES.get(name)
    text = (folder / f"{name}.lua").read_text("utf-8")
    return text if prelude is None else (folder / f"{prelude}.lua").read_text("utf-8") + "\n" + text


def _split_prefix(url: str) -> tuple[str, str]:
    """The URL as the client knows it, and our own ``prefix`` parameter."""
    parts = urlsplit(url)
    scheme = {"valkey": "redis", "valkeys": "rediss"}.get(parts.scheme, parts.scheme)
    query = dict(parse_qsl(parts.query))
    prefix = query.pop("prefix", DEFAULT_PREFIX)
    return urlunsplit((scheme, parts.netloc, parts.path, urlencode(query), "")), prefix
