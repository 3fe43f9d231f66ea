"""Amazon Bedrock InvokeModel with Anthropic-shaped bodies: Messages inside Bedrock's own envelope and framing."""

from __future__ import annotations

from collections.abc import Iterable

from headroom.wire.anthropic import AnthropicDialect, AnthropicTap
from headroom.wire.counts import child, parse, text
from headroom.wire.dialect import ErrorReply, Refusal, Splitter
from headroom.wire.eventstream import FrameSplitter, frame, is_exception, payload_of
from headroom.wire.refusals import WORDINGS, dump, reply


class BedrockDialect(AnthropicDialect):
    """The Messages format behind ``/model/{id}/invoke`` and ``/invoke-with-response-stream``."""

    def delta(self, event: bytes) -> str:
        """The text that one frame adds, for the message log."""
        return text(child(parse(payload_of(event)), "delta"), "text")

    def splitter(self) -> Splitter:
        """A fresh splitter for one stream of binary frames."""
        return FrameSplitter()

    def tap(self) -> BedrockTap:
        """A fresh usage tap; it takes whole frames."""
        return BedrockTap()

    def error(
        self, refusal: Refusal, message: str, request_id: str, *, extra: Iterable[tuple[str, str]] = ()
    ) -> ErrorReply:
        """An error before the first byte; the type is in a header."""
        del request_id
        wording = WORDINGS[refusal]
        return reply(wording, {"message": message}, extra=extra, own=(("x-amzn-ErrorType", wording.bedrock),))

    def stream_error(self, refusal: Refusal, message: str, request_id: str) -> bytes:
        """An exception frame."""
        del request_id
        name = WORDINGS[refusal].bedrock
        headers = (
            (":exception-type", name[0].lower() + name[1:]),
            (":content-type", "application/json"),
            (":message-type", "exception"),
        )
        return frame(headers, dump({"message": message}))


class BedrockTap(AnthropicTap):
    """The Messages tap behind binary frames."""

    def feed(self, event: bytes) -> None:
        """Take one whole frame."""
        if is_exception(event):
            self.failed = True
            return
        data = payload_of(event)
        if data:
            self.take(data)
