"""The records that travel through the rooms: small, mostly frozen, without behaviour of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple


class Wire(StrEnum):
    """The wire formats whose bodies we can read."""

    ANTHROPIC = "anthropic"
    OPENAI_CHAT = "openai_chat"
    OPENAI_RESPONSES = "openai_responses"
    GEMINI = "gemini"


class Outcome(StrEnum):
    """How an exchange ended, as the request log and the metrics name it."""

    OK = "ok"
    CACHED = "cached"
    BYPASS = "bypass"
    RATE_LIMITED = "rate_limited"
    BUDGET = "budget"
    REFUSED = "refused"
    FAILED = "failed"
    ABORTED = "aborted"


class Edit(NamedTuple):
    """Replace ``body[start:end]`` by ``new``; all byte offsets."""

    start: int
    end: int
    new: bytes


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider billed them; the five parts never overlap."""

    input: int = 0
    """Input tokens billed at the full price: neither read from nor written to the provider's cache."""
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output: int = 0
    """Output tokens, reasoning included."""

    @property
    def cache_write(self) -> int:
        """Tokens written to the provider's cache, whatever their life."""
        return self.cache_write_5m + self.cache_write_1h

    @property
    def total_input(self) -> int:
        """All input tokens, cached or not."""
        return self.input + self.cache_read + self.cache_write

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input + other.input,
            self.cache_read + other.cache_read,
            self.cache_write_5m + other.cache_write_5m,
            self.cache_write_1h + other.cache_write_1h,
            self.output + other.output,
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided about one text block, for the log, the headers, the metrics and the views."""

    kind: Literal["compressed", "raw", "refused"]
    why: str
    """For ``compressed`` the transform's name, else the reason, such as ``too_small`` or ``protected``."""
    message: int
    """Index of the message (or input item) in the client's request."""
    tool: str | None = None
    content_kind: str | None = None
    tokens_before: int = 0
    tokens_after: int = 0
    lossless: bool = True
    handle: str | None = None
    """Hash under which the original can be retrieved, when there is one."""
    fresh: bool = True
    """False when the verdict was replayed from the ledger."""
    began: float = 0.0
    """When a fresh verdict was begun to be reached, monotonic seconds; 0 for a replayed one."""
    seconds: float = 0.0
    """How long that took."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the verdicts of a request add up to, so that a long conversation's need not be gone through each time."""

    tokens: int = 0
    """Of all blocks, before."""
    gained: int = 0
    """Tokens that blocks were cut by, those that grew left out."""
    whys: tuple[str, ...] = ()
    """The transform of each compressed block."""
    handles: tuple[str, ...] = ()
    """The handle of each block that has one."""
    fresh: tuple[Verdict, ...] = ()
    """Verdicts that were reached in this request."""

    def plus(self, verdicts: Sequence[Verdict]) -> Judged:
        """These with further verdicts."""
        return Judged(
            self.tokens + sum(verdict.tokens_before for verdict in verdicts),
            self.gained + sum(max(0, verdict.tokens_before - verdict.tokens_after) for verdict in verdicts),
            (*self.whys, *(verdict.why for verdict in verdicts if verdict.kind == "compressed")),
            (*self.handles, *(verdict.handle for verdict in verdicts if verdict.handle)),
            (*self.fresh, *(verdict for verdict in verdicts if verdict.fresh)),
        )


@dataclass(slots=True)
class Exchange:
    """One LLM call, from door to door: made by ``recognise``, filled by each room, booked by ``account``.

    Times are in seconds: ``wall`` since the epoch, all others monotonic.
    """

    request_id: str
    wall: float
    started: float
    wire: Wire
    provider: str
    """Whose prices and upstream apply: anthropic, openai, gemini, bedrock, …"""
    method: str
    path: str
    """Path and query as sent upstream, without the project prefix."""
    upstream: str
    """Base URL of the upstream."""
    model: str = "unknown"
    stream: bool = False
    generation: bool = True
    """False for calls that produce no model output, such as count_tokens."""
    bypass: bool = False
    mode: str = "token"
    client: str | None = None
    project: str | None = None
    stack: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    credential: str = ""
    """Keyed digest of the caller's whole credential; never the credential."""
    peer: str = ""
    subscription: bool = False
    """Authorised by a login (OAuth) and not by an API key: tool definitions and cache marks are left as they are."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The client's header fields, names in lower case. Holds credentials: never logged, never shown."""
    prefix: tuple[tuple[int, bytes], ...] = ()
    """Places between the last messages of ``body_in``: how many messages, and a digest of all in front."""
    outline: object | None = None
    """The body's outline (``wire.dialect.Request``), once it was read."""
    plan: object | None = None
    """What the pipeline keeps of this call until its end."""
    body_in: bytes = b""
    """The client's bytes, content encoding removed."""
    body_out: bytes = b""
    """The bytes sent upstream; the same object as ``body_in`` when nothing changed."""
    tokens_before: int = 0
    tokens_after: int = 0
    context_window: int = 0
    """Tokens that the model takes, question and answer together; 0 where that is not known."""
    verdicts: list[Verdict] = field(default_factory=list)
    judged: Judged | None = None
    """What they add up to, where somebody has added them up; ``adds_up`` tells in any case."""
    transforms: list[str] = field(default_factory=list)
    handles: list[str] = field(default_factory=list)
    passthrough_reason: str | None = None
    compression_failed: bool = False
    retrieve_offered: bool = False
    """The retrieval tool is in the request that was sent."""
    obstacle: str | None = None
    """Why we can't answer retrieval calls of this request (``batch``, ``signed``, ``websocket``), or None."""
    rounds: int = 0
    """Hidden retrieval rounds performed."""
    round_usages: tuple[Usage, ...] = ()
    """What each upstream call that has ended cost, where the model retrieved; grows while the answer goes on."""
    turn_id: str | None = None
    notes: dict[str, object] = field(default_factory=dict)
    """Plain facts of a room for the views: refused rewrites, cache diagnosis and the like."""

    outcome: Outcome = Outcome.OK
    status: int = 0
    error: str | None = None
    retries: int = 0
    rescued: bool = False
    """True when the upstream refused the rewritten body and got the client's own bytes."""
    cache_hit: bool = False
    """Served from our own response cache."""
    truncated: bool = False
    first_byte: float | None = None
    ended: float | None = None
    overhead: float = 0.0
    """Seconds spent inside headroom before the upstream was called; the whole call where none was."""
    waited: float = 0.0
    """Seconds of waiting for the answer of an equal call; they are no overhead of ours."""
    stages: dict[str, float] = field(default_factory=dict)
    """Seconds by stage name."""

    usage: Usage | None = None
    usage_measured: bool = False
    cost_usd: float = 0.0
    cost_basis: Literal["measured", "estimated"] = "estimated"
    saved_usd: float = 0.0
    response_text: str | None = None
    """Response content, kept only when message logging is on."""

    @property
    def adds_up(self) -> Judged:
        """What the verdicts add up to."""
        return self.judged if self.judged is not None else Judged().plus(self.verdicts)

    @property
    def first_usage(self) -> Usage | None:
        """Usage of the first upstream call: what it read is what the provider's cache held of the client's request."""
        return self.round_usages[0] if self.round_usages else self.usage

    @property
    def last_usage(self) -> Usage | None:
        """Usage of the last upstream call: how long the conversation is now, and what the cache holds of it."""
        return self.round_usages[-1] if self.round_usages else self.usage
