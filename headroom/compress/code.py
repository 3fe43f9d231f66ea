"""Source code: the definitions that the question is about, whole; names of the rest in the markers. Never cut inside one."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from headroom.compress.code_calls import complete, end_behind
from headroom.compress.code_described import described
from headroom.compress.code_items import Item, block_end, defined_at, find_items, header_end
from headroom.compress.code_skeleton import skeleton_rows
from headroom.compress.once import lines_of
from headroom.compress.outlines import NOTE_CHARS
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition, Unencoded
from headroom.compress.sections import is_worth_a_gap
from headroom.compress.sides import united

_MIN_LINES = 60
_CLOSE = 0.6
_REACH = 4
_NAME_WEIGHT = 0.35
_SURE_NAME = 0.6
"""From this weight on a term is a name, no plain word."""
_AFTER = 6
"""Lines kept behind a definition: what it is used with often follows it."""
_AT_LEAST = 16
"""Lines kept from the start of a short definition."""
_MENTION = 2
"""Lines kept around a mention of what is asked for."""
_MENTIONS = 12
_NAMING = 30
"""Mentions that are looked at; more where they hold a name of the question."""
_LONG_ITEM = 400
"""Of a longer definition that is only mentioned, the surroundings are kept."""
_AROUND = 12
_SHORT_ITEM = 40
_WHOLE = 3
"""So many short definitions that a description fits best are shown whole, though one has the name of a word in it."""
_OPENING = 40
_COMMENT_TOP = 3
_COMMENT = 120
"""Lines of a block comment, and of its top: what stands there is what it is about."""
"""Lines that the file's imports may take."""
_OUTLINE_SHARE = 0.08
_MIN_GAP_LINES = 4

_IMPORT = re.compile(
    r"\s*(?:import\b|from\s+\S+\s+import|#\s*include|#import|use\s|using\s|package\s|require|const .* = require|extern crate|@import|\"[\w./@-]+\"$)"
)
_IMPORT_STARTS = ("import", "from", "#", "use", "using", "package", "require", "const", "extern", "@import", '"')
_IMPORT_SIGNS = frozenset(start[0] for start in _IMPORT_STARTS)
_INNER = re.compile(r"\s+(?:(?:async|local|static|export)\s+)*(?:def|func|fn|fun|function)\s+([A-Za-z_$][\w$]*)\s*\(")
"""A function with a name, inside another."""


_MEANT = re.compile(
    r"\b(?:body of|functions?|methods?|class|fix|print|show(?: me)?|inside|into|calls?|change|does)\s+[`\"']?([a-z_]\w*)"
)
"""What is said right before the name of a function; in lower case."""
_FEW_MEANT = 3


