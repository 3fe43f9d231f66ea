"""One message in its place, and the small records it holds. What a node holds depends only on the messages up to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from weakref import ref

from headroom.exchange import Edit, Judged, Verdict
from headroom.pipeline.pages import Page
from headroom.pipeline.reads import Access, Reads
from headroom.pipeline.revision import Drop, Revised, Revision
from headroom.pipeline.stake import Stake
from headroom.retrieval.hidden import ContextDigest
from headroom.wire.dialect import Message, PartKind, TextPart, ToolCall


@dataclass(frozen=True, slots=True)
class Picture:
    """One image as it is sent."""

    digest: bytes
    verdict: Verdict
    key: str
    """Where the verdict stands, or would: among the images if it is the image's own, else in the ledger."""
    label: str
    """How a reader finds it."""
    own: bool = False
    """The verdict is the image's own and holds wherever it comes."""
    cites: int = 0
    """Depth of the message whose image is named instead; 0 when this one is sent."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What a message comes to from its second time on, under some rewrites."""

    revised: Revised
    edits: tuple[Edit, ...]
    again: tuple[Verdict, ...]


class Quiet(NamedTuple):
    """The book of hidden rounds as it had none for some messages."""

    edition: int
    context: ContextDigest
    """What the model was told in them."""


@dataclass(frozen=True, slots=True, eq=False)
class SoFar:
    """The first messages of a request, as they stand from their second time on."""

    revised: Revised
    """The rewrites under which it holds."""
    names: frozenset[bytes] = frozenset()
    """Digests of the beginnings of bodies for which it holds."""
    messages: int = 0
    """How many it covers."""
    edits: tuple[Edit, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    """On texts."""
    pictured: tuple[Verdict, ...] = ()
    """On images."""
    judged: Judged = Judged()
    """What all of them add up to."""
    quiet: Quiet | None = None
    """The book of hidden rounds that had none for its messages."""
    holders: list[ref[Node]] = field(default_factory=list)
    """The nodes through which it is found."""


@dataclass(slots=True, weakref_slot=True, eq=False)
class Node:
    """One message in its place. Immutable once made, but for the token counts, which are filled in later."""

    key: bytes
    parent: Node | None
    depth: int
    message: Message | None = None
    calls: tuple[ToolCall, ...] = ()
    ask: str = ""
    """The last thing the user asked, up to here; cut to a bound."""
    words: str = ""
    """What the assistant last said, up to here; cut to a bound."""
    edits: tuple[Edit, ...] = ()
    """Relative to the message's slice."""
    verdicts: tuple[Verdict, ...] = ()
    standing: Standing | None = None
    """What it came to under the rewrites of the last request that held it."""
    keys: tuple[str, ...] = ()
    """Ledger keys, one a verdict."""
    literals: dict[bytes, str] = field(default_factory=dict)
    """Digest of each tool-result literal that went out whole here, or of what it was cut to → how a later copy may cite it."""
    stakes: dict[bytes, Stake] = field(default_factory=dict)
    """Digest of each tool-result literal that was cut here → the stake at which it was judged."""
    trail: bytes | None = None
    """The names of all messages up to here, while it is the last for which they were asked."""
    cites: tuple[tuple[int, int], ...] = ()
    """Earlier results, by depth and number, that this message's results name in part instead of repeating them."""
    pictures: tuple[Picture, ...] = ()
    """This message's images."""
    vision: str = ""
    """The rule by which images were scaled up to here; empty when there were none."""
    size: int = 0
    """Bytes of all messages up to here; an image counts as its tokens would as text."""
    sent: int = 0
    """The same as they were sent."""
    summary: int = 0
    """Depth of the last message that holds a summary which the provider shows the model instead of all in front of it."""
    offered: bool = False
    """Something up to here can only be read whole through the retrieval tool."""
    accesses: Mapping[str, Access] = field(default_factory=dict)
    """This message's calls that read or write files, by id."""
    pages: Mapping[int, Page] = field(default_factory=dict)
    """This message's results that show a browser's whole page, by number."""
    reads: Reads | None = None
    """What the chain up to here read, wrote and saw, while it is the last for which that was asked."""
    turns: int = 0
    """Messages with calls up to here."""
    hour: bool = False
    """A cache mark up to here asks for a life of an hour."""
    revised: Revised = field(default_factory=dict)
    """What was rewritten after it had been sent, up to here: by depth and number of the tool result."""
    dropped: tuple[Drop, ...] = ()
    """Messages that are no longer sent, up to here."""
    spent: float = 0.0
    """Dollars that rewrites up to here were expected to cost on the calls they went out in."""
    spares: tuple[int, int] = (0, 0)
    """Tokens that rewrites up to here spare each call, and that many times the turns before each of them."""
    results: tuple[TextPart, ...] | None = None
    """The tool results among the message's parts; None until asked for."""
    sofar: SoFar | None = None
    """What the messages up to about here come to, while a request is the last that ended here."""
    counts: tuple[int, int] | None = None
    """Tokens before and after, of all messages up to here; None until counted."""
    rest: int = 0
    """Bytes of those messages in no text that was counted: what stands around texts, calls and images."""
    freed: int | None = None
    """Tokens that rewrites and drops up to here take off the latter; None until counted."""

    calling: Node | None = None
    """The nearest message above with calls."""
    by_id: dict[str, ToolCall] | None = None
    """This message's calls; None until asked for."""

    kept: float = 0.0
    """When the store was last told that what was decided here is in use."""
    kept_all: float | None = None
    """At the earliest, when it was told so of a message up to here; None until asked for."""
    gone: bool = False
    """Forgotten: what was decided here is taken back."""
    place: tuple[bytes, bytes] | None = None
    """The lineage's: under what it is kept."""
    cost: int = 0
    """The lineage's: bytes it counts for."""
    children: int = 0
    """The lineage's: how many kept nodes follow it."""

    def __post_init__(self) -> None:
        if self.parent is not None:
            self.calling = self.parent if self.parent.calls else self.parent.calling

    def up(self) -> Iterator[Node]:
        """This node and its ancestors, nearest first."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def call(self, call_id: str | None) -> ToolCall | None:
        """The tool call with an id, the nearest one back."""
        node = self if self.calls else self.calling
        while call_id is not None and node is not None:
            if node.by_id is None:
                node.by_id = {call.id: call for call in reversed(node.calls)}
            if (call := node.by_id.get(call_id)) is not None:
                return call
            node = node.calling
        return None


def results_of(node: Node) -> tuple[TextPart, ...]:
    """A message's tool results, in the order of its verdicts."""
    if node.results is None:
        parts = node.message.parts if node.message is not None else ()
        node.results = tuple(part for part in parts if part.kind is PartKind.TOOL_RESULT)
    return node.results


def is_dropped(tip: Node, depth: int) -> bool:
    """Whether a message in front of ``tip`` is no longer sent."""
    return any(drop.first <= depth <= drop.last for drop in tip.dropped)


def take_on(node: Node, revision: Revision) -> None:
    """Add up at a node what a revision decides there."""
    node.dropped += revision.drops
    node.spent += revision.costs_usd
    tokens, before = node.spares
    node.spares = (tokens + revision.removed, before + revision.removed * node.turns)
    node.offered = True
