"""One tool result on its way to a verdict: its text is read out of the request once, and only where it is needed."""

from __future__ import annotations

from dataclasses import dataclass, field

from headroom.wire.body import mended, text_of
from headroom.wire.dialect import TextPart
from headroom.wire.outline import QUOTE


@dataclass(slots=True)
class Result:
    """A text part of a message; ``raw`` is the message as it came."""

    raw: bytes
    part: TextPart
    _text: str | None = field(default=None, init=False, repr=False)

    @property
    def size(self) -> int:
        """Bytes as it stands in the request."""
        return self.part.end - self.part.start

    @property
    def written(self) -> bytes:
        """The JSON as it stands in the request."""
        return self.raw[self.part.start : self.part.end]

    @property
    def is_string(self) -> bool:
        """Whether it is a string there, and no array or object."""
        return self.raw[self.part.start] == QUOTE

    @property
    def broken(self) -> bool:
        """Whether it holds half a character, so that no text can stand for it."""
        if self._text is None or not self.is_string:
            return mended(self.written) is not None
        try:
            self._text.encode()  # sooner tried than looked for in the JSON
        except UnicodeEncodeError:
            return True
        return False

    @property
    def text(self) -> str:
        """What it says. Raises ``Unreadable``."""
        if self._text is None:
            self._text = text_of(self.written)
        return self._text
