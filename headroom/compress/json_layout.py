"""How a JSON text is laid out: told apart from its content, and put back exactly."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import msgspec

from headroom.compress import json_print
from headroom.compress.json_raw import elements
from headroom.compress.once import once

_SPACE = " \t\r\n"
_RS = "\x1e"
_SEPARATOR = re.compile(r"\s*,\s*")
_ESCAPE = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|\\u([0-9a-f]{4})|\\.")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_INDENT = re.compile(r"[\[{]\n([ \t]+)")
_LEADING = re.compile(r"(?m)^ +")
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_RUN = re.compile(rf'((?:{_STRING}|[^\s"\ufeff]+)+)')
_TAG = re.compile(
    rf"(compact|spaced|indent \d+|tabs|lines|spaced lines|rows {_STRING} {_STRING} {_STRING}(?: spaced)?|{json_print.TAG})"
    rf"( ascii)?( crlf)?( bom)?( rs)?( nl)?(?: within ({_STRING}) ({_STRING}))?"
)


@dataclass(frozen=True, slots=True)
class Layout:
    """White space and escapes around one JSON content; ``tag`` writes it down, `parse` reads it back."""

    style: str
    """``compact``, ``spaced`` (``, `` and ``: ``), ``indent N``, ``tabs``, ``lines`` (JSONL), ``rows`` (one element a line) or ``printed`` (see json_print)."""
    ascii: bool = False
    """All characters outside ASCII are written as lower-case ``\\uXXXX``."""
    crlf: bool = False
    bom: bool = False
    rs: bool = False
    """A record separator stands before each line (JSON text sequences, RFC 7464)."""
    lead: str = ""
    tail: str = ""

    @property
    def tag(self) -> str:
        """One line without newline, invertible by `parse`."""
        words = [self.style]
        words += ["ascii"] * self.ascii + ["crlf"] * self.crlf + ["bom"] * self.bom + ["rs"] * self.rs
        if self.lead or self.tail not in {"", "\n"}:
            words.append(f"within {json.dumps(self.lead)} {json.dumps(self.tail)}")
        elif self.tail:
            words.append("nl")
        return " ".join(words)


def parse(tag: str) -> Layout:
    """Invert `Layout.tag`; raises ValueError on anything else."""
    match = _TAG.fullmatch(tag)
    if match is None:
        raise ValueError(f"not a JSON layout: {tag[:80]!r}")
    style, ascii_, crlf, bom, rs, newline, lead, tail = match.groups()
    return Layout(
        style,
        bool(ascii_),
        bool(crlf),
        bool(bom),
        bool(rs),
        json.loads(lead) if lead else "",
        json.loads(tail) if tail else "\n" * bool(newline),
    )


def minify(text: str) -> str | None:
    """All white space between tokens gone, every token verbatim; None if it is no JSON."""
    try:
        return msgspec.json.format(text, indent=-1)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


@once
def split(text: str) -> tuple[Layout | None, str] | None:
    """Return layout and minified JSON; the layout is None where it follows no rule we know; None if this is no JSON.

    A text of several JSON values, one a line, comes back as one array with style ``lines``, with or without separators.
    """
    bom = text.startswith("\ufeff")
    core = text[1:] if bom else text
    crlf = "\r" in core
    if crlf:
        core = core.replace("\r\n", "\n")
    rs = core.startswith(_RS)
    if rs:
        core = core[1:].replace(f"\n{_RS}", "\n")
    stripped = core.strip(_SPACE)
    if stripped[:1] not in {"{", "["}:
        return None
    at = core.find(stripped[0])
    lead, tail = core[:at], core[at + len(stripped) :]
    body = minify(stripped)
    style = None
    if body is None:
        lines = _split_lines(stripped)
        if lines is None:
            return None
        style, body = lines
    else:
        style = _style(stripped, body)
    plain = _unescape_unicode(body)
    if rs and (style is None or not style.endswith("lines")):
        return None
    if style is None:
        return None, plain or body
    layout = Layout(style, plain is not None, crlf, bom, rs, lead, tail)
    body = plain or body
    if rs and restore(layout, body) != text:  # not each line has its separator
        return None
    if crlf and restore(layout, body) != text:  # a lone CR or LF among the pairs
        return None, body
    return layout, body


def restore(layout: Layout, body: str) -> str:
    """Invert `split`."""
    if layout.ascii:
        body = _NOT_ASCII.sub(_escape_char, body)
    text = layout.lead + _apply(layout.style, body)
    if layout.rs:
        text = _RS + text.replace("\n", f"\n{_RS}")
    text += layout.tail
    if layout.crlf:
        text = text.replace("\n", "\r\n")
    return "\ufeff" + text if layout.bom else text


def source_offsets(source: str, wanted: Sequence[int]) -> list[int]:
    """Map offsets in the minified text, ascending, each at the start of a token, to offsets in ``source``."""
    if not wanted:
        return []
    behind, blanks = _runs(source)
    found: list[int] = []
    row = 0
    for offset in wanted:
        row = bisect_right(behind, offset, row)
        if row == len(behind):
            break
        found.append(offset + blanks[row])
    return found


@once
def _runs(source: str) -> tuple[list[int], list[int]]:
    """For each run without white space its end in the minified text, and the white space of the source before it."""
    parts = _RUN.split(source)
    return list(accumulate(map(len, parts[1::2]))), list(accumulate(map(len, parts[::2])))


def _style(text: str, body: str) -> str | None:
    if text == body:
        return "compact"
    found = _INDENT.match(text)
    candidates = ["spaced"]
    if found is not None:
        blanks = found[1]
        candidates.insert(0, "tabs" if blanks == "\t" else f"indent {len(blanks)}" if blanks[0] == " " else "spaced")
    for style in candidates:
        if _apply(style, body) == text:
            return style
    rows = _rows_style(text, body)
    if rows is not None:
        return rows
    manner = json_print.recognise(text, body)
    return manner.tag if manner is not None else None


def _rows_style(text: str, body: str) -> str | None:
    """One array element a line, as sqlite3 -json and many dump tools write them."""
    if text[0] != "[" or "\n" not in text or body == "[]":
        return None
    source = text.encode()
    raws = msgspec.json.decode(source, type=list[msgspec.Raw])
    first = _blank(source, 1)
    at = 1 + len(first) + len(bytes(raws[0]))
    separator = ","
    if len(raws) > 1:
        match = _SEPARATOR.match(source[at : at + 200].decode(errors="replace"))
        if match is None:
            return None
        separator = match[0]
    last = _blank(source[:-1][::-1], 0)[::-1]
    for suffix in ("", " spaced"):
        style = f"rows {json.dumps(first)} {json.dumps(separator)} {json.dumps(last)}{suffix}"
        if _apply(style, body) == text:
            return style
    return None


def _blank(source: bytes, start: int) -> str:
    end = start
    while end < len(source) and source[end : end + 1].isspace():
        end += 1
    return source[start:end].decode()


def _apply(style: str, body: str) -> str:
    """Lay out a minified text."""
    if style == "compact":
        return body
    if style == "spaced":
        return msgspec.json.format(body, indent=0)
    if style.startswith("indent "):
        return msgspec.json.format(body, indent=int(style[7:]))
    if style.startswith("printed "):
        return json_print.write(body, json_print.parse(style))
    if style == "tabs":
        return _LEADING.sub(lambda run: "\t" * len(run[0]), msgspec.json.format(body, indent=1))
    spaced = style.endswith(" spaced") or style == "spaced lines"
    items = elements(body)
    if spaced:
        items = [msgspec.json.format(item, indent=0) for item in items]
    if style in {"lines", "spaced lines"}:
        return "\n".join(items)
    first, separator, last = (json.loads(part) for part in re.findall(_STRING, style))
    return f"[{first}{separator.join(items)}{last}]"


def _split_lines(text: str) -> tuple[str, str] | None:
    """JSONL: style and one array, if every line is a JSON object or array laid out alike."""
    if "\n" not in text:
        return None
    lines = text.split("\n")
    if not all(line[:1] in {"{", "["} for line in lines):
        return None
    body = minify("[" + ",".join(lines) + "]")
    if body is None:
        return None
    items = elements(body)
    if len(items) != len(lines):
        return None
    if items == lines:
        return "lines", body
    return ("spaced lines", body) if [msgspec.json.format(item, indent=0) for item in items] == lines else None


def _unescape_unicode(body: str) -> str | None:
    r"""Characters in place of ``\\uXXXX``, where writing them back gives the same text; None where there is nothing to do."""
    if "\\u" not in body or not body.isascii():
        return None
    plain = _ESCAPE.sub(_unescape_char, body)
    return plain if not plain.isascii() and _NOT_ASCII.sub(_escape_char, plain) == body else None


def _unescape_char(match: re.Match[str]) -> str:
    high, low, single = match.groups()
    if high:
        char = chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
    elif single and int(single, 16) >= 0x80:
        char = chr(int(single, 16))
    else:
        return match[0]
    return char if char.isprintable() else match[0]


def _escape_char(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]
