"""What the messages up to a place come to in every later request: kept where requests ended, and gone on from there.

The edits, verdicts and handles of a long conversation are the same with every turn. They hold for one beginning of the
body, byte for byte, since the edits are placed by offsets from its start.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from weakref import ref

from headroom.exchange import Edit, Verdict
from headroom.pipeline.node import Node, Quiet, SoFar
from headroom.pipeline.pictures import again
from headroom.pipeline.plan import Plan
from headroom.pipeline.revision import Revised
from headroom.pipeline.rewritten import effective, standing
from headroom.wire.dialect import Slice


def find(plan: Plan) -> SoFar:
    """What is known of the beginning of a request; an empty one where nothing is."""
    revised = plan.node.revised
    names = {named for _, named in plan.exchange.prefix}
    tip = plan.nodes[plan.resumed - 1] if plan.resumed else None
    known = tip.sofar if tip is not None else None
    if known is None or known.revised is not revised or not known.names & names or known.messages > plan.resumed:
        return SoFar(revised)
    return known


def keep(plan: Plan, known: SoFar, *, quiet: Quiet | None) -> None:
    """Remember what a request came to, up to the first place from which the next one may go on."""
    prefix = [(count, named) for count, named in plan.exchange.prefix if count <= len(plan.nodes)]
    if not prefix:
        return
    first = max(known.messages, prefix[0][0])
    nodes, pieces = plan.nodes[known.messages : first], plan.request.messages[known.messages : first]
    revised = plan.node.revised
    texts = [verdict for node in nodes if node.verdicts for verdict in standing(node, revised).again]
    pictured = [verdict for node in nodes if node.pictures for verdict in again(node.pictures)]
    made = SoFar(
        revised,
        frozenset(named for count, named in prefix if count >= first),
        first,
        (*known.edits, *edits(nodes, pieces, revised)),
        (*known.verdicts, *texts),
        (*known.pictured, *pictured),
        known.judged.plus(texts).plus(pictured),
        quiet._replace(context=quiet.context.up_to(first)) if quiet is not None else None,
    )
    for holder in known.holders:
        node = holder()
        if node is not None and node.sofar is known:
            node.sofar = None
    known.holders.clear()
    for count, _ in prefix:
        if count >= first:
            node = plan.nodes[count - 1]
            node.sofar = made
            made.holders.append(ref(node))


def edits(nodes: Sequence[Node], pieces: Sequence[Slice], revised: Revised) -> Iterator[Edit]:
    """The edits of messages, placed in the body."""
    for node, piece in zip(nodes, pieces, strict=False):
        for edit in standing(node, revised).edits if node.verdicts else node.edits:
            yield Edit(piece.start + edit.start, piece.start + edit.end, edit.new)


def verdicts(plan: Plan, known: SoFar) -> tuple[list[Verdict], list[Verdict]]:
    """All verdicts of a request, on texts and on images; those on new messages are fresh."""
    revised = plan.node.revised
    texts, pictured = list(known.verdicts), list(known.pictured)
    for index, node in enumerate(plan.nodes[known.messages :], known.messages):
        seen = index < plan.known or index in plan.again
        if node.pictures:
            pictured += again(node.pictures) if seen else [picture.verdict for picture in node.pictures]
        if node.verdicts:
            texts += standing(node, revised).again if seen else effective(node, revised)
    return texts, pictured
