"""Definitions in source code, found by indentation: works for any language that people indent, parses none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import repeat
from operator import sub
from typing import NamedTuple

_CONTAINER = re.compile(
    r"\s*(?:(?:export|default|public|private|protected|internal|static|final|abstract|sealed|pub(?:\([a-z]+\))?|unsafe|open|data|partial|declare|"
    r"template\s*<[^{};]*>)\s+)*(?:class|struct|interface|impl|trait|namespace|module|object|extension|protocol|enum|mod|extern \"C\")\b"
)
_NAMED = re.compile(
    r"\b(?=[#ac-fil-prs-v])(?:def|class|func|fn|fun|function\*?|sub|proc|interface|struct|enum|union|type|trait|impl|const|let|var|val|module|namespace|object|macro_rules!"
    r"|#define|record|protocol|extension|mod|typedef|end)\s+(?:\([^()]{0,200}\)\s*)?(?:<[^<>]{0,100}>\s*)?([A-Za-z_$][\w$.:!?-]*)"
)
_CALLABLE = re.compile(r"([A-Za-z_$~][\w$]*+)\s*+(?:<[^<>()]{0,80}>)?+\s*+\(")
_ASSIGNED = re.compile(r"\s*(?:[\w.]+\.)?([A-Za-z_$][\w$]*)\s*(?::[^=]{1,80})?=(?!=)")
_CONTROL_WORDS = (
    "if for while switch return catch else elif except with match sizeof when unless until do try case assert print"
)
_CONTROL = frozenset(_CONTROL_WORDS.split())
_TYPE_WORDS = "char int void long short unsigned signed float double bool auto struct enum union"
_TYPES = frozenset(_TYPE_WORDS.split())
_CONTINUES = re.compile(
    r"\s*(?:[)\]}{]|end\b|else\b|elif\b|except\b|finally\b|catch\b|then\b|do\b|\*|#(?:if|endif|else|elif|ifdef|ifndef|pragma)\b)"
)
_ATTACHED = re.compile(r"\s*(?://|/\*|\*|#|--|@|\"\"\"|'''|;;|%|template\b|\[[A-Z#])")
_WHITE = "".join(filter(str.isspace, map(chr, range(0x3001))))
_RARE_WHITE = "".join(sign for sign in _WHITE if sign.isascii() and sign not in " \t\r\n")
_MAY_CONTINUE = frozenset(f")]}}{{efctd*#{_WHITE}")
_MAY_BE_ATTACHED = frozenset(f"/*#-@\"';%t[{_WHITE}")
"""What a line that continues, or belongs to, another may begin with, behind its indent."""
_HEADER_ENDS = (";", "{", ":", "=", "=>", "->", "then", "do", ",{")
_MIN_CONTAINER = 14
_DEEPEST = 4
_HEADER_LINES = 8
_NAME_CHARS = 160
_BLOCK_LINES = 400
_BLOCK_ENDS = ("}", "end")
_BODY_OPENS = ("{", ":")
_OPENS = (*_BODY_OPENS, "(", "=", "=>", ",", ")")
_CALLS = re.compile(
    r"^\s*(?:return|await|yield|new|throw|if|for|while|switch|case|else|elif|with|except|catch|\w+\.\w)\b|=>\s*\{$|\(function"
)
_COMMENTS = ("//", "*", "/*", "#", "--", ";")
_SIX_BLANKS = re.compile(r"\n {6}[^\s*]")
_CONDITION = re.compile(r"#\s*(?:if|ifdef|ifndef|elif|else|endif|pragma)\b")
_CONDITIONS = re.compile(rf"\n{_CONDITION.pattern}")
_LABEL = re.compile(r"\s*([A-Za-z_]\w*)(?: (?:slots|Q_SLOTS))?:")
_JUMP = re.compile(r"(?:goto|break|continue) (?=(\w+))")
_ACCESS = frozenset(("public", "private", "protected", "signals"))
_NO_LABELS = frozenset(("else", "try", "finally", "default", "do", "then", "begin"))
_TEMPLATE_LINES = 200
"""A string in backticks of more lines is none: a backtick alone stands somewhere."""
_BLANK = -1
_QUOTED = -2


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
    _blank_quoted(lines, text, indents)
    if _CONDITIONS.search(text):
        for row, line in enumerate(bare):
            if line[:1] == "#" and _CONDITION.match(line):  # stands at the margin, whatever it is in
                indents[row] = _QUOTED
    if ":\n" in text:
        _blank_labels(text, indents)
    if "`" in text:
        _blank_templates(lines, bare, indents)
    found: list[Item] = []
    _collect(lines, bare, indents, 0, len(lines), 0, found)
    return found


def _collect(
    lines: Sequence[str],
    bare: Sequence[str],
    indents: Sequence[int],
    start: int,
    behind: int,
    depth: int,
    found: list[Item],
) -> None:
    base = min((indent for indent in set(indents[start:behind]) if indent >= 0), default=0)
    starts = [
        row
        for row in _rows(indents, base, start, behind)
        if bare[row][:1] not in _MAY_CONTINUE or row == start or not _CONTINUES.match(lines[row])
    ]
    total = len(starts)
    starts.append(behind)
    at = 0
    while at < total:
        first = head = starts[at]
        at += 1
        # Comments and decorators above a definition belong to it, if no blank line parts them.
        while (
            at < total
            and bare[head][:1] in _MAY_BE_ATTACHED
            and _ATTACHED.match(lines[head])
            and _BLANK not in indents[head : starts[at]]
        ):
            head = starts[at]
            at += 1
        last = starts[at] - 1
        while last > head and indents[last] == _BLANK:
            last -= 1
        container = last - head >= _MIN_CONTAINER and depth < _DEEPEST and _is_container(lines, head)
        found.append(Item(first, head, last, _name(lines, head), depth, container))
        if container:
            inner = _body_start(lines, indents, head, last, base)
            margin = base if _CONTAINER.match(lines[head]) else indents[head + 1]
            if inner <= last:
                _collect(lines, bare, indents, inner, last + 1 if indents[last] > margin else last, depth + 1, found)


def _is_container(lines: Sequence[str], head: int) -> bool:
    """Whether a class or the like begins here, or on the line below its template's."""
    if _CONTAINER.match(lines[head]):
        return True
    return lines[head].lstrip().startswith("template") and _CONTAINER.match(lines[head + 1]) is not None


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
    named = _NAMED.search(line[:_NAME_CHARS])
    if named and line.endswith(_OPENS):
        return named[1].rstrip(":")
    return _name(lines, row) if line.endswith(_BODY_OPENS) and not _CALLS.search(line) else ""


