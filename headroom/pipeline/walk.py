"""A request's way along the chain of messages: those seen before are found in it, new ones become part of it."""

from __future__ import annotations

from headroom.pipeline.digest import digest, name_of
from headroom.pipeline.lineage import Lineage, Tips
from headroom.pipeline.node import Node
from headroom.pipeline.plan import Plan
from headroom.pipeline.vision import NO_RULE


def walk(plan: Plan, lineage: Lineage, tips: Tips) -> None:
    """Go on from where a body seen before ended, then message by message up to the first new one."""
    body = plan.exchange.body_in
    rule = plan.vision.rule or NO_RULE
    plan.nodes = tips.find(plan.node, plan.exchange.prefix, rule)
    if plan.nodes:
        plan.node, plan.at = plan.nodes[-1], len(plan.nodes)
        plan.resumed = plan.at
        lineage.touch(plan.node)
    for piece in plan.request.messages[plan.at :]:
        name = name_of(body[piece.start : piece.end])
        node = lineage.find(plan.node, name)
        if node is not None and node.vision not in {"", rule}:
            node = lineage.find(plan.node, _under(rule, name))
        if node is None:
            plan.first_new = name
            break
        _step(plan, node)
    plan.known = plan.at


def extend(plan: Plan, lineage: Lineage, raw: bytes, made: Node) -> None:
    """Add the node made of a new message; where there is one by now, that one is gone on from."""
    name = plan.first_new if plan.at == plan.known and plan.first_new else name_of(raw)
    node = lineage.add(plan.node, name, made)
    if node.vision != made.vision:
        node = lineage.add(plan.node, _under(made.vision, name), made)
    if node is not made:
        plan.again.add(plan.at)
    _step(plan, node)


def _under(rule: str, name: bytes) -> bytes:
    """The name of a message whose images were scaled by another rule than where it came first."""
    return digest(name, rule.encode())


def _step(plan: Plan, node: Node) -> None:
    plan.nodes.append(node)
    plan.node = node
    plan.at += 1
