"""Lines of any kind, such as tools print by the hundred: entries made alike as rows, repeated blocks once, a legend.

For a text that is read closely there is `RepeatedLines`, which touches nothing but copies that stand right below.
"""

from __future__ import annotations

import re
from functools import cached_property

from headroom.compress import again_counts, hidden_names, line_counts, odd_cells, stanzas, table_counts
from headroom.compress.folding import escape, fold_repeats, unescape
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor, join, pack, told_above, unpack
from headroom.compress.rendition import Hints, Rendition
from headroom.compress.stanza_rows import ROWS, SEPARATORS

_MIN_LINES = 8
_LEGEND_SHARE = 0.95
"""A text must get this much shorter to be worth a legend."""
_ALONE_SHARE = 0.9
"""The same for a text without rows."""
_MUCH = 0.88
"""Where rows leave more than this share of a text, blocks and a legend without rows may do better."""
_TOLD_SHARE = 0.87
"""A text that stays longer than this share hides little, and what is said of it could cost what is spared."""
_CELL_ENDS = "\x1d\x1e\x1f"
_CELL_END = re.compile(f"[{_CELL_ENDS}]")
"""Stand for the separators until the legend is made, since no mark is to span two cells."""


class AnyLines(LineCompressor):
    """What no other compressor takes; without loss only."""

    kind = "lines"
    layout = "legend"

    def encode(self, text: str) -> str | None:
        """Write shorter what repeats; None for a few lines, or where little repeats. Of a table, columns are counted."""
        encoded = encode(text) if text.count("\n") >= _MIN_LINES else None
        if encoded is None or table_counts.cut_for_little(text, encoded):
            return None
        told = told_above(encoded, table_counts.told(text, encoded) or again_counts.told(text, encoded))
        return told if len(told) < len(text) else encoded

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        return decode(encoded)

    def lossy(self, text: str, hints: Hints) -> Rendition | None:  # noqa: ARG002 - the contract's signature
        """Nothing is left out of a text that nobody knows."""
        return None


class RepeatedLines(LineCompressor):
    """A text of any kind in which lines, or blocks of a few, come many times in a row; without loss only."""

    kind = "lines"
    layout = "repeats"

    def encode(self, text: str) -> str | None:
        """Write each such run once, with a count below it."""
        folded = fold_repeats(lines_of(escape(text)))
        encoded = join(folded) if folded is not None else text
        return encoded if len(encoded) < len(text) else None

    def lossy(self, text: str, hints: Hints) -> Rendition | None:  # noqa: ARG002 - the contract's signature
        """Nothing is left out."""
        return None


def encode(text: str) -> str | None:
    """Fold, then pack what stays: repeated blocks once, a legend; None where that spares nothing."""
    lines = lines_of(escape(text))
    folded = stanzas.fold(lines, _CELL_ENDS)
    head = line_counts.told(lines, text)
    ways = _Ways(text, lines, folded)
    best = ways.shortest(head)
    if head and len(best) > _TOLD_SHARE * len(text):
        best = ways.shortest([])
    if len(best) > _TOLD_SHARE * len(text):
        return best if len(best) < len(text) else None
    said = hidden_names.told(text, best)
    if folded is not None and ROWS in best:
        said += odd_cells.told(folded, _CELL_ENDS, len(text) - len(best))
    return told_above(best, said)


class _Ways:
    """The ways to write one text, each made once: what is said above it changes only which of them is the shortest."""

    def __init__(self, text: str, lines: list[str], folded: list[str] | None) -> None:
        self._text = text
        self._lines = lines
        self._folded = folded

    @cached_property
    def _rows(self) -> tuple[str, str | None] | None:
        """Rows of cells, without a legend and with one; None where no entries are made alike."""
        if self._folded is None:
            return None
        packed = pack(self._folded, apart=_CELL_END)
        return _with_separators(join(self._folded)), None if packed is None else _with_separators(packed)

    @cached_property
    def _packed(self) -> str | None:
        """A legend without rows."""
        return pack(self._lines)

    def shortest(self, head: list[str]) -> str:
        """Return the shortest of them, below the summary lines ``head``; the text where none spares enough."""
        best = self._text
        if self._rows is not None:
            plain, packed = self._rows
            best = _shorter(told_above(plain, head), None if packed is None else told_above(packed, head))
        if len(best) > _MUCH * len(self._text) and self._packed is not None:
            packed = told_above(self._packed, head)
            best = packed if len(packed) < _ALONE_SHARE * len(best) else best
        return best


def _with_separators(text: str) -> str:
    """Write the separators; one sign after the other is some twenty times faster than `str.translate`."""
    for sign, separator in zip(_CELL_ENDS, SEPARATORS, strict=True):
        text = text.replace(sign, separator)
    return text


def _shorter(plain: str, packed: str | None) -> str:
    """The one with a legend, where that spares enough."""
    return packed if packed is not None and len(packed) < _LEGEND_SHARE * len(plain) else plain


def decode(encoded: str) -> str:
    """Invert `encode`; raises ValueError on what it cannot have made."""
    return unescape("\n".join(stanzas.unfold(unpack(encoded)[1])))
