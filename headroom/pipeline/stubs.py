"""What stands for a result that was taken out after it had been sent: one marker, behind which the original is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from headroom.accounts.tokens import BYTES_A_TOKEN, estimate
from headroom.compress.rendition import Gap
from headroom.pipeline.cached import sent_size
from headroom.pipeline.node import Node
from headroom.pipeline.plan import Plan
from headroom.pipeline.revision import Rewrite
from headroom.retrieval.markers import render_gap, trailer
from headroom.retrieval.original import About
from headroom.retrieval.originals import Originals
from headroom.wire.body import literal, text_of
from headroom.wire.dialect import TextPart

STUB_TOKENS: Final = 90
PAGE: Final = "read_lifecycle:page"
_KINDS: Final = {"read_lifecycle:superseded": "read", "read_lifecycle:overwritten": "read", PAGE: "page"}
"""Under what the original is kept, so that what is asked back of stubs is told apart from what compressors left out."""


@dataclass(frozen=True, slots=True)
class Option:
    """A block that could be shorter."""

    node: Node
    number: int
    part: TextPart
    removed: int
    why: str
    said: str = ""
    """What its stub says."""
    made: Rewrite | None = None
    """What stands for it, where that is no stub."""


class Stubs:
    """Makes stubs. Thread-safe."""

    def __init__(self, originals: Originals) -> None:
        self._originals = originals

    @staticmethod
    def option(node: Node, number: int, part: TextPart, why: str, said: str) -> Option:
        """A stub for one result; made, and the original stored, when it is wanted."""
        removed = max(0, sent_size(node, number) // BYTES_A_TOKEN - STUB_TOKENS)
        return Option(node, number, part, removed, why, said)

    def make(self, plan: Plan, wanted: Sequence[Option]) -> list[Rewrite | None]:
        """What stands for results of this request, all originals stored together; None where one could not be."""
        body = plan.exchange.body_in
        texts: list[tuple[str, About]] = []
        for one in wanted:
            if one.made is not None:
                continue
            start = plan.request.messages[one.node.depth - 1].start
            text = text_of(body[start + one.part.start : start + one.part.end])
            verdict = one.node.verdicts[one.number]
            about = About(
                kind=_KINDS.get(one.why) or verdict.content_kind or "",
                tool=verdict.tool or "",
                tokens=estimate(text),
                shown_tokens=STUB_TOKENS,
                project=plan.exchange.project,
            )
            texts.append((text, about))
        kept = zip(texts, self._originals.keep_all(texts, now=plan.now), strict=True)
        return [one.made if one.made is not None else _stub(one, *next(kept)) for one in wanted]


def _stub(one: Option, kept: tuple[str, About], handle: str | None) -> Rewrite | None:
    if handle is None:
        return None
    text, about = kept
    stub = stub_of(text, one.said, handle)
    verdict = one.node.verdicts[one.number]
    before = verdict.tokens_after if verdict.kind == "compressed" else about.tokens
    return Rewrite(one.node.depth, one.number, one.why, literal(stub), handle, before, estimate(stub), one.part.digest)


def stub_of(text: str, said: str, handle: str) -> str:
    """One marker for a whole text."""
    count = text.count("\n") + (not text.endswith("\n"))
    gap = render_gap(Gap(1, max(1, count), "lines", said))
    return f"{gap}\n{trailer(frozenset({'lines'}), handle)}"
