"""Which tool call each tool result answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from headroom.wire.dialect import Message, PartKind, TextPart, ToolCall


def results(messages: Iterable[Message]) -> Iterator[tuple[int, TextPart, ToolCall | None]]:
    """Every tool result with its message's index and its call, in order; the call is None if it isn't in the body.

    An id that comes back (Gemini's ``name#n``) means the latest call before the result.
    """
    calls: dict[str, ToolCall] = {}
    for index, message in enumerate(messages):
        for call in message.calls:
            calls[call.id] = call
        for part in message.parts:
            if part.kind is PartKind.TOOL_RESULT:
                yield index, part, calls.get(part.call_id or "")
