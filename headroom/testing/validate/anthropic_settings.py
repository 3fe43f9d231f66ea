"""Tools, tool_choice and thinking settings of the Messages API."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from headroom.testing.validate.refused import Refused, extras, is_count, words

_TOOL_KEYS = words(
    "name description input_schema type cache_control strict defer_loading allowed_callers eager_input_streaming "
    "input_examples"
)

_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}\Z")

_SERVER_TOOL = re.compile(r"[a-z0-9_]+_\d{8}\Z|mcp_toolset\Z|tool_search_tool_(bm25|regex)\Z")


def check_tools(body: Mapping[str, Any]) -> list[str]:
    """Check the tools and return their names. Raises ``Refused``."""
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


def check_choice(body: Mapping[str, Any], tools: Sequence[str]) -> None:
    """Check tool_choice against the tools. Raises ``Refused``."""
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


def check_thinking(body: Mapping[str, Any], headers: Mapping[str, str], *, count: bool) -> bool:
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
