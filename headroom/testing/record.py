"""What the fake upstream saw: one record a request, and the conversation in it, whatever the wire format."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from headroom.exchange import Usage, Wire

RETRIEVE_TOOL = "headroom_retrieve"


class Entry(NamedTuple):
    """One thing in a conversation, in its order."""

    role: Literal["system", "user", "assistant"]
    kind: Literal["text", "thinking", "call", "result", "other"]
    text: str = ""
    """The words; a call's arguments as JSON; a result's text."""
    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A validated request body, read into one shape for all wire formats."""

    entries: tuple[Entry, ...]
    tools: tuple[str, ...] = ()

    def of(self, kind: str) -> list[Entry]:
        """All entries of one kind."""
        return [entry for entry in self.entries if entry.kind == kind]

    @property
    def client_results(self) -> int:
        """Tool results that the client made, those of headroom's retrieve tool not counted."""
        names = {entry.id: entry.name for entry in self.entries if entry.kind == "call"}
        return sum(
            not (names.get(entry.id) or entry.name).endswith(RETRIEVE_TOOL)
            for entry in self.entries
            if entry.kind == "result"
        )

    @property
    def retrievals(self) -> list[Entry]:
        """Results of headroom's retrieve tool."""
        names = {entry.id: entry.name for entry in self.entries if entry.kind == "call"}
        return [
            entry
            for entry in self.entries
            if entry.kind == "result" and (names.get(entry.id) or entry.name).endswith(RETRIEVE_TOOL)
        ]

    @property
    def retrieve_tool(self) -> str | None:
        """The offered retrieve tool's full name (MCP prefixes kept), or None."""
        return next((name for name in self.tools if name.endswith(RETRIEVE_TOOL)), None)


@dataclass(slots=True)
class RecordedRequest:
    """One request as it arrived, and what became of it."""

    index: int
    method: str
    path: str
    """Path without query."""
    query: str
    headers: tuple[tuple[str, str], ...]
    """As received, in order, names as sent."""
    wire_body: bytes
    """The body's bytes before any content encoding was removed."""
    body: bytes
    """The body with its content encoding removed."""
    arrived: float
    """Monotonic seconds."""
    connection: int
    """Number of the TCP connection it came on, from 0."""
    wire: Wire | None = None
    operation: str = ""
    """generate, count, models, embeddings, …"""
    model: str = ""
    stream: bool = False
    conversation: Conversation | None = None
    status: int = 0
    refusal: str | None = None
    """The provider's message when the request was refused as invalid."""
    usage: Usage | None = None
    """What the answer billed."""
    sent: bytearray = field(default_factory=bytearray)
    """Every byte of the response body that was written."""
    finished: bool = False
    """The whole answer was written."""
    disconnected: bool = False
    """The client went away first."""
    ended: float | None = None
    """Monotonic seconds."""

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def json(self) -> Any:
        """The decoded body, parsed anew at each call."""
        return json.loads(self.body)
