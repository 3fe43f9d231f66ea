"""Scripting the fake from another process, under ``/__control/``. All bodies are JSON.

| route | does |
|---|---|
| POST queue     | ``{"replies": [reply, …]}``: say these next |
| POST rule      | ``{"when": {…}, "reply": reply, "times": n or null}`` |
| POST session   | ``{"name": "demo"}``: play a bundled session |
| POST hold, POST release | keep requests waiting, let them go |
| POST clock     | ``{"advance": seconds}``, with a fake clock only |
| POST reset     | forget script, records and prompt caches |
| GET requests   | all records; ``?after=N`` those with a larger index; bodies in base64 |
| GET usage      | the sum billed |
"""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from headroom.testing.clock import FakeClock
from headroom.testing.record import RecordedRequest
from headroom.testing.script import Brain, Rule, reply_from_json, when_from_json
from headroom.testing.stage import Stage

PREFIX = "/__control/"


def session_brain(name: str) -> Brain:
    """The model's part of a bundled session. Raises ``ValueError`` for an unknown name."""
    from headroom.testing.story import by_name

    return by_name(name).brain()


def add_routes(app: web.Application, llm: Stage) -> None:
    """Mount the control routes."""

    def on(path: str, action: Callable[[dict[str, Any]], object]) -> None:
        async def handler(request: web.Request) -> web.Response:
            try:
                raw = await request.read()
                given = json.loads(raw) if raw else {}
                return web.json_response(action(given) or {"ok": True})
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

        app.router.add_post(PREFIX + path, handler)

    def queue(given: dict[str, Any]) -> None:
        llm.queue(*[reply_from_json(reply) for reply in given["replies"]])

    def rule(given: dict[str, Any]) -> None:
        when = when_from_json(given.get("when", {}))
        llm.script.rules.append(Rule(when, reply_from_json(given["reply"]), given.get("times")))

    def clock(given: dict[str, Any]) -> dict[str, float]:
        if not isinstance(llm.clock, FakeClock):
            raise TypeError("this fake runs on the system's clock; start it with a fake one")
        return {"now": llm.clock.advance(float(given["advance"]))}

    on("queue", queue)
    on("rule", rule)
    on("session", lambda given: llm.play(session_brain(given["name"])))
    on("hold", lambda _: llm.hold())
    on("release", lambda _: llm.release())
    on("clock", clock)
    on("reset", lambda _: llm.reset())
    app.router.add_get(PREFIX + "requests", _requests(llm))
    app.router.add_get(PREFIX + "usage", _usage(llm))


def _requests(llm: Stage) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        after = int(request.query.get("after", "-1"))
        return web.json_response([to_json(record) for record in llm.requests if record.index > after])

    return handler


def _usage(llm: Stage) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(_request: web.Request) -> web.Response:
        return web.json_response(asdict(llm.usage))

    return handler


def to_json(record: RecordedRequest) -> dict[str, Any]:
    """A record as JSON; ``from_json`` reads it back, but for the conversation."""
    return {
        "index": record.index,
        "method": record.method,
        "path": record.path,
        "query": record.query,
        "headers": [list(pair) for pair in record.headers],
        "wire_body": base64.b64encode(record.wire_body).decode(),
        "body": base64.b64encode(record.body).decode(),
        "arrived": record.arrived,
        "connection": record.connection,
        "wire": record.wire,
        "operation": record.operation,
        "model": record.model,
        "stream": record.stream,
        "status": record.status,
        "refusal": record.refusal,
        "usage": asdict(record.usage) if record.usage else None,
        "sent": base64.b64encode(bytes(record.sent)).decode(),
        "finished": record.finished,
        "disconnected": record.disconnected,
        "ended": record.ended,
    }


def from_json(data: dict[str, Any]) -> RecordedRequest:
    """Read what ``to_json`` wrote."""
    from headroom.exchange import Usage, Wire

    given = dict(data)
    given["headers"] = tuple((name, value) for name, value in data["headers"])
    for name in ("wire_body", "body"):
        given[name] = base64.b64decode(data[name])
    given["sent"] = bytearray(base64.b64decode(data["sent"]))
    given["wire"] = Wire(data["wire"]) if data["wire"] else None
    given["usage"] = Usage(**data["usage"]) if data["usage"] else None
    return RecordedRequest(**given)
