"""Appending one tool definition to a request that already has tools."""

from __future__ import annotations

from headroom.exchange import Edit
from headroom.wire.dialect import Dialect, Request


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
