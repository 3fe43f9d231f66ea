"""The blocks of /stats made from the counters. Reads memory only.

The headline is the net: what was left out, less what the model fetched back, less what a changed prefix cost. Markers and
our tool's definition need no deduction of their own: they are part of what was sent.
"""

from __future__ import annotations

from typing import Any

from headroom.accounts.booking import iso
from headroom.accounts.stats import Stats
from headroom.accounts.sums import Group, percent


def payload(stats: Stats) -> dict[str, Any]:
    """``requests``, ``tokens``, ``savings``, ``prefix_cache``, ``latency`` and the like."""
    with stats.opened():
        return {
            "requests": _requests(stats),
            "tokens": _tokens(stats.all),
            "savings": _savings(stats),
            "prefix_cache": _prefix_cache(stats),
            "latency": stats.latency.shown() | {"total_requests": stats.all.requests},
            "overhead": stats.overhead.shown(),
            "ttfb": stats.ttfb.shown(),
            "pipeline_timing": {
                name: {"average_ms": t.average, "max_ms": round(t.most, 3), "count": t.count}
                for name, t in stats.stages.items()
            },
            "compressions_by_strategy": {name: row[0] for name, row in stats.strategies.items()},
            "tokens_saved_by_strategy": {name: row[1] for name, row in stats.strategies.items()},
            "tokens_saved_by_kind": {
                kind: {
                    "blocks": blocks,
                    "tokens_before": had,
                    "tokens_after": has,
                    "savings_percent": percent(had - has, had),
                }
                for kind, (blocks, had, has) in sorted(stats.kinds.items())
            },
            "blocks_left_alone": dict(stats.raw_blocks),
            "rewrites_refused": dict(stats.refusals),
            "waste_signals": dict(stats.waste),
            "savings_history": [list(point) for point in stats.history],
        }


def _requests(stats: Stats) -> dict[str, Any]:
    outcomes = stats.outcomes
    return {
        "total": stats.all.requests,
        "ok": outcomes["ok"],
        "cached": outcomes["cached"],
        "rate_limited": outcomes["rate_limited"],
        "failed": outcomes["failed"],
        "budget_rejected": outcomes["budget"],
        "refused": outcomes["refused"],
        "aborted": outcomes["aborted"],
        "bypassed": outcomes["bypass"],
        "passthrough": stats.all.requests - stats.all.compressed,
        "compressed": stats.all.compressed,
        "uncounted": stats.uncounted,
        "rescued": stats.rescued,
        "upstream_retries": stats.retries,
        "compression_failed": stats.compression_failed,
        "compress_calls": stats.compress_calls,
        "by_provider": {name: g.requests for name, g in stats.by_provider.items()},
        "by_model": {name: g.requests for name, g in stats.by_model.items()},
        "by_client": {name: g.requests for name, g in stats.by_client.items()},
        "by_stack": dict(stats.by_stack),
    }


def _tokens(every: Group) -> dict[str, Any]:
    before = every.after + every.saved
    return {
        "input": every.after,
        "output": every.output,
        "input_provider_reported": every.billed,
        "saved": every.saved,
        "net_saved": every.net_saved,
        "proxy_compression_saved": every.saved,
        "cli_filtering_saved": 0,
        "total_before_compression": before,
        "proxy_total_before_compression": before,
        "proxy_attempted_tokens": every.compressible,
        "savings_percent": percent(every.saved, before),
        "net_savings_percent": percent(every.net_saved, before),
        "proxy_savings_percent": percent(every.saved, before),
        "active_savings_percent": percent(every.saved, every.compressible),
        "would_save": every.would_save,
    }


