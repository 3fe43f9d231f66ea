"""One request on its way through the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from headroom.compress.kompress.blocks import Turn
from headroom.exchange import Exchange
from headroom.pipeline.conversation import Conversation
from headroom.pipeline.node import Node
from headroom.pipeline.tools import ToolArray
from headroom.pipeline.vision import UNKNOWN, Vision
from headroom.wire.dialect import Dialect, Request


@dataclass(frozen=True, slots=True)
class Aligned:
    """Lines that were moved out of the system prompt in a request."""

    key: bytes
    """Names the conversation, whatever those lines say."""
    system: bytes
    """The system prompt as it is sent, cache marks of ours left out."""
    added: tuple[bytes, ...]
    """Texts that are new in the request."""


@dataclass(slots=True)
class Plan:
    """One request on its way through the pipeline."""

    exchange: Exchange
    dialect: Dialect
    request: Request
    conversation: Conversation
    node: Node
    """The last node known so far."""
    at: int
    """Index of the first message that is new; ``len(request.messages)`` when all are known."""
    nodes: list[Node] = field(default_factory=list)
    """One a message, from the first."""
    target_ratio: float | None = None
    lossless: bool = False
    budget: int | None = None
    """The caller's own limit in tokens, which stands for the model's window."""
    known: int = 0
    """How many messages this process had seen before."""
    first_new: bytes = b""
    """Digest of the message behind those; empty where there is none."""
    again: set[int] = field(default_factory=set)
    """Indices of further ones that it had: clients move cache marks in messages in front of them."""
    judged: int = 0
    """Texts with a verdict, in all messages."""
    resumed: int = 0
    """How many of them the body begins with, byte for byte as a body before it did."""
    now: float = 0.0
    tools: ToolArray | None = None
    """The client's tools and what became of them; None where they were left alone, or there are none."""
    abandoned: bool = False
    impure: bool = False
    """What was sent before may change, where the economic gate books a gain."""
    vision: Vision = UNKNOWN
    """How the model takes images."""
    marks: tuple[int, ...] | None = None
    """Depths of the messages with marks for the cache as it is sent, 0 for the front; None until it is known."""
    aligned: Aligned | None = None
    """What the cache aligner moved."""
    model: Turn = field(default_factory=Turn)
    """What this request has used of the model."""

    counted_at_once: bool = False
    """Somebody waits for the counts; in a proxied call they are made while the provider answers."""

    @property
    def fresh(self) -> bool:
        """Whether ``work`` has something to do."""
        return self.at < len(self.request.messages)

    @property
    def counted(self) -> bool:
        """Whether the tokens of every message are known already."""
        return bool(self.nodes) and not self.fresh and self.nodes[-1].counts is not None

    def take_over(self) -> Plan:
        """A copy to go on with from where this plan is, which is abandoned; it may be at work still."""
        rest = replace(self, nodes=list(self.nodes), abandoned=False)
        self.abandoned = True
        # The nodes and the place among them are taken one after the other from a plan that may still move.
        rest.at = len(rest.nodes)
        rest.node = rest.nodes[-1] if rest.nodes else self.conversation.root
        return rest
