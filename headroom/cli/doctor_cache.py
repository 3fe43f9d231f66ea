"""``headroom doctor --cache``: which calls missed the provider's cache, how much was processed again, and who made it so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

CAUSES: Final = {
    "ttl_expiry": ("the cache had ended", "a longer cache life (ttl 1h) pays for agents that wait between calls"),
    "client_system": ("the client changed the system prompt", "keep clocks and counters out of it, or at its end"),
    "client_tools": ("the client changed the tools", "connect tool servers before the first call"),
    "client_message": ("the client changed an earlier message", "it compacted or edited its history"),
    "client_model": ("the client changed the model", "caches belong to one model"),
    "our_rewrite": ("headroom rewrote history", "only where it was expected to pay: see the figures of the call"),
    "our_tools": ("headroom changed the tools", "the retrieval tool was added when the first text was left out"),
    "unknown": ("nothing that can be seen", "the provider dropped its cache or routed the call elsewhere"),
}
"""Cause → what it means, and what can be done or known about it."""
FLAG: Final = "or start the proxy with --cache-aligner: it moves such lines behind the cache (API keys only)"


def lines(stats: Mapping[str, Any]) -> Iterator[str]:
    """A report from ``/stats``, for people."""
    cache = stats.get("prefix_cache") or {}
    totals = cache.get("totals") or {}
    if not totals.get("requests"):
        yield "no call of this run reported what the provider's cache held"
        return
    yield (
        f"{totals.get('cache_read_tokens', 0):,} tokens read from the cache, {totals.get('cache_write_tokens', 0):,} written,"
        f" {totals.get('uncached_input_tokens', 0):,} neither; {totals.get('hit_rate', 0):.1f} % read"
    )
    aligner = cache.get("aligner") or {}
    if aligner.get("enabled"):
        yield f"the cache aligner is on: {_moved(aligner)}"
    causes = (cache.get("miss_attribution") or {}).get("by_cause") or {}
    if not causes:
        yield "no call missed what an earlier one had left in the cache"
    for name, found in sorted(causes.items(), key=lambda item: -item[1]["tokens"]):
        means, hint = CAUSES.get(name, (name, ""))
        yield f"{found['misses']} × {means}: {found['tokens']:,} tokens processed again"
        if hint:
            yield f"    → {hint}"
        if name == "client_system" and aligner and not aligner.get("enabled"):
            yield f"    → {FLAG}"
    for call in stats.get("recent_requests") or ():
        said = ((call.get("history") or {}).get("cache_diagnosis") or {}).get("sentence")
        if said:
            yield f"{call.get('timestamp', '')}  {call.get('model', '')}: {said}"
        for rewrite in ((call.get("history") or {}).get("rewrites") or {}).values():
            yield f"{call.get('timestamp', '')}  {call.get('model', '')}: {rewrite.get('sentence', '')}"


def _moved(aligner: Mapping[str, Any]) -> str:
    """What it did, in words."""
    calls, lines = aligner.get("calls", 0), aligner.get("lines") or {}
    if not calls:
        return "it has moved nothing yet; a line is moved once it was seen changing twice"
    kinds = ", ".join(f"{count} × {kind}" for kind, count in lines.items())
    return f"it moved lines in {calls:,} calls ({kinds}); {aligner.get('switched', 0):,} times for the first time"
