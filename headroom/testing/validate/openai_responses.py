"""The Responses API's rules, in the wording of its 400s.

Sources: the API reference (platform.openai.com), the ``openai`` SDK's parameter types, and error messages quoted in
public issue threads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headroom.testing.ledger import Ledger
from headroom.testing.record import Conversation, Entry
from headroom.testing.validate.openai_chat import check_schema
from headroom.testing.validate.refused import Refused, extras, is_count, words
from headroom.testing.validate.responses_items import REASONING, check_item

__all__ = ["REASONING", "Reading", "read"]


_TOP = words(
    "access_programs background background_options client_metadata context_management conversation image include "
    "input instructions max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls "
    "previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention reasoning "
    "safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs "
    "top_p truncation user"
)

_CALLS = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "shell_call": "shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
}

_WORDS = {
    "function_call": "function call",
    "custom_tool_call": "custom tool call",
    "shell_call": "shell call",
    "apply_patch_call": "apply patch call",
}

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class Reading:
    """A checked request: the conversation, and all items the model sees, stored ones first."""

    conversation: Conversation
    items: list[dict[str, Any]]


def read(body: Mapping[str, Any], ledger: Ledger) -> Reading:
    """Check a request body and read its conversation, the stored part included. Raises ``Refused``."""
    for name in extras(body, _TOP):
        raise Refused(f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise Refused("Missing required parameter: 'model'.", param="model", code="missing_required_parameter")
    for name in ("stream", "store", "background", "parallel_tool_calls"):
        if body.get(name) is not None and not isinstance(body[name], bool):
            raise Refused(f"Invalid type for '{name}': expected a boolean.", param=name, code="invalid_type")
    for name, kind in (("reasoning", dict), ("include", list)):
        if body.get(name) is not None and not isinstance(body[name], kind):
            raise Refused(f"Invalid type for '{name}'.", param=name, code="invalid_type")
    if body.get("max_output_tokens") is not None and not is_count(body["max_output_tokens"], 16):
        raise Refused(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16.",
            param="max_output_tokens",
            code="integer_below_min_value",
        )
    tools = _tools(body)
    _choice(body, tools)
    items = [*_stored(body, ledger), *_input(body, ledger)]
    entries: list[Entry] = []
    if isinstance(body.get("instructions"), str):
        entries.append(Entry("system", "text", body["instructions"]))
    for index, item in enumerate(items):
        entries += check_item(index, item, ledger)
    _pairing(items, ledger)
    return Reading(Conversation(tuple(entries), tuple(tools)), items)


def _stored(body: Mapping[str, Any], ledger: Ledger) -> list[dict[str, Any]]:
    previous = body.get("previous_response_id")
    if previous is None:
        return []
    if body.get("conversation") is not None:
        raise Refused(
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'.", code="mutually_exclusive"
        )
    stored = ledger.response(str(previous))
    if stored is not None:
        return [*stored.input, *stored.response["output"]]
    if ledger.foreign:
        return []
    raise Refused(
        f"Previous response with id '{previous}' not found.",
        param="previous_response_id",
        code="previous_response_not_found",
    )


def _input(body: Mapping[str, Any], ledger: Ledger) -> list[dict[str, Any]]:
    given = body.get("input")
    if isinstance(given, str):
        return [{"type": "message", "role": "user", "content": given}]
    if given is None and body.get("previous_response_id") is None and body.get("prompt") is None:
        raise Refused("Missing required parameter: 'input'.", param="input", code="missing_required_parameter")
    if given is not None and not isinstance(given, list):
        raise Refused("Invalid type for 'input': expected a string or an array.", param="input", code="invalid_type")
    items: list[dict[str, Any]] = []
    for index, item in enumerate(given or ()):
        if not isinstance(item, dict):
            raise Refused(
                f"Invalid type for 'input[{index}]': expected an object.", param=f"input[{index}]", code="invalid_type"
            )
        if item.get("type") == "item_reference":
            found = ledger.item(str(item.get("id")))
            if found is None:
                raise Refused(f"Item with id '{item.get('id')}' not found.", status=404, param="input")
            items.append(dict(found))
        else:
            items.append(item)
    return items


def _pairing(items: Sequence[Mapping[str, Any]], ledger: Ledger) -> None:
    for call, output in _CALLS.items():
        called: list[str] = []
        answered: list[str] = []
        for item in items:
            if item.get("type") == call:
                if item["call_id"] in called:
                    raise Refused(f"Duplicate call_id {item['call_id']} for {_WORDS[call]}.", param="input")
                called.append(item["call_id"])
            elif item.get("type") == output:
                call_id = str(item.get("call_id"))
                if call_id not in called and not ledger.foreign:
                    raise Refused(
                        f"No tool call found for {_WORDS[call]} output with call_id {call_id}.", param="input"
                    )
                answered.append(call_id)
        for call_id in called:
            if call_id not in answered:
                raise Refused(f"No tool output found for {_WORDS[call]} {call_id}.", param="input")
    present = {item.get("id") for item in items}
    for index, item in enumerate(items):
        if item.get("type") == "reasoning":
            following = items[index + 1] if index + 1 < len(items) else {}
            made = following.get("type") not in {None, "message"} or following.get("role") == "assistant"
            if not made or str(following.get("type", "")).endswith("_output"):
                raise Refused(
                    f"Item '{item.get('id')}' of type 'reasoning' was provided without its required following item.",
                    param="input",
                )
        needed = ledger.sealed_with(str(item.get("id"))) if item.get("type") in {"function_call", "message"} else None
        if needed is not None and needed not in present:
            raise Refused(
                f"Item '{item.get('id')}' of type '{item.get('type')}' was provided without its required 'reasoning' "
                f"item: '{needed}'.",
                param="input",
            )


def _tools(body: Mapping[str, Any]) -> list[str]:
    tools = body.get("tools")
    if tools is None:
        return []
    if not isinstance(tools, list):
        raise Refused("Invalid type for 'tools': expected an array of objects.", param="tools", code="invalid_type")
    names: list[str] = []
    for index, tool in enumerate(tools):
        where = f"tools[{index}]"
        kind = tool.get("type") if isinstance(tool, dict) else None
        if not isinstance(kind, str):
            raise Refused(
                f"Missing required parameter: '{where}.type'.", param=f"{where}.type", code="missing_required_parameter"
            )
        if kind not in {"function", "custom"}:
            continue
        name = tool.get("name")
        if not isinstance(name, str) or not _NAME.match(name):
            raise Refused(
                f"Missing required parameter: '{where}.name'.", param=f"{where}.name", code="missing_required_parameter"
            )
        if kind == "function":
            check_schema(tool.get("parameters"), f"{where}.parameters", name)
        if name in names:
            raise Refused(f"Invalid 'tools': tool names must be unique; '{name}' is there twice.", param="tools")
        names.append(name)
    return names


def _choice(body: Mapping[str, Any], tools: Sequence[str]) -> None:
    choice = body.get("tool_choice")
    if choice is None or choice in ("auto", "none"):
        return
    if choice == "required" and body.get("tools"):
        return
    if not isinstance(choice, dict):
        raise Refused(
            f"Invalid value for 'tool_choice': {json.dumps(choice)}.", param="tool_choice", code="invalid_value"
        )
    if choice.get("type") in {"function", "custom"} and choice.get("name") not in tools:
        raise Refused(f"Tool choice '{choice.get('name')}' not found in 'tools' parameter.", param="tool_choice")
