"""A Messages client that places ``cache_control`` as Claude Code does: on the system prompt and on the newest block."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from headroom.exchange import Usage
from headroom.testing.clients.protocol import Client, Reading, ToolRequest, events

_MARK = {"type": "ephemeral"}


class AnthropicClient(Client):
    """Anthropic Messages."""

    path = "/v1/messages"

    def __init__(
        self, model: str, system: str, tools: Sequence[tuple[str, str, Mapping[str, Any]]], *, stream: bool
    ) -> None:
        super().__init__(model, system, tools, stream=stream)
        self.messages: list[dict[str, Any]] = []

    def headers(self, key: str) -> dict[str, str]:
        """Credential and version headers."""
        return {"x-api-key": key, "anthropic-version": "2023-06-01"}

    def user(self, text: str) -> None:
        """Add what the user says."""
        self.messages.append({"role": "user", "content": [{"type": "text", "text": text}]})

    def results(self, outputs: Sequence[tuple[ToolRequest, str]]) -> None:
        """Add the results of all calls of the last answer."""
        blocks = [
            {"tool_use_id": call.id, "type": "tool_result", "content": text, "is_error": False}
            for call, text in outputs
        ]
        self.messages.append({"role": "user", "content": blocks})

    def body(self) -> dict[str, Any]:
        """The next request, the moving mark on its last block."""
        *old, last = self.messages
        marked = {**last["content"][-1], "cache_control": _MARK}
        last = {**last, "content": [*last["content"][:-1], marked]}
        return {
            "model": self.model,
            "messages": [*old, last],
            "system": [{"type": "text", "text": self.system, "cache_control": _MARK}],
            "tools": [
                {"name": name, "description": words, "input_schema": schema} for name, words, schema in self.tools
            ],
            "max_tokens": 16000,
            "thinking": {"type": "enabled", "budget_tokens": 4000},
            "stream": self.stream,
        }

    def read(self, raw: bytes) -> Reading:
        """Read a whole 200 answer and keep it in the history."""
        if not self.stream:
            message = json.loads(raw)
            return self._keep(message["content"], message.get("usage"), complete=message.get("stop_reason") is not None)
        content: list[dict[str, Any]] = []
        parts: dict[int, str] = {}
        usage: dict[str, Any] = {}
        complete, error = False, None
        for _, data in events(raw):
            event = json.loads(data)
            match event["type"]:
                case "message_start":
                    usage.update(event["message"].get("usage") or {})
                case "content_block_start":
                    content.append(event["content_block"])
                case "content_block_delta":
                    _grow(content[event["index"]], event["delta"], parts, event["index"])
                case "content_block_stop":
                    block = content[event["index"]]
                    if block["type"] == "tool_use":
                        block["input"] = json.loads(parts.get(event["index"]) or "{}")
                case "message_delta":
                    usage.update(event.get("usage") or {})
                case "message_stop":
                    complete = True
                case "error":
                    error = event["error"]["message"]
        return self._keep(content, usage or None, complete=complete, error=error)

    def _keep(
        self,
        content: list[dict[str, Any]],
        usage: Mapping[str, Any] | None,
        *,
        complete: bool,
        error: str | None = None,
    ) -> Reading:
        if complete and content:
            self.messages.append({"role": "assistant", "content": content})
        return Reading(
            "".join(block["text"] for block in content if block["type"] == "text"),
            tuple(
                ToolRequest(block["id"], block["name"], block["input"])
                for block in content
                if block["type"] == "tool_use"
            ),
            _usage(usage),
            complete,
            error,
        )


def _grow(block: dict[str, Any], delta: Mapping[str, Any], parts: dict[int, str], index: int) -> None:
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "signature_delta":
            block["signature"] += delta["signature"]
        case "input_json_delta":
            parts[index] = parts.get(index, "") + delta["partial_json"]


def _usage(told: Mapping[str, Any] | None) -> Usage | None:
    if told is None:
        return None
    lives = told.get("cache_creation") or {}
    hour = lives.get("ephemeral_1h_input_tokens") or 0
    return Usage(
        input=told.get("input_tokens") or 0,
        cache_read=told.get("cache_read_input_tokens") or 0,
        cache_write_5m=(told.get("cache_creation_input_tokens") or 0) - hour,
        cache_write_1h=hour,
        output=told.get("output_tokens") or 0,
    )
