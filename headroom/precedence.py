"""Which value of an option counts: command line, then environment, then default. An empty variable counts as unset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Final

from headroom.errors import SettingsError
from headroom.option import Entry, parse_value
from headroom.settings import TABLE, Settings
from headroom.spellings import TELEMETRY_ON, parse_mode

_ELSEWHERE: Final = frozenset(
    (
        "HEADROOM_AGENT_TYPE",
        "HEADROOM_OFFLINE",
        "HEADROOM_PROJECT",
        "HEADROOM_RUN_STARTED",
        "HEADROOM_SAVINGS_EVENTS_PATH",
        "HEADROOM_STACK",
        "HEADROOM_WORKSPACE",
        "HEADROOM_WRAP_PROXY_TIMEOUT",
    )
)
"""Variables that are read, and are no option of the proxy."""
_BETWEEN_OURSELVES: Final = ("HEADROOM_LEASE", "HEADROOM_TEST_", "HEADROOM_WORKER")
"""How variables begin that headroom's own processes and tests set."""
_ALIKE: Final = 0.85


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
    warnings += _unread(environ)
    return _settle(Resolved(settings, tuple(warnings), frozenset(values)))


def _unread(environ: Mapping[str, str]) -> list[str]:
    """A warning for each variable of our prefix that has no meaning: a misspelt limit would limit nothing."""
    read = {entry.option.env for entry in TABLE if entry.option.env} | _ELSEWHERE
    told: list[str] = []
    for name in sorted(environ):
        if not name.startswith("HEADROOM_") or name in read or name.startswith(_BETWEEN_OURSELVES):
            continue
        near = get_close_matches(name, read, n=1, cutoff=_ALIKE)
        told.append(f"{name} is set, and nothing reads it" + (f"; did you mean {near[0]}?" if near else ""))
    return told


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
