"""What one answer of the model consists of, whatever the wire format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from headroom.exchange import Wire

UNSAID = "[The answer ended here, while text that had been left out of a tool result was still being looked up.]"
"""Stands in for an answer that would be empty without our call: providers refuse an empty one in the next request."""


class Kind(Enum):
    """What a block of an answer is."""

    TEXT = "text"
    CALL = "call"
    """A call of the client's own tool."""
    RETRIEVE = "retrieve"
    """A call of ours: the client never sees it."""
    OTHER = "other"
    """Thinking, server tools, and what is not known yet."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block. ``raw`` is its JSON as it goes back to the provider."""

    kind: Kind
    raw: bytes
    text: str = ""
    """Visible words, for text."""
    id: str = ""
    name: str = ""
    arguments: str = ""
    """For calls: JSON text."""


@dataclass(frozen=True, slots=True)
class Result:
    """A retrieve call with its answer."""

    call: Block
    text: str


@dataclass(frozen=True, slots=True)
class Round:
    """One answer of the provider."""

    blocks: tuple[Block, ...]
    message: bytes = b""
    """The answer as elements of the request's list of messages, joined by commas."""
    wants_tools: bool = False
    """It ended because of its calls, and all of them are complete: results may be sent."""
    usage: Mapping[str, object] = field(default_factory=dict)
    """The provider's own record of usage."""

    @property
    def calls(self) -> tuple[Block, ...]:
        """The calls of our tool."""
        return tuple(block for block in self.blocks if block.kind is Kind.RETRIEVE)

    @property
    def mixed(self) -> bool:
        """Whether there are calls of the client's tools as well: only the client can go on."""
        return any(block.kind is Kind.CALL for block in self.blocks)


def says(done: Round) -> bool:
    """Whether a round leaves the client with anything that it can send back: words, or a call of its own."""
    return any(block.kind is Kind.CALL or (block.kind is Kind.TEXT and block.text.strip()) for block in done.blocks)


class Turns(Protocol):
    """One wire format's complete answers, and the continuation of its requests."""

    wire: Wire

    def read(self, reply: bytes) -> Round | None:
        """Read a complete answer; None when it is not one, or can't be read."""

    def results(self, results: Sequence[Result]) -> bytes:
        """The results as elements of the request's list of messages, joined by commas."""

    def result(self, result: Result) -> bytes:
        """One result as an element of the list in which the client sends its own results."""

    def extend(self, body: bytes, message: bytes, results: bytes) -> bytes:
        """The request with an answer and results appended. Raises ``Unreadable``."""

    def strip(self, reply: bytes, *, stop: bool, words: str = "") -> bytes:
        """The answer without the calls of our tool; ``stop``: nothing is left to call, so say that the turn ended.

        ``words`` are put at its end.
        """

    def with_usage(self, reply: bytes, usage: Mapping[str, object]) -> bytes:
        """The answer with another record of usage; unchanged when it has none."""
