"""What a request and its parts weigh, by count; where there is no time to count, by a sample of each text."""

from __future__ import annotations

from collections.abc import Callable

from headroom.accounts.tokens import BYTES_A_TOKEN, estimate
from headroom.exchange import Edit
from headroom.pipeline.counts import Counts, around
from headroom.pipeline.digest import digest
from headroom.pipeline.node import Node, is_dropped, results_of
from headroom.pipeline.plan import Plan
from headroom.pipeline.revision import Revised
from headroom.wire.body import text_of
from headroom.wire.dialect import TextPart


class Weights:
    """The tokens of one request's parts; each text is looked at once."""

    def __init__(self, counts: Counts, plan: Plan, *, sampled: bool = False) -> None:
        self._counts = counts
        self._plan = plan
        self._sampled: dict[bytes, int] | None = {} if sampled else None

    def front(self) -> int:
        """The tools array and a system prompt outside of the messages."""
        body, request = self._plan.exchange.body_in, self._plan.request
        pieces = [
            body[span.start : span.end] for span in (*request.system, *([request.tools] if request.tools else []))
        ]
        return sum(self._text(digest(piece), lambda p=piece: p.decode("utf-8", "replace")) for piece in pieces)  # type: ignore[misc]

    def messages(self, since: Node | None = None) -> int:
        """All messages as they are sent, or those behind one."""
        plan, depth = self._plan, since.depth if since is not None else 0
        if self._sampled is None:
            body = plan.exchange.body_in
            return self._counts.sent(body, plan.request, plan.dialect, plan.nodes, since=depth)
        tip = plan.nodes[-1]
        return sum(self.message(node, tip.revised) for node in plan.nodes[depth:] if not is_dropped(tip, node.depth))

    def message(self, node: Node, revised: Revised) -> int:
        """A message as it is sent under rewrites, with what stands around its texts."""
        message = node.message or self._plan.dialect.message(self._raw(node))
        edits = {edit.start: edit for edit in node.edits}
        numbers = {part.start: number for number, part in enumerate(results_of(node))}
        used = around(node, message) // BYTES_A_TOKEN
        for part in message.parts:
            rewrite = revised.get((node.depth, numbers.get(part.start, -1)))
            used += self._part(node, part, edits.get(part.start)) if rewrite is None else self.literal(rewrite.literal)
        used += sum(self._text(digest(call.arguments.encode()), lambda c=call: c.arguments) for call in message.calls)  # type: ignore[misc]
        return used + sum(picture.verdict.tokens_after for picture in node.pictures)

    def result(self, node: Node, number: int, revised: Revised) -> int:
        """A tool result as it is sent under rewrites."""
        rewrite = revised.get((node.depth, number))
        return self.first(node, number) if rewrite is None else self.literal(rewrite.literal)

    def first(self, node: Node, number: int) -> int:
        """A tool result as it was first sent; what rewrites save is counted from there."""
        part = results_of(node)[number]
        return self._part(node, part, next((edit for edit in node.edits if edit.start == part.start), None))

    def literal(self, literal: bytes) -> int:
        """A text that stands for another."""
        return self._text(digest(literal), lambda: text_of(literal))

    def _part(self, node: Node, part: TextPart, edit: Edit | None) -> int:
        if edit is not None:
            return self.literal(edit.new)
        return self._text(part.digest, lambda: text_of(self._raw(node)[part.start : part.end]))

    def _raw(self, node: Node) -> bytes:
        piece = self._plan.request.messages[node.depth - 1]
        return self._plan.exchange.body_in[piece.start : piece.end]

    def _text(self, key: bytes, text: Callable[[], str]) -> int:
        if self._sampled is None:
            return self._counts.text(key, text, self._plan.request.model)
        if (known := self._sampled.get(key)) is None:
            known = self._sampled[key] = estimate(text())
        return known
