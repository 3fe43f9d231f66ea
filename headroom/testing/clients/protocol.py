"""What the agent needs of a wire format's client."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headroom.exchange import Usage

_BREAK = re.compile(rb"\r\n\r\n|\n\n|\r\r")


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """A tool call as the client understood it."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer, read: what the user sees, the calls to make, the usage told, and whether it ended properly."""

    text: str
    calls: tuple[ToolRequest, ...]
    usage: Usage | None
    complete: bool
    error: str | None = None


class Client(ABC):
    """The client's side of one conversation. Histories grow only; old entries are sent again unchanged."""

    path: str

    def __init__(
        self, model: str, system: str, tools: Sequence[tuple[str, str, Mapping[str, Any]]], *, stream: bool
    ) -> None:
        self.model = model
        self.system = system
        self.tools = tuple(tools)
        self.stream = stream

    @property
    def url(self) -> str:
        """Path and query of the generation endpoint."""
        return self.path

    @abstractmethod
    def headers(self, key: str) -> dict[str, str]:
        """Credential and version headers."""

    @abstractmethod
    def user(self, text: str) -> None:
        """Add what the user says."""

    @abstractmethod
    def results(self, outputs: Sequence[tuple[ToolRequest, str]]) -> None:
        """Add the results of all calls of the last answer."""

    @abstractmethod
    def body(self) -> dict[str, Any]:
        """The next request."""

    @abstractmethod
    def read(self, raw: bytes) -> Reading:
        """Read a whole 200 answer, streamed or not, and keep it in the history. Raises ``ValueError`` for no JSON."""

    def encode(self) -> bytes:
        """The next request's bytes, in the layout JavaScript clients use."""
        return json.dumps(self.body(), ensure_ascii=False, separators=(",", ":")).encode()


def events(raw: bytes) -> Iterator[tuple[str, str]]:
    """(event name, data) of each complete server-sent event; an unfinished last one is left out."""
    for block in _BREAK.split(raw)[:-1]:
        name, data = "", []
        for line in block.decode("utf-8").splitlines():
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                name = value
            elif field == "data":
                data.append(value)
        if data:
            yield name, "\n".join(data)
