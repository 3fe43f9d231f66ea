"""A small HTTP client for threads: kept connections, one time limit for the whole call, bounded answers."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from typing import Any
from urllib.parse import urlsplit

_MOST_ANSWER = 64 << 20
_KEPT = 8


class CallFailed(Exception):
    """No usable answer; the message says why in a few words."""


class Caller:
    """Calls one server. Thread-safe."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self._host = parts.hostname or ""
        self._port = parts.port
        self._tls = parts.scheme == "https"
        self._prefix = parts.path.rstrip("/")
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self._closed = False

    def call(self, method: str, path: str, body: Any = None, *, seconds: float) -> tuple[int, Any]:
        """Status and decoded JSON. Raises ``CallFailed`` and ``TimeoutError``."""
        ends = time.monotonic() + seconds
        data = None if body is None else json.dumps(body).encode("utf-8", "replace")
        connection, fresh = self._take()
        while True:
            try:
                return self._once(connection, method, path, data, ends)
            except TimeoutError:
                connection.close()
                raise
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if fresh:  # a kept connection may have been closed meanwhile; a new one says what is wrong
                    raise CallFailed(f"{type(error).__name__}: {error}") from None
                connection, fresh = self._new(), True

    def _once(
        self, connection: http.client.HTTPConnection, method: str, path: str, data: bytes | None, ends: float
    ) -> tuple[int, Any]:
        left = ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.timeout = left
        if connection.sock is not None:
            connection.sock.settimeout(left)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        connection.request(method, self._prefix + path, data, headers)
        reply = connection.getresponse()
        pieces: list[bytes] = []
        size = 0
        while True:
            left = ends - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if connection.sock is not None:
                connection.sock.settimeout(left)
            piece = reply.read1(1 << 16)
            if not piece:
                break
            pieces.append(piece)
            size += len(piece)
            if size > _MOST_ANSWER:
                raise CallFailed("the answer is larger than 64 MiB")
        self._keep(connection, keep=not reply.will_close)
        try:
            return reply.status, json.loads(b"".join(pieces) or b"null")
        except ValueError:
            raise CallFailed(f"the answer ({reply.status}) is no JSON") from None

    def _take(self) -> tuple[http.client.HTTPConnection, bool]:
        with self._lock:
            if self._idle:
                return self._idle.pop(), False
        return self._new(), True

    def _new(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._tls else http.client.HTTPConnection
        return kind(self._host, self._port)

    def _keep(self, connection: http.client.HTTPConnection, *, keep: bool) -> None:
        with self._lock:
            if keep and not self._closed and len(self._idle) < _KEPT:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close the kept connections."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            with contextlib.suppress(OSError):
                connection.close()
