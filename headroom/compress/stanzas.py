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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from headroom.compress import legends, stanza_pattern, stanza_rows
from headroom.compress.folding import marked_rows
from headroom.compress.stanza_lines import Role, Shape, part
from headroom.compress.stanza_merge import Merger, Parted, Stanza
from headroom.compress.stanza_pattern import Slot
from headroom.compress.stanza_rows import SEPARATORS, written

_LEAST = 3
"""Entries of a group."""
_FEW = 8
"""Fewer lines than this never spare enough."""
_MAX_LINES = 60_000
"""Of a longer text; there is no time to look for entries in it."""
_MOST_LINES = 400
"""Lines of an entry."""
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
_COMMENTS = ("#", "//", ";")
_RULES = ("---", "***", "===", "-[ ")

type _Class = tuple[str, str] | int
"""What tells first lines of entries: what stands around a name, or the number of a shape."""


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
    if sum(count for count in counts.values() if count >= _LEAST) < _FEW:
        return None
    ways = _ways(shapes, counts)
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


def _ways(shapes: Sequence[Shape], numbers: Mapping[int, int]) -> list[tuple[_Class, ...]]:
    """For each shape the ways to tell first lines of entries, where its lines may be such; ``numbers``: how many there are."""
    counts: Counter[_Class] = Counter(numbers)
    for number, count in numbers.items():
        if (block := shapes[number].block) is not None:
            counts[block] += count
    sectioned = any(shape.section and counts[shape.block or 0] >= _LEAST for shape in shapes)
    ways: list[tuple[_Class, ...]] = []
    for number, shape in enumerate(shapes):
        likely: list[_Class] = []
        if shape.role is Role.FREE or shape.indent < 0 or (shape.closes and not shape.divides):
            pass
        elif shape.dashed:
            likely.append(("-", shape.start[: shape.indent]))
        else:
            if counts[number] >= _LEAST and (shape.section or (not sectioned and shape.block is None)):
                likely.append(number)
            if shape.block is not None and counts[shape.block] >= _LEAST:
                likely.append(shape.block)
        ways.append(tuple(likely))
    return ways


