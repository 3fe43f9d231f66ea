"""The Messages API's rules, in the wording of its 400s.

Sources: the API reference for Messages, prompt caching, extended thinking and tool use (docs.anthropic.com), the
field lists of the ``anthropic`` SDK's parameter types, and error messages quoted in public issue threads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headroom.testing.ledger import Ledger
from headroom.testing.record import Conversation, Entry
from headroom.testing.validate.refused import Refused, extras, is_count

THINKING = "anthropic.thinking"
REDACTED = "anthropic.redacted"

_TOP = frozenset(
    [
        "model",
        "messages",
        "max_tokens",
        "system",
        "tools",
        "tool_choice",
        "stream",
        "temperature",
        "top_p",
        "top_k",
        "stop_sequences",
        "metadata",
        "thinking",
        "service_tier",
        "container",
        "mcp_servers",
        "context_management",
        "output_config",
        "output_format",
        "cache_control",
        "inference_geo",
        "betas",
        "speed",
        "diagnostics",
        "user_profile_id",
        "workspace_id",
        "fallbacks",
        "compaction",
        "thread",
        "billing_policy",
        "fallback_credit_token",
    ]
)
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
_TOOL_KEYS = frozenset(
    [
        "name",
        "description",
        "input_schema",
        "type",
        "cache_control",
        "strict",
        "defer_loading",
        "allowed_callers",
        "eager_input_streaming",
        "input_examples",
    ]
)
_TOOL_ID = re.compile(r"[a-zA-Z0-9_-]+\Z")
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}\Z")
_SERVER_TOOL = re.compile(r"[a-z0-9_]+_\d{8}\Z|mcp_toolset\Z|tool_search_tool_(bm25|regex)\Z")


def read(body: Mapping[str, Any], headers: Mapping[str, str], ledger: Ledger, *, count: bool = False) -> Conversation:
    """Check a request body and read its conversation. Raises ``Refused``; ``count`` checks as count_tokens does."""
    for name in extras(body, _TOP):
        raise Refused(f"{name}: Extra inputs are not permitted")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Refused("model: Field required" if model is None else "model: Input should be a valid string")
    if not count:
        if "max_tokens" not in body:
            raise Refused("max_tokens: Field required")
        if not is_count(body["max_tokens"], 1):
            raise Refused("max_tokens: Input should be greater than or equal to 1")
    if not isinstance(body.get("stream", False), bool):
        raise Refused("stream: Input should be a valid boolean")
    entries = [*_system(body)]
    tools = _tools(body)
    _choice(body, tools)
    thinking = _thinking(body, headers, count=count)
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise Refused("messages: Field required" if messages is None else "messages: Input should be a valid list")
    if not messages:
        raise Refused("messages: at least one message is required")
    mid_system = "mid-conversation-system" in headers.get("anthropic-beta", "")
    for index, message in enumerate(messages):
        entries += _message(index, message, ledger, last=index == len(messages) - 1, mid_system=mid_system)
    if messages[0]["role"] != "user":
        raise Refused('messages: first message must use the "user" role')
    _pairing(messages)
    if thinking:
        _thinking_kept(messages, ledger)
    _cache_marks(body)
    return Conversation(tuple(entries), tuple(tools))


def _system(body: Mapping[str, Any]) -> Iterator[Entry]:
    system = body.get("system")
    if system is None:
        return
    if isinstance(system, str):
        yield Entry("system", "text", system)
        return
    if not isinstance(system, list):
        raise Refused("system: Input should be a valid string or list")
    for index, block in enumerate(system):
        if not isinstance(block, dict) or block.get("type") != "text":
            raise Refused(f"system.{index}.type: Input should be 'text'")
        _text(block, f"system.{index}", "system")
        yield Entry("system", "text", block["text"])


def _message(index: int, message: object, ledger: Ledger, *, last: bool, mid_system: bool) -> Iterator[Entry]:
    where = f"messages.{index}"
    if not isinstance(message, dict):
        raise Refused(f"{where}: Input should be a valid dictionary")
    for name in extras(message, ("role", "content")):
        raise Refused(f"{where}.{name}: Extra inputs are not permitted")
    role = message.get("role")
    if role not in {"user", "assistant", "system"} or (role == "system" and not mid_system):
        raise Refused(f'messages: Unexpected role {json.dumps(role)}. Allowed roles are "user" or "assistant"')
    content = message.get("content")
    if not content and not (last and role == "assistant" and content is not None):
        if content is None:
            raise Refused(f"{where}.content: Field required")
        raise Refused(
            f"{where}: all messages must have non-empty content except for the optional final assistant message"
        )
    if isinstance(content, str):
        if last and role == "assistant" and content != content.rstrip():
            raise Refused("messages: final assistant content cannot end with trailing whitespace")
        yield Entry(role, "text", content)
        return
    if not isinstance(content, list):
        raise Refused(f"{where}.content: Input should be a valid string or list")
    for at, block in enumerate(content):
        yield from _block(f"{where}.content.{at}", block, role, ledger)
    if last and role == "assistant" and content:
        end = content[-1]
        if end["type"] == "text" and end["text"] != end["text"].rstrip():
            raise Refused("messages: final assistant content cannot end with trailing whitespace")
        if end["type"] in {"thinking", "redacted_thinking"}:
            raise Refused(f"{where}: The final block in an assistant message cannot be `thinking`.")


def _block(where: str, block: object, role: str, ledger: Ledger) -> Iterator[Entry]:
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
            _text(block, where, "messages")
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
            _text(part, inner, "messages")
            texts.append(part["text"])
    return Entry("user", "result", "\n".join(texts), call_id)


def _text(block: Mapping[str, Any], where: str, field: str) -> None:
    for name in extras(block, _BLOCKS["text"]):
        raise Refused(f"{where}.{name}: Extra inputs are not permitted")
    text = block.get("text")
    if not isinstance(text, str):
        raise Refused(f"{where}.text.text: Field required")
    if not text:
        raise Refused(f"{field}: text content blocks must be non-empty")
    if not text.strip():
        raise Refused(f"{field}: text content blocks must contain non-whitespace text")


def _tools(body: Mapping[str, Any]) -> list[str]:
    tools = body.get("tools")
    if tools is None:
        return []
    if not isinstance(tools, list):
        raise Refused("tools: Input should be a valid list")
    names: list[str] = []
    for index, tool in enumerate(tools):
        if not isinstance(tool, dict):
            raise Refused(f"tools.{index}: Input should be a valid dictionary")
        kind = tool.get("type", "custom")
        if kind in {"custom", None}:
            _custom_tool(index, tool)
        elif not isinstance(kind, str) or not _SERVER_TOOL.match(kind):
            raise Refused(
                f"tools.{index}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
            )
        name = tool.get("name")
        if isinstance(name, str):
            if name in names:
                raise Refused("tools: Tool names must be unique.")
            names.append(name)
    return names


def _custom_tool(index: int, tool: Mapping[str, Any]) -> None:
    where = f"tools.{index}.custom"
    for key in extras(tool, _TOOL_KEYS):
        raise Refused(f"{where}.{key}: Extra inputs are not permitted")
    name, schema = tool.get("name"), tool.get("input_schema")
    if not isinstance(name, str) or not _TOOL_NAME.match(name):
        raise Refused(f"{where}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
    if not isinstance(tool.get("description", ""), str):
        raise Refused(f"{where}.description: Input should be a valid string")
    if not isinstance(schema, dict):
        raise Refused(f"{where}.input_schema: Field required")
    if schema.get("type") != "object":
        raise Refused(f"{where}.input_schema.type: Input should be 'object'")


def _choice(body: Mapping[str, Any], tools: Sequence[str]) -> None:
    choice = body.get("tool_choice")
    if choice is None:
        return
    kind = choice.get("type") if isinstance(choice, dict) else None
    if kind not in {"auto", "any", "tool", "none"}:
        raise Refused(
            f"tool_choice: Input tag '{kind}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'"
        )
    if not body.get("tools"):
        raise Refused("tool_choice: tool_choice may only be specified while providing tools")
    if kind == "tool" and choice.get("name") not in tools:
        raise Refused(f"tool_choice: Tool '{choice.get('name')}' not found in provided tools")
    if kind in {"any", "tool"} and (body.get("thinking") or {}).get("type") in {"enabled", "adaptive"}:
        raise Refused("Thinking may not be enabled when tool_choice forces tool use.")


def _thinking(body: Mapping[str, Any], headers: Mapping[str, str], *, count: bool) -> bool:
    """Whether thinking is on by budget, which makes earlier thinking obligatory in a tool loop."""
    thinking = body.get("thinking")
    if thinking is None:
        return False
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    if kind not in {"enabled", "disabled", "adaptive"}:
        raise Refused(
            f"thinking: Input tag '{kind}' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'"
        )
    if kind != "enabled":
        return False
    budget = thinking.get("budget_tokens")
    if not is_count(budget, 1024):
        raise Refused("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    if not count and budget >= body["max_tokens"] and "interleaved-thinking" not in headers.get("anthropic-beta", ""):
        raise Refused("`max_tokens` must be greater than `thinking.budget_tokens`.")
    return True


def _blocks(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def turns(messages: Sequence[Mapping[str, Any]]) -> list[tuple[str, int, list[dict[str, Any]]]]:
    """(role, index of the first message, blocks), consecutive messages of one role joined as the API joins them.

    System messages amid a conversation are left out: they stand between turns, not in them.
    """
    joined: list[tuple[str, int, list[dict[str, Any]]]] = []
    for index, message in enumerate(messages):
        if message["role"] == "system":
            continue
        if joined and joined[-1][0] == message["role"]:
            joined[-1][2].extend(_blocks(message))
        else:
            joined.append((message["role"], index, list(_blocks(message))))
    return joined


def _pairing(messages: Sequence[Mapping[str, Any]]) -> None:
    waiting: list[str] = []
    seen: set[str] = set()
    for role, index, blocks in turns(messages):
        if role == "assistant":
            waiting = []
            for block in blocks:
                if block["type"] != "tool_use":
                    continue
                if block["id"] in seen:
                    raise Refused(f"messages.{index}: `tool_use` ids must be unique")
                seen.add(block["id"])
                waiting.append(block["id"])
            continue
        _answered(index, blocks, waiting)
        waiting = []
    if waiting:
        raise Refused(_missing(len(messages) - 1, waiting))


def _answered(index: int, blocks: Sequence[Mapping[str, Any]], waiting: Sequence[str]) -> None:
    results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    for call_id in results:
        if call_id not in waiting:
            raise Refused(
                f"messages.{index}.content: unexpected `tool_use_id` found in `tool_result` blocks: {call_id}. "
                "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        if results.count(call_id) > 1:
            raise Refused(
                f"messages.{index}.content: each tool_use must have a single result. "
                f"Found multiple `tool_result` blocks with id: {call_id}"
            )
    lead = [block["tool_use_id"] for block in blocks[: len(results)] if block["type"] == "tool_result"]
    missing = [call_id for call_id in waiting if call_id not in lead]
    if missing:
        raise Refused(_missing(index - 1, missing))


def _missing(index: int, ids: Sequence[str]) -> str:
    return (
        f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: {', '.join(ids)}. "
        "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )


def _thinking_kept(messages: Sequence[Mapping[str, Any]], ledger: Ledger) -> None:
    """In a running tool loop the last assistant turn must still begin with the thinking it was issued with."""
    joined = turns(messages)
    if len(joined) < 2 or joined[-1][0] != "user" or joined[-1][2][0]["type"] != "tool_result":
        return
    _, index, blocks = joined[-2]
    kinds = [block["type"] for block in blocks]
    issued = [ledger.sealed_with(block["id"]) for block in blocks if block["type"] == "tool_use"]
    if any(issued) and kinds[0] not in {"thinking", "redacted_thinking"}:
        raise Refused(
            f"messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{kinds[0]}`. When "
            "`thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the "
            "lastmost set of `tool_use` and `tool_result` blocks)."
        )


def marks(body: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """(where, cache_control) for every mark, in the order in which the provider reads the prompt."""
    for index, tool in enumerate(body.get("tools") or ()):
        if tool.get("cache_control") is not None:
            yield f"tools.{index}", tool["cache_control"]
    system = body.get("system")
    for index, block in enumerate(system if isinstance(system, list) else ()):
        if block.get("cache_control") is not None:
            yield f"system.{index}", block["cache_control"]
    for index, message in enumerate(body["messages"]):
        for at, block in enumerate(_blocks(message)):
            inner = block.get("content") if block["type"] == "tool_result" else None
            for deep, part in enumerate(inner if isinstance(inner, list) else ()):
                if part.get("cache_control") is not None:
                    yield f"messages.{index}.content.{at}.tool_result.content.{deep}", part["cache_control"]
            if block.get("cache_control") is not None:
                yield f"messages.{index}.content.{at}", block["cache_control"]
    if body.get("cache_control") is not None:
        yield "cache_control", body["cache_control"]


def _cache_marks(body: Mapping[str, Any]) -> None:
    short = False
    found = list(marks(body))
    for where, mark in found:
        if not isinstance(mark, dict) or mark.get("type") != "ephemeral":
            raise Refused(f"{where}.cache_control.type: Input should be 'ephemeral'")
        for name in extras(mark, ("type", "ttl", "scope")):
            raise Refused(f"{where}.cache_control.ephemeral.{name}: Extra inputs are not permitted")
        ttl = mark.get("ttl", "5m")
        if ttl not in {"5m", "1h"}:
            raise Refused(f"{where}.cache_control.ephemeral.ttl: Input should be '5m' or '1h'")
        if ttl == "1h" and short:
            raise Refused(
                f"{where}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control "
                "block. Note that blocks are processed in the following order: `tools`, `system`, `messages`."
            )
        short = short or ttl == "5m"
    if len(found) > 4:
        raise Refused(f"A maximum of 4 blocks with cache_control may be provided. Found {len(found)}.")
