"""Everything the addons call, composed in one place; rooms are described by what an addon needs of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from headroom.control.health import Health
from headroom.control.http import Router
from headroom.exchange import Exchange
from headroom.gateway.holdings import Holdings
from headroom.policy.refused import Refused
from headroom.policy.slots import Slots
from headroom.settings import Settings
from headroom.upstream.client import UpstreamClient
from headroom.upstream.forward import Forwarder
from headroom.upstream.intake import RequestIds
from headroom.upstream.outward import OwnAddress, WayOut
from headroom.upstream.probe import Probe
from headroom.wire.dialect import Dialect
from headroom.wire.resume import Outlines
from headroom_addons.live import LiveFlows


class Pipeline(Protocol):
    """Compression. Fails open: whatever goes wrong, ``body_out`` is usable."""

    async def prepare(self, exchange: Exchange, dialect: Dialect) -> None:
        """Fill ``body_out``, verdicts, transforms and handles, within the configured deadline."""

    async def count(self, exchange: Exchange) -> None:
        """Fill the token counts; runs beside the upstream call."""

    def refused(self, exchange: Exchange, status: int, reason: bytes) -> None:
        """The upstream did not take the rewrite: quarantine what was done for this conversation."""


class Limits(Protocol):
    """Rate and budget. Fails closed: an exception refuses the call."""

    async def admit(self, exchange: Exchange) -> Refused | None:
        """Reserve, or say why not."""

    async def charge(self, exchange: Exchange) -> Refused | None:
        """Spend the tokens of the compressed request, or say why not."""

    async def settle(self, exchange: Exchange) -> None:
        """Replace the reservation by what was really spent."""


class Found(Protocol):
    """A stored answer, ready to be sent."""

    @property
    def status(self) -> int:
        """Its status."""

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The headers worth repeating."""

    @property
    def body(self) -> bytes | AsyncIterator[bytes]:
        """Its body; a stream event by event."""

    @property
    def whole(self) -> bytes:
        """All that ``body`` sends."""


class Answers(Protocol):
    """Exact repeats of earlier calls. Fails open."""

    async def find(self, exchange: Exchange) -> Found | None:
        """The stored answer of this very call; waits for an equal call that is under way."""

    def recording(self, exchange: Exchange) -> bool:
        """Whether a stream's pieces are wanted."""

    def record(self, exchange: Exchange, piece: bytes) -> None:
        """Take a piece of a stream on its way to the client."""

    async def ended(self, exchange: Exchange, headers: dict[str, str], body: bytes | None) -> None:
        """Keep the answer if it may be repeated, and let those who waited for it go on. ``body`` is decoded."""


class Accounts(Protocol):
    """Stats, ledger, metrics and logs."""

    at_once: bool
    """Book each exchange as it ends and leave it its bodies; else soon, and its bodies are dropped then."""

    def started(self, exchange: Exchange) -> None:
        """A generation call has come in."""

    def finished(self, exchange: Exchange) -> None:
        """Its one booking."""

    def event(self, name: str, label: str = "") -> None:
        """Count something that is no exchange: ``internal_error`` with the addon's name."""

    def redacted(self, count: int) -> None:
        """Count credentials that were kept out of a log."""


@dataclass(slots=True)
class Services:
    """One process's services. ``settings`` is replaced as a whole when hot settings change."""

    settings: Settings
    client: UpstreamClient
    forwarder: Forwarder
    probe: Probe
    slots: Slots
    health: Health
    router: Router
    own: OwnAddress
    way_out: WayOut
    own_names: frozenset[str]
    """Host names beside the loopback ones under which our views may be addressed."""
    key: bytes
    """Keys the digests of credentials."""
    ids: RequestIds
    wall: Callable[[], float]
    monotonic: Callable[[], float]
    pipeline: Pipeline | None = None
    limits: Limits | None = None
    answers: Answers | None = None
    accounts: Accounts | None = None
    holdings: Holdings | None = None
    """What the caches hold, for /stats."""
    outlines: Outlines = field(default_factory=Outlines)
    live: LiveFlows = field(default_factory=LiveFlows)
    keep_bodies: bool = False
    """Under mitmweb: people want to look at bodies after the flow."""
    reuse_port: bool = False
    notes: list[tuple[str, str]] = field(default_factory=list)
    """Lines for the banner that only the composition knows: the model's state and the like."""
    on_ready: list[Callable[[], None]] = field(default_factory=list)
    """Called once the port is bound."""
    on_reopen: list[Callable[[], None]] = field(default_factory=list)
    """Called on SIGHUP."""
    background: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """Started once the port is bound, ended at shutdown: warm-up, flushing."""
    on_close: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """Awaited at shutdown, after the last flow has ended, in this order."""
