"""The fields of /stats and /health that others rely on, as the proxy answers them after a call."""

import pytest

from headroom.settings import Settings
from tests.addons.conftest import HEADERS, ask, client, gateway, llm

__all__ = ["client", "gateway", "llm"]

STATS = {
    "": "generated_at cached version uptime_seconds requests tokens savings summary display_session persistent_savings "
    "savings_history prefix_cache cost latency overhead ttfb pipeline_timing compressions_by_strategy "
    "tokens_saved_by_strategy waste_signals compression cache rate_limiter kompress otel langfuse telemetry "
    "anon_telemetry_shipping log_full_messages recent_requests request_logs config",
    "requests": "total cached rate_limited failed budget_rejected bypassed passthrough by_provider by_model by_client by_stack",
    "tokens": "input output input_provider_reported saved proxy_compression_saved cli_filtering_saved "
    "total_before_compression proxy_total_before_compression proxy_attempted_tokens savings_percent "
    "proxy_savings_percent active_savings_percent",
    "savings": "total_tokens per_project by_layer",
    "savings.by_layer": "compression cli_filtering prefix_cache semantic_cache output_shaping",
    "summary": "mode api_requests primary_model headline compression uncompressed_requests cost tip",
    "summary.compression": "requests_compressed avg_compression_pct best_compression_pct best_detail total_tokens_removed",
    "summary.cost": "without_headroom_usd with_headroom_usd total_saved_usd savings_pct breakdown",
    "display_session": "requests tokens_saved compression_savings_usd total_input_tokens total_input_cost_usd "
    "savings_percent started_at last_activity_at projects summary",
    "persistent_savings": "schema_version storage_path lifetime display_session display_session_policy history_points "
    "recent_history retention projects projects_limit",
    "persistent_savings.lifetime": "requests tokens_saved compression_savings_usd total_input_tokens total_input_cost_usd",
    "prefix_cache": "observed_ttl_buckets by_provider totals compression_vs_cache miss_attribution",
    "prefix_cache.totals": "cache_read_tokens cache_write_tokens uncached_input_tokens requests hit_requests hit_rate "
    "request_hit_rate bust_count savings_usd write_premium_usd net_savings_usd observed_ttl_buckets",
    "prefix_cache.compression_vs_cache": "tokens_saved_by_compression tokens_lost_to_cache_bust cache_bust_count net_tokens",
    "prefix_cache.miss_attribution": "ttl_expiry prefix_change unknown",
    "cost": "total_cost_usd total_input_cost_usd savings_usd compression_savings_usd cache_savings_usd budget_limit_usd "
    "budget_period budget_spent_usd budget_remaining_usd budget_resets_at basis per_model",
    "cost.basis": "measured_usd estimated_usd unpriced_requests",
    "latency": "average_ms min_ms max_ms p50_ms p95_ms total_requests",
    "overhead": "average_ms min_ms max_ms p95_ms",
    "ttfb": "average_ms min_ms max_ms",
    "compression": "ccr_entries ccr_max_entries ccr_retrievals original_tokens_cached compressed_tokens_cached",
    "cache": "entries max_entries ttl_seconds total_hits misses evictions",
    "rate_limiter": "requests_per_minute tokens_per_minute active_keys",
    "kompress": "enabled backend device calls average_ms fallbacks",
    "otel": "configured enabled service_name exporter endpoint",
    "langfuse": "configured enabled base_url endpoint",
    "telemetry": "enabled",
}
HEALTH = {
    "": "status ready version upstream service timestamp uptime_seconds optimize stats checks upstreams config",
    "stats": "total_requests tokens_saved savings_percent",
    "checks": "startup http_client cache rate_limiter memory kompress upstream store",
    "checks.upstream": "enabled ready status required url error",
}


def at(value, path):
    for name in path.split(".") if path else ():
        value = value[name]
    return value


@pytest.fixture
async def told(llm, gateway, client, tmp_path):
    gate = await gateway(
        llm, stateless=False, store="sqlite", workspace_dir=tmp_path, rate_limit=True, budget=5.0, cache=True
    )
    for key in ("one", "two"):
        await client.post(f"{gate.url}/v1/messages", json=ask(text=key), headers=HEADERS | {"x-api-key": key})
    return {name: (await client.get(f"{gate.url}/{name}")).json() for name in ("stats", "health")}


async def test_no_field_is_missing(told):
    missing = [
        f"{name}: {path}.{field}"
        for name, shape in (("stats", STATS), ("health", HEALTH))
        for path, fields in shape.items()
        for field in fields.split()
        if field not in at(told[name], path)
    ]
    assert missing == []
    settings = Settings()
    assert told["stats"]["rate_limiter"] | {"unchecked": 0} == {
        "requests_per_minute": settings.rpm,
        "tokens_per_minute": settings.tpm,
        "active_keys": 2,
        "unchecked": 0,
    }
