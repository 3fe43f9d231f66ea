"""Collecting a streamed answer's text; used only while message logging is on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

MAX_TEXT: Final = 4 * 1024 * 1024
"""Characters kept of one answer."""


class TextTap:
    """Joins the text deltas of one stream, up to a bound."""

    __slots__ = ("_delta", "_pieces", "_room")

    def __init__(self, delta: Callable[[bytes], str], limit: int = MAX_TEXT) -> None:
        self._delta = delta
        self._pieces: list[str] = []
        self._room = limit

    def feed(self, event: bytes) -> None:
        """Take one complete event."""
        if self._room > 0:
            piece = self._delta(event)[: self._room]
            self._room -= len(piece)
            self._pieces.append(piece)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._pieces)
