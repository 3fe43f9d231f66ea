"""The cache aligner, where it was asked for: lines of the system prompt that change with each call go behind the cache.

Such a line makes the provider read everything behind it again. Once it was seen changing twice, while the rest stayed
the same, a constant line takes its place and it stands at the end of the newest message. That is pinned in the store, so
that every later turn, after a restart and on other workers too, goes on with the same bytes. A conversation only
switches on a turn on which the line changed: there the cache was lost anyway.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from headroom.errors import StoreError, Unreadable
from headroom.exchange import Edit, Exchange, Wire
from headroom.pipeline.breakpoints import by_key, own_mark
from headroom.pipeline.conversation import openers_of
from headroom.pipeline.digest import digest
from headroom.pipeline.plan import Aligned, Plan
from headroom.pipeline.trailer import beside, trailer
from headroom.pipeline.volatile import Line, Prompt, prompt_of
from headroom.settings import Settings
from headroom.store.protocol import SpaceLimits, Store
from headroom.wire.body import splice
from headroom.wire.outline import cache_marks, is_given, members, string

log = logging.getLogger("headroom.pipeline")

SPACE: Final = "alignment"
LIMITS: Final = SpaceLimits(max_bytes=16 * 1024 * 1024, idle_seconds=30 * 86_400)
CHANGES: Final = 2
"""Changes after which a line is moved."""
MOST_PINS: Final = 4
"""Times that lines are pinned in one conversation; each costs it its cache once."""
PLACEHOLDER: Final = b"[a line that changes with each call stands at the end of the newest message]"
HEAD: Final = b"[moved here from the system prompt, so that the rest of it can be cached: "
TAIL: Final = b"]"
_WIRES: Final = frozenset({Wire.ANTHROPIC, Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES})
_OFF: Final = "off"
_HOUR: Final = 3_600.0
_MOST_TOUCHED: Final = 2_000
_SHORT: Final = 8


class Sight(msgspec.Struct, frozen=True, array_like=True):
    """What was seen last of a conversation whose lines may come to be moved."""

    tools: bytes
    lines: dict[int, tuple[bytes, int]]
    """Number of a line → digest of its text, and how often it changed."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A conversation's rows."""

    key: str
    sight: Sight | None
    pins: int
    moved: frozenset[int]


