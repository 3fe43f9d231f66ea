"""Every option once: this table makes the flags, the variables, mitmproxy's options, /health's config and the README.

Precedence: command line, then environment, then default. An empty variable counts as unset.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from headroom.errors import SettingsError

MODE_ALIASES: Mapping[str, str] = {
    "token": "token",
    "token_mode": "token",
    "token_savings": "token",
    "token_headroom": "token",
    "cache": "cache",
    "cache_mode": "cache",
    "cost_savings": "cache",
}

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
TELEMETRY_ON = TRUE_WORDS | {"enable", "enabled"}

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


@dataclass(frozen=True, slots=True)
class Option:
    """How one setting is spelled, checked and explained."""

    section: str
    help: str
    flag: str | None = None
    short: str | None = None
    env: str | None = None
    choices: tuple[str, ...] | None = None
    least: float | None = None
    most: float | None = None
    above: float | None = None
    """Exclusive lower bound."""
    inverted: bool = False
    """The flag and the variable say "not": given, the setting becomes false."""
    off_flag: str | None = None
    """A second flag that switches the setting off explicitly."""
    hidden: bool = False
    secret: bool = False
    hot: bool = False
    """May be changed while running (POST /admin/runtime-env)."""
    missing: bool = False
    """The feature does not exist in this version: asking for it is refused."""
    metavar: str | None = None
    parse: Callable[[str], Any] | None = None


def _option(default: Any, section: str, text: str, **kind: Any) -> Any:
    return field(default=default, metadata={"option": Option(section, text, **kind)})


def normalise_url(text: str) -> str:
    """Check an upstream base URL; drop a trailing ``/`` and one trailing ``/v1``. Raises ``ValueError``."""
    parts = urlsplit(text.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("needs http://host or https://host")
    if parts.username or parts.password:
        raise ValueError("must not hold a user name or password")
    if parts.query or parts.fragment:
        raise ValueError("must not hold a query or fragment")
    _ = parts.port  # raises ValueError for a port out of range
    path = parts.path.rstrip("/").removesuffix("/v1").rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def parse_mode(text: str) -> str:
    """Map a mode or one of its aliases to ``token`` or ``cache``. Raises ``ValueError``."""
    try:
        return MODE_ALIASES[text.strip().lower()]
    except KeyError:
        raise ValueError("use token or cache") from None


def parse_names(text: str) -> tuple[str, ...]:
    """Split a comma list of names, without blanks."""
    return tuple(part for raw in text.split(",") if (part := raw.strip()))


_HOST = re.compile(r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")


def parse_hosts(text: str) -> tuple[str, ...]:
    """Host names in lower case, some with a leading ``*.``. Raises ``ValueError``."""
    hosts = tuple(name.lower().rstrip(".") for name in parse_names(text))
    for host in hosts:
        if _HOST.fullmatch(host) is None:
            raise ValueError(f"{host!r} is no host name; use names such as api.example.com or *.example.com")
    return hosts


def parse_routes(text: str) -> tuple[str, ...]:
    """Pairs ``host=url``. Raises ``ValueError``."""
    routes = []
    for pair in parse_names(text):
        host, equals, url = pair.partition("=")
        if not equals:
            raise ValueError(f"{pair!r} is no host=url")
        routes.append(f"{parse_hosts(host)[0]}={normalise_url(url)}")
    return tuple(routes)


def parse_kompress_url(text: str) -> str:
    """Address of ``headroom kompress serve``, or of vLLM as ``vllm+http://host:port#model``. Raises ``ValueError``."""
    bare = text.strip()
    vllm = bare.startswith("vllm+")
    parts = urlsplit(bare.removeprefix("vllm+"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password or parts.query:
        raise ValueError("needs http://host:port of headroom kompress serve, or vllm+http://host:port#model")
    if parts.fragment and not vllm:
        raise ValueError("a name behind # is for vllm+http://host:port#model only")
    _ = parts.port  # raises ValueError for a port out of range
    return bare.rstrip("/")


_BACKEND = re.compile(r"^[a-z0-9][a-z0-9_.-]{0,63}$")


def parse_backend(text: str) -> str:
    """Canonical backend name: a bare ``x`` means ``litellm-x``; vertex names become ``litellm-vertex_ai``."""
    name = text.strip().lower()
    if not _BACKEND.match(name):
        raise ValueError("use anthropic, bedrock, openrouter, anyllm or litellm-<provider>")
    if name in {"anthropic", "bedrock", "openrouter", "anyllm"}:
        return name
    provider = name.removeprefix("litellm-")
    return "litellm-" + ("vertex_ai" if provider in {"vertex", "google-vertex", "vertex_ai"} else provider)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of one process; immutable, replaced as a whole when hot settings change."""

    # Core
    host: str = _option("127.0.0.1", "Core", "Address to bind.", flag="--host", env="HEADROOM_HOST")
    port: int = _option(
        8787, "Core", "Port to bind.", flag="--port", short="-p", env="HEADROOM_PORT", least=1, most=65535
    )
    workers: int = _option(
        1, "Core", "Worker processes sharing the port.", flag="--workers", env="HEADROOM_WORKERS", least=1, most=64
    )
    mode: str = _option(
        "token",
        "Core",
        "token: also rewrite history where the bill gains; cache: never touch what was sent before.",
        flag="--mode",
        env="HEADROOM_MODE",
        metavar="[token|cache]",
        parse=parse_mode,
    )
    optimize: bool = _option(
        True, "Core", "Forward every byte as received; limits and logs still work.", flag="--no-optimize", inverted=True
    )
    shadow: bool = _option(
        False,
        "Core",
        "Forward every byte as received, but compute and count what would have been saved.",
        flag="--shadow",
        env="HEADROOM_SHADOW",
    )
    cache: bool = _option(True, "Core", "Switch the response cache off.", flag="--no-cache", inverted=True)
    target_ratio: float | None = _option(
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
    log_file: Path | None = _option(
        None, "Logging", "Request log, one JSON object a line.", flag="--log-file", env="HEADROOM_LOG_FILE"
    )
    log_messages: bool = _option(
        False,
        "Logging",
        "Also log request and response content (sensitive).",
        flag="--log-messages",
        env="HEADROOM_LOG_MESSAGES",
    )
    web_memory_mb: int = _option(
        256,
        "Logging",
        "Memory for the calls that mitmweb keeps to look at (`--web`), in MiB; the oldest go first, 2,000 stay at most.",
        env="HEADROOM_WEB_MEMORY_MB",
        least=1,
    )
    capture: Path | None = _option(
        None, "Logging", "Record calls for `headroom replay`, without credentials.", flag="--capture"
    )
    capture_bodies: bool = _option(False, "Logging", "Record their bodies, too (sensitive).", flag="--capture-bodies")

    # Budget and rate
    budget: float | None = _option(
        None, "Budget and rate", "Spending cap in USD per period.", flag="--budget", env="HEADROOM_BUDGET", least=0
    )
    budget_period: str = _option(
        "daily",
        "Budget and rate",
        "Period of the cap: hourly rolls, daily from local midnight, monthly from the 1st.",
        flag="--budget-period",
        env="HEADROOM_BUDGET_PERIOD",
        choices=("hourly", "daily", "monthly"),
    )
    unreported_usage: str = _option(
        "count",
        "Budget and rate",
        "Answers whose usage the provider does not report: count our estimate against the cap, ignore them, or refuse "
        "further calls of that model.",
        flag="--unreported-usage",
        env="HEADROOM_UNREPORTED_USAGE",
        choices=("count", "ignore", "refuse"),
    )
    rate_limit: bool = _option(
        True, "Budget and rate", "Switch the rate limits off.", flag="--no-rate-limit", inverted=True
    )
    rpm: int = _option(60, "Budget and rate", "Requests per minute per key.", flag="--rpm", env="HEADROOM_RPM", least=1)
    tpm: int = _option(
        100_000,
        "Budget and rate",
        "New input tokens per minute per key; what the provider reads from its cache does not count.",
        flag="--tpm",
        env="HEADROOM_TPM",
        least=1,
    )

    # Upstream
    openai_api_url: str = _option(
        "https://api.openai.com",
        "Upstream",
        "Upstream for the OpenAI formats.",
        flag="--openai-api-url",
        env="OPENAI_TARGET_API_URL",
        parse=normalise_url,
    )
    anthropic_api_url: str = _option(
        "https://api.anthropic.com",
        "Upstream",
        "Upstream for the Anthropic format.",
        flag="--anthropic-api-url",
        env="ANTHROPIC_TARGET_API_URL",
        parse=normalise_url,
    )
    gemini_api_url: str = _option(
        "https://generativelanguage.googleapis.com",
        "Upstream",
        "Upstream for the Gemini format.",
        flag="--gemini-api-url",
        env="GEMINI_TARGET_API_URL",
        parse=normalise_url,
    )
    backend: str = _option(
        "anthropic",
        "Upstream",
        "anthropic goes direct; bedrock, openrouter, anyllm and litellm-<provider> are not available in this version.",
        flag="--backend",
        env="HEADROOM_BACKEND",
        parse=parse_backend,
    )
    anyllm_provider: str = _option(
        "openai",
        "Upstream",
        "Provider that the backend anyllm calls.",
        flag="--anyllm-provider",
        env="HEADROOM_ANYLLM_PROVIDER",
        missing=True,
    )
    bedrock_api_url: str | None = _option(
        None,
        "Upstream",
        "Re-signing gateway for Bedrock InvokeModel routes; unset, they pass untouched.",
        flag="--bedrock-api-url",
        env="BEDROCK_TARGET_API_URL",
        parse=normalise_url,
        missing=True,
    )
    region: str = _option(
        "us-west-2",
        "Upstream",
        "Region of Bedrock or Vertex; only told by /admin/upstream in this version.",
        flag="--region",
        env="HEADROOM_REGION",
    )
    upstream_ca: Path | None = _option(
        None,
        "Upstream",
        "PEM file of additional authorities to trust on the way out.",
        flag="--upstream-ca",
        env="HEADROOM_UPSTREAM_CA",
    )

    # Interception
    intercept: bool = _option(
        False,
        "Interception",
        "Also listen as an HTTPS proxy, on PORT if one follows; only hosts that serve models are opened.",
        flag="--intercept",
        env="HEADROOM_INTERCEPT",
    )
    intercept_port: int = _option(
        8788,
        "Interception",
        "Port of the HTTPS proxy, as `--intercept PORT` has it.",
        flag="--intercept-port",
        env="HEADROOM_INTERCEPT_PORT",
        least=1,
        most=65535,
    )
    intercept_hosts: tuple[str, ...] = _option(
        (),
        "Interception",
        "More hosts that serve models, comma list; *.example.com stands for all below it.",
        flag="--intercept-hosts",
        env="HEADROOM_INTERCEPT_HOSTS",
        parse=parse_hosts,
    )
    intercept_routes: tuple[str, ...] = _option(
        (),
        "Interception",
        "Where calls to an opened host go instead, comma list of host=url.",
        flag="--intercept-routes",
        env="HEADROOM_INTERCEPT_ROUTES",
        parse=parse_routes,
    )

    # Retrieval
    ccr_inject_tool: bool = _option(
        True,
        "Retrieval",
        "Never add the headroom_retrieve tool to a request.",
        flag="--no-ccr-inject-tool",
        env="HEADROOM_NO_CCR_INJECT_TOOL",
        inverted=True,
    )
    ccr_marker: bool = _option(
        True,
        "Retrieval",
        "Put no retrieval markers into compressed content.",
        flag="--no-ccr-marker",
        env="HEADROOM_NO_CCR_MARKER",
        inverted=True,
    )
    lossless: bool = _option(
        False,
        "Retrieval",
        "Only lossless compaction: no marker, no retrieval tool, no model.",
        flag="--lossless",
        env="HEADROOM_LOSSLESS",
    )
    ccr_proactive_expansion: bool = _option(
        True,
        "Retrieval",
        "Do not keep more of content related to what was retrieved before.",
        flag="--no-ccr-proactive-expansion",
        env="HEADROOM_NO_CCR_PROACTIVE_EXPANSION",
        inverted=True,
    )
    ccr_ttl_seconds: float = _option(
        604_800.0,
        "Retrieval",
        "How long an original is kept after it was last seen in traffic.",
        env="HEADROOM_CCR_TTL_SECONDS",
        above=0,
    )
    ccr_max_mb: int = _option(512, "Retrieval", "Disk space for originals, in MiB.", env="HEADROOM_CCR_MAX_MB", least=1)

    # Compression
    kompress: bool = _option(
        True,
        "Compression",
        "Switch the Kompress model off; the structural compressors stay.",
        flag="--disable-kompress",
        env="HEADROOM_DISABLE_KOMPRESS",
        inverted=True,
    )
    kompress_device: str = _option(
        "auto",
        "Compression",
        "Where Kompress runs.",
        flag="--kompress-device",
        env="HEADROOM_KOMPRESS_DEVICE",
        choices=("auto", "cuda", "mps", "cpu"),
    )
    kompress_model: str | None = _option(
        None,
        "Compression",
        "Folder of the Kompress model, or a repository in the hub's cache; unset: what `headroom kompress pull` fetched.",
        env="HEADROOM_KOMPRESS_MODEL",
    )
    kompress_url: str | None = _option(
        None,
        "Compression",
        "Ask this `headroom kompress serve` instead of loading a model; or a vLLM server: `vllm+http://host:port#model`.",
        env="HEADROOM_KOMPRESS_URL",
        parse=parse_kompress_url,
    )
    require_kompress: bool = _option(
        False,
        "Compression",
        "Not ready (/readyz) while the Kompress model does not serve.",
        flag="--require-kompress",
        env="HEADROOM_REQUIRE_KOMPRESS",
    )
    protect_tool_results: tuple[str, ...] = _option(
        (),
        "Compression",
        "Tools whose results are never compressed with loss, added to the built-in set; comma list, * ? [ are globs.",
        flag="--protect-tool-results",
        env="HEADROOM_PROTECT_TOOL_RESULTS",
        parse=parse_names,
    )
    intercept_tool_results: bool = _option(
        False,
        "Compression",
        "Outline large source files that are read whole for the first time; the rest can be fetched.",
        flag="--intercept-tool-results",
    )
    read_lifecycle: bool = _option(
        True,
        "Compression",
        "Leave superseded file reads and browser pages as they are.",
        flag="--no-read-lifecycle",
        inverted=True,
    )
    code_aware: bool = _option(
        False,
        "Compression",
        "Cut function bodies out of source code by its syntax tree (needs the code extra).",
        flag="--code-aware",
        off_flag="--no-code-aware",
        env="HEADROOM_CODE_AWARE_ENABLED",
    )
    image_optimize: bool = _option(
        True,
        "Compression",
        "Send every image as it came: neither scaled to what the provider scales it to (needs the images extra), "
        "nor named when the conversation has it already.",
        flag="--no-image-optimize",
        inverted=True,
    )
    cache_aligner: bool = _option(
        False,
        "Compression",
        "Move lines of the system prompt that change with each call (clocks, ids) behind the cache; API keys only.",
        flag="--cache-aligner",
        env="HEADROOM_CACHE_ALIGNER",
    )
    code_graph: bool = _option(
        False, "Compression", "Index the working directory and watch it.", flag="--code-graph", missing=True
    )
    intelligent_context: bool = _option(
        True,
        "Compression",
        "When a conversation exceeds the window, drop the oldest first instead of the least useful.",
        flag="--no-intelligent-context",
        inverted=True,
        hidden=True,
    )
    intelligent_scoring: bool = _option(
        True, "Compression", "Score by position only.", flag="--no-intelligent-scoring", inverted=True, hidden=True
    )
    compress_first: bool = _option(
        True,
        "Compression",
        "Do not try deeper compression before dropping.",
        flag="--no-compress-first",
        inverted=True,
        hidden=True,
    )
    compression_timeout: float = _option(
        30.0,
        "Compression",
        "Seconds that POST /v1/compress may take.",
        env="HEADROOM_COMPRESSION_TIMEOUT_SECONDS",
        above=0,
    )
    compression_deadline: float = _option(
        0.5,
        "Compression",
        "Seconds a proxied request may spend on new blocks; those left go out as they are, for good.",
        env="HEADROOM_COMPRESSION_DEADLINE_SECONDS",
        above=0,
    )
    memory_mb: int = _option(
        96,
        "Compression",
        "Memory of each process for conversations it has seen, in MiB; what does not fit is read from the store again.",
        env="HEADROOM_MEMORY_MB",
        least=3,
    )
    min_tokens: int = _option(
        200, "Compression", "Blocks below this many tokens are left alone.", env="HEADROOM_MIN_TOKENS", least=0
    )

    # Memory and learning
    memory: bool = _option(False, "Memory and learning", "Remember across sessions.", flag="--memory", missing=True)
    memory_storage: str = _option(
        "project",
        "Memory and learning",
        "One memory per project, per user, or one for all.",
        flag="--memory-storage",
        choices=("project", "user", "global"),
        missing=True,
    )
    memory_top_k: int = _option(
        10,
        "Memory and learning",
        "Memories put into the context.",
        flag="--memory-top-k",
        env="HEADROOM_MEMORY_TOP_K",
        least=1,
        most=100,
        missing=True,
    )
    memory_tools: bool = _option(
        True,
        "Memory and learning",
        "Do not offer memory_save and memory_search.",
        flag="--no-memory-tools",
        env="HEADROOM_NO_MEMORY_TOOLS",
        inverted=True,
        missing=True,
    )
    memory_context: bool = _option(
        True,
        "Memory and learning",
        "Do not put memories into the context.",
        flag="--no-memory-context",
        env="HEADROOM_NO_MEMORY_CONTEXT",
        inverted=True,
        missing=True,
    )
    learn: bool = _option(
        False,
        "Memory and learning",
        "Learn from errors and what fixed them; implies --memory.",
        flag="--learn",
        off_flag="--no-learn",
        missing=True,
    )
    min_evidence: int = _option(
        5,
        "Memory and learning",
        "Sightings before a pattern is written down.",
        flag="--min-evidence",
        env="HEADROOM_MIN_EVIDENCE",
        least=1,
        missing=True,
    )

    # Connections
    limit_concurrency: int = _option(
        1000,
        "Connections",
        "Generation calls in flight; more get 503 at once.",
        flag="--limit-concurrency",
        env="HEADROOM_LIMIT_CONCURRENCY",
        least=1,
    )
    max_connections: int = _option(
        500,
        "Connections",
        "Connections to upstreams.",
        flag="--max-connections",
        env="HEADROOM_MAX_CONNECTIONS",
        least=1,
    )
    max_keepalive: int = _option(
        100,
        "Connections",
        "Idle upstream connections kept.",
        flag="--max-keepalive",
        env="HEADROOM_MAX_KEEPALIVE",
        least=0,
    )
    request_timeout: float = _option(
        300.0,
        "Connections",
        "Seconds for a whole request; for a stream, between two pieces.",
        flag="--request-timeout-seconds",
        env="HEADROOM_REQUEST_TIMEOUT",
        least=1,
    )
    retry_max_attempts: int = _option(
        3,
        "Connections",
        "Attempts in all when connecting, reading or the upstream fails.",
        flag="--retry-max-attempts",
        env="HEADROOM_RETRY_MAX_ATTEMPTS",
        least=1,
        most=10,
    )
    max_body_mb: int = _option(
        100, "Connections", "Largest request body, in MiB.", env="HEADROOM_MAX_BODY_MB", least=1, most=1024
    )

    # Deployment
    telemetry: bool = _option(
        False,
        "Deployment",
        "Opt in to anonymous usage counts.",
        flag="--telemetry",
        off_flag="--no-telemetry",
        env="HEADROOM_TELEMETRY",
    )
    stateless: bool = _option(
        False, "Deployment", "Write nothing to disk, ever.", flag="--stateless", env="HEADROOM_STATELESS"
    )
    proxy_token: str | None = _option(
        None,
        "Deployment",
        "Token that callers from other machines must present.",
        env="HEADROOM_PROXY_TOKEN",
        secret=True,
    )
    insecure: bool = _option(
        False,
        "Deployment",
        "Bind to other machines without a token.",
        flag="--insecure",
        env="HEADROOM_INSECURE",
        hidden=True,
    )
    cors_origins: tuple[str, ...] = _option(
        (),
        "Deployment",
        "Origins allowed to call control routes, comma list.",
        env="HEADROOM_CORS_ORIGINS",
        parse=parse_names,
    )
    allow_base_url_override: bool = _option(
        False,
        "Deployment",
        "Let callers choose the upstream by x-headroom-base-url.",
        env="HEADROOM_ALLOW_BASE_URL_OVERRIDE",
    )
    skip_upstream_check: bool = _option(
        False, "Deployment", "Never probe the upstream for /health.", env="HEADROOM_SKIP_UPSTREAM_CHECK"
    )
    sdk: str = _option("proxy", "Deployment", "Label of telemetry.", env="HEADROOM_SDK", hidden=True)
    agent_type: str | None = _option(
        None, "Deployment", "Agent that wrap started us for.", env="HEADROOM_AGENT_TYPE", hidden=True
    )
    stack: str | None = _option(None, "Deployment", "Label of what started us.", env="HEADROOM_STACK", hidden=True)

    # State
    store: str = _option(
        "sqlite",
        "State",
        "Shared state: sqlite, memory, or redis://host:port/db for several machines.",
        flag="--store",
        env="HEADROOM_STORE",
        secret=True,
    )
    workspace_dir: Path = _option(Path("~/.headroom"), "State", "Where state is kept.", env="HEADROOM_WORKSPACE_DIR")
    savings_path: Path | None = _option(None, "State", "Lifetime savings file.", env="HEADROOM_SAVINGS_PATH")
    cache_max_entries: int = _option(
        1000, "State", "Entries in the response cache.", env="HEADROOM_CACHE_MAX_ENTRIES", least=1
    )
    cache_ttl: float = _option(
        3600.0, "State", "Seconds a cached response is served.", env="HEADROOM_CACHE_TTL", above=0
    )
    cache_any: bool = _option(
        False,
        "State",
        "Cache answers of requests whose temperature is not 0 too.",
        flag="--cache-any",
        env="HEADROOM_CACHE_ANY",
    )
    savings_events_path: str | None = _option(
        None,
        "State",
        "File of the savings ledger, or the folder for it.",
        env="HEADROOM_SAVINGS_EVENTS_PATH",
    )
    prices_file: Path | None = _option(
        None, "State", "JSON file of prices that come before the built-in table.", env="HEADROOM_PRICES"
    )

    # Observability
    otel_metrics: bool = _option(False, "Observability", "Send metrics by OTLP.", env="HEADROOM_OTEL_METRICS_ENABLED")
    otel_exporter: str = _option(
        "otlp_http", "Observability", "otlp_http or console.", env="HEADROOM_OTEL_METRICS_EXPORTER"
    )
    otel_endpoint: str | None = _option(
        None, "Observability", "Full URL of the OTLP metrics endpoint.", env="HEADROOM_OTEL_METRICS_ENDPOINT"
    )
    otel_service_name: str = _option(
        "headroom-proxy", "Observability", "Service name in OTLP.", env="HEADROOM_OTEL_SERVICE_NAME"
    )
    otel_headers: str | None = _option(
        None,
        "Observability",
        "Headers of OTLP metrics, k=v,k=v.",
        env="HEADROOM_OTEL_METRICS_HEADERS",
        secret=True,
    )
    otel_interval_ms: int = _option(
        10_000,
        "Observability",
        "Milliseconds between exports of metrics.",
        env="HEADROOM_OTEL_METRICS_EXPORT_INTERVAL_MS",
        least=100,
    )
    otel_resource_attributes: str | None = _option(
        None, "Observability", "More resource attributes in OTLP, k=v,k=v.", env="HEADROOM_OTEL_RESOURCE_ATTRIBUTES"
    )
    langfuse: bool = _option(
        False, "Observability", "Send traces of the compression pipeline to Langfuse.", env="HEADROOM_LANGFUSE_ENABLED"
    )
    langfuse_public_key: str | None = _option(
        None, "Observability", "Langfuse's public key.", env="LANGFUSE_PUBLIC_KEY", secret=True
    )
    langfuse_secret_key: str | None = _option(
        None, "Observability", "Langfuse's secret key.", env="LANGFUSE_SECRET_KEY", secret=True
    )
    langfuse_base_url: str = _option(
        "https://cloud.langfuse.com", "Observability", "Where Langfuse is.", env="LANGFUSE_BASE_URL"
    )
    telemetry_endpoint: str | None = _option(
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
    def config_dir(self) -> Path:
        """Where user-edited configuration lies."""
        return self.workspace / "config"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the table: a field of ``Settings`` with its option and Python type."""

    name: str
    option: Option
    type: type
    optional: bool
    default: Any


def _entry(spec: Field[Any], hint: Any) -> Entry:
    args = [a for a in get_args(hint) if a is not type(None)] if get_origin(hint) is not tuple else []
    optional = type(None) in get_args(hint)
    kind = tuple if get_origin(hint) is tuple else (args[0] if optional and args else hint)
    default = spec.default if spec.default is not MISSING else None
    return Entry(spec.name, spec.metadata["option"], kind, optional, default)


def _table() -> tuple[Entry, ...]:
    hints = get_type_hints(Settings)
    return tuple(_entry(spec, hints[spec.name]) for spec in fields(Settings))


TABLE: tuple[Entry, ...] = _table()
BY_NAME: Mapping[str, Entry] = {entry.name: entry for entry in TABLE}


def parse_bool(text: str) -> bool:
    """Read a boolean variable. Raises ``ValueError``."""
    word = text.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError("use 1, true, yes, on or 0, false, no, off")


def _number(entry: Entry, text: str) -> int | float:
    try:
        value = int(text) if entry.type is int else float(text)
    except ValueError:
        raise ValueError("needs a whole number" if entry.type is int else "needs a number") from None
    if not math.isfinite(value):
        raise ValueError("needs a finite number")
    option = entry.option
    if option.least is not None and value < option.least:
        raise ValueError(f"must be at least {option.least:g}")
    if option.above is not None and value <= option.above:
        raise ValueError(f"must be more than {option.above:g}")
    if option.most is not None and value > option.most:
        raise ValueError(f"must be at most {option.most:g}")
    return value


def parse_value(entry: Entry, text: str) -> Any:
    """Read one value from text and check it. Raises ``ValueError`` saying what is allowed."""
    option = entry.option
    if option.parse is not None:
        return option.parse(text)
    if entry.type is bool:
        return parse_bool(text)
    if entry.type in {int, float}:
        return _number(entry, text)
    if entry.type is Path:
        return Path(text).expanduser()
    if option.choices is not None:
        word = text.strip().lower()
        if word not in option.choices:
            raise ValueError("use " + ", ".join(option.choices))
        return word
    return text.strip()


@dataclass(frozen=True, slots=True)
class Resolved:
    """Settings with what must be told about how they came to be."""

    settings: Settings
    warnings: tuple[str, ...]
    given: frozenset[str]
    """Names set by flag or variable."""


def _from_env(entry: Entry, text: str, warnings: list[str]) -> Any:
    option = entry.option
    if entry.name == "telemetry":
        return text.strip().lower() in TELEMETRY_ON
    if entry.name == "mode":
        try:
            value = parse_mode(text)
        except ValueError:
            warnings.append(f"{option.env}={text!r} is no mode; using token")
            return "token"
        if value != text.strip().lower():
            warnings.append(f"{option.env}={text.strip()} is an older name for {value}")
        return value
    try:
        value = parse_value(entry, text)
    except ValueError as error:
        shown = "" if option.secret else f"={text!r}"
        raise SettingsError(f"{option.env}{shown}: {error}") from None
    return not value if option.inverted else value


def resolve(cli: Mapping[str, Any], environ: Mapping[str, str]) -> Resolved:
    """Settings from flags (already parsed, only those given), variables and defaults, combinations settled.

    Raises ``SettingsError`` naming the flag or variable with a value that can't be used.
    """
    warnings: list[str] = []
    values: dict[str, Any] = {}
    for entry in TABLE:
        option = entry.option
        if entry.name in cli:
            values[entry.name] = cli[entry.name]
            source = option.flag or option.env or entry.name
        elif option.env and environ.get(option.env, "").strip():
            values[entry.name] = _from_env(entry, environ[option.env], warnings)
            source = option.env
        else:
            continue
        if option.missing and values[entry.name] != entry.default:
            raise SettingsError(f"{source}: not available in this version")
    settings = Settings(**values)
    if settings.backend != "anthropic":
        raise SettingsError(f"--backend {settings.backend}: not available in this version; only anthropic (direct) is")
    return _settle(Resolved(settings, tuple(warnings), frozenset(values)))


def _settle(resolved: Resolved) -> Resolved:
    """Combinations that can't both hold: warn, and say which one counts."""
    settings, given = resolved.settings, resolved.given
    warnings = list(resolved.warnings)
    if not settings.rate_limit and given & {"rpm", "tpm"}:
        warnings.append("--rpm and --tpm have no effect with --no-rate-limit")
    if settings.target_ratio is not None:
        for off, name in (
            (not settings.optimize, "--no-optimize"),
            (not settings.kompress, "--disable-kompress"),
            (settings.lossless, "--lossless"),
        ):
            if off:
                warnings.append(f"--target-ratio has no effect with {name}")
    if settings.require_kompress and not (settings.kompress and settings.optimize and not settings.lossless):
        warnings.append("--require-kompress has no effect: the model is switched off")
        settings = replace(settings, require_kompress=False)
    if settings.lossless:
        settings = replace(settings, ccr_inject_tool=False, ccr_marker=False)
    if settings.stateless:
        if settings.log_file is not None:
            warnings.append("--log-file is ignored with --stateless")
            settings = replace(settings, log_file=None)
        if settings.store not in {"memory", "sqlite"} and "store" in given:
            warnings.append("--store is a server of its own; --stateless only keeps this process from writing files")
        elif settings.store == "sqlite":
            settings = replace(settings, store="memory")
    if settings.shadow and not settings.optimize:
        warnings.append("--shadow computes nothing with --no-optimize")
    if not settings.loopback and settings.proxy_token is None:
        warnings.append(
            f"bound to {settings.host} without HEADROOM_PROXY_TOKEN: /v1/* is unauthenticated for anyone who can reach this port"
        )
    if settings.log_messages:
        warnings.append("--log-messages writes prompts and answers to the log: treat the file as sensitive")
    if settings.otel_exporter not in {"otlp_http", "console"}:
        warnings.append(f"HEADROOM_OTEL_METRICS_EXPORTER={settings.otel_exporter} is unknown; using otlp_http")
        settings = replace(settings, otel_exporter="otlp_http")
    return Resolved(settings, tuple(warnings), given)


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


def _default_text(entry: Entry) -> str:
    if entry.type is bool:
        # Of what the flag and the variable name: --no-cache is off while the cache is on.
        return "on" if entry.default is not entry.option.inverted else "off"
    if entry.default in (None, ()):
        return "unset"
    return f"`{entry.default:g}`" if isinstance(entry.default, float) else f"`{entry.default}`"


def markdown_tables(*, level: Literal["##", "###"] = "###") -> str:
    """The option tables of the README, one a section."""
    lines: list[str] = []
    for section in SECTIONS:
        rows = [e for e in TABLE if e.option.section == section and not e.option.hidden]
        if not rows:
            continue
        lines += [f"{level} {section}", "", "| flag | variable | default | what it does |", "|---|---|---|---|"]
        for entry in rows:
            option = entry.option
            flags = ", ".join(f"`{f}`" for f in (option.flag, option.short, option.off_flag) if f)
            text = option.help + (" *Not available in this version.*" if option.missing else "")
            env = f"`{option.env}`" if option.env else ""
            lines.append(f"| {flags} | {env} | {_default_text(entry)} | {text} |")
        lines.append("")
    return "\n".join(lines)
