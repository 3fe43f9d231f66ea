"""Why a call read less from the provider's cache than the call before it left there. Pure but for ``Doctor``'s counters."""

from __future__ import annotations

import json
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Any, Final, Literal

from headroom.exchange import Exchange, Usage
from headroom.pipeline.aligner import compare
from headroom.pipeline.lineage import Node, digest
from headroom.wire.dialect import Request

Cause = Literal[
    "ttl_expiry",
    "client_system",
    "client_tools",
    "client_message",
    "client_model",
    "our_rewrite",
    "our_tools",
    "unknown",
]

TOLERATED: Final = 1_024
"""Tokens that may be missing without being a miss: caches work in steps and have a smallest size."""
_TRACKS: Final = 4
_CONVERSATIONS: Final = 1_024
_FRONT: Final = 64 * 1024
"""Bytes kept of a system prompt and of a tools array, each, to find what changed in them."""


@dataclass(frozen=True, slots=True)
class Front:
    """What stood before the messages in one call, and its last message."""

    tip: Node
    model: str | None
    system: bytes
    system_digest: bytes
    tools: bytes
    tools_digest: bytes
    sent_tools: bytes
    """Digest of the tools array as it was sent."""
    wall: float
    cached: int
    """Tokens that the provider held after the call: read plus written."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One miss and who made it."""

    cause: Cause
    rewritten: int
    """Tokens that had to be processed again."""
    sentence: str


def front_of(
    exchange: Exchange, request: Request, tip: Node, sent_tools: bytes | None, usage: Usage, *, wall: float
) -> Front:
    """Take from a call what the next one is compared with."""
    body = exchange.body_in
    system = b"".join(body[s.start : s.end] for s in request.system)
    tools = body[request.tools.start : request.tools.end] if request.tools else b""
    return Front(
        tip,
        request.model,
        system[:_FRONT],
        digest(system),
        tools[:_FRONT],
        digest(tools),
        digest(sent_tools if sent_tools is not None else tools),
        wall,
        usage.cache_read + usage.cache_write,
    )


def explain(before: Front, now: Front, usage: Usage, *, lives: float, rewrote: str | None) -> Diagnosis | None:
    """Why ``now`` read less than ``before`` left in the cache; None when it read about all of it.

    ``lives`` is the cache's life in seconds; ``rewrote`` says what we changed in this turn, if anything.
    """
    missing = before.cached - usage.cache_read
    if missing < TOLERATED:
        return None
    cause, why = _cause(before, now, lives=lives, rewrote=rewrote)
    return Diagnosis(cause, missing, f"{missing:,} tokens were processed again: {why}")


def _cause(before: Front, now: Front, *, lives: float, rewrote: str | None) -> tuple[Cause, str]:
    if now.model != before.model:
        return "client_model", f"the client went from {before.model} to {now.model}; caches belong to a model"
    if now.tools_digest != before.tools_digest:
        return "client_tools", f"the client {_tool_change(before.tools, now.tools)}"
    if now.sent_tools != before.sent_tools:
        return "our_tools", "we changed the tools array"
    if now.system_digest != before.system_digest:
        moved = compare("system", before.system, now.system)
        what = f"at byte {moved.at:,}; looks like {moved.looks_like}" if moved else f"behind byte {_FRONT:,}"
        return "client_system", f"the client changed the system prompt {what}"
    shared = _shared(before.tip, now.tip)
    if shared < before.tip.depth:
        return "client_message", f"the client changed or removed message {shared + 1} of {before.tip.depth}"
    if rewrote is not None:
        return "our_rewrite", f"we {rewrote}"
    idle = now.wall - before.wall
    if idle > lives:
        return "ttl_expiry", f"the cache lives {lives:,.0f} s and the last call was {idle:,.0f} s ago"
    return "unknown", "nothing changed that we can see; the provider dropped its cache or routed elsewhere"


def _shared(old: Node, new: Node) -> int:
    """How many messages two chains have in common."""
    if new.depth > old.depth:
        for node in new.up():
            if node.depth == old.depth:
                new = node
                break
    a: Node | None = old
    b: Node | None = new
    while a is not None and b is not None and a.key != b.key:
        if a.depth >= b.depth:
            a = a.parent
        else:
            b = b.parent
    return a.depth if a is not None and b is not None else 0


def _tool_change(old: bytes, new: bytes) -> str:
    a, b = _named(old), _named(new)
    if a is None or b is None:
        return "changed the tools array"
    added, gone = [n for n in b if n not in a], [n for n in a if n not in b]
    if added or gone:
        parts = [f"added the tool {', '.join(added[:3])}"] if added else []
        parts += [f"removed the tool {', '.join(gone[:3])}"] if gone else []
        return " and ".join(parts)
    if list(a) != list(b):
        return "put the tools in another order"
    changed = [name for name in a if a[name] != b[name]]
    return f"changed the definition of {', '.join(changed[:3])}" if changed else "wrote the tools array differently"


def _named(raw: bytes) -> dict[str, Any] | None:
    """Tools by name; None for an array that was too long to be kept whole."""
    try:
        tools = json.loads(raw or b"[]")
    except ValueError:
        return None
    named: dict[str, Any] = {}
    for tool in tools if isinstance(tools, list) else [tools]:
        if not isinstance(tool, dict):
            return None
        inner = tool.get("function")
        name = inner.get("name") if isinstance(inner, dict) else tool.get("name")
        named[str(name or tool.get("type") or len(named))] = tool
    return named


class Doctor:
    """Compares each call with those before it in its conversation, and counts what it finds. Thread-safe."""

    def __init__(self) -> None:
        self._fronts: OrderedDict[bytes, list[Front]] = OrderedDict()
        self._causes: Counter[str] = Counter()
        self._tokens: Counter[str] = Counter()
        self._lock = threading.Lock()

    def see(self, front: Front, usage: Usage, *, root: bytes, lives: float, rewrote: str | None) -> Diagnosis | None:
        """Note a call that has ended; the diagnosis when it missed what the cache should have held."""
        with self._lock:
            fronts = self._fronts.setdefault(root, [])
            self._fronts.move_to_end(root)
            while len(self._fronts) > _CONVERSATIONS:
                self._fronts.popitem(last=False)
            before = max(fronts, key=lambda f: (_shared(f.tip, front.tip), f.wall), default=None)
            fronts[:] = [f for f in fronts if before is None or f is not before or f.tip is not front.tip]
            fronts.append(front)
            del fronts[:-_TRACKS]
        if before is None:
            return None
        found = explain(before, front, usage, lives=lives, rewrote=rewrote)
        if found is not None:
            with self._lock:
                self._causes[found.cause] += 1
                self._tokens[found.cause] += found.rewritten
        return found

    def miss_attribution(self) -> dict[str, Any]:
        """For ``/stats``: misses by kind, and by cause with the tokens that were processed again."""
        with self._lock:
            causes, tokens = dict(self._causes), dict(self._tokens)
        changed = sum(n for name, n in causes.items() if name not in {"ttl_expiry", "unknown"})
        return {
            "ttl_expiry": causes.get("ttl_expiry", 0),
            "prefix_change": changed,
            "unknown": causes.get("unknown", 0),
            "by_cause": {name: {"misses": n, "tokens": tokens[name]} for name, n in sorted(causes.items())},
        }
