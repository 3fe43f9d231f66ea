"""What ``headroom doctor`` looks at: pure checks over what was found on the machine."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from headroom.agents import claude, codex
from headroom.agents.plan import Base, Options
from headroom.spellings import bare_url
from headroom.version import __version__

type Status = Literal["pass", "warn", "fail", "skip"]

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_BASE_URLS = ("ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "OPENAI_API_BASE", "GOOGLE_GEMINI_BASE_URL")
_PROXIES = ("HTTPS_PROXY", "https_proxy")
_TRUST = ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True, slots=True)
class Check:
    """One result."""

    name: str
    status: Status
    summary: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found on the machine."""

    port: int
    environ: Mapping[str, str]
    options: Options
    """With ``read``, ``home`` and ``folder``."""
    listens: Callable[[int], bool]
    """Whether anything answers on a port of this machine."""
    workspace: Path
    writable: bool
    live: Mapping[str, Any] | None = None
    """/livez of the proxy; None when nothing of ours answers."""
    foreign: bool = False
    """Another program has the port."""
    ready: Mapping[str, Any] | None = None
    health: Mapping[str, Any] | None = None
    stats: Mapping[str, Any] | None = None
    left_edited: tuple[Path, ...] = ()
    authority: str | None = None
    """Fingerprint; None where there is no authority."""
    authority_problem: str = ""
    trust_files: tuple[str, ...] = field(default=())
    """Variables that name our authority or bundle."""


def run(found: Found) -> list[Check]:
    """All checks, in the order in which a person would look."""
    base = Base(found.port)
    return [
        _reachable(found),
        _version(found),
        _ready(found),
        _upstream(found),
        _claude(found, base),
        _codex(found, base),
        _stale(found),
        _environment(found, base),
        _left(found),
        _authority(found),
        _kompress(found),
        _savings(found),
        _retrieval(found),
        _budget(found),
        _workspace(found),
    ]


def exit_code(checks: list[Check]) -> int:
    """0 all well, 1 warnings only, 2 any failure."""
    found = {check.status for check in checks}
    return 2 if "fail" in found else 1 if "warn" in found else 0


def _reachable(found: Found) -> Check:
    if found.live is not None:
        return Check("proxy", "pass", f"headroom {found.live.get('version')} answers on port {found.port}")
    if found.foreign:
        hint = f"stop it, or use another port: headroom proxy --port {found.port + 1}"
        return Check("proxy", "fail", f"port {found.port} belongs to another program", hint)
    return Check(
        "proxy", "fail", f"nothing answers on port {found.port}", "start it: headroom proxy, or headroom wrap TOOL"
    )


def _version(found: Found) -> Check:
    if found.live is None:
        return Check("version", "skip", "no proxy answers")
    version = found.live.get("version")
    if version == __version__:
        return Check("version", "pass", f"the proxy runs the installed version, {__version__}")
    return Check("version", "warn", f"the proxy runs {version}, installed is {__version__}", "restart the proxy")


def _ready(found: Found) -> Check:
    if found.ready is None:
        return Check("readiness", "skip", "no proxy answers")
    if found.ready.get("ready"):
        return Check("readiness", "pass", "every part is ready")
    parts = [name for name, part in (found.ready.get("checks") or {}).items() if not part.get("ready", True)]
    return Check("readiness", "fail", f"not ready: {', '.join(parts) or 'starting'}", "look into logs/proxy.log")


def _upstream(found: Found) -> Check:
    if found.health is None:
        return Check("upstream", "skip", "no proxy answers")
    states = found.health.get("upstreams") or {}
    down = [
        f"{name} ({state.get('error') or state.get('url')})"
        for name, state in states.items()
        if state.get("status") == "unhealthy"
    ]
    if not down:
        return Check("upstream", "pass", f"upstream is {found.health.get('upstream', 'unknown')}")
    return Check(
        "upstream", "fail", f"can't be reached: {', '.join(down)}", "check the network, HTTPS_PROXY and --upstream-ca"
    )


def _claude(found: Found, base: Base) -> Check:
    for path in claude.settings_files(found.options):
        url = claude.base_url_in(found.options.read(path))
        if url is None:
            continue
        if base.is_ours(url):
            return Check("claude", "pass", f"{path} sends Claude Code to this proxy")
        hint = "headroom wrap claude overrides it for one run and keeps it as the upstream"
        return Check("claude", "warn", f"{path} sends Claude Code to {bare_url(url)}", hint)
    if base.is_ours(found.environ.get("ANTHROPIC_BASE_URL", "")):
        return Check("claude", "pass", "ANTHROPIC_BASE_URL leads to this proxy")
    return Check(
        "claude", "skip", "Claude Code is not routed here by default; headroom wrap claude does it for one run"
    )


def _codex(found: Found, base: Base) -> Check:
    path = codex.config_home(found.environ, found.options) / "config.toml"
    text = found.options.read(path)
    if text is None:
        return Check("codex", "skip", "codex has no configuration; headroom wrap codex needs none")
    try:
        config = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        return Check(
            "codex", "fail", f"{path} is not valid TOML ({error})", "repair it; headroom never edits such a file"
        )
    name = config.get("model_provider")
    providers = config.get("model_providers")
    table = providers.get(name) if isinstance(providers, dict) and isinstance(name, str) else None
    url = table.get("base_url") if isinstance(table, dict) else None
    if isinstance(url, str) and base.is_ours(url):
        return Check("codex", "pass", f"{path} sends codex to this proxy")
    return Check("codex", "skip", "codex is not routed here by default; headroom wrap codex does it for one run")