class Code(Unencoded):
    """Source code in any language that is indented."""

    kind = "code"

    def __init__(self, *, skeleton: bool = False) -> None:
        self._skeleton = skeleton

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep the definitions that the question names, whole, with imports; the markers name the others.

        Where the question names nothing in the text: None, or with ``skeleton`` every signature without its body.
        """
        lines = lines_of(text)
        if len(lines) < _MIN_LINES:
            return None
        items = find_items(lines, text)
        keep = united(hints, lambda side: _asked(lines, items, Relevance.from_hints(side)))
        transform = "code:definitions"
        if keep is None:
            if not self._skeleton:
                return None
            keep = skeleton_rows(lines, items, text, hints)
            transform = "code:skeleton"
            if keep is None:
                return None
        else:
            keep.update(_imports(lines))
        pieces = _elide(lines, keep, items, len(text))
        if not any(isinstance(piece, Gap) for piece in pieces):
            return None
        return Rendition(tuple(pieces), self.kind, transform, lossless=False)


def _asked(lines: Sequence[str], items: Sequence[Item], relevance: Relevance) -> set[int] | None:
    """Rows to keep for the question, or None where it names nothing here."""
    if not relevance.specific:
        return None
    wanted = {term.text: term.weight for term in relevance.terms if term.weight >= _NAME_WEIGHT}
    defined = [item for item in items if _weight_of(item, wanted)]
    if not defined:
        defined = _meant(items, relevance.wording)
    keep: set[int] = set()
    for item in _innermost(defined):
        end = max(item.last, item.head + _AT_LEAST - _AFTER) + _AFTER
        keep.update(range(item.first, end_behind(lines, items, item, end) + 1))
    near = relevance.score_near(lines, _REACH)
    heads = {item.head for item in items}
    names = {term for term, weight in wanted.items() if weight >= _SURE_NAME}
    found = bool(defined)
    # A type may well have the name of a plain word of the question; what it asks is then answered elsewhere.
    named = any(_weight_of(item, wanted) >= _SURE_NAME for item in defined)
    whole = 0 if named else _WHOLE
    for row in sorted(near) if names else ():
        # A function inside another one is no item of the outline, but may be what is asked for.
        if row in heads or row in keep or not any(map(lines[row].lower().__contains__, names)):
            continue
        if defined_at(lines, row).lower() in names:
            keep.update(range(row, block_end(lines, row) + 1))
            found = True
        elif (told := _comment_on(lines, row)) is not None:
            keep.update(told)
            found = True
    for row in sorted(near) if not found else ():
        inner = _INNER.match(lines[row])
        if inner is not None and inner[1].lower() in wanted:  # by a common word, but nothing else has the name
            keep.update(range(row, block_end(lines, row) + 1))
            found = True
    best = max(near.values(), default=0.0)
    if not keep and best < relevance.threshold:
        return None
    answers = [row for row in near if near[row] >= max(_CLOSE * best, relevance.threshold)]
    naming = {row for row in answers if names and any(map(lines[row].lower().__contains__, names))}
    answers.sort(key=lambda row: (row not in naming, -near[row], row))
    for row in answers[: max(_MENTIONS, min(len(naming), _NAMING))]:
        if row in keep:
            continue
        inside = _around(items, row)
        if inside is not None and not inside.container and inside.last - inside.first <= _SHORT_ITEM and whole:
            keep.update(range(inside.first, inside.last + 1))
            whole -= 1
        elif found or inside is None or inside.container or inside.last - inside.first > _LONG_ITEM:
            reach = _MENTION if found else _AROUND
            keep.update(range(row - reach, row + reach + 1))
            if inside is not None:
                keep.update(_inner_heads(lines, inside, row))
        else:
            keep.update(range(inside.first, inside.last + 1))
    if not named:
        for item in described(lines, items, relevance):
            keep.update(range(item.first, item.last + 1))
    complete(lines, items, keep, calls=not named)
    rows = sorted(keep)
    for item in items:  # a line alone does not say what it is part of
        if (at := bisect_left(rows, item.head)) < len(rows) and rows[at] <= item.last:
            keep.update(range(item.head, (item.head if item.container else header_end(lines, item)) + 1))
    return {row for row in keep if 0 <= row < len(lines)}


def _weight_of(item: Item, wanted: Mapping[str, float]) -> float:
    name = item.name.lower().rstrip("?!")
    return max(wanted.get(name, 0.0), wanted.get(name.rpartition(".")[2], 0.0))


def _meant(items: Sequence[Item], wording: str) -> list[Item]:
    """Items that a question means though their names are short or common words, as in "the body of rm"."""
    told = set(_MEANT.findall(wording))
    found = [item for item in items if item.name.lower() in told] if told else []
    return found if len(found) <= _FEW_MEANT else []


def _comment_on(lines: Sequence[str], row: int) -> range | None:
    """The block comment that has a row right at its top: headers of C explain there what they declare."""
    start = next(
        (at for at in range(row, max(-1, row - _COMMENT_TOP), -1) if lines[at].lstrip().startswith("/*")), None
    )
    if start is None or any("*/" in lines[at] for at in range(start, row + 1)):
        return None
    end = next((at for at in range(row, min(len(lines), start + _COMMENT)) if "*/" in lines[at]), None)
    return range(start, end + 1) if end is not None else None


def _innermost(items: Sequence[Item]) -> list[Item]:
    """Leave out containers that are kept for a member's sake only when they are very long."""
    return [item for item in items if not item.container or item.last - item.first <= _LONG_ITEM]


