"""The retrieve tool: its definition, its names, and the one decision on tool and markers together."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from headroom.exchange import Wire
from headroom.wire import dialect_for
from headroom.wire.dialect import Dialect, Request
from headroom.wire.tools import add_tool

NAME: Final = "headroom_retrieve"

VERSION: Final = 3
"""Of the definition. A conversation keeps the one it began with: the tools stand at the front of what is cached."""

DESCRIPTION: Final = (
    "Fetch the exact text omitted at a [~ ...] marker in a tool result. hash: 24 hex digits in that result's last line. "
    "Add the marker's range or a pattern, else all is returned."
)

_SECOND_DESCRIPTION: Final = (
    "Fetch the exact text omitted at a [~ ...] marker in a tool result. hash: 24 hex digits after hr: "
    "(hr:^ = the one above). Add the marker's range or a pattern, else all is returned."
)

PARAMETERS: Final[Mapping[str, object]] = MappingProxyType(
    {
        "type": "object",
        "properties": {
            "hash": {"type": "string"},
            "lines": {"type": "string", "description": "A-B; CA-B: characters"},
            "rows": {"type": "string"},
            "pattern": {"type": "string", "description": "text or regex"},
            "max_tokens": {"type": "integer"},
        },
        "required": ["hash"],
    }
)

_FIRST_DESCRIPTION: Final = (
    "Get back text that was left out of a tool result at a [~ ... omitted ...] marker. "
    "Give the 24-digit hash printed after hr: (hr:^ means the hash printed above it in that result) "
    "and, unless you need everything, the range printed in the marker or a pattern to search for. "
    "The answer is the original text, unchanged."
)

_FIRST_PARAMETERS: Final[Mapping[str, object]] = MappingProxyType(
    {
        "type": "object",
        "properties": {
            "hash": {"type": "string", "description": "The 24 hex digits after hr:"},
            "lines": {"type": "string", "description": "Lines, such as 1502-2250; C600-900 means characters"},
            "rows": {"type": "string", "description": "Rows or array items, such as 16-203"},
            "pattern": {"type": "string", "description": "Text or regular expression to find"},
            "max_tokens": {"type": "integer", "description": "Limit of the answer"},
        },
        "required": ["hash"],
    }
)

_OURS: Final = re.compile(
    r"(?:(?:mcp[_.:/-]|[\w-]*headroom)[\w.:/-]*?(?<=[_.:/-])|(?:functions?|tools?)[.:/])?headroom_retrieve",
    re.IGNORECASE,
)


def is_retrieve(name: str) -> bool:
    """Whether a tool's name is ours, MCP prefixes such as ``mcp__headroom__`` included."""
    return len(name) <= 256 and _OURS.fullmatch(name) is not None


def definition(dialect: Dialect, version: int = VERSION) -> bytes:
    """The tool as one JSON element of this dialect's ``tools`` array; the same bytes every time for a version."""
    if version == 1:
        return dialect.tool(NAME, _FIRST_DESCRIPTION, dict(_FIRST_PARAMETERS))
    if version == 2:
        return dialect.tool(NAME, _SECOND_DESCRIPTION, dict(PARAMETERS))
    return dialect.tool(NAME, DESCRIPTION, dict(PARAMETERS))


@dataclass(frozen=True, slots=True)
class Offer:
    """What holds for one request, decided in one place: markers only where the tool is, the tool only where it works."""

    present: bool
    """The tool will be in the request, so markers may be too (those of earlier turns included)."""
    inject: bool
    """We add it; False with ``present`` when the client brought it along."""
    lossy: bool
    """New lossy renditions are allowed; implies ``present``."""
    why: str
    """Why lossy renditions are not allowed; empty when they are."""


def offer(
    request: Request,
    body: bytes,
    *,
    enabled: bool = True,
    inject: bool = True,
    obstacle: str | None = None,
    carried: bool = False,
) -> Offer:
    """Decide on the tool and on lossy renditions together (compression.md 3.3).

    ``enabled``: markers are wanted at all. ``inject``: adding the tool is allowed. ``obstacle``: why the proxy can't
    perform the calls of this request (``batch``, ``signed``, ``websocket``, ``json_stream``, …), or None. ``carried``:
    this conversation had the tool before; then it stays in the tools array, which is the very front of the cached
    prefix, even in a turn that could not call it.
    """
    if not enabled:
        return _no("disabled")
    own = any(is_retrieve(name) for name in request.tool_names)
    if not own:
        if not request.tool_names or not add_tool(body, request, dialect_for(request.wire), b"{}"):
            return _no("no_tools")
        if not inject:
            return _no("not_injected")
        if obstacle is not None:
            return _no(obstacle)
    if several := _several(request, body):
        return _no(several)
    if request.forced_tool:
        present = own or carried
        return Offer(present, inject=present and not own, lossy=False, why="forced_tool")
    return Offer(present=True, inject=not own, lossy=True, why="")


def _no(why: str) -> Offer:
    return Offer(present=False, inject=False, lossy=False, why=why)


_SEVERAL: Final[Mapping[Wire, re.Pattern[bytes]]] = MappingProxyType(
    {
        Wire.OPENAI_CHAT: re.compile(rb'"n"[ \t\r\n]*:[ \t\r\n]*(?:[2-9]|1\d)'),
        Wire.GEMINI: re.compile(rb'"candidate_?[cC]ount"[ \t\r\n]*:[ \t\r\n]*(?:[2-9]|1\d)'),
    }
)
_PARTIAL: Final = re.compile(rb'"stream_?[fF]unction_?[cC]all_?[aA]rguments"[ \t\r\n]*:[ \t\r\n]*true')


def _several(request: Request, body: bytes) -> str | None:
    """Requests whose answers can't be woven: several answers at once, or calls that arrive in Gemini's pieces.

    A quote inside a JSON string is escaped, so these bytes are real keys. Finding one that belongs to something else
    makes the request lossless, no more.
    """
    pattern = _SEVERAL.get(request.wire)
    if pattern is None:
        return None
    options = request.around(body)
    if pattern.search(options):
        return "several_answers"
    return "partial_calls" if request.wire is Wire.GEMINI and _PARTIAL.search(options) else None


def arguments_of(text: str) -> Mapping[str, object]:
    """The arguments of a call, read leniently: never raises, and a hash is found even in broken JSON."""
    try:
        given = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        given = None
    if isinstance(given, str):  # some models encode twice
        return arguments_of(given) if given.lstrip()[:1] == "{" else {"hash": given}
    if isinstance(given, dict):
        return given
    digits = re.search(r"[0-9a-fA-F]{24}", text)
    return {"hash": digits[0]} if digits else {}
