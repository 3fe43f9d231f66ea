"""What every wire dialect offers: reading bodies as byte spans, usage, tool definitions and error envelopes.

A dialect never changes a body. It says where the JSON string literals of text blocks lie, so that ``body.splice`` can
replace one literal by another and leave every other byte alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import NamedTuple, Protocol

from headroom.exchange import Usage, Wire


class PartKind(Enum):
    """Whose text a part is. Only TOOL_RESULT is compressed by default; the rest is read for context."""

    TOOL_RESULT = "tool_result"
    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call the model made: ``arguments`` is JSON text, as the provider sends it or cut from the body."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class TextPart:
    """One text block. ``start:end`` is its JSON string literal, quotes included, relative to the message's slice.

    In Gemini's function responses it may be an array or object, whose text is its JSON; a string can take its place.
    """

    start: int
    end: int
    kind: PartKind
    digest: bytes
    """16-byte BLAKE2b of the literal's bytes: equal digests, equal text."""
    call_id: str | None = None
    """For a tool result: the id of the call it answers (Gemini without ids: ``name#n``, n counting that name's calls)."""
    is_error: bool = False
    marked: bool = False
    """The block carries ``cache_control``."""


@dataclass(frozen=True, slots=True)
class ImagePart:
    """One image in a message. All offsets are relative to the message's slice."""

    start: int
    end: int
    """From the block's opening brace to the end of its last value, so without the closing brace: a cache mark that is
    added to the block goes behind."""
    data: Slice
    """The base64 inside its JSON string: neither quotes nor a data URL's head are in it."""
    media: str
    """The media type that the client names, in lower case."""
    digest: bytes
    """16 bytes: equal digests, equal images as the model sees them (data, media type and detail)."""
    call_id: str | None = None
    """The tool call whose result it stands in; None for an image of the user's."""
    detail: str = ""
    """OpenAI's ``detail`` as the client wrote it."""
    text: tuple[bytes, bytes] | None = None
    """What stands before and behind the literal of a text block in this place, the closing brace excepted; None where
    the format allows no text."""


@dataclass(frozen=True, slots=True)
class Message:
    """One parsed message (or Responses input item, or Gemini content). Depends on its own bytes only."""

    role: str
    parts: tuple[TextPart, ...]
    calls: tuple[ToolCall, ...]
    canonical: bytes
    """16-byte digest that ignores ``cache_control``, key order of the wrapper, and string-vs-[text] sugar, but no content."""
    signed: bool = False
    """Holds thinking, signatures or encrypted reasoning: never to be altered."""
    images: tuple[ImagePart, ...] = ()
    """Images that came with the message as base64, in order."""
    compacted: bool = False
    """Holds a summary that the provider reads instead of everything in front of it."""
    size: int = 0
    """Bytes that it takes, about; of what ``canonical`` ignores nothing counts, so it is the same on every turn."""


class Slice(NamedTuple):
    """Absolute byte range of one message in the body."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Request:
    """A body's outline, found without decoding the messages themselves."""

    wire: Wire
    model: str | None
    stream: bool
    messages: tuple[Slice, ...]
    system: tuple[Slice, ...]
    """Raw values of the system prompt / instructions, where they are not messages."""
    tools: Slice | None
    """The raw ``tools`` array."""
    tool_names: tuple[str, ...]
    forced_tool: bool
    """tool_choice forces a tool or forbids tools: a retrieval tool could not be called."""
    max_output: int | None
    body_start: int = 0
    """Offset of the object that holds the messages (Code Assist nests it under ``request``)."""
    previous_response: bool = False
    """Earlier turns are kept by the provider (``previous_response_id`` or a conversation)."""
    cache_marks: int = 0
    """How many ``cache_control`` marks the whole body holds."""
    forgets: bool = False
    """The provider was asked to leave out old results or messages by itself, so the model may not see all there is."""

    def around(self, body: bytes) -> bytes:
        """The body without its messages: searching it for an option costs the same however long the conversation is."""
        if not self.messages:
            return body
        return body[: self.messages[0].start] + body[self.messages[-1].end :]


@dataclass(frozen=True, slots=True)
class Batch:
    """The outline of a body that holds many requests."""

    params: tuple[tuple[int, int], ...]
    """Where each request stands in the body."""
    model: str | None
    """The one that all of them name."""
    max_output: int
    """Tokens that all answers together may have."""


class Refusal(StrEnum):
    """Why we answer instead of the provider; each dialect words it in its own envelope."""

    RATE_LIMIT = "rate_limit"
    BUDGET = "budget"
    OVERLOADED = "overloaded"
    UNAUTHORIZED = "unauthorized"
    INVALID = "invalid"
    TOO_LARGE = "too_large"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """A complete error answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class UsageTap(Protocol):
    """Reads a stream beside its way to the client; never alters bytes. ``feed`` takes whole events, in order."""

    usage: Usage | None
    finished: bool
    """The provider's own terminator was seen."""
    failed: bool
    """The provider sent an error event."""
    model: str | None
    empty: bool
    """No content, tool call or thinking has been seen."""

    def feed(self, event: bytes) -> None:
        """Take one complete SSE event, its blank line included."""


class Splitter(Protocol):
    """Cuts a stream into the whole events that a tap takes; events and tail, joined, are the stream."""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes; return the events they complete."""

    def tail(self) -> bytes:
        """The bytes after the last whole event."""


class Dialect(Protocol):
    """One provider's wire format."""

    wire: Wire

    def outline(self, body: bytes) -> Request:
        """Find the messages. Raises ``Unreadable`` for invalid JSON, duplicate keys, wrong shapes, > 10,000 messages."""

    def message(self, raw: bytes) -> Message:
        """Read one message's slice. Raises ``Unreadable``; unknown block types are skipped, never an error."""

    def tool_array(self, body: bytes, request: Request) -> Slice | None:
        """The array that a further tool definition is appended to (``tools.add_tool`` does it), or None."""

    def usage(self, body: bytes) -> Usage | None:
        """Usage of a complete, non-streamed response body, or None when there is none."""

    def empty(self, body: bytes) -> bool:
        """Whether a 200 response body carries no content, tool call or thinking."""

    def text(self, body: bytes) -> str:
        """The text of a complete response body, for the message log."""

    def delta(self, event: bytes) -> str:
        """The text that one stream event adds, for the message log (``texttap.TextTap`` joins them)."""

    def splitter(self) -> Splitter:
        """A fresh splitter for one stream: server-sent events, or Bedrock's binary frames."""

    def tap(self) -> UsageTap:
        """A fresh usage tap for one stream."""

    def tool(self, name: str, description: str, parameters: Mapping[str, object]) -> bytes:
        """A tool definition as one JSON element for this dialect's ``tools`` array."""

    def error(
        self, refusal: Refusal, message: str, request_id: str, *, extra: Iterable[tuple[str, str]] = ()
    ) -> ErrorReply:
        """An error before the first byte, in the provider's envelope (surface.md 5.3)."""

    def stream_error(self, refusal: Refusal, message: str, request_id: str) -> bytes:
        """An error after the first byte: one SSE event in the provider's form."""
