"""HTML and XML pages as the text that they show: what is kept, what is marked, and whether each line stands in the page."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress import short_markup
from headroom.compress.folding import SIGIL
from headroom.compress.outlines import detail, outline
from headroom.compress.page_reading import CONTROL, WHITE, Page, displayed, read_page, unescape
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition
from headroom.compress.sections import answers
from headroom.compress.sides import united

_PLAIN_TAG = re.compile(r"</?[A-Za-z][^<>]*+>")
_ANY_TAG = re.compile(r"</?[A-Za-z][^>]*+>")
_BETWEEN = "\x00"
"""Stands between parts of a page; no line that is shown holds it."""
_STRUCTURE_ASKED = re.compile(
    r"\b(?:selectors?|css|xpath|dom|class ?names?|(?:html|data|aria) attributes?|markup|href|hyperlinks?|links?|urls?|scrap\w+"
    r"|page source)\b",
    re.IGNORECASE,
)
_PAGE = re.compile(
    r"(?:[\s\ufeff]++|<\?[^<>]{0,400}>|<!--(?:[^-]++|-(?!->)){0,4000}+-->)*+(?:<!doctype html|<html\b|<head\b|<body\b)"
    r"|[\s\S]{0,2000}<(?:body|div|p|table|h1)\b",
    re.IGNORECASE,
)
"""How a page begins, behind the prolog of XML and remarks."""
_MIN_GAIN = 0.15
_MARKS = "|#-"
_WIDE = tuple(sign for sign in f"{WHITE}¶" if not sign.isascii())
_NOT_SHOWN = "".join(sign for sign in WHITE if sign.isascii()).encode() + _MARKS.encode()


class Markup:
    """Web pages. Of XML data without a page's elements nothing is left out."""

    kind = "html"

    def lossless(self, text: str, hints: Hints) -> Rendition | None:
        """Write markup in the short forms that readers know, runs of tags that come often as short ones, then a legend."""
        del hints
        encoded = short_markup.encode(text)
        return Rendition((encoded,), self.kind, "html:short-tags", lossless=True) if encoded else None

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        return short_markup.decode(encoded)

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep the page's text without its markup; of a long page what the question is about, the rest marked.

        None when the question is about the markup itself.
        """
        if _STRUCTURE_ASKED.search(hints.query) or any(sign in text for sign in CONTROL) or not _PAGE.match(text):
            return None
        page = read_page(text)
        size = sum(map(len, page.lines)) + len(page.lines)
        if not page.lines or size > (1 - _MIN_GAIN) * len(text):
            return None
        total = text.count("\n") + (not text.endswith("\n"))
        head = f"{SIGIL}text of a page of {total} lines, without markup]\n"
        keep = None
        if Relevance.from_hints(hints).specific:
            shown = size - len(page.lines)
            keep = united(hints, lambda side: answers(page.lines, page.headings, Relevance.from_hints(side), shown))
        if keep is None:
            return Rendition((head, "\n".join(page.lines) + "\n"), self.kind, "html:text", lossless=False)
        keep.update(range(min(4, len(page.lines))))
        pieces = _elide(page, keep, text.count("\n") + 1, size)
        return Rendition((head, *pieces), self.kind, "html:sections", lossless=False)

    def explains(self, text: str, lines: list[str]) -> bool:
        """Hold for lines whose characters, marks for headings, items and cells aside, stand in the page in this order."""
        return _stand_in(displayed(text), lines)

    def explains_rest(self, text: str, gaps: Sequence[Gap], lines: list[str]) -> bool:
        """Look for them as `explains` does, only in the source lines that no gap covers."""
        if not gaps or any(gap.unit != "lines" for gap in gaps):
            return False
        rows = displayed(text).split("\n")
        starts = (0, *(gap.last for gap in gaps))
        ends = (*(gap.first - 1 for gap in gaps), len(rows))
        rest = ["\n".join(rows[start:end]) for start, end in zip(starts, ends, strict=True)]
        return _stand_in(_BETWEEN.join(rest), lines)


def _stand_in(page: str, lines: list[str]) -> bool:
    """Whether the characters of ``lines``, but for marks and white space, stand in a page in this order."""
    shown = _bare(unescape(_without_tags(page)), _NOT_SHOWN)
    at = 0
    for bare in _bare("\n".join(lines), _NOT_SHOWN.replace(b"\n", b"")).split(b"\n"):
        # Most lines stand right behind the one before.
        found = at if shown.startswith(bare, at) else shown.find(bare, at)
        if found < 0:
            return False
        at = found + len(bare)
    return True


def _without_tags(page: str) -> str:
    """Take the tags out; one that holds another's beginning is none."""
    shown = _ANY_TAG.split(page)
    # The matcher runs to one sign twice as fast as to one of two.
    return "".join(shown) if len(shown) - 1 == page.count("<") else _PLAIN_TAG.sub("", page)


def _bare(text: str, without: bytes) -> bytes:
    """Return the text in UTF-8 without these ASCII characters, without other white space and without the sign for headings."""
    for sign in _WIDE if not text.isascii() else ():
        if sign in text:
            text = text.replace(sign, "")
    return text.encode("utf-8", "surrogatepass").translate(None, without)


def _elide(page: Page, keep: set[int], last_row: int, size: int) -> list[str | Gap]:
    """Gaps are counted in lines of the source."""
    shown = detail(page.headings, size)
    pieces: list[str | Gap] = []
    total = len(page.lines)
    at = 0
    reached = 0  # last source line that a gap covers
    while at < total:
        behind = at
        kept = at in keep
        while behind < total and (behind in keep) == kept:
            behind += 1
        run = page.lines[at:behind]
        first = page.rows[at] if at else 1
        last = page.rows[behind] - 1 if behind < total else last_row
        if kept or sum(map(len, run)) < 200 or first <= reached or last < first:
            pieces.append("\n".join(run) + "\n")
        else:
            for start, end, note in outline(page.headings, at, behind - 1, shown):
                top = max(first, page.rows[start]) if start > at else first
                bottom = page.rows[end + 1] - 1 if end + 1 < behind else last
                if top > reached and bottom >= top:
                    pieces.append(Gap(top, bottom, "lines", note))
                    reached = bottom
        at = behind
    return pieces


COMPRESSORS = (Markup(),)
