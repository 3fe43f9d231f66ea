"""The Chat Completions API's rules, in the wording of its 400s.

Sources: the API reference (platform.openai.com), the ``openai`` SDK's parameter types, and error messages quoted in
public issue threads. Unknown keys inside messages are let through, as the API lets many of them through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headroom.testing.record import Conversation, Entry
from headroom.testing.validate.refused import Refused, extras, is_count, words

_TOP = words(
    "audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens "
    "messages metadata modalities model moderation n parallel_tool_calls prediction presence_penalty "
    "prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format "
    "safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools "
    "top_logprobs top_p user verbosity web_search_options"
)
_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_PARTS = {
    "user": {"text", "image_url", "input_audio", "file"},
    "assistant": {"text", "refusal"},
    "tool": {"text"},
    "system": {"text"},
    "developer": {"text"},
}
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")


def read(body: Mapping[str, Any]) -> Conversation:
    """Check a request body and read its conversation. Raises ``Refused``."""
    for name in extras(body, _TOP):
        raise Refused(f"Unrecognized request argument supplied: {name}")
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise Refused("you must provide a model parameter")
    stream = body.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise Refused("Invalid type for 'stream': expected a boolean.", param="stream", code="invalid_type")
    if body.get("stream_options") is not None and not stream:
        raise Refused(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )
    if not isinstance(body.get("stream_options") or {}, dict):
        raise Refused(
            "Invalid type for 'stream_options': expected an object.", param="stream_options", code="invalid_type"
        )
    for name in ("max_tokens", "max_completion_tokens"):
        if body.get(name) is not None and not is_count(body[name], 1):
            raise Refused(f"Invalid '{name}': integer below minimum value.", param=name, code="integer_below_min_value")
    tools = _tools(body)
    _choice(body, tools)
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise Refused("Missing required parameter: 'messages'.", param="messages", code="missing_required_parameter")
    if not messages:
        raise Refused(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            param="messages",
            code="empty_array",
        )
    entries: list[Entry] = []
    for index, message in enumerate(messages):
        entries += _message(index, message)
    _pairing(messages)
    return Conversation(tuple(entries), tuple(tools))


def _message(index: int, message: object) -> Iterator[Entry]:
    where = f"messages[{index}]"
    if not isinstance(message, dict):
        raise Refused(f"Invalid type for '{where}': expected an object.", param=where, code="invalid_type")
    role = message.get("role")
    if role not in _ROLES:
        options = ", ".join(f"'{name}'" for name in _ROLES)
        raise Refused(
            f"Invalid value: {json.dumps(role)}. Supported values are: {options}.",
            param=f"{where}.role",
            code="invalid_value",
        )
    calls = message.get("tool_calls")
    if calls is not None and (role != "assistant" or not isinstance(calls, list) or not calls):
        raise Refused(
            f"Invalid '{where}.tool_calls': empty or misplaced.", param=f"{where}.tool_calls", code="empty_array"
        )
    text = _content(where, message, role, optional=role == "assistant" and bool(calls or message.get("function_call")))
    speaker: Any = {"assistant": "assistant", "system": "system", "developer": "system"}.get(role, "user")
    if role == "tool":
        call_id = message.get("tool_call_id")
        if not isinstance(call_id, str) or not call_id:
            raise Refused(
                "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.",
                param=f"{where}.tool_call_id",
            )
        yield Entry("user", "result", text or "", call_id)
        return
    if text is not None:
        yield Entry(speaker, "text", text)
    for at, call in enumerate(calls or ()):
        yield _call(f"{where}.tool_calls[{at}]", call)


def _content(where: str, message: Mapping[str, Any], role: str, *, optional: bool) -> str | None:
    content = message.get("content")
    if content is None:
        if optional or message.get("refusal"):
            return None
        raise Refused("Invalid value for 'content': expected a string, got null.", param=f"{where}.content", code=None)
    if isinstance(content, str):
        return content
    if not isinstance(content, list) or not content:
        raise Refused(
            f"Invalid type for '{where}.content': expected one of a string or array of objects.",
            param=f"{where}.content",
            code="invalid_type",
        )
    texts: list[str] = []
    for at, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind not in _PARTS.get(role, {"text"}):
            raise Refused(
                f"Invalid value: '{kind}'. Supported values for role '{role}' are: {sorted(_PARTS.get(role, {'text'}))}.",
                param=f"{where}.content[{at}].type",
                code="invalid_value",
            )
        if kind == "text":
            if not isinstance(part.get("text"), str):
                raise Refused(
                    f"Missing required parameter: '{where}.content[{at}].text'.",
                    param=f"{where}.content[{at}].text",
                    code="missing_required_parameter",
                )
            texts.append(part["text"])
    return "\n".join(texts)


def _call(where: str, call: object) -> Entry:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(call, dict) or call.get("type") != "function" or not isinstance(function, dict):
        raise Refused(
            f"Invalid value for '{where}.type': expected 'function'.", param=f"{where}.type", code="invalid_value"
        )
    if not isinstance(call.get("id"), str) or not call["id"]:
        raise Refused(
            f"Missing required parameter: '{where}.id'.", param=f"{where}.id", code="missing_required_parameter"
        )
    if not isinstance(function.get("arguments"), str):
        raise Refused(
            f"Invalid type for '{where}.function.arguments': expected a string.",
            param=f"{where}.function.arguments",
            code="invalid_type",
        )
    name = function.get("name")
    if not isinstance(name, str) or not _NAME.match(name):
        raise Refused(
            f"Invalid '{where}.function.name': string does not match pattern. Expected a string that matches the "
            "pattern '^[a-zA-Z0-9_-]+$'.",
            param=f"{where}.function.name",
            code="invalid_value",
        )
    return Entry("assistant", "call", function["arguments"], call["id"], name)


def _pairing(messages: Sequence[Mapping[str, Any]]) -> None:
    waiting: list[str] = []
    allowed: set[str] = set()
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            call_id = message["tool_call_id"]
            if call_id not in allowed:
                raise Refused(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
                    "'tool_calls'.",
                    param=f"messages.[{index}].role",
                )
            if call_id not in waiting:
                raise Refused(f"Duplicate value for 'tool_call_id' of '{call_id}' in message[{index}].")
            waiting.remove(call_id)
            continue
        if waiting:
            raise Refused(_unanswered(waiting), param=f"messages.[{index}].role")
        ids = [call["id"] for call in message.get("tool_calls") or ()]
        if len(ids) != len(set(ids)):
            raise Refused(f"Duplicate value for 'tool_call_id' in message[{index}].")
        waiting, allowed = ids, set(ids)
    if waiting:
        raise Refused(_unanswered(waiting), param=f"messages.[{len(messages)}].role")


def _unanswered(ids: Sequence[str]) -> str:
    return (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {', '.join(ids)}"
    )


def _tools(body: Mapping[str, Any]) -> list[str]:
    tools = body.get("tools")
    if tools is None:
        return []
    if not isinstance(tools, list) or not tools:
        raise Refused(
            "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            param="tools",
            code="empty_array",
        )
    if len(tools) > 128:
        raise Refused(
            f"Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length "
            f"{len(tools)} instead.",
            param="tools",
            code="array_above_max_length",
        )
    names: list[str] = []
    for index, tool in enumerate(tools):
        where = f"tools[{index}]"
        kind = tool.get("type") if isinstance(tool, dict) else None
        if kind not in {"function", "custom"}:
            raise Refused(
                f"Invalid value: {json.dumps(kind)}. Supported values are: 'function' and 'custom'.",
                param=f"{where}.type",
                code="invalid_value",
            )
        inner = tool.get(kind)
        name = inner.get("name") if isinstance(inner, dict) else None
        if not isinstance(name, str) or not _NAME.match(name):
            raise Refused(
                f"Missing or invalid parameter: '{where}.{kind}.name'.",
                param=f"{where}.{kind}.name",
                code="missing_required_parameter",
            )
        if kind == "function":
            check_schema(inner.get("parameters"), f"{where}.function.parameters", name)
        if name in names:
            raise Refused(f"Invalid 'tools': tool names must be unique; '{name}' is there twice.", param="tools")
        names.append(name)
    return names


def check_schema(schema: object, where: str, name: str) -> None:
    """A function's parameters: absent, empty, or a JSON schema of type object."""
    if schema in (None, {}):
        return
    if not isinstance(schema, dict) or schema.get("type") != "object":
        found = schema.get("type") if isinstance(schema, dict) else schema
        raise Refused(
            f"Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got 'type: {found!r}'.",
            param=where,
            code="invalid_function_parameters",
        )


def _choice(body: Mapping[str, Any], tools: Sequence[str]) -> None:
    choice = body.get("tool_choice")
    if choice is None:
        return
    if not tools:
        raise Refused(
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
            param="tool_choice",
        )
    if choice in ("auto", "none", "required"):
        return
    kind = choice.get("type") if isinstance(choice, dict) else None
    if kind == "allowed_tools":
        return
    name = (choice.get(kind) or {}).get("name") if kind in {"function", "custom"} else None
    if name is None:
        raise Refused(
            f"Invalid value for 'tool_choice': {json.dumps(choice)}.", param="tool_choice", code="invalid_value"
        )
    if name not in tools:
        raise Refused(f"Tool choice '{name}' not found in 'tools' parameter.", param="tool_choice")
