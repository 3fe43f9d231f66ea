"""Lines that enumerate versions, paths or ids by the hundred behind one another; both ends and what is asked for stay."""

from __future__ import annotations

import re

from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition, Unencoded

MIN_LINE = 1_000
MIN_ITEMS = 50
_SEPARATORS = (", ", ",", "; ", ";", " | ", ":", " ")
"""The wider first: what stands between items is taken whole."""
_SHARE = 0.95
"""Share of short items without a blank in them; the first may have a heading in front of it."""
_ITEM = re.compile(r"\s?[^\s(){}\[\]<>=\"'`]{1,60}\s?")
"""Code and JSON have signs of their own."""
_DIGIT = re.compile(r"\d")
_NUMBERED = 0.9
"""Share of items with a digit, of those between blanks: others may be a sentence."""
_FIRST = 12
_LAST = 6
_BESIDE = 2
_NAMED = 24
"""A word that more items hold says nothing of any."""


class Enumeration(Unencoded):
    """Lines of a thousand characters and more that are lists of short items."""

    kind = "enumeration"

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep of each long list its first and last items and those that the question names, with their neighbours."""
        relevance = Relevance.from_hints(hints)
        if not relevance.specific or "every" in relevance.asks:
            return None
        pieces: list[str | Gap] = []
        whole, at = "", 0
        for line in text.split("\n"):
            kept = _kept(line, relevance) if len(line) >= MIN_LINE else None
            if kept is None:
                whole += line + "\n"
            else:
                (start, end, _), *rest = kept
                whole += line[start:end]
                for begin, stop, left in rest:
                    pieces += [whole + "\n", Gap(at + end + 1, at + begin, "chars", f"{left:,} items")]
                    whole, end = line[begin:stop], stop
                whole += "\n"
            at += len(line) + 1
        if not pieces:
            return None
        pieces.append(whole[:-1])
        return Rendition(tuple(pieces), self.kind, "enumeration:named", lossless=False)

    def explains(self, text: str, lines: list[str]) -> bool:
        """Hold for lines that are parts of the source's lines."""
        return all(line in text for line in lines)


def items_of(line: str) -> list[tuple[int, int]]:
    """Where the items of a line that enumerates begin, and where the next one does; empty for any other line."""
    for separator in _SEPARATORS:
        items = line.split(separator)
        if len(items) < MIN_ITEMS:
            continue
        short = sum(map(bool, map(_ITEM.fullmatch, items)))
        numbered = separator != " " or sum(map(bool, map(_DIGIT.search, items))) >= _NUMBERED * len(items)
        if short < _SHARE * len(items) or not numbered:
            continue
        spans: list[tuple[int, int]] = []
        at = 0
        for item in items:
            end = min(len(line), at + len(item) + len(separator))
            spans.append((at, end))
            at = end
        return spans
    return []


def _kept(line: str, relevance: Relevance) -> list[tuple[int, int, int]] | None:
    """The spans of a list that stay, and how many items are left out in front of each; None where nothing is."""
    spans = items_of(line)
    if not spans:
        return None
    keep = {*range(min(_FIRST, len(spans))), *range(max(0, len(spans) - _LAST), len(spans))}
    lowered = [line[start:end].lower() for start, end in spans]
    for term in relevance.named:
        found = [at for at, item in enumerate(lowered) if term.text in item]
        if len(found) <= _NAMED:
            keep.update(
                near for at in found for near in range(at - _BESIDE, at + _BESIDE + 1) if 0 <= near < len(spans)
            )
    kept: list[tuple[int, int, int]] = []
    last = -1
    for at in sorted(keep):
        start, end = spans[at]
        if kept and at == last + 1:
            begin, _, left = kept[-1]
            kept[-1] = (begin, end, left)
        else:
            kept.append((start, end, at - last - 1))
        last = at
    return kept if len(kept) > 1 else None


COMPRESSORS = (Enumeration(),)
