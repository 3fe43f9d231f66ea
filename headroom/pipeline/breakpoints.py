"""Hints for the provider's cache where the client gives none: Anthropic's marks, OpenAI's ``prompt_cache_key``. Pure.

A mark changes no text that the model reads, but a cache write costs more than a plain token. So marks are set only for
agents at work: the conversation has gone on twice already, lately, and is long enough to be cached at all. Each mark
lies where an earlier call's mark lay, or at the newest block; one is put between when a turn adds more blocks than the
provider looks back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from headroom.errors import Unreadable
from headroom.exchange import Edit, Exchange
from headroom.pipeline.node import Node
from headroom.wire.dialect import Request, Slice
from headroom.wire.outline import BRACKET, QUOTE, elements, members

MOST_MARKS: Final = 4
LOOKBACK: Final = 18
"""Blocks that one call may add before another mark is set between (Anthropic looks back 20)."""
LATELY: Final = 240.0
"""Seconds since the last call: safely within the five minutes that a mark lives."""
ROUNDS: Final = 2
"""Rounds of tool calls after which a conversation is taken to go on."""
OPENAI_HOST: Final = "api.openai.com"
"""The one host known to take ``prompt_cache_key``; others that speak its format may refuse fields they don't know."""
_NAME: Final = b'"cache_control":'
_MARK: Final = _NAME + b'{"type":"ephemeral"}'
_UNMARKABLE: Final = (b'"thinking"', b'"redacted_thinking"')


def by_key(exchange: Exchange) -> bool:
    """Whether the caller pays by API key and not by subscription."""
    return not exchange.subscription and ("x-api-key" in exchange.headers or "authorization" in exchange.headers)


def rounds(nodes: Sequence[Node]) -> int:
    """Messages with tool calls."""
    return nodes[-1].turns if nodes else 0


def marks(body: bytes, request: Request, nodes: list[Node], earlier: int) -> list[Edit]:
    """Edits that set marks: end of the system prompt, message number ``earlier`` (from 1), and the newest block."""
    places = {len(nodes)}
    if earlier:
        places.add(earlier)
        places.update(_between(body, request, earlier))
    edits = [edit for depth in sorted(places) if (edit := in_message(body, request.messages[depth - 1])) is not None]
    if request.system and (edit := _in_system(body, request.system[-1])) is not None:
        edits.append(edit)
    return edits[:MOST_MARKS]


def _between(body: bytes, request: Request, earlier: int) -> Sequence[int]:
    """The last message from which the provider still finds the mark at ``earlier``, where the newest block is too far."""
    blocks, last = 0, len(request.messages)
    for depth in range(earlier + 1, last + 1):
        blocks += _blocks(body, request.messages[depth - 1])
        if blocks > LOOKBACK:
            place = max(depth - 1, earlier + 1)
            return (place,) if place < last else ()
    return ()


def _blocks(body: bytes, piece: Slice) -> int:
    """Content blocks of a message."""
    try:
        span = members(body, *piece).get("content")
        return len(elements(body, *span)) if span is not None and body[span[0]] == BRACKET else 1
    except Unreadable:
        return 1


def own_mark(body: bytes, request: Request, mark: bytes) -> list[Edit] | None:
    """Mark the newest block itself, where one mark for the whole request lies on whatever block is the last.

    ``mark`` is that mark's value. None where the request has no room for another, or that block can't be marked.
    """
    piece = request.messages[-1]
    span = members(body, *piece).get("content")
    if span is None:
        return None
    if body[span[0]] == BRACKET and (blocks := elements(body, *span)) and "cache_control" in members(body, *blocks[-1]):
        return []
    edit = _in_content(body, Slice(*span)) if request.cache_marks < MOST_MARKS else None
    return [edit._replace(new=edit.new.replace(_MARK, _NAME + mark))] if edit is not None else None


def in_message(body: bytes, piece: Slice) -> Edit | None:
    """The edit that marks a message, at its end; None where it can't be marked."""
    try:
        span = members(body, piece.start, piece.end).get("content")
    except Unreadable:
        return None
    return _in_content(body, Slice(*span)) if span is not None else None


def _in_system(body: bytes, span: Slice) -> Edit | None:
    return _in_content(body, span)


def _in_content(body: bytes, span: Slice) -> Edit | None:
    """Mark the last block; a plain string becomes the list of one block that it stands for."""
    start, end = span
    if body[start] == QUOTE:
        if end - start <= 2:
            return None  # an empty text can't be marked
        text = body[start:end]
        return Edit(start, end, b'[{"type":"text","text":' + text + b"," + _MARK + b"}]")
    if body[start] != BRACKET:
        return None
    try:
        blocks = elements(body, start, end)
        fields = members(body, *blocks[-1]) if blocks else {}
    except Unreadable:
        return None
    kind = fields.get("type")
    if kind is None or body[kind[0] : kind[1]] in _UNMARKABLE:
        return None
    text_span = fields.get("text")
    if text_span is not None and text_span[1] - text_span[0] <= 2:
        return None
    at = blocks[-1][1] - 1
    return Edit(at, at, b"," + _MARK)


def cache_key(exchange: Exchange, request: Request, root: Node) -> Edit | None:
    """The edit that names the conversation to OpenAI, so that its calls reach the machine that holds the cache."""
    if urlsplit(exchange.upstream).hostname != OPENAI_HOST or not request.tool_names or not by_key(exchange):
        return None
    body = exchange.body_in
    try:
        fields = members(body)
    except Unreadable:
        return None
    if not fields or "prompt_cache_key" in fields:
        return None
    at = body.index(b"{") + 1
    return Edit(at, at, b'"prompt_cache_key":"hr-' + root.key.hex().encode() + b'",')
