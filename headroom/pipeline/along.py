"""What a whole chain of messages comes to, kept at its end and gone on from there: a new turn looks at its own messages only."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from headroom.pipeline.node import Node, is_dropped
from headroom.pipeline.stake import Stake

NAME: Final = 8
"""Bytes of a message's key that tell it from the others of its conversation."""
_COPY_BYTES: Final = 200
"""What one copy takes, about."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The last copies up to a message, each with the depth of the one that holds it, by digest."""

    labels: dict[bytes, tuple[int, str]] = field(default_factory=dict)
    stakes: dict[bytes, tuple[int, Stake]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels) + len(self.stakes)


class Copies:
    """The last copy of each tool result of the chains that went on lately. Bounded in bytes; thread-safe."""

    def __init__(self, max_bytes: int = 4 * 1024 * 1024) -> None:
        self._most = max_bytes // _COPY_BYTES
        self._held = 0
        self._ends: OrderedDict[int, tuple[Node, _Found]] = OrderedDict()
        """By the identity of a chain's last node."""
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes held, roughly."""
        return _COPY_BYTES * self._held

    def cited(self, node: Node, literal: bytes, *, gone: bool = True) -> str | None:
        """How to cite an earlier copy of a tool result at a message or in front of it, or None.

        ``gone``: one in a message that is no longer sent does not count.
        """
        with self._lock:
            found = self._up_to(node).labels.get(literal)
        return found[1] if found is not None and _is_shown(node, found[0], gone=gone) else None

    def stake(self, node: Node, literal: bytes) -> Stake | None:
        """The stake at which an earlier copy was cut, where it is still sent, or None."""
        with self._lock:
            found = self._up_to(node).stakes.get(literal)
        return found[1] if found is not None and _is_shown(node, found[0]) else None

    def _up_to(self, node: Node) -> _Found:
        new: list[Node] = []
        copies = _Found()
        one: Node | None = node
        while one is not None:
            if (end := self._ends.pop(id(one), None)) is not None:
                copies = end[1]
                self._held -= len(copies)
                break
            if one.literals or one.stakes:
                new.append(one)
            one = one.parent
        for one in reversed(new):
            copies.labels.update((literal, (one.depth, label)) for literal, label in one.literals.items())
            copies.stakes.update((literal, (one.depth, stake)) for literal, stake in one.stakes.items())
        self._ends[id(node)] = node, copies
        self._held += len(copies)
        while self._held > self._most and len(self._ends) > 1:
            self._held -= len(self._ends.popitem(last=False)[1][1])
        return copies


def _is_shown(node: Node, depth: int, *, gone: bool = True) -> bool:
    """Whether the model still sees a message in front of ``node``; ``gone``: one that is no longer sent is not seen."""
    return depth >= node.summary and not (gone and is_dropped(node, depth))


def trail(node: Node) -> bytes:
    """The beginnings of the keys of all messages up to one, ``NAME`` bytes each.

    It is kept at the end of the chain. Two threads may go on from the same place, so it is never changed, only taken away.
    """
    known, last = node.trail, node
    names: list[bytes] = []
    while known is None and last.parent is not None:
        names.append(last.key[:NAME])
        last = last.parent
        known = last.trail
    if not names:
        return known or b""
    names.append(known or b"")
    made = b"".join(reversed(names))
    last.trail = None
    node.trail = made
    return made
