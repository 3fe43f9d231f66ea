"""What the upstream refused of a rewrite is taken back, for the rest of the conversation."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from headroom.errors import StoreError
from headroom.exchange import Verdict
from headroom.pipeline.alignment import Aligner
from headroom.pipeline.conversation import EVERYTHING, Conversations
from headroom.pipeline.ledger import Entry, Ledger
from headroom.pipeline.lineage import Lineage
from headroom.pipeline.node import Node
from headroom.pipeline.pictures import Pictures
from headroom.pipeline.plan import Plan
from headroom.pipeline.revise import Reviser
from headroom.pipeline.seen import Seen

log = logging.getLogger("headroom.pipeline")


class Refusals:
    """Unpins what was new in a refused request. Thread-safe."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        conversations: Conversations,
        reviser: Reviser | None,
        aligner: Aligner,
        pictures: Pictures,
        lineage: Lineage,
        seen: Seen,
    ) -> None:
        self._ledger = ledger
        self._conversations = conversations
        self._reviser = reviser
        self._aligner = aligner
        self._pictures = pictures
        self._lineage = lineage
        self._seen = seen

    def take_back(self, plan: Plan) -> None:
        """The upstream refused the rewritten body and took the client's own: take back what was new in it.

        What is new is the likely cause; its blocks become raw, and its transforms are barred from the conversation.
        When nothing was new, nothing is changed any more in the conversation.
        """
        fresh = [
            node
            for index, node in enumerate(plan.nodes[plan.known :], plan.known)
            if index not in plan.again and any(_is_new(verdict) for verdict in _verdicts(node))
        ]
        transforms = frozenset(verdict.why for node in fresh for verdict in _verdicts(node) if _is_new(verdict))
        if self._reviser is not None and plan.exchange.notes.get("revised"):
            self._reviser.withdraw(plan.node, now=plan.now)
            fresh.append(plan.node)
        aligned = plan.aligned is not None
        barred = transforms or (frozenset() if aligned else frozenset({EVERYTHING}))
        plan.exchange.notes["barred"] = [*sorted(barred), *(["aligned"] if aligned else [])]
        try:
            self._aligner.withdraw(plan)
            for node in fresh:
                for key, verdict in zip(node.keys, node.verdicts, strict=True):
                    if _is_new(verdict):
                        self._ledger.retract(key, Entry("raw", "upstream_refused"), now=plan.now)
                for picture in node.pictures:
                    if _is_new(picture.verdict):
                        self._pictures.retract(picture, now=plan.now)
            if barred:
                self._conversations.bar(plan.conversation, barred, now=plan.now)
        except StoreError as error:
            log.warning("could not note a refused rewrite: %s", error)
        # Those behind a block that was taken back, too: what they know of it is no longer so.
        self._lineage.forget({node.key: node for node in (*plan.nodes[plan.known :], *fresh)}.values())
        self._seen.forget(plan.conversation.root)


def _verdicts(node: Node) -> Iterator[Verdict]:
    yield from node.verdicts
    yield from (picture.verdict for picture in node.pictures)


def _is_new(verdict: Verdict) -> bool:
    """Whether a block was changed for the first time; after a restart those of earlier requests are read again."""
    return verdict.kind == "compressed" and verdict.fresh
