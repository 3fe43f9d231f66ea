"""Every option once: this table makes the flags, the variables, mitmproxy's options, /health's config and the README."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headroom.option import Entry, entries, option
from headroom.spellings import (
    normalise_url,
    parse_backend,
    parse_hosts,
    parse_kompress_url,
    parse_mode,
    parse_names,
    parse_routes,
)

SECTIONS = (
    "Core",
    "Logging",
    "Budget and rate",
    "Upstream",
    "Interception",
    "Retrieval",
    "Compression",
    "Memory and learning",
    "Connections",
    "Deployment",
    "State",
    "Observability",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of one process; immutable, replaced as a whole when hot settings change."""

    # Core
    host: str = option("127.0.0.1", "Core", "Address to bind.", flag="--host", env="HEADROOM_HOST")
    port: int = option(
        8787, "Core", "Port to bind.", flag="--port", short="-p", env="HEADROOM_PORT", least=1, most=65535
    )
    workers: int = option(
        1, "Core", "Worker processes sharing the port.", flag="--workers", env="HEADROOM_WORKERS", least=1, most=64
    )
    mode: str = option(
        "token",
        "Core",
        "token: also rewrite history where the bill gains; cache: never touch what was sent before.",
        flag="--mode",
        env="HEADROOM_MODE",
        metavar="[token|cache]",
        parse=parse_mode,
    )
    optimize: bool = option(
        True, "Core", "Forward every byte as received; limits and logs still work.", flag="--no-optimize", inverted=True
    )
    shadow: bool = option(
        False,
        "Core",
        "Forward every byte as received, but compute and count what would have been saved.",
        flag="--shadow",
        env="HEADROOM_SHADOW",
    )
    cache: bool = option(True, "Core", "Switch the response cache off.", flag="--no-cache", inverted=True)
    target_ratio: float | None = option(
        None,
        "Core",
        "Share of tokens Kompress keeps in prose (0.4 keeps about 40 %).",
        flag="--target-ratio",
        env="HEADROOM_TARGET_RATIO",
        above=0,
        most=1,
        hot=True,
    )

    # Logging
    log_file: Path | None = option(
        None, "Logging", "Request log, one JSON object a line.", flag="--log-file", env="HEADROOM_LOG_FILE"
    )
    log_messages: bool = option(
        False,
        "Logging",
        "Also log request and response content (sensitive).",
        flag="--log-messages",
        env="HEADROOM_LOG_MESSAGES",
    )
    web_memory_mb: int = option(
        256,
        "Logging",
        "Memory for the calls that mitmweb keeps to look at (`--web`), in MiB; the oldest go first, 2,000 stay at most.",
        env="HEADROOM_WEB_MEMORY_MB",
        least=1,
    )
    capture: Path | None = option(
        None, "Logging", "Record calls for `headroom replay`, without credentials.", flag="--capture"
    )
    capture_bodies: bool = option(False, "Logging", "Record their bodies, too (sensitive).", flag="--capture-bodies")

    # Budget and rate
    budget: float | None = option(
        None, "Budget and rate", "Spending cap in USD per period.", flag="--budget", env="HEADROOM_BUDGET", least=0
    )
    budget_period: str = option(
        "daily",
        "Budget and rate",
        "Period of the cap: hourly rolls, daily from local midnight, monthly from the 1st.",
        flag="--budget-period",
        env="HEADROOM_BUDGET_PERIOD",
        choices=("hourly", "daily", "monthly"),
    )
    unreported_usage: str = option(
        "count",
        "Budget and rate",
        "Answers whose usage the provider does not report: count our estimate against the cap, ignore them, or refuse "
        "further calls of that model.",
        flag="--unreported-usage",
        env="HEADROOM_UNREPORTED_USAGE",
        choices=("count", "ignore", "refuse"),
    )
    rate_limit: bool = option(
        True, "Budget and rate", "Switch the rate limits off.", flag="--no-rate-limit", inverted=True
    )
    rpm: int = option(60, "Budget and rate", "Requests per minute per key.", flag="--rpm", env="HEADROOM_RPM", least=1)
    tpm: int = option(
        100_000,
        "Budget and rate",
        "New input tokens per minute per key; what the provider reads from its cache does not count.",
        flag="--tpm",
        env="HEADROOM_TPM",
        least=1,
    )

    # Upstream
    openai_api_url: str = option(
        "https://api.openai.com",
        "Upstream",
        "Upstream for the OpenAI formats.",
        flag="--openai-api-url",
        env="OPENAI_TARGET_API_URL",
        parse=normalise_url,
    )
    anthropic_api_url: str = option(
        "https://api.anthropic.com",
        "Upstream",
        "Upstream for the Anthropic format.",
        flag="--anthropic-api-url",
        env="ANTHROPIC_TARGET_API_URL",
        parse=normalise_url,
    )
    gemini_api_url: str = option(
        "https://generativelanguage.googleapis.com",
        "Upstream",
        "Upstream for the Gemini format.",
        flag="--gemini-api-url",
        env="GEMINI_TARGET_API_URL",
        parse=normalise_url,
    )
    backend: str = option(
        "anthropic",
        "Upstream",
        "anthropic goes direct; bedrock, openrouter, anyllm and litellm-<provider> are not available in this version.",
        flag="--backend",
        env="HEADROOM_BACKEND",
        parse=parse_backend,
    )
    anyllm_provider: str = option(
        "openai",
        "Upstream",
        "Provider that the backend anyllm calls.",
        flag="--anyllm-provider",
        env="HEADROOM_ANYLLM_PROVIDER",
        missing=True,
    )
    bedrock_api_url: str | None = option(
        None,
        "Upstream",
        "Re-signing gateway for Bedrock InvokeModel routes; unset, they pass untouched.",
        flag="--bedrock-api-url",
        env="BEDROCK_TARGET_API_URL",
        parse=normalise_url,
        missing=True,
    )
    region: str = option(
        "us-west-2",
        "Upstream",
        "Region of Bedrock or Vertex; only told by /admin/upstream in this version.",
        flag="--region",
        env="HEADROOM_REGION",
    )
    upstream_ca: Path | None = option(
        None,
        "Upstream",
        "PEM file of additional authorities to trust on the way out.",
        flag="--upstream-ca",
        env="HEADROOM_UPSTREAM_CA",
    )

    # Interception
    intercept: bool = option(
        False,
        "Interception",
        "Also listen as an HTTPS proxy, on PORT if one follows; only hosts that serve models are opened.",
        flag="--intercept",
        env="HEADROOM_INTERCEPT",
    )
    intercept_port: int = option(
        8788,
        "Interception",
        "Port of the HTTPS proxy, as `--intercept PORT` has it.",
        flag="--intercept-port",
        env="HEADROOM_INTERCEPT_PORT",
        least=1,
        most=65535,
    )
    intercept_hosts: tuple[str, ...] = option(
        (),
        "Interception",
        "More hosts that serve models, comma list; *.example.com stands for all below it.",
        flag="--intercept-hosts",
        env="HEADROOM_INTERCEPT_HOSTS",
        parse=parse_hosts,
    )
    intercept_routes: tuple[str, ...] = option(
        (),
        "Interception",
        "Where calls to an opened host go instead, comma list of host=url.",
        flag="--intercept-routes",
        env="HEADROOM_INTERCEPT_ROUTES",
        parse=parse_routes,
    )

    # Retrieval
    ccr_inject_tool: bool = option(
        True,
        "Retrieval",
        "Never add the headroom_retrieve tool to a request.",
        flag="--no-ccr-inject-tool",
        env="HEADROOM_NO_CCR_INJECT_TOOL",
        inverted=True,
    )
    ccr_marker: bool = option(
        True,
        "Retrieval",
        "Put no retrieval markers into compressed content.",
        flag="--no-ccr-marker",
        env="HEADROOM_NO_CCR_MARKER",
        inverted=True,
    )
    lossless: bool = option(
        False,
        "Retrieval",
        "Only lossless compaction: no marker, no retrieval tool, no model.",
        flag="--lossless",
        env="HEADROOM_LOSSLESS",
    )
    ccr_proactive_expansion: bool = option(
        True,
        "Retrieval",
        "Do not keep more of content related to what was retrieved before.",
        flag="--no-ccr-proactive-expansion",
        env="HEADROOM_NO_CCR_PROACTIVE_EXPANSION",
        inverted=True,
    )
    ccr_ttl_seconds: float = option(
        604_800.0,
        "Retrieval",
        "How long an original is kept after it was last seen in traffic.",
        env="HEADROOM_CCR_TTL_SECONDS",
        above=0,
    )
    ccr_max_mb: int = option(512, "Retrieval", "Disk space for originals, in MiB.", env="HEADROOM_CCR_MAX_MB", least=1)

    # Compression
    kompress: bool = option(
        True,
        "Compression",
        "Switch the Kompress model off; the structural compressors stay.",
        flag="--disable-kompress",
        env="HEADROOM_DISABLE_KOMPRESS",
        inverted=True,
    )
    kompress_device: str = option(
        "auto",
        "Compression",
        "Where Kompress runs.",
        flag="--kompress-device",
        env="HEADROOM_KOMPRESS_DEVICE",
        choices=("auto", "cuda", "mps", "cpu"),
    )
    kompress_model: str | None = option(
        None,
        "Compression",
        "Folder of the Kompress model, or a repository in the hub's cache; unset: what `headroom kompress pull` fetched.",
        env="HEADROOM_KOMPRESS_MODEL",
    )
    kompress_url: str | None = option(
        None,
        "Compression",
        "Ask this `headroom kompress serve` instead of loading a model; or a vLLM server: `vllm+http://host:port#model`.",
        env="HEADROOM_KOMPRESS_URL",
        parse=parse_kompress_url,
    )
    require_kompress: bool = option(
        False,
        "Compression",
        "Not ready (/readyz) while the Kompress model does not serve.",
        flag="--require-kompress",
        env="HEADROOM_REQUIRE_KOMPRESS",
    )
    protect_tool_results: tuple[str, ...] = option(
        (),
        "Compression",
        "Tools whose results are never compressed with loss, added to the built-in set; comma list, * ? [ are globs.",
        flag="--protect-tool-results",
        env="HEADROOM_PROTECT_TOOL_RESULTS",
        parse=parse_names,
    )
    exclude_tools: tuple[str, ...] = option(
        (),
        "Compression",
        "Tools whose results go out byte for byte, added to the built-in set; comma list, * ? [ are globs.",
        env="HEADROOM_EXCLUDE_TOOLS",
        parse=parse_names,
    )
    intercept_tool_results: bool = option(
        False,
        "Compression",
        "Outline large source files that are read whole for the first time; the rest can be fetched.",
        flag="--intercept-tool-results",
    )
    intercept_read_min_chars: int = option(
        8192,
        "Compression",
        "Size from which `--intercept-tool-results` outlines a file.",
        env="HEADROOM_INTERCEPT_READ_MIN_CHARS",
        least=0,
        hot=True,
    )
    read_lifecycle: bool = option(
        True,
        "Compression",
        "Leave superseded file reads and browser pages as they are.",
        flag="--no-read-lifecycle",
        inverted=True,
    )
    code_aware: bool = option(
        False,
        "Compression",
        "Cut function bodies out of source code by its syntax tree (needs the code extra).",
        flag="--code-aware",
        off_flag="--no-code-aware",
        env="HEADROOM_CODE_AWARE_ENABLED",
    )
    image_optimize: bool = option(
        True,
        "Compression",
        "Send every image as it came: neither scaled to what the provider scales it to (needs the images extra), "
        "nor named when the conversation has it already.",
        flag="--no-image-optimize",
        inverted=True,
    )
    cache_aligner: bool = option(
        False,
        "Compression",
        "Move lines of the system prompt that change with each call (clocks, ids) behind the cache; API keys only.",
        flag="--cache-aligner",
        env="HEADROOM_CACHE_ALIGNER",
    )
    code_graph: bool = option(
        False, "Compression", "Index the working directory and watch it.", flag="--code-graph", missing=True
    )
    intelligent_context: bool = option(
        True,
        "Compression",
        "When a conversation exceeds the window, drop the oldest first instead of the least useful.",
        flag="--no-intelligent-context",
        inverted=True,
        hidden=True,
    )
    intelligent_scoring: bool = option(
        True, "Compression", "Score by position only.", flag="--no-intelligent-scoring", inverted=True, hidden=True
    )
    compress_first: bool = option(
        True,
        "Compression",
        "Do not try deeper compression before dropping.",
        flag="--no-compress-first",
        inverted=True,
        hidden=True,
    )
    compression_timeout: float = option(
        30.0,
        "Compression",
        "Seconds that POST /v1/compress may take.",
        env="HEADROOM_COMPRESSION_TIMEOUT_SECONDS",
        above=0,
    )
    compression_deadline: float = option(
        0.5,
        "Compression",
        "Seconds a proxied request may spend on new blocks; those left go out as they are, for good.",
        env="HEADROOM_COMPRESSION_DEADLINE_SECONDS",
        above=0,
    )
    memory_mb: int = option(
        96,
        "Compression",
        "Memory of each process for conversations it has seen, in MiB; what does not fit is read from the store again.",
        env="HEADROOM_MEMORY_MB",
        least=3,
    )
    min_tokens: int = option(
        200, "Compression", "Blocks below this many tokens are left alone.", env="HEADROOM_MIN_TOKENS", least=0
    )

    # Memory and learning
    memory: bool = option(False, "Memory and learning", "Remember across sessions.", flag="--memory", missing=True)
    memory_storage: str = option(
        "project",
        "Memory and learning",
        "One memory per project, per user, or one for all.",
        flag="--memory-storage",
        choices=("project", "user", "global"),
        missing=True,
    )
    memory_top_k: int = option(
        10,
        "Memory and learning",
        "Memories put into the context.",
        flag="--memory-top-k",
        env="HEADROOM_MEMORY_TOP_K",
        least=1,
        most=100,
        missing=True,
    )
    memory_tools: bool = option(
        True,
        "Memory and learning",
        "Do not offer memory_save and memory_search.",
        flag="--no-memory-tools",
        env="HEADROOM_NO_MEMORY_TOOLS",
        inverted=True,
        missing=True,
    )
    memory_context: bool = option(
        True,
        "Memory and learning",
        "Do not put memories into the context.",
        flag="--no-memory-context",
        env="HEADROOM_NO_MEMORY_CONTEXT",
        inverted=True,
        missing=True,
    )
    learn: bool = option(
        False,
        "Memory and learning",
        "Learn from errors and what fixed them; implies --memory.",
        flag="--learn",
        off_flag="--no-learn",
        missing=True,
    )
    min_evidence: int = option(
        5,
        "Memory and learning",
        "Sightings before a pattern is written down.",
        flag="--min-evidence",
        env="HEADROOM_MIN_EVIDENCE",
        least=1,
        missing=True,
    )

    # Connections
    limit_concurrency: int = option(
        1000,
        "Connections",
        "Generation calls in flight; more get 503 at once.",
        flag="--limit-concurrency",
        env="HEADROOM_LIMIT_CONCURRENCY",
        least=1,
    )
    max_connections: int = option(
        500,
        "Connections",
        "Connections to upstreams.",
        flag="--max-connections",
        env="HEADROOM_MAX_CONNECTIONS",
        least=1,
    )
    max_keepalive: int = option(
        100,
        "Connections",
        "Idle upstream connections kept.",
        flag="--max-keepalive",
        env="HEADROOM_MAX_KEEPALIVE",
        least=0,
    )
    request_timeout: float = option(
        300.0,
        "Connections",
        "Seconds for a whole request; for a stream, between two pieces.",
        flag="--request-timeout-seconds",
        env="HEADROOM_REQUEST_TIMEOUT",
        least=1,
    )
    retry_max_attempts: int = option(
        3,
        "Connections",
        "Attempts in all when connecting, reading or the upstream fails.",
        flag="--retry-max-attempts",
        env="HEADROOM_RETRY_MAX_ATTEMPTS",
        least=1,
        most=10,
    )
    max_body_mb: int = option(
        100, "Connections", "Largest request body, in MiB.", env="HEADROOM_MAX_BODY_MB", least=1, most=1024
    )

    # Deployment
    telemetry: bool = option(
        False,
        "Deployment",
        "Opt in to anonymous usage counts.",
        flag="--telemetry",
        off_flag="--no-telemetry",
        env="HEADROOM_TELEMETRY",
    )
    stateless: bool = option(
        False, "Deployment", "Write nothing to disk, ever.", flag="--stateless", env="HEADROOM_STATELESS"
    )
    proxy_token: str | None = option(
        None,
        "Deployment",
        "Token that callers from other machines must present.",
        env="HEADROOM_PROXY_TOKEN",
        secret=True,
    )
    insecure: bool = option(
        False,
        "Deployment",
        "Bind to other machines without a token.",
        flag="--insecure",
        env="HEADROOM_INSECURE",
        hidden=True,
    )
    cors_origins: tuple[str, ...] = option(
        (),
        "Deployment",
        "Origins allowed to call control routes, comma list.",
        env="HEADROOM_CORS_ORIGINS",
        parse=parse_names,
    )
    allow_base_url_override: bool = option(
        False,
        "Deployment",
        "Let callers choose the upstream by x-headroom-base-url.",
        env="HEADROOM_ALLOW_BASE_URL_OVERRIDE",
    )
    skip_upstream_check: bool = option(
        False, "Deployment", "Never probe the upstream for /health.", env="HEADROOM_SKIP_UPSTREAM_CHECK"
    )
    sdk: str = option("proxy", "Deployment", "Label of telemetry.", env="HEADROOM_SDK", hidden=True)
    agent_type: str | None = option(
        None, "Deployment", "Agent that wrap started us for.", env="HEADROOM_AGENT_TYPE", hidden=True
    )
    stack: str | None = option(None, "Deployment", "Label of what started us.", env="HEADROOM_STACK", hidden=True)

    # State
    store: str = option(
        "sqlite",
        "State",
        "Shared state: sqlite, memory, or redis://host:port/db for several machines.",
        flag="--store",
        env="HEADROOM_STORE",
        secret=True,
    )
    workspace_dir: Path = option(Path("~/.headroom"), "State", "Where state is kept.", env="HEADROOM_WORKSPACE_DIR")
    config_dir: Path | None = option(
        None, "State", "Where files that you write are looked for; config in the workspace.", env="HEADROOM_CONFIG_DIR"
    )
    savings_path: Path | None = option(None, "State", "Lifetime savings file.", env="HEADROOM_SAVINGS_PATH")
    cache_max_entries: int = option(
        1000, "State", "Entries in the response cache.", env="HEADROOM_CACHE_MAX_ENTRIES", least=1
    )
    cache_ttl: float = option(
        3600.0, "State", "Seconds a cached response is served.", env="HEADROOM_CACHE_TTL", above=0
    )
    cache_any: bool = option(
        False,
        "State",
        "Cache answers of requests whose temperature is not 0 too.",
        flag="--cache-any",
        env="HEADROOM_CACHE_ANY",
    )
    savings_events_path: str | None = option(
        None,
        "State",
        "File of the savings ledger, or the folder for it.",
        env="HEADROOM_SAVINGS_EVENTS_PATH",
    )
    prices_file: Path | None = option(
        None, "State", "JSON file of prices that come before the built-in table.", env="HEADROOM_PRICES"
    )
    model_limits: str | None = option(
        None,
        "State",
        "Context windows and prices of models that the built-in tables don't know: JSON, or a file of it; models.json in "
        "HEADROOM_CONFIG_DIR.",
        env="HEADROOM_MODEL_LIMITS",
    )

    # Observability
    otel_metrics: bool = option(False, "Observability", "Send metrics by OTLP.", env="HEADROOM_OTEL_METRICS_ENABLED")
    otel_exporter: str = option(
        "otlp_http", "Observability", "otlp_http or console.", env="HEADROOM_OTEL_METRICS_EXPORTER"
    )
    otel_endpoint: str | None = option(
        None, "Observability", "Full URL of the OTLP metrics endpoint.", env="HEADROOM_OTEL_METRICS_ENDPOINT"
    )
    otel_service_name: str = option(
        "headroom-proxy", "Observability", "Service name in OTLP.", env="HEADROOM_OTEL_SERVICE_NAME"
    )
    otel_headers: str | None = option(
        None,
        "Observability",
        "Headers of OTLP metrics, k=v,k=v.",
        env="HEADROOM_OTEL_METRICS_HEADERS",
        secret=True,
    )
    otel_interval_ms: int = option(
        10_000,
        "Observability",
        "Milliseconds between exports of metrics.",
        env="HEADROOM_OTEL_METRICS_EXPORT_INTERVAL_MS",
        least=100,
    )
    otel_resource_attributes: str | None = option(
        None, "Observability", "More resource attributes in OTLP, k=v,k=v.", env="HEADROOM_OTEL_RESOURCE_ATTRIBUTES"
    )
    langfuse: bool = option(
        False, "Observability", "Send traces of the compression pipeline to Langfuse.", env="HEADROOM_LANGFUSE_ENABLED"
    )
    langfuse_public_key: str | None = option(
        None, "Observability", "Langfuse's public key.", env="LANGFUSE_PUBLIC_KEY", secret=True
    )
    langfuse_secret_key: str | None = option(
        None, "Observability", "Langfuse's secret key.", env="LANGFUSE_SECRET_KEY", secret=True
    )
    langfuse_base_url: str = option(
        "https://cloud.langfuse.com", "Observability", "Where Langfuse is.", env="LANGFUSE_BASE_URL"
    )
    telemetry_endpoint: str | None = option(
        None,
        "Observability",
        "Where opted-in telemetry goes; unset, nothing is sent.",
        env="HEADROOM_TELEMETRY_ENDPOINT",
    )

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach us."""
        return self.host in {"localhost", "::1"} or self.host.startswith("127.")

    @property
    def workspace(self) -> Path:
        """The workspace directory with ``~`` expanded."""
        return self.workspace_dir.expanduser()

    @property
    def config(self) -> Path:
        """The folder of what people write themselves, with ``~`` expanded."""
        return self.config_dir.expanduser() if self.config_dir is not None else self.workspace / "config"


TABLE: tuple[Entry, ...] = entries(Settings)
BY_NAME: Mapping[str, Entry] = {entry.name: entry for entry in TABLE}


def shown(settings: Settings, names: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Settings as plain JSON values, secrets reduced to whether they are set."""
    result: dict[str, Any] = {}
    for entry in TABLE:
        if names is not None and entry.name not in names:
            continue
        value = getattr(settings, entry.name)
        if entry.option.secret:
            value = value is not None and value != entry.default
        elif isinstance(value, Path):
            value = str(value)
        elif isinstance(value, tuple):
            value = list(value)
        result[entry.name] = value
    return result