class _Folder:
    """One text being folded."""

    def __init__(self, text: Parted, ends: str, ways: Sequence[tuple[_Class, ...]]) -> None:
        self._text = text
        shapes = text.shapes
        self._ends = str.maketrans(SEPARATORS, ends)
        self._ways = ways
        self._known: dict[_Class, _Known] = {}
        self._costs: dict[str, int] = {}
        self._budget = _LOOKS * len(text.lines)
        self._indents = list(map([shape.indent for shape in shapes].__getitem__, text.ids))
        self._comments = [
            free and value.startswith(_COMMENTS)
            for free, value in zip(
                map([shape.role is Role.FREE for shape in shapes].__getitem__, text.ids), text.values, strict=True
            )
        ]
        self._heads = self._all_heads()

    def fold(self) -> list[str] | None:
        """The whole text."""
        out: list[str] = []
        tried: dict[_Class, int] = {}
        lines, shapes, ids, heads = self._text.lines, self._text.shapes, self._text.ids, self._heads
        followed = self._followed()
        done = 0
        for at, head in enumerate(heads):
            if at < done:
                continue
            for way in self._ways[ids[head]]:
                if tried.get(way, 0) > at or (_is_block(way) and head not in followed):
                    continue
                if way != ids[head] or shapes[way].divides or self._opens(at):
                    found, tried[way] = self._try(at, way)
                    if found is not None:
                        out += lines[done:at]
                        out += found[0]
                        done = found[1]
                        break
        return [*out, *lines[done:]] if done else None

    def _opens(self, at: int) -> bool:
        """Whether this is the first line, or stands below a blank one.

        Not the first line of a text that begins inside an entry: where blank lines follow, the next of its make has none above it.
        """
        if at:
            return self._indents[at - 1] < 0
        ids, indents = self._text.ids, self._indents
        opening = ids[self._heads[0]]
        again = next((row for row in range(self._heads[0] + 1, len(ids)) if ids[row] == opening), 0)
        while again and self._comments[again - 1] and indents[again - 1] == indents[again]:
            again -= 1
        return not again or indents[again - 1] < 0 or min(indents[:again]) >= 0

    def _all_heads(self) -> list[int]:
        """For each comment the first line from there on that is none of the same indent, where one is below; itself for others."""
        ids, indents = self._text.ids, self._indents
        heads = list(range(len(ids)))
        if True not in self._comments:
            return heads
        below = len(ids) - 1
        for at in range(len(ids) - 2, -1, -1):
            if ids[at] != ids[at + 1]:
                below = at + 1
            if self._comments[at] and indents[below] == indents[at]:
                heads[at] = below
        return heads

    def _try(self, at: int, head: _Class) -> tuple[tuple[list[str], int] | None, int]:
        """The lines for a group that starts here and where it ends, or None; and how far it was looked for."""
        known = self._known.get(head)
        if known is None or at not in known.starts:
            stanzas, blanks, end = self._stanzas(at, head)
            if len(stanzas) < _LEAST or stanzas[-1].behind - at < _FEW or self._budget < end - at:
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
        count, slots = known.merger.merge(start, _LEAST)
        if count < _LEAST:
            behind = start + count
            return None, stanzas[behind].first if behind < len(stanzas) else end
        last = stanzas[start + count - 1].behind
        if last - at < _FEW:
            return None, end
        missing = sum([slot.cells[0] is None and slot.cells.count(None) == 1 for slot in slots])
        if count > _LEAST and missing > len(slots) / 2:  # it is what the others have in common, or else unlike them
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

    def _divides(self, at: int, head: _Class) -> bool:
        """Whether one thing ends and another begins here: a section, a titled rule, a rule above what is no such entry."""
        shape, value = self._text.shapes[self._text.ids[at]], self._text.values[at]
        if shape.section or not (shape.divides or (shape.role is Role.FREE and value.startswith(_RULES))):
            return shape.section
        if any(map(str.isalnum, value)):
            return True
        below = at + 1
        while below < len(self._indents) and (self._indents[below] < 0 or self._comments[below]):
            below += 1
        return below < len(self._indents) and self._text.ids[below] != head

    def _followed(self) -> set[int]:
        """Lines that may open entries and that enough others follow before anything else stands at their indent or left of it."""
        shapes = self._text.shapes
        ways = [("-", shape.start[: shape.indent]) if shape.dashed else shape.block for shape in shapes]
        out: list[int] = []
        inside: list[tuple[int, dict[tuple[str, str], list[int]]]] = []  # indent, and the lines of it that may
        for at, (number, indent) in enumerate(zip(self._text.ids, self._indents, strict=True)):
            if indent < 0:
                continue
            while inside and inside[-1][0] > indent:
                for places in inside.pop()[1].values():
                    out += places[: 1 - _LEAST]
            if not inside or inside[-1][0] < indent:
                inside.append((indent, {}))
            runs = inside[-1][1]
            way = ways[number]
            if way is not None and way in runs:
                runs[way].append(at)
                continue
            if runs and not self._comments[at]:
                for other in [run for run in runs if _ends_run(shapes[number], run)]:
                    out += runs.pop(other)[: 1 - _LEAST]
            if way is not None:
                runs[way] = [at]
        for _, runs in inside:
            for places in runs.values():
                out += places[: 1 - _LEAST]
        return set(out)

    def _cost(self, text: str) -> int:
        cost = self._costs.get(text)
        if cost is None:
            cost = self._costs[text] = legends.estimate(text)
        return cost

    def _stanzas(self, at: int, head: _Class) -> tuple[list[Stanza], int, int]:
        """Entries from this line on, without the blank lines behind each; how many of these; the end of the search."""
        shapes, ids, indents, comments = self._text.shapes, self._text.ids, self._indents, self._comments
        lines = self._text.lines
        first = self._heads[at]
        own = indents[first]
        total = len(ids)
        listed = not isinstance(head, int) and head[0] == "-"
        inside = not isinstance(head, int) and not head[0].endswith("[")  # what belongs to an entry is indented
        plain = isinstance(head, int) and not shapes[head].divides  # only a key tells where such an entry begins
        starts = [(at, first)]
        end = first + 1
        loose = end  # behind the last line that belongs to an entry for sure
        while end < total and end - starts[-1][0] <= _MOST_LINES:
            indent = indents[end]
            if indent > own or indent < 0:
                end += 1
                loose = end
                continue
            shape = shapes[ids[end]]
            if indent == own:
                if ids[end] == head or (shape.dashed if listed else shape.block == head and not isinstance(head, int)):
                    start = end
                    while comments[start - 1] and indents[start - 1] == own:
                        start -= 1
                    starts.append((start, end))
                elif comments[end]:
                    end += 1
                    continue
                elif (plain and self._divides(end, head)) or (inside and (listed or not shape.closes)):
                    break
            elif inside or shape.role is not Role.KEYED or shape.dashed or shape.block is not None:
                break  # keys set flush right go on further out, but an item or a block there begins what these lines are in
            end += 1
            loose = end
        end = loose
        stanzas: list[Stanza] = []
        blanks = -1
        for (start, opening), behind in zip(starts, [*(start for start, _ in starts[1:]), end], strict=True):
            last = behind
            while last > opening + 1 and indents[last - 1] < 0:
                last -= 1
            if any(lines[last:behind]):  # blanks would not come back
                break
            stanzas.append(Stanza(start, opening, last))
            if behind - last != blanks >= 0:
                break
            blanks = behind - last
        return stanzas, blanks if len(stanzas) > 1 else 0, end


def _is_block(way: _Class) -> bool:
    """Whether all that belongs to such an entry is indented."""
    return not isinstance(way, int) and not way[0].endswith("[")


def _ends_run(shape: Shape, way: tuple[str, str]) -> bool:
    """Whether a line of this shape, at the indent of entries told in that way, is of something else."""
    return not shape.dashed if way[0] == "-" else not shape.closes
