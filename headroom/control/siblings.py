"""One admin view over all workers of a machine: each keeps the details of its own requests, and whoever is asked asks the others.

The texts of requests stay in the memory of the worker that served them. They pass between workers over a socket in a
folder that only this user can enter, one question a connection: a line of JSON, then the answer until the end.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from headroom.control.http import ControlReply, ControlRequest, Handler, Route, Router, json_reply

log = logging.getLogger("headroom.control")

SOCKETS = "HEADROOM_WORKER_SOCKETS"
"""Variable with the folder of the workers' sockets."""
_SECONDS = 2.0
"""Longest wait for another worker: it may be busy, or just be starting."""
_CUT = (asyncio.IncompleteReadError, asyncio.LimitOverrunError)
_LONGEST_QUESTION = 16 * 1024
_LONGEST_ANSWER = 64 * 1024 * 1024


class Siblings:
    """This worker's end of the sockets. ``name`` is its own, unlike all others'."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._path = folder / f"{name}.sock"
        self._router = Router(())

    def routes(self, listing: Route, items: Iterable[Route]) -> tuple[Route, ...]:
        """The routes as clients see them: a list of all workers' entries, and items wherever they are kept."""
        items = tuple(items)
        self._router = Router((listing, *items))
        return (
            replace(listing, handler=self._merged(listing.handler)),
            *(replace(item, handler=self._found(item.handler)) for item in items),
        )

    async def serve(self) -> None:
        """Answer the others until cancelled."""
        self._path.unlink(missing_ok=True)  # of a worker that was killed in this place
        server = await asyncio.start_unix_server(self._talk, self._path, limit=_LONGEST_QUESTION)
        try:
            async with server:
                await server.serve_forever()
        finally:
            self._path.unlink(missing_ok=True)
            with suppress(OSError):  # the last one to leave takes the folder along
                self._folder.rmdir()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                asked = json.loads(await reader.readuntil(b"\n"))
                reply = await self._router.dispatch(ControlRequest("GET", asked["path"], asked["query"]))
                body = reply.body if isinstance(reply.body, bytes) else b""
                writer.write(b"%d\n" % reply.status + body)
                await writer.drain()
        except (OSError, TimeoutError, ValueError, TypeError, KeyError, *_CUT) as error:
            log.debug("another worker's question could not be answered: %s", error)
        finally:
            writer.close()

    # -- asking ------------------------------------------------------------------------------------------------------
    async def _ask(self, path: Path, request: ControlRequest) -> tuple[int, bytes] | None:
        """One worker's status and body; None for one that is away."""
        question = json.dumps({"path": request.path, "query": dict(request.query)}).encode() + b"\n"
        try:
            async with asyncio.timeout(_SECONDS), _connection(path) as (reader, writer):
                writer.write(question)
                await writer.drain()
                answer = bytearray()
                while piece := await reader.read(256 * 1024):
                    answer += piece
                    if len(answer) > _LONGEST_ANSWER:
                        return None
            status, _, body = bytes(answer).partition(b"\n")
            return int(status), body
        except (OSError, TimeoutError, ValueError):
            return None

    async def _others(self, request: ControlRequest) -> list[tuple[int, bytes]]:
        paths = [path for path in self._folder.glob("*.sock") if path != self._path]
        answers = await asyncio.gather(*(self._ask(path, request) for path in paths))
        return [answer for answer in answers if answer is not None]

    def _merged(self, own: Handler) -> Handler:
        async def handle(request: ControlRequest) -> ControlReply:
            reply, others = await asyncio.gather(_reply(own, request), self._others(request))
            if reply.status != 200 or not isinstance(reply.body, bytes):
                return reply
            views = [json.loads(reply.body), *(json.loads(body) for status, body in others if status == 200)]
            limit = int(request.query.get("limit", "50"))
            rows = sorted((row for view in views for row in view["requests"]), key=_when, reverse=True)
            minutes = [view["last_minute"] for view in views]
            return json_reply(
                {
                    "requests": rows[:limit],
                    "total": sum(view["total"] for view in views),
                    "last_minute": {name: sum(minute[name] for minute in minutes) for name in minutes[0]},
                }
            )

        return handle

    def _found(self, own: Handler) -> Handler:
        async def handle(request: ControlRequest) -> ControlReply:
            reply = await _reply(own, request)
            if reply.status != 404:
                return reply
            for status, body in await self._others(request):
                if status != 404:
                    return replace(reply, status=status, body=body)
            return reply

        return handle


def _when(row: dict[str, Any]) -> tuple[str, str]:
    return str(row["timestamp"]), str(row["request_id"])


async def _reply(handler: Handler, request: ControlRequest) -> ControlReply:
    reply = handler(request)
    return reply if isinstance(reply, ControlReply) else await reply


@asynccontextmanager
async def _connection(path: Path) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        yield reader, writer
    finally:
        writer.close()
