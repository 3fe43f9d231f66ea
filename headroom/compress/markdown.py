"""Markdown and its kin: the sections that the question is about, and an outline of the rest."""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import groupby, pairwise

from headroom.compress.elsewhere import looks_up, names_elsewhere, told_absent
from headroom.compress.once import lines_of
from headroom.compress.outlines import Heading, detail, outline
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition, Unencoded
from headroom.compress.sections import answers, is_worth_a_gap, names_titles
from headroom.compress.sides import sides, united

_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$")
_HTML_HEADING = re.compile(r"\s*<h([1-6])\b[^>]*>(.*?)</h[1-6]>", re.IGNORECASE)
_SETEXT = re.compile(r" {0,3}(=+|-+|~+|\*{4,}|\^{4,}|\"{4,}|\+{4,})[ \t]*$")
_STRICT = frozenset('*^"+~')
"""Signs that underline a title in reStructuredText alone, and then at full length."""
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_FENCES = frozenset(("```", "~~~"))
_FENCE_CHARS = 3
_SHORT_BLOCK = 40
_HEADING_STARTS = ("#", "```", "~~~", "===", "---", "***", "^^^", '"""', "+++", "<h", "<H")
"""What a heading, a rule below one, or a fence may begin with."""
_TAG = re.compile(r"<[^<>]*>")
_MIN_LINES = 30
_MIN_GAP_LINES = 4
_OPENING = 6
_TO_SECTION = re.compile(r"\s*(?:[-*+]|\d+[.)]) +\[.*\]\(#[^()\s]*\)\s*")
_MIN_CONTENTS = 5
_OF_CONTENTS = re.compile(r"\b(?:contents|toc|outline|structure|sections|chapters|headings|links)\b")


class Markdown(Unencoded):
    """Documents with headings.

    A document is read for its wording; marks for its phrases spare little and hide what is quoted or searched.
    """

    kind = "markdown"

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep the asked-for sections whole; the markers name the others. None where the question names nothing here."""
        relevance = Relevance.from_hints(hints)
        lines = lines_of(text)
        headings = find_headings(lines)
        if len(lines) < _MIN_LINES or not headings:
            return None
        if not relevance.specific and not names_titles(headings, relevance):
            return None
        size = len(text) - len(lines) + 1
        if names_elsewhere(hints, text) and not names_titles(headings, relevance):
            return self._outline(lines, headings, size, told_absent(hints, text))
        keep = united(hints, lambda side: answers(lines, headings, Relevance.from_hints(side), size))
        if keep is None:
            return None
        keep.update(range(min(_OPENING, headings[0].row + 1, len(lines))))
        keep |= whole_fences(lines, keep)
        if not _OF_CONTENTS.search(relevance.wording):
            above = {row: _above(headings, row) for row in contents(lines)}
            named = {title for title in set(above.values()) if title is not None and names_titles([title], relevance)}
            keep -= {row for row, title in above.items() if title not in named}
        sure = looks_up(hints.query) and all(
            names_titles(headings, Relevance.from_hints(side)) for side in sides(hints) or (hints,)
        )
        pieces = elide_sections(lines, keep, headings, size, sure=sure)
        if not any(isinstance(piece, Gap) for piece in pieces):
            return None
        return Rendition(tuple(pieces), self.kind, "markdown:sections", lossless=False)

    def _outline(self, lines: list[str], headings: list[Heading], size: int, head: list[str]) -> Rendition | None:
        """The titles alone, of a document without anything of what is looked up."""
        pieces = elide_sections(lines, set(range(min(_OPENING, headings[0].row + 1))), headings, size)
        told = ["".join(f"{line}\n" for line in head)] if head else []
        return Rendition((*told, *pieces), self.kind, "markdown:sections", lossless=False)


def _above(headings: list[Heading], row: int) -> Heading | None:
    """The nearest heading above a row."""
    place = bisect_left(headings, row, key=lambda heading: heading.row)
    return headings[place - 1] if place else None


def contents(lines: list[str]) -> set[int]:
    """Rows of lists of links to the document's own sections, which the outline tells anyway."""
    rows = [row for row, line in enumerate(lines) if "](#" in line and _TO_SECTION.fullmatch(line)]
    runs = groupby(enumerate(rows), lambda item: item[1] - item[0])
    found = [[row for _, row in run] for _, run in runs]
    return {row for run in found if len(run) >= _MIN_CONTENTS for row in run}


