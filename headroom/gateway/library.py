"""The pipeline as a library call: no proxy, no files, nothing kept between calls but what the caller keeps."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from headroom.control.compress import wire_of
from headroom.errors import Unreadable
from headroom.exchange import Exchange, Wire
from headroom.pipeline.conversation import Conversations
from headroom.pipeline.counts import Counts
from headroom.pipeline.ledger import Ledger
from headroom.pipeline.pipeline import Pipeline
from headroom.pipeline.workers import Workers
from headroom.retrieval.original import Miss
from headroom.retrieval.originals import Originals
from headroom.settings import Settings
from headroom.store.memory import MemoryStore

_KEY = b"headroom library"
"""Originals never leave the result, so their hashes need not be unguessable, only the same every time."""
_YEAR = 365 * 86_400.0
_SURROGATE = re.compile("[\ud800-\udfff]")
_STAND_IN = re.compile("[\U0010f800-\U0010ffff]")
_FAR = 0x10F800 - 0xD800


@dataclass(frozen=True, slots=True)
class CompressResult:
    """Compressed messages, and what is needed to undo it."""

    messages: list[dict[str, Any]]
    tokens_before: int
    tokens_after: int
    transforms: tuple[str, ...]
    originals: Mapping[str, str]
    """Hash → text, for every marker in the messages; empty when nothing was left out."""

    @property
    def tokens_saved(self) -> int:
        """Tokens left out."""
        return self.tokens_before - self.tokens_after


def compress(
    messages: Sequence[Mapping[str, Any]],
    *,
    model: str = "gpt-4o",
    lossless: bool = True,
    settings: Settings | None = None,
    seconds: float = 30.0,
) -> CompressResult:
    """Compress the tool results in OpenAI- or Anthropic-shaped messages; the input is not changed.

    Without loss by default. With ``lossless=False`` parts may be left out: every gap is marked, and ``originals`` of the
    result holds the full text under the marker's hash, for the caller to answer the model's ``headroom_retrieve`` calls.
    The same messages always give the same result. Raises ``Unreadable`` for messages of an unknown shape.
    """
    settings = settings or Settings()
    if lossless:
        settings = replace(settings, lossless=True, ccr_inject_tool=False, ccr_marker=False)
    store = MemoryStore(now=time.time)
    originals = Originals(store, key=_KEY, ttl=_YEAR, max_bytes=1 << 32, now=time.time())
    plain = json.dumps({"model": model, "messages": list(messages)}, ensure_ascii=False)
    try:
        body, hidden = plain.encode(), False
    except UnicodeEncodeError:
        body, hidden = _hidden(plain).encode(), True
    wire = wire_of(body)
    exchange = Exchange(
        "", time.time(), time.monotonic(), wire, "anthropic" if wire is Wire.ANTHROPIC else "openai", "POST", "", "",
        model=model, body_in=body, body_out=body,
    )  # fmt: skip
    pipeline = Pipeline(
        settings,
        ledger=Ledger(store),
        originals=originals,
        conversations=Conversations(settings, store),
        workers=Workers(large=1 << 62),
        counts=Counts(),
    )
    plan = pipeline.plan(exchange, now=time.time(), redeemable=not lossless)
    assert plan is not None, "only a quick plan can be refused"
    pipeline.work(plan, seconds=seconds)
    pipeline.finish(plan)
    pipeline.count(plan)
    kept = {
        hash_: _shown(found.text, hidden=hidden)
        for hash_ in exchange.handles
        if not isinstance(found := originals.get(hash_, now=time.time()), Miss)
    }
    return CompressResult(
        messages=json.loads(_shown(exchange.body_out.decode(), hidden=hidden))["messages"],
        tokens_before=exchange.tokens_before,
        tokens_after=exchange.tokens_after,
        transforms=tuple(dict.fromkeys(exchange.transforms)),
        originals=kept,
    )


def _hidden(body: str) -> str:
    """Half a surrogate pair, as Python reads broken file names, is no JSON text: private characters stand in for them."""
    if _STAND_IN.search(body) is not None:
        raise Unreadable("half a surrogate pair")
    return _SURROGATE.sub(lambda half: chr(ord(half[0]) + _FAR), body)


def _shown(text: str, *, hidden: bool) -> str:
    return _STAND_IN.sub(lambda stand_in: chr(ord(stand_in[0]) - _FAR), text) if hidden else text
