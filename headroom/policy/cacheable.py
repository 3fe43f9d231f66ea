"""Which exchanges may be answered from the response cache: a short list of plain cases, everything else is not.

Each rule returns why not, as a short tag, or None.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from headroom.exchange import Wire
from headroom.policy.access import is_signed
from headroom.wire.sse import EventSplitter, data_of

MAX_RESPONSE = 1024 * 1024
"""Bytes; a larger answer is not kept."""

_STATEFUL = ("previous_response_id", "conversation", "container", "cachedContent", "cached_content", "mcp_servers")
_SERVER_SIDE = ("web_search_options", "background", "context_management")
_CLIENT_TOOL_TYPES = (None, "function", "custom")
_GEMINI_CLIENT_TOOLS = frozenset({"functionDeclarations", "function_declarations"})
_FOREIGN_CONTENT = frozenset({"file_id", "file_url", "fileData", "file_data_uri", "fileUri", "file_uri"})
_PLAIN_STOPS = {
    Wire.ANTHROPIC: frozenset({"end_turn", "stop_sequence", "max_tokens"}),
    Wire.OPENAI_CHAT: frozenset({"stop", "length"}),
    Wire.OPENAI_RESPONSES: frozenset({"completed"}),
    Wire.GEMINI: frozenset({"STOP", "MAX_TOKENS"}),
}


def request_refused(
    wire: Wire, body: Mapping[str, object], headers: Mapping[str, str], *, any_temperature: bool
) -> str | None:
    """Why a request must not be looked up or kept. ``body`` is parsed, header names are lower case."""
    if opted_out(headers):
        return "opted_out"
    if is_signed(headers):
        return "signed_request"  # we can't tell a caller who holds the key from one who only knows its name
    settings = body.get("generationConfig", body.get("generation_config")) if wire is Wire.GEMINI else body
    if not isinstance(settings, Mapping):
        settings = {}
    if not any_temperature and not _is_zero(settings.get("temperature")):
        return "temperature"
    for name in ("n", "candidateCount", "candidate_count", "best_of"):
        if settings.get(name) not in (None, 1):
            return "several_answers"
    if body.get("store") is True or (wire is Wire.OPENAI_RESPONSES and body.get("store") is not False):
        return "stored_by_provider"
    if any(body.get(name) not in (None, [], {}, False) for name in (*_STATEFUL, *_SERVER_SIDE)):
        return "state_on_the_provider"
    if not _only_client_tools(wire, body.get("tools")):
        return "server_tools"
    if _has_foreign_content([body.get(name) for name in ("messages", "input", "contents", "system", "instructions")]):
        return "files_or_urls"
    return None


def opted_out(headers: Mapping[str, str]) -> bool:
    """Whether the caller wants no cache: ``x-headroom-no-cache``, or ``cache-control: no-store``."""
    if headers.get("x-headroom-no-cache", "").strip().lower() in {"1", "true", "yes", "on"}:
        return True
    directives = {part.strip().lower() for part in headers.get("cache-control", "").split(",")}
    return "no-store" in directives


def answer_refused(wire: Wire, status: int, body: bytes, *, stream: bool, complete: bool) -> str | None:
    """Why an answer must not be kept. ``complete``: the provider's own end was seen."""
    if status != 200:
        return "status"
    if not complete:
        return "incomplete"
    if len(body) > MAX_RESPONSE:
        return "too_large"
    try:
        objects = [json.loads(data) for data in _payloads(body, stream=stream)]
    except (ValueError, RecursionError):
        return "unreadable"
    stops: set[str] = set()
    for found in objects:
        if not isinstance(found, dict) or _is_error(found):
            return "error"
        if _calls_tool(found):
            return "tool_call"
        stops.update(_stops(wire, found))
    if not stops:
        return "no_stop_reason"
    return None if stops <= _PLAIN_STOPS[wire] else "stop_reason"


def _is_zero(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0


def _only_client_tools(wire: Wire, tools: object) -> bool:
    if tools is None:
        return True
    if not isinstance(tools, list):
        return False
    if wire is Wire.GEMINI:
        return all(isinstance(tool, dict) and tool.keys() <= _GEMINI_CLIENT_TOOLS for tool in tools)
    return all(isinstance(tool, dict) and tool.get("type") in _CLIENT_TOOL_TYPES for tool in tools)


def _has_foreign_content(value: object) -> bool:
    """Whether the provider would fetch something whose content can change: a file by id, a URL."""
    waiting: list[object] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            if not _FOREIGN_CONTENT.isdisjoint(item) or item.get("type") in ("url", "file", "item_reference"):
                return True
            for name, inner in item.items():
                if name in {"url", "image_url"} and isinstance(inner, str) and not inner.startswith("data:"):
                    return True
                waiting.append(inner)
    return False


def _payloads(body: bytes, *, stream: bool) -> Iterable[bytes]:
    if not stream:
        return [body]
    splitter = EventSplitter()
    events = [*splitter.feed(body), splitter.tail()]
    payloads = (data_of(event) for event in events)
    return [data for data in payloads if data and data != b"[DONE]"]


def _is_error(found: Mapping[str, object]) -> bool:
    return bool(found.get("error")) or found.get("type") in ("error", "response.failed", "response.incomplete")


def _calls_tool(found: object) -> bool:
    """Whether an answer (or one event of it) holds a tool call in any of the wire formats."""
    waiting: list[object] = [found]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            kind = item.get("type")
            if isinstance(kind, str) and (kind.endswith(("tool_use", "_call")) or kind == "refusal"):
                return True
            if any(item.get(name) for name in ("tool_calls", "functionCall", "function_call", "refusal")):
                return True
            # What the model wrote, or echoes of the request (its tools), is nobody's tool call.
            waiting.extend(inner for name, inner in item.items() if name not in {"tools", "input", "arguments", "text"})
    return False


def _stops(wire: Wire, found: Mapping[str, object]) -> list[str]:
    """The stop reasons that one JSON object of an answer names."""
    if wire is Wire.ANTHROPIC:
        delta = found.get("delta")
        named = [found.get("stop_reason"), delta.get("stop_reason") if isinstance(delta, dict) else None]
    elif wire is Wire.OPENAI_RESPONSES:
        inner = found.get("response", found)
        final = found.get("type") in (None, "response.completed") or found.get("object") == "response"
        named = [inner.get("status")] if final and isinstance(inner, dict) else []
    else:
        listed = found.get("choices" if wire is Wire.OPENAI_CHAT else "candidates")
        reason = "finish_reason" if wire is Wire.OPENAI_CHAT else "finishReason"
        blocked = found.get("promptFeedback")
        named = (
            [choice.get(reason) for choice in listed if isinstance(choice, dict)] if isinstance(listed, list) else []
        )
        if isinstance(blocked, dict) and blocked.get("blockReason"):
            named.append("blocked")
    return [stop for stop in named if isinstance(stop, str)]
