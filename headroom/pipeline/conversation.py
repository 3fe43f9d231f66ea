"""What is fixed for a whole conversation when its first request arrives: the policy, and whether originals can be promised.

The tools array stands at the very front of what a provider caches, so offering the retrieval tool later, or taking it
away, would make the provider process everything again. Hence the decision is taken once and pinned.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace

import msgspec

from headroom.accounts.pricing import Prices
from headroom.accounts.tokens import BYTES_A_TOKEN
from headroom.compress.router import POLICY_ID
from headroom.errors import StoreError
from headroom.exchange import Exchange, Wire
from headroom.pipeline.digest import digest
from headroom.pipeline.economics import FEW_CALLS, cache_minimum, hour_long
from headroom.pipeline.node import Node
from headroom.retrieval.feedback import Gates
from headroom.retrieval.learning import Learning
from headroom.retrieval.tool import VERSION, offer
from headroom.settings import Settings
from headroom.store.owed import Owed
from headroom.store.protocol import SpaceLimits, Store
from headroom.wire.dialect import Dialect, Request, Slice

log = logging.getLogger("headroom.pipeline")

SPACE = "conversations"
BARRED = "barred"
EVERYTHING = "*"
LIMITS = SpaceLimits(max_bytes=16 * 1024 * 1024, idle_seconds=30 * 86_400)
_ENTRY_BYTES = 1_600
"""What one conversation's facts take in memory."""
TOOL_TOKENS = 125
"""What the definition of the retrieval tool takes of every request, about."""
_ODDS = 8.0
"""Nearly all agents' conversations come to leave something out. Hence the tool is offered at once where adding it later
would cost this many times what it takes by itself."""
_LONG_OPENING = 32_000
"""Bytes from which an opening is an agent's, whose work is long: the tool is offered at once, whatever the prices."""


_MOST_OPENERS = 8
_INSTRUCTIONS = re.compile(rb'"role"[ \t\r\n]*:[ \t\r\n]*"(?:system|developer)"')
"""In a message, not in its text: there the quotes are escaped."""
_CONTINUED = re.compile(rb'"(?:previous_response_id|conversation)"[ \t\r\n]*:[ \t\r\n]*["{]')
"""A Responses call whose history the provider keeps: what was offered in it is not to be seen."""
SURELY_NEW = 3
"""Bytes for each token of the smallest cached prompt up to which a prompt is not cached."""


class Pinned(msgspec.Struct, frozen=True, array_like=True):
    """The row that is written once."""

    policy: str
    promise: bool
    inject: bool
    deferred: bool = False
    tool: int = 1
    """Version of the tool's definition; rows from before there were several have the first."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation's fixed facts."""

    root: Node
    own: bytes
    """Names this conversation alone: of Chat Completions and Responses ``root`` may be a system message that many share."""
    policy: str
    current: bool
    """Whether it runs on this version's policy; else its new blocks go out raw and the old ones from the ledger."""
    promise: bool
    """Originals can be fetched by the model (or the caller): compression with loss is possible."""
    inject: bool
    """We add the retrieval tool; false when the client registered it itself, or when nothing is promised."""
    deferred: bool = False
    """We add the tool only from the first block on that pays for it (`Node.offered`)."""
    tool: int = VERSION
    """Which definition of the tool we add."""
    resumed: bool = False
    """This is not its first request: what its messages hold may have been sent."""
    barred: frozenset[str] = frozenset()
    """Transforms whose output the upstream refused in this conversation; ``*`` bars every change."""
    gates: Gates = field(default_factory=Gates)
    """What earlier conversations were seen to ask back often; fixed from the first request on."""
    noted: tuple[str, ...] = ()
    """Keys of the other rows about it."""


