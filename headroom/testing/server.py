"""A scripted LLM provider on a loopback port: Anthropic, OpenAI (both APIs) and Gemini at once."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any

from aiohttp import web

from headroom.exchange import Wire
from headroom.testing import control, endpoints, routes
from headroom.testing.clock import Clock, SystemClock
from headroom.testing.deliver import deliver, json_out
from headroom.testing.encodings import decoded
from headroom.testing.intake import credential
from headroom.testing.ledger import Ledger
from headroom.testing.provider import Provider
from headroom.testing.record import RecordedRequest
from headroom.testing.routes import Route
from headroom.testing.script import Block, Reply, Script
from headroom.testing.stage import Stage
from headroom.testing.validate import Refused
from headroom.testing.websocket import serve_websocket

_BODY_LIMIT = 256 * 2**20


class ScriptedLLM(Stage):
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
        provider = Provider(
            clock=clock or SystemClock(),
            ledger=Ledger(foreign=foreign),
            auth=auth,
            billing=billing,
            gemini_ids=gemini_ids,
        )
        super().__init__(provider, Script(default), keep=keep, keep_bytes=keep_bytes)
        self.host = host
        self.port = port
        self._ssl = ssl_context
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
        self.release()
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
            index=0,
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


@contextlib.asynccontextmanager
async def scripted(*replies: Reply | Block | str, **options: Any) -> AsyncIterator[ScriptedLLM]:
    """A started ``ScriptedLLM`` with ``replies`` queued."""
    async with ScriptedLLM(**options) as llm:
        llm.queue(*replies)
        yield llm
