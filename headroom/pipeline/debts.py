"""What the store did not take, or did not tell, when it was needed: made good once it answers again.

Meanwhile another worker may have decided the same block. Its verdict stands then, here too: two workers that send one
conversation differently would have the provider process it anew with every change between them.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from headroom.pipeline.conversation import Conversations
from headroom.pipeline.ledger import Ledger
from headroom.pipeline.lineage import Lineage
from headroom.pipeline.node import Node
from headroom.pipeline.pictures import Pictures
from headroom.pipeline.revise import Reviser
from headroom.pipeline.seen import Seen

log = logging.getLogger("headroom.pipeline")


class Debts:
    """Pays them. Thread-safe."""

    def __init__(
        self,
        conversations: Conversations,
        ledger: Ledger,
        pictures: Pictures,
        reviser: Reviser | None,
        lineage: Lineage,
        seen: Seen,
    ) -> None:
        self._conversations = conversations
        self._ledger = ledger
        self._pictures = pictures
        self._reviser = reviser
        self._lineage = lineage
        self._seen = seen

    def pay(self, *, now: float) -> None:
        """Write what is owed and take over what others decided. May wait. Raises ``StoreError``."""
        try:
            for owing in (self._conversations, self._ledger, self._pictures):
                owing.pay(now=now)
        finally:
            self._make_anew(self._ledger.overruled() | self._pictures.overruled(), ())
        if self._reviser is not None:
            self._make_anew((), self._reviser.overlooked())

    def _make_anew(self, keys: Collection[str], nodes: Collection[Node]) -> None:
        """Forget the nodes that hold other verdicts than stand, and all behind them."""
        if not keys and not nodes:
            return
        stale: dict[int, Node] = {}
        roots: dict[bytes, Node] = {}
        wrong = {id(node) for node in nodes}
        for node in self._lineage.kept():
            if node.parent is not None and id(node.parent) in stale:
                stale[id(node)] = node
            elif id(node) in wrong or any(key in keys for key in (*node.keys, *(p.key for p in node.pictures))):
                stale[id(node)] = node
                root = list(node.up())[-1]
                roots[root.key] = root
        if not stale:
            return
        log.info("%d messages go on as another worker sends them", len(stale))
        self._lineage.forget(stale.values())
        for root in roots.values():
            self._seen.forget(root)
