"""A generateContent client, streaming with ``alt=sse`` as Gemini CLI does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from headroom.exchange import Usage
from headroom.testing.clients.protocol import Client, Reading, ToolRequest, events


class GeminiClient(Client):
    """Gemini generateContent and streamGenerateContent."""

    path = "/v1beta/models"

    def __init__(
        self, model: str, system: str, tools: Sequence[tuple[str, str, Mapping[str, Any]]], *, stream: bool
    ) -> None:
        super().__init__(model, system, tools, stream=stream)
        self.contents: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Path and query of the generation endpoint."""
        verb = "streamGenerateContent?alt=sse" if self.stream else "generateContent"
        return f"{self.path}/{self.model}:{verb}"

    def headers(self, key: str) -> dict[str, str]:
        """Credential headers."""
        return {"x-goog-api-key": key}

    def user(self, text: str) -> None:
        """Add what the user says."""
        self.contents.append({"role": "user", "parts": [{"text": text}]})

    def results(self, outputs: Sequence[tuple[ToolRequest, str]]) -> None:
        """Add the results of all calls of the last answer."""
        parts = []
        for call, text in outputs:
            answer: dict[str, Any] = {"name": call.name, "response": {"output": text}}
            parts.append({"functionResponse": {"id": call.id, **answer} if call.id else answer})
        self.contents.append({"role": "user", "parts": parts})

    def body(self) -> dict[str, Any]:
        """The next request."""
        declared = [
            {"name": name, "description": words, "parametersJsonSchema": schema} for name, words, schema in self.tools
        ]
        return {
            "contents": self.contents,
            "systemInstruction": {"role": "user", "parts": [{"text": self.system}]},
            "tools": [{"functionDeclarations": declared}],
            "generationConfig": {"temperature": 1, "thinkingConfig": {"includeThoughts": True}},
        }

    def read(self, raw: bytes) -> Reading:
        """Read a whole 200 answer and keep it in the history; thoughts are not sent back."""
        chunks = [json.loads(data) for _, data in events(raw)] if self.stream else [json.loads(raw)]
        parts: list[dict[str, Any]] = []
        told, complete, error = None, False, None
        for chunk in chunks:
            if "error" in chunk:
                error = chunk["error"]["message"]
                continue
            told = chunk.get("usageMetadata") or told
            for candidate in chunk.get("candidates") or ():
                complete = complete or candidate.get("finishReason") is not None
                parts += candidate.get("content", {}).get("parts") or ()
        kept = _joined([part for part in parts if not part.get("thought")])
        if complete and kept:
            self.contents.append({"role": "model", "parts": kept})
        calls = [part["functionCall"] for part in kept if "functionCall" in part]
        return Reading(
            "".join(part["text"] for part in kept if "text" in part),
            tuple(ToolRequest(call.get("id") or "", call["name"], call.get("args") or {}) for call in calls),
            _usage(told),
            complete,
            error,
        )


def _joined(parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Neighbouring plain texts as one part, as clients keep them."""
    out: list[dict[str, Any]] = []
    for part in parts:
        if out and set(part) == {"text"} and set(out[-1]) == {"text"}:
            out[-1] = {"text": out[-1]["text"] + part["text"]}
        else:
            out.append(part)
    return out


def _usage(told: Mapping[str, Any] | None) -> Usage | None:
    if told is None:
        return None
    read = told.get("cachedContentTokenCount") or 0
    return Usage(
        input=told["promptTokenCount"] - read,
        cache_read=read,
        output=(told.get("candidatesTokenCount") or 0) + (told.get("thoughtsTokenCount") or 0),
    )
