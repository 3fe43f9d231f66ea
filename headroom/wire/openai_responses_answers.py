"""OpenAI Responses' answers, whole and streamed: what they used, and whether they say anything."""

from __future__ import annotations

from typing import Final

import msgspec

from headroom.exchange import Usage
from headroom.wire.counts import Json, child, children, count, inclusive, parse, text
from headroom.wire.sse import data_of, event_name

_ENDS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
_SILENT_ITEMS: Final = frozenset({"message", "reasoning"})
"""Items that say something only by their content."""


class _Answer(msgspec.Struct):
    """The few fields of a response object that a tap needs; its output, which may be large, is skipped."""

    model: object = None
    usage: object = None
    error: object = None


class _Event(msgspec.Struct):
    type: str = ""
    response: _Answer | None = None


_EVENTS: Final = msgspec.json.Decoder(_Event)


class OpenAIResponsesTap:
    """Usage from the event that ends the stream."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.finished = False
        self.failed = False
        self.model: str | None = None
        self.empty = True

    def feed(self, event: bytes) -> None:
        """Take one complete event; deltas are not parsed."""
        name = event_name(event)
        if name.endswith(".delta"):
            self.empty = False
            return
        data = data_of(event)
        if data:
            self.take(data)

    def take(self, data: bytes) -> None:
        """Take the JSON of one event, which is also the form of a WebSocket frame."""
        try:
            found = _EVENTS.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return
        if found.type.endswith(".delta"):
            self.empty = False
        elif found.type in {"response.output_item.added", "response.output_item.done"}:
            if self.empty:
                self.empty = not says_something(child(parse(data), "item"))
        elif found.type == "error":
            self.failed = True
        if found.response is None:
            return
        if isinstance(found.response.model, str):
            self.model = found.response.model
        if found.type in _ENDS:
            self.finished = True
            self.failed = self.failed or found.type == "response.failed"
            self.usage = responses_usage(child({"usage": found.response.usage}, "usage")) or self.usage


def responses_usage(usage: Json) -> Usage | None:
    """Usage in Responses' terms; newer models report (and charge) cache writes too."""
    details = child(usage, "input_tokens_details")
    return inclusive(
        count(usage, "input_tokens"),
        read=count(details, "cached_tokens"),
        write=count(details, "cache_write_tokens", "cache_creation_tokens"),
        output=count(usage, "output_tokens"),
    )


def says_something(item: Json) -> bool:
    """Whether an output item carries content, a call or anything else than an empty message."""
    kind = text(item, "type")
    if kind not in _SILENT_ITEMS:
        return bool(kind)
    said = [*children(item, "content"), *children(item, "summary")]
    return bool(item.get("encrypted_content")) or any(text(part, "text") or text(part, "refusal") for part in said)
