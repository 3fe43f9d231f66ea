"""Where entries made alike may begin in a text, and how far each goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from headroom.compress.stanza_lines import Role, Shape
from headroom.compress.stanza_merge import Parted, Stanza

LEAST = 3
"""Entries of a group."""
_MOST_LINES = 400
"""Lines of an entry."""
_COMMENTS = ("#", "//", ";")
_RULES = ("---", "***", "===", "-[ ")

type Way = tuple[str, str] | int
"""What tells first lines of entries: what stands around a name, or the number of a shape."""


def ways_of(shapes: Sequence[Shape], numbers: Mapping[int, int]) -> list[tuple[Way, ...]]:
    """For each shape the ways to tell first lines of entries, where its lines may be such; ``numbers``: how many there are."""
    counts: Counter[Way] = Counter(numbers)
    for number, count in numbers.items():
        if (block := shapes[number].block) is not None:
            counts[block] += count
    sectioned = any(shape.section and counts[shape.block or 0] >= LEAST for shape in shapes)
    ways: list[tuple[Way, ...]] = []
    for number, shape in enumerate(shapes):
        likely: list[Way] = []
        if shape.role is Role.FREE or shape.indent < 0 or (shape.closes and not shape.divides):
            pass
        elif shape.dashed:
            likely.append(("-", shape.start[: shape.indent]))
        else:
            if counts[number] >= LEAST and (shape.section or (not sectioned and shape.block is None)):
                likely.append(number)
            if shape.block is not None and counts[shape.block] >= LEAST:
                likely.append(shape.block)
        ways.append(tuple(likely))
    return ways


class Search:
    """Looks for the entries of one text."""

    def __init__(self, text: Parted) -> None:
        self._text = text
        shapes = text.shapes
        self._indents = list(map([shape.indent for shape in shapes].__getitem__, text.ids))
        self._comments = [
            free and value.startswith(_COMMENTS)
            for free, value in zip(
                map([shape.role is Role.FREE for shape in shapes].__getitem__, text.ids), text.values, strict=True
            )
        ]
        self.heads = self._all_heads()

    def opens(self, at: int) -> bool:
        """Whether this is the first line, or stands below a blank one.

        Not the first line of a text that begins inside an entry: where blank lines follow, the next of its make has none above it.
        """
        if at:
            return self._indents[at - 1] < 0
        ids, indents = self._text.ids, self._indents
        opening = ids[self.heads[0]]
        again = next((row for row in range(self.heads[0] + 1, len(ids)) if ids[row] == opening), 0)
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

    def followed(self) -> set[int]:
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
                    out += places[: 1 - LEAST]
            if not inside or inside[-1][0] < indent:
                inside.append((indent, {}))
            runs = inside[-1][1]
            way = ways[number]
            if way is not None and way in runs:
                runs[way].append(at)
                continue
            if runs and not self._comments[at]:
                for other in [run for run in runs if _ends_run(shapes[number], run)]:
                    out += runs.pop(other)[: 1 - LEAST]
            if way is not None:
                runs[way] = [at]
        for _, runs in inside:
            for places in runs.values():
                out += places[: 1 - LEAST]
        return set(out)

    def _divides(self, at: int, head: Way) -> bool:
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

    def stanzas(self, at: int, head: Way) -> tuple[list[Stanza], int, int]:
        """Entries from this line on, without the blank lines behind each; how many of these; the end of the search."""
        shapes, ids, indents, comments = self._text.shapes, self._text.ids, self._indents, self._comments
        lines = self._text.lines
        first = self.heads[at]
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


def is_block(way: Way) -> bool:
    """Whether all that belongs to such an entry is indented."""
    return not isinstance(way, int) and not way[0].endswith("[")


def _ends_run(shape: Shape, way: tuple[str, str]) -> bool:
    """Whether a line of this shape, at the indent of entries told in that way, is of something else."""
    return not shape.dashed if way[0] == "-" else not shape.closes
