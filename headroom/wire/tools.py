"""The tools array: the names in it, read without decoding the schemas, and appending one definition."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from headroom.exchange import Edit
from headroom.wire.body import mended
from headroom.wire.dialect import Dialect, Request
from headroom.wire.outline import BRACKET, Span


class _Named(msgspec.Struct):
    name: object = None


class _Flat(msgspec.Struct):
    name: object = None
    tools: list[_Named] | None = None
    """The tools of a namespace, as the Responses format groups them."""


class _Function(msgspec.Struct):
    function: _Named | None = None
    custom: _Named | None = None


class _Declarations(msgspec.Struct):
    camel: list[_Named] | None = msgspec.field(default=None, name="functionDeclarations")
    snake: list[_Named] | None = msgspec.field(default=None, name="function_declarations")


_FLAT: Final = msgspec.json.Decoder(list[_Flat])
_FUNCTIONS: Final = msgspec.json.Decoder(list[_Function])
_DECLARATIONS: Final = msgspec.json.Decoder(list[_Declarations])


def flat_names(body: bytes, tools: Span | None) -> tuple[str, ...]:
    """Names in an array of tools that have theirs on top, as Anthropic and Responses do; namespaces are opened."""
    found = _decoded(_FLAT, body, tools)
    return _names(one for tool in found for one in (tool, *(tool.tools or ())))


def function_names(body: bytes, tools: Span | None) -> tuple[str, ...]:
    """Names in Chat Completions' array, one level down."""
    return _names(tool.function or tool.custom for tool in _decoded(_FUNCTIONS, body, tools))


def declared_names(body: bytes, tools: Span | None) -> tuple[str, ...]:
    """Names in Gemini's array of lists of declarations."""
    found = _decoded(_DECLARATIONS, body, tools)
    return _names(one for tool in found for one in (tool.camel or tool.snake or ()))


def add_tool(body: bytes, request: Request, dialect: Dialect, definition: bytes) -> list[Edit]:
    """Append ``definition`` (from ``dialect.tool``) at the end of the tools array: one insertion, or no edit at all.

    A request without tools, or with an empty list of them, stays as it is: a tools array is never made up. The edit
    depends on the array's own bytes only, so it is the same on every turn.
    """
    array = dialect.tool_array(body, request)
    if array is None:
        return []
    inside = body[array.start + 1 : array.end - 1].rstrip(b" \t\n\r")
    if not inside:
        return []
    at = array.start + 1 + len(inside)
    return [Edit(at, at, b"," + definition)]


def _decoded[T](decoder: msgspec.json.Decoder[list[T]], body: bytes, tools: Span | None) -> list[T]:
    """The array, or nothing for odd ones: those are the provider's to refuse."""
    if tools is None or body[tools[0]] != BRACKET:
        return []
    text = body[tools[0] : tools[1]]
    try:
        return decoder.decode(mended(text) or text)
    except msgspec.ValidationError:
        return []


def _names(found: Iterable[_Named | _Flat | None]) -> tuple[str, ...]:
    return tuple(one.name for one in found if one is not None and isinstance(one.name, str))
