"""Every option: its flag, its variable, its default."""

import pytest

from headroom.precedence import resolve
from headroom.settings import BY_NAME, SECTIONS, TABLE, shown

FLAGS = {
    "host": ("--host", "HEADROOM_HOST", "127.0.0.1"),
    "port": ("--port", "HEADROOM_PORT", 8787),
    "workers": ("--workers", "HEADROOM_WORKERS", 1),
    "mode": ("--mode", "HEADROOM_MODE", "token"),
    "optimize": ("--no-optimize", None, True),
    "cache": ("--no-cache", None, True),
    "target_ratio": ("--target-ratio", "HEADROOM_TARGET_RATIO", None),
    "log_file": ("--log-file", "HEADROOM_LOG_FILE", None),
    "log_messages": ("--log-messages", "HEADROOM_LOG_MESSAGES", False),
    "budget": ("--budget", "HEADROOM_BUDGET", None),
    "budget_period": ("--budget-period", "HEADROOM_BUDGET_PERIOD", "daily"),
    "rate_limit": ("--no-rate-limit", None, True),
    "rpm": ("--rpm", "HEADROOM_RPM", 60),
    "tpm": ("--tpm", "HEADROOM_TPM", 100_000),
    "openai_api_url": ("--openai-api-url", "OPENAI_TARGET_API_URL", "https://api.openai.com"),
    "anthropic_api_url": ("--anthropic-api-url", "ANTHROPIC_TARGET_API_URL", "https://api.anthropic.com"),
    "gemini_api_url": ("--gemini-api-url", "GEMINI_TARGET_API_URL", "https://generativelanguage.googleapis.com"),
    "backend": ("--backend", "HEADROOM_BACKEND", "anthropic"),
    "bedrock_api_url": ("--bedrock-api-url", "BEDROCK_TARGET_API_URL", None),
    "region": ("--region", "HEADROOM_REGION", "us-west-2"),
    "ccr_inject_tool": ("--no-ccr-inject-tool", "HEADROOM_NO_CCR_INJECT_TOOL", True),
    "ccr_marker": ("--no-ccr-marker", "HEADROOM_NO_CCR_MARKER", True),
    "lossless": ("--lossless", "HEADROOM_LOSSLESS", False),
    "ccr_proactive_expansion": ("--no-ccr-proactive-expansion", "HEADROOM_NO_CCR_PROACTIVE_EXPANSION", True),
    "kompress": ("--disable-kompress", "HEADROOM_DISABLE_KOMPRESS", True),
    "protect_tool_results": ("--protect-tool-results", "HEADROOM_PROTECT_TOOL_RESULTS", ()),
    "intercept_tool_results": ("--intercept-tool-results", None, False),
    "intercept_read_min_chars": (None, "HEADROOM_INTERCEPT_READ_MIN_CHARS", 8192),
    "read_lifecycle": ("--no-read-lifecycle", None, True),
    "code_aware": ("--code-aware", "HEADROOM_CODE_AWARE_ENABLED", False),
    "code_graph": ("--code-graph", None, False),
    "intelligent_context": ("--no-intelligent-context", None, True),
    "intelligent_scoring": ("--no-intelligent-scoring", None, True),
    "compress_first": ("--no-compress-first", None, True),
    "memory": ("--memory", None, False),
    "memory_storage": ("--memory-storage", None, "project"),
    "memory_top_k": ("--memory-top-k", "HEADROOM_MEMORY_TOP_K", 10),
    "memory_tools": ("--no-memory-tools", "HEADROOM_NO_MEMORY_TOOLS", True),
    "memory_context": ("--no-memory-context", "HEADROOM_NO_MEMORY_CONTEXT", True),
    "learn": ("--learn", None, False),
    "min_evidence": ("--min-evidence", "HEADROOM_MIN_EVIDENCE", 5),
    "limit_concurrency": ("--limit-concurrency", "HEADROOM_LIMIT_CONCURRENCY", 1000),
    "max_connections": ("--max-connections", "HEADROOM_MAX_CONNECTIONS", 500),
    "max_keepalive": ("--max-keepalive", "HEADROOM_MAX_KEEPALIVE", 100),
    "request_timeout": ("--request-timeout-seconds", "HEADROOM_REQUEST_TIMEOUT", 300.0),
    "retry_max_attempts": ("--retry-max-attempts", "HEADROOM_RETRY_MAX_ATTEMPTS", 3),
    "telemetry": ("--telemetry", "HEADROOM_TELEMETRY", False),
    "stateless": ("--stateless", "HEADROOM_STATELESS", False),
    "proxy_token": (None, "HEADROOM_PROXY_TOKEN", None),
    "sdk": (None, "HEADROOM_SDK", "proxy"),
}
"""The documented surface: field → flag, variable, default."""


@pytest.mark.parametrize("name", FLAGS)
def test_the_documented_surface_is_there(name):
    flag, env, default = FLAGS[name]
    entry = BY_NAME[name]
    assert (entry.option.flag, entry.option.env, entry.default) == (flag, env, default)


def test_no_two_options_share_a_name():
    flags = [flag for entry in TABLE for flag in (entry.option.flag, entry.option.off_flag, entry.option.short) if flag]
    variables = [entry.option.env for entry in TABLE if entry.option.env]
    assert len(flags) == len(set(flags))
    assert len(variables) == len(set(variables))
    assert {entry.option.section for entry in TABLE} == set(SECTIONS)


def test_secrets_are_not_repeated_in_errors():
    # The store's URL may hold a password; it is checked where it is opened, and never by parsing here.
    assert "s3cret" not in str(shown(resolve({}, {"HEADROOM_PROXY_TOKEN": "s3cret"}).settings))
    assert "s3cret" not in str(shown(resolve({}, {"HEADROOM_STORE": "redis://:s3cret@h/0"}).settings))
