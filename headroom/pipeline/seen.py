"""What a conversation has been sent whole so far, line by line, so that later copies of its parts are cited.

Nothing here decides by itself: what may be cited depends on the chain of messages in front of a block and on nothing
else. What is kept is a cache. It is made anew from the request, which holds every earlier text.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from headroom.compress.dedupe import MIN_CHARS, Repeat, SeenText
from headroom.compress.rendition import Hints
from headroom.pipeline.eligibility import hints_for
from headroom.pipeline.node import Node, is_dropped, results_of
from headroom.pipeline.plan import Plan
from headroom.wire.body import text_of
from headroom.wire.outline import QUOTE

MAX_BYTES = 16 * 1024 * 1024
"""Bound of all that is kept; the conversation used longest ago goes first."""
MAX_BLOCK = 1024 * 1024
"""A larger text is neither cited nor looked through."""
_INDEX_BYTES = 1_500
_PLACE_BYTES = 500
_NODE_BYTES = 120
_LABEL = 64
_ALONE = 36
"""Characters of what a result was asked for; fewer do where its message holds no other."""
_REACH = 16 * 1024 * 1024
"""Bytes of the conversation that a citation may look back over."""


@dataclass(frozen=True, slots=True)
class _Place:
    node: bytes
    depth: int
    number: int
    """Of the result in its message, from 0."""
    before: int
    """Bytes of the conversation up to and including its message."""
    label: str


@dataclass(slots=True)
class _Index:
    texts: SeenText = field(default_factory=SeenText)
    places: dict[bytes, _Place] = field(default_factory=dict)
    covered: set[bytes] = field(default_factory=set)
    """Keys of the nodes whose texts are in."""

    @property
    def size(self) -> int:
        """Rough bytes held."""
        return _INDEX_BYTES + self.texts.size + _PLACE_BYTES * len(self.places) + _NODE_BYTES * len(self.covered)


class Seen:
    """Texts sent whole, by conversation. Thread-safe."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max = max_bytes
        self._total = 0
        self._roots: OrderedDict[bytes, _Index] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes held, roughly."""
        return self._total

    def repeats(self, plan: Plan, text: str) -> tuple[Repeat, ...]:
        """Runs of a new text that stand in a result in front of it. ``plan.node`` is the message before its own."""
        if not MIN_CHARS <= len(text) <= MAX_BLOCK:
            return ()
        parent = plan.node
        with self._lock:
            root = plan.conversation.root.key
            if (index := self._roots.get(root)) is None:
                index = self._roots[root] = _Index()
                self._total += index.size
            size = index.size
            self._roots.move_to_end(root)
            self._cover(index, plan)
            found = index.texts.repeats(text, lambda key: self._label(index.places[key], plan, parent))
            self._total += index.size - size
            while self._total > self._max:
                self._total -= self._roots.popitem(last=False)[1].size
        return found

    def forget(self, root: Node) -> None:
        """Drop what is kept of a conversation: verdicts in it were taken back."""
        with self._lock:
            index = self._roots.pop(root.key, None)
            self._total -= index.size if index is not None else 0

    def place(self, plan: Plan, repeat: Repeat) -> tuple[int, int] | None:
        """Depth and number of the result that a repeat cites."""
        with self._lock:
            index = self._roots.get(plan.conversation.root.key)
            found = index.places.get(repeat.key) if index is not None else None
        return (found.depth, found.number) if found is not None else None

    @staticmethod
    def _label(place: _Place, plan: Plan, parent: Node) -> str | None:
        """How to cite a text, when it stands in front of the block as it came, and not too far away."""
        if place.depth > parent.depth or plan.nodes[place.depth - 1].key != place.node:
            return None  # of another branch
        if place.depth < parent.summary:
            return None  # the model is shown a summary instead
        if plan.conversation.current and is_dropped(parent, place.depth):
            return None  # what began under an older policy goes on as it began
        if (place.depth, place.number) in parent.revised or parent.size - place.before > _REACH:
            return None
        return place.label

    @staticmethod
    def _cover(index: _Index, plan: Plan) -> None:
        missing: list[Node] = []
        for node in reversed(plan.nodes):
            if node.key in index.covered:
                break
            missing.append(node)
        for node in reversed(missing):
            index.covered.add(node.key)
            if not node.verdicts:
                continue
            piece = plan.request.messages[node.depth - 1]
            results = results_of(node)
            for number, (part, verdict) in enumerate(zip(results, node.verdicts, strict=False)):
                if verdict.kind != "raw" or not MIN_CHARS <= part.end - part.start <= MAX_BLOCK:
                    continue
                written = plan.exchange.body_in[piece.start + part.start : piece.start + part.end]
                if written[0] != QUOTE:
                    continue  # data, of whose lines the model sees nothing
                key = node.key + number.to_bytes(4, "big")
                call = node.call(part.call_id)
                hints = hints_for(call.name if call else None, call.arguments if call else "", "")
                called = label(hints, node.depth, alone=len(results) == 1)
                index.places[key] = _Place(node.key, node.depth, number, node.size, called)
                index.texts.add(key, text_of(written))


def label(hints: Hints, depth: int, *, alone: bool = False) -> str:
    """What a reader knows a result by: its tool, what it was asked for, and where it stands.

    ``alone``: its message holds no other result, so that the message's number says which one it is.
    """
    what = " ".join((hints.command or hints.path or "").split())
    most = _ALONE if alone else _LABEL
    if len(what) > most:  # of a command the beginning tells most, of a path the end
        what = what[: most - 3].rstrip() + "..." if hints.command else "..." + what[3 - most :]
    return f"{hints.tool or 'tool'} {what}".strip() + f" (message {depth})"
