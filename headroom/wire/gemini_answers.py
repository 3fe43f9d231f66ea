"""Gemini's answers, whole and streamed; Code Assist nests each one under ``response``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from headroom.exchange import Usage
from headroom.wire.counts import Json, child, children, count, parse, text
from headroom.wire.sse import data_of

_ORDINARY_ENDS: Final = frozenset({"", "FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "MALFORMED_FUNCTION_CALL"})
_SAYS_NOTHING: Final = frozenset({"text", "thought", "thoughtSignature"})


class GeminiTap:
    """Usage from the last chunk that carries it; the end is a finish reason."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.finished = False
        self.failed = False
        self.model: str | None = None
        self.empty = True

    def feed(self, event: bytes) -> None:
        """Take one complete event; or, from a stream without ``alt=sse``, the whole array at its end."""
        for answer in answers_in(data_of(event) or event):
            self.usage = usage_of(child(answer, "usageMetadata")) or self.usage
            self.model = text(answer, "modelVersion") or self.model
            self.failed = self.failed or bool(answer.get("error"))
            self.empty = self.empty and not says_something(answer)
            if any(text(candidate, "finishReason") for candidate in children(answer, "candidates")):
                self.finished = True
            if text(child(answer, "promptFeedback"), "blockReason"):
                self.finished = True


def answers_in(body: bytes) -> list[Json]:
    """The answer in a body: plain, nested by Code Assist, or an array of chunks."""
    if body.lstrip()[:1] == b"[":
        found = children(parse(b'{"chunks":' + body + b"}"), "chunks")
    else:
        one = parse(body)
        found = [] if one is None else [one]
    return [child(answer, "response") or answer for answer in found]


def _parts(answer: Json) -> Iterator[Json]:
    for candidate in children(answer, "candidates"):
        yield from children(child(candidate, "content"), "parts")


def text_of_answer(answer: Json) -> str:
    """The text of an answer or chunk, thoughts left out."""
    return "".join(text(part, "text") for part in _parts(answer) if part.get("thought") is not True)


def says_something(answer: Json) -> bool:
    """Whether an answer or chunk carries content, a call, an error or a refusal by the provider's filters."""
    if answer.get("error") or text(child(answer, "promptFeedback"), "blockReason"):
        return True
    if any(text(candidate, "finishReason") not in _ORDINARY_ENDS for candidate in children(answer, "candidates")):
        return True
    return any(text(part, "text") or part.keys() - _SAYS_NOTHING for part in _parts(answer))


def usage_of(usage: Json) -> Usage | None:
    """Gemini's prompt count includes what the cache read, but not the tools' own prompts."""
    read = count(usage, "cachedContentTokenCount")
    prompt = count(usage, "promptTokenCount") + count(usage, "toolUsePromptTokenCount")
    output = count(usage, "candidatesTokenCount") + count(usage, "thoughtsTokenCount")
    found = Usage(max(0, prompt - read), read, 0, 0, output)
    return found if found.total_input or found.output else None
