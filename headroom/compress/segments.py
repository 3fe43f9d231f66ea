"""Mixed content, such as the output of several commands, cut into runs of lines of one kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from headroom.compress import legends
from headroom.compress.folding import SIGIL
from headroom.compress.holes import Part
from headroom.compress.rendition import Gap

_MIN_RUN = 3
"""Fewer lines of a kind are no run: one JSON line in a log stays a line of the log."""
_MIN_CHARS = 600
"""A smaller run is not worth its own treatment and goes with its neighbour."""
_LOOK = 200

_FILE_HEAD = re.compile(r"==> .+ <==$|:{10,}$|-{3,} .+ -{3,}$|={3,} .+ ={3,}$|\$ \S|>>> \S+|# (?:File|file): ")
_SECTION_HEAD = re.compile(r"(?:==> .{1,200} <==|(={3,}|-{3,}|#{3,}|\*{3,}) (?=[^\n]*\w)[^\n]{1,100} \1)[ \t]*\r?\n")
"""What people print between the outputs of several commands."""
_PATH = re.compile(
    r"(?:[A-Za-z]:|\.{1,2})?(?:[/\\][\w@+~.-][\w@+~ .-]*+){2,}+|[\w@+~-][\w@+~.-]*+(?:[/\\][\w@+~.-]++){1,}+"
)
_MIN_PATHS = 20
"""So many paths in a row, a line each, are a list of files."""
_MAY_BE_HEAD = re.compile(r"\n(?:==> |===|---|###|\*\*\*)")
"""How one begins, behind a newline: a pattern that starts with a sign is looked for much faster than one that starts a line."""
_MOST_SECTIONS = 40
_CLASSES = re.compile(
    r"(?P<json>\s*[\[{]\s*(?:[\"\[{\]}\d]|$)|\s*\"(?:[^\"\\]|\\.){1,120}\"\s*:|\s*[\]}]+,?$)"
    r"|(?P<diff>diff --git |@@ -\d|[-+]{3} \S|index [0-9a-f]{6,}\.\.)"
    r"|(?P<trace>Traceback \(most|\s+File \"[^\"]+\", line \d|\s+at \S+.*[:(]\d|Caused by: )"
    r"|(?P<log>\W{0,2}\d{4}[-/]\d{2}[-/]\d{2}[T _]\d{2}:\d{2}|\W{0,2}[A-Z][a-z]{2} +\d{1,2} \d{2}:\d{2}:\d{2}|\W{0,2}\d{2}:\d{2}:\d{2}[.,\s])"
    r"|(?P<listing>[-dlbcps][-rwxsStT]{9}[.+@]? |total \d+$|[\s│|]*(?:[├└]──|[|`]--) )"
    r"|(?P<search>(?:\./)?[\w@+~-][\w./@+~-]*\.\w{1,8}[:-]\d+[:-])"
    r"|(?P<table>[│┃║┌├└╔╠╚]|\+[-=+]{3,}\+|\|.*\|$)"
    r"|(?P<html>\s*</?[A-Za-z][\w:-]*(?:\s[^<>]*)?/?>)"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of whole lines; the texts of all segments, put together, are the source byte for byte."""

    text: str
    kind: str
    """A guess; empty where the lines say nothing."""
    first_line: int
    """1-based number of its first line in the source."""


def sections(text: str) -> tuple[Part, ...] | None:
    """Part a text at the headings between several outputs; None where there are none, or too many."""
    heads = list(islice(_heads(text), _MOST_SECTIONS + 1))
    if not 0 < len(heads) <= _MOST_SECTIONS:
        return None
    parts: list[Part] = []
    at = 0
    for head in heads:
        parts += Part(text[at : head.start()], False), Part(head[0], True)
        at = head.end()
    parts.append(Part(text[at:], False))
    return tuple(part for part in parts if part.text)


def before_paths(text: str) -> tuple[Part, ...] | None:
    """Part an output from the list of files that it ends with, as a compiler's that is asked which it reads; None without one."""
    end = start = len(text.rstrip("\n"))
    count = 0
    while start > 0 and _PATH.fullmatch(text, above := text.rfind("\n", 0, start) + 1, start):
        start = above - 1
        count += 1
    if count < _MIN_PATHS or start <= 0 or text.count("\n", 0, start) < _MIN_RUN or end - start < _MIN_CHARS:
        return None
    return Part(text[: start + 1], False), Part(text[start + 1 :], False)


def _heads(text: str) -> Iterator[re.Match[str]]:
    if (head := _SECTION_HEAD.match(text)) is not None:
        yield head
    for found in _MAY_BE_HEAD.finditer(text):
        if (head := _SECTION_HEAD.match(text, found.start() + 1)) is not None:
            yield head


