"""The contract of the stream weavers, and how they rewrite single events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from headroom.retrieval.turns.parts import Round

MAX_KEPT = 64 * 1024 * 1024
"""Bytes of one answer's events that are kept for a continuation. No model writes that much in one turn."""


class Weaver(Protocol):
    """One turn of the client's as a state machine over whole events; pure.

    Every event goes through ``feed``, which returns the bytes for the client: the event itself as long as nothing of
    ours was in the stream. Once a retrieve call was seen, its events are withheld, and those that close the answer are
    held back until the engine has decided: ``go_on`` (another round follows) or ``release``.
    """

    ended: bool
    """The last event of this round's answer was seen."""
    response_ids: tuple[str, ...]
    """Ids under which the provider keeps the rounds' answers, where it does: a client may name any of them."""

    @property
    def complete(self) -> bool:
        """Whether the answer is whole, should the stream end here."""

    @property
    def woven(self) -> bool:
        """Whether anything was withheld so far, so that the client can't be left with the provider's own ending."""

    def feed(self, event: bytes) -> bytes:
        """Take one event; return what the client gets now."""

    def finish(self) -> Round:
        """This round's answer, once it ended. Raises ``Unreadable`` when it can't be given back to the provider."""

    def go_on(self) -> bytes:
        """Another round follows. Returns visible words that were in the events held back."""

    def release(self, usage: Mapping[str, object] | None, *, stop: bool, words: str = "") -> bytes:
        """The closing events. ``usage`` replaces the provider's; ``stop``: nothing is left to call, so the turn ended.

        ``words`` are said in front of them.
        """

    def ping(self) -> bytes:
        """Bytes that a client of this format ignores."""


def with_data(event: bytes, data: bytes) -> bytes:
    """The same event with other data, which must not contain a newline. Other fields and line ends stay."""
    newline = b"\r\n" if b"\r\n" in event else b"\n"
    kept: list[bytes] = []
    placed = False
    for line in event.removeprefix(b"\xef\xbb\xbf").splitlines():
        if line.startswith(b"data:") or line == b"data":
            if not placed:
                kept.append(b"data: " + data)
                placed = True
        elif line:
            kept.append(line)
    return newline.join(kept) + newline * 2


def one_line(data: bytes) -> bytes:
    """JSON that came in several data lines, on one line: raw newlines are white space in JSON."""
    return data.replace(b"\n", b" ") if b"\n" in data else data
