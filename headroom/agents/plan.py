"""What a tool needs so that it goes through the proxy: a pure description, carried out by the command line.

The child's environment comes first, then arguments of this one run; a file is touched only where a tool reads nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from headroom.errors import HeadroomError
from headroom.spellings import normalise_url

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class WrapError(HeadroomError):
    """A tool can't be run through the proxy as asked; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Base:
    """Where the proxy listens."""

    port: int
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        """Without a path."""
        return f"http://{self.host}:{self.port}"

    def of(self, project: str | None) -> str:
        """The URL that also names the project, for tools that can't send a header of ours."""
        return self.url if project is None else f"{self.url}/p/{quote(project, safe='')}"

    def is_ours(self, url: str) -> bool:
        """Whether a URL leads to this proxy."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return False
        return parts.hostname in _LOOPBACK and port == self.port


def _read_nothing(_path: Path) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for."""

    arguments: tuple[str, ...] = ()
    """The tool's own."""
    project: str | None = None
    home: Path = field(default_factory=Path.home)
    folder: Path = field(default_factory=Path.cwd)
    backend: str = "anthropic"
    """The one the proxy really uses."""
    long_context: bool = False
    """Claude Code's window of a million tokens."""
    edit_config: bool = False
    """Also write the settings into the tool's own file for as long as the session lasts."""
    provider_type: str = "auto"
    wire_api: str | None = None
    subscription: bool = False
    read: Callable[[Path], str | None] = _read_nothing
    """Text of a file, or None; the plans themselves read nothing."""


@dataclass(frozen=True, slots=True)
class FileEdit:
    """Set some keys of a JSON or TOML file; each key is a path of names."""

    path: Path
    format: str
    """``json`` or ``toml``."""
    values: tuple[tuple[tuple[str, ...], Any], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that has to be done for one run."""

    env: Mapping[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    """Arguments put before the user's."""
    arguments: tuple[str, ...] | None = None
    """The user's arguments, where they must be changed."""
    edits: tuple[FileEdit, ...] = ()
    notes: tuple[str, ...] = ()
    upstreams: Mapping[str, str] = field(default_factory=dict)
    """Provider → base URL the user had set: where the proxy must send that provider's calls."""
    intercept: bool = False
    """Works by interception only."""
    prints: tuple[str, ...] = ()
    """The tool is set up by hand: show these lines and stay in the foreground."""


def carried(environ: Mapping[str, str], names: tuple[str, ...], base: Base, *, strip: str = "") -> str | None:
    """The user's own base URL in the first of the variables that holds one, unless it is ours. Raises ``WrapError``."""
    for name in names:
        url = environ.get(name, "").strip()
        if url and not base.is_ours(url):
            return own_url(url, name, strip=strip)
    return None


def own_url(url: str, name: str, *, strip: str = "") -> str:
    """A base URL of the user's as an upstream. Raises ``WrapError`` naming where it came from."""
    try:
        url = normalise_url(url)
    except ValueError as error:
        raise WrapError(f"{name}: {error}") from None
    return url.removesuffix(strip) if strip else url


def kept(**upstreams: str | None) -> dict[str, str]:
    """Those that are set."""
    return {name: url for name, url in upstreams.items() if url is not None}


def flag_value(arguments: tuple[str, ...], *names: str) -> str | None:
    """The value of the last of some flags among a tool's arguments, in both spellings."""
    found = None
    for index, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if argument in names and index + 1 < len(arguments):
            found = arguments[index + 1]
        elif equals and name in names:
            found = value
    return found


def truthy(value: str | None) -> bool:
    """Whether a variable switches something on."""
    return (value or "").strip().lower() in {"1", "true", "yes", "on"}


_NOT_PRINTED = re.compile(r"[\x00-\x1f\x7f]")


def project_of(folder: Path) -> str | None:
    """The label of a folder: its name."""
    return _NOT_PRINTED.sub("", folder.name).strip()[:128] or None
