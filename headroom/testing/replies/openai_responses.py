"""Responses API answers and streams, over SSE and WebSocket (API reference: "Streaming events")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headroom.exchange import Usage
from headroom.testing.replies.answer import Answer, Called, Said, Shown, Thought, sse


class Rendered:
    """One response object: its items get their ids once, so that the body, the stream and the store agree."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.id = answer.new_id("resp_")
        self.items = [self._item(item) for item in answer.shown]

    def whole(self) -> dict[str, Any]:
        """The complete response object."""
        answer = self.answer
        done = {"end": "completed", "tool": "completed"}.get(answer.stop, "incomplete")
        body = self._envelope(done, self.items)
        if done == "incomplete":
            reason = "max_output_tokens" if answer.stop == "length" else "content_filter"
            body["incomplete_details"] = {"reason": reason}
        body["usage"] = None if answer.usage is None else _usage(answer.usage, answer.thinking_tokens)
        return body

    def events(self) -> Iterator[dict[str, Any]]:
        """All events in order, numbered."""
        for number, event in enumerate(self._events()):
            yield {"type": event["type"], "sequence_number": number, **event}

    def stream(self) -> Iterator[bytes]:
        """The events as SSE."""
        for event in self.events():
            yield sse(event, event["type"])

    def _events(self) -> Iterator[dict[str, Any]]:
        yield {"type": "response.created", "response": self._envelope("in_progress", [])}
        yield {"type": "response.in_progress", "response": self._envelope("in_progress", [])}
        for index, (shown, item) in enumerate(zip(self.answer.shown, self.items, strict=True)):
            if self.answer.future:
                yield {"type": "response.hologram.delta", "output_index": index, "delta": "?"}
            opened = {**item, "status": "in_progress"}
            match shown:
                case Said(text):
                    opened["content"] = []
                    inner = list(self._text(index, item["id"], text))
                case Thought(text):
                    opened["summary"] = []
                    inner = list(self._summary(index, item["id"], text)) if item["summary"] else []
                case Called():
                    opened["arguments"] = ""
                    inner = list(self._arguments(index, item["id"], shown.json))
            yield {"type": "response.output_item.added", "output_index": index, "item": opened}
            yield from inner
            yield {"type": "response.output_item.done", "output_index": index, "item": item}
        if self.answer.terminator:
            body = self.whole()
            yield {"type": f"response.{body['status']}", "response": body}

    def _text(self, index: int, item_id: str, text: str) -> Iterator[dict[str, Any]]:
        at: dict[str, Any] = {"item_id": item_id, "output_index": index, "content_index": 0}
        empty = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        yield {"type": "response.content_part.added", **at, "part": empty}
        for piece in self.answer.pieces(text):
            yield {"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}
        yield {"type": "response.output_text.done", **at, "text": text, "logprobs": []}
        yield {"type": "response.content_part.done", **at, "part": {**empty, "text": text}}

    def _summary(self, index: int, item_id: str, text: str) -> Iterator[dict[str, Any]]:
        at: dict[str, Any] = {"item_id": item_id, "output_index": index, "summary_index": 0}
        yield {"type": "response.reasoning_summary_part.added", **at, "part": {"type": "summary_text", "text": ""}}
        for piece in self.answer.pieces(text):
            yield {"type": "response.reasoning_summary_text.delta", **at, "delta": piece}
        yield {"type": "response.reasoning_summary_text.done", **at, "text": text}
        yield {"type": "response.reasoning_summary_part.done", **at, "part": {"type": "summary_text", "text": text}}

    def _arguments(self, index: int, item_id: str, text: str) -> Iterator[dict[str, Any]]:
        at: dict[str, Any] = {"item_id": item_id, "output_index": index}
        for piece in self.answer.pieces(text):
            yield {"type": "response.function_call_arguments.delta", **at, "delta": piece}
        yield {"type": "response.function_call_arguments.done", **at, "arguments": text}

    def _item(self, item: Shown) -> dict[str, Any]:
        request, new_id = self.answer.request, self.answer.new_id
        match item:
            case Said(text):
                part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
                return {
                    "type": "message",
                    "id": new_id("msg_"),
                    "status": "completed",
                    "role": "assistant",
                    "content": [part],
                }
            case Thought(text, signature):
                shown = bool((request.get("reasoning") or {}).get("summary"))
                made: dict[str, Any] = {
                    "type": "reasoning",
                    "id": new_id("rs_"),
                    "summary": [{"type": "summary_text", "text": text}] if shown else [],
                }
                if "reasoning.encrypted_content" in (request.get("include") or ()):
                    made["encrypted_content"] = signature
                return made
            case Called(call_id, name):
                return {
                    "type": "function_call",
                    "id": new_id("fc_"),
                    "status": "completed",
                    "call_id": call_id,
                    "name": name,
                    "arguments": item.json,
                }

    def _envelope(self, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
        answer, request = self.answer, self.answer.request
        body: dict[str, Any] = {
            "id": self.id,
            "object": "response",
            "created_at": answer.created,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": request.get("instructions"),
            "max_output_tokens": request.get("max_output_tokens"),
            "model": answer.model,
            "output": output,
            "parallel_tool_calls": request.get("parallel_tool_calls", True),
            "previous_response_id": request.get("previous_response_id"),
            "reasoning": request.get("reasoning") or {"effort": None, "summary": None},
            "service_tier": "default",
            "store": request.get("store", True) is not False,
            "temperature": request.get("temperature", 1.0),
            "text": request.get("text") or {"format": {"type": "text"}},
            "tool_choice": request.get("tool_choice", "auto"),
            "tools": request.get("tools") or [],
            "top_p": request.get("top_p", 1.0),
            "truncation": request.get("truncation", "disabled"),
            "usage": None,
            "user": None,
            "metadata": request.get("metadata") or {},
        }
        if answer.future:
            body["hologram"] = {"kind": "future"}
        return body


def stream_error(number: int = 0) -> bytes:
    """The error event of a stream that broke down."""
    event = {
        "type": "error",
        "sequence_number": number,
        "code": "server_error",
        "message": "The server had an error while processing your request.",
        "param": None,
    }
    return sse(event, "error")


def _usage(usage: Usage, thinking: int) -> dict[str, Any]:
    return {
        "input_tokens": usage.total_input,
        "input_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": thinking},
        "total_tokens": usage.total_input + usage.output,
    }
