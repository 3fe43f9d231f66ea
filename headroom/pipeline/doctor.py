"""Why a call read less from the provider's cache than the call before it left there. Pure but for ``Doctor``'s memory."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from headroom.exchange import Exchange, Usage
from headroom.pipeline.aligner import compare
from headroom.pipeline.along import NAME, trail
from headroom.pipeline.digest import digest
from headroom.pipeline.node import Node
from headroom.pipeline.tools import ToolArray
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
_FRONT: Final = 64 * 1024
"""Bytes kept of a system prompt and of a tools array, each, to find what changed in them."""
_CALL_BYTES: Final = 500
"""What a remembered call takes beside the names of its messages."""
_TEXT_BYTES: Final = 200


@dataclass(frozen=True, slots=True)
class Front:
    """What stood before the messages in one call, and the names of its messages. Texts are known by their digests."""

    trail: bytes
    """The beginnings of its messages' keys, in order."""
    model: str | None
    system: bytes
    tools: bytes
    sent_tools: bytes
    """Of the tools array as it was sent."""
    wall: float
    cached: int
    """Tokens that the provider held after the call: read plus written."""

    @property
    def depth(self) -> int:
        """How many messages it had."""
        return len(self.trail) // NAME


Rewrote = Callable[[int], str | None]
"""What we changed of the first messages since a request that ended with the last of them, if anything."""
Texts = Callable[[bytes], bytes | None]
"""The beginning of a system prompt or tools array by its digest; None where it is no longer known."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One miss and who made it."""

    cause: Cause
    rewritten: int
    """Tokens that had to be processed again."""
    sentence: str


def front_of(
    exchange: Exchange,
    request: Request,
    nodes: Sequence[Node],
    array: ToolArray | None,
    usage: Usage,
    *,
    wall: float,
    system: bytes | None = None,
) -> tuple[Front, tuple[bytes, bytes]]:
    """Take from a call what the next one is compared with; and the system prompt and the tools array themselves.

    ``usage`` is that of its last upstream call. ``array`` says how the tools were sent; ``system`` is the prompt as it was sent, where it is not the client's.
    """
    body = exchange.body_in
    if system is None:
        system = b"".join(body[s.start : s.end] for s in request.system)
    tools = body[request.tools.start : request.tools.end] if request.tools else b""
    name = array.name if array is not None else digest(tools)
    front = Front(
        trail(nodes[-1]) if nodes else b"",
        request.model,
        digest(system),
        name,
        array.sent_name if array is not None else name,
        wall,
        usage.cache_read + usage.cache_write,
    )
    return front, (system, tools)


def explain(
    before: Front, now: Front, usage: Usage, *, lives: float, rewrote: Rewrote, texts: Texts, removed: int = 0
) -> Diagnosis | None:
    """Why ``now`` read less, by ``usage``, than ``before`` left in the cache; None when it read about all of it.

    ``lives`` is the cache's life in seconds; ``removed`` are tokens that we took out of what was sent before.
    """
    missing = min(before.cached - removed, usage.total_input) - usage.cache_read
    if missing < TOLERATED:
        return None
    cause, why = _cause(before, now, lives=lives, rewrote=rewrote, texts=texts)
    return Diagnosis(cause, missing, f"{missing:,} tokens were processed again: {why}")


def _cause(before: Front, now: Front, *, lives: float, rewrote: Rewrote, texts: Texts) -> tuple[Cause, str]:
    if now.model != before.model:
        return "client_model", f"the client went from {before.model} to {now.model}; caches belong to a model"
    if now.tools != before.tools:
        return "client_tools", f"the client {_tool_change(texts(before.tools), texts(now.tools))}"
    if now.sent_tools != before.sent_tools:
        return "our_tools", "we changed the tools array"
    if now.system != before.system:
        return "client_system", f"the client changed the system prompt{_where(texts(before.system), texts(now.system))}"
    shared = _shared(before.trail, now.trail)
    if shared < before.depth:
        return "client_message", f"the client changed or removed message {shared + 1} of {before.depth}"
    if (ours := rewrote(before.depth)) is not None:
        return "our_rewrite", f"we {ours}"
    idle = now.wall - before.wall
    if idle > lives:
        return "ttl_expiry", f"the cache lives {lives:,.0f} s and the last call was {idle:,.0f} s ago"
    return "unknown", "nothing changed that we can see; the provider dropped its cache or routed elsewhere"


