"""The text that a page of HTML or XML shows, in lines with their place in the source."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, filterfalse, repeat

from headroom.compress.once import once
from headroom.compress.outlines import Heading

# While a page is read, these stand in for source newlines, lines of preformatted text and headings. The first is white
# space to Python, so that splitting and stripping take it for a blank.
_LINE, _PRE, _HEAD, _INLINE = "\x1c", "\x02", "\x03", "\x01"
CONTROL = "\x00\x01\x02\x03\x1c"


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
WHITE = "".join(filter(str.isspace, map(chr, range(0x3001))))
"""What Python takes for white space."""
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


def unescape(text: str) -> str:
    """`html.unescape`, which looks at each reference anew, of a text with few different ones."""
    if "&" not in text:
        return text
    parts = _CHARREF.split(text)
    references = parts[1::2]
    parts[1::2] = map({reference: html.unescape(reference) for reference in set(references)}.__getitem__, references)
    return "".join(parts)


@once
def displayed(text: str) -> str:
    """Return the page without what no browser shows, scripts and remarks, line for line."""
    return _DROPPED.sub(lambda match: "\n" * match.group().count("\n"), text)


def read_page(text: str) -> Page:
    """Turn a page into lines of text: blocks on lines of their own, ``#`` headings, ``-`` items, ``|`` between cells.

    Linear: a fixed number of passes, each bounded in what one tag may hold. ``text`` holds none of ``CONTROL``.
    """
    body = displayed(text).removeprefix("\ufeff")
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
    unescaped = unescape(joined)
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
    for sign in WHITE:
        if sign not in " \n" and sign in (text if sign.isascii() else wide):
            text = text.replace(sign, " ")
    return map(str.strip, _BLANKS.sub(" ", text).split("\n")) if lines else ()


def _preformatted(match: re.Match[str]) -> str:
    inner = match[2]
    if "<b" in inner or "<B" in inner:
        inner = _BREAK.sub("\n" + _PRE, inner)
    return f"\n{_PRE}" + inner.replace(_LINE, f"{_LINE}\n{_PRE}") + "\n"
