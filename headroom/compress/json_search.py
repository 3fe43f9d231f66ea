"""Which of a document's long collections may go: all but what the question names, and their ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from headroom.compress.json_outline import is_list_of_large, outline
from headroom.compress.json_parts import Asked, Cut, Part, join, key_text, leave_out, parts_of

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
_BESIDE = 60
"""Characters of a member that may go where it stands beside what is asked for."""
_FEW_HOLD = 2
"""Members with a word of the question that stay, whatever their share."""
_MAX_DEPTH = 8
_FIRST = 2
_LAST = 1
_CLOSE = 0.6
LEAST = 0.3
"""Score from which the question is about something."""
_SURE = 0.8
"""Weight of a name."""


class Search:
    """Walks the collections of a document and finds what may go."""

    def __init__(self, asked: Sequence[Asked], least: float, *, by_path: bool = False) -> None:
        self.cuts: list[Cut] = []
        self.answered = False
        """Something that the question names was found."""
        self.keyed = False
        """It names a key of a collection that was cut."""
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
            by_key = any(parts[row][2] is not None for row in named)
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
            self.keyed |= by_key
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
        if any(asked.relevance.score(raw) >= LEAST for asked in self._asked):
            return
        head, tail = _TEXT_HEAD, len(raw) - _TEXT_TAIL
        while raw[head - 1] == "\\":
            head -= 1
        while raw[tail - 1] == "\\":
            tail += 1
        self.cuts.append(Cut(at + head, at + tail, "", whole=False))


def beside(body: str, cuts: Sequence[Cut], asked: Sequence[Asked]) -> list[Cut]:
    """Of a document's own members, the long ones without a word of the question, where others are cut to what it names.

    None where a word for sure stands in no other member: it may be told there in other words.
    """
    parts = parts_of(body) if body[0] == "{" else []
    texts = [f'"{key}":{value}'.lower() for _, _, key, value in parts]
    keep: set[int] = set()
    for term in dict.fromkeys(term for each in asked for term in each.relevance.named if " " not in term.text):
        holders = {row for row, text in enumerate(texts) if term.text in text}
        if not holders and term.weight >= _SURE:
            return []
        keep |= holders if len(holders) <= max(_FEW_HOLD, _HOLDERS * len(parts)) else set()
    for row, (start, end, _, value) in enumerate(parts):
        whole = value[0] in "[{" and end - start >= _BESIDE and not any(start <= cut.start < end for cut in cuts)
        if not whole or any(each.names("", parts[row : row + 1]) for each in asked):
            keep.add(row)
    return list(leave_out(parts, keep, 0, "", listed=True)) if len(keep) < len(parts) else []


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
