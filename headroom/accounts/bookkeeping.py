"""From a finished call to its one record. Every figure is settled here, once."""

from __future__ import annotations

from collections import Counter
from typing import Any

from headroom.accounts.booking import SCHEMA, Booking, iso
from headroom.accounts.prefix import Cause, Miss
from headroom.accounts.redact import credentials, redact
from headroom.accounts.settling import Settled, new_price, premium, saved_dollars
from headroom.accounts.tokens import BYTES_A_TOKEN
from headroom.exchange import Exchange, Outcome

_FACTS = ("refused", "barred", "refusals", "deadline", "store", "ledger", "originals", "hidden_unrecorded")
"""Notes of other rooms that tell why a rewrite did not happen."""
_HISTORY = ("rewrites", "aligned", "cache_diagnosis")
"""Notes that tell what was rewritten of a conversation's past or moved, and why the provider's cache missed."""
_TEXT = 512
"""Longest label kept; what a client sends as its name is the client's to choose."""


def _taken(exchange: Exchange) -> bool:
    """Whether a provider took the request, so that its tokens count."""
    return (
        not exchange.cache_hit
        and 0 < exchange.status < 400
        and exchange.outcome in {Outcome.OK, Outcome.ABORTED, Outcome.BYPASS, Outcome.FAILED}
    )


def _diagnosed(exchange: Exchange) -> tuple[str | None, int]:
    """What the cache's doctor found: the cause of a miss and its tokens."""
    found = exchange.notes.get("cache_diagnosis")
    return (str(found["cause"]), int(found["tokens"])) if isinstance(found, dict) else (None, 0)


def _why(miss: Miss | None, cause: str | None) -> Cause | None:
    """Why a call missed: times and our own rewrites tell little, so what is known of a change by anybody counts, too."""
    if miss is None:
        return None
    changed = cause is not None and cause.startswith(("client_", "our_"))
    return "prefix_change" if miss.cause == "unknown" and changed else miss.cause


