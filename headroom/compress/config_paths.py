"""Settings that a question calls by their way: ``spec.names.kind``, ``server.tls.port``, ``containers[0].image``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from headroom.compress.asks import asking
from headroom.compress.config_fields import Part, tree, wants_more
from headroom.compress.config_nesting import KeyRow, key_rows, standing_in
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints

_WAY = re.compile(r"(?<![\w./@:-])[A-Za-z_][\w-]{0,80}(?:\[\d{1,4}\]|\.[\w/-]{1,80}){1,12}(?![\w/@-]|\.\w)")
_FILE = re.compile(r"\.(?:ya?ml|toml|ini|cfg|conf|json|properties|env|tf|md|txt)$", re.IGNORECASE)
_SECTION = re.compile(r"\[{1,2}([^\[\]]{1,120})\]{1,2}\s*(?:[#;].*)?$")
_INDEX = re.compile(r"\[(\d+)\]")
_ALIAS = re.compile(r"(?:^|[:\s,\[-])\*([\w-]+)")
_ANCHOR = re.compile(r"(?:^|[:\s,\[-])&([\w-]+)")
_ANCHORED = 12
"""Rows of what an alias stands for."""
_NAME = 0.9
_SHARE = 0.6
_MOST = 8
"""Ways in a question, and places that one may lead to: in each of several documents, or items of a list."""


@dataclass(slots=True)
class _Held:
    """What holds other settings, its way in both spellings, and how many items it has so far."""

    last: int
    """Its last row."""
    plain: str
    placed: str
    items: int = 0


def asked(lines: Sequence[str], total: int, hints: Hints) -> dict[str, set[int]]:
    """The ways in a question that lead to a setting here, each with the rows of what it leads to."""
    query = asking(hints.query)
    ways = {_INDEX.sub(r".\1", way).lower() for way in _WAY.findall(query) if not _FILE.search(way)}
    text = "\n".join(lines[:total]).lower() if ways else ""
    ways = {way for way in ways if all(part.isdigit() or part in text for part in way.split("."))}
    if not 0 < len(ways) <= _MOST:
        return {}
    exact: dict[str, set[int]] = {}
    loose: dict[str, set[int]] = {}
    for spellings, first, last in _settings(lines, total):
        for way in ways:
            for spelled in spellings:
                if spelled == way:
                    exact.setdefault(way, set()).update(range(first, last + 1))
                elif spelled.endswith(f".{way}"):
                    loose.setdefault(way, set()).update(range(first, last + 1))
    found = loose | exact
    return {way: rows for way, rows in found.items() if _places(rows) <= _MOST}


def all_asked(lines: Sequence[str], total: int, hints: Hints, found: dict[str, set[int]]) -> Part | None:
    """The settings with all that they stand in, where a question is after nothing else; None where it may be, or after most."""
    query = asking(hints.query)
    if not found or wants_more(query):
        return None
    keyed = list(key_rows(lines, total))
    rows = set[int]().union(*found.values())
    rows |= set(_meant(lines, total, keyed, rows))
    keep = rows | set(standing_in(lines, keyed, rows)) | set(_sections(lines, rows))
    shown = "\n".join([*(lines[row] for row in sorted(keep)), *found]).lower()
    named = [term.text for term in Relevance(query, "").named if term.weight >= _NAME]
    if not all(_INDEX.sub(r".\1", name) in shown or _FILE.search(name) for name in named):
        return None
    if sum(len(lines[row]) for row in keep) > _SHARE * sum(map(len, lines[:total])):
        return None
    return Part(keep, list(tree(lines, 0, total - 1)))


def _settings(lines: Sequence[str], total: int) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Each key's way from the top, without and with the places in lists, and the rows that belong to it."""
    sections = {row: match[1].strip().lower() for row in range(total) if (match := _SECTION.match(lines[row]))}
    above: list[_Held] = []
    top = _Held(total, "", "")
    done = 0
    for one in sorted(key_rows(lines, total), key=lambda one: (one.row, not one.item)):
        named = next((sections[row] for row in range(one.row, done - 1, -1) if row in sections), None)
        if named is not None:
            top, above = _Held(total, named, named), []
        done = one.row + 1
        while above and above[-1].last < one.row:
            above.pop()
        holder = above[-1] if above else top
        if one.item:
            above.append(_Held(one.end, holder.plain, f"{holder.placed}.{holder.items}"))
            holder.items += 1
            continue
        name = one.key.strip("\"'").lower()
        inner = _Held(one.end, f"{holder.plain}.{name}".lstrip("."), f"{holder.placed}.{name}".lstrip("."))
        yield (inner.plain, inner.placed) if inner.plain != inner.placed else (inner.plain,), one.row, one.end
        above.append(inner)


def _meant(lines: Sequence[str], total: int, keyed: Sequence[KeyRow], rows: set[int]) -> Iterator[int]:
    """What YAML's aliases in these rows stand for: the first rows of what has the anchor."""
    names = {match[1] for row in rows for match in _ALIAS.finditer(lines[row])}
    anchors = {row for row in range(total) if names and not names.isdisjoint(_ANCHOR.findall(lines[row]))}
    ends = {one.row: one.end for one in keyed if one.row in anchors}
    for row in anchors:
        yield from range(row, min(ends.get(row, row), row + _ANCHORED) + 1)


def _sections(lines: Sequence[str], rows: set[int]) -> Iterator[int]:
    """The head of the section that each of these stands in."""
    for first in {row for row in rows if row - 1 not in rows}:
        head = next((row for row in range(first, -1, -1) if _SECTION.match(lines[row])), None)
        if head is not None:
            yield head


def _places(rows: set[int]) -> int:
    return sum(row - 1 not in rows for row in rows)
