"""Of an object that a question calls by its name: the fields that it asks for, where it says which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from headroom.compress.config_nesting import ITEM, Holder, indent_of
from headroom.compress.config_outline import Entry, has_content, key_of
from headroom.compress.query import Relevance
from headroom.compress.word_forms import stem_of, words_of_label

_ALSO = {"argument": ("args", "command"), "environment": ("env",), "expression": ("expr",), "wait": ("for",)}
"""What fields are called that are spoken of by another word; there may be none of these."""
_PROBE = "exec"
"""Above the command that Kubernetes runs beside a container's own."""
_OWN_NAME = frozenset(("name", "kind", "id"))
_LEAST_LINES = 30
"""A shorter object is shown whole."""
_SHARE = 0.6


def fields(
    lines: Sequence[str], objects: Iterable[Entry], relevance: Relevance, names: Iterable[str]
) -> set[int] | None:
    """Rows of the fields asked for, of all these objects, with what they stand in; None where some word may mean another.

    Short objects stay whole, and all do where little would go.
    """
    wanted = _wanted(relevance, set(names))
    if not wanted:
        return None
    keep: set[int] = set()
    size = 0
    for entry in objects:
        size += entry.last - entry.first + 1
        if entry.last - entry.first < _LEAST_LINES:
            keep.update(range(entry.first, entry.last + 1))
            continue
        rows = _fields(lines, entry, wanted)
        if rows is None:
            return None
        keep |= rows
    return keep if keep and len(keep) < _SHARE * size else None


def _wanted(relevance: Relevance, names: set[str]) -> dict[str, tuple[str, ...]]:
    """Stems of the words for fields in a question, with what else they may be called."""
    joined = " ".join(names)
    said = [term.text for term in relevance.named if " " not in term.text and term.text not in joined]
    if not all(word.isalpha() or "_" in word for word in said):
        return {}
    also = {stem_of(word): tuple(map(stem_of, other)) for word, other in _ALSO.items()}
    return {stem_of(word): also.get(stem_of(word), ()) for word in said}


def _is_field(stem: str, lines: Sequence[str]) -> bool:
    """Whether other parts of the text have a field of this name, which the object then lacks."""
    return (
        re.search(rf"^\s*(?:- +)?{re.escape(stem)}\w{{0,3}}:", "\n".join(lines), re.MULTILINE | re.IGNORECASE)
        is not None
    )


def _fields(lines: Sequence[str], entry: Entry, wanted: dict[str, tuple[str, ...]]) -> set[int] | None:
    keep: set[int] = set()
    found: set[str] = set()
    above: list[Holder] = []
    named: dict[int, int] = {}  # by the row of an item, that of its name
    until = -1  # the column of a field that stays, while in it
    for row in range(entry.head, entry.last + 1):
        line = lines[row]
        if not has_content(line):
            continue
        indent = indent_of(line)
        item = ITEM.match(line)
        if until >= 0 and (indent > until or (item and indent == until)):
            keep.add(row)
            continue
        until = -1
        while above and not above[-1].holds(indent, item=item is not None):
            above.pop()
        if item:
            above.append(Holder(row, indent, item=True))
        key = key_of(line)
        if not key:
            continue
        column = item.end() if item else indent
        above.append(Holder(row, column, item=False))
        if key in _OWN_NAME and (holder := next((one.row for one in reversed(above) if one.item), None)) is not None:
            named.setdefault(holder, row)
        stems = {stem_of(word) for word in words_of_label(key)} | {stem_of(key.lower())}
        asked = {word for word, also in wanted.items() if word in stems or not stems.isdisjoint(also)}
        if asked and not any(key_of(lines[one.row]) == _PROBE for one in above):
            found |= asked
            keep.update(one.row for one in above)
            until = column
    missing = [word for word, also in wanted.items() if word not in found and not also]
    if not found or not all(_is_field(word, lines) for word in missing):
        return None
    return keep | {name for item, name in named.items() if item in keep}
