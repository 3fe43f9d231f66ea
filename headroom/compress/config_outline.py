"""Configuration text cut into entries: YAML documents and keys, TOML and INI sections. Nothing is parsed or written anew."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from headroom.compress.config_files import file_rows
from headroom.compress.manifests import Manifest, manifest
from headroom.compress.once import once

_SECTION = re.compile(r"\s*\[{1,2}([^\[\]]{1,120})\]{1,2}\s*(?:[#;].*)?$")
_DOCUMENT = re.compile(r"---(?:\s.*)?$")
_KEY = re.compile(
    r"\s*(?:- +)?(\"[^\"]*\"|'[^']*'|[^\s#:=\[\]{},&*!|>](?:[^:=#\s]++|\s++(?=[^:=#]))*+)\s*+(?::(?=\s|$)|={1,2})\s*(.*)$"
)
_TOLD = re.compile(  # begins with a newline, which the matcher skips to; blanks are taken back by nobody
    r"\n[^\S\n]*+(?![#;])(?:("
    r"- |(?<=\n)---"
    r"|(?:- +)?(?:\"[^\"\n]*\"[^\S\n]*|'[^'\n]*'[^\S\n]*|[^\s#:=\[\]{},&*!|>][^:=#\n]*+)(?::(?=\s|\Z)|=)"
    r"|\[{1,2}[^\[\]\n]{1,120}\]{1,2}[^\S\n]*(?:[#;].*)?(?=\n|\Z)"
    r")|\S)"
)
"""A line with content that is no comment; its group is a list item, a separator, the beginning of a key or a section."""
_OBJECT = ("apiVersion: ", "kind: ")
_FIELD = re.compile(r"([A-Za-z][\w-]*):(?=\s|$)")
_FEWEST_STANZAS = 3
_STANZA_SHARE = 0.7
_SHORT_VALUE = 40
_LOOK = 2_000
"""Lines that say whether a text is configuration, so many"""
_AT_ONCE = 200
"""at once."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Lines ``first`` to ``last``, 0-based and inclusive: a document, a section, or a key with all that belongs to it."""

    first: int
    last: int
    head: int
    """The line with its name; comments that belong to it stand above."""
    label: str
    """A few words for what it is: ``Service web``, ``[server]``, ``port: 80``."""
    manifest: Manifest | None = None
    path: str = ""
    """Of a file, one of several in a text; ``head`` is the line with it."""


def looks_like_config(lines: Sequence[str]) -> bool:
    """Whether at least half of the lines with content are keys, list items, sections or separators."""
    total = min(len(lines), _LOOK)
    more = 0  # such lines, less all others with content
    for start in range(0, total, _AT_ONCE):
        end = min(start + _AT_ONCE, total)
        told = _TOLD.findall("\n" + "\n".join(lines[start:end]))
        more += len(told) - 2 * told.count("")
        if abs(more) > total - end:  # whatever the rest is
            break
    return more >= 0


class _Part:
    """Some lines of one list, told by the list itself: that it is kept here keeps its id its own."""

    __slots__ = ("first", "last", "lines")

    def __init__(self, lines: Sequence[str], first: int, last: int) -> None:
        self.lines = lines
        self.first = first
        self.last = last

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Part)
            and self.lines is other.lines
            and (self.first, self.last) == (other.first, other.last)
        )

    def __hash__(self) -> int:
        return hash((id(self.lines), self.first, self.last))


def entries(lines: Sequence[str], first: int, last: int) -> list[Entry]:
    """Cut the lines into their largest entries; one entry if there is nothing to cut at."""
    return list(_entries(_Part(lines, first, last)))


@once
def _entries(part: _Part) -> list[Entry]:
    lines, first, last = part.lines, part.first, part.last
    if files := file_rows(lines, first, last):
        above = [_entry(lines, first, min(files) - 1, first)] if min(files) > first else []
        ends = [*sorted(files)[1:], last + 1]
        return [
            *above,
            *(
                Entry(row, end - 1, row, path, None, path)
                for (row, path), end in zip(sorted(files.items()), ends, strict=True)
            ),
        ]
    for starts in (_documents, _sections, _stanzas, _keys):
        found = starts(lines, first, last)
        if len(found) > 1:
            return _between(lines, found, last)
    return [_entry(lines, first, last, first)] if first <= last else []


def _documents(lines: Sequence[str], first: int, last: int) -> list[int]:
    marked = _marked(lines, first, last)
    found = [i for i, line in marked if _DOCUMENT.match(line)]
    # A file without a newline at its end, put before the next one; more dashes underline, or end a certificate's first line.
    glued = [
        i + 1
        for i, line in marked
        if i < last and line[-3:] == "---" and line[-4:-3] not in {"", "-"} and line.lstrip()[0] not in "-#"
    ]
    starts = sorted({*found, *glued, *_unparted(lines, first, last, {*found, *glued})})
    return starts if not starts or starts[0] == first else [first, *starts]


