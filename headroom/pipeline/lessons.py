"""What a request that was just sent teaches: which results lost something, and which calls the model made again."""

from __future__ import annotations

from collections.abc import Iterator

from headroom.exchange import Verdict
from headroom.pipeline.eligibility import bare_name, unwrap
from headroom.pipeline.node import Node
from headroom.pipeline.plan import Plan
from headroom.retrieval.feedback import Made
from headroom.retrieval.learning import Condensed, Learning
from headroom.wire.dialect import PartKind, ToolCall

_LOOK_BACK = 64
"""Messages in which a call that is made again is looked for; at least five turns, with their parallel calls."""


def teach(learning: Learning, plan: Plan) -> None:
    """Tell what is new in a request. Does nothing for one that holds no new messages."""
    if plan.known >= len(plan.nodes):
        return
    learning.condensed(_condensed(plan), now=plan.now)
    calls, groups, since = _calls(plan)
    learning.called(calls, groups, since=since, now=plan.now)


def _condensed(plan: Plan) -> Iterator[Condensed]:
    for index, node in enumerate(plan.nodes[plan.known :], plan.known):
        if index in plan.again:
            continue
        for call, one in _results(node):
            if one.fresh and one.handle is not None:
                tool, kind = _group(call, one.content_kind)
                yield Condensed(tool, kind, one.handle, one.tokens_before - one.tokens_after)


def _calls(plan: Plan) -> tuple[list[Made], dict[str, tuple[str, str]], int]:
    """The last calls, the groups of their condensed results, and the first turn that is new."""
    first = max(0, len(plan.nodes) - _LOOK_BACK)
    nodes = plan.nodes[first:]
    handles: dict[str, str] = {}
    groups: dict[str, tuple[str, str]] = {}
    for node in nodes:
        for call, one in _results(node):
            if call is not None and one.handle is not None:
                handles[call.id] = one.handle
                groups[one.handle] = _group(call, one.content_kind)
    calls: list[Made] = []
    turn, since, calling = 0, None, False
    for place, node in enumerate(nodes, first):
        # Some formats carry the calls of one turn as messages of their own.
        turn += bool(node.calls) and not calling
        calling = bool(node.calls)
        if place >= plan.known and since is None:
            since = turn if calling else turn + 1
        calls += [Made(turn, call.name, call.arguments, handles.get(call.id)) for call in node.calls]
    return calls, groups, since or 0


def _results(node: Node) -> Iterator[tuple[ToolCall | None, Verdict]]:
    if node.message is None:
        return
    parts = (part for part in node.message.parts if part.kind is PartKind.TOOL_RESULT)
    for part, verdict in zip(parts, node.verdicts, strict=True):
        yield node.call(part.call_id), verdict


def _group(call: ToolCall | None, kind: str | None) -> tuple[str, str]:
    """The tool's own name, as it is kept beside the original, and the content kind."""
    name = bare_name(unwrap(call.name, call.arguments)[0]) if call is not None else ""
    return name, kind or ""
