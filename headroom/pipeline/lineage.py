"""Conversations as a content-addressed chain: one node a message, no session id needed.

A node's key is a digest of its parent's key and of the message's canonical form, so forks, subagents and retries find
their own place by themselves. What a node holds depends only on the messages up to it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from headroom.exchange import Edit, Verdict
from headroom.wire.dialect import Message, TextPart, ToolCall

if TYPE_CHECKING:
    from headroom.pipeline.history import Drop, Rewrite
    from headroom.pipeline.lifecycle import Access, Reads
    from headroom.pipeline.pages import Page
    from headroom.pipeline.pictures import Picture
    from headroom.pipeline.sofar import SoFar


def digest(*parts: bytes) -> bytes:
    """A 16-byte digest of parts, each counted with its length."""
    h = blake2b(digest_size=16)
    for part in parts:
        h.update(len(part).to_bytes(8, "big"))
        h.update(part)
    return h.digest()


def name_of(message: bytes) -> bytes:
    """What tells a message from any other, byte for byte; for memory only.

    Many processors have this one built in, which then takes less than half the time of ``digest``.
    """
    return sha256(message).digest()[:16]


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What a message comes to from its second time on, under some rewrites."""

    revised: Mapping[tuple[int, int], Rewrite]
    edits: tuple[Edit, ...]
    again: tuple[Verdict, ...]


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
    """Digest of each tool-result literal that went out whole here → how a later copy may cite it."""
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
    revised: Mapping[tuple[int, int], Rewrite] = field(default_factory=dict)
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
    freed: int | None = None
    """Tokens that rewrites and drops up to here take off the latter; None until counted."""

    calling: Node | None = None
    """The nearest message above with calls."""
    by_id: dict[str, ToolCall] | None = None
    """This message's calls; None until asked for."""

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


class Tips:
    """Where bodies seen lately ended: by conversation and digest of the body up to there. Thread-safe.

    Holds no node alive; those that the lineage lets go are gone from here, too.
    """

    def __init__(self) -> None:
        self._nodes: WeakValueDictionary[tuple[bytes, bytes], Node] = WeakValueDictionary()
        self._lock = threading.Lock()

    def find(self, root: Node, prefix: Sequence[tuple[int, bytes]], vision: str = "") -> list[Node]:
        """The nodes of the longest beginning that is known; ``prefix`` has counts of messages and digests, rising.

        ``vision``: the rule that images must have been scaled by.
        """
        for count, named in reversed(prefix):
            with self._lock:
                tip = self._nodes.get((root.key, named))
            if tip is None or tip.depth != root.depth + count or tip.vision not in {"", vision}:
                continue
            if nodes := _chain(tip, count):
                return nodes
        return []

    def keep(self, root: Node, prefix: Sequence[tuple[int, bytes]], nodes: Sequence[Node]) -> None:
        """Remember the nodes at which the beginnings end."""
        with self._lock:
            for count, named in prefix:
                if count <= len(nodes):
                    self._nodes[root.key, named] = nodes[count - 1]


def _chain(tip: Node, count: int) -> list[Node]:
    """The last ``count`` nodes up to one, in order; none where one of them was forgotten."""
    nodes = [tip] * count
    node: Node | None = tip
    for place in range(count - 1, -1, -1):
        if node is None or node.gone:
            return []
        nodes[place] = node
        node = node.parent
    return nodes


def cost_of(node: Node) -> int:
    """Rough bytes a node keeps alive beside its parent."""
    return (
        1_600
        + sum(len(e.new) + 120 for e in node.edits)
        + sum(len(c.arguments) + 300 for c in node.calls)
        + 400 * len(node.verdicts)
        + 150 * len(node.literals)
        + 200 * (len(node.message.parts) + len(node.message.images) if node.message is not None else 0)
        + 900 * len(node.pictures)
    )


class Lineage:
    """The nodes seen lately, by parent and exact bytes. Bounded in bytes; thread-safe.

    A node keeps those before it alive, so only ends of chains are let go, the one used longest ago first; what led to
    it alone follows at once, as far as needed. One chain larger than the bound stays whole: its request holds it anyway.
    """

    def __init__(self, *, max_bytes: int = 64 * 1024 * 1024) -> None:
        self._max = max_bytes
        self._size = 0
        self._nodes: dict[tuple[bytes, bytes], Node] = {}
        self._ends: OrderedDict[tuple[bytes, bytes], Node] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes held, roughly."""
        return self._size

    def find(self, parent: Node, raw: bytes) -> Node | None:
        """The node that these bytes lead to, when they were seen after this parent."""
        with self._lock:
            node = self._nodes.get((parent.key, raw))
            if node is not None:
                self._use(node)
            return node

    def touch(self, node: Node) -> None:
        """Note that a node was used."""
        with self._lock:
            self._use(node)

    def _use(self, node: Node) -> None:
        if node.place is not None and node.place in self._ends:
            self._ends.move_to_end(node.place)

    def add(self, parent: Node, raw: bytes, node: Node) -> Node:
        """Remember a node; when another thread was first, its node is returned."""
        with self._lock:
            key = (parent.key, raw)
            if (standing := self._nodes.get(key)) is not None:
                return standing
            node.place = key
            self._nodes[key] = self._ends[key] = node
            node.cost = cost_of(node)
            self._size += node.cost
            if (before := self._kept(node.parent)) is not None:
                before.children += 1
                self._ends.pop(before.place, None)  # type: ignore[arg-type]
            while self._size > self._max:
                place, old = next(iter(self._ends.items()))
                if old is node:
                    break
                self._drop(place)
            return node

    def _kept(self, node: Node | None) -> Node | None:
        """The node, if it is one that is kept."""
        return node if node is not None and node.place is not None and self._nodes.get(node.place) is node else None

    def _drop(self, place: tuple[bytes, bytes]) -> None:
        old = self._nodes.pop(place)
        self._ends.pop(place, None)
        self._size -= old.cost
        before = self._kept(old.parent)
        if before is not None and before.place is not None:
            before.children -= 1
            if not before.children:
                self._ends[before.place] = before
                self._ends.move_to_end(before.place, last=False)  # it was used when its child was

    def forget(self, nodes: Iterable[Node]) -> None:
        """Drop nodes, so that they are made anew from the ledger."""
        with self._lock:
            for node in sorted(nodes, key=lambda node: -node.depth):
                node.gone = True
                if self._kept(node) is not None and node.place is not None:
                    self._drop(node.place)

    def __len__(self) -> int:
        return len(self._nodes)
