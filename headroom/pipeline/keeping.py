"""What the requests of a live conversation stand on stays in the store, however old it is and whoever else writes there."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from math import inf
from typing import Final

from headroom.errors import StoreError
from headroom.pipeline.conversation import Conversations
from headroom.pipeline.history import History
from headroom.pipeline.ledger import Ledger
from headroom.pipeline.node import Node
from headroom.pipeline.pictures import Pictures
from headroom.pipeline.plan import Plan

log = logging.getLogger("headroom.pipeline")

EVERY: Final = 3600.0
"""Seconds after which the store is told again that a message is in use; it forgets what was idle for weeks."""


class Keeping:
    """Tells the store what is in use. Thread-safe."""

    def __init__(
        self, conversations: Conversations, ledger: Ledger, pictures: Pictures, history: History | None
    ) -> None:
        self._conversations = conversations
        self._ledger = ledger
        self._pictures = pictures
        self._history = history

    def keep(self, plan: Plan) -> None:
        """Mark the rows behind a request as used, each at most once in a while. May wait for the store."""
        now = plan.now
        if not plan.nodes or _earliest(plan.nodes) > now - EVERY:
            return
        nodes = [node for node in plan.nodes if node.kept <= now - EVERY]
        if nodes and not self._tell(plan, nodes):
            return
        for node in nodes:
            node.kept = now
        for node in plan.nodes:
            node.kept_all = None
        _earliest(plan.nodes)

    def _tell(self, plan: Plan, nodes: Sequence[Node]) -> bool:
        now = plan.now
        pictures = [picture for node in nodes for picture in node.pictures]
        keys = [key for node in nodes for key in node.keys] + [one.key for one in pictures if not one.own]
        rewritten = [node for node in nodes if node.parent is not None and node.spares != node.parent.spares]
        try:
            self._ledger.touch(keys, now=now)
            self._pictures.touch([one.key for one in pictures if one.own], now=now)
            if self._history is not None:
                self._history.touch(rewritten, now=now)
            self._conversations.touch(plan.conversation, now=now)
        except StoreError as error:
            log.warning("the store was not told what is in use: %s", error)
            return False
        return True


def _earliest(nodes: Sequence[Node]) -> float:
    """When the store was told of a message at the earliest; worked out once for each, as a chain may be long."""
    new: list[Node] = []
    earliest = inf
    for node in reversed(nodes):
        if node.kept_all is not None:
            earliest = node.kept_all
            break
        new.append(node)
    for node in reversed(new):
        earliest = node.kept_all = min(earliest, node.kept)
    return earliest
