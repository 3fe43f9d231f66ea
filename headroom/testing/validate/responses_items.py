"""Items of the Responses API, one by one: fields, types, parts and encrypted reasoning."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from headroom.testing.ledger import Ledger
from headroom.testing.record import Entry
from headroom.testing.validate.refused import Refused, extras

REASONING = "openai.reasoning"

_ITEMS: dict[str, frozenset[str]] = {
    name: frozenset([*keys.split(), "type", "id", "status", "internal_chat_message_metadata_passthrough"])
    for name, keys in {
        "message": "content role phase",
        "reasoning": "summary content encrypted_content",
        "function_call": "arguments call_id name namespace caller async",
        "function_call_output": "call_id output name namespace caller",
        "custom_tool_call": "call_id input name namespace caller async",
        "custom_tool_call_output": "call_id output caller",
        "local_shell_call": "action call_id",
        "local_shell_call_output": "output call_id",
        "shell_call": "action call_id caller environment",
        "shell_call_output": "call_id output caller max_output_length",
        "apply_patch_call": "call_id operation caller",
        "apply_patch_call_output": "call_id output caller",
        "tool_search_call": "arguments call_id execution",
        "tool_search_output": "call_id execution tools",
        "computer_call": "action actions call_id pending_safety_checks",
        "computer_call_output": "acknowledged_safety_checks call_id output",
        "web_search_call": "action",
        "file_search_call": "queries results",
        "image_generation_call": "action background error output_format quality result revised_prompt size svg_usage",
        "code_interpreter_call": "code container_id outputs",
        "mcp_list_tools": "error server_label tools",
        "mcp_approval_request": "arguments name server_label",
        "mcp_approval_response": "approval_request_id approve reason",
        "mcp_call": "approval_request_id arguments error name output server_label",
        "additional_tools": "role tools",
        "configuration_update": "reasoning text",
        "compaction": "encrypted_content",
        "compaction_trigger": "",
        "item_reference": "",
        "program": "call_id code fingerprint",
        "program_output": "call_id result",
    }.items()
}

_PARTS = {
    "user": {"input_text", "input_image", "input_file", "input_audio"},
    "system": {"input_text", "input_image", "input_file"},
    "developer": {"input_text", "input_image", "input_file"},
    "assistant": {"output_text", "refusal", "input_text"},
}


def check_item(index: int, item: Mapping[str, Any], ledger: Ledger) -> Iterator[Entry]:
    """Check one input item and read it. Raises ``Refused``."""
    where = f"input[{index}]"
    kind = item.get("type", "message" if "role" in item else None)
    if kind not in _ITEMS:
        options = ", ".join(f"'{name}'" for name in _ITEMS)
        raise Refused(f"Invalid value: '{kind}'. Supported values are: {options}.", param=where, code="invalid_value")
    for name in extras(item, _ITEMS[kind]):
        raise Refused(f"Unknown parameter: '{where}.{name}'.", param=f"{where}.{name}", code="unknown_parameter")
    match kind:
        case "message":
            yield _message(where, item)
        case "reasoning":
            yield _reasoning(where, item, ledger)
        case "function_call":
            _need(where, item, "call_id", "name", "arguments")
            yield Entry("assistant", "call", item["arguments"], item["call_id"], item["name"])
        case "custom_tool_call":
            _need(where, item, "call_id", "name", "input")
            yield Entry("assistant", "call", item["input"], item["call_id"], item["name"])
        case "function_call_output" | "custom_tool_call_output":
            _need(where, item, "call_id")
            yield Entry("user", "result", _output(where, item.get("output")), item["call_id"])
        case _:
            yield Entry("assistant", "other", json.dumps(item, ensure_ascii=False), str(item.get("call_id", "")), kind)


def _need(where: str, item: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if name not in item:
            raise Refused(
                f"Missing required parameter: '{where}.{name}'.",
                param=f"{where}.{name}",
                code="missing_required_parameter",
            )
        if not isinstance(item[name], str):
            raise Refused(
                f"Invalid type for '{where}.{name}': expected a string.", param=f"{where}.{name}", code="invalid_type"
            )
        if name == "call_id" and not 0 < len(item[name]) <= 64:
            raise Refused(
                f"Invalid '{where}.call_id': expected a string of length 1 to 64.",
                param=f"{where}.call_id",
                code="string_above_max_length",
            )


def _message(where: str, item: Mapping[str, Any]) -> Entry:
    role = item.get("role")
    if role not in _PARTS:
        raise Refused(
            f"Invalid value: {json.dumps(role)}. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
            param=where,
            code="invalid_value",
        )
    speaker: Any = "system" if role == "developer" else role
    content = item.get("content")
    if isinstance(content, str):
        return Entry(speaker, "text", content)
    if not isinstance(content, list):
        raise Refused(
            f"Missing required parameter: '{where}.content'.",
            param=f"{where}.content",
            code="missing_required_parameter",
        )
    texts: list[str] = []
    for at, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind not in _PARTS[role]:
            raise Refused(
                f"Invalid value: '{kind}'. Supported values are: {', '.join(repr(p) for p in sorted(_PARTS[role]))}.",
                param=f"{where}.content[{at}]",
                code="invalid_value",
            )
        if kind.endswith("_text"):
            if not isinstance(part.get("text"), str):
                raise Refused(
                    f"Missing required parameter: '{where}.content[{at}].text'.",
                    param=f"{where}.content[{at}].text",
                    code="missing_required_parameter",
                )
            texts.append(part["text"])
    return Entry(speaker, "text", "\n".join(texts))


def _output(where: str, output: object) -> str:
    if isinstance(output, str):
        return output
    if not isinstance(output, list):
        raise Refused(
            f"Missing required parameter: '{where}.output'.", param=f"{where}.output", code="missing_required_parameter"
        )
    texts: list[str] = []
    for at, part in enumerate(output):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind not in {"input_text", "input_image", "input_file"}:
            raise Refused(
                f"Invalid value: '{kind}'. Supported values are: 'input_text', 'input_image', and 'input_file'.",
                param=f"{where}.output[{at}]",
                code="invalid_value",
            )
        if kind == "input_text":
            texts.append(str(part.get("text", "")))
    return "\n".join(texts)


def _reasoning(where: str, item: Mapping[str, Any], ledger: Ledger) -> Entry:
    if not isinstance(item.get("summary"), list):
        raise Refused(
            f"Missing required parameter: '{where}.summary'.",
            param=f"{where}.summary",
            code="missing_required_parameter",
        )
    sealed = item.get("encrypted_content")
    item_id = str(item.get("id") or "")
    if sealed is None:
        if not ledger.foreign and ledger.item(item_id) is None:
            raise Refused(
                f"Item with id '{item_id}' not found. Items are not persisted when `store` is set to false. Try again "
                "with `store` set to true, or remove this item from your input.",
                status=404,
                param="input",
            )
    elif not isinstance(sealed, str) or not ledger.genuine(REASONING, sealed):
        raise Refused(
            f"The encrypted content for item {item_id} could not be verified. Reason: Encrypted content could not be "
            "decrypted or parsed.",
            code="invalid_encrypted_content",
        )
    return Entry("assistant", "thinking", str(ledger.seal.unseal(REASONING, sealed) or "") if sealed else "", item_id)
