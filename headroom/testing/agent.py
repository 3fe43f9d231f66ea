"""An agent that plays a session against any base URL, over plain HTTP, and keeps its history as real clients do."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import aiohttp

from headroom.exchange import Usage, Wire
from headroom.testing.clients import CLIENTS, Client, Reading
from headroom.testing.record import RETRIEVE_TOOL
from headroom.testing.session import Session
from headroom.testing.story import DEMO

MODELS = {
    Wire.ANTHROPIC: "claude-sonnet-4-5",
    Wire.OPENAI_CHAT: "gpt-5.4",
    Wire.OPENAI_RESPONSES: "gpt-5.4",
    Wire.GEMINI: "gemini-2.5-pro",
}
PROVIDERS = {
    Wire.ANTHROPIC: "anthropic",
    Wire.OPENAI_CHAT: "openai",
    Wire.OPENAI_RESPONSES: "openai",
    Wire.GEMINI: "gemini",
}


class AgentError(Exception):
    """A turn failed: the status and the start of the body are in the message."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One request of the agent and its answer."""

    index: int
    status: int
    headers: Mapping[str, str]
    request: bytes
    response: bytes
    reading: Reading
    first_byte: float
    """Seconds from sending to the first byte of the response's body."""
    seconds: float
    """Seconds from sending to the end."""
    kinds: tuple[str, ...] = ()
    """Content kinds of the tool outputs that this request carried for the first time."""

    @property
    def usage(self) -> Usage:
        """Usage as the client was told; zero when it was told none."""
        return self.reading.usage or Usage()


@dataclass(slots=True)
class ScriptedAgent:
    """Plays ``session`` in one wire format; the model's side must be played by a fake with the session's brain.

    ``base_url`` is scheme, host and port (and a path prefix if wanted), without ``/v1``. Calls that the session does
    not know, above all the retrieve tool when it leaks out of the proxy, are collected in ``strays`` and answered with
    an error text.
    """

    base_url: str
    wire: Wire = Wire.ANTHROPIC
    session: Session = DEMO
    stream: bool = True
    model: str | None = None
    key: str = "sk-test-scripted-agent"
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 60.0
    proxy: str | None = None
    """An HTTP proxy's URL, for the HTTPS_PROXY way of use."""
    strays: list[str] = field(default_factory=list)

    async def run(self, http: aiohttp.ClientSession | None = None) -> AsyncIterator[Turn]:
        """Yield each turn once it is over. Raises ``AgentError`` when one fails or its stream breaks off."""
        client = CLIENTS[self.wire](
            self.model or MODELS[self.wire], self.session.system, self.session.tools, stream=self.stream
        )
        owned = http is None
        http = http or aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.timeout))
        index = 0
        try:
            for task in self.session.tasks:
                client.user(task.ask)
                kinds: tuple[str, ...] = ()
                while True:
                    turn = await self._turn(http, client, index, kinds)
                    yield turn
                    index += 1
                    if not turn.reading.calls:
                        break
                    kinds = self._work(client, turn.reading)
        finally:
            if owned:
                await http.close()

    def _work(self, client: Client, reading: Reading) -> tuple[str, ...]:
        outputs, kinds = [], []
        for call in reading.calls:
            use = self.session.output(call.name, call.arguments)
            if use is None:
                self.strays.append(call.name)
                what = "the proxy's own tool" if call.name.endswith(RETRIEVE_TOOL) else "no tool of this client"
                outputs.append((call, f"Error: {call.name} is {what}."))
            else:
                outputs.append((call, use.output))
                kinds.append(use.kind)
        client.results(outputs)
        return tuple(kinds)

    async def _turn(self, http: aiohttp.ClientSession, client: Client, index: int, kinds: tuple[str, ...]) -> Turn:
        body = client.encode()
        headers = {"content-type": "application/json", **client.headers(self.key), **self.headers}
        started = time.monotonic()
        first: float | None = None
        raw = bytearray()
        try:
            async with http.post(
                self.base_url.rstrip("/") + client.url, data=body, headers=headers, proxy=self.proxy
            ) as response:
                async for chunk in response.content.iter_any():
                    first = first or time.monotonic()
                    raw += chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            raise AgentError(f"turn {index}: {type(error).__name__}: {error}") from error
        ended = time.monotonic()
        if response.status != 200:
            raise AgentError(f"turn {index}: {response.status} {bytes(raw[:600]).decode('utf-8', 'replace')}")
        reading = client.read(bytes(raw))
        if not reading.complete:
            raise AgentError(f"turn {index}: the answer broke off: {reading.error or bytes(raw[-300:])!r}")
        return Turn(
            index,
            response.status,
            dict(response.headers),
            body,
            bytes(raw),
            reading,
            (first or ended) - started,
            ended - started,
            kinds,
        )
