"""Rules of the Messages API that span several blocks: pairing of calls and results, kept thinking, cache marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headroom.testing.ledger import Ledger
from headroom.testing.validate.refused import Refused, extras


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


def check_pairing(messages: Sequence[Mapping[str, Any]]) -> None:
    """Each call is answered in the very next user turn, before anything else. Raises ``Refused``."""
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


def check_thinking_kept(messages: Sequence[Mapping[str, Any]], ledger: Ledger) -> None:
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


def check_marks(body: Mapping[str, Any]) -> None:
    """At most four cache marks, well-formed, and no 1h after a 5m. Raises ``Refused``."""
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
