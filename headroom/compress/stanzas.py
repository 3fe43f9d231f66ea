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

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compress import legends, stanza_pattern, stanza_rows
from headroom.compress.folding import marked_rows
from headroom.compress.stanza_lines import Role, part
from headroom.compress.stanza_merge import Merger, Parted, Stanza
from headroom.compress.stanza_pattern import Slot
from headroom.compress.stanza_rows import SEPARATORS, written
from headroom.compress.stanza_search import LEAST, Search, Way, is_block, ways_of

_FEW = 8
"""Fewer lines than this never spare enough."""
_MAX_LINES = 60_000
"""Of a longer text; there is no time to look for entries in it."""
_GAIN = 24
"""Estimated tokens that a group must spare."""
_ROW_GAIN = 2
"""The same for each entry."""
_HEADS = 16
"""Tokens, at the very least, of the lines above a pattern and above its rows."""
_LONG_ROW = 600
"""Characters of a row on average, from which a reader can't tell any more which column a cell is in: keys cost little there."""
_LOOKS = 3
"""How often a line may be looked at as part of some entry, on average."""


def fold(lines: Sequence[str], ends: str = SEPARATORS) -> list[str] | None:
    """Write groups of like entries as pattern and rows; None where there are none. ``lines`` must be escaped.

    ``ends`` are three signs to write for the separators ``,|;``; none may be in the lines.
    """
    if len(lines) > _MAX_LINES:
        return None
    if ends != SEPARATORS:
        text = "\n".join(lines)
        if any(sign in text for sign in ends):
            return None
    parted = part(lines)
    if parted is None:
        return None
    shapes = parted[0]
    makes = [shape.lead if shape.role is Role.FREE else number for number, shape in enumerate(shapes)]
    counts = Counter(parted[1])
    if sum(count for count in counts.values() if count >= LEAST) < _FEW:
        return None
    ways = ways_of(shapes, counts)
    if not any(ways):
        return None
    return _Folder(Parted(lines, *parted, makes, [shape.depth for shape in shapes]), ends, ways).fold()


def unfold(lines: Sequence[str]) -> list[str]:
    """Invert `fold`; raises ValueError on a broken group."""
    out: list[str] = []
    done = 0
    for at in marked_rows(lines):
        if at < done or (group := stanza_rows.read(lines, at)) is None:
            continue
        out += lines[done:at]
        filled = [
            {
                name.rstrip("*"): []
                if cell == group.absent
                else cell.split(group.joiner)
                if name[-1] == "*"
                else [cell]
                for name, cell in zip(group.names, cells, strict=True)
            }
            for cells in group.rows
        ]
        out += stanza_pattern.fill(group.pattern, filled, group.blanks)
        done = group.behind
    return [*out, *lines[done:]]


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

    def __init__(self, text: Parted, ends: str, ways: Sequence[tuple[Way, ...]]) -> None:
        self._text = text
        self._ends = str.maketrans(SEPARATORS, ends)
        self._ways = ways
        self._known: dict[Way, _Known] = {}
        self._costs: dict[str, int] = {}
        self._budget = _LOOKS * len(text.lines)
        self._search = Search(text)

    def fold(self) -> list[str] | None:
        """The whole text."""
        out: list[str] = []
        tried: dict[Way, int] = {}
        lines, shapes, ids, heads = self._text.lines, self._text.shapes, self._text.ids, self._search.heads
        followed = self._search.followed()
        done = 0
        for at, head in enumerate(heads):
            if at < done:
                continue
            for way in self._ways[ids[head]]:
                if tried.get(way, 0) > at or (is_block(way) and head not in followed):
                    continue
                if way != ids[head] or shapes[way].divides or self._search.opens(at):
                    found, tried[way] = self._try(at, way)
                    if found is not None:
                        out += lines[done:at]
                        out += found[0]
                        done = found[1]
                        break
        return [*out, *lines[done:]] if done else None

    def _try(self, at: int, head: Way) -> tuple[tuple[list[str], int] | None, int]:
        """The lines for a group that starts here and where it ends, or None; and how far it was looked for."""
        known = self._known.get(head)
        if known is None or at not in known.starts:
            stanzas, blanks, end = self._search.stanzas(at, head)
            if len(stanzas) < LEAST or stanzas[-1].behind - at < _FEW or self._budget < end - at:
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
        stanzas, start, end = known.stanzas, known.starts[at], known.end
        count, slots = known.merger.merge(start, LEAST)
        if count < LEAST:
            behind = start + count
            return None, stanzas[behind].first if behind < len(stanzas) else end
        last = stanzas[start + count - 1].behind
        if last - at < _FEW:
            return None, end
        missing = sum([slot.cells[0] is None and slot.cells.count(None) == 1 for slot in slots])
        if count > LEAST and missing > len(slots) / 2:  # it is what the others have in common, or else unlike them
            return None, stanzas[start + 1].first
        text = self._rows(slots, count, known.blanks)
        return ((text, last) if text is not None else None), end

    def _rows(self, slots: Sequence[Slot], count: int, blanks: int) -> list[str] | None:
        """The lines for so many entries, where they spare enough."""
        varying = stanza_pattern.settle(slots)
        spared = sum([stanza_pattern.spares(slot, self._cost) for slot in slots])
        least = max(_GAIN, _ROW_GAIN * count)
        different = len({tuple(slot.cells) for slot, varies in zip(slots, varying, strict=True) if varies})
        said = sum([stanza_pattern.said(slot, varies, self._cost) for slot, varies in zip(slots, varying, strict=True)])
        if spared - said - count * max(1, different) - _HEADS < least:  # before names and rows are made for nothing
            return None
        pattern, columns = stanza_pattern.write(slots, varying)
        text = written(pattern, columns, count, blanks, self._ends) if columns else None
        if text is None or sum(map(len, text[-count:])) > _LONG_ROW * count:
            return None
        spared -= count * len(columns)
        gain = spared - sum(map(self._cost, text[: len(text) - count])) - (len(text) - count)
        return text if gain >= least else None

    def _cost(self, text: str) -> int:
        cost = self._costs.get(text)
        if cost is None:
            cost = self._costs[text] = legends.estimate(text)
        return cost
