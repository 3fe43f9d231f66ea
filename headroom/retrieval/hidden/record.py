"""What is remembered of a turn in which the client did not see everything."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from headroom.exchange import Wire
from headroom.retrieval.turn import Past
from headroom.retrieval.turns import Block, Kind, turns_for


class Insert(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something to put back between the visible blocks of an answer."""

    block: int
    """Visible blocks before it."""
    text: int
    """Visible characters before it."""
    calls: int
    """Visible calls before it."""
    raw: bytes
    """A block the client did not see, or nothing where an upstream round ended."""
    results: bytes = b""
    """Messages that came in between, where a round ended."""


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How to restore one turn."""

    wire: str
    kinds: str
    """One letter a visible block: t text, c call, o other."""
    text: str
    """All visible words."""
    calls: tuple[str, ...]
    """Ids of the client's calls; their names where there are no ids."""
    before: bytes = b""
    """Whole messages that precede the visible one."""
    cut: int = 0
    """Characters at the start of the visible text that ``before`` holds already."""
    inserts: tuple[Insert, ...] = ()
    tail: bytes = b""
    """Our results among the client's, where both were called."""


_LETTERS = {Kind.TEXT: "t", Kind.CALL: "c", Kind.OTHER: "o"}


def record_of(past: Past) -> Record:
    """The record of a turn."""
    turns = turns_for(past.wire)
    shown = [step.round.blocks for step in past.steps] if past.streamed else []
    shown.append(past.last.blocks)
    visible = [block for blocks in shown for block in blocks if block.kind is not Kind.RETRIEVE]
    text = "".join(block.text for block in visible)
    before = b",".join(step.round.message + b"," + turns.results(step.results) for step in past.steps)
    inserts: list[Insert] = []
    cut = 0
    at = (0, 0, 0)
    if past.wire is Wire.OPENAI_CHAT:
        # A chat message holds its words as one string: the earlier rounds' words go with their own messages.
        if past.streamed:
            cut = sum(len(block.text) for step in past.steps for block in step.round.blocks)
    elif past.streamed:
        before = b""
        for step in past.steps:
            inserts += _hidden(step.round.blocks, at)
            at = _after(step.round.blocks, at)
            inserts.append(Insert(*at, b"", turns.results(step.results)))
    if past.results:
        inserts += _hidden(past.last.blocks, at)
    return Record(
        past.wire.value,
        "".join(_LETTERS[block.kind] for block in visible),
        text,
        tuple(block.id or block.name for block in visible if block.kind is Kind.CALL),
        before,
        cut,
        tuple(inserts),
        b",".join(turns.result(result) for result in past.results),
    )


def _hidden(blocks: Iterable[Block], at: tuple[int, int, int]) -> list[Insert]:
    """The blocks of a round that the client does not see, each at its place."""
    found: list[Insert] = []
    seen: list[Block] = []
    for block in blocks:
        if block.kind is Kind.RETRIEVE:
            found.append(Insert(*_after(seen, at), block.raw))
        else:
            seen.append(block)
    return found


def _after(blocks: Iterable[Block], at: tuple[int, int, int]) -> tuple[int, int, int]:
    number, text, calls = at
    for block in blocks:
        if block.kind is not Kind.RETRIEVE:
            number += 1
            text += len(block.text)
            calls += block.kind is Kind.CALL
    return number, text, calls
