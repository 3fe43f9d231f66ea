"""HTML and XML pages as the text that they show, in lines with their place in the source."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, filterfalse, repeat

from headroom.compress import short_markup
from headroom.compress.folding import SIGIL
from headroom.compress.once import once
from headroom.compress.outlines import Heading, detail, outline
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition
from headroom.compress.sections import answers
from headroom.compress.sides import united

# While a page is read, these stand in for source newlines, lines of preformatted text and headings. The first is white
# space to Python, so that splitting and stripping take it for a blank.
_LINE, _PRE, _HEAD, _INLINE = "\x1c", "\x02", "\x03", "\x01"
_CONTROL = "\x00\x01\x02\x03\x1c"


def _either_case(names: str) -> str:
    """Return a pattern of lower case names for both cases. The matcher skips branches by such sets, not when it ignores case."""
    return re.sub("[a-z]", lambda match: f"[{match[0]}{match[0].upper()}]", names)


_ATTRIBUTES = r"[^<>\"']*+(?:(?:\"[^\"]{0,4000}\"|'[^']{0,4000}')[^<>\"']*+)*+"
_DROPPED = re.compile(
    rf"<(?=[!?stniocSTNIOC])(?:!--.*?(?:-->|\Z)|({_either_case('s(?:cript|tyle|vg)|noscript|template|iframe|object|canvas')})\b.*?(?:</(?i:\1)\s*>|\Z)"
    r"|![^>]{0,2000}>|\?.*?(?:\?>|\Z))",
    re.DOTALL,
)
_LONG_TAG = re.compile(rf"<[^<>{_LINE}]{{0,2000}}+{_LINE}[^<>]{{0,4000}}+>")
_PREFORMATTED = re.compile(
    rf"<({_either_case('pre|textarea|listing')})\b[^<>]*+>((?:[^<]++|<(?!/(?i:\1)\s*>))*+)(?:</(?i:\1)\s*>|\Z)"
)
_BREAK = re.compile(r"<br\b[^<>]*>", re.IGNORECASE)
_CELL = re.compile(r"</[tT][dDhH]\s*>(?=[ \t]*<[tT][dDhH]\b)")
_REST_OF_TAG = rf"(?:>|{_ATTRIBUTES}>|[^<>]*+>)"
"""Where the quotes do not close, the tag ends at the next bracket."""
_TAG = re.compile(rf"<(/?[A-Za-z][^ \t\r\f{_LINE}<>/\"']*+){_REST_OF_TAG}")
"""A tag and its name, which may hold any sign."""
_INLINE_TAG = re.compile(
    rf"</?(?:a|b|code|em|i|kbd|s(?:mall|pan|trong|u[bp])|tt|var)(?=[ \t\r\f{_LINE}<>/\"']){_REST_OF_TAG}"
)
"""A tag of the commonest that are read as nothing."""
_BLOCKS = """
p div dl dt dd details h1 h2 h3 h4 h5 h6 hr html head header ol ul tr table thead tbody title section summary select article
aside address main footer figure figcaption form fieldset nav blockquote br body caption center option li
"""
_SHOWN_AS = {
    **{f"{slash}{name}": "\n" for name in _BLOCKS.split() for slash in ("", "/")},
    **{f"h{level}": f"\n{_HEAD}{level}" for level in range(1, 7)},
    "li": "\n- ",
}
"""What a tag is read as, by its name in lower case; others as nothing."""
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
_WHITE = "".join(filter(str.isspace, map(chr, range(0x3001))))
"""What Python takes for white space."""
_MARKS = "|#-"
_WIDE = tuple(sign for sign in f"{_WHITE}¶" if not sign.isascii())
_NOT_SHOWN = "".join(sign for sign in _WHITE if sign.isascii()).encode() + _MARKS.encode()
_BLANKS = re.compile("   *+")  # the matcher looks for the first two at once
_CHARREF = re.compile(r"(&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?))")
"""A character reference as `html.unescape` reads it."""


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
        if _STRUCTURE_ASKED.search(hints.query) or any(sign in text for sign in _CONTROL) or not _PAGE.match(text):
            return None
        page = read_page(text)
        size = sum(map(len, page.lines)) + len(page.lines)
        if not page.lines or size > (1 - _MIN_GAIN) * len(text):
            return None
        total = text.count("\n") + (not text.endswith("\n"))
        head = f"{SIGIL}text of a page of {total} source lines; its markup is left out]\n"
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
        return _stand_in(_displayed(text), lines)

    def explains_rest(self, text: str, gaps: Sequence[Gap], lines: list[str]) -> bool:
        """Look for them as `explains` does, only in the source lines that no gap covers."""
        if not gaps or any(gap.unit != "lines" for gap in gaps):
            return False
        rows = _displayed(text).split("\n")
        starts = (0, *(gap.last for gap in gaps))
        ends = (*(gap.first - 1 for gap in gaps), len(rows))
        rest = ["\n".join(rows[start:end]) for start, end in zip(starts, ends, strict=True)]
        return _stand_in(_BETWEEN.join(rest), lines)


def _stand_in(page: str, lines: list[str]) -> bool:
    """Whether the characters of ``lines``, but for marks and white space, stand in a page in this order."""
    shown = _bare(_unescaped(_without_tags(page)), _NOT_SHOWN)
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


def _unescaped(text: str) -> str:
    """`html.unescape`, which looks at each reference anew, of a text with few different ones."""
    if "&" not in text:
        return text
    parts = _CHARREF.split(text)
    references = parts[1::2]
    parts[1::2] = map({reference: html.unescape(reference) for reference in set(references)}.__getitem__, references)
    return "".join(parts)


@once
def _displayed(text: str) -> str:
    """Return the page without what no browser shows, scripts and remarks, line for line."""
    return _DROPPED.sub(lambda match: "\n" * match.group().count("\n"), text)


def read_page(text: str) -> Page:
    """Turn a page into lines of text: blocks on lines of their own, ``#`` headings, ``-`` items, ``|`` between cells.

    Linear: a fixed number of passes, each bounded in what one tag may hold. ``text`` holds none of ``_CONTROL``.
    """
    body = _displayed(text).removeprefix("\ufeff")
    body = (body.replace("\r\n", "\n") if "\r" in body else body).replace("\n", _LINE)
    body = _LONG_TAG.sub(lambda match: match.group().replace(_LINE, " ") + _LINE * match.group().count(_LINE), body)
    body = _PREFORMATTED.sub(_preformatted, body)
    body = _CELL.sub(" | ", body)
    parts = _read_tags(body).split("\n")
    bare = list(map(str.lstrip, parts))
    breaks = list(map(str.count, parts, repeat(_LINE)))
    shown: list[str] = []
    starts: list[int] = []
    for part, raw, inside, row in zip(parts, bare, breaks, accumulate(breaks, initial=1), strict=False):
        if raw:
            shown.append(raw)
            starts.append(row + part.count(_LINE, 0, len(part) - len(raw)) if inside else row)
    lines: list[str] = []
    rows: list[int] = []
    headings: list[Heading] = []
    for line, start in zip(_lines_shown(shown), starts, strict=True):
        if not line or line == "-":
            continue
        if line[0] != _HEAD:
            lines.append(line)
        elif title := line[2:].strip(" \t¶#"):
            headings.append(Heading(len(lines), int(line[1]), title))
            lines.append(f"{'#' * int(line[1])} {title}")
        else:
            continue
        rows.append(start)
    return Page(lines, rows, headings)


def _tag_by_tag(body: str) -> str:
    """Put line breaks, and marks for headings and items, for the tags that stand for them, nothing for all others."""
    between = _TAG.split(body)
    names = between[1::2]
    between[1::2] = map({name: _SHOWN_AS.get(name.lower(), "") for name in set(names)}.__getitem__, names)
    return "".join(between)


def _read_tags(body: str) -> str:
    """Read all tags, but first take out most of those that stand for nothing, in one pass that looks at none of them again.

    A sign stands in the place of each: where one is gone with another tag, which held it, the tags are read one by one.
    """
    less, count = _INLINE_TAG.subn(_INLINE, body)
    shown = _tag_by_tag(less)
    return shown.replace(_INLINE, "") if shown.count(_INLINE) == count else _tag_by_tag(body)


def _lines_shown(raw: list[str]) -> list[str]:
    """Each line with characters for their references; with one blank between words, but for preformatted lines."""
    joined = "\n".join(raw)
    unescaped = _unescaped(joined)
    if unescaped is not joined:
        lines = unescaped.split("\n")
        # A reference may stand for a newline.
        raw = lines if len(lines) == len(raw) else list(map(html.unescape, raw))
    spaced = [line for line in raw if not line.startswith(_PRE)]
    words = iter(_single_spaced(spaced))
    if len(spaced) == len(raw):
        return list(words)
    return [line[1:].rstrip() if line[:1] == _PRE else next(words) for line in raw]


def _single_spaced(lines: list[str]) -> Iterable[str]:
    """Yield each line with one blank between its words and none around them."""
    text = "\n".join(lines)
    if text.count("\n") >= max(1, len(lines)):
        return [" ".join(line.split()) for line in lines]
    # All lines at once, sign by sign: there are many words and few sorts of white space.
    wide = "".join(filterfalse(str.isascii, lines))  # few lines hold other than ASCII
    for sign in _WHITE:
        if sign not in " \n" and sign in (text if sign.isascii() else wide):
            text = text.replace(sign, " ")
    return map(str.strip, _BLANKS.sub(" ", text).split("\n")) if lines else ()


def _preformatted(match: re.Match[str]) -> str:
    inner = match[2]
    if "<b" in inner or "<B" in inner:
        inner = _BREAK.sub("\n" + _PRE, inner)
    return f"\n{_PRE}" + inner.replace(_LINE, f"{_LINE}\n{_PRE}") + "\n"


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
