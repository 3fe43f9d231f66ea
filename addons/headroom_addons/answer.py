"""The seam to mitmproxy: an addon's answer whose body is an async iterator, and an answer before the body was read.

mitmproxy sends a response made by an addon as one buffer. Here a subclass of its ``HttpStream`` pulls each piece through a
hook of its own, so that whatever is awaited runs in ordinary async code, for HTTP/1, HTTP/2 and TLS clients alike. It waits
for the client to take what was sent before it pulls more, and cancels the iterator when the client goes away.

This is the only module that leans on mitmproxy's insides; its tests fail when one of them moves.
"""

# mypy: disable-error-code="no-untyped-call"
# mitmproxy leaves many of its own functions without annotations.
from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from dataclasses import dataclass
from typing import Any

from mitmproxy import ctx, flow, http
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers.http import HttpLayer, HttpStream, SendHttp
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestProtocolError,
    ResponseData,
    ResponseHeaders,
    ResponseProtocolError,
)
from mitmproxy.proxy.layers.http._hooks import HttpErrorHook
from mitmproxy.proxy.layers.http._http1 import Http1Server
from mitmproxy.proxy.layers.http._http2 import Http2Connection

_ABORT = "headroom_abort"
_GONE = "headroom_client_gone"
_H2_BUFFER = 128 * 1024
"""Bytes that may wait for an HTTP/2 client's flow control window before we stop pulling."""

type Commands = Generator[commands.Command, Any, Any]


class AsyncBody:
    """A response body that is pulled piece by piece; put it into ``flow.response.stream``."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self.pieces = pieces
        self._task: asyncio.Task[Any] | None = None
        self._cancelled = False

    def __call__(self, data: bytes) -> bytes:
        """Keep the value valid for the stock layer, which would call it for each piece."""
        return data

    async def pull(self, ready: Callable[[], Any]) -> bytes | None:
        """The next piece once ``ready()`` is done, or None at the end. Raises ``CancelledError`` after ``cancel``."""
        if self._cancelled:
            raise asyncio.CancelledError
        self._task = asyncio.current_task()
        try:
            await ready()
            return await anext(self.pieces, None)
        finally:
            self._task = None

    def cancel(self) -> None:
        """End a running pull at once, and let no other begin."""
        self._cancelled = True
        if self._task is not None:
            self._task.cancel()

    async def aclose(self) -> None:
        """Run the iterator's clean-up."""
        close = getattr(self.pieces, "aclose", None)
        if close is not None:
            await close()


def on_abort(flow_: http.HTTPFlow, cancel: Callable[[], object] | None) -> None:
    """Have ``cancel`` called when the client goes away before it got an answer, or has gone; None takes it back."""
    setattr(flow_, _ABORT, cancel)
    if cancel is not None and getattr(flow_, _GONE, False):
        cancel()


@dataclass
class Pull:
    """One piece asked of an ``AsyncBody``; ``ready`` waits until the client can take it, at most the given seconds."""

    body: AsyncBody
    ready: Callable[[float], Any]
    piece: bytes | None = None
    error: str | None = None


@dataclass
class AnswerPieceHook(commands.StartHook):
    """Fetch the next piece of an addon's answer (event ``answer_piece``)."""

    data: Pull


@dataclass
class BodyTooLargeHook(commands.StartHook):
    """A request body exceeds the limit (event ``body_too_large``): an addon sets ``flow.response``."""

    flow: http.HTTPFlow


class AnswerStream(HttpStream):
    """An HTTP stream that can send an ``AsyncBody`` and refuse a request before its body has arrived."""

    _body: AsyncBody | None = None

    def handle_event(self, event: events.Event) -> Commands:
        """Tell what is being awaited for a client that it has gone."""
        if isinstance(event, RequestProtocolError):
            # The layer is usually paused in a hook now and would only see this once the hook is done.
            if self._body is not None:
                self._body.cancel()
            elif (waiting := getattr(self, "flow", None)) is not None:
                setattr(waiting, _GONE, True)
                if (cancel := getattr(waiting, _ABORT, None)) is not None:
                    cancel()
        yield from super().handle_event(event)

    def check_body_size(self, request: bool) -> Commands:  # noqa: FBT001 - mitmproxy's signature
        """Bound the bytes held of a request body, and send an answer that is there before the body is."""
        if not request:
            return False
        refused = self.flow.response is not None
        if not refused and self.request_body_buf and len(self.request_body_buf) > _limit(self.context.options):
            yield BodyTooLargeHook(self.flow)
            refused = self.flow.response is not None
        if not refused or not self.request_body_buf:
            return False
        # Answered although the body is still on its way: what follows of it finds no stream and is dropped.
        self.request_body_buf.clear()
        self.client_state = self.state_done
        yield from self.send_response()
        self.client_state = self.server_state = self.state_errored
        return True

    def send_response(self, already_streamed: bool = False) -> Commands:  # noqa: FBT001, FBT002 - mitmproxy's signature
        """Send an answer; an ``AsyncBody`` piece by piece."""
        assert self.flow.response is not None
        body = self.flow.response.stream
        if already_streamed or not isinstance(body, AsyncBody):
            yield from super().send_response(already_streamed)
            return
        self._body = body
        yield SendHttp(ResponseHeaders(self.stream_id, self.flow.response, end_stream=False), self.context.client)
        while True:
            pull = Pull(body, self._client_ready)
            yield AnswerPieceHook(pull)
            gone = next((e for e in self._paused_event_queue if isinstance(e, RequestProtocolError)), None)
            if gone is not None or pull.error is not None:
                self._body = None
                yield from self._break_off(gone.message if gone is not None else pull.error or "")
                return
            if pull.piece is None:
                break
            if pull.piece:
                yield SendHttp(ResponseData(self.stream_id, pull.piece), self.context.client)
        self._body = None
        yield from super().send_response(already_streamed=True)

    def _break_off(self, message: str) -> Commands:
        self.flow.error = flow.Error(message)
        yield HttpErrorHook(self.flow)
        yield SendHttp(
            ResponseProtocolError(self.stream_id, message, ErrorCode.GENERIC_SERVER_ERROR), self.context.client
        )
        self.flow.live = False
        self.client_state = self.server_state = self.state_errored

    async def _client_ready(self, seconds: float) -> None:
        """Wait for the client to take what it was sent. Raises ``TimeoutError`` saying so when it does not."""
        handler = ctx.master.addons.get("proxyserver").connections.get(self.context.client.id)
        http_layer = next(item for item in reversed(self.context.layers) if isinstance(item, AnswerHttpLayer))
        drained = False
        try:
            async with asyncio.timeout(seconds):
                if handler is not None:
                    await handler.drain_writers()
                drained = True
                await http_layer.window_open(self.stream_id)
        except TimeoutError:
            if handler is not None and not drained and (io := handler.transports.get(self.context.client)) is not None:
                # Closing in good order would wait for the very bytes that nobody takes.
                io.writer.transport.abort()
            raise TimeoutError(f"the client has taken nothing for {seconds:g} s") from None


