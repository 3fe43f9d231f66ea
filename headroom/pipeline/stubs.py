"""What stands for a result that was taken out after it had been sent: one marker, behind which the original is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from headroom.accounts.tokens import estimate
from headroom.compress.rendition import Gap
from headroom.pipeline.cached import sent_size
from headroom.pipeline.history import Rewrite
from headroom.pipeline.lineage import Node
from headroom.pipeline.plan import Plan
from headroom.retrieval.markers import render_gap, trailer
from headroom.retrieval.originals import About, Originals
from headroom.wire.body import literal, text_of
from headroom.wire.dialect import TextPart

BYTES_A_TOKEN: Final = 4
STUB_TOKENS: Final = 90
PAGE: Final = "read_lifecycle:page"
_KINDS: Final = {"read_lifecycle:superseded": "read", "read_lifecycle:overwritten": "read", PAGE: "page"}
"""Under what the original is kept, so that what is asked back of stubs is told apart from what compressors left out."""


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
    why: str


class Stubs:
    """Makes stubs. Thread-safe."""

    def __init__(self, originals: Originals) -> None:
        self._originals = originals

    def option(self, plan: Plan, node: Node, number: int, part: TextPart, why: str, said: str) -> Option:
        """A stub for one result of a message of this request; made, and the original stored, when it is wanted."""

        def make() -> Rewrite | None:
            return self.make(plan, [(node, number, part)], why, said)[0]

        return Option(node, number, part, max(0, sent_size(node, number) // BYTES_A_TOKEN - STUB_TOKENS), make, why)

    def make(
        self, plan: Plan, wanted: Sequence[tuple[Node, int, TextPart]], why: str, said: str
    ) -> list[Rewrite | None]:
        """Stubs for results of this request, all originals stored together; None where one could not be."""
        body = plan.exchange.body_in
        texts: list[tuple[str, About]] = []
        for node, number, part in wanted:
            start = plan.request.messages[node.depth - 1].start
            text = text_of(body[start + part.start : start + part.end])
            about = About(
                kind=_KINDS.get(why) or node.verdicts[number].content_kind or "",
                tool=node.verdicts[number].tool or "",
                tokens=estimate(text),
                shown_tokens=STUB_TOKENS,
                project=plan.exchange.project,
            )
            texts.append((text, about))
        made: list[Rewrite | None] = []
        for (node, number, part), (text, about), handle in zip(
            wanted, texts, self._originals.keep_all(texts, now=plan.now), strict=True
        ):
            if handle is None:
                made.append(None)
                continue
            stub = stub_of(text, said, handle)
            verdict = node.verdicts[number]
            before = verdict.tokens_after if verdict.kind == "compressed" else about.tokens
            made.append(Rewrite(node.depth, number, why, literal(stub), handle, before, estimate(stub), part.digest))
        return made


def stub_of(text: str, said: str, handle: str) -> str:
    """One marker for a whole text."""
    count = text.count("\n") + (not text.endswith("\n"))
    gap = render_gap(Gap(1, max(1, count), "lines", said), handle)
    return f"{gap}\n{trailer(max(1, count), 1, 'lines', frozenset({'lines'}), handle)}"
