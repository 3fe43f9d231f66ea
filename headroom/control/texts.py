"""Texts that several requests show: each is held once, until the last of its users is gone."""

from __future__ import annotations

from headroom.errors import Unreadable
from headroom.wire.body import text_of


class Texts:
    """Texts by name, as JSON literals, with the number of their users. Not thread-safe."""

    def __init__(self) -> None:
        self._held: dict[bytes, tuple[bytes, int]] = {}
        self.bytes = 0
        """Of all texts."""

    def hold(self, name: bytes, source: bytes, start: int = 0, end: int | None = None) -> None:
        """Add one user of a text, which is a part of ``source``."""
        known = self._held.get(name)
        if known is not None:
            self._held[name] = (known[0], known[1] + 1)
            return
        text = source[start:end]
        self.bytes += len(text)
        self._held[name] = (text, 1)

    def drop(self, name: bytes) -> None:
        """Take one user away; the last one takes the text along."""
        text, users = self._held.pop(name)
        if users > 1:
            self._held[name] = (text, users - 1)
        else:
            self.bytes -= len(text)

    def get(self, name: bytes) -> str:
        """A text, decoded from its JSON literal."""
        try:
            return text_of(self._held[name][0])
        except Unreadable:
            return self._held[name][0].decode("utf-8", "replace")
