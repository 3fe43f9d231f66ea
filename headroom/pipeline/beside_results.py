"""What a message holds beside its tool results: what is asked and said, and the marks of its fields."""

from __future__ import annotations

from headroom.pipeline.node import Node
from headroom.wire.body import mended, text_of
from headroom.wire.dialect import Message, PartKind
from headroom.wire.outline import QUOTE

_LONG = 4 * 1024
"""Bytes of a string from which it is left out of a search for what stands around it."""
ASK_CHARS = 4_000
"""Bound of the user's and the assistant's words that decide what is relevant."""


def asked_after(raw: bytes, message: Message, parent: Node) -> tuple[str, str]:
    """The ask and the assistant's words as they stand after a message."""
    ask, words = parent.ask, parent.words
    answers = any(part.kind is PartKind.TOOL_RESULT for part in message.parts)
    said: list[str] = []
    for part in message.parts:
        if part.kind not in {PartKind.USER, PartKind.ASSISTANT}:
            continue
        written = raw[part.start : part.end]
        text = text_of(mended(written) or written).strip()
        if part.kind is PartKind.ASSISTANT:
            said.append(text)
        elif text and not answers and not text.startswith("<"):
            # Text in tags is what a client adds by itself, such as reminders; it asks nothing.
            ask, words = text[-ASK_CHARS:], ""
    if said:
        words = "\n".join(said)[-ASK_CHARS:]
    return ask, words


def around(raw: bytes, message: Message) -> bytes:
    """A message without its long strings, in which no field of it can lie."""
    pieces: list[bytes] = []
    at = 0
    for part in message.parts:
        if part.end - part.start >= _LONG and part.start >= at and raw[part.start] == QUOTE:
            pieces += (raw[at : part.start], b'""')
            at = part.end
    return b"".join((*pieces, raw[at:])) if pieces else raw
