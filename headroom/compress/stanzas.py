"""Entries made alike (items of a YAML list, TOML tables, sections, paragraphs of settings) as one pattern and a row each.

    [~ 3 entries, each these lines with its row of cells:]
    - name: {name}
      port: {port}
      protocol: TCP
    [~ rows: name,port]
    http,80
    https,443
    metrics,9100

Nothing is parsed as YAML or TOML and nothing is written anew: a cell is the rest of a line, a pattern its beginning.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compress import phrases, stanza_pattern
from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.once import lines_of
from headroom.compress.packing import join, pack, unpack
from headroom.compress.stanza_lines import Role, Shape, part
from headroom.compress.stanza_pattern import Column, Merger, Parted, Stanza

_HEAD = re.compile(
    r"\[~ (\d+) entries, each these lines with its row of cells(?:, (\d+) blank lines? between)?"
    r"(?:; (\S+): no such line)?:\]"
)
_ROWS = re.compile(r"\[~ rows: ([^\]\n ]+)(?:; \*: lists split by \"([^\"]+)\")?\]")
_LEAST = 3
"""Entries of a group."""
_MOST_LINES = 400
"""Lines of an entry."""
_GAIN = 24
"""Estimated tokens that a group must spare."""
_LEGEND_SHARE = 0.95
"""A text must get this much shorter to be worth a legend."""
_LOOKS = 4
"""How often a line may be looked at as part of some entry, on average."""
_MUCH = 0.8
"""Where rows leave more than this share of a text, blocks and a legend without rows may do better."""
_ROW_GAIN = 2
"""The same for each entry."""
_COMMENTS = ("#", "//", ";")
_ABSENT = ("-", "none", "absent", "no-such-line")
_SEPARATORS = ",|;"
_CELL_ENDS = "\x1d\x1e\x1f"
"""Stand for the separators until the legend is made, since no mark is to span two cells."""
_WRITTEN = str.maketrans(_CELL_ENDS, _SEPARATORS)
_JOINERS = (", ", " / ", " ⏎ ")

type _Class = tuple[str, str] | int
"""What tells first lines of entries: what stands around a name, or the number of a shape."""


def encode(text: str) -> str | None:
    """Fold, then pack what stays: repeated blocks once, a legend; None where that spares nothing."""
    lines = lines_of(escape(text))
    folded = fold(lines, _CELL_ENDS)
    best = text
    if folded is not None:
        kinds = sum(line.startswith("kind: ") for line in lines)
        head = [f"{SIGIL}{kinds} manifests]"] if kinds > 1 else []
        best = _shorter(join(folded, head), pack(folded, head, cells=_CELL_ENDS)).translate(_WRITTEN)
    if len(best) > _MUCH * len(text):
        best = _shorter(best, pack(lines))
    return best if len(best) < len(text) else None


def _shorter(plain: str, packed: str | None) -> str:
    """The one with a legend, where that spares enough."""
    return packed if packed is not None and len(packed) < _LEGEND_SHARE * len(plain) else plain


def decode(encoded: str) -> str:
    """Invert `encode`; raises ValueError on what it cannot have made."""
    return unescape("\n".join(unfold(unpack(encoded)[1])))


def fold(lines: Sequence[str], ends: str = _SEPARATORS) -> list[str] | None:
    """Write groups of like entries as pattern and rows; None where there are none. ``lines`` must be escaped.

    ``ends`` are three signs to write for the separators ``,|;``; none may be in the lines.
    """
    text = "\n".join(lines)
    if ends != _SEPARATORS and any(sign in text for sign in ends):
        return None
    parted = part(text)
    return _Folder(Parted(lines, *parted), ends).fold() if parted is not None else None


def unfold(lines: Sequence[str]) -> list[str]:
    """Invert `fold`; raises ValueError on a broken group."""
    out: list[str] = []
    at = 0
    while at < len(lines):
        match = _HEAD.fullmatch(lines[at]) if lines[at].startswith(SIGIL) else None
        if match is None:
            out.append(lines[at])
            at += 1
            continue
        body = next((row for row in range(at + 1, len(lines)) if lines[row].startswith(f"{SIGIL}rows: ")), 0)
        rows = _ROWS.fullmatch(lines[body])
        if rows is None:
            raise ValueError("a pattern without rows")
        count, joiner = int(match[1]), rows[2]
        separator = next((mark for mark in _SEPARATORS if mark in rows[1]), "\n")
        names = rows[1].split(separator)
        filled: list[dict[str, list[str]]] = []
        for row in lines[body + 1 : body + 1 + count]:
            cells = unescape(row).split(separator)
            filled.append(
                {
                    name.rstrip("*"): [] if cell == match[3] else cell.split(joiner) if name[-1] == "*" else [cell]
                    for name, cell in zip(names, cells, strict=True)
                }
            )
        out += stanza_pattern.fill(lines[at + 1 : body], filled, int(match[2] or 0))
        at = body + 1 + count
    return out


@dataclass(frozen=True, slots=True)
class _Rows:
    """Columns as text."""

    names: list[str]
    cells: list[list[str]]
    absent: str
    joiner: str

    def separator(self) -> str | None:
        joined = "\n".join(map("\n".join, self.cells))
        return next((mark for mark in _SEPARATORS if mark not in joined and not self.joiner.startswith(mark)), None)


@dataclass(frozen=True, slots=True)
class _Known:
    """Entries that were looked for from the first of them on."""

    stanzas: list[Stanza]
    starts: dict[int, int]
    blanks: int
    end: int
    merger: Merger


class _Folder:
    """One text being folded."""

    def __init__(self, text: Parted, ends: str) -> None:
        self._text = text
        self._ends = str.maketrans(_SEPARATORS, ends)
        self._known: dict[_Class, _Known] = {}
        self._budget = _LOOKS * len(text.lines)
        self._counts: Counter[_Class] = Counter()
        for number, count in Counter(text.ids).items():
            self._counts[number] = count
            block = text.shapes[number].block
            if block is not None:
                self._counts[block] += count
        self._sectioned = any(shape.section and self._counts[shape.block or 0] >= _LEAST for shape in text.shapes)

    def fold(self) -> list[str] | None:
        """The whole text."""
        out: list[str] = []
        tried: dict[_Class, int] = {}
        lines = self._text.lines
        folded = False
        at = 0
        while at < len(lines):
            found = None
            for head in self._heads(at):
                if tried.get(head, 0) <= at:
                    found, tried[head] = self._try(at, head)
                    if found is not None:
                        break
            if found is None:
                out.append(lines[at])
                at += 1
            else:
                out += found[0]
                at = found[1]
                folded = True
        return out if folded else None

    def _heads(self, at: int) -> list[_Class]:
        """Ways to tell first lines of entries, where this line or the one below its comment may be one."""
        head = self._below_comment(at)
        shape = self._shape(head)
        if shape.role is Role.FREE or shape.indent < 0:
            return []
        if shape.dashed:
            return [("-", shape.start[: shape.indent])]
        number = self._text.ids[head]
        heads: list[_Class] = []
        opened = (not at or self._shape(at - 1).indent < 0) and not self._sectioned and shape.block is None
        if self._counts[number] >= _LEAST and (shape.section or opened):
            heads.append(number)
        if shape.block is not None and self._counts[shape.block] >= _LEAST:
            heads.append(shape.block)
        return heads

    def _shape(self, at: int) -> Shape:
        return self._text.shapes[self._text.ids[at]]

    def _is_comment(self, at: int) -> bool:
        return self._shape(at).role is Role.FREE and self._text.values[at].startswith(_COMMENTS)

    def _below_comment(self, at: int) -> int:
        """The first line from here on that is no comment of the same indent; this one where there is none below."""
        head = at
        if self._is_comment(at):
            while head + 1 < len(self._text.ids) and self._text.ids[head] == self._text.ids[at]:
                head += 1
            if self._shape(head).indent != self._shape(at).indent:
                return at
        return head

    def _try(self, at: int, head: _Class) -> tuple[tuple[list[str], int] | None, int]:
        """The lines for a group that starts here and where it ends, or None; and how far it was looked for."""
        known = self._known.get(head)
        if known is None or at not in known.starts:
            stanzas, blanks, end = self._stanzas(at, head)
            if len(stanzas) < _LEAST or self._budget < end - at:
                return None, end
            self._budget -= end - at
            block = None
            if (
                not isinstance(head, int)
                and head[0] != "-"
                and len({self._text.ids[stanza.head] for stanza in stanzas}) > 1
            ):
                block = head
            merger = Merger(stanzas, self._text, block)
            starts = {stanza.first: row for row, stanza in enumerate(stanzas)}
            known = self._known[head] = _Known(stanzas, starts, blanks, end, merger)
        start, end = known.starts[at], known.end
        count, slots = known.merger.merge(start)
        stanzas, blanks = known.stanzas[start:], known.blanks
        if count < _LEAST:
            return None, stanzas[count].first if count < len(stanzas) else end
        pattern, columns = stanza_pattern.write(slots)
        text = self._written(pattern, columns, count, blanks) if columns else None
        if text is None:
            return None, end
        spared = sum(map(stanza_pattern.spares, slots)) - count * len(columns)
        gain = spared - sum(map(phrases.estimate, text[: len(text) - count])) - (len(text) - count)
        return ((text, stanzas[count - 1].behind) if gain >= max(_GAIN, _ROW_GAIN * count) else None), end

    def _stanzas(self, at: int, head: _Class) -> tuple[list[Stanza], int, int]:
        """Entries from this line on, without the blank lines behind each; how many of these; the end of the search."""
        shapes, ids = self._text.shapes, self._text.ids
        first = self._below_comment(at)
        own = shapes[ids[first]].indent
        total = len(ids)
        listed = not isinstance(head, int) and head[0] == "-"
        inside = not isinstance(head, int) and not head[0].endswith("[")  # what belongs to an entry is indented
        starts = [(at, first)]
        end = first + 1
        loose = end  # behind the last line that belongs to an entry for sure
        while end < total and end - starts[-1][0] <= _MOST_LINES:
            shape = shapes[ids[end]]
            if shape.indent == own:
                if ids[end] == head or (shape.dashed if listed else shape.block == head and not isinstance(head, int)):
                    start = end
                    while self._is_comment(start - 1) and shapes[ids[start - 1]].indent == own:
                        start -= 1
                    starts.append((start, end))
                elif self._is_comment(end):
                    end += 1
                    continue
                elif inside and (listed or not shape.closes):
                    break
            elif 0 <= shape.indent < own and (inside or shape.role is not Role.KEYED):
                break
            end += 1
            loose = end
        end = loose
        stanzas: list[Stanza] = []
        blanks = -1
        for (start, opening), behind in zip(starts, [*(start for start, _ in starts[1:]), end], strict=True):
            last = behind
            while last > opening + 1 and shapes[ids[last - 1]].indent < 0:
                last -= 1
            stanzas.append(Stanza(start, opening, last))
            if behind - last != blanks >= 0:
                break
            blanks = behind - last
        return stanzas, blanks if len(stanzas) > 1 else 0, end

    def _written(self, pattern: list[str], columns: Sequence[Column], count: int, blanks: int) -> list[str] | None:
        """The whole group, or None where no separator is left."""
        rows = _rows(columns)
        separator = rows.separator() if rows is not None else None
        if rows is None or separator is None:
            return None
        between = f", {blanks} blank line{'s' * (blanks > 1)} between" if blanks else ""
        missing = f"; {rows.absent}: no such line" if rows.absent else ""
        lists = f'; *: lists split by "{rows.joiner}"' if rows.joiner else ""
        end = separator.translate(self._ends)
        return [
            f"{SIGIL}{count} entries, each these lines with its row of cells{between}{missing}:]",
            *pattern,
            f"{SIGIL}rows: {separator.join(rows.names)}{lists}]",
            *(escape(end.join(row)) for row in zip(*rows.cells, strict=True)),
        ]


def _rows(columns: Sequence[Column]) -> _Rows | None:
    """Cells as text, with a word for those that are not there and a sign between those that are several lines."""
    there = {value for column in columns for cell in column.cells if cell is not None for value in cell}
    several = [any(cell is not None and len(cell) > 1 for cell in column.cells) for column in columns]
    lacking = any(cell is None for column in columns for cell in column.cells)
    absent = next((word for word in _ABSENT if word not in there), None) if lacking else ""
    joiner: str | None = ""
    if any(several):
        listed = "\n".join(
            value
            for column, many in zip(columns, several, strict=True)
            if many
            for cell in column.cells
            if cell is not None
            for value in cell
        )
        joiner = next((sign for sign in _JOINERS if sign not in listed), None)
    if absent is None or joiner is None:
        return None
    names = [column.name + "*" * many for column, many in zip(columns, several, strict=True)]
    cells = [[absent if cell is None else joiner.join(cell) for cell in column.cells] for column in columns]
    return _Rows(names, cells, absent, joiner)