class Aligner:
    """Moves such lines. Thread-safe; does nothing unless ``cache_aligner`` is set."""

    def __init__(self, settings: Settings, store: Store | None) -> None:
        self._settings = settings
        self._store = store
        self._kinds: Counter[str] = Counter()
        self._calls = self._switched = 0
        self._touched: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def adopt(self, settings: Settings) -> None:
        """Use other settings from the next request on."""
        self._settings = settings

    def align(self, plan: Plan, marks: list[Edit]) -> list[Edit]:
        """``marks``, the hints for the provider's cache, and with them the edits that move lines; notes what was done."""
        if self._store is None or not self._may(plan):
            return marks
        try:
            return self._aligned(self._store, plan, marks)
        except StoreError as error:
            log.warning("what the cache aligner knows can't be read: %s", error)
            plan.exchange.notes["aligner"] = str(error)
        except Unreadable as error:
            plan.exchange.notes["aligner"] = error.reason
        return marks

    def withdraw(self, plan: Plan) -> None:
        """Never again move lines in a conversation: the upstream refused a request with one. Raises ``StoreError``."""
        if self._store is not None and plan.aligned is not None:
            self._store.put(SPACE, f"{plan.aligned.key.hex()}:{_OFF}", b"1", now=plan.now)

    def figures(self) -> dict[str, Any]:
        """For ``/stats.prefix_cache.aligner``: calls whose lines were moved, conversations that switched, lines by kind."""
        with self._lock:
            return {
                "enabled": self._settings.cache_aligner,
                "calls": self._calls,
                "switched": self._switched,
                "lines": dict(sorted(self._kinds.items())),
            }

    def _may(self, plan: Plan) -> bool:
        exchange, settings = plan.exchange, self._settings
        return (
            settings.cache_aligner
            and not settings.shadow
            and settings.mode == exchange.mode == "token"
            and exchange.generation
            and not exchange.bypass
            and exchange.obstacle is None
            and plan.request.wire in _WIRES
            and not plan.request.previous_response
            and bool(plan.nodes)
            and len(plan.nodes) == len(plan.request.messages)
            and by_key(exchange)
        )

    def _aligned(self, store: Store, plan: Plan, marks: list[Edit]) -> list[Edit]:
        exchange, request = plan.exchange, plan.request
        body = exchange.body_in
        openers = [
            (piece, node.message if node.message is not None else plan.dialect.message(body[piece.start : piece.end]))
            for piece, node in zip(openers_of(body, request), plan.nodes, strict=False)
        ]
        prompt = prompt_of(body, request, openers)
        if not prompt.lines:
            return marks
        key = digest(b"align", exchange.wire.encode(), openers[-1][1].canonical, prompt.skeleton)
        known = _known(store, key.hex())
        if known is None:
            return marks
        tools = digest(body[request.tools.start : request.tools.end]) if request.tools is not None else b""
        changed = self._look(store, plan, known, prompt, tools)
        moved, switched = known.moved, False
        fit = [line for line in prompt.lines if line.number in changed and _pays(body, plan, line, marks)]
        if not fit and not moved:
            return marks
        needed = _bearable(exchange, plan)
        if needed is None:
            return marks
        if fit and known.pins < MOST_PINS and trailer(body, request, plan.nodes, b"x") is not None:
            pinned = msgspec.msgpack.encode(sorted(line.number for line in fit))
            row = store.put_once(SPACE, f"{known.key}:{known.pins}", pinned, now=plan.now)
            moved |= frozenset(msgspec.msgpack.decode(row, type=list[int]))
            switched = True
        lines = [line for line in prompt.lines if line.number in moved]
        edits = _moves(body, plan, lines)
        if not edits:
            return marks
        self._touch(store, known, now=plan.now)
        self._note(plan, key, lines, edits, switched=switched)
        if request.wire is Wire.OPENAI_CHAT:  # there the system prompt is a message, and the conversation named by it
            root = plan.conversation.root.key.hex().encode()
            marks = [mark._replace(new=mark.new.replace(root, key.hex().encode())) for mark in marks]
        return beside([*marks, *needed], edits, body)

    def _look(self, store: Store, plan: Plan, known: _Known, prompt: Prompt, tools: bytes) -> frozenset[int]:
        """Note what the lines say now; the numbers of those that changed in this call, often enough to be moved."""
        body, before = plan.exchange.body_in, known.sight
        now: dict[int, tuple[bytes, int]] = {}
        changed: set[int] = set()
        for line in prompt.lines:
            if line.number in known.moved:
                continue
            name = digest(body[line.start : line.end])[:_SHORT]
            last, times = before.lines.get(line.number, (name, 0)) if before is not None else (name, 0)
            if last != name and before is not None and before.tools == tools:
                times += 1
                if times >= CHANGES:
                    changed.add(line.number)
            now[line.number] = (name, times)
        seen = Sight(tools, now)
        if now and seen != before:
            try:
                store.put(SPACE, known.key, msgspec.msgpack.encode(seen), now=plan.now)
            except StoreError as error:  # what was moved before stays moved; nothing new is
                log.warning("the cache aligner could not note what changed: %s", error)
                return frozenset()
        return frozenset(changed)

    def _touch(self, store: Store, known: _Known, *, now: float) -> None:
        """Keep the rows of a live conversation; once an hour is enough."""
        with self._lock:
            if now - self._touched.get(known.key, 0.0) < _HOUR:
                return
            self._touched[known.key] = now
            self._touched.move_to_end(known.key)
            while len(self._touched) > _MOST_TOUCHED:
                self._touched.popitem(last=False)
        with suppress(StoreError):  # what was read holds, even if its use can't be noted
            store.touch(SPACE, [known.key, *(f"{known.key}:{n}" for n in range(MOST_PINS))], now=now)

    def _note(self, plan: Plan, key: bytes, lines: list[Line], edits: list[Edit], *, switched: bool) -> None:
        exchange, body = plan.exchange, plan.exchange.body_in
        system = b"".join(
            splice(
                body[span.start : span.end],
                [
                    Edit(e.start - span.start, e.end - span.start, e.new)
                    for e in edits[:-1]
                    if span.start <= e.start and e.end <= span.end
                ],
            )
            for span in plan.request.system
        )
        plan.aligned = Aligned(key, system, (HEAD + TAIL, *(PLACEHOLDER for _ in lines)))
        kinds = [line.kind(body) for line in lines]
        exchange.notes["aligned"] = {"lines": len(lines), "kinds": sorted(set(kinds)), "switched": switched}
        exchange.transforms += [f"aligned:{kind}" for kind in dict.fromkeys(kinds)]
        with self._lock:
            self._calls += 1
            self._switched += switched
            self._kinds.update(kinds)


