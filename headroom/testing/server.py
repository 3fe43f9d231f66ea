"""A scripted LLM provider on a loopback port: Anthropic, OpenAI (both APIs) and Gemini at once."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import Any

from aiohttp import web

from headroom.exchange import Usage, Wire
from headroom.testing import control, endpoints, routes
from headroom.testing.clock import Clock, SystemClock
from headroom.testing.deliver import deliver, json_out
from headroom.testing.encodings import decoded
from headroom.testing.faults import Fault
from headroom.testing.intake import credential
from headroom.testing.ledger import Ledger
from headroom.testing.provider import Provider
from headroom.testing.record import RecordedRequest
from headroom.testing.routes import Route
from headroom.testing.script import Block, Brain, Reply, Rule, Script, When, as_reply
from headroom.testing.validate import Refused
from headroom.testing.websocket import serve_websocket

_BODY_LIMIT = 256 * 2**20


class ScriptedLLM:
    """The fake provider. Use it as an async context manager, or ``start`` and ``stop`` it.

    ``foreign`` takes signatures and response ids that this fake never issued, for replays of recorded traffic.
    ``auth=False`` waives credentials and version headers. ``billing=False`` saves the time of counting tokens, for
    load tests. ``keep`` bounds how many requests are remembered, ``keep_bytes`` their bodies.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        ssl_context: ssl.SSLContext | None = None,
        clock: Clock | None = None,
        foreign: bool = False,
        auth: bool = True,
        billing: bool = True,
        gemini_ids: bool = True,
        keep: int = 2000,
        keep_bytes: int = 256 * 2**20,
        default: Reply | Block | str = "Done.",
    ) -> None:
        self.host = host
        self.port = port
        self.clock: Clock = clock or SystemClock()
        self.script = Script(default)
        self.provider = Provider(
            clock=self.clock, ledger=Ledger(foreign=foreign), auth=auth, billing=billing, gemini_ids=gemini_ids
        )
        self._ssl = ssl_context
        self._log: deque[RecordedRequest] = deque()
        self._keep, self._keep_bytes, self._held_bytes = keep, keep_bytes, 0
        self._count = 0
        self._open = asyncio.Event()
        self._open.set()
        self._arrival = asyncio.Condition()
        self._waiting = 0
        self._runner: web.AppRunner | None = None

    # -- life ------------------------------------------------------------------------------------------------------

    async def start(self) -> ScriptedLLM:
        """Listen; ``port`` and ``base_url`` are set afterwards."""
        app = web.Application(client_max_size=_BODY_LIMIT)
        control.add_routes(app, self)
        app.router.add_route("*", "/{path:.*}", self._handle)
        # The body's bytes on the wire are recorded, so aiohttp must not decode them.
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, auto_decompress=False, shutdown_timeout=0.5
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port, ssl_context=self._ssl, backlog=1024)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        """Close all connections."""
        self._open.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> ScriptedLLM:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def base_url(self) -> str:
        """Scheme, host and port, without a path."""
        return f"{'https' if self._ssl else 'http'}://{self.host}:{self.port}"

    # -- script ----------------------------------------------------------------------------------------------------

    def queue(self, *replies: Reply | Block | str | Fault | Iterable[Block | str]) -> None:
        """Say these next, one a generation request, in order."""
        self.script.queue.extend(as_reply(reply) for reply in replies)

    def on(
        self, when: When, reply: Reply | Block | str | Fault | Iterable[Block | str], *, times: int | None = None
    ) -> None:
        """Answer requests that fit ``when`` with ``reply``; earlier rules go first, all rules go before the queue."""
        self.script.rules.append(Rule(when, as_reply(reply), times))

    def fail(self, fault: Fault, *, times: int | None = 1, when: When | None = None) -> None:
        """Let the next ``times`` requests fail (for ever when None)."""
        self.on(when or When(), fault, times=times)

    def play(self, brain: Brain) -> None:
        """Let a function of the request choose what neither rules nor queue answer."""
        self.script.brain = brain

    def hold(self) -> None:
        """Keep all generation requests waiting until ``release``."""
        self._open.clear()

    def release(self) -> None:
        """Let held requests go on."""
        self._open.set()

    def reset(self) -> None:
        """Forget script, records and prompt caches; connections stay."""
        self.script.clear()
        self._log.clear()
        self._held_bytes = 0
        self.provider.forget_caches()
        self._open.set()

    # -- what was seen ---------------------------------------------------------------------------------------------

    @property
    def requests(self) -> list[RecordedRequest]:
        """All remembered requests, oldest first."""
        return list(self._log)

    @property
    def generations(self) -> list[RecordedRequest]:
        """Those that asked for model output."""
        return [record for record in self._log if record.operation == "generate"]

    @property
    def last(self) -> RecordedRequest:
        """The latest request. Raises ``LookupError`` when there was none."""
        if not self._log:
            raise LookupError("the fake upstream has seen no request yet")
        return self._log[-1]

    @property
    def usage(self) -> Usage:
        """All that the remembered requests billed."""
        return sum((record.usage for record in self._log if record.usage is not None), Usage())

    async def wait_for_requests(self, count: int, timeout: float = 60.0) -> None:  # noqa: ASYNC109 - part of the API
        """Return when ``count`` requests in all have arrived since the start. Raises ``TimeoutError``."""
        async with asyncio.timeout(timeout), self._arrival:
            await self._arrival.wait_for(lambda: self._count >= count)

    # -- one request -----------------------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        record, route, headers = await self._record(request)
        try:
            if request.headers.get("Upgrade", "").lower() == "websocket" and route.wire is Wire.OPENAI_RESPONSES:
                return await serve_websocket(self, request, record, headers)
            return await self._respond(request, record, route, headers)
        except (asyncio.CancelledError, ConnectionError):
            record.disconnected = True
            raise
        finally:
            record.ended = time.monotonic()

    async def _record(self, request: web.Request) -> tuple[RecordedRequest, Route, dict[str, str]]:
        arrived = time.monotonic()
        headers = {name.lower(): value for name, value in request.headers.items()}
        raw = await request.read()
        peer = request.transport.get_extra_info("peername") if request.transport else None
        route = routes.find(request.method, request.path, headers)
        record = RecordedRequest(
            index=self._count,
            method=request.method,
            path=request.raw_path.partition("?")[0],
            query=request.raw_path.partition("?")[2],
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers),
            wire_body=raw,
            body=decoded(raw, headers.get("content-encoding", "")),
            arrived=arrived,
            connection=peer[1] if peer else 0,
            wire=route.wire,
            operation=route.operation,
        )
        await self.remember(record)
        return record, route, headers

    async def remember(self, record: RecordedRequest) -> None:
        """Put a request into the log, dropping the oldest over the bounds."""
        record.index = self._count
        self._count += 1
        self._log.append(record)
        self._held_bytes += len(record.wire_body)
        while len(self._log) > self._keep or (self._held_bytes > self._keep_bytes and len(self._log) > 1):
            self._held_bytes -= len(self._log.popleft().wire_body)
        async with self._arrival:
            self._arrival.notify_all()

    async def _respond(
        self, request: web.Request, record: RecordedRequest, route: Route, headers: dict[str, str]
    ) -> web.StreamResponse:
        provider = self.provider
        refused = provider.authorise(route, headers, dict(request.query))
        if refused is not None:
            record.refusal = "no credential"
            return await deliver(request, record, refused)
        match route.operation:
            case "generate" | "count":
                pass
            case "probe":
                return await deliver(request, record, json_out({"status": "ok"}))
            case _:
                out = endpoints.other(self.provider, record, route)
                return await deliver(request, record, out)
        try:
            body = provider.read(record, route, headers)
        except Refused as why:
            record.refusal = why.message
            return await deliver(request, record, provider.refuse(route, why))
        if route.operation == "count":
            return await deliver(request, record, provider.count(route, body))
        reply = self.script.choose(record)
        await self.pass_gates(reply.fault)
        if reply.fault is not None and reply.fault.kind == "status":
            return await deliver(request, record, provider.fail(route, reply.fault))
        scope = credential(headers, dict(request.query))
        if reply.fault is not None and reply.fault.kind in {"reset", "close"}:
            return await deliver(request, record, json_out({}), reply.fault)
        out = provider.answer(record, route, body, reply, scope, sse=request.query.get("alt") == "sse")
        return await deliver(request, record, out, reply.fault, pause=reply.pause)

    async def pass_gates(self, fault: Fault | None) -> None:
        """Wait while held, and at a ``wait_for`` barrier."""
        async with asyncio.timeout(60):
            await self._open.wait()
        if fault is None or fault.kind != "wait_for":
            return
        self._waiting += 1
        try:
            async with self._arrival:
                self._arrival.notify_all()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(fault.seconds):
                        await self._arrival.wait_for(lambda: self._waiting >= fault.size)
        finally:
            # All that met at the barrier leave together; only then is it closed again.
            await asyncio.sleep(0)
            self._waiting -= 1


@contextlib.asynccontextmanager
async def scripted(*replies: Reply | Block | str, **options: Any) -> AsyncIterator[ScriptedLLM]:
    """A started ``ScriptedLLM`` with ``replies`` queued."""
    async with ScriptedLLM(**options) as llm:
        llm.queue(*replies)
        yield llm
