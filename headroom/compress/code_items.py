"""Definitions in source code, found by indentation: works for any language that people indent, parses none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import repeat
from operator import sub
from typing import NamedTuple

from headroom.compress.code_marks import BLANK, QUOTED, level, mark_rows, strays
from headroom.compress.code_names import CALLABLE, NAME_CHARS, NAMED, name_of

_CONTAINER = re.compile(
    r"\s*(?:(?:export|default|public|private|protected|internal|static|final|abstract|sealed|pub(?:\([a-z]+\))?|unsafe|open|data|partial|declare|"
    r"template\s*<[^{};]*>)\s+)*(?:class|struct|interface|impl|trait|namespace|module|object|extension|protocol|enum|mod)\b|\s*extern \"C\""
)
_ALIAS = re.compile(r"\s*(?:using|concept)\s+([A-Za-z_]\w*)")
_TYPE_ALONE = re.compile(r"(?:[A-Za-z_][\w:]*+(?:<[^;{}()]{0,120}>)?[ *&]*+){1,4}$")
"""The type of a function on a line of its own, as GNU style has it."""
_CONTINUES = re.compile(
    r"\s*(?:[)\]}{]|end\b|else\b|elif\b|except\b|finally\b|catch\b|then\b|do\b|where\b|\*|#(?:if|endif|else|elif|ifdef|ifndef|pragma)\b)"
)
_ATTACHED = re.compile(r"\s*(?://|/\*|\*|#|--|@|\"\"\"|'''|;;|%|template\b|\[[A-Z#])")
_WHITE = "".join(filter(str.isspace, map(chr, range(0x3001))))
_RARE_WHITE = "".join(sign for sign in _WHITE if sign.isascii() and sign not in " \t\r\n")
_MAY_CONTINUE = frozenset(f")]}}{{efctdw*#{_WHITE}")
_MAY_BE_ATTACHED = frozenset(f"/*#-@\"';%t[{_WHITE}")
"""What a line that continues, or belongs to, another may begin with, behind its indent."""
_HEADER_ENDS = (";", "{", ":", "=", "=>", "->", "then", "do", ",{")
_MIN_CONTAINER = 14
_DEEPEST = 4
_HEADER_LINES = 8
_BLOCK_LINES = 400
_BLOCK_ENDS = ("}", "end")
_BODY_OPENS = ("{", ":")
_OPENS = (*_BODY_OPENS, "(", "=", "=>", ",", ")")
_CALLS = re.compile(
    r"^\s*(?:return|await|yield|new|throw|if|for|while|switch|case|else|elif|with|except|catch|\w+\.\w)\b|=>\s*\{$|\(function"
)
_SIXBLANKS = re.compile(r"\n {6}[^\s*]")
_REMARK = re.compile(r"(?:^|\s)(?://|#|/\*|\*).*")
"""A comment, to the end of its line."""
_LONG_HEADER = 40
"""Lines in which a bracket alone on its line may still open a class."""


class Item(NamedTuple):
    """A definition and what belongs to it; rows are 0-based and inclusive."""

    first: int
    """Where its comments, decorators or attributes start."""
    head: int
    """Where the definition itself starts."""
    last: int
    """Its last line that is not blank."""
    name: str
    """What it defines; empty for statements."""
    depth: int
    """0 for top level."""
    container: bool
    """Whether its body holds items of its own, which follow it in the list."""


def find_items(lines: Sequence[str], text: str) -> list[Item]:
    """List the definitions in order, containers before their members. Linear: each line is looked at once a depth.

    ``lines`` are those of ``text``.
    """
    bare = _without_indents(lines, text)
    indents = _indents(lines, bare, text)
    mark_rows(lines, bare, text, indents)
    found: list[Item] = []
    _collect(lines, bare, indents, 0, len(lines), 0, found)
    return found


def _collect(
    lines: Sequence[str],
    bare: Sequence[str],
    indents: list[int],
    start: int,
    behind: int,
    depth: int,
    found: list[Item],
) -> None:
    if depth:
        level(indents, start, behind)
    starts = _starts(lines, bare, indents, start, behind)
    total = len(starts)
    starts.append(behind)
    at = 0
    while at < total:
        first = head = starts[at]
        at += 1
        # Comments and decorators above a definition belong to it, if no blank line parts them.
        while (
            at < total
            and (bare[head][:1] in _MAY_BE_ATTACHED or starts[at] == head + 1)
            and _belongs(lines, bare, indents, head, starts[at])
        ):
            head = starts[at]
            at += 1
        last = starts[at] - 1
        while last > head and indents[last] == BLANK:
            last -= 1
        opening = _declared(lines, head, last) if bare[head].startswith("template") else head
        name = name_of(lines[head]) if opening == head else _name_below(lines, opening, last)
        container = (
            last - head >= _MIN_CONTAINER
            and depth < _DEEPEST
            and any(_CONTAINER.match(lines[row]) for row in {head, opening})
        )
        found.append(Item(first, head, last, name, depth, container))
        if container:
            margin = indents[opening]
            inner = _body_start(lines, indents, opening, last, margin)
            if inner <= last:
                _collect(lines, bare, indents, inner, last + 1 if indents[last] > margin else last, depth + 1, found)


def _belongs(lines: Sequence[str], bare: Sequence[str], indents: Sequence[int], row: int, below: int) -> bool:
    """Whether a line is a comment, a decorator or the type of what begins below it, with no blank line between."""
    if bare[row][:1] in _MAY_BE_ATTACHED and _ATTACHED.match(lines[row]):
        return BLANK not in indents[row:below]
    return (
        below == row + 1
        and below + 1 < len(bare)
        and bare[below + 1][:1] == "{"
        and _TYPE_ALONE.match(bare[row]) is not None
        and CALLABLE.match(bare[below]) is not None
    )


def _starts(lines: Sequence[str], bare: Sequence[str], indents: list[int], start: int, behind: int) -> list[int]:
    """Rows of the least indent that may start an item; marks those that stand inside another."""
    while True:
        base = min((indent for indent in set(indents[start:behind]) if indent >= 0), default=0)
        starts = [
            row
            for row in _rows(indents, base, start, behind)
            if bare[row][:1] not in _MAY_CONTINUE or row == start or not _CONTINUES.match(lines[row])
        ]
        astray = strays(lines, bare, indents, base, starts, behind)
        for row in astray:
            indents[row] = QUOTED
        if astray:
            starts = [row for row in starts if indents[row] == base]
        if starts or max(indents[start:behind], default=base) <= base:
            return starts
        for row in _rows(indents, base, start, behind):  # these only close something
            indents[row] = QUOTED


def _declared(lines: Sequence[str], head: int, last: int) -> int:
    """Row on which the declaration behind the parameters of its templates begins; ``head`` where it has none."""
    row = head
    while row < last and lines[row].lstrip().startswith("template"):
        depth = 0
        for at in range(row, min(last, row + _LONG_HEADER)):
            line = lines[at]
            depth += line.count("<") - line.count(">") + line.count("->")
            if depth <= 0:
                if line.rpartition(">")[2].strip():
                    return at
                row = at + 1
                break
        else:
            return head
    return row


def _name_below(lines: Sequence[str], opening: int, last: int) -> str:
    """What a declaration defines that may begin with its type on lines of its own."""
    alias = _ALIAS.match(lines[opening])
    if alias:
        return alias[1]
    for row in range(opening, min(last, opening + _HEADER_LINES) + 1):
        name = name_of(lines[row])
        if name or lines[row].rstrip().endswith(("{", ";")):
            return name
    return ""


def _rows[T](values: Sequence[T], value: T, start: int, behind: int) -> Iterator[int]:
    """Rows of a value, found at the speed of C."""
    row = start - 1
    with suppress(ValueError):
        while True:
            row = values.index(value, row + 1, behind)
            yield row


def defined_at(lines: Sequence[str], row: int) -> str:
    """Name that a row begins to define, at any depth; the empty string where it defines nothing, as a call does."""
    line = lines[row].rstrip()
    named = NAMED.search(line[:NAME_CHARS])
    if named and line.endswith(_OPENS):
        return named[1].rstrip(":")
    return name_of(lines[row]) if line.endswith(_BODY_OPENS) and not _CALLS.search(line) else ""


def block_end(lines: Sequence[str], head: int) -> int:
    """Last row of what is indented below a row, with the line that closes it."""
    margin = _width(lines[head])
    last = head
    for row in range(head + 1, min(len(lines), head + _BLOCK_LINES)):
        bare = lines[row].lstrip()
        if not bare:
            continue
        indent = _width(lines[row])
        if indent == margin and bare.startswith(_BLOCK_ENDS):
            return row
        if indent <= margin and not (indent == margin and bare[0] in "{)]"):
            return last
        last = row
    return last


def _width(line: str) -> int:
    """Columns of white space in front, where a tab goes to the next multiple of eight."""
    return len(line[: len(line) - len(line.lstrip())].expandtabs())


def header_end(lines: Sequence[str], item: Item) -> int:
    """Row on which the item's signature ends."""
    for row in range(item.head, min(item.last, item.head + _HEADER_LINES - 1) + 1):
        if lines[row].split("//")[0].rstrip().endswith(_HEADER_ENDS):
            return row
    return item.head


