"""A chain's messages as they were read, seen through its nodes: a long conversation is not copied for each request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from headroom.pipeline.node import Node
from headroom.wire.dialect import Message


class Messages(Sequence[Message]):
    """One message a node. Raises ``IndexError`` for a node that lacks its message: ask `all_there` first."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes

    def all_there(self, since: int = 0) -> bool:
        """Whether no node from ``since`` on lacks its message."""
        return all(node.message is not None for node in self._nodes[since:])

    def __len__(self) -> int:
        return len(self._nodes)

    @overload
    def __getitem__(self, index: int) -> Message: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Message]: ...

    def __getitem__(self, index: int | slice) -> Message | Sequence[Message]:
        if isinstance(index, slice):
            return Messages(self._nodes[index])
        message = self._nodes[index].message
        if message is None:
            raise IndexError(index)
        return message
