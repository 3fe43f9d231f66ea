"""Content blocks of the Messages API, one by one: fields, types, texts and signatures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from headroom.testing.ledger import Ledger
from headroom.testing.record import Entry
from headroom.testing.validate.refused import Refused, extras

THINKING = "anthropic.thinking"

REDACTED = "anthropic.redacted"

_BLOCKS: dict[str, frozenset[str]] = {
    name: frozenset([*keys.split(), "type"])
    for name, keys in {
        "text": "text cache_control citations",
        "image": "source cache_control transformations",
        "document": "source cache_control citations context title",
        "search_result": "source cache_control citations content title",
        "thinking": "thinking signature",
        "redacted_thinking": "data",
        "tool_use": "id name input cache_control caller toolset_name",
        "tool_result": "tool_use_id content is_error cache_control toolset_name",
        "tool_reference": "tool_name cache_control",
        "server_tool_use": "id name input cache_control caller",
        "web_search_tool_result": "tool_use_id content cache_control caller",
        "web_fetch_tool_result": "tool_use_id content cache_control caller",
        "advisor_tool_result": "tool_use_id content cache_control",
        "code_execution_tool_result": "tool_use_id content cache_control",
        "bash_code_execution_tool_result": "tool_use_id content cache_control",
        "text_editor_code_execution_tool_result": "tool_use_id content cache_control",
        "tool_search_tool_result": "tool_use_id content cache_control",
        "mcp_tool_use": "id name input server_name cache_control",
        "mcp_tool_result": "tool_use_id content is_error cache_control",
        "container_upload": "file_id cache_control",
        "compaction": "content cache_control encrypted_content signature tool_changes",
        "tool_addition": "tool cache_control",
        "tool_removal": "tool cache_control",
        "mcp_tool_listing": "mcp_server_name tools",
        "fallback": "from to trigger",
    }.items()
}

_ASSISTANT_ONLY = frozenset({"thinking", "redacted_thinking", "tool_use", "server_tool_use", "mcp_tool_use"})

_IN_RESULT = frozenset({"text", "image", "search_result", "document", "tool_reference"})

_TOOL_ID = re.compile(r"[a-zA-Z0-9_-]+\Z")

_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}\Z")


def check_block(where: str, block: object, role: str, ledger: Ledger) -> Iterator[Entry]:
    """Check one content block and read it. Raises ``Refused``."""
    if not isinstance(block, dict):
        raise Refused(f"{where}: Input should be a valid dictionary")
    kind = block.get("type")
    if not isinstance(kind, str) or kind not in _BLOCKS or kind == "tool_reference":
        tags = ", ".join(f"'{name}'" for name in _BLOCKS if name != "tool_reference")
        raise Refused(f"{where}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {tags}")
    for name in extras(block, _BLOCKS[kind]):
        raise Refused(f"{where}.{kind}.{name}: Extra inputs are not permitted")
    if kind in _ASSISTANT_ONLY and role != "assistant":
        raise Refused(f"messages: `{kind}` blocks can only be in `assistant` messages")
    if kind == "tool_result" and role != "user":
        raise Refused("messages: `tool_result` blocks can only be in `user` messages")
    speaker: Any = role
    match kind:
        case "text":
            check_text(block, where, "messages")
            yield Entry(speaker, "text", block["text"])
        case "thinking":
            yield _sealed(where, block, ledger)
        case "redacted_thinking":
            data = block.get("data")
            if not isinstance(data, str) or not ledger.genuine(REDACTED, data):
                raise Refused(f"{where}: Invalid `data` in `redacted_thinking` block")
            yield Entry("assistant", "thinking", "", data)
        case "tool_use":
            yield _tool_use(where, block)
        case "tool_result":
            yield _tool_result(where, block)
        case _:
            yield Entry(speaker, "other", json.dumps(block, ensure_ascii=False), name=kind)


def _sealed(where: str, block: Mapping[str, Any], ledger: Ledger) -> Entry:
    text, signature = block.get("thinking"), block.get("signature")
    if not isinstance(text, str):
        raise Refused(f"{where}.thinking.thinking: Field required")
    if not isinstance(signature, str):
        raise Refused(f"{where}.thinking.signature: Field required")
    if not ledger.intact(THINKING, signature, text):
        raise Refused(f"{where}: Invalid `signature` in `thinking` block")
    return Entry("assistant", "thinking", text, signature)


def _tool_use(where: str, block: Mapping[str, Any]) -> Entry:
    call_id, name, given = block.get("id"), block.get("name"), block.get("input")
    if not isinstance(call_id, str) or not _TOOL_ID.match(call_id):
        raise Refused(f"{where}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
    if not isinstance(name, str) or not _TOOL_NAME.match(name):
        raise Refused(f"{where}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
    if not isinstance(given, dict):
        raise Refused(f"{where}.tool_use.input: Input should be a valid dictionary")
    return Entry("assistant", "call", json.dumps(given, ensure_ascii=False), call_id, name)


def _tool_result(where: str, block: Mapping[str, Any]) -> Entry:
    call_id, content = block.get("tool_use_id"), block.get("content", "")
    if not isinstance(call_id, str) or not _TOOL_ID.match(call_id):
        raise Refused(f"{where}.tool_result.tool_use_id: Field required")
    if not isinstance(block.get("is_error", False), bool):
        raise Refused(f"{where}.tool_result.is_error: Input should be a valid boolean")
    if isinstance(content, str):
        return Entry("user", "result", content, call_id)
    if not isinstance(content, list):
        raise Refused(f"{where}.tool_result.content: Input should be a valid string or list")
    texts: list[str] = []
    for at, part in enumerate(content):
        inner = f"{where}.tool_result.content.{at}"
        if not isinstance(part, dict) or part.get("type") not in _IN_RESULT:
            found = part.get("type") if isinstance(part, dict) else None
            raise Refused(f"{inner}: Input tag '{found}' found using 'type' does not match any of the expected tags")
        for name in extras(part, _BLOCKS[part["type"]]):
            raise Refused(f"{inner}.{part['type']}.{name}: Extra inputs are not permitted")
        if part["type"] == "text":
            check_text(part, inner, "messages")
            texts.append(part["text"])
    return Entry("user", "result", "\n".join(texts), call_id)


def check_text(block: Mapping[str, Any], where: str, field: str) -> None:
    """Check a text block: known fields, and words in it. Raises ``Refused``."""
    for name in extras(block, _BLOCKS["text"]):
        raise Refused(f"{where}.{name}: Extra inputs are not permitted")
    text = block.get("text")
    if not isinstance(text, str):
        raise Refused(f"{where}.text.text: Field required")
    if not text:
        raise Refused(f"{field}: text content blocks must be non-empty")
    if not text.strip():
        raise Refused(f"{field}: text content blocks must contain non-whitespace text")
