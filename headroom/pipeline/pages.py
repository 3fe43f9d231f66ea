"""Results of browser tools that hold a whole page as a tree of elements with handles. Pure.

Playwright's server (``- button "Go" [ref=e12]``) and that of Chrome's developer tools (``uid=1_12 button "Go"``) send one
after nearly every action, and say of both that the handles of an older one are no longer to be used.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from headroom.compress.envelope import open_strings
from headroom.pipeline.eligibility import EXACT_TOOLS, LOSSLESS_TOOLS, SHELL_TOOLS, bare_name, unwrap
from headroom.pipeline.result import Result
from headroom.wire.dialect import ToolCall

LEAST: Final = 512
"""Bytes of a snapshot from which it is worth looking at."""
_BEGINS: Final = 64 * 1024
"""Bytes in which a page has begun, whatever else the result says first."""
_HANDLES: Final = (("ref", b"[ref=", "[ref="), ("uid", b"uid=", "uid="))
_FEWEST: Final = 5
"""Elements with handles, in number and"""
_SHARE: Final = 0.25
"""as a share of the lines, from which a text is a tree of them."""
_URL: Final = re.compile(r"^(?:- )?Page URL: (\S+)", re.MULTILINE)
_ROOT: Final = re.compile(r'^[ \t]*uid=\w+ (RootWebArea\b(?:.*?\burl="([^"\n]*)")?.*)', re.MULTILINE)
_FENCED: Final = re.compile(r"^```yaml[ \t]*$.*?(^```[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_CHANGES: Final = re.compile(r"<changed>|\[unchanged\]")
"""In a tree that says only what is new since the last."""
_CUT_OFF: Final = re.compile(r"truncat|omitted|too (?:long|large)|\[\.\.\.", re.IGNORECASE)
_END: Final = 300
_JSON: Final = re.compile(r"^[\[{]", re.MULTILINE)
_LINES: Final = 12
_NAME: Final = re.compile(
    r"(?:browser_\w+|take_snapshot|click|drag|fill|fill_form|handle_dialog|hover|press_key|type_text|upload_file|wait_for"
    r"|(?:close|list|navigate|new|resize|select)_pages?|navigate_page_history|evaluate_script)$"
)
"""The tools' own names; what stands before one names the server."""
_HARMLESS: Final = frozenset({"verbose", "filename", "filePath", "boxes", "random_string"})
"""Arguments of a snapshot tool that choose no part of the page."""
_NO_BROWSERS: Final = EXACT_TOOLS | LOSSLESS_TOOLS | SHELL_TOOLS


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page, as one result tells it."""

    family: str
    """The server it came from and its kind of handle: a newer page of the same family ends this one's handles."""
    url: str
    """Or how the tree's root calls itself, where no address is told."""


def page_in(result: Result, call: ToolCall | None) -> Page | None:
    """The page in a tool result of a message; None where it holds none, or a part of one."""
    raw, part = result.raw, result.part
    if call is None or part.is_error or result.size < LEAST:
        return None
    name, arguments = unwrap(call.name, call.arguments)
    end = min(part.end, part.start + _BEGINS)
    if _tells_no_page(name) or not any(raw.find(mark, part.start, end) >= 0 for _, mark, _ in _HANDLES):
        return None
    return page_of(name, arguments, result.text)


def page_of(name: str, arguments: str, text: str) -> Page | None:
    """The page that a tool's text tells whole; None for one element's tree, a list of changes, a text cut off."""
    if _tells_no_page(name):
        return None
    if bare_name(name).endswith("snapshot") and not _asks_for_all(arguments):
        return None
    text = _told(text)
    enough = max(_FEWEST, _SHARE * (text.count("\n") + 1))
    style = next((style for style, _, mark in _HANDLES if text.count(mark) >= enough), None)
    if style is None or _CHANGES.search(text) or _CUT_OFF.search(text[-_END:]):
        return None
    if any(not fence[1] for fence in _FENCED.finditer(text)):
        return None
    root = _ROOT.search(text)
    if (told := _URL.search(text)) is not None:
        url = told[1]
    elif root is not None:
        url = root[2] or root[1]
    else:
        return None
    return Page(f"{_server(name)} {style}", url)


def _tells_no_page(tool: str) -> bool:
    """Whether a tool's texts are files or output of commands: those may hold a page, but none that an action answers to."""
    bare = bare_name(tool)
    return bare in _NO_BROWSERS or bare.endswith("_retrieve")


def _told(text: str) -> str:
    """A text, or what JSON in it carries: clients hand on MCP's content blocks as they came, below a line or two."""
    if text.count("\n") >= _LINES and text[:1] not in {"[", "{"}:
        return text
    opened = open_strings(text[match.start() :]) if (match := _JSON.search(text)) is not None else None
    return "\n".join(piece.text for piece in opened.pieces if piece.carried) if opened is not None else text


def _asks_for_all(arguments: str) -> bool:
    try:
        given = json.loads(arguments or "{}")
    except ValueError:
        return False
    return isinstance(given, dict) and all(value is None or key in _HARMLESS for key, value in given.items())


def _server(name: str) -> str:
    if "__" in name:
        return name[: name.rindex("__")]
    own = _NAME.search(name)
    return name[: own.start()] if own is not None else name
