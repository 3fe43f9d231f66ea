"""The Responses API repeats the request's tools in its answers; ours is taken out again, so that no client meets it."""

from __future__ import annotations

from headroom.errors import Unreadable
from headroom.exchange import Edit
from headroom.retrieval.tool import NAME
from headroom.wire.body import splice
from headroom.wire.outline import BRACE, BRACKET, elements, members, string

_NAME = f'"{NAME}"'.encode()
_DATA = b"data:"


def without_tool(body: bytes) -> bytes:
    """A response object, or an object that holds one as ``response``, without our tool; the same object if there is none."""
    if _NAME not in body:
        return body
    try:
        fields = members(body)
        inner = fields.get("response")
        if inner is not None and body[inner[0]] == BRACE:
            fields = members(body, *inner)
        tools = fields.get("tools")
        if tools is None or body[tools[0]] != BRACKET:
            return body
        found = elements(body, *tools)
        ours = [i for i, span in enumerate(found) if body[span[0]] == BRACE and _is_ours(body, span)]
    except (Unreadable, IndexError):
        return body
    edits = []
    for i in ours:
        # With the comma before it; the first of an array goes with the one behind.
        if i > 0:
            edits.append(Edit(found[i - 1][1], found[i][1], b""))
        elif len(found) > 1:
            edits.append(Edit(found[0][0], found[1][0], b""))
        else:
            edits.append(Edit(*found[0], b""))
    return splice(body, edits) if edits else body


def _is_ours(body: bytes, span: tuple[int, int]) -> bool:
    return string(body, members(body, *span).get("name")) == NAME


def event_without_tool(event: bytes) -> bytes:
    """The same for one SSE event whose data is on one line."""
    if _NAME not in event or b'"tools"' not in event:
        return event
    start = event.find(_DATA)
    if start < 0:
        return event
    start += len(_DATA)
    end = len(event.rstrip(b"\r\n"))
    data = event[start:end]
    if b"\n" in data or b"\r" in data:
        return event
    changed = without_tool(data)
    return event if changed is data else event[:start] + changed + event[end:]