def project_row(group: Group) -> dict[str, Any]:
    """A project as /stats and the history show it."""
    return {
        "requests": group.requests,
        "tokens_saved": group.saved,
        "net_tokens_saved": group.net_saved,
        "compression_savings_usd": group.saved_usd,
        "net_savings_usd": group.net_saved_usd,
        "total_input_tokens": group.after,
        "total_input_cost_usd": group.input_cost,
        "total_cost_usd": group.cost,
        "last_activity_at": iso(group.last) if group.last else None,
        "savings_percent": percent(group.saved, group.after + group.saved),
        "tokens_would_save": group.would_save,
        "would_save_usd": group.would_save_usd,
    }


def _savings(stats: Stats) -> dict[str, Any]:
    every = stats.all
    return {
        "total_tokens": every.saved,
        "net": {
            "tokens": every.net_saved,
            "usd": every.net_saved_usd,
            "basis": "estimated",
            "gross_tokens": every.saved + every.tool_tokens,
            "tool_definition_tokens": every.tool_tokens,
            "retrieved_tokens": every.retrieved,
            "cache_lost_tokens": every.lost,
            "gross_usd": every.saved_usd,
            "retrieval_usd": every.retrieval_usd,
            "cache_lost_usd": every.lost_usd,
        },
        "per_project": {name: project_row(group) for name, group in stats.by_project.items()},
        "per_client": {name: project_row(group) for name, group in stats.by_client.items()},
        "by_layer": {
            "compression": {"tokens": every.saved},
            "cli_filtering": {"tool": None, "tokens": 0},
            "prefix_cache": {"discount_usd": every.cache_savings_usd - every.cache_premium_usd},
            "semantic_cache": {
                "hits": every.semantic_hits,
                "misses": every.semantic_misses,
                "tokens": every.avoided,
                "usd": every.avoided_usd,
                "basis": "estimated",
            },
            "output_shaping": {"available": False},
        },
    }


def _ttl(group: Group) -> dict[str, Any]:
    value: dict[str, Any] = {
        "observed_ttl_buckets": {
            "5m": {"tokens": group.write_5m, "requests": group.writes_5m},
            "1h": {"tokens": group.write_1h, "requests": group.writes_1h},
        }
    }
    written = group.write_5m + group.write_1h
    if written:
        share = round(100 * group.write_5m / written, 1)
        active = [name for name, tokens in (("5m", group.write_5m), ("1h", group.write_1h)) if tokens]
        value["observed_ttl_mix"] = {"5m_pct": share, "1h_pct": round(100 - share, 1), "active_buckets": active}
    return value


def _cache_row(group: Group) -> dict[str, Any]:
    return {
        "cache_read_tokens": group.cache_read,
        "cache_write_tokens": group.cache_write,
        "uncached_input_tokens": group.uncached,
        "requests": group.reported,
        "hit_requests": group.hit_requests,
        "hit_rate": percent(group.cache_read, group.billed),
        "request_hit_rate": percent(group.hit_requests, group.reported),
        "bust_count": group.busts,
        "savings_usd": group.cache_savings_usd,
        "write_premium_usd": group.cache_premium_usd,
        "net_savings_usd": group.cache_savings_usd - group.cache_premium_usd,
        **_ttl(group),
    }


def _prefix_cache(stats: Stats) -> dict[str, Any]:
    every = stats.all
    causes = ("ttl_expiry", "prefix_change", "unknown")
    return {
        **_ttl(every),
        "by_provider": {name: _cache_row(group) for name, group in stats.by_provider.items() if group.reported},
        "totals": _cache_row(every),
        "compression_vs_cache": {
            "tokens_saved_by_compression": every.saved,
            "tokens_lost_to_cache_bust": every.lost,
            "cache_bust_count": every.busts,
            "net_tokens": every.saved - every.lost,
        },
        "miss_attribution": {cause: every.misses.get(cause, 0) for cause in causes}
        | {
            "by_cause": {
                name: {"misses": misses, "tokens": tokens} for name, (misses, tokens) in sorted(every.causes.items())
            }
        },
        "missed_tokens": {cause: every.missed_tokens.get(cause, 0) for cause in causes},
    }