def _stale(found: Found) -> Check:
    """Base URLs that lead to a port of this machine where nothing answers."""
    named = {name: found.environ.get(name, "") for name in (*_BASE_URLS, *_PROXIES)}
    named |= {
        str(path): claude.base_url_in(found.options.read(path)) or "" for path in claude.settings_files(found.options)
    }
    dead = []
    for where, url in named.items():
        port = _local_port(url)
        if port is not None and not found.listens(port):
            dead.append(f"{where} ({bare_url(url)})")
    if not dead:
        return Check("stale base URLs", "pass", "no address leads to a dead port")
    hint = "unset it, start the proxy there, or run headroom unwrap"
    return Check("stale base URLs", "fail", f"nothing answers at {', '.join(dead)}", hint)


def _environment(found: Found, base: Base) -> Check:
    own = [name for name in _BASE_URLS if base.is_ours(found.environ.get(name, ""))]
    other = [
        f"{name}={bare_url(url)}" for name in _BASE_URLS if (url := found.environ.get(name)) and not base.is_ours(url)
    ]
    if other:
        hint = "headroom wrap carries such an address as the upstream"
        return Check("environment", "warn", f"leads past this proxy: {', '.join(other)}", hint)
    if own:
        return Check("environment", "pass", f"{', '.join(own)} lead to this proxy")
    return Check("environment", "skip", "no base URL is set in this shell")


def _left(found: Found) -> Check:
    if not found.left_edited:
        return Check("edited files", "pass", "no session left a file edited")
    names = ", ".join(map(str, found.left_edited))
    return Check(
        "edited files", "fail", f"a session that was killed left {names} edited", "headroom unwrap, or doctor --fix"
    )


def _authority(found: Found) -> Check:
    proxied = any(_local_port(found.environ.get(name, "")) is not None for name in _PROXIES)
    if found.authority_problem:
        return Check("authority", "fail", found.authority_problem, "headroom certs init --force")
    if not proxied:
        state = f"SHA-256 {found.authority[:23]}…" if found.authority else "none yet"
        return Check("authority", "skip", f"HTTPS_PROXY is not set here (authority: {state})")
    if found.authority is None:
        return Check("authority", "fail", "HTTPS_PROXY is set and there is no authority", "headroom certs init")
    if not found.trust_files:
        hint = f"headroom certs install-help; or set {', '.join(_TRUST)} by headroom wrap --intercept"
        return Check("authority", "warn", "HTTPS_PROXY is set and no variable names our authority", hint)
    return Check("authority", "pass", f"named by {', '.join(found.trust_files)}")


def _kompress(found: Found) -> Check:
    part = ((found.ready or {}).get("checks") or {}).get("kompress")
    if not isinstance(part, Mapping):
        return Check("kompress", "skip", "no model is in use; the structural compressors serve")
    status = str(part.get("status"))
    if status == "disabled" and part.get("state"):
        return Check("kompress", "pass", ": ".join(str(part[key]) for key in ("state", "reason") if part.get(key)))
    if status == "disabled" or part.get("ready"):
        return Check("kompress", "pass", f"{status}" + (f" on {part['device']}" if part.get("device") else ""))
    state, reason = str(part.get("state") or status), str(part.get("reason") or "see the log for the reason")
    return Check("kompress", "warn", f"the model is {state}", f"rules shorten prose meanwhile: {reason}")


def _savings(found: Found) -> Check:
    requests = (found.stats or {}).get("requests")
    if not isinstance(requests, Mapping):
        return Check("savings", "skip", "no proxy answers")
    total, compressed = requests.get("total") or 0, requests.get("compressed") or 0
    if not total:
        return Check("savings", "skip", "no model call has come in yet")
    if compressed:
        return Check("savings", "pass", f"{compressed} of {total} calls were compressed")
    if would := ((found.stats or {}).get("tokens") or {}).get("would_save"):
        return Check("savings", "pass", f"{would:,} tokens would have been saved without --shadow")
    if total < 10:
        return Check("savings", "skip", f"{total} calls so far, none worth compressing")
    return Check(
        "savings", "warn", f"none of {total} calls was compressed", "look at x-headroom-… headers, or headroom inspect"
    )


def _retrieval(found: Found) -> Check:
    """How often what was left out is wanted back, and where compression has stopped for it."""
    feedback = (found.stats or {}).get("retrieval_feedback")
    groups = feedback.get("groups") if isinstance(feedback, Mapping) else None
    if not groups:
        return Check("retrieval", "skip", "nothing was left out yet that could be asked back")
    condensed = sum(group["condensed"] for group in groups)
    retrieved, again = (sum(group[name] for group in groups) for name in ("retrieved", "refetched"))
    said = f"{retrieved} of {condensed} condensed results were asked back, {again} calls were made again instead"
    stopped = [f"{group['tool'] or 'unnamed'} ({group['kind']})" for group in groups if group["backs_off"]]
    if not stopped:
        return Check("retrieval", "pass", said)
    return Check(
        "retrieval",
        "warn",
        f"{said}; new conversations keep results of {', '.join(stopped)} whole",
        "no step needed; to keep a tool's results whole for good: --protect-tool-results NAME",
    )


def _budget(found: Found) -> Check:
    budget = found.environ.get("HEADROOM_BUDGET", "").strip()
    running = (found.stats or {}).get("budget")
    if budget or (isinstance(running, Mapping) and running.get("limit_usd") is not None):
        return Check("budget", "pass", "a spending cap is set")
    return Check("budget", "skip", "no spending cap is set (--budget)")


def _workspace(found: Found) -> Check:
    if found.writable:
        return Check("workspace", "pass", f"{found.workspace} can be written")
    hint = "set HEADROOM_WORKSPACE_DIR to a writable folder, or use --stateless"
    return Check("workspace", "fail", f"{found.workspace} can't be written", hint)


def _local_port(url: str) -> int | None:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port
    except ValueError:
        return None
    return port if parts.hostname in _LOOPBACK else None
