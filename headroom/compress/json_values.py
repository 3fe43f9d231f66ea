"""JSON without records to speak of: nested objects, long lists of values, maps from names to values."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from headroom.compress import aliases, json_layout, json_repeats, json_text
from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.json_decode import source_of
from headroom.compress.json_layout import Layout
from headroom.compress.json_outline import absent
from headroom.compress.json_parts import Asked, Cut, about
from headroom.compress.json_pointed import all_but_pointed
from headroom.compress.json_records import IrregularKeys
from headroom.compress.json_search import LEAST, Search, beside
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition
from headroom.compress.sides import sides

_LONG_QUERY = 1_200
_SURE = 0.8
"""The least score for a longer query, where single words meet by chance."""
_MIN_GAP = 130
_WORTH = 0.75
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MARK = re.compile(r"[$@&%^§][A-Za-z]=.")
_HOLE = "\x00\n"
"""Stands for a gap; no JSON text holds it."""


class JsonValues:
    """Objects and lists, minified; the long ones among their collections cut to what is asked for."""

    kind = "json"

    def lossless(self, text: str, hints: Hints) -> Rendition | None:  # noqa: ARG002 - the contract's signature
        """Leave out white space, fold counting lists, say repeated values once, mark repeated words."""
        layout, body = json_layout.split(text) or (None, "")
        if layout is None:
            return None
        values, body = json_repeats.say_once(body, nested=True) or ([], body)
        try:
            lines = [*values, *json_text.write(body).lines]
        except IrregularKeys:
            return None
        marks, rest = aliases.encode("\n".join(lines))
        said = (f"; marks: {len(marks)}" if marks else "") + (f"; said once: {len(values)}" if values else "")
        encoded = "\n".join([f"{SIGIL}json {layout.tag}{said}]", *marks, rest])
        return Rendition((encoded,), self.kind, "json:minified", lossless=True) if len(encoded) < len(text) else None

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``; raises ValueError on other text."""
        return source_of(encoded)

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Show of long collections what is asked for, with their ends; every key of the objects around them stays.

        Where the question calls all that it wants by its dotted name, nothing else does.
        """
        found = json_layout.split(text)
        relevance = Relevance.from_hints(hints)
        if found is None or not relevance.specific:
            return None
        layout, body = found
        if "every" in relevance.asks and not _has_keys(body, relevance.pointed):
            return None
        if layout is None or layout.ascii:
            # Offsets are counted in the source's own spelling.
            plain = json_layout.minify(text.strip("\ufeff \t\r\n"))
            if plain is None:
                return None
            body = plain
        if (others := all_but_pointed(body, hints)) is not None:
            cuts = sorted((cut for cut in others if cut.end - cut.start >= _MIN_GAP), key=lambda cut: cut.start)
            return self._cut(text, layout, body, cuts, [], "json:asked") if cuts else None
        least = LEAST if len(hints.query) <= _LONG_QUERY else _SURE
        asked = [about(each) for each in (hints, *sides(hints))]
        search = Search(asked, least, by_path=_points(body, asked[0]))
        search.look(body, 0, "", 0)
        if not search.answered:
            return None
        found_cuts = [*search.cuts, *(beside(body, search.cuts, asked) if search.keyed else ())]
        cuts = [cut for cut in sorted(found_cuts, key=lambda cut: cut.start) if cut.end - cut.start >= _MIN_GAP]
        if not cuts or len(body) - sum(cut.end - cut.start for cut in cuts) > _WORTH * len(body):
            return None
        return self._cut(text, layout, body, cuts, absent(body, asked), "json:members")

    def _cut(
        self,
        text: str,
        layout: Layout | None,
        body: str,
        cuts: Sequence[Cut],
        missing: Sequence[str],
        transform: str,
    ) -> Rendition | None:
        edges = [edge for cut in cuts for edge in (cut.start, cut.end - 1)]
        offsets = json_layout.source_offsets(text, edges)
        if len(offsets) != len(edges):
            return None
        breaks = [match.start() for match in re.finditer("\n", text)]
        by_line = len(breaks) > 0.02 * len(body) or (layout is not None and layout.style.endswith("lines"))
        pieces: list[str | Gap] = []
        start = 0
        for cut, first, last in zip(cuts, offsets[::2], offsets[1::2], strict=True):
            pieces.append(escape(body[start : cut.start]) + "\n")
            if by_line and cut.whole:
                a, b, unit = bisect_left(breaks, first) + 1, bisect_left(breaks, last) + 1, "lines"
            else:
                a, b, unit = first + 1, last + 1, "chars"
            pieces.append(Gap(a, b, unit, cut.note))
            start = cut.end
        pieces.append(escape(body[start:]) + "\n")
        said = f"; not in this text: {', '.join(missing)}" if missing else ""
        marks, joined = aliases.encode(_HOLE.join(piece for piece in pieces if isinstance(piece, str)), _LETTERS)
        shorter = iter(joined.split(_HOLE))
        pieces = [next(shorter) if isinstance(piece, str) else piece for piece in pieces]
        said += f"; marks: {len(marks)}" if marks else ""
        top = "".join(f"{line}\n" for line in [f"{SIGIL}json without white space{said}]", *marks])
        return Rendition((f"{top}{pieces[0]}", *pieces[1:]), self.kind, transform, lossless=False)

    def explains(self, text: str, lines: list[str]) -> bool:
        """Whether ``lines`` are runs of the text without its white space."""
        body = json_layout.minify(text.strip("\ufeff \t\r\n")) or (json_layout.split(text) or (None, ""))[1]
        marks = [line for line in lines if _MARK.match(line)]
        shown = aliases.decode(marks, "\n".join(line for line in lines if line not in marks))
        return all(unescape(line) in body for line in shown.split("\n"))


def _has_keys(body: str, names: Sequence[str]) -> bool:
    """Whether there are names, and each is a key, or ends in one behind a dot: a task may want all, and a step only these."""
    return bool(names) and all(
        any(f'"{".".join(parts[start:])}":' in body for start in range(len(parts)))
        for parts in (name.split(".") for name in names)
    )


def _points(body: str, asked: Asked) -> bool:
    """Whether the question says dotted names of the document, and each of those it says is in it."""
    lowered = body.lower()
    return _has_keys(lowered, asked.paths)


COMPRESSORS = (JsonValues(),)