def _shared(old: bytes, new: bytes) -> int:
    """How many messages two trails have in common."""
    if new.startswith(old):
        return len(old) // NAME
    least, most = 0, min(len(old), len(new)) // NAME
    while least < most:
        middle = (least + most + 1) // 2
        if new.startswith(old[: middle * NAME]):
            least = middle
        else:
            most = middle - 1
    return least


def _where(old: bytes | None, new: bytes | None) -> str:
    if old is None or new is None:
        return ""
    moved = compare("system", old, new)
    return f" at byte {moved.at:,}; looks like {moved.looks_like}" if moved else f" behind byte {_FRONT:,}"


def _tool_change(old: bytes | None, new: bytes | None) -> str:
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


def _named(raw: bytes | None) -> dict[str, Any] | None:
    """Tools by name; None for an array that is no longer known, or was too long to be kept whole."""
    if raw is None:
        return None
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
    """Compares each call with those before it in its conversation.

    Thread-safe. ``max_bytes`` bounds what it remembers: a fifth for calls, the rest for what stood before messages.
    """

    def __init__(self, *, max_bytes: int = 4 * 1024 * 1024) -> None:
        self._most_calls = max_bytes // 5
        self._most_texts = max_bytes - self._most_calls
        self._fronts: OrderedDict[bytes, list[Front]] = OrderedDict()
        self._calls_size = 0
        self._texts: OrderedDict[bytes, bytes] = OrderedDict()
        self._texts_size = 0
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes held, roughly."""
        return self._calls_size + self._texts_size

    def see(
        self,
        front: Front,
        texts: tuple[bytes, bytes],
        usage: Usage,
        *,
        root: bytes,
        lives: float,
        rewrote: Rewrote,
        removed: int = 0,
    ) -> Diagnosis | None:
        """Note a call that has ended; the diagnosis when it missed what the cache should have held.

        ``texts`` are its system prompt and its tools array, ``usage`` that of its first upstream call.
        """
        with self._lock:
            fronts = self._fronts.setdefault(root, [])
            self._fronts.move_to_end(root)
            before = max(fronts, key=lambda f: (_shared(f.trail, front.trail), f.wall), default=None)
            self._calls_size -= sum(map(_cost, fronts))
            fronts[:] = [f for f in fronts if before is None or f is not before or f.trail != front.trail]
            fronts.append(front)
            del fronts[:-_TRACKS]
            self._calls_size += sum(map(_cost, fronts))
            while self._calls_size > self._most_calls and len(self._fronts) > 1:
                self._calls_size -= sum(map(_cost, self._fronts.popitem(last=False)[1]))
            if before is not None:
                for name in (before.system, before.tools):
                    if name in self._texts:
                        self._texts.move_to_end(name)
            for name, text in zip((front.system, front.tools), texts, strict=True):
                self._keep(name, text)
        if before is None:
            return None
        return explain(before, front, usage, lives=lives, rewrote=rewrote, texts=self._text, removed=removed)

    def _keep(self, name: bytes, text: bytes) -> None:
        if name in self._texts:
            self._texts.move_to_end(name)
            return
        self._texts[name] = text[:_FRONT]
        self._texts_size += len(self._texts[name]) + _TEXT_BYTES
        while self._texts_size > self._most_texts and len(self._texts) > 1:
            self._texts_size -= len(self._texts.popitem(last=False)[1]) + _TEXT_BYTES

    def _text(self, name: bytes) -> bytes | None:
        with self._lock:
            return self._texts.get(name)


def _cost(front: Front) -> int:
    return len(front.trail) + _CALL_BYTES