def book(
    exchange: Exchange,
    settled: Settled,
    *,
    now: float,
    pid: int = 0,
    backend: str = "anthropic",
    miss: Miss | None = None,
) -> Booking:
    """Turn an exchange whose cost is settled into its one record. ``now`` is monotonic, as the exchange's times.

    ``miss`` is what the provider's cache should have had and had not.
    """
    usage, rates = settled.usage, settled.rates
    exchange.cost_usd, exchange.cost_basis = settled.cost_usd, settled.cost_basis
    shadow = "shadow_bytes" in exchange.notes
    sent = _taken(exchange)
    before = max(0, exchange.tokens_before) if sent else 0
    rewritten = sent and not exchange.rescued and not shadow
    after = max(0, exchange.tokens_after) if rewritten else before
    saved = before - after
    exchange.saved_usd = saved_dollars(exchange, rates, saved)
    would_save = before - exchange.tokens_after if shadow and sent else 0
    retrieved = _retrieved(exchange) if sent else 0
    retrieval_usd = 0.0
    if retrieved:
        again = exchange.rounds * after * (rates.cache_read if usage.cache_read else rates.input)
        retrieval_usd = (retrieved * new_price(usage, rates) + again) / 1e6
    cause, cause_tokens = _diagnosed(exchange)
    ours = miss is not None and (miss.cause == "prefix_change" or (cause or "").startswith("our_"))
    lost = miss.tokens if miss is not None and ours else 0
    lost_usd = lost * max(0.0, new_price(usage, rates) - rates.cache_read) / 1e6
    measured = settled.basis == "measured"
    avoided = len(exchange.body_in) // BYTES_A_TOKEN if exchange.cache_hit else 0
    secrets = credentials(exchange.headers, exchange.path)

    def label(text: str | None) -> str | None:
        return None if text is None else redact(text[:_TEXT], secrets)[0]

    ended = exchange.ended if exchange.ended is not None else now
    kinds, strategies, raw = _blocks(exchange)
    return Booking(
        timestamp=iso(exchange.wall),
        request_id=exchange.request_id,
        schema=SCHEMA,
        provider=exchange.provider,
        endpoint=exchange.path.split("?", 1)[0][:_TEXT],
        method=exchange.method,
        model=label(exchange.model) or "unknown",
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
        latency_ms=round(1e3 * max(0.0, ended - exchange.started), 3),
        overhead_ms=round(1e3 * max(0.0, exchange.overhead), 3),
        ttfb_ms=None
        if exchange.first_byte is None
        else round(1e3 * max(0.0, exchange.first_byte - exchange.started), 3),
        cost_usd=settled.cost_usd,
        cost_basis=settled.cost_basis,
        price_source=rates.source,
        saved_usd=exchange.saved_usd,
        # Of a rescued call nothing of ours was taken; ``refusals`` says what was tried.
        transforms_applied=[] if exchange.rescued else list(dict.fromkeys(exchange.transforms)),
        ccr_hashes=[] if exchange.rescued else list(exchange.handles),
        passthrough_reason=exchange.passthrough_reason,
        semantic_cache_hit=exchange.cache_hit,
        retries=exchange.retries,
        rescued=exchange.rescued,
        rounds=exchange.rounds,
        client=label(exchange.client),
        project=label(exchange.project),
        stack=exchange.stack,
        user_id=label(exchange.user_id),
        turn_id=exchange.turn_id,
        tags={key: label(value) or "" for key, value in exchange.tags.items()},
        waste_signals={k: had - has for k, (_, had, has) in kinds.items() if had > has},
        error=label(exchange.error),
        usage_basis=settled.basis,
        input_cost_usd=settled.input_cost_usd,
        semantic_cache_miss=not exchange.cache_hit and bool(exchange.notes.get("cache_miss")),
        avoided_tokens=avoided,
        avoided_usd=avoided * rates.input / 1e6,
        context_window=exchange.context_window,
        tool_tokens=_noted(exchange, "tool_tokens") if rewritten else 0,
        retrieved_tokens=retrieved,
        cache_lost_tokens=lost,
        net_tokens_saved=saved - retrieved - lost,
        net_saved_usd=exchange.saved_usd - retrieval_usd - lost_usd,
        retrieval_usd=retrieval_usd,
        cache_lost_usd=lost_usd,
        cache_miss=_why(miss, cause),
        cache_missed_tokens=miss.tokens if miss is not None else 0,
        cache_cause=cause,
        cache_cause_tokens=cause_tokens,
        cache_savings_usd=usage.cache_read * max(0.0, rates.input - rates.cache_read) / 1e6 if measured else 0.0,
        cache_premium_usd=premium(usage, rates) if measured else 0.0,
        compressible_tokens=exchange.adds_up.tokens if sent else 0,
        kinds=kinds,
        strategies=strategies,
        raw_blocks=raw,
        stages_ms={name: round(1e3 * s, 3) for name, s in exchange.stages.items()},
        shadow=shadow,
        would_save_tokens=would_save,
        would_save_usd=saved_dollars(exchange, rates, would_save),
        compression_failed=exchange.compression_failed,
        truncated=exchange.truncated,
        rate_kind=str(kind) if (kind := exchange.notes.get("rate_kind")) else None,
        retried=_retried(exchange),
        refusals={name: _plain(exchange.notes[name]) for name in _FACTS if name in exchange.notes},
        history={name: _plain(exchange.notes[name]) for name in _HISTORY if name in exchange.notes},
        pid=pid,
        wall=exchange.wall,
        message_count=len(getattr(exchange.outline, "messages", ())),
    )


def _retried(exchange: Exchange) -> dict[str, int]:
    reasons = exchange.notes.get("retried")
    return dict(Counter(map(str, reasons))) if isinstance(reasons, tuple) else {}


def _noted(exchange: Exchange, name: str) -> int:
    value = exchange.notes.get(name, 0)
    return max(0, value) if isinstance(value, int) else 0


def _retrieved(exchange: Exchange) -> int:
    return _noted(exchange, "retrieved_tokens") + _noted(exchange, "restored_bytes") // BYTES_A_TOKEN


def _blocks(
    exchange: Exchange,
) -> tuple[dict[str, tuple[int, int, int]], dict[str, tuple[int, int]], dict[str, int]]:
    """The fresh verdicts by kind, by transform, and those that left a block alone by their reason."""
    kinds: dict[str, tuple[int, int, int]] = {}
    strategies: dict[str, tuple[int, int]] = {}
    raw: dict[str, int] = {}
    for verdict in exchange.adds_up.fresh:
        if verdict.kind == "compressed" and exchange.rescued:
            continue  # taken back: the client's own text was sent
        if verdict.kind != "compressed":
            raw[verdict.why] = raw.get(verdict.why, 0) + 1
            continue
        kind = verdict.content_kind or "other"
        blocks, had, has = kinds.get(kind, (0, 0, 0))
        kinds[kind] = (blocks + 1, had + verdict.tokens_before, has + verdict.tokens_after)
        blocks, gained = strategies.get(verdict.why, (0, 0))
        strategies[verdict.why] = (blocks + 1, gained + verdict.tokens_before - verdict.tokens_after)
    return kinds, strategies, raw


def _plain(value: object) -> Any:
    """A note as JSON can hold it."""
    if isinstance(value, str):
        return redact(value[:_TEXT])[0]
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in list(value.items())[:20]}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in list(value)[:20]]
    return redact(str(value)[:_TEXT])[0]