def summary(stats: Stats, *, mode: str) -> dict[str, Any]:
    """The figures in words, for people."""
    with stats.opened():
        every = stats.all
        primary = max(stats.by_model, key=lambda name: stats.by_model[name].requests, default=None)
        share = percent(every.net_saved, every.after + every.saved)
        best, before, after = stats.best
        saved = every.net_saved_usd
        without = every.cost + max(0.0, saved)
        return {
            "mode": mode,
            "api_requests": every.requests,
            "primary_model": primary,
            "headline": headline(every.net_saved, share, every.requests, saved) + _would(every),
            "compression": {
                "requests_compressed": every.compressed,
                "avg_compression_pct": percent(every.saved, every.after + every.saved),
                "best_compression_pct": best,
                "best_detail": f"{before:,} → {after:,} tokens" if before else None,
                "total_tokens_removed": every.saved,
            },
            "uncompressed_requests": dict(stats.reasons),
            "cost": {
                "without_headroom_usd": without,
                "with_headroom_usd": every.cost,
                "total_saved_usd": saved,
                "savings_pct": percent(saved, without),
                "basis": "estimated",
                "breakdown": {
                    "compression_savings_usd": every.saved_usd,
                    "retrieval_usd": 0.0 - every.retrieval_usd,
                    "cache_damage_usd": 0.0 - every.lost_usd,
                    "cache_savings_usd": every.cache_savings_usd - every.cache_premium_usd,
                },
            },
            "tip": tip(every, dict(stats.raw_blocks)),
        }


def headline(net: int, share: float, requests: int, usd: float) -> str:
    """One sentence with the net."""
    calls = f"{requests:,} request{'' if requests == 1 else 's'}"
    if not requests:
        return "no requests yet"
    if net < 0:
        return f"{-net:,} tokens added net over {calls}"
    return f"{net:,} tokens saved net ({share:g} %, about ${usd:,.4f}) over {calls}"


def _would(every: Group) -> str:
    """What shadow calls add to the headline."""
    said = f"; {every.would_save:,} tokens (about ${every.would_save_usd:,.4f}) would have been saved without --shadow"
    return said if every.would_save else ""


def tip(every: Group, raw: dict[str, int]) -> str | None:
    """What would help, where the figures say so."""
    if every.requests >= 20 and every.billed and percent(every.cache_read, every.billed) < 10:
        return "The provider's prompt cache is hardly read: does the client mark its prefix with cache_control?"
    if every.unpriced:
        return f"{every.unpriced:,} requests had no known price; set HEADROOM_PRICES to a file with yours."
    if raw.get("deadline", 0) > 10:
        return "Blocks were left alone for lack of time; raise HEADROOM_COMPRESSION_DEADLINE_SECONDS."
    return None


def cost(stats: Stats) -> dict[str, Any]:
    """Dollars spent and saved, without the budget."""
    with stats.opened():
        every = stats.all
        return {
            "total_cost_usd": every.cost,
            "total_input_cost_usd": every.input_cost,
            "savings_usd": every.net_saved_usd,
            "compression_savings_usd": every.saved_usd,
            "would_save_usd": every.would_save_usd,
            "cache_savings_usd": every.cache_savings_usd - every.cache_premium_usd,
            "basis": {
                "measured_usd": every.measured_cost,
                "estimated_usd": every.estimated_cost,
                "unpriced_requests": every.unpriced,
            },
            "per_model": {
                name: {
                    "requests": g.requests,
                    "tokens_saved": g.saved,
                    "net_tokens_saved": g.net_saved,
                    "tokens_would_save": g.would_save,
                    "tokens_sent": g.after,
                    "reduction_pct": percent(g.saved, g.after + g.saved),
                    "cost_usd": g.cost,
                    "measured_usd": g.measured_cost,
                    "estimated_usd": g.estimated_cost,
                    "savings_usd": g.net_saved_usd,
                }
                for name, g in stats.by_model.items()
            },
        }