def _unparted(lines: Sequence[str], first: int, last: int, parted: set[int]) -> Iterator[int]:
    """Where one object follows another without a separator, as files do that are printed one after the other."""
    seen: set[str] = set()
    for row, line in enumerate(lines[first : last + 1], first):
        if row in parted:
            seen.clear()
        if not line.startswith(_OBJECT):
            continue
        key = line.partition(":")[0]
        if key in seen:
            seen.clear()
            yield _with_comments(lines, row, first)
        seen.add(key)


def _marked(lines: Sequence[str], first: int, last: int) -> list[tuple[int, str]]:
    """Lines that hold three dashes, by their row: few, which are found sooner than looked for in each line."""
    text = "\n".join(lines[first : last + 1])
    found: list[tuple[int, str]] = []
    row, counted = first, 0
    at = text.find("---")
    while at >= 0:
        row += text.count("\n", counted, at)
        counted = at
        found.append((row, lines[row]))
        end = text.find("\n", at)
        at = text.find("---", end) if end >= 0 else -1
    return found


def _sections(lines: Sequence[str], first: int, last: int) -> list[int]:
    found = [i for i, line in enumerate(lines[first : last + 1], first) if line[:1] == "[" and _SECTION.match(line)]
    if len(found) < 2:
        return []
    starts = [_with_comments(lines, i, first) for i in found]
    return starts if starts[0] == first else [first, *starts]


def _stanzas(lines: Sequence[str], first: int, last: int) -> list[int]:
    """Paragraphs that begin with the same key, most of them: what apt, dpkg, pip and LDIF write, one record each."""
    found = [i for i in range(first, last + 1) if lines[i] and (i == first or not lines[i - 1])]
    if len(found) < _FEWEST_STANZAS:
        return []
    keys = Counter(match[1] for i in found if (match := _FIELD.match(lines[i])))
    long = sum(1 for i in found if i < last and lines[i + 1])
    if not keys or keys.most_common(1)[0][1] < _STANZA_SHARE * len(found) or long < _STANZA_SHARE * len(found):
        return []
    return found if found[0] == first else [first, *found]


def _keys(lines: Sequence[str], first: int, last: int) -> list[int]:
    """Lines of the least indent that is there, each with the comments right above it."""
    found: list[int] = []
    least = sys.maxsize
    for i, line in enumerate(lines[first : last + 1], first):
        if line[: least + 1].isspace():  # deeper, as most are, or blank
            continue
        text = line.lstrip()
        if text and text[0] not in "#;" and not (line[:3] == "---" and _DOCUMENT.match(line)):
            if len(line) - len(text) < least:
                least = len(line) - len(text)
                found = []
            found.append(i)
    if not found:
        return []
    heads: list[int] = []
    opened = False
    for i in found:
        item = lines[i].lstrip().startswith("- ")
        # Items of a list may stand below their key at its own indent.
        if not (item and opened):
            heads.append(i)
        if not item:
            opened = lines[i].rstrip().endswith(":")
    starts = [_with_comments(lines, i, first) for i in heads]
    return starts if starts and starts[0] == first else [first, *starts]


def _with_comments(lines: Sequence[str], at: int, first: int) -> int:
    while at > first and lines[at - 1].lstrip()[:1] in {"#", ";"} and lines[at - 1].strip():
        at -= 1
    return at


def _between(lines: Sequence[str], starts: Sequence[int], last: int) -> list[Entry]:
    out: list[Entry] = []
    edges = [*dict.fromkeys(starts), last + 1]
    for start, behind in pairwise(edges):
        if start >= behind:
            continue
        head = next((i for i in range(start, behind) if has_content(lines[i])), start)
        out.append(_entry(lines, start, behind - 1, head))
    return out


def _entry(lines: Sequence[str], first: int, last: int, head: int) -> Entry:
    # Most entries of most files are no objects, and lack the word.
    made = manifest(lines, first, last) if any("kind:" in line for line in lines[first : last + 1]) else None
    return Entry(first, last, head, made.label if made else label(lines, first, last), made)


def is_rest(lines: Sequence[str], entry: Entry) -> bool:
    """Whether a text begins with this entry, and in the middle of it: its head stands above."""
    return entry.first == 0 and entry.manifest is None and lines[entry.head][:1].isspace()


def has_content(line: str) -> bool:
    """Whether a line is more than a remark or a rule between documents."""
    text = line.strip()
    return bool(text) and text[0] not in "#;" and not (text[:3] == "---" and _DOCUMENT.match(text))


def key_of(line: str) -> str:
    """The key that a line begins with, without quotes; empty for none."""
    found = _KEY.match(line)
    return found[1].strip("\"'") if found else ""


def label(lines: Sequence[str], first: int, last: int) -> str:
    """A few words on an entry that is no object."""
    for i in range(first, last + 1):
        if not has_content(lines[i]):
            continue
        if section := _SECTION.match(lines[i]):
            return f"[{section[1].strip()}]"
        key = _KEY.match(lines[i])
        if key is None:
            return lines[i].strip()[:_SHORT_VALUE]
        value = key[2].strip()
        if not value or len(value) > _SHORT_VALUE or value[0] in "|>":
            return key[1]
        return f"{key[1]}: {value}"
    return ""