def openers_of(body: bytes, request: Request) -> tuple[Slice, ...]:
    """The first messages up to the first that is the user's; the same in every request of a conversation."""
    messages, end = request.messages, 0
    if request.wire in {Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES}:
        last = min(len(messages), _MOST_OPENERS) - 1
        while end < last and _INSTRUCTIONS.search(body, messages[end].start, messages[end].end):
            end += 1
    return messages[: end + 1]


def opening(request: Request) -> int:
    """Bytes of what stands at the beginning of every request of a conversation: the front and the first message."""
    first = request.messages[0] if request.messages else None
    return front(request) + (first.end - first.start if first is not None else 0)


def front(request: Request) -> int:
    """Bytes of the tools array and of a system prompt outside of the messages."""
    tools = request.tools.end - request.tools.start if request.tools is not None else 0
    return tools + sum(span.end - span.start for span in request.system)


class Conversations:
    """Finds or pins a conversation's facts. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        promises: bool = True,
        prices: Prices | None = None,
        learning: Learning | None = None,
        max_bytes: int = 3 * 1024 * 1024,
    ) -> None:
        self._most = max_bytes // _ENTRY_BYTES
        self._settings = settings
        self._learning = learning
        self._prices = prices or Prices()
        self._store = store
        self._owed = Owed(store, SPACE)
        self._possible = promises and settings.ccr_marker and not settings.lossless and settings.optimize
        self._recent: OrderedDict[bytes, Conversation] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes held, roughly."""
        return _ENTRY_BYTES * len(self._recent) + self._owed.held

    def of(
        self,
        exchange: Exchange,
        request: Request,
        dialect: Dialect,
        *,
        now: float,
        redeemable: bool,
        wish: tuple[float | None, bool, int | None] = (None, False, None),
        quick: bool = False,
    ) -> Conversation | None:
        """The conversation that a request belongs to. Raises ``Unreadable`` or ``StoreError``.

        ``wish`` is a caller's own target ratio, whether it wants nothing lossy, and its token budget. With ``quick`` the store is not
        asked: None then means that it must be.
        """
        target_ratio, lossless, budget = wish
        # A turn that forces a tool does not change what the conversation can do.
        offered = offer(
            replace(request, forced_tool=False),
            exchange.body_in,
            enabled=self._possible and not lossless,
            inject=self._settings.ccr_inject_tool and not redeemable,
            obstacle=exchange.obstacle,
        )
        promise = offered.lossy or (redeemable and self._possible and not lossless)
        inject = offered.inject
        openers = [exchange.body_in[span.start : span.end] for span in openers_of(exchange.body_in, request)]
        raw = openers[0] if openers else b""
        traits = bytes((promise, inject, redeemable, lossless)) + repr(target_ratio).encode()
        if budget is not None:  # what was cleared for one budget is not for another
            traits += f" within {budget}".encode()
        place = digest(exchange.wire.encode(), traits, *openers)
        with self._lock:
            if (known := self._recent.get(place)) is not None:
                self._recent.move_to_end(place)
                return known
        if quick:
            return None
        canonical = dialect.message(raw).canonical if raw else b""
        key = digest(exchange.wire.encode(), canonical, traits)
        deferred = (
            inject
            and self._cheap_to_add(exchange, request, openers)
            and not (request.wire is Wire.OPENAI_RESPONSES and _CONTINUED.search(exchange.body_in))
        )
        resumed = deferred and self._settings.mode != "token" and self._began(key, dialect, openers, now=now)
        row = self._pin(key, msgspec.msgpack.encode(Pinned(POLICY_ID, promise, inject, deferred, VERSION)), now=now)
        pinned = msgspec.msgpack.decode(row, type=Pinned)
        said = [dialect.message(opener).canonical for opener in openers]
        own = key if len(openers) < 2 else digest(key, *said)
        conversation = Conversation(
            root=Node(key=key, parent=None, depth=0),
            own=own,
            policy=pinned.policy,
            current=pinned.policy == POLICY_ID,
            promise=promise and pinned.promise,
            inject=inject and pinned.inject,
            deferred=pinned.deferred,
            tool=pinned.tool,
            resumed=resumed,
            barred=self._barred(own),
            gates=self._gates(key, dialect, openers, now=now) if promise else Gates(),
            noted=tuple(digest(what, key, *said).hex() for what in (b"began", b"gates")),
        )
        with self._lock:
            self._recent[place] = replace(conversation, resumed=True)
            while len(self._recent) > self._most:
                self._recent.popitem(last=False)
        return conversation

    def _began(self, key: bytes, dialect: Dialect, openers: list[bytes], *, now: float) -> bool:
        """Whether a conversation with this opening was there before; from now on it was."""
        own = digest(b"began", key, *(dialect.message(raw).canonical for raw in openers))
        before = self._store.get(SPACE, own.hex()) is not None
        if not before:
            self._pin(own, b"1", now=now)
        return before

    def _pin(self, key: bytes, value: bytes, *, now: float) -> bytes:
        """What stands under a key: where the store can be read but not written, ours, which it gets later."""
        try:
            return self._store.put_once(SPACE, key.hex(), value, now=now)
        except StoreError as error:
            standing = self._owed.get(key.hex()) or self._store.get(SPACE, key.hex())
            if standing is not None:
                return standing
            log.warning("a conversation could not be noted yet: %s", error)
            self._owed.add(key.hex(), value)
            return value

    def touch(self, conversation: Conversation, *, now: float) -> None:
        """Keep the facts of a live conversation from being evicted."""
        self._store.touch(SPACE, [conversation.root.key.hex(), *conversation.noted], now=now)
        if conversation.barred:
            self._store.touch(BARRED, [conversation.own.hex()], now=now)

    def pay(self, *, now: float) -> None:
        """Write what the store did not take. May wait. Raises ``StoreError``."""
        self._owed.pay(now=now)

    def _gates(self, key: bytes, dialect: Dialect, openers: list[bytes], *, now: float) -> Gates:
        """What was measured when the conversation began. Many share a system message, so the user's first counts, too."""
        if self._learning is None:
            return Gates()
        gates = self._learning.starting(now=now)
        own = digest(b"gates", key, *(dialect.message(raw).canonical for raw in openers))
        version = self._pin(own, gates.version.encode(), now=now).decode()
        return gates if gates.version == version else self._learning.pinned(version)

    def _cheap_to_add(self, exchange: Exchange, request: Request, openers: list[bytes]) -> bool:
        """Whether the tool may wait for the first block that pays for it, as the opening is short."""
        if opening(request) > _LONG_OPENING:
            return False
        if self._settings.mode != "token":  # what was sent must never change, so only what no cache holds yet may
            return opening(request) < SURELY_NEW * cache_minimum(request.model or exchange.model)
        rates = self._prices.rates(request.model or exchange.model, exchange.provider)
        one_hour = hour_long(request.around(exchange.body_in)) or any(map(hour_long, openers))
        read, write = rates.cache_read, rates.cache_write_1h if one_hour else rates.cache_write_5m
        later = (write - read) * opening(request) / BYTES_A_TOKEN
        return later < _ODDS * TOOL_TOKENS * (write + read * FEW_CALLS)

    def _barred(self, own: bytes) -> frozenset[str]:
        row = self._store.get(BARRED, own.hex())
        return frozenset(msgspec.msgpack.decode(row, type=list[str])) if row else frozenset()

    def bar(self, conversation: Conversation, transforms: frozenset[str], *, now: float) -> None:
        """Never again use transforms in a conversation. Raises ``StoreError``."""
        own = conversation.own
        barred = conversation.barred | self._barred(own) | transforms
        with self._lock:
            for place, known in list(self._recent.items()):
                if known.own == own:
                    self._recent[place] = replace(known, barred=barred)
        self._store.put(BARRED, own.hex(), msgspec.msgpack.encode(sorted(barred)), now=now)