def _known(store: Store, key: str) -> _Known | None:
    """What the store has; None where nothing may be moved any more."""
    pins = [f"{key}:{n}" for n in range(MOST_PINS)]
    rows = store.get_many(SPACE, [key, *pins, f"{key}:{_OFF}"])
    if f"{key}:{_OFF}" in rows:
        return None
    moved: set[int] = set()
    there = 0
    for pin in pins:
        if (row := rows.get(pin)) is None:
            break
        there += 1
        moved |= set(msgspec.msgpack.decode(row, type=list[int]))
    row = rows.get(key)
    return _Known(key, msgspec.msgpack.decode(row, type=Sight) if row is not None else None, there, frozenset(moved))


def _pays(body: bytes, plan: Plan, line: Line, marks: list[Edit]) -> bool:
    """Whether the provider caches something behind the line. OpenAI does so by itself."""
    if plan.request.wire is not Wire.ANTHROPIC or marks:
        return True
    places = [(span.start, span.end) for span in plan.request.system if span.start <= line.start < span.end]
    places.append((plan.request.messages[0].start, plan.request.messages[-1].end))
    if (mark := members(body).get("cache_control")) is not None and is_given(body, mark):
        return True
    return any(
        cache_marks(body[max(start, line.end) if start <= line.start < end else start : end]) for start, end in places
    )


def _bearable(exchange: Exchange, plan: Plan) -> list[Edit] | None:
    """Edits that a text at the very end calls for; None where it would do harm.

    With thinking it would: a message that holds more than results ends the turn for the provider, and what the model
    thought in it is left out. One mark for the whole request lies on its last block, which would be ours.
    """
    if any(node.message is not None and node.message.signed for node in plan.nodes):
        return None
    if plan.request.wire is not Wire.ANTHROPIC:
        return []
    body = exchange.body_in
    fields = members(body)
    thinking = fields.get("thinking")
    if thinking is not None and is_given(body, thinking):
        kind = members(body, *thinking).get("type")
        if string(body, kind) != "disabled":
            return None
    mark = fields.get("cache_control")
    if mark is None or not is_given(body, mark):
        return []
    return own_mark(body, plan.request, body[mark[0] : mark[1]])


def _moves(body: bytes, plan: Plan, lines: list[Line]) -> list[Edit]:
    """The edits that move lines, the one at the end of the newest message last; none where there is no place for it."""
    if not lines:
        return []
    text = HEAD + rb"\n".join(body[line.start : line.end] for line in lines) + TAIL
    last = trailer(body, plan.request, plan.nodes, text)
    if last is None:
        return []
    return [*(Edit(line.start, line.end, PLACEHOLDER) for line in lines), last]
