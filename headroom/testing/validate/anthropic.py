"""The Messages API's rules, in the wording of its 400s.

Sources: the API reference for Messages, prompt caching, extended thinking and tool use (docs.anthropic.com), the
field lists of the ``anthropic`` SDK's parameter types, and error messages quoted in public issue threads.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from headroom.testing.ledger import Ledger
from headroom.testing.record import Conversation, Entry
from headroom.testing.validate.anthropic_blocks import REDACTED, THINKING, check_block, check_text
from headroom.testing.validate.anthropic_order import check_marks, check_pairing, check_thinking_kept
from headroom.testing.validate.anthropic_settings import check_choice, check_thinking, check_tools
from headroom.testing.validate.refused import Refused, extras, is_count, words

__all__ = ["REDACTED", "THINKING", "read"]


_TOP = words(
    "model messages max_tokens system tools tool_choice stream temperature top_p top_k stop_sequences metadata "
    "thinking service_tier container mcp_servers context_management output_config output_format cache_control "
    "inference_geo betas speed diagnostics user_profile_id workspace_id fallbacks compaction thread "
    "billing_policy fallback_credit_token"
)


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
    tools = check_tools(body)
    check_choice(body, tools)
    thinking = check_thinking(body, headers, count=count)
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
    check_pairing(messages)
    if thinking:
        check_thinking_kept(messages, ledger)
    check_marks(body)
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
        check_text(block, f"system.{index}", "system")
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
        yield from check_block(f"{where}.content.{at}", block, role, ledger)
    if last and role == "assistant" and content:
        end = content[-1]
        if end["type"] == "text" and end["text"] != end["text"].rstrip():
            raise Refused("messages: final assistant content cannot end with trailing whitespace")
        if end["type"] in {"thinking", "redacted_thinking"}:
            raise Refused(f"{where}: The final block in an assistant message cannot be `thinking`.")
