"""Lists of one thing a line: names with what they are (``apt-cache search``, ``man -k``), and cells below comment lines."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from headroom.compress import named_counts
from headroom.compress.folding import SIGIL, escape
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor, pack
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.selecting import between_ends, elide, finish, keeps_nearly_all

DESCRIBED = re.compile(r"[A-Za-z0-9][\w.@+~/:-]*(?: ?\(\w+\))? +- \S")
"""A line that begins with a name and says behind a dash what it is."""
COMMENT = "#"
CELLS = re.compile(r"[^\s#][^\t\n]*\t\S")
SHARE = 0.9
LEAST = 20
_COMMENTS = 60
_ENDS = 3
_NAMED = 60
_EVERY = 400
_FEW = 8
_INSIDE = 20
_INSIDE_CHARS = 4
"""A word of so many letters is looked for inside names, of which so many at the most stay."""


class LineList(LineCompressor):
    """``apt-cache search``, ``man -k``, the zone tables of tzdata, other tables below comments."""

    kind = "list"
    layout = "legend"

    def encode(self, text: str) -> str | None:
        """A legend of what repeats."""
        lines = lines_of(escape(text))
        return pack(lines) if _is_list(lines) else None

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep the lines that the question names, the comments on top and both ends; count the rest."""
        relevance = Relevance.from_hints(hints)
        lines = lines_of(text)
        if not relevance.specific or not _is_list(lines):
            return None
        many: list[str] = []
        most = _EVERY if "every" in relevance.asks else _NAMED
        keep = named_rows(relevance, lines, strong_lines=most, many=many)
        keep |= _with_such_names(relevance, lines)
        comments = [row for row, line in enumerate(lines) if line.startswith(COMMENT)]
        rows = [row for row, line in enumerate(lines) if line and not line.startswith(COMMENT)]
        if keep.isdisjoint(rows):
            return None
        keep |= _of_the_same(lines, keep.intersection(rows))
        keep |= {*rows[:_ENDS], *rows[-_ENDS:], *comments[:_COMMENTS]}
        keep.update(between_ends(keep, rows, _ENDS))
        pieces = elide(lines, keep)
        if keeps_nearly_all(pieces, text):
            return None
        return finish(
            pieces, self.kind, "list:named", head=[f"{SIGIL}{len(rows)} lines]", *named_counts.told(many, text)]
        )


def _with_such_names(relevance: Relevance, lines: Sequence[str]) -> set[int]:
    """Rows whose name has a word of the question inside: ``libcjson-dev`` for cJSON, besides ``lua-cjson``."""
    names = [line.partition(" ")[0].lower() for line in lines]
    rows: set[int] = set()
    for term in relevance.named:
        if len(term.text) >= _INSIDE_CHARS and term.weight >= relevance.threshold:
            found = [row for row, name in enumerate(names) if term.text in name]
            rows.update(found if len(found) <= _INSIDE else ())
    return rows


def _of_the_same(lines: Sequence[str], named: Collection[int]) -> set[int]:
    """Rows with the first cell of a named one: what is said of one zone of a country is seldom all there is on it."""
    if not 0 < len(named) <= _FEW or not all("\t" in lines[row] for row in named):
        return set()
    firsts = {lines[row].partition("\t")[0] for row in named}
    found = {row for row, line in enumerate(lines) if line.partition("\t")[0] in firsts}
    return found if len(found) <= _FEW * len(named) else set()


def _is_list(lines: Sequence[str]) -> bool:
    """Whether nearly all lines are of one of the sorts."""
    told = [line for line in lines if line and not line.startswith(COMMENT)]
    if len(told) < LEAST:
        return False
    pattern = CELLS if lines[0].startswith(COMMENT) else DESCRIBED
    return sum(pattern.match(line) is not None for line in told) >= SHARE * len(told)


COMPRESSORS: tuple[Compressor, ...] = (LineList(),)
