"""Conversations as a content-addressed chain: one node a message, no session id needed.

A node's key is a digest of its parent's key and of the message's canonical form, so forks, subagents and retries find
their own place by themselves.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from weakref import WeakValueDictionary

from headroom.pipeline.node import Node


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
        + 150 * (len(node.literals) + len(node.stakes))
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
            if parent.gone:  # while this one was made
                node.gone = True
                return node
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

    def kept(self) -> list[Node]:
        """All nodes, those nearest to their root first."""
        with self._lock:
            return sorted(self._nodes.values(), key=lambda node: node.depth)

    def __len__(self) -> int:
        return len(self._nodes)
