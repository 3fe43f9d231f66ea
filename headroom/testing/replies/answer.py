"""What every wire format gets to render: the blocks with all ids and signatures made, and the bill."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from headroom.exchange import Usage

type Shown = Said | Thought | Called


@dataclass(frozen=True, slots=True)
class Said:
    """Text."""

    text: str


@dataclass(frozen=True, slots=True)
class Thought:
    """Reasoning with its signature over it."""

    text: str
    signature: str
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """A tool call; ``signature`` is Gemini's, the first call's after thinking."""

    id: str
    name: str
    arguments: Mapping[str, Any]
    signature: str | None = None

    @property
    def json(self) -> str:
        """The arguments as JSON text."""
        return json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, ready to be written in any format."""

    model: str
    shown: tuple[Shown, ...]
    stop: str
    """end, tool, length, refusal or pause."""
    usage: Usage | None
    thinking_tokens: int
    created: int
    new_id: Callable[[str], str]
    """Makes the next id with a given prefix."""
    piece: int = 24
    future: bool = False
    """Mix in events, block types and fields of a later API version."""
    terminator: bool = True
    request: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All text, joined."""
        return "".join(item.text for item in self.shown if isinstance(item, Said))

    @property
    def calls(self) -> list[Called]:
        """All calls."""
        return [item for item in self.shown if isinstance(item, Called)]

    def pieces(self, text: str) -> Iterator[str]:
        """Cut a text as a stream delivers it; an empty text is one empty piece."""
        for at in range(0, max(1, len(text)), self.piece):
            yield text[at : at + self.piece]


def sse(data: Mapping[str, Any] | str, event: str | None = None) -> bytes:
    """One server-sent event."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {text}\n\n".encode()