def _body_start(lines: Sequence[str], indents: Sequence[int], head: int, last: int, base: int) -> int:
    row = head + 1
    while row < min(last, head + _LONG_HEADER) and not lines[row - 1].rstrip().endswith((":", "{", ";", "}")):
        if indents[row] == base and lines[row].strip() == "{":
            return row + 1
        row += 1
    row = head + 1
    opened = False
    while row <= last and row - head < _HEADER_LINES:
        above = _REMARK.sub("", lines[row - 1]).rstrip()
        opened = above.endswith((":", "{", ",")) if above else opened  # below a blank line, too
        if opened and indents[row] > base:
            break
        row += 1
    if row - head >= _HEADER_LINES:
        row = head + 1
        while row <= last and indents[row] <= base:
            row += 1
    return row


def _without_indents(lines: Sequence[str], text: str) -> list[str]:
    """Each line without its leading blanks, tabs and carriage returns."""
    if text.isascii() and not any(sign in text for sign in _RARE_WHITE):
        return list(map(str.lstrip, lines))  # to look for all white space takes half as long as to look for some
    return list(map(str.lstrip, lines, repeat(" \t\r")))


def _indents(lines: Sequence[str], bare: Sequence[str], text: str) -> list[int]:
    """Width of each line's leading white space; ``BLANK`` for a blank line. ``bare`` are the lines without it.

    A tab counts as 4, or as 8 where lines begin with six blanks, as in GNU's style.
    """
    if "\t" in text and ("\n\t" in text or text[0] == "\t"):  # without any, one look for a single sign says so
        more = 7 if _SIXBLANKS.search(text) else 3
        return [
            BLANK if not rest else width + more * line.count("\t", 0, width) if width and line[0] == "\t" else width
            for line, rest, width in zip(lines, bare, map(sub, map(len, lines), map(len, bare)), strict=True)
        ]
    return [len(line) - len(rest) if rest else BLANK for line, rest in zip(lines, bare, strict=True)]
