"""The Responses API over WebSocket: ``response.create`` frames in, the usual events out, one at a time.

Responses live as long as the connection when they are not stored, so ``previous_response_id`` works with
``store: false``, as Codex uses it. ``generate: false`` warms up: it stores the input and answers without output.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from aiohttp import WSMsgType, web

from headroom.exchange import Wire
from headroom.testing.intake import credential
from headroom.testing.record import RecordedRequest
from headroom.testing.routes import Route
from headroom.testing.script import Reply
from headroom.testing.stage import Stage
from headroom.testing.validate import Refused

_BREAKS = frozenset({"cut_event", "cut_after", "rst_after", "reset", "close"})
_ROUTE = Route(Wire.OPENAI_RESPONSES, "generate", stream=True)


async def serve_websocket(
    llm: Stage, request: web.Request, opened: RecordedRequest, headers: dict[str, str]
) -> web.WebSocketResponse:
    """Serve one connection until the client closes it."""
    opened.operation = "websocket"
    socket = web.WebSocketResponse(max_msg_size=64 * 2**20)
    await socket.prepare(request)
    opened.status = 101
    scope = credential(headers, dict(request.query))
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            continue
        frame = message.data.encode()
        record = RecordedRequest(
            index=0,
            method="WS",
            path=opened.path,
            query=opened.query,
            headers=opened.headers,
            wire_body=frame,
            body=frame,
            arrived=time.monotonic(),
            connection=opened.connection,
            wire=Wire.OPENAI_RESPONSES,
            operation="generate",
        )
        await llm.remember(record)
        await _answer(llm, socket, record, headers, scope)
        record.ended = time.monotonic()
    opened.finished = True
    return socket


async def _answer(
    llm: Stage, socket: web.WebSocketResponse, record: RecordedRequest, headers: dict[str, str], scope: str
) -> None:
    provider = llm.provider

    async def send(event: dict[str, Any]) -> None:
        text = json.dumps(event, ensure_ascii=False)
        await socket.send_str(text)
        record.sent += text.encode() + b"\n"

    try:
        body, generate = _read(llm, record, headers)
    except Refused as why:
        record.status, record.refusal = why.status, why.message
        error = {"type": "invalid_request_error", "message": why.message, "param": why.param, "code": why.code}
        await send({"type": "error", "status": why.status, "error": error})
        return
    reply = llm.script.choose(record) if generate else Reply()
    await llm.pass_gates(reply.fault)
    kind = reply.fault.kind if reply.fault else ""
    if reply.fault is not None and kind == "status":
        record.status = reply.fault.status
        failed = {"type": "server_error", "message": "The server had an error.", "code": None, "param": None}
        await send({"type": "error", "status": reply.fault.status, "error": failed})
        return
    rendered = provider.render(record, body, reply, scope, always=True)
    record.status = 200
    for number, event in enumerate(rendered.events()):
        if reply.fault is not None and kind in _BREAKS and number >= reply.fault.after:
            await socket.close(code=1011)
            return
        await send(event)
        if reply.pause > 0:
            await asyncio.sleep(reply.pause)
    record.finished = True


def _read(llm: Stage, record: RecordedRequest, headers: dict[str, str]) -> tuple[dict[str, Any], bool]:
    try:
        frame = json.loads(record.body)
    except ValueError:
        raise Refused("The frame is not valid JSON.", code="invalid_json") from None
    if not isinstance(frame, dict) or frame.pop("type", None) != "response.create":
        raise Refused("Expected a frame of type 'response.create'.", param="type", code="invalid_value")
    generate = frame.pop("generate", True)
    kept = record.body
    record.body = json.dumps(frame).encode()
    try:
        body = llm.provider.read(record, _ROUTE, headers)
    finally:
        record.body = kept
    return body, bool(generate)
