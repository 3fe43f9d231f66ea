"""Lines of settings and records, parted into what lines of their make share (indent, key, mark) and the value behind it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

_LINE = re.compile(
    r"^([ \t]*+(?:[-+~] ++)*+)"
    r"([A-Za-z_]\w*+ ++(?=[^\n]*;$)|(?:\"[^\"\n]*+\"|'[^'\n]*+'|[^\s:=#\"'{}\[\],;&*!|><-][^:=\n#\"']{0,60}+)(?::(?=[ \t]|$)|=(?!=))[ \t]*+)?"
    r"(.*+)$",
    re.MULTILINE,
)
"""Indent with the signs of list items, key with its mark, value."""
_SECTION = re.compile(r"\[\[?[^\[\]]+\]\]?")
_OPENERS = ("{", "[", "(")
_CLOSERS = frozenset(("]", "}", "],", "},", ")", "),", "};", "---"))


class Role(Enum):
    """What a line is in its entry."""

    KEYED = "keyed"
    FREE = "free"
    """Text, comments and items of plain lists: several in a row are one value."""
    FIXED = "fixed"
    """A line without a value."""


class Shape(NamedTuple):
    """What lines of one make share."""

    role: Role
    lead: str
    """Indent and the signs of list items."""
    start: str
    """What each begins with; all of a fixed line."""
    key: str
    """The key with its mark, or the section; empty for none."""
    indent: int
    """-1 for a blank line."""
    dashed: bool = False
    """Whether such a line starts an item of a list."""
    depth: int = -2
    """Lines behind it of a larger one are inside it: a section holds what follows, an opened bracket what closes it."""
    section: bool = False
    closes: bool = False
    """Whether it ends a block."""
    divides: bool = False
    """Whether something begins with it wherever it stands: a section, a rule between documents."""
    block: tuple[str, str] | None = None
    """What stands around the name of a block or section that such a line opens; None where it opens none."""


def name_of(shape: Shape) -> str:
    """Return the key or section in plain characters; empty for none."""
    return re.sub(r"\W+", "_", shape.key).strip("_")[:40]


def part(lines: Sequence[str]) -> tuple[list[Shape], list[int], list[str]] | None:
    """Return the shapes, and for each line the number of its shape and its value; None where that fails."""
    once = list(dict.fromkeys(lines))
    found = _LINE.findall("\n".join(once))
    if len(found) != len(once):
        return None
    numbers: dict[tuple[str, str, str], int] = {}
    shapes: list[Shape] = []
    ids: list[int] = []
    values: list[str] = []
    for lead, key, value in found:
        kept = value
        if key:
            mark = (lead, key, "" if value else ":")
        elif not value or value in _CLOSERS or value[-1] in _OPENERS or (value[0] == "[" and _SECTION.fullmatch(value)):
            mark = (lead, "", value or " ")
            kept = ""
        else:
            mark = (lead, "", "")
        number = numbers.get(mark)
        if number is None:
            number = numbers[mark] = len(shapes)
            shapes.append(_shape(*mark))
        ids.append(number)
        values.append(kept)
    if len(once) < len(lines):
        ids = list(map(dict(zip(once, ids, strict=True)).__getitem__, lines))
        values = list(map(dict(zip(once, values, strict=True)).__getitem__, lines))
    return shapes, ids, values


def _shape(lead: str, key: str, value: str) -> Shape:
    indent = len(lead) - len(lead.lstrip(" \t"))
    dashed = lead[indent : indent + 1] == "-"
    depth = 2 * indent + dashed
    if key:
        block = (lead, ":") if value and key[-1] == ":" else None
        return Shape(Role.KEYED, lead, lead + key, key, indent, dashed, depth, block=block)
    if not value:
        return Shape(Role.FREE, lead, lead, "", indent, dashed, depth)
    if value == " ":
        if not dashed:
            return Shape(Role.FIXED, lead, lead, "", -1)
        return Shape(Role.FIXED, lead, lead, "", indent, dashed, depth)
    if _SECTION.fullmatch(value):
        opening = "[[" if value.startswith("[[") else "["
        around = (lead + opening, "]" * len(opening))
        return Shape(Role.FIXED, lead, lead + value, value, indent, dashed, depth - 1, True, divides=True, block=around)
    block = (lead, value[-1]) if value[-1] in _OPENERS and len(value) > 1 else None
    closes = value in _CLOSERS
    rule = lead + value == "---"
    return Shape(Role.FIXED, lead, lead + value, "", indent, dashed, depth + closes, False, closes, rule, block)
