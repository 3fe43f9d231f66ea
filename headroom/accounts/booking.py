"""One record a finished call: the request log's line, and the source of every other number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from headroom.accounts.pricing import Prices, Rates
from headroom.exchange import Exchange, Outcome, Usage

SCHEMA = 1


class Booking(msgspec.Struct, frozen=True, omit_defaults=False):
    """A finished call. Field names are those of the request log; milliseconds, UTC, US dollars.

    Two bases are kept apart: ``tokens_*`` is our own count of the request, ``input_tokens`` and the cache fields are
    what the provider billed.
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
    usage_basis: Literal["measured", "estimated", "none"]
    compressible_tokens: int = 0
    """Estimated tokens of the blocks that could be compressed."""
    kinds: dict[str, tuple[int, int, int]] = msgspec.field(default_factory=dict)
    """Content kind → blocks, tokens before, tokens after (fresh blocks only, gate's estimate)."""
    stages_ms: dict[str, float] = msgspec.field(default_factory=dict)
    shadow: bool = False
    """Nothing was changed; savings are what would have been."""
    compression_failed: bool = False
    refusals: dict[str, Any] = msgspec.field(default_factory=dict)
    """Rewrites the economic gate refused, and other facts for the views."""
    pid: int = 0
    wall: float = 0.0
    message_count: int = 0


def iso(wall: float) -> str:
    """A moment as UTC ISO-8601 with milliseconds and ``Z``."""
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def saved_dollars(exchange: Exchange, rates: Rates, saved: int) -> float:
    """What the tokens left out would have cost, at the price each would have had; an estimate.

    A block first seen now would have been written to the provider's cache (or billed in full); one seen before would
    have been read from it, when this call read anything at all.
    """
    if saved == 0:
        return 0.0
    fresh = sum(max(0, v.tokens_before - v.tokens_after) for v in exchange.verdicts if v.fresh)
    total = sum(max(0, v.tokens_before - v.tokens_after) for v in exchange.verdicts)
    share = fresh / total if total else 1.0
    usage = exchange.usage or Usage()
    new_price = rates.input
    if usage.cache_write:
        new_price = rates.cache_write_1h if usage.cache_write_1h > usage.cache_write_5m else rates.cache_write_5m
    old_price = rates.cache_read if usage.cache_read else new_price
    return saved * (share * new_price + (1 - share) * old_price) / 1e6


def usage_estimate(exchange: Exchange) -> Usage:
    """What to book when the provider reported nothing: our count in, what was seen going out."""
    if exchange.outcome in {Outcome.RATE_LIMITED, Outcome.BUDGET, Outcome.REFUSED, Outcome.CACHED}:
        return Usage()
    if exchange.status >= 400 or exchange.status == 0:
        return Usage()
    seen = len(exchange.response_text or "") // 4
    noted = exchange.notes.get("output_bytes")
    out = seen or (int(noted) // 16 if isinstance(noted, int) else 0)
    return Usage(input=exchange.tokens_after, output=out)


def book(exchange: Exchange, prices: Prices, *, now: float, pid: int = 0, backend: str = "anthropic") -> Booking:
    """Settle an exchange's cost and turn it into its one record. ``now`` is monotonic, as the exchange's times."""
    rates = prices.rates(exchange.model, exchange.provider)
    usage = exchange.usage
    basis: Literal["measured", "estimated", "none"] = "measured" if usage is not None else "estimated"
    if usage is None:
        usage = usage_estimate(exchange)
        if usage == Usage():
            basis = "none"
    if exchange.cache_hit:
        cost = 0.0
    else:
        cost = rates.cost(usage)
        extra = exchange.notes.get("discarded_usage")
        if isinstance(extra, Usage):  # answers that were paid for and thrown away, such as a rescued one
            cost += rates.cost(extra)
    exchange.cost_usd = cost
    exchange.cost_basis = "measured" if basis == "measured" and rates.source != "fallback" else "estimated"
    counted = exchange.outcome in {Outcome.OK, Outcome.ABORTED} and exchange.status < 400
    before, after = exchange.tokens_before, exchange.tokens_after
    shadow = "shadow_bytes" in exchange.notes
    saved = before - after if counted or shadow else 0
    exchange.saved_usd = saved_dollars(exchange, rates, saved) if counted else 0.0
    ended = exchange.ended if exchange.ended is not None else now
    kinds: dict[str, tuple[int, int, int]] = {}
    for verdict in exchange.verdicts:
        if verdict.fresh and verdict.kind == "compressed":
            blocks, had, has = kinds.get(verdict.content_kind or "other", (0, 0, 0))
            kinds[verdict.content_kind or "other"] = (
                blocks + 1,
                had + verdict.tokens_before,
                has + verdict.tokens_after,
            )
    refusals = exchange.notes.get("refusals")
    return Booking(
        timestamp=iso(exchange.wall),
        request_id=exchange.request_id,
        schema=SCHEMA,
        provider=exchange.provider,
        endpoint=exchange.path.split("?", 1)[0],
        method=exchange.method,
        model=exchange.model,
        stream=exchange.stream,
        backend=backend,
        mode=exchange.mode,
        status=exchange.status,
        outcome=str(exchange.outcome),
        tokens_before=before,
        tokens_after=after,
        tokens_saved=saved,
        savings_percent=round(100 * max(0, saved) / before, 2) if before else 0.0,
        input_tokens=usage.input,
        output_tokens=usage.output,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        cache_write_5m_tokens=usage.cache_write_5m,
        cache_write_1h_tokens=usage.cache_write_1h,
        latency_ms=round(1e3 * (ended - exchange.started), 3),
        overhead_ms=round(1e3 * exchange.overhead, 3),
        ttfb_ms=None if exchange.first_byte is None else round(1e3 * (exchange.first_byte - exchange.started), 3),
        cost_usd=cost,
        cost_basis=exchange.cost_basis,
        price_source=rates.source,
        saved_usd=exchange.saved_usd,
        transforms_applied=list(dict.fromkeys(exchange.transforms)),
        ccr_hashes=list(exchange.handles),
        passthrough_reason=exchange.passthrough_reason,
        semantic_cache_hit=exchange.cache_hit,
        retries=exchange.retries,
        rescued=exchange.rescued,
        rounds=exchange.rounds,
        client=exchange.client,
        project=exchange.project,
        stack=exchange.stack,
        user_id=exchange.user_id,
        turn_id=exchange.turn_id,
        tags=dict(exchange.tags),
        waste_signals={k: had - has for k, (_, had, has) in kinds.items() if had > has},
        error=exchange.error,
        usage_basis=basis,
        compressible_tokens=sum(v.tokens_before for v in exchange.verdicts),
        kinds=kinds,
        stages_ms={name: round(1e3 * s, 3) for name, s in exchange.stages.items()},
        shadow=shadow,
        compression_failed=exchange.compression_failed,
        refusals=refusals if isinstance(refusals, dict) else {},
        pid=pid,
        wall=exchange.wall,
    )
