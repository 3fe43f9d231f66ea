"""What stands for a result that was taken out after it had been sent: one marker, behind which the original is kept."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final, Protocol

from headroom.accounts.tokens import estimate
from headroom.compress.rendition import Gap
from headroom.errors import StoreError
from headroom.pipeline.history import Rewrite
from headroom.pipeline.lineage import Node
from headroom.pipeline.plan import Plan
from headroom.retrieval.markers import render_gap, trailer
from headroom.retrieval.originals import About, Originals
from headroom.wire.body import literal, text_of
from headroom.wire.dialect import TextPart

log = logging.getLogger("headroom.pipeline")

BYTES_A_TOKEN: Final = 4
STUB_TOKENS: Final = 90


class Makes(Protocol):
    """Makes the replacement of a block when it is wanted; None when there can't be one."""

    def __call__(self) -> Rewrite | None:
        """Store the original, then say what stands for it."""


@dataclass(frozen=True, slots=True)
class Option:
    """A block that could be shorter."""

    node: Node
    number: int
    part: TextPart
    removed: int
    make: Makes


class Stubs:
    """Makes stubs. Thread-safe."""

    def __init__(self, originals: Originals) -> None:
        self._originals = originals

    def option(self, plan: Plan, node: Node, number: int, part: TextPart, why: str, said: str) -> Option:
        """A stub for one result of a message of this request; made, and the original stored, when it is wanted."""
        piece = plan.request.messages[node.depth - 1]
        body = plan.exchange.body_in
        start, end = piece.start + part.start, piece.start + part.end
        verdict = node.verdicts[number]

        def make() -> Rewrite | None:
            text = text_of(body[start:end])
            tokens = estimate(text)
            about = About(
                kind="read" if why.startswith("read") else verdict.content_kind or "",
                tool=verdict.tool or "",
                tokens=tokens,
                shown_tokens=STUB_TOKENS,
                project=plan.exchange.project,
            )
            try:
                handle = self._originals.keep(text, about, now=plan.now)
            except StoreError as error:
                log.warning("originals: %s", error)
                return None
            stub = stub_of(text, said, handle)
            before = verdict.tokens_after if verdict.kind == "compressed" else tokens
            return Rewrite(node.depth, number, why, literal(stub), handle, before, estimate(stub), part.digest)

        return Option(node, number, part, max(0, (end - start) // BYTES_A_TOKEN - STUB_TOKENS), make)


def stub_of(text: str, said: str, handle: str) -> str:
    """One marker for a whole text."""
    count = text.count("\n") + (not text.endswith("\n"))
    gap = render_gap(Gap(1, max(1, count), "lines", said), handle)
    return f"{gap}\n{trailer(max(1, count), 1, 'lines', frozenset({'lines'}), handle)}"
