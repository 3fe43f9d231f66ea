"""A Responses client that keeps the whole history itself, as Codex does (``store: false``, encrypted reasoning)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from headroom.exchange import Usage
from headroom.testing.clients.protocol import Client, Reading, ToolRequest, events


class ResponsesClient(Client):
    """OpenAI Responses."""

    path = "/v1/responses"

    def __init__(
        self, model: str, system: str, tools: Sequence[tuple[str, str, Mapping[str, Any]]], *, stream: bool
    ) -> None:
        super().__init__(model, system, tools, stream=stream)
        self.input: list[dict[str, Any]] = []

    def headers(self, key: str) -> dict[str, str]:
        """Credential headers."""
        return {"authorization": f"Bearer {key}"}

    def user(self, text: str) -> None:
        """Add what the user says."""
        self.input.append({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]})

    def results(self, outputs: Sequence[tuple[ToolRequest, str]]) -> None:
        """Add the results of all calls of the last answer."""
        self.input += [{"type": "function_call_output", "call_id": call.id, "output": text} for call, text in outputs]

    def body(self) -> dict[str, Any]:
        """The next request."""
        return {
            "model": self.model,
            "instructions": self.system,
            "input": self.input,
            "tools": [
                {"type": "function", "name": name, "description": words, "parameters": schema, "strict": False}
                for name, words, schema in self.tools
            ],
            "tool_choice": "auto",
            "parallel_tool_calls": True,
            "reasoning": {"effort": "medium", "summary": "auto"},
            "store": False,
            "stream": self.stream,
            "include": ["reasoning.encrypted_content"],
        }

    def read(self, raw: bytes) -> Reading:
        """Read a whole 200 answer and keep it in the history."""
        if not self.stream:
            response = json.loads(raw)
            return self._keep(response["output"], response.get("usage"), complete=response["status"] != "in_progress")
        items: list[dict[str, Any]] = []
        usage, complete, error = None, False, None
        for _, data in events(raw):
            event = json.loads(data)
            match event["type"]:
                case "response.output_item.done":
                    items.append(event["item"])
                case "response.completed" | "response.incomplete":
                    complete, usage = True, event["response"].get("usage")
                case "error":
                    error = event["message"]
        return self._keep(items, usage, complete=complete, error=error)

    def _keep(
        self, items: list[dict[str, Any]], usage: Mapping[str, Any] | None, *, complete: bool, error: str | None = None
    ) -> Reading:
        if complete:
            self.input += items
        return Reading(
            "".join(part["text"] for item in items if item["type"] == "message" for part in item["content"]),
            tuple(
                ToolRequest(item["call_id"], item["name"], json.loads(item["arguments"] or "{}"))
                for item in items
                if item["type"] == "function_call"
            ),
            _usage(usage),
            complete,
            error,
        )


def _usage(told: Mapping[str, Any] | None) -> Usage | None:
    if told is None:
        return None
    details = told.get("input_tokens_details") or {}
    read, write = details.get("cached_tokens") or 0, details.get("cache_write_tokens") or 0
    return Usage(
        input=told["input_tokens"] - read - write,
        cache_read=read,
        cache_write_5m=write,
        output=told["output_tokens"],
    )
