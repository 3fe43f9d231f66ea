"""From a scripted reply to an answer: ids made, thinking signed, retrieve calls resolved, output counted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from headroom.exchange import Usage, Wire
from headroom.testing.ledger import Ledger
from headroom.testing.record import Conversation
from headroom.testing.replies.answer import Answer, Called, Said, Shown, Thought
from headroom.testing.script import Call, Reply, Retrieve, Text, Thinking
from headroom.testing.tokens import Tokens
from headroom.testing.validate import anthropic, gemini, openai_responses

_HASH = re.compile(r"(?:hash=\\*\"?|hr:|<<ccr:)([0-9a-f]{24})")
_PREFIX = {
    Wire.ANTHROPIC: "toolu_01",
    Wire.OPENAI_CHAT: "call_",
    Wire.OPENAI_RESPONSES: "call_",
    Wire.GEMINI: "fc_",
}


@dataclass(slots=True)
class Ids:
    """Makes ids that look random and are the same at every run with the same seed."""

    seed: str = "headroom"
    _count: int = field(default=0)

    def __call__(self, prefix: str) -> str:
        """Return the next id."""
        self._count += 1
        return prefix + hashlib.blake2b(f"{self.seed}{self._count}".encode(), digest_size=11).hexdigest()


def compose(
    reply: Reply,
    wire: Wire,
    body: Mapping[str, Any],
    conversation: Conversation,
    billed: Usage,
    *,
    model: str,
    ledger: Ledger,
    tokens: Tokens,
    new_id: Ids,
    created: int,
    gemini_ids: bool = True,
) -> tuple[Answer, Usage]:
    """Make the answer, and the usage the books of the fake hold (the answer may show another one, as scripted)."""
    shown: list[Shown] = []
    if reply.fault is None or reply.fault.kind != "empty":
        for block in _resolved(reply, conversation):
            shown.append(_shown(block, wire, shown, ledger, new_id, gemini_ids=gemini_ids))
    thinking = sum(tokens.count(item.text) for item in shown if isinstance(item, Thought))
    spoken = sum(
        tokens.count(item.text if isinstance(item, Said) else f"{item.name}{item.json}")
        for item in shown
        if not isinstance(item, Thought)
    )
    booked = replace(billed, output=thinking + spoken + 3 if shown else 1)
    natural = "tool" if any(isinstance(item, Called) for item in shown) else "end"
    told = booked if reply.usage == "cache" else None if reply.usage == "omit" else reply.usage
    kind = reply.fault.kind if reply.fault else None
    answer = Answer(
        model=model,
        shown=tuple(shown),
        stop=natural if reply.stop == "auto" else reply.stop,
        usage=told if isinstance(told, Usage) else None,
        thinking_tokens=thinking,
        created=created,
        new_id=new_id,
        piece=max(1, reply.piece),
        future=kind == "unknown_events",
        terminator=kind != "no_terminator",
        request=body,
    )
    return answer, booked


def _resolved(reply: Reply, conversation: Conversation) -> Iterator[Text | Thinking | Call]:
    for block in reply.blocks:
        if not isinstance(block, Retrieve):
            yield block
            continue
        found = [hit[1] for entry in conversation.of("result") for hit in _HASH.finditer(entry.text)]
        handle = block.hash or (found[0 if block.pick == "first" else -1] if found else None)
        tool = conversation.retrieve_tool
        if handle is None or tool is None:
            if block.otherwise:
                yield Text(block.otherwise)
            continue
        wanted = {"lines": block.lines, "rows": block.rows, "pattern": block.pattern}
        yield Call(tool, {"hash": handle, **{name: value for name, value in wanted.items() if value is not None}})


def _shown(
    block: Text | Thinking | Call,
    wire: Wire,
    before: list[Shown],
    ledger: Ledger,
    new_id: Ids,
    *,
    gemini_ids: bool,
) -> Shown:
    match block:
        case Text(text):
            return Said(text)
        case Thinking(text, redacted):
            purpose = openai_responses.REASONING
            if wire is Wire.ANTHROPIC:
                purpose = anthropic.REDACTED if redacted else anthropic.THINKING
            return Thought(text, ledger.seal.sign(purpose, text), redacted)
        case Call(name, arguments, given):
            call_id = given or new_id(_PREFIX[wire])
            signature = None
            thoughts = [item for item in before if isinstance(item, Thought)]
            first = not any(isinstance(item, Called) for item in before)
            if wire is Wire.GEMINI and thoughts and first:
                signature = ledger.seal.sign(gemini.THOUGHT, gemini.sealed_call(name, dict(arguments)))
                ledger.seal_call(call_id, signature)
            elif wire is Wire.ANTHROPIC and thoughts:
                ledger.seal_call(call_id, thoughts[-1].signature)
            shown_id = "" if wire is Wire.GEMINI and not gemini_ids else call_id
            return Called(shown_id, name, arguments, signature)
