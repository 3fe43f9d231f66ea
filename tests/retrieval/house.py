"""A gateway in one object: a client, our rooms, and the scripted provider, without sockets or processes."""

import asyncio
from collections.abc import AsyncIterator

from headroom.compress.rendition import Gap
from headroom.exchange import Edit, Wire
from headroom.retrieval import markers
from headroom.retrieval.hidden import Hidden
from headroom.retrieval.original import About
from headroom.retrieval.originals import Originals, limits
from headroom.retrieval.resolver import Resolver
from headroom.retrieval.rounds import Reply, settle
from headroom.retrieval.tool import definition, offer
from headroom.retrieval.turn import Limits, Turn
from headroom.retrieval.weave.engine import Streamed, weave
from headroom.store.memory import MemoryStore
from headroom.testing.clients import CLIENTS
from headroom.testing.clock import FakeClock
from headroom.testing.deliver import bend
from headroom.testing.provider import Provider
from headroom.testing.record import RecordedRequest
from headroom.testing.routes import find
from headroom.testing.script import Script, as_reply
from headroom.testing.validate import Refused
from headroom.wire import dialect_for
from headroom.wire.body import literal, splice
from headroom.wire.outline import members
from headroom.wire.tools import add_tool

MODELS = {
    Wire.ANTHROPIC: "claude-sonnet-4-5",
    Wire.OPENAI_CHAT: "gpt-5.4",
    Wire.OPENAI_RESPONSES: "gpt-5.4",
    Wire.GEMINI: "gemini-2.5-pro",
}
TOOLS = [
    (
        "Bash",
        "Run a command",
        {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
    ),
    ("Look", "Look at a file", {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}),
]
OUTPUT = "\n".join(f"{i}: INFO request {i} served in {i % 9} ms" for i in range(1, 401)) + "\n"
NOW = 1_700_000_000.0


def count(text: str) -> int:
    return (len(text) + 3) // 4


class Chunks:
    """An upstream body: knows whether it was closed, may stall, break or end early."""

    def __init__(self, frames: list[bytes], *, size: int | None = None) -> None:
        body = b"".join(frames)
        self.frames = frames if size is None else [body[i : i + size] for i in range(0, len(body), size)]
        self.stall_at: int | None = None
        self.break_at: int | None = None
        self.error: Exception | None = None
        self.at = 0
        self.closed = False
        self.waiting = asyncio.Event()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self.closed:
            raise StopAsyncIteration
        if self.stall_at is not None and self.at >= self.stall_at:
            self.waiting.set()
            await asyncio.Event().wait()
        if self.break_at is not None and self.at >= self.break_at:
            if self.error is not None:
                raise self.error
            raise StopAsyncIteration
        if self.at >= len(self.frames):
            raise StopAsyncIteration
        await asyncio.sleep(0)
        self.at += 1
        return self.frames[self.at - 1]

    async def aclose(self) -> None:
        self.closed = True


class Upstream:
    """The scripted provider: one reply a request."""

    def __init__(self, wire: Wire, *, stream: bool, nested: bool = False, size: int | None = None) -> None:
        self.wire = wire
        self.provider = Provider(auth=False, clock=FakeClock(NOW))
        self.script = Script()
        self.size = size
        self.bodies: list[bytes] = []
        self.records: list[RecordedRequest] = []
        self.streams: list[Chunks] = []
        self.prepare = lambda chunks: None
        client = CLIENTS[wire](MODELS[wire], "", [], stream=stream)
        path, _, self.query = client.url.partition("?")
        if nested:
            path = f"/v1internal:{'streamGenerateContent' if stream else 'generateContent'}"
        self.headers = {"anthropic-version": "2023-06-01"}
        self.path = path
        self.route = find("POST", path, self.headers)

    def queue(self, *replies) -> None:
        self.script.queue.extend(as_reply(reply) for reply in replies)

    def _answer(self, body: bytes):
        self.bodies.append(body)
        record = RecordedRequest(len(self.bodies), "POST", self.path, self.query, (), body, body, 0.0, 0, self.wire)
        self.records.append(record)
        try:
            given = self.provider.read(record, self.route, self.headers)
        except Refused as why:
            record.refusal = why.message
            return self.provider.refuse(self.route, why)
        reply = self.script.choose(record)
        if reply.fault is not None and reply.fault.kind == "status":
            return self.provider.fail(self.route, reply.fault)
        out = self.provider.answer(record, self.route, given, reply, "scope")
        if reply.fault is not None and out.stream:
            out = type(out)(out.status, out.headers, tuple(bend(out, reply.fault)), stream=True)
        return out

    async def send(self, body: bytes) -> Reply:
        out = self._answer(body)
        return Reply(out.status, out.headers, b"".join(out.frames))

    async def send_stream(self, body: bytes) -> Streamed:
        out = self._answer(body)
        chunks = Chunks(list(out.frames), size=self.size)
        self.streams.append(chunks)
        self.prepare(chunks)
        return Streamed(out.status, out.headers, chunks)


class House:
    """One conversation through the gateway."""

    def __init__(
        self,
        wire: Wire,
        *,
        stream: bool,
        size: int | None = None,
        limits_: Limits | None = None,
        ping_seconds: float = 10.0,
        nested: bool = False,
    ) -> None:
        self.wire, self.stream = wire, stream
        self.dialect = dialect_for(wire)
        self.client = CLIENTS[wire](MODELS[wire], "Be brief.", TOOLS, stream=stream)
        self.upstream = Upstream(wire, stream=stream, size=size, nested=nested)
        self.nested = nested
        self.store = MemoryStore(now=lambda: NOW)
        self.store.configure(limits(64 * 1024 * 1024, 1800.0))
        self.originals = Originals(self.store, key=b"k" * 32, ttl=1800.0, max_bytes=64 * 1024 * 1024, now=NOW)
        self.hidden = Hidden(self.store)
        self.limits = limits_
        self.ping_seconds = ping_seconds
        self.sent: list[bytes] = []
        """What the client's requests became."""
        self.turn: Turn | None = None
        self.raw = b""
        self.condensed: dict[str, str] = {}
        self.extra: dict[str, object] = {}

    def condense(self, text: str, keep: int = 3) -> str:
        """What the pipeline would make of a long output; remembered for all later requests."""
        if text not in self.condensed:
            handle = self.originals.keep(text, About(kind="log", tool="Bash"), now=NOW)
            lines = text.splitlines(keepends=True)
            gap = Gap(keep + 1, len(lines), note="the rest")
            shown = "".join(lines[:keep]) + markers.render_gap(gap)
            self.condensed[text] = markers.sign(shown, [gap], handle)
        return self.condensed[text]

    def encode(self) -> bytes:
        body = self.client.body() | self.extra
        self.client.body = lambda: body  # type: ignore[method-assign]
        raw = self.client.encode()
        del self.client.body
        return b'{"model":"m","project":"p","request":' + raw + b"}" if self.nested else raw

    def rewritten(self, body: bytes) -> bytes:
        """The pipeline's work, in small: condense long tool results, restore hidden rounds, add the tool."""
        request = self.dialect.outline(body)
        messages = [self.dialect.message(body[m.start : m.end]) for m in request.messages]
        edits = list(self.hidden.restore(body, request, messages, now=NOW)[0])
        offered = offer(request, body)
        if offered.lossy:
            for place, message in zip(request.messages, messages, strict=True):
                for part in message.parts:
                    start, end = place.start + part.start, place.start + part.end
                    if end - start > 2000 and part.kind.value == "tool_result":
                        text = self.text_at(body, start, end)
                        edits.append(Edit(start, end, literal(self.condense(text))))
        if offered.inject:
            edits += add_tool(body, request, self.dialect, definition(self.dialect))
        return splice(body, edits)

    @staticmethod
    def text_at(body: bytes, start: int, end: int) -> str:
        import json

        return json.loads(body[start:end])

    def turn_for(self, body: bytes, sent: bytes) -> Turn:
        resolver = Resolver(self.originals, count, now=lambda: NOW)
        remember = self.hidden.recorder(body, now=lambda: NOW)
        return Turn(self.wire, sent, resolver, limits=self.limits, remember=remember)

    async def stream_of(self):
        """The client's stream, not yet read."""
        body = self.encode()
        sent = self.rewritten(body)
        self.sent.append(sent)
        self.turn = self.turn_for(body, sent)
        first = await self.upstream.send_stream(sent)
        assert first.status == 200, b"".join(first.chunks.frames)
        return weave(first.chunks, self.turn, self.upstream.send_stream, ping_seconds=self.ping_seconds)

    async def ask(self):
        """One request of the client and its answer, read and kept in its history."""
        if self.stream:
            self.raw = b"".join([piece async for piece in await self.stream_of()])
        else:
            body = self.encode()
            sent = self.rewritten(body)
            self.sent.append(sent)
            self.turn = self.turn_for(body, sent)
            reply = await settle(await self.upstream.send(sent), self.turn, self.upstream.send)
            assert reply.status == 200, reply.body
            self.raw = reply.body
        reading = self.client.read(self.unnested(self.raw))
        refused = [r.refusal for r in self.upstream.records if r.refusal]
        assert not refused, refused
        return reading

    def unnested(self, raw: bytes) -> bytes:
        if not self.nested:
            return raw
        import json

        if not self.stream:
            return json.dumps(json.loads(raw)["response"]).encode()
        out = b""
        for line in raw.replace(b"\r\n", b"\n").split(b"\n"):
            if line.startswith(b"data: "):
                out += b"data: " + json.dumps(json.loads(line[6:])["response"]).encode() + b"\n\n"
        return out

    async def start(self, ask: str = "What happened?") -> None:
        """The client asks, the model runs a command, the client has its long output ready to send."""
        self.client.user(ask)
        self.upstream.queue([_call("Bash", {"command": "cat app.log"})])
        reading = await self.ask()
        [call] = reading.calls
        self.client.results([(call, OUTPUT)])


def _call(name, arguments):
    from headroom.testing.script import Call

    return Call(name, arguments)


__all__ = ["NOW", "OUTPUT", "TOOLS", "Chunks", "House", "Upstream", "members"]
