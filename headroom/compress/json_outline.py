"""Lists of a few large objects, such as events of a service: of those that nobody asks for, the members that tell them apart."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from headroom.compress.json_parts import Asked, Cut, Part, join, key_text, leave_out, parts_of
from headroom.compress.word_search import stands

_LARGE = 1_200
"""Characters of an object of which it is worth while to show a part only."""
_SCALARS = 6
_SHORT = 80
"""So many of an object's first plain values stay, each of up to so many characters."""
_STATES = 3
_WORD = re.compile(r'"[A-Za-z][\w -]{0,23}"')
"""Of what stands deeper the first few of such values do, where some key there is named: a state, a kind."""
_BROAD = 400
"""Characters of an object or a list that a task must not name alone, where the question asked last names other keys."""
_ID = re.compile(r"[\w-]{5,}")
"""What may be said to be nowhere; "step 17" counts what the reader does."""
_NAME = 0.9
_SURE = 0.8
_MAX_DEPTH = 4


def is_list_of_large(parts: Sequence[Part]) -> bool:
    """Whether these are the elements of a list of objects, large ones among them."""
    objects = len(parts) > 1 and all(key is None and value[0] == "{" for _, _, key, value in parts)
    return objects and any(len(value) >= _LARGE for _, _, _, value in parts)


def outline(parts: Sequence[Part], at: int, path: str, asked: Sequence[Asked]) -> list[Cut] | None:
    """What to leave out of objects that are not asked for; None where the question names none of them, and no key in them.

    ``at`` is where their list starts. An object with a value that the question names stays whole, of the others the
    members whose keys it names, and their first plain values.
    """
    held = _held(parts, asked)
    last = _asked_last(parts, asked)
    cuts: list[Cut] = []
    answered = bool(held)
    for row, (start, _, _, value) in enumerate(parts):
        named = _Outline(asked, last).look(value, at + start, "", f"{path}[{row}]", cuts if row not in held else [])
        answered = answered or named
    return cuts if answered else None


def absent(body: str, asked: Sequence[Asked]) -> list[str]:
    """Numbers and the like that the question names and that stand nowhere in a document."""
    lowered = body.lower()
    return list(
        dict.fromkeys(
            term.text
            for each in asked
            for term in each.relevance.named
            if term.weight >= _SURE
            and any(map(str.isdigit, term.text))
            and _ID.fullmatch(term.text)
            and term.text not in lowered
        )
    )


def _asked_last(parts: Sequence[Part], asked: Sequence[Asked]) -> frozenset[str]:
    """The names that the question right before the call says, where a key is among them; the task stands before it."""
    names = frozenset(name.lower() for each in asked[:1] for name in each.relevance.pointed)
    keys = [f'"{name.rpartition(".")[2]}":' for name in names]
    return names if any(key in value.lower() for key in keys for _, _, _, value in parts) else frozenset()


def _held(parts: Sequence[Part], asked: Sequence[Asked]) -> set[int]:
    """The few objects that hold a value which the question names: what most of them hold tells none of them."""
    found: set[int] = set()
    texts = [value.lower() for _, _, _, value in parts]
    most = max(1, len(parts) // 3)
    for each in asked:
        for term in each.relevance.named:
            if not any(term.text in text for text in texts):
                continue
            as_value = re.compile(rf'"{re.escape(term.text)}"(?!:)')
            holders = {
                row
                for row, text in enumerate(texts)
                if term.text in text and (as_value.search(text) or (term.weight >= _SURE and stands(text, term.text)))
            }
            if len(holders) <= most:
                found |= holders
        told = {row for row, text in enumerate(texts) if _is_told(text, each)}
        if len(told) <= most:
            found |= told
    return found


def _is_told(text: str, asked: Asked) -> bool:
    """Whether the question says a value of a key that it names: "whose `title` is Away We Go"."""
    for key in asked.words:
        for match in re.finditer(rf'"{re.escape(key.rpartition(".")[2])}":(?:"([^"\\]{{3,}})"|(\d{{3,}}))', text):
            if stands(asked.relevance.wording, match[1] or match[2]):
                return True
    return False


class _Outline:
    """What stays of one object."""

    def __init__(self, asked: Sequence[Asked], last: Collection[str]) -> None:
        self._asked = asked
        self._keys = {
            term.text
            for each in asked
            for term in each.relevance.named
            if term.weight >= _NAME and "." not in term.text
        }
        self._paths = [path for each in asked for path in each.paths]
        self._last = last

    def look(self, raw: str, at: int, path: str, shown: str, cuts: list[Cut], depth: int = 0) -> bool:
        """Add to the cuts what is not named in an object at an offset; whether a key in it is.

        ``path`` is its name within the object of the list, ``shown`` the whole one.
        """
        parts = parts_of(raw)
        keep = {row for each in self._asked for row in each.names(path, parts)}
        keep -= {row for row in keep if self._is_of_the_task(join(path, parts[row][2]), parts[row][3])}
        named = bool(keep & {row for row, part in enumerate(parts) if self._is_sure(join(path, part[2]))})
        if depth == 0:
            short = [row for row, part in enumerate(parts) if part[3][0] not in "[{" and len(part[3]) <= _SHORT]
            keep.update(short[:_SCALARS])
        elif keep:
            keep.update([row for row, part in enumerate(parts) if _WORD.fullmatch(part[3])][:_STATES])
        deeper = self._keys - {str(part[2]).lower() for part in parts}
        for row, (start, _, key, value) in enumerate(parts):
            if row in keep or value[0] != "{" or key is None or depth == _MAX_DEPTH:
                continue
            within = join(path, key).lower()
            lowered = value.lower()
            if any(name.startswith(f"{within}.") for name in self._paths) or any(
                f'"{name}":' in lowered for name in deeper
            ):
                offset = at + start + len(key_text(raw, start))
                inner: list[Cut] = []
                if self.look(value, offset, within, f"{shown}.{key}", inner, depth + 1):
                    named = True
                    keep.add(row)
                    cuts += inner
        if keep:
            cuts += leave_out(parts, keep, at, shown, listed=True)
        return named

    def _is_sure(self, path: str) -> bool:
        lowered = path.lower()
        return lowered in self._paths or lowered.rpartition(".")[2] in self._keys

    def _is_of_the_task(self, path: str, value: str) -> bool:
        """Whether a large member is named by the task only, while the question asked last names keys of its own."""
        large = bool(self._last) and value[0] in "[{" and len(value) >= _BROAD
        return large and path.lower() not in self._last and path.lower().rpartition(".")[2] not in self._last
