"""Edits that the dialects share: growing a list of messages, taking elements out, replacing one value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from headroom.errors import Unreadable
from headroom.exchange import Edit
from headroom.wire.body import splice
from headroom.wire.dialect import Request
from headroom.wire.outline import BRACKET, QUOTE, Span, members


class Outliner(Protocol):
    """The part of a dialect that finds a request's messages."""

    def outline(self, body: bytes) -> Request:
        """Find the messages. Raises ``Unreadable``."""


def append(body: bytes, dialect: Outliner, key: str, more: bytes, from_text: Callable[[bytes], bytes]) -> bytes:
    """Append elements to the list of messages under ``key``, which may also be a lone object, a string or missing.

    ``from_text`` makes a message of a string literal. Raises ``Unreadable``.
    """
    request = dialect.outline(body)
    start = request.body_start
    span = members(body, start, _end(body, start)).get(key) if start else members(body).get(key)
    if span is None:
        at = start + 1
        return splice(body, [Edit(at, at, f'"{key}":['.encode() + more + b"],")])
    first = body[span[0]]
    if first == BRACKET:
        if not request.messages:
            return splice(body, [Edit(*span, b"[" + more + b"]")])
        at = request.messages[-1].end
        return splice(body, [Edit(at, at, b"," + more)])
    whole = body[span[0] : span[1]]
    if first == QUOTE:
        whole = from_text(whole)
    elif whole == b"null":
        return splice(body, [Edit(*span, b"[" + more + b"]")])
    return splice(body, [Edit(*span, b"[" + whole + b"," + more + b"]")])


def _end(body: bytes, start: int) -> int:
    """The end of the object that starts at ``start`` in a body that nests it."""
    for span in members(body).values():
        if span[0] == start:
            return span[1]
    raise Unreadable("shape")


def keep(raw: bytes, array: Span, kept: Iterable[Span], *more: bytes) -> Edit:
    """An array reduced to some of its elements, and ``more`` behind them."""
    return Edit(*array, b"[" + b",".join([*(raw[start:end] for start, end in kept), *more]) + b"]")


def object_at(raw: bytes, span: Span | None) -> dict[str, Span]:
    """The fields of the object at a span; empty when there is no object."""
    if span is None or raw[span[0] : span[0] + 1] != b"{":
        return {}
    return members(raw, *span)
