"""Which provider's endpoint a path is. Prefixes before the version are allowed, as gateways and resellers have them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from headroom.exchange import Wire

Operation = Literal[
    "generate", "count", "batch", "models", "model", "embeddings", "embed", "stored", "input_items", "probe", "unknown"
]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint."""

    wire: Wire
    operation: Operation
    model: str | None = None
    """From the path, where the model is named there."""
    stream: bool = False
    """The path asks for a stream."""
    nested: bool = False
    """Code Assist: the request lies under ``request``, the answer under ``response``."""
    item: str = ""
    """An id from the path."""
    cloud: Literal["", "vertex", "bedrock"] = ""
    """Whose hosting of Anthropic's models: the body says ``anthropic_version`` and the path names the model."""


_GEMINI = re.compile(r"/models/(?P<model>[^/:]+):(?P<verb>\w+)$")
_INTERNAL = re.compile(r"/v1internal:(?P<verb>\w+)$")
_RESPONSE = re.compile(r"/responses/(?P<id>resp_[^/]+)(?P<rest>/input_items|/cancel)?$")
_BEDROCK = re.compile(r"/model/(?P<model>[^/]+)/(?P<verb>invoke|invoke-with-response-stream)$")
_MODEL = re.compile(r"/models/(?P<id>[^/:]+)$")
_VERBS: dict[str, tuple[Operation, bool]] = {
    "generateContent": ("generate", False),
    "streamGenerateContent": ("generate", True),
    "countTokens": ("count", False),
    "embedContent": ("embed", False),
    "batchEmbedContents": ("embed", False),
}


def find(method: str, path: str, headers: Mapping[str, str]) -> Route:
    """The endpoint of a request; ``headers`` has lower-case names."""
    path = path.rstrip("/") or "/"
    if hit := _INTERNAL.search(path):
        operation, stream = _VERBS.get(hit["verb"], ("unknown", False))
        return Route(Wire.GEMINI, operation if method == "POST" else "unknown", stream=stream, nested=True)
    if hit := _GEMINI.search(path):
        return _by_verb(method, path, hit["model"], hit["verb"])
    if hit := _RESPONSE.search(path):
        operation = "input_items" if hit["rest"] == "/input_items" else "stored"
        return Route(Wire.OPENAI_RESPONSES, operation, item=hit["id"])
    if method == "POST" and (hit := _BEDROCK.search(path)):
        stream = hit["verb"] != "invoke"
        return Route(Wire.ANTHROPIC, "generate", model=unquote(hit["model"]), stream=stream, cloud="bedrock")
    wire = _speaker(path, headers)
    if method == "POST" or (method == "GET" and headers.get("upgrade", "").lower() == "websocket"):
        for end, found in _ENDS.items():
            if path.endswith(end):
                return found
    if method == "GET" and path.endswith("/models"):
        return Route(wire, "models")
    if method == "GET" and (hit := _MODEL.search(path)):
        return Route(wire, "model", item=hit["id"])
    if method in {"HEAD", "GET"} and path == "/":
        return Route(wire, "probe")
    return Route(wire, "unknown")


def _by_verb(method: str, path: str, model: str, verb: str) -> Route:
    if "/publishers/anthropic/" in path and verb in {"rawPredict", "streamRawPredict"} and method == "POST":
        return Route(Wire.ANTHROPIC, "generate", model=model, stream=verb == "streamRawPredict", cloud="vertex")
    operation, stream = _VERBS.get(verb, ("unknown", False))
    return Route(Wire.GEMINI, operation if method == "POST" else "unknown", model=model, stream=stream)


_ENDS: dict[str, Route] = {
    "/messages/count_tokens": Route(Wire.ANTHROPIC, "count"),
    "/messages/batches": Route(Wire.ANTHROPIC, "batch"),
    "/messages": Route(Wire.ANTHROPIC, "generate"),
    "/chat/completions": Route(Wire.OPENAI_CHAT, "generate"),
    "/responses": Route(Wire.OPENAI_RESPONSES, "generate"),
    "/embeddings": Route(Wire.OPENAI_CHAT, "embeddings"),
}


def _speaker(path: str, headers: Mapping[str, str]) -> Wire:
    if "anthropic-version" in headers or "x-api-key" in headers:
        return Wire.ANTHROPIC
    if "x-goog-api-key" in headers or "/v1beta" in path:
        return Wire.GEMINI
    return Wire.OPENAI_CHAT