def block_end(lines: Sequence[str], head: int) -> int:
    """Last row of what is indented below a row, with the line that closes it."""
    margin = len(lines[head]) - len(lines[head].lstrip())
    last = head
    for row in range(head + 1, min(len(lines), head + _BLOCK_LINES)):
        bare = lines[row].lstrip()
        if not bare:
            continue
        indent = len(lines[row]) - len(bare)
        if indent == margin and bare.startswith(_BLOCK_ENDS):
            return row
        if indent <= margin and not (indent == margin and bare[0] in "{)]"):
            return last
        last = row
    return last


def header_end(lines: Sequence[str], item: Item) -> int:
    """Row on which the item's signature ends."""
    for row in range(item.head, min(item.last, item.head + _HEADER_LINES - 1) + 1):
        if lines[row].split("//")[0].rstrip().endswith(_HEADER_ENDS):
            return row
    return item.head


def _body_start(lines: Sequence[str], indents: Sequence[int], head: int, last: int, base: int) -> int:
    row = head + 1
    while (
        row <= last
        and not (indents[row] > base and lines[row - 1].rstrip().endswith((":", "{", ",")))
        and row - head < _HEADER_LINES
    ):
        row += 1
    if row - head >= _HEADER_LINES:
        row = head + 1
        while row <= last and indents[row] <= base:
            row += 1
    return row