def _around(items: Sequence[Item], row: int) -> Item | None:
    """Return the innermost item that holds a row."""
    best: Item | None = None
    for item in items:
        if item.first > row:
            break
        if row <= item.last:
            best = item
    return best


def _inner_heads(lines: Sequence[str], item: Item, row: int) -> Iterator[int]:
    """Rows of the functions inside ``item`` that a row of it is in."""
    indent = len(lines[row]) - len(lines[row].lstrip())
    for above in range(row - 1, item.head, -1):
        own = len(lines[above]) - len(lines[above].lstrip())
        if own < indent and lines[above].strip():
            indent = own
            if _INNER.match(lines[above]):
                yield above


def _imports(lines: Sequence[str]) -> set[int]:
    """Rows of the file's opening imports, at most ``_OPENING``; of one in brackets its names, too."""
    rows: set[int] = set()
    opened = -1
    for row, line in enumerate(map(str.lstrip, lines[:400])):
        if opened >= 0:
            if line[:1] == ")":
                rows.update(range(opened + 1, row + 1))
                opened = -1
            elif row - opened > _OPENING:
                opened = -1
        if line[:1] in _IMPORT_SIGNS and line.startswith(_IMPORT_STARTS) and _IMPORT.match(line):
            rows.add(row)
            if line.rstrip().endswith("("):
                opened = row
        if len(rows) >= _OPENING:
            break
    return rows


def _elide(lines: list[str], keep: Iterable[int], items: Sequence[Item], size: int) -> list[str | Gap]:
    """Gaps in place, each with the names that are defined in it; ``size`` is that of the whole text."""
    total = len(lines) - 1 if lines and not lines[-1] else len(lines)
    budget = _OUTLINE_SHARE * (size - len(lines) + 1)
    sizes = [0, 0, 0, 0]
    for item in items:
        if item.depth < len(sizes):
            sizes[item.depth] += len(item.name) + 2
    deepest = next((depth for depth in (3, 2, 1, 0) if sum(sizes[: depth + 1]) <= budget), -1)
    names = sorted({item.head: item.name for item in items if item.name and item.depth <= deepest}.items())
    pieces: list[str | Gap] = []
    text_from = 0
    for before, row in pairwise([-1, *sorted(at for at in set(keep) if at < total), total]):
        first = before + 1
        if row - first < _MIN_GAP_LINES or not is_worth_a_gap(lines, first, row):
            continue
        if first > text_from:
            pieces.append("\n".join(lines[text_from:first]) + "\n")
        pieces.extend(_gaps(first, row, names))
        text_from = row
    if text_from < total:
        pieces.append("\n".join(lines[text_from:]))
    return pieces


def _gaps(first: int, behind: int, names: Sequence[tuple[int, str]]) -> list[Gap]:
    """Cut a gap where its outline would not fit one marker; ``names`` are those of the definitions, by row."""
    gaps: list[Gap] = []
    start, inside, size = first, list[str](), 0
    for row, name in names[bisect_left(names, (first,)) : bisect_left(names, (behind,))]:
        if inside and inside[-1] == name:
            continue
        if inside and size + len(name) > NOTE_CHARS:
            gaps.append(Gap(start + 1, row, "lines", ", ".join(inside)))
            start, inside, size = row, [], 0
        inside.append(name)
        size += len(name) + 2
    gaps.append(Gap(start + 1, behind, "lines", ", ".join(inside)))
    return gaps


COMPRESSORS = (Code(),)