def find_headings(lines: list[str]) -> list[Heading]:
    """ATX, Setext and HTML headings outside code fences."""
    found: list[Heading] = []
    fence = ""
    ruled: dict[int, str] = {}
    starts = [(row, bare[0]) for row, bare in enumerate(map(str.lstrip, lines)) if bare.startswith(_HEADING_STARTS)]
    for row, first in starts:
        line = lines[row]
        if fence:
            if fence in line and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        look = line[:300]
        if first in "`~" and (match := _FENCE.match(look)) and not _rules(lines, row):
            fence = match[1][:3]
        elif first == "#":
            if match := _ATX.match(look):
                found.append(Heading(row, len(match[1]), match[2]))
        elif first == "<":
            if match := _HTML_HEADING.match(look):
                found.append(Heading(row, int(match[1]), _TAG.sub("", match[2]).strip()))
        elif (
            row
            and not look.strip(f"{first} \t")
            and (match := _SETEXT.match(look))
            and _underlines(lines[row - 1], match[1])
        ):
            ruled[len(found)] = first
            found.append(Heading(row - 1, 1 if first == "=" else 2, lines[row - 1].strip()))
    signs = list(dict.fromkeys(ruled.values()))
    if _STRICT.intersection(signs):  # a sign's level is there by which of them came first
        for place, sign in ruled.items():
            found[place] = found[place]._replace(level=signs.index(sign) + 1)
    return found


def whole_fences(lines: list[str], keep: set[int]) -> set[int]:
    """Rows to add so that no code block is cut open: short ones whole, of longer ones the fences at both ends."""
    added: set[int] = set()
    start, fence = -1, ""
    for row, bare in enumerate(map(str.strip, lines)):
        if bare[:3] not in _FENCES or (start < 0 and (_FENCE.match(lines[row]) is None or _rules(lines, row))):
            continue
        if start < 0:
            start, fence = row, bare[:3]
        elif bare.startswith(fence) and not bare.strip(fence[0]):
            rows = range(start, row + 1)
            if not keep.isdisjoint(rows):
                added.update(rows if len(rows) <= _SHORT_BLOCK else (start, row))
            start = -1
    return added


def _rules(lines: list[str], row: int) -> bool:
    """Whether a row of tildes is the rule below a title in reStructuredText, and opens no code block."""
    if row == 0 or (row > 1 and lines[row - 2].strip()) or lines[row].strip("~ \t"):
        return False
    return len(lines[row].strip()) > _FENCE_CHARS and _underlines(lines[row - 1], lines[row].strip())


def _underlines(title: str, rule: str) -> bool:
    stripped = title.strip()
    if rule[0] in _STRICT and len(rule) < len(title.rstrip()):
        return False
    return 0 < len(stripped) <= 120 and len(rule) >= 3 and not stripped.startswith(("-", "*", "+", "|", ">", "#"))


def elide_sections(
    lines: list[str], keep: set[int], headings: list[Heading], size: int, *, sure: bool = False
) -> list[str | Gap]:
    """Leave out the rows not kept, with an outline in each marker; small gaps are filled again.

    ``size`` is that of all lines, in characters; ``sure`` as for `outlines.detail`.
    """
    total = len(lines) - 1 if lines and not lines[-1] else len(lines)
    shown = detail(headings, size, sure=sure)
    pieces: list[str | Gap] = []
    text_from = 0
    for before, behind in pairwise([-1, *sorted(row for row in keep if row < total), total]):
        row = before + 1
        if behind - row >= _MIN_GAP_LINES and is_worth_a_gap(lines, row, behind):
            if row > text_from:
                pieces.append("\n".join(lines[text_from:row]) + "\n")
            parts = outline(headings, row, behind - 1, shown)
            pieces.extend(Gap(first + 1, last + 1, "lines", note) for first, last, note in parts)
            text_from = behind
    if text_from < total:
        pieces.append("\n".join(lines[text_from:]))
    return pieces


COMPRESSORS = (Markdown(),)
