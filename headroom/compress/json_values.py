"""JSON without records to speak of: nested objects, long lists of values, maps from names to values."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from headroom.compress import aliases, json_layout, json_repeats, json_text
from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.json_decode import source_of
from headroom.compress.json_layout import Layout
from headroom.compress.json_outline import absent, is_list_of_large, outline
from headroom.compress.json_parts import Asked, Cut, Part, about, join, key_text, leave_out, parts_of
from headroom.compress.json_records import IrregularKeys
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition
from headroom.compress.sides import sides

_MANY = 40
"""Elements of a list, or members of a map, that may be cut."""
_MANY_BESIDE = 20
"""Where the question says the dotted names of what it wants."""
_FEW = 5
"""Fewer objects in a map stay."""
_HOLDERS = 0.34
"""Share of a map's members that may have a key for it to tell them from the others."""
_ALIKE = 0.95
"""A map from data to data has values of one type; a record, whose keys all stay, has not."""
_LARGE = 700
"""Its characters."""
_LONG_TEXT = 1_200
_TEXT_HEAD = 400
_TEXT_TAIL = 200
_MAX_DEPTH = 8
_FIRST = 2
_LAST = 1
_CLOSE = 0.6
_LEAST = 0.3
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
        """Show of long collections what is asked for, with their ends; every key of the objects around them stays."""
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
        least = _LEAST if len(hints.query) <= _LONG_QUERY else _SURE
        asked = [about(each) for each in (hints, *sides(hints))]
        search = _Search(asked, least, by_path=_points(body, asked[0]))
        search.look(body, 0, "", 0)
        if not search.answered:
            return None
        cuts = [cut for cut in sorted(search.cuts, key=lambda cut: cut.start) if cut.end - cut.start >= _MIN_GAP]
        if not cuts or len(body) - sum(cut.end - cut.start for cut in cuts) > _WORTH * len(body):
            return None
        return self._cut(text, layout, body, cuts, absent(body, asked))

    def _cut(
        self, text: str, layout: Layout | None, body: str, cuts: Sequence[Cut], missing: Sequence[str]
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
        top = "".join(f"{line}\n" for line in [f"{SIGIL}json, white space left out{said}]", *marks])
        return Rendition((f"{top}{pieces[0]}", *pieces[1:]), self.kind, "json:members", lossless=False)

    def explains(self, text: str, lines: list[str]) -> bool:
        """Whether ``lines`` are runs of the text without its white space."""
        body = json_layout.minify(text.strip("\ufeff \t\r\n")) or (json_layout.split(text) or (None, ""))[1]
        marks = [line for line in lines if _MARK.match(line)]
        shown = aliases.decode(marks, "\n".join(line for line in lines if line not in marks))
        return all(unescape(line) in body for line in shown.split("\n"))


class _Search:
    """Walks the collections of a document and finds what may go."""

    def __init__(self, asked: Sequence[Asked], least: float, *, by_path: bool = False) -> None:
        self.cuts: list[Cut] = []
        self.answered = False
        """Something that the question names was found."""
        self._asked = asked
        """The question as a whole first, then each one in it."""
        self._least = least
        self._by_path = by_path
        """The question says the dotted names of what it wants: other maps of objects are not about it."""

    def look(self, raw: str, at: int, path: str, depth: int, *, led: bool = False) -> None:
        """Look into a value that starts at offset ``at``; ``path`` is its dotted name, ``led`` if one in the question led here."""
        if raw[0] == '"':
            if len(raw) > _LONG_TEXT:
                self._text(raw, at)
            return
        if raw[0] not in "[{" or depth > _MAX_DEPTH:
            return
        parts = parts_of(raw)
        many = _MANY_BESIDE if self._by_path else _MANY
        if len(parts) >= many and len(raw) >= _LARGE and _is_collection(parts):
            self._collection(raw, at, path, parts)
            return
        if self._by_path and not _is_map(raw, parts) and self._along(raw, at, path, parts, depth, led=led):
            return
        cuts = outline(parts, at, path, self._asked) if is_list_of_large(parts) else None
        if cuts is not None:
            self.answered = True
            self.cuts += cuts
            return
        if not self.answered:
            self.answered = bool(self._asked[0].names(path, parts))
        held = self._holding(parts) if len(raw) >= _LARGE else set[int]()
        if held:
            self.answered = True
            self.cuts += leave_out(parts, held, at, path)
        elif self._by_path and _is_map(raw, parts):
            self._collection(raw, at, path, parts)
            return
        for row, (start, _, key, value) in enumerate(parts):
            if len(value) >= _LARGE and (not held or (row in held and key is not None and not self._is_named(key))):
                offset = at + start + (len(key_text(raw, start)) if key is not None else 0)
                self.look(value, offset, join(path, key), depth + 1, led=led)

    def _along(self, raw: str, at: int, path: str, parts: Sequence[Part], depth: int, *, led: bool) -> bool:
        """Keep of a large map of objects what the dotted names in the question lead to; False where it may be meant itself."""
        asked = self._asked[0]
        is_map = len(raw) >= _LARGE and len(parts) > 1 and all(value[0] == "{" for _, _, _, value in parts)
        leading = asked.leads_into(path, parts) if is_map else []
        if not leading and not (is_map and led and path.lower() not in asked.paths):
            return False
        self.answered = True
        called = asked.names(path, parts)
        self.cuts += leave_out(parts, {*leading, *called}, at, path)
        for row in leading:
            start, _, key, value = parts[row]
            if row not in called:
                self.look(value, at + start + len(key_text(raw, start)), join(path, key), depth + 1, led=True)
        return True

    def _collection(self, raw: str, at: int, path: str, parts: list[Part]) -> None:
        """Keep the ends, and what the question is about; the whole if it asks for the collection itself."""
        keep: set[int] = set()
        for asked in self._asked:
            named = asked.names(path, parts) or asked.leads_into(path, parts)
            self.answered |= bool(named) or any(word.startswith(f"{path}.".lower()) for word in asked.paths if path)
            if not named and path.rpartition(".")[2].lower() in asked.words:
                self.answered = True
                return
            if not named:
                scores = asked.relevance.score_lines([raw[start:end] for start, end, _, _ in parts])
                best = max(scores)
                if best >= self._least:
                    named = [i for i, score in enumerate(scores) if score >= _CLOSE * best]
                    if len(named) > 0.4 * len(parts):
                        self.answered = True
                        return
            self.answered |= bool(named)  # by its score
            keep.update(named)
        keep.update([*range(_FIRST), *range(len(parts) - _LAST, len(parts))])
        self.cuts += leave_out(parts, keep, at, path)

    def _holding(self, parts: Sequence[Part]) -> set[int]:
        """Of a map of objects, such as a tree of packages, the members that hold what the question names: a word for sure, or a key.

        None unless they are few: what most members hold tells none of them.
        """
        if len(parts) < _FEW or any(key is None or value[0] != "{" for _, _, key, value in parts):
            return set()
        found: set[int] = set()
        texts = [f'"{key}":{value}'.lower() for _, _, key, value in parts]
        for term in dict.fromkeys(term for asked in self._asked for term in asked.relevance.named):
            sign = term.text if term.weight >= _SURE else f'"{term.text}":'
            holders = {i for i, text in enumerate(texts) if sign in text}
            if len(holders) <= _HOLDERS * len(parts):
                found |= holders
            elif term.weight >= _SURE:
                return set()
        return found

    def _is_named(self, key: str) -> bool:
        return any(key.lower() in asked.words for asked in self._asked)

    def _text(self, raw: str, at: int) -> None:
        if any(asked.relevance.score(raw) >= _LEAST for asked in self._asked):
            return
        head, tail = _TEXT_HEAD, len(raw) - _TEXT_TAIL
        while raw[head - 1] == "\\":
            head -= 1
        while raw[tail - 1] == "\\":
            tail += 1
        self.cuts.append(Cut(at + head, at + tail, "", whole=False))


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


def _is_map(raw: str, parts: Sequence[Part]) -> bool:
    """A map from many names to small objects."""
    return (
        len(parts) >= _MANY
        and len(raw) >= _LARGE
        and all(key is not None and value[0] == "{" and len(value) < _LARGE for _, _, key, value in parts)
    )


def _is_collection(parts: Sequence[Part]) -> bool:
    """Plain values of one type: lists of records are the tables' business."""
    types = Counter(_type(value) for _, _, _, value in parts)
    usual, count = types.most_common(1)[0]
    return usual != "{" and count >= _ALIKE * len(parts)


def _type(value: str) -> str:
    return value[0] if value[0] in '"[{tfn' else "0"


COMPRESSORS = (JsonValues(),)
