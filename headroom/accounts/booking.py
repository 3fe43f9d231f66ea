"""One record a finished call: the request log's line, and the source of every other number.

Whoever adds bookings up adds their fields as they stand, with no conditions of its own; that is why the sums of the log,
of /stats, of /metrics and of the history are the same.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from headroom.accounts.settling import Basis

SCHEMA = 1


class Booking(msgspec.Struct, frozen=True, omit_defaults=False):
    """A finished call. Field names are those of the request log; milliseconds, UTC, US dollars.

    Two bases are kept apart: ``tokens_*`` is our own count of the request, ``input_tokens`` and the cache fields are
    what the provider billed. ``tokens_*`` are 0 for calls that no provider took.
    """

    timestamp: str
    request_id: str
    schema: int
    provider: str
    endpoint: str
    method: str
    model: str
    stream: bool
    backend: str
    mode: str
    status: int
    outcome: str
    tokens_before: int
    tokens_after: int
    tokens_saved: int
    """Before less after; negative when what we added outweighs what we left out."""
    savings_percent: float
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_5m_tokens: int
    cache_write_1h_tokens: int
    latency_ms: float
    overhead_ms: float
    ttfb_ms: float | None
    cost_usd: float
    cost_basis: Literal["measured", "estimated"]
    price_source: str
    saved_usd: float
    transforms_applied: list[str]
    ccr_hashes: list[str]
    passthrough_reason: str | None
    semantic_cache_hit: bool
    retries: int
    rescued: bool
    rounds: int
    client: str | None
    project: str | None
    stack: str | None
    user_id: str | None
    turn_id: str | None
    tags: dict[str, str]
    waste_signals: dict[str, int]
    error: str | None
    usage_basis: Basis
    input_cost_usd: float = 0.0
    """The part of the cost that the input has, cache reads and writes included."""
    semantic_cache_miss: bool = False
    """The response cache was asked and did not have it."""
    avoided_tokens: int = 0
    """Input tokens that the response cache kept from being sent (estimate)."""
    avoided_usd: float = 0.0
    """Their price as new input; what the answer would have cost comes on top."""
    context_window: int = 0
    """Tokens that the model takes, question and answer together; 0 where that is not known."""
    tool_tokens: int = 0
    """Tokens of our tool's definition; they are part of ``tokens_after``."""
    retrieved_tokens: int = 0
    """Tokens that came back: originals the model fetched, and earlier fetches the provider must see again."""
    cache_lost_tokens: int = 0
    """Cached tokens the provider had to read anew because we changed the prefix."""
    net_tokens_saved: int = 0
    """Saved less retrieved less lost."""
    net_saved_usd: float = 0.0
    retrieval_usd: float = 0.0
    cache_lost_usd: float = 0.0
    cache_miss: Literal["ttl_expiry", "prefix_change", "unknown"] | None = None
    """Why the provider did not read the prefix that the call before had left in its cache."""
    cache_missed_tokens: int = 0
    cache_cause: str | None = None
    """Who or what made it so, where a comparison with the call before tells (``pipeline.doctor``)."""
    cache_cause_tokens: int = 0
    cache_savings_usd: float = 0.0
    """What reading from the provider's cache saved; the provider's doing, not ours."""
    cache_premium_usd: float = 0.0
    """What writing to it cost beyond the plain price."""
    compressible_tokens: int = 0
    """Estimated tokens of the blocks that could be compressed."""
    kinds: dict[str, tuple[int, int, int]] = msgspec.field(default_factory=dict)
    """Content kind → blocks, tokens before, tokens after (fresh blocks only, gate's estimate)."""
    strategies: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    """Transform → blocks, tokens saved (fresh blocks only, gate's estimate)."""
    raw_blocks: dict[str, int] = msgspec.field(default_factory=dict)
    """Why blocks were left alone → how many (fresh blocks only)."""
    stages_ms: dict[str, float] = msgspec.field(default_factory=dict)
    shadow: bool = False
    """Nothing was changed; ``would_save_tokens`` is what would have been saved."""
    would_save_tokens: int = 0
    would_save_usd: float = 0.0
    compression_failed: bool = False
    truncated: bool = False
    rate_kind: str | None = None
    retried: dict[str, int] = msgspec.field(default_factory=dict)
    """Why attempts were repeated → how often: ``connection``, ``timeout`` or the upstream's status."""
    refusals: dict[str, Any] = msgspec.field(default_factory=dict)
    """Why a rewrite was refused or undone, as the rooms noted it."""
    history: dict[str, Any] = msgspec.field(default_factory=dict)
    """What was rewritten of the conversation's past with its figures, what the cache aligner moved, and why the provider's
    cache missed."""
    pid: int = 0
    wall: float = 0.0
    """When the call began, in seconds since the epoch."""
    message_count: int = 0


def iso(wall: float) -> str:
    """A moment as UTC ISO-8601 with milliseconds and ``Z``."""
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
