"""Lines of no known kind, such as tools print by the hundred: entries made alike as rows, repeated blocks once, a legend."""

from __future__ import annotations

from headroom.compress import stanzas
from headroom.compress.packing import LineCompressor
from headroom.compress.rendition import Hints, Rendition

_MIN_LINES = 8


class AnyLines(LineCompressor):
    """What no other compressor takes; without loss only."""

    kind = "lines"
    layout = "legend"

    def encode(self, text: str) -> str | None:
        """Write shorter what repeats; None for a few lines, or where little repeats."""
        return stanzas.encode(text) if text.count("\n") >= _MIN_LINES else None

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        return stanzas.decode(encoded)

    def lossy(self, text: str, hints: Hints) -> Rendition | None:  # noqa: ARG002 - the contract's signature
        """Nothing is left out of a text that nobody knows."""
        return None
