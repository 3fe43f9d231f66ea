"""Putting an answer on the wire, whole or broken in the way a fault says."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aiohttp import web

from headroom.testing.faults import Fault
from headroom.testing.record import RecordedRequest

_NEVER = Fault("gzip")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A response before it is sent: ``frames`` are whole events of a stream, or one whole body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    frames: tuple[bytes, ...]
    stream: bool = False
    error_frame: bytes = b""
    """What this provider's stream says when it breaks down."""


async def deliver(
    request: web.Request,
    record: RecordedRequest,
    out: Outgoing,
    fault: Fault | None = None,
    *,
    pause: float = 0.0,
) -> web.StreamResponse:
    """Send ``out``, with ``fault`` applied; ``record`` learns every byte that was written."""
    kind = fault.kind if fault else ""
    fault = fault or _NEVER
    record.status = out.status
    if kind == "slow_head":
        await asyncio.sleep(fault.seconds)
    if kind in {"reset", "close"}:
        record.status = 0
        return await hang_up(request, web.StreamResponse(), reset=kind == "reset")
    frames = bend(out, fault) if kind else list(out.frames)
    headers = list(out.headers)
    if kind in {"gzip", "truncated_gzip"}:
        frames = list(_gzipped(frames, cut=fault.after if kind == "truncated_gzip" else None))
        headers.append(("Content-Encoding", "gzip"))
    if kind == "wrong_length":
        return await _wrong_length(request, record, out, headers, fault.size)
    response = web.StreamResponse(status=out.status)
    for name, value in headers:
        response.headers[name] = value
    if not out.stream:
        response.content_length = sum(map(len, frames))
    if request.method == "HEAD":
        frames = []
    await response.prepare(request)
    if kind == "slow_first_byte":
        await asyncio.sleep(fault.seconds)
    if kind in {"rst_after", "cut_after"}:
        await _write(response, record, b"".join(frames)[: fault.after])
        return await hang_up(request, response, reset=kind == "rst_after")
    if kind == "cut_event":
        good = frames[: fault.after]
        torn = frames[fault.after] if fault.after < len(frames) else frames[-1]
        await _write(response, record, b"".join(good) + torn[: len(torn) // 2])
        return await hang_up(request, response, reset=False)
    if kind == "stall_after":
        body = b"".join(frames)
        await _write(response, record, body[: fault.after])
        await asyncio.sleep(fault.seconds)
        frames = [body[fault.after :]]
    if kind == "slices":
        body, size = b"".join(frames), max(1, fault.size)
        frames = [body[at : at + size] for at in range(0, len(body), size)]
    for frame in frames:
        await _write(response, record, frame)
        if pause > 0:
            await asyncio.sleep(pause)
        elif kind == "slices":
            await asyncio.sleep(0)
    await response.write_eof()
    record.finished = True
    return response


def bend(out: Outgoing, fault: Fault) -> list[bytes]:
    """The frames as the fault leaves them, where it changes content and not the transport."""
    frames = list(out.frames)
    match fault.kind:
        case "empty_body":
            return []
        case "malformed_sse" if out.stream:
            junk = [b'data: {"type":"content_block_delta","index":\n\n', b"this line is no field of an event\n\n"]
            return [*frames[: fault.after], *junk, *frames[fault.after :]]
        case "stream_error" if out.stream:
            return [*frames[: fault.after], out.error_frame]
        case "crlf" if out.stream:
            return [b": connected\r\n\r\n", *map(_crlf, frames)]
        case _:
            return frames


def _crlf(frame: bytes) -> bytes:
    lines = frame.replace(b"\r\n", b"\n").split(b"\n")
    # JSON may hold a line break between tokens, and joining data lines makes one: right after the opening brace.
    split = [
        line.replace(b"data: {", b"data: {\r\ndata: ", 1) if line.startswith(b"data: {") else line for line in lines
    ]
    return b": keep-alive\r\n" + b"\r\n".join(split)


def _gzipped(frames: Sequence[bytes], *, cut: int | None) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=31)
    packed = [packer.compress(frame) + packer.flush(zlib.Z_SYNC_FLUSH) for frame in frames]
    packed.append(packer.flush())
    if cut is None:
        yield from packed
    else:
        yield b"".join(packed)[:cut]


async def _write(response: web.StreamResponse, record: RecordedRequest, chunk: bytes) -> None:
    await response.write(chunk)
    record.sent += chunk


async def _wrong_length(
    request: web.Request, record: RecordedRequest, out: Outgoing, headers: list[tuple[str, str]], error: int
) -> web.StreamResponse:
    body = b"".join(out.frames)
    head = [f"HTTP/1.1 {out.status} OK", *(f"{name}: {value}" for name, value in headers)]
    head += [f"Content-Length: {max(0, len(body) + error)}", "Connection: close", "", ""]
    transport = request.transport
    if transport is not None:
        transport.write("\r\n".join(head).encode() + body)
        record.sent += body
    return await hang_up(request, web.StreamResponse(), reset=False)


async def hang_up(request: web.Request, response: web.StreamResponse, *, reset: bool) -> web.StreamResponse:
    """Close the client's connection, with a TCP RST when ``reset``; aiohttp sees that nothing more can be sent."""
    transport = request.transport
    if transport is not None:
        await asyncio.sleep(0.02)  # what was written must leave first: a reset throws away unsent bytes
        sock: socket.socket | None = transport.get_extra_info("socket")
        if reset and sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()
    return response


def error_out(
    status: int,
    body: bytes,
    headers: tuple[tuple[str, str], ...],
    *,
    content_type: str = "application/json",
) -> Outgoing:
    """An error answer."""
    return Outgoing(status, (("Content-Type", content_type), *headers), (body,))


def json_out(data: object, headers: tuple[tuple[str, str], ...] = ()) -> Outgoing:
    """A 200 with one JSON document."""
    return Outgoing(
        200, (("Content-Type", "application/json"), *headers), (json.dumps(data, ensure_ascii=False).encode(),)
    )
