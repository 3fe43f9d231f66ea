"""HTML and XML pages as the text that they show, in lines with their place in the source."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compress import plain_markup, short_tags
from headroom.compress.folding import SIGIL
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition
from headroom.compress.sections import Heading, answers, outline, outline_depth

# While a page is read, these stand in for source newlines, lines of preformatted text and headings.
_LINE, _PRE, _HEAD = "\x01", "\x02", "\x03"
_CONTROL = "\x00\x01\x02\x03"

_ATTRIBUTES = r"(?:[^<>\"']++|\"[^\"]{0,4000}\"|'[^']{0,4000}')*+"
_DROPPED = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|svg|noscript|template|iframe|object|canvas)\b.*?(?:</\1\s*>|\Z)|<![^>]{0,2000}>|<\?.*?(?:\?>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_LONG_TAG = re.compile(rf"<[^<>{_LINE}]{{0,2000}}{_LINE}[^<>]{{0,4000}}>")
_PREFORMATTED = re.compile(r"<(pre|textarea|listing)\b[^<>]*+>(.*?)(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_HEADING_OPEN = re.compile(r"<h([1-6])\b[^<>]*+>", re.IGNORECASE)
_ITEM = re.compile(r"<li\b[^<>]*+>", re.IGNORECASE)
_CELL = re.compile(r"</t[dh]\s*>(?=\s*<t[dh]\b)", re.IGNORECASE)
# Block elements, as a trie: the matcher tries one branch a letter. Twice as fast as a plain list.
_BLOCK = re.compile(
    r"</?(?:p|d(?:iv|[ltd]|etails)|h(?:[1-6r]|tml|ead(?:er)?)|[uo]l|t(?:r|able|head|body|itle)|s(?:ection|ummary|elect)"
    r"|a(?:rticle|side|ddress)|main|f(?:ooter|ig(?:ure|caption)|orm|ieldset)|nav|b(?:lockquote|r|ody)|c(?:aption|enter)"
    r"|option|li)\b[^<>]*+>",
    re.IGNORECASE,
)
_TAG = re.compile(rf"</?[A-Za-z]{_ATTRIBUTES}>")
_PLAIN_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_STRUCTURE_ASKED = re.compile(
    r"\b(?:selectors?|css|xpath|dom|class ?names?|(?:html|data|aria) attributes?|markup|href|hyperlinks?|links?|urls?|scrap\w+"
    r"|page source)\b",
    re.IGNORECASE,
)
_PAGE = re.compile(
    r"\s*(?:<!doctype html|<html\b|<head\b|<body\b)|[\s\S]{0,2000}<(?:body|div|p|table|h1)\b", re.IGNORECASE
)
_MIN_GAIN = 0.15


@dataclass(frozen=True, slots=True)
class Page:
    """What a page shows."""

    lines: list[str]
    rows: list[int]
    """1-based source line on which each of ``lines`` starts."""
    headings: list[Heading]


class Markup:
    """Web pages. Of XML data without a page's elements nothing is left out."""

    kind = "html"

    def lossless(self, text: str, hints: Hints) -> Rendition | None:
        """Write markup in the short forms that readers know, and runs of tags that come again and again as short ones."""
        del hints
        plain = plain_markup.encode(text)
        encoded = short_tags.encode(plain or text) or plain
        return Rendition((encoded,), self.kind, "html:short-tags", lossless=True) if encoded else None

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        return plain_markup.decode(short_tags.decode(encoded))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep the page's text without its markup; of a long page what the question is about, the rest marked.

        None when the question is about the markup itself.
        """
        if _STRUCTURE_ASKED.search(hints.query) or any(sign in text for sign in _CONTROL) or not _PAGE.match(text):
            return None
        page = read_page(text)
        size = sum(map(len, page.lines)) + len(page.lines)
        if not page.lines or size > (1 - _MIN_GAIN) * len(text):
            return None
        head = f"{SIGIL}text of a page of {text.count(chr(10)) + 1} source lines; its markup is left out]\n"
        relevance = Relevance.from_hints(hints)
        keep = answers(page.lines, page.headings, relevance) if relevance.specific else None
        if keep is None:
            return Rendition((head, "\n".join(page.lines) + "\n"), self.kind, "html:text", lossless=False)
        keep.update(range(min(4, len(page.lines))))
        pieces = _elide(page, keep, text.count("\n") + 1, size)
        return Rendition((head, *pieces), self.kind, "html:sections", lossless=False)

    def explains(self, text: str, lines: list[str]) -> bool:
        """Hold for lines whose characters, marks for headings, items and cells aside, stand in the page in this order."""
        shown = _unmarked(html.unescape(_PLAIN_TAG.sub("", _DROPPED.sub("", text))))
        at = 0
        for line in lines:
            bare = _unmarked(line)
            if not bare:
                continue
            found = shown.find(bare, at)
            if found < 0:
                return False
            at = found + len(bare)
        return True


def _unmarked(text: str) -> str:
    """Return the text without white space and without the marks for headings, items and cells."""
    return "".join(text.split()).replace("|", "").replace("#", "").replace("-", "").replace("¶", "")


def read_page(text: str) -> Page:
    """Turn a page into lines of text: blocks on lines of their own, ``#`` headings, ``-`` items, ``|`` between cells.

    Linear: a fixed number of passes, each bounded in what one tag may hold. ``text`` holds no control characters 0-3.
    """
    body = text.replace("\r\n", "\n").replace("\n", _LINE)
    body = _DROPPED.sub(lambda match: _LINE * match.group().count(_LINE), body)
    body = _LONG_TAG.sub(lambda match: match.group().replace(_LINE, " ") + _LINE * match.group().count(_LINE), body)
    body = _PREFORMATTED.sub(_preformatted, body)
    body = _HEADING_OPEN.sub(rf"\n{_HEAD}\1", body)
    body = _ITEM.sub("\n- ", body)
    body = _CELL.sub(" | ", body)
    body = _BLOCK.sub("\n", body)
    body = _TAG.sub("", body)
    lines: list[str] = []
    rows: list[int] = []
    headings: list[Heading] = []
    row = 1
    for part in body.split("\n"):
        if not part:
            continue
        start, raw = row, part
        if _LINE in part:
            bare = part.lstrip(_LINE + " \t")
            row += part.count(_LINE)
            if not bare:
                continue
            start += part.count(_LINE, 0, len(part) - len(bare))
            raw = bare.replace(_LINE, " ")
        if "&" in raw:
            raw = html.unescape(raw)
        line = raw[1:].rstrip() if raw[0] == _PRE else " ".join(raw.split())
        if not line or line == "-":
            continue
        if line[0] == _HEAD:
            level = int(line[1])
            title = line[2:].strip(" \t¶#")
            if not title:
                continue
            headings.append(Heading(len(lines), level, title))
            line = f"{'#' * level} {title}"
        lines.append(line)
        rows.append(start)
    return Page(lines, rows, headings)


def _preformatted(match: re.Match[str]) -> str:
    inner = re.sub(r"<br\b[^<>]*>", "\n" + _PRE, match[2], flags=re.IGNORECASE)
    return f"\n{_PRE}" + inner.replace(_LINE, f"{_LINE}\n{_PRE}") + "\n"


def _elide(page: Page, keep: set[int], last_row: int, size: int) -> list[str | Gap]:
    """Gaps are counted in lines of the source."""
    depth = outline_depth(page.headings, size)
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
            for start, end, note in outline(page.headings, at, behind - 1, depth):
                top = max(first, page.rows[start]) if start > at else first
                bottom = page.rows[end + 1] - 1 if end + 1 < behind else last
                if top > reached and bottom >= top:
                    pieces.append(Gap(top, bottom, "lines", note))
                    reached = bottom
        at = behind
    return pieces


def page_lines(text: str) -> Sequence[str]:
    """Return the lines of a page's text."""
    return read_page(text).lines


COMPRESSORS = (Markup(),)
