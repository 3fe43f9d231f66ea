"""``headroom kompress serve``: the engine over HTTP, so that several proxies share one model and one device."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, Protocol

import msgspec
from aiohttp import web

from headroom.compress.kompress.status import Answer, Missed, Status
from headroom.version import __version__

MOST_BYTES = 8 << 20
MOST_SECONDS = 60.0
_DEFAULT_SECONDS = 10.0
_WAITING = 64
"""Blocks that wait for the engine at once, each on a thread; more are told at once that it is busy."""


class Scoring(Protocol):
    """An engine."""

    def score(self, words: list[str], seconds: float) -> Answer:
        """One score a word, or why not."""

    def status(self) -> Status:
        """Its state."""


class _Asked(msgspec.Struct):
    words: list[str]
    seconds: float = _DEFAULT_SECONDS


_decoder = msgspec.json.Decoder(_Asked)


def application(engine: Scoring) -> web.Application:
    """The routes: ``POST /v1/score``, ``GET /v1/status``, ``GET /livez``, ``GET /readyz``."""
    threads = ThreadPoolExecutor(_WAITING, thread_name_prefix="headroom-score")
    waiting = 0

    async def score(request: web.Request) -> web.Response:
        nonlocal waiting
        try:
            asked = _decoder.decode(await request.read())
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _error(
                400, "invalid_request", f'the body must be {{"words": [text, ...], "seconds": number}}: {error}'
            )
        if not 0 < asked.seconds <= MOST_SECONDS:
            return _error(400, "invalid_request", f"seconds must be above 0 and at most {MOST_SECONDS:g}")
        if waiting >= _WAITING:
            return _error(503, "busy", "too many requests wait already")
        waiting += 1
        try:
            answer = await asyncio.get_running_loop().run_in_executor(threads, engine.score, asked.words, asked.seconds)
        finally:
            waiting -= 1
        if isinstance(answer, Missed):
            return _error(503, answer.why, "not scored; take the text without the model")
        status = engine.status()
        return _json({"scores": answer.values, "identity": status.identity, "ms": round(1e3 * answer.seconds, 2)})

    async def status(_request: web.Request) -> web.Response:
        return _json({"service": "headroom-kompress", "version": __version__, **asdict(engine.status())})

    async def livez(_request: web.Request) -> web.Response:
        return _json({"status": "healthy", "alive": True})

    async def readyz(_request: web.Request) -> web.Response:
        found = engine.status()
        return _json({"ready": found.ready, "state": found.state, "reason": found.reason}, 200 if found.ready else 503)

    app = web.Application(client_max_size=MOST_BYTES, middlewares=[_refuse_pages])
    app.router.add_post("/v1/score", score)
    app.router.add_get("/v1/status", status)
    app.router.add_get("/livez", livez)
    app.router.add_get("/readyz", readyz)

    async def stop(_app: web.Application) -> None:
        threads.shutdown(wait=False, cancel_futures=True)

    app.on_cleanup.append(stop)
    return app


@web.middleware
async def _refuse_pages(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """A web page in a browser must not use what only programs on this machine are to reach."""
    if "Origin" in request.headers:
        return _error(403, "forbidden", "no browser pages")
    return await handler(request)


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")


def _error(status: int, kind: str, message: str) -> web.Response:
    return _json({"error": {"type": kind, "message": message}}, status)
