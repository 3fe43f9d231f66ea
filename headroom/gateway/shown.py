"""What the rooms tell of themselves: in /stats, /metrics, /readyz and the banner."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from headroom.control.health import Check
from headroom.errors import StoreError
from headroom.gateway import code, images, kompress
from headroom.gateway.rooms import Rooms
from headroom.policy.response_cache import ResponseCache
from headroom.settings import Settings

log = logging.getLogger("headroom")

_MIB = 1024 * 1024


def show(rooms: Rooms, settings: Settings, cache: ResponseCache | None) -> None:
    """Hang the rooms' state into all places. What failed of the store until now counts as degraded."""
    store, failed = rooms.store, bool(rooms.store_faults)
    why = rooms.store_faults[0] if failed else None

    def degraded() -> bool:
        return failed or store.trouble is not None

    def state() -> Check:
        facts = {"name": store.name, "degraded": degraded()}
        return Check(
            ready=True,
            required=False,
            facts=facts,
            private={"error": store.trouble or why, "notices": list(store.notices)},
        )

    _in_stats(rooms, settings, cache, degraded=degraded)
    _in_metrics(rooms, settings, cache, degraded=degraded)
    rooms.checks |= {
        "cache": lambda: Check(enabled=cache is not None),
        "rate_limiter": lambda: Check(enabled=settings.rate_limit),
        "memory": lambda: Check(enabled=False),
        "kompress": lambda: kompress.check(rooms.scorer, required=settings.require_kompress),
        "images": lambda: images.check(settings),
        "store": state,
    }
    rooms.notes.append(("kompress", kompress.banner(rooms.scorer, settings)))
    rooms.notes.append(("code-aware", code.banner(settings)))
    rooms.notes.append(("images", images.banner(settings)))
    lasts = "" if store.durable else ", lost when this process ends"
    rooms.notes.append(("state", f"{store.name}{lasts}{'; degraded, see the warnings above' if failed else ''}"))


def _in_stats(rooms: Rooms, settings: Settings, cache: ResponseCache | None, *, degraded: Callable[[], bool]) -> None:
    store = rooms.store

    def cache_block() -> Any:
        if cache is None:
            return None
        return {
            "entries": _safely(cache.entries),
            "max_entries": settings.cache_max_entries,
            "ttl_seconds": settings.cache_ttl,
            "total_hits": rooms.accounts.stats.all.semantic_hits,
            "misses": rooms.accounts.stats.all.semantic_misses,
            "evictions": _safely(lambda: store.usage("responses").evicted),
        }

    def rate_block() -> Any:
        if not settings.rate_limit:
            return None
        return {
            "requests_per_minute": settings.rpm,
            "tokens_per_minute": settings.tpm,
            "active_keys": rooms.limits.active_keys,
            "unchecked": rooms.limits.unchecked,
        }

    def originals_block() -> Any:
        found = rooms.originals_stats()
        return {
            "ccr_entries": found.entries,
            "ccr_max_entries": None,
            "ccr_bytes": found.bytes,
            "ccr_max_bytes": settings.ccr_max_mb * _MIB,
            "ccr_retrievals": found.retrievals,
            "original_tokens_cached": found.original_tokens,
            "compressed_tokens_cached": found.shown_tokens,
        }

    rooms.figures.blocks |= {
        "cache": cache_block,
        "rate_limiter": rate_block,
        "compression": lambda: _safely(originals_block),
        "cache_aligner": rooms.pipeline.pipeline.aligned,
        "store": lambda: {"name": store.name, "durable": store.durable, "degraded": degraded()},
        "kompress": rooms.scorer.shown,
    }


def _in_metrics(rooms: Rooms, settings: Settings, cache: ResponseCache | None, *, degraded: Callable[[], bool]) -> None:
    metrics = rooms.accounts.metrics

    def gauges() -> None:
        if cache is not None and (entries := _safely(cache.entries)) is not None:
            metrics.cache_entries.set(entries)
        if (kept := _safely(rooms.originals_stats)) is not None:
            metrics.ccr_entries.set(kept.entries)
        metrics.degraded.labels("store").set(degraded())
        late = rooms.lag.shown()["lag"]
        for share in ("p50", "p99"):
            metrics.loop_lag.labels(share).set(late[f"{share}_ms"])
        model = rooms.scorer.status()
        metrics.degraded.labels("kompress").set(model.enabled and not model.ready)
        metrics.degraded.labels("images").set(images.missing(settings))

    def retrievals() -> float | None:
        kept = _safely(rooms.originals_stats)
        return None if kept is None else float(kept.retrievals)

    rooms.figures.before_scrape.append(gauges)
    metrics.totals.sources["ccr_retrievals"] = ("Originals fetched", retrievals)


def _safely(read: Callable[[], Any]) -> Any:
    """A figure from the store, or None while the store is away."""
    try:
        return read()
    except StoreError as error:
        log.debug("a figure is missing: %s", error)
        return None