class AnswerHttp1Server(Http1Server):
    """HTTP/1 towards clients, whose requests may have trailers."""

    def read_body(self, event: events.Event) -> Commands:
        """Read on; trailers are dropped (RFC 9110, section 6.5.1). The stock class raises at them, and nobody answers."""
        try:
            yield from super().read_body(event)
        except NotImplementedError:
            assert self.stream_id is not None
            yield ReceiveHttp(self.ReceiveEndOfMessage(self.stream_id))
            yield from self.mark_done(request=True)


class AnswerHttpLayer(HttpLayer):
    """mitmproxy's HTTP layer with our streams in it."""

    _waiting: dict[int, asyncio.Event]

    def make_stream(self, stream_id: int) -> Commands:
        """Give each request a stream of ours."""
        self.streams[stream_id] = AnswerStream(self.context.fork(), stream_id)
        yield from self.event_to_child(self.streams[stream_id], events.Start())

    def _handle_event(self, event: events.Event) -> Commands:
        yield from super()._handle_event(event)
        if isinstance(event, events.Start) and type(client := self.connections[self.context.client]) is Http1Server:
            client.__class__ = AnswerHttp1Server
        if self._waiting and isinstance(event, events.ConnectionEvent):
            for stream_id, opened in self._waiting.items():
                if self._buffered(stream_id) <= _H2_BUFFER:
                    opened.set()

    def _buffered(self, stream_id: int) -> int:
        """Bytes of a stream that wait for the client's flow control window."""
        connection = self.connections.get(self.context.client)
        if not isinstance(connection, Http2Connection):
            return 0
        return sum(len(item.data) for item in connection.h2_conn.stream_buffers.get(stream_id, ()))

    async def window_open(self, stream_id: int) -> None:
        """Wait until an HTTP/2 client has taken most of what it was sent; cancelled when it goes away."""
        while self._buffered(stream_id) > _H2_BUFFER:
            opened = self._waiting.setdefault(stream_id, asyncio.Event())
            try:
                await opened.wait()
            finally:
                self._waiting.pop(stream_id, None)


def _limit(options: Any) -> int:
    return int(options.headroom_max_body_bytes)


class Answer:
    """Puts the layer in place and serves its hooks."""

    def __init__(self, max_body_bytes: int, patience: float) -> None:
        """``patience``: seconds that a client may take nothing of its answer."""
        self._max_body_bytes = max_body_bytes
        self._patience = patience

    def load(self, loader: Any) -> None:
        """Declare the one option that the layer reads, and set those that a gateway can't do without."""
        loader.add_option("headroom_max_body_bytes", int, self._max_body_bytes, "Largest request body, in bytes.")
        # Lazy: our own routes answer although the upstream is down. The client's Host: tells rebinding pages apart.
        ctx.options.update(connection_strategy="lazy", keep_host_header=True)

    def next_layer(self, nextlayer: layer.NextLayer) -> None:
        """Turn each new HTTP layer into ours before it sees its first event."""
        if nextlayer.layer is None and (chooser := ctx.master.addons.get("nextlayer")) is not None:
            # In a stock mitmdump scripts come before the addon that chooses; it respects a choice that was made.
            chooser.next_layer(nextlayer)
        for item in nextlayer.context.layers:
            if type(item) is HttpLayer:
                item.__class__ = AnswerHttpLayer
                assert isinstance(item, AnswerHttpLayer)
                item._waiting = {}

    async def error(self, flow_: http.HTTPFlow) -> None:
        """A flow broke off, maybe before the first piece was pulled: nothing else would close its body then."""
        if flow_.response is not None and isinstance(flow_.response.stream, AsyncBody):
            await flow_.response.stream.aclose()

    async def answer_piece(self, pull: Pull) -> None:
        """Pull one piece; whatever goes wrong ends the stream instead of vanishing in the log."""
        try:
            pull.piece = await pull.body.pull(lambda: pull.ready(self._patience))
            if pull.piece is None:
                await pull.body.aclose()
        except asyncio.CancelledError:
            pull.error = "client disconnected"
            await pull.body.aclose()
        except Exception as error:
            pull.error = f"{type(error).__name__}: {error}"