def cut(text: str) -> tuple[Segment, ...]:
    """Cut ``text`` into runs of one kind; a single segment where it is all of one kind. Linear."""
    lines = text.splitlines(keepends=True) if "\r" not in text and not _ODD.search(text) else _keep_ends(text)
    labels = _labels(lines)
    runs: list[tuple[str, int, int]] = []  # kind, first, behind
    at = 0
    for label, group in groupby(labels):
        size = sum(1 for _ in group)
        runs.append((label, at, at + size))
        at += size
    merged = _merge(runs, lines)
    out: list[Segment] = []
    for kind, first, behind in merged:
        out.append(Segment("".join(lines[first:behind]), kind, first + 1))
    return tuple(out)


def clear_of_marks(texts: Sequence[str], sources: Sequence[str]) -> list[str]:
    """Return each text, or its source where the text's legend defines a mark that stands in another one, too.

    All of them will be read as one: a mark that stood for two things, or for nothing, would mislead. The longer the source,
    the sooner its text keeps its marks.
    """
    out = list(texts)
    marks = [
        frozenset(_ENTRY.findall(text, 0, _LEGEND_CHARS))
        if text is not source and text.startswith(SIGIL)
        else frozenset()
        for text, source in zip(texts, sources, strict=True)
    ]
    if sum(map(bool, marks)) == 0 or len(texts) == 1:
        return out
    taken: set[str] = set()
    for row in sorted(range(len(texts)), key=lambda row: (-len(sources[row]), row)):
        elsewhere = (source for other, source in enumerate(sources) if other != row)
        if marks[row] & taken or any(mark in source for source in elsewhere for mark in marks[row]):
            out[row] = sources[row]
        else:
            taken |= marks[row]
    return out


def legends_first(parts: Sequence[Sequence[str | Gap]]) -> list[tuple[str | Gap, ...]]:
    """Move the legends of later parts to the top of the first: a mark is looked up where a text begins.

    Their marks must mean the same in all parts (`clear_of_marks`).
    """
    moved: list[str] = []
    out: list[tuple[str | Gap, ...]] = [tuple(part) for part in parts[:1]]
    for part in parts[1:]:
        first = part[0] if part else ""
        legend, body = legends.split(first) if isinstance(first, str) and first.startswith(SIGIL) else ([], first)
        if not legend:
            out.append(tuple(part))
            continue
        moved += [f"{line}\n" for line in legend]
        out.append((*((body,) if body else ()), *part[1:]))
    if moved:
        out[0] = ("".join(moved), *out[0])
    return out


def share_marks(above: str, below: str) -> bool:
    """Whether two texts that will be read as one define a mark differently, or one uses what the other defines."""
    defined = [dict(_DEFINED.findall(text)) for text in (above, below)]
    if any(defined[0][mark] != defined[1][mark] for mark in defined[0].keys() & defined[1].keys()):
        return True
    return any(
        mark in text and mark not in other
        for own, other, text in ((defined[0], defined[1], below), (defined[1], defined[0], above))
        for mark in own
    )


_DEFINED = re.compile(r"(?m)^([$&@%^§~][A-Za-z]?)=(?=\S)(.*)$")
_ENTRY = re.compile(r"(?m)^([$&@%^§~][A-Za-z]?)=(?=\S)")
_LEGEND_CHARS = 12_000
_ODD = re.compile(r"[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def _keep_ends(text: str) -> list[str]:
    """Split at newlines only; ``str.splitlines`` knows more line ends than tools count."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _labels(lines: list[str]) -> list[str]:
    """One label a line; blank and plain lines go with what stands before them; a file heading starts anew."""
    labels: list[str] = []
    section = 0
    current = ""
    for line in lines:
        look = line[:_LOOK].rstrip()
        if not look:
            labels.append(labels[-1] if labels else f"{section}:")
            continue
        if _FILE_HEAD.match(look):
            section += 1
            current = ""
            labels.append(f"{section}:")
            continue
        match = _CLASSES.match(look)
        if match:
            current = match.lastgroup or ""
        elif current not in {
            "diff",
            "trace",
        }:  # context lines of a diff and messages of a trace say nothing by themselves
            current = ""
        labels.append(f"{section}:{current}")
    return labels


def _merge(runs: list[tuple[str, int, int]], lines: list[str]) -> list[tuple[str, int, int]]:
    """Give runs that are too short to their neighbour, then join equals."""
    merged: list[tuple[str, int, int]] = []
    for label, first, behind in runs:
        section, _, kind = label.partition(":")
        small = behind - first < _MIN_RUN or sum(map(len, lines[first:behind])) < _MIN_CHARS
        if merged:
            last_label, last_first, _ = merged[-1]
            last_section, _, last_kind = last_label.partition(":")
            if last_section == section and (small or kind == last_kind):
                merged[-1] = (last_label, last_first, behind)
                continue
            last_small = sum(map(len, lines[last_first:first])) < _MIN_CHARS
            if last_small:
                merged[-1] = (label, last_first, behind)
                continue
        merged.append((label, first, behind))
    return [(label.partition(":")[2], first, behind) for label, first, behind in merged]
