"""What a request sends when rewrites of its history hold."""

from __future__ import annotations

from dataclasses import replace

from headroom.exchange import Edit, Verdict
from headroom.pipeline.node import Node, Standing, results_of
from headroom.pipeline.plan import Plan
from headroom.pipeline.revision import Revised, Rewrite


def effective(node: Node, revised: Revised) -> tuple[Verdict, ...]:
    """A message's verdicts as they stand."""
    if not _touched(node, revised):
        return node.verdicts
    return tuple(
        verdict if (new := revised.get((node.depth, number))) is None else _as_verdict(verdict, new)
        for number, verdict in enumerate(node.verdicts)
    )


def standing(node: Node, revised: Revised) -> Standing:
    """What a message comes to under these rewrites; made once, and then again only when they change."""
    made = node.standing
    if made is None or made.revised is not revised:
        again = tuple(replace(verdict, fresh=False) for verdict in effective(node, revised))
        made = node.standing = Standing(revised, _edits_of(node, revised), again)
    return made


def _touched(node: Node, revised: Revised) -> bool:
    """Whether a message is sent otherwise than at first."""
    return bool(revised) and any((node.depth, number) in revised for number in range(len(node.verdicts)))


def _as_verdict(verdict: Verdict, new: Rewrite) -> Verdict:
    return replace(
        verdict,
        kind="compressed",
        why=new.why,
        tokens_before=max(verdict.tokens_before, new.tokens_before),
        tokens_after=new.tokens_after,
        lossless=new.handle is None,
        handle=new.handle,
    )


def _edits_of(node: Node, revised: Revised) -> tuple[Edit, ...]:
    """A message's edits as they stand."""
    if not _touched(node, revised):
        return node.edits
    parts = results_of(node)
    new = {
        parts[number].start: Edit(parts[number].start, parts[number].end, rewrite.literal)
        for number in range(len(node.verdicts))
        if (rewrite := revised.get((node.depth, number))) is not None
    }
    if not new:
        return node.edits
    return (*(edit for edit in node.edits if edit.start not in new), *new.values())


def without(edits: list[Edit], plan: Plan) -> list[Edit]:
    """A request's edits once more, with the messages taken out that are no longer sent."""
    pieces = plan.request.messages
    gone = [(pieces[drop.first - 1].start, pieces[drop.last].start) for drop in plan.node.dropped]
    kept = [edit for edit in edits if not any(start <= edit.start < end for start, end in gone)]
    return kept + [Edit(start, end, b"") for start, end in gone]
