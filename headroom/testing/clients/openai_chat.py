"""A Chat Completions client."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from headroom.exchange import Usage
from headroom.testing.clients.protocol import Client, Reading, ToolRequest, events


class ChatClient(Client):
    """OpenAI Chat Completions."""

    path = "/v1/chat/completions"

    def __init__(
        self, model: str, system: str, tools: Sequence[tuple[str, str, Mapping[str, Any]]], *, stream: bool
    ) -> None:
        super().__init__(model, system, tools, stream=stream)
        self.messages: list[dict[str, Any]] = [{"role": "system", "content": system}]

    def headers(self, key: str) -> dict[str, str]:
        """Credential headers."""
        return {"authorization": f"Bearer {key}"}

    def user(self, text: str) -> None:
        """Add what the user says."""
        self.messages.append({"role": "user", "content": text})

    def results(self, outputs: Sequence[tuple[ToolRequest, str]]) -> None:
        """Add the results of all calls of the last answer."""
        self.messages += [{"role": "tool", "tool_call_id": call.id, "content": text} for call, text in outputs]

    def body(self) -> dict[str, Any]:
        """The next request."""
        functions = [{"name": name, "description": words, "parameters": schema} for name, words, schema in self.tools]
        request: dict[str, Any] = {
            "model": self.model,
            "messages": self.messages,
            "tools": [{"type": "function", "function": function} for function in functions],
        }
        if self.stream:
            request |= {"stream": True, "stream_options": {"include_usage": True}}
        return request

    def read(self, raw: bytes) -> Reading:
        """Read a whole 200 answer and keep it in the history."""
        if not self.stream:
            done = json.loads(raw)
            choice = done["choices"][0]
            return self._keep(choice["message"], done.get("usage"), complete=choice["finish_reason"] is not None)
        message: dict[str, Any] = {"role": "assistant", "content": None}
        calls: dict[int, dict[str, Any]] = {}
        usage, complete, error = None, False, None
        for _, data in events(raw):
            if data == "[DONE]":
                complete = True
                continue
            chunk = json.loads(data)
            if "error" in chunk:
                error = chunk["error"]["message"]
                continue
            usage = chunk.get("usage") or usage
            for choice in chunk["choices"]:
                delta = choice["delta"]
                if delta.get("content"):
                    message["content"] = (message["content"] or "") + delta["content"]
                for piece in delta.get("tool_calls") or ():
                    _grow(calls, piece)
        if calls:
            message["tool_calls"] = [calls[index] for index in sorted(calls)]
        return self._keep(message, usage, complete=complete, error=error)

    def _keep(
        self, message: Mapping[str, Any], usage: Mapping[str, Any] | None, *, complete: bool, error: str | None = None
    ) -> Reading:
        kept = {name: message[name] for name in ("role", "content", "tool_calls") if name in message}
        calls = message.get("tool_calls") or ()
        if complete and (kept.get("content") or calls):
            self.messages.append(kept)
        return Reading(
            message.get("content") or "",
            tuple(
                ToolRequest(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"] or "{}"))
                for call in (calls if complete else ())
            ),
            _usage(usage),
            complete,
            error,
        )


def _grow(calls: dict[int, dict[str, Any]], piece: Mapping[str, Any]) -> None:
    call = calls.setdefault(piece["index"], {"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
    call["id"] = piece.get("id") or call["id"]
    function = piece.get("function") or {}
    call["function"]["name"] += function.get("name") or ""
    call["function"]["arguments"] += function.get("arguments") or ""


def _usage(told: Mapping[str, Any] | None) -> Usage | None:
    if told is None:
        return None
    details = told.get("prompt_tokens_details") or {}
    read, write = details.get("cached_tokens") or 0, details.get("cache_write_tokens") or 0
    return Usage(
        input=told["prompt_tokens"] - read - write,
        cache_read=read,
        cache_write_5m=write,
        output=told["completion_tokens"],
    )
