"""The one pooled HTTP client towards providers: bounded connections, separate time-outs, retries before the first byte."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from headroom.errors import UpstreamTimeout, UpstreamUnreachable
from headroom.upstream.guarded import GuardedResolver, UnsafeDestination
from headroom.upstream.outward import WayOut
from headroom.upstream.reply import Reply, first_line, reason_of
from headroom.upstream.retry import Random, RetryPolicy, after_error, after_status

_CONNECT_SECONDS = 10.0
"""Longest wait for TCP and TLS; a provider that takes longer is not going to answer."""
_KEEPALIVE_SECONDS = 60.0
_HEADER_BYTES = 64 * 1024
_STALE_RETRIES = 3
"""Attempts beyond the policy for connections the upstream had closed while they lay idle in our pool."""

_reused: ContextVar[bool] = ContextVar("headroom_upstream_connection_reused", default=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One request to an upstream, complete."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    stream: bool = False
    """The limit holds between two pieces of the answer instead of for the whole of it."""
    retry: bool = True
    """False for a single attempt."""
    guarded: bool = False
    """The caller chose the destination: only public addresses are connected to."""


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """How many connections, and for how long; times in seconds."""

    max_connections: int = 500
    max_keepalive: int = 100
    timeout: float = 300.0


class _Pool(aiohttp.TCPConnector):
    """A connector that keeps at most ``idle_limit`` idle connections and tells when it hands out a used one."""

    def __init__(self, *, idle_limit: int, **options: Any) -> None:
        super().__init__(**options)
        self._idle_limit = idle_limit

    def _release(self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        # aiohttp bounds connections in use but not those lying idle.
        full = sum(map(len, self._conns.values())) >= self._idle_limit
        super()._release(key, protocol, should_close=should_close or full)

    async def _get(self, key: ConnectionKey, traces: Any) -> Connection | None:
        found = await super()._get(key, traces)
        _reused.set(found is not None)
        return found

    @property
    def idle(self) -> int:
        """Idle connections held."""
        return sum(map(len, self._conns.values()))


@dataclass(slots=True)
class UpstreamClient:
    """Sends requests. One per process; the session is made on first use, inside the running loop."""

    limits: ClientLimits
    retry: RetryPolicy
    trust: ssl.SSLContext
    way_out: WayOut = field(default_factory=WayOut)
    uniform: Random = random.uniform
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    wall: Callable[[], float] = time.time
    _sessions: dict[bool, aiohttp.ClientSession] = field(default_factory=dict)
    """One for the operator's upstreams, and one, guarded, for those that callers choose: they share no connection."""
    _timeout: aiohttp.ClientTimeout = field(init=False)

    def __post_init__(self) -> None:
        limit = self.limits.timeout
        self._timeout = aiohttp.ClientTimeout(
            total=None, connect=None, sock_connect=min(_CONNECT_SECONDS, limit), sock_read=limit
        )

    def _open(self, *, guarded: bool = False) -> aiohttp.ClientSession:
        session = self._sessions.get(guarded)
        if session is None:
            pool = _Pool(
                idle_limit=self.limits.max_keepalive,
                limit=self.limits.max_connections,
                keepalive_timeout=_KEEPALIVE_SECONDS,
                ssl=self.trust,
                ttl_dns_cache=60,
                resolver=GuardedResolver(ThreadedResolver()) if guarded else None,
            )
            session = self._sessions[guarded] = aiohttp.ClientSession(
                connector=pool,
                auto_decompress=False,
                # One process serves many callers: nobody's cookies may reach anybody else's requests.
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                timeout=self._timeout,
                trust_env=False,
                max_line_size=_HEADER_BYTES,
                max_field_size=_HEADER_BYTES,
            )
        return session

    async def send(self, request: Request) -> Reply:
        """Send until a final answer's head is there. Raises ``UpstreamTimeout`` or ``UpstreamUnreachable``.

        All attempts and waits together stay within the limit. Cancelling closes the upstream connection.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.limits.timeout
        host = URL(request.url).host or request.url
        failures = stale = 0
        retried: list[str] = []
        policy = self.retry if request.retry else replace(self.retry, attempts=1)
        while True:
            try:
                response = await self._once(request, deadline)
            except _Failed as failed:
                if failed.stale and stale < _STALE_RETRIES:
                    stale += 1
                    continue
                failures += 1
                remaining = deadline - loop.time()
                wait = (
                    after_error(failures=failures, remaining=remaining, policy=policy, uniform=self.uniform)
                    if failed.again
                    else None
                )
                if wait is None:
                    failed.outcome.retried = tuple(retried)
                    raise failed.outcome from None
                reason = "timeout" if isinstance(failed.outcome, UpstreamTimeout) else "connection"
            else:
                failures += 1
                wait = after_status(
                    response.status,
                    response.raw_headers,
                    failures=failures,
                    remaining=deadline - loop.time(),
                    policy=policy,
                    uniform=self.uniform,
                    wall=self.wall(),
                )
                if wait is None:
                    ends = None if request.stream else deadline
                    return Reply(response, host=host, retried=tuple(retried), deadline=ends)
                response.close()
                reason = str(response.status)
            retried.append(reason)
            await self.sleep(wait)

    async def _once(self, request: Request, deadline: float) -> aiohttp.ClientResponse:
        """One attempt. Raises ``_Failed``."""
        host = URL(request.url).host or request.url
        _reused.set(False)
        try:
            async with asyncio.timeout_at(deadline):
                return await self._open(guarded=request.guarded).request(
                    request.method,
                    URL(request.url, encoded=True),
                    headers=_one_spelling(request.headers),
                    data=request.body or None,
                    allow_redirects=False,
                    # A proxy would look the name up itself, past our check.
                    proxy=None if request.guarded else self.way_out.proxy_for(request.url),
                )
        except aiohttp.InvalidURL:
            raise _Failed(UpstreamUnreachable(f"{host}: this is not an address that can be called")) from None
        except aiohttp.ClientConnectorDNSError as error:
            unsafe = isinstance(error.os_error, UnsafeDestination)
            words = str(error.os_error) if unsafe else f"{host} can't be reached: {reason_of(error)}"
            raise _Failed(UpstreamUnreachable(words), again=not unsafe) from None
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError) as error:
            raise _Failed(
                UpstreamUnreachable(
                    f"{host}: TLS failed ({reason_of(error)}); a private authority is trusted with --upstream-ca"
                )
            ) from None
        except aiohttp.ClientHttpProxyError as error:
            raise _Failed(UpstreamUnreachable(f"the outgoing proxy refused {host} with {error.status}")) from None
        except (aiohttp.ConnectionTimeoutError, aiohttp.SocketTimeoutError):
            raise _Failed(UpstreamTimeout(f"{host} did not answer in time"), again=True) from None
        except TimeoutError:
            raise _Failed(UpstreamTimeout(f"{host} did not answer within {self.limits.timeout:g} s")) from None
        except aiohttp.ClientResponseError as error:
            raise _Failed(
                UpstreamUnreachable(f"{host} did not answer in HTTP: {first_line(error.message)}"), again=True
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            raise _Failed(
                UpstreamUnreachable(f"{host} can't be reached: {reason_of(error)}"),
                again=True,
                stale=_reused.get() and isinstance(error, aiohttp.ServerDisconnectedError | ConnectionError),
            ) from None

    @property
    def idle_connections(self) -> int:
        """Idle upstream connections held."""
        pools = (session.connector for session in self._sessions.values())
        return sum(pool.idle for pool in pools if isinstance(pool, _Pool))

    async def close(self) -> None:
        """End all connections; safe to call twice."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()


class _Failed(Exception):
    """An attempt that brought no answer."""

    def __init__(
        self, outcome: UpstreamTimeout | UpstreamUnreachable, *, again: bool = False, stale: bool = False
    ) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome
        self.again = again
        """Another attempt may go better."""
        self.stale = stale
        """A pooled connection turned out to be dead."""


def _one_spelling(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """Repeated fields under the name of the first: aiohttp keeps only the last of ``accept`` and ``Accept``."""
    names: dict[str, str] = {}
    return [(names.setdefault(name.lower(), name), value) for name, value in headers]
