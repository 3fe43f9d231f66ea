"""Gemini generateContent: an answer's parts, and results as ``functionResponse`` parts of a user content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from headroom.errors import Unreadable
from headroom.exchange import Edit, Wire
from headroom.retrieval.tool import is_retrieve
from headroom.retrieval.turns.parts import Block, Kind, Result, Round
from headroom.retrieval.turns.splicing import append, keep, object_at
from headroom.retrieval.turns.usage import dump, parse
from headroom.wire import dialect_for
from headroom.wire.body import literal, splice
from headroom.wire.outline import BRACE, Span, is_true, listed, members, string


class GeminiTurns:
    """generateContent, Code Assist's nesting included."""

    wire = Wire.GEMINI

    def read(self, reply: bytes) -> Round | None:
        """Read the first candidate; answers with several are never ours to continue."""
        try:
            found = Chunk.of(reply)
            if found.parts is None:
                return None
            blocks = tuple(part_of(reply[start:end]) for start, end in found.part_spans)
            return Round(blocks, message_of(blocks), wants_tools=found.finish == "STOP", usage=found.usage)
        except Unreadable:
            return None

    def results(self, results: Sequence[Result]) -> bytes:
        """One user content."""
        return b'{"role":"user","parts":[' + b",".join(self.result(result) for result in results) + b"]}"

    def result(self, result: Result) -> bytes:
        """A ``functionResponse`` part; with an id when the call had one."""
        named = b'"id":%b,' % literal(result.call.id) if result.call.id else b""
        return b'{"functionResponse":{%b"name":%b,"response":{"output":%b}}}' % (
            named,
            literal(result.call.name),
            literal(result.text),
        )

    def extend(self, body: bytes, message: bytes, results: bytes) -> bytes:
        """Append to ``contents``."""
        return append(body, dialect_for(self.wire), "contents", message + b"," + results, lambda text: text)

    def strip(self, reply: bytes, *, stop: bool, words: str = "") -> bytes:
        """Take our parts out; the finish reason says nothing of calls."""
        del stop
        found = Chunk.of(reply)
        if found.parts is None:
            return reply
        kept = [span for span in found.part_spans if part_of(reply[span[0] : span[1]]).kind is not Kind.RETRIEVE]
        said = (b'{"text":%b}' % literal(words),) if words else ()
        return splice(reply, [keep(reply, found.parts, kept, *said)] if len(kept) < len(found.part_spans) else [])

    def with_usage(self, reply: bytes, usage: Mapping[str, object]) -> bytes:
        """Replace ``usageMetadata``."""
        found = Chunk.of(reply)
        span = found.fields.get("usageMetadata")
        return reply if span is None else splice(reply, [Edit(*span, dump(usage))])


class Chunk:
    """One answer, or one chunk of a streamed one: where its first candidate's parts lie."""

    __slots__ = ("candidate", "fields", "nested", "parts", "raw")

    def __init__(self, raw: bytes, fields: dict[str, Span], *, nested: bool) -> None:
        self.raw = raw
        self.fields = fields
        self.nested = nested
        self.candidate: dict[str, Span] = {}
        self.parts: Span | None = None
        candidates = fields.get("candidates")
        spans = listed(raw, candidates) if candidates is not None else []
        if len(spans) == 1:
            self.candidate = object_at(raw, spans[0])
            content = object_at(raw, self.candidate.get("content"))
            self.parts = content.get("parts")

    @classmethod
    def of(cls, raw: bytes) -> Chunk:
        """Find the answer, which Code Assist nests under ``response``. Raises ``Unreadable``."""
        fields = members(raw)
        inner = fields.get("response")
        if "candidates" not in fields and inner is not None and raw[inner[0]] == BRACE:
            return cls(raw, members(raw, *inner), nested=True)
        return cls(raw, fields, nested=False)

    @property
    def part_spans(self) -> list[Span]:
        """The parts."""
        return listed(self.raw, self.parts) if self.parts is not None else []

    @property
    def finish(self) -> str | None:
        """Why the answer ended; None while it goes on."""
        return string(self.raw, self.candidate.get("finishReason"))

    @property
    def usage(self) -> dict[str, object]:
        """The record of usage, empty when there is none."""
        span = self.fields.get("usageMetadata")
        return parse(self.raw[span[0] : span[1]]) if span else {}


def part_of(raw: bytes) -> Block:
    """Read one part."""
    fields = object_at(raw, (0, len(raw)))
    call = object_at(raw, fields.get("functionCall"))
    if call:
        name = string(raw, call.get("name")) or ""
        given = call.get("args", (0, 0))
        return Block(
            Kind.RETRIEVE if is_retrieve(name) else Kind.CALL,
            raw,
            id=string(raw, call.get("id")) or "",
            name=name,
            arguments=raw[given[0] : given[1]].decode(),
        )
    text = string(raw, fields.get("text"))
    if text is not None and not is_true(raw, fields.get("thought")):
        return Block(Kind.TEXT, raw, text)
    return Block(Kind.OTHER, raw)


def message_of(blocks: Iterable[Block]) -> bytes:
    """The answer as a content of a request. Runs of plain text become one part, empty ones go."""
    sent: list[bytes] = []
    run = ""
    for block in blocks:
        if block.kind is Kind.TEXT and len(members(block.raw)) == 1:
            run += block.text
            continue
        if run:
            sent.append(b'{"text":%b}' % literal(run))
            run = ""
        sent.append(block.raw)
    if run:
        sent.append(b'{"text":%b}' % literal(run))
    return b'{"role":"model","parts":[' + b",".join(sent) + b"]}"