def _blank_quoted(lines: Sequence[str], text: str, indents: list[int]) -> None:
    """Mark the rows inside block comments and triple-quoted strings: no definition starts there."""
    none = len(text)
    comment = double = single = -1  # where the next one opens
    at = row = 0  # where a row starts
    while True:
        if comment < at:
            comment = text.find("/*", at)
            comment = comment if comment >= 0 else none
        if double < at:
            double = text.find('"""', at)
            double = double if double >= 0 else none
        if single < at:
            single = text.find("'''", at)
            single = single if single >= 0 else none
        opening = min(comment, double, single)
        if opening == none:
            return
        row += text.count("\n", at, opening)
        closing = _opened(lines[row])
        at = text.find("\n", opening) + 1
        row += 1
        if not at:
            return
        if not closing:
            continue
        end = text.find(closing, at)
        behind = row + text.count("\n", at, end) + 1 if end >= 0 else len(lines)
        indents[row:behind] = [_QUOTED] * (behind - row)
        at = text.find("\n", end) + 1 if end >= 0 else 0
        row = behind
        if not at:
            return


def _blank_labels(text: str, indents: list[int]) -> None:
    """Mark access labels and those that a jump names: they stand left of what they part, but end no definition."""
    labels: list[tuple[int, str]] = []
    row = done = 0
    at = text.find(":\n")
    while at >= 0:
        label = _LABEL.fullmatch(text, text.rfind("\n", 0, at) + 1, at + 1)
        if label and label[1] not in _NO_LABELS:
            row += text.count("\n", done, at)
            done = at
            labels.append((row, label[1]))
        at = text.find(":\n", at + 2)
    if not labels:
        return
    aims = set(_JUMP.findall(text))
    for row, name in labels:
        if name in _ACCESS or name in aims or any(map(str.startswith, aims, repeat(name))):
            indents[row] = _QUOTED


def _blank_templates(lines: Sequence[str], bare: Sequence[str], indents: list[int]) -> None:
    """Mark the rows inside a string in backticks of several lines, whose text may begin at the margin."""
    odd = [row for row, line in enumerate(lines) if "`" in line and line.count("`") % 2 and indents[row] != _QUOTED]
    odd = [row for row in odd if not bare[row].startswith(_COMMENTS)]
    at = 0
    while at + 1 < len(odd):
        first, last = odd[at : at + 2]
        if last - first > _TEMPLATE_LINES:
            at += 1
            continue
        indents[first + 1 : last + 1] = [_QUOTED] * (last - first)
        at += 2


def _opened(line: str) -> str:
    """What closes the comment or string that this line leaves open, or the empty string."""
    if "/*" in line:
        return "*/" if line.lstrip().startswith("/*") and "*/" not in line else ""
    quotes = '"""' if '"""' in line else "'''"
    return quotes if line.count(quotes) % 2 else ""


def _without_indents(lines: Sequence[str], text: str) -> list[str]:
    """Each line without its leading blanks, tabs and carriage returns."""
    if text.isascii() and not any(sign in text for sign in _RARE_WHITE):
        return list(map(str.lstrip, lines))  # to look for all white space takes half as long as to look for some
    return list(map(str.lstrip, lines, repeat(" \t\r")))


def _indents(lines: Sequence[str], bare: Sequence[str], text: str) -> list[int]:
    """Width of each line's leading white space; ``_BLANK`` for a blank line. ``bare`` are the lines without it.

    A tab counts as 4, or as 8 where lines begin with six blanks, as in GNU's style.
    """
    if "\t" in text and ("\n\t" in text or text[0] == "\t"):  # without any, one look for a single sign says so
        more = 7 if _SIX_BLANKS.search(text) else 3
        return [
            _BLANK if not rest else width + more * line.count("\t", 0, width) if width and line[0] == "\t" else width
            for line, rest, width in zip(lines, bare, map(sub, map(len, lines), map(len, bare)), strict=True)
        ]
    return [len(line) - len(rest) if rest else _BLANK for line, rest in zip(lines, bare, strict=True)]


def _name(lines: Sequence[str], head: int) -> str:
    look = lines[head][:_NAME_CHARS]
    named = _NAMED.search(look)
    if named and named[1] not in _TYPES:
        return named[1].rstrip(":")
    for match in _CALLABLE.finditer(look) if "(" in look else ():
        if match[1] not in _CONTROL:
            return match[1]
    assigned = _ASSIGNED.match(look) if "=" in look else None
    return assigned[1] if assigned else ""
