"""What the model was told before a message, as one digest, which goes on from where an earlier request left it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from headroom.wire.dialect import Message, PartKind

_TOLD = frozenset({PartKind.USER, PartKind.TOOL_RESULT})


class ContextDigest:
    """Digests of what the user said and tools returned before a message; those results can be looked up.

    The model's own words are left out, as clients drop ids and thoughts from them; so are instructions, which tell the
    time. ``continued``: the request goes on from an answer that the provider keeps. ``known`` was made of the same first
    messages for an earlier request.
    """

    def __init__(self, messages: Sequence[Message], *, continued: bool, known: ContextDigest | None = None) -> None:
        self._messages = messages
        self._continued = continued
        self._asked = {0: blake2b(b"continued" if continued else b"", digest_size=16)}
        """The digest at each message that was asked for."""
        if known is not None and known._continued is continued:
            self._asked |= known._asked

    def at(self, index: int) -> bytes:
        """The digest at a message."""
        if (known := self._asked.get(index)) is None:
            last = self._last(index)
            known = self._asked[last].copy()
            for message in self._messages[last:index]:
                for part in message.parts:
                    if part.kind in _TOLD:
                        known.update(part.digest)
            self._asked[index] = known
        return known.digest()

    def up_to(self, count: int) -> ContextDigest:
        """What is known of the first ``count`` messages, to go on from: the last place that was asked for."""
        last = self._last(count)
        kept = ContextDigest((), continued=self._continued)
        kept._asked[last] = self._asked[last]
        return kept

    def _last(self, index: int) -> int:
        return max(place for place in self._asked if place <= index)
