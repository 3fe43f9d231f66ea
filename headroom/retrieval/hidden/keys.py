"""The keys that an answer is recorded under: from the ids of its calls, or from its words and all that the model was told before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b

from headroom.errors import Unreadable
from headroom.retrieval.hidden.context_digest import ContextDigest
from headroom.retrieval.turn import Past
from headroom.retrieval.turns import Kind
from headroom.wire import dialect_for
from headroom.wire.body import text_of
from headroom.wire.dialect import Message, PartKind, Request

_COUNTED = re.compile(r"\D*\d{0,6}")
"""An id that a model or its server counted, such as ``call_0`` or ``functions.Bash:12``: other conversations have it, too."""


def are_own(ids: Sequence[str]) -> bool:
    """Whether an answer's calls have ids, and no other conversation's have the same."""
    return bool(ids) and not all(_COUNTED.fullmatch(name) for name in ids)


def by_its_words(body: bytes, request: Request, messages: Sequence[Message], run: range, history: bytes) -> str | None:
    """The key of an answer whose calls do not tell it from others, ``history`` digested; None where its words can't be read."""
    words: list[str] = []
    try:
        for index in run:
            start = request.messages[index].start
            words += (
                text_of(body[start + part.start : start + part.end])
                for part in messages[index].parts
                if part.kind is PartKind.ASSISTANT
            )
    except Unreadable:
        return None
    return _by_words(history, "".join(words), [call.name for index in run for call in messages[index].calls])


def keys_of(past: Past, text: str, body: bytes) -> list[str]:
    """The keys of a turn that said ``text``; ``body`` is the client's own request. None at all where that can't be read."""
    calls = [block for block in past.last.blocks if block.kind is Kind.CALL]
    if all(block.id for block in calls) and are_own([block.id for block in calls]):
        return [by_calls([block.id for block in calls])]
    dialect = dialect_for(past.wire)
    try:
        request = dialect.outline(body)
        messages = [dialect.message(body[span.start : span.end]) for span in request.messages]
    except Unreadable:
        return []
    history = ContextDigest(messages, continued=bool(request.previous_response)).at(len(messages))
    return [_by_words(history, text, [block.name for block in calls])]


def by_calls(ids: Sequence[str | None]) -> str:
    """The key of an answer whose calls have such ids."""
    return "c:" + _digest(*sorted(name or "" for name in ids))


def _by_words(history: bytes, text: str, names: Sequence[str]) -> str:
    return "t:" + _digest(history.hex(), text.rstrip(), *names)


def _digest(*parts: str) -> str:
    h = blake2b(digest_size=16)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        h.update(len(encoded).to_bytes(8, "big"))
        h.update(encoded)
    return h.hexdigest()
