"""JSON printed in the manner of other tools than the common ones: Jackson, older SDK files, hand-kept configuration."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\[\]{}:,"\s]+')
_COLON = re.compile(r'"(?:[^"\\]|\\.)*"( ?):([ \n]?)')
_INDENT = re.compile(r"[\[{]\n([ \t]+)\S")
_MAX_SIZE = 2_000_000
"""Characters: printing mark by mark is slow."""
_FIT = 80
"""Columns, as prettier counts them."""
_COLONS = {"tight": ":", "plain": ": ", "wide": " : "}
_EMPTY = {"closed": ("{}", "[]"), "spaced": ("{ }", "[ ]"), "broken": ("", "")}
TAG = r"printed (?:\d+|tab) (?:tight|plain|wide) (?:broken|joined|flat|fit|inline) (?:closed|spaced|broken)"


@dataclass(frozen=True, slots=True)
class Manner:
    """How objects and arrays are broken into lines."""

    indent: str
    colon: str
    """A key of ``_COLONS``."""
    arrays: str
    """``broken``: an element a line; ``joined``: the same, but ``},{`` on one (util-linux: lsblk -J, findmnt -J); ``flat``: lists of plain values on one line; ``fit``: the same where they fit into 80
    columns; ``inline``: no line breaks but those of the objects in them (Jackson)."""
    empty: str
    """A key of ``_EMPTY``."""

    @property
    def tag(self) -> str:
        """A few words, invertible by `parse`."""
        indent = "tab" if self.indent == "\t" else str(len(self.indent))
        return f"printed {indent} {self.colon} {self.arrays} {self.empty}"


def parse(tag: str) -> Manner:
    """Invert `Manner.tag`."""
    _, indent, colon, arrays, empty = tag.split(" ")
    return Manner("\t" if indent == "tab" else " " * int(indent), colon, arrays, empty)


def recognise(text: str, body: str) -> Manner | None:
    """Find the manner in which minified ``body`` is printed as ``text``."""
    indent = _INDENT.search(text)
    colon = _COLON.search(text)
    if indent is None or colon is None or len(body) > _MAX_SIZE or len(set(indent[1])) > 1:
        return None
    spacing = {"": "tight", " ": "wide"}[colon[1]] if not (colon[1] == "" and colon[2] == " ") else "plain"
    empty = "spaced" if "{ }" in text or "[ ]" in text else "closed"
    if re.search(r"\{\n\s*\}|\[\n\s*\]", text):
        empty = "broken"
    arrays = (
        ["joined"]
        if "},{\n" in text
        else ["inline"]
        if re.search(r"\[ [^\]\s]", text)
        else ["flat", "fit"]
        if re.search(r"\[[^\s\]]", text)
        else ["broken"]
    )
    for name in arrays:
        manner = Manner(indent[1] if indent[1][0] != "\t" else "\t", spacing, name, empty)
        if write(body, manner) == text:
            return manner
    return None


def write(body: str, manner: Manner) -> str:
    """Print minified JSON."""
    tokens = _TOKEN.findall(body)
    ends = _flat_ends(tokens) if manner.arrays in {"flat", "fit"} else {}
    colon = _COLONS[manner.colon]
    out: list[str] = []
    stack: list[bool] = []  # whether the open bracket breaks lines
    depth = 0
    at = 0
    while at < len(tokens):
        mark = tokens[at]
        at += 1
        if mark in {"{", "["}:
            closing = "}" if mark == "{" else "]"
            if tokens[at] == closing:
                out.append(_EMPTY[manner.empty][mark == "["] or f"{mark}\n{manner.indent * depth}{closing}")
                at += 1
                continue
            end = ends.get(at - 1)
            if end is not None:
                flat = f"[{', '.join(tokens[at:end:2])}]"
                if manner.arrays == "flat" or _width(out) + len(flat) + (tokens[end + 1 : end + 2] == [","]) <= _FIT:
                    out.append(flat)
                    at = end + 1
                    continue
            breaks = mark == "{" or manner.arrays != "inline"
            stack.append(breaks)
            depth += breaks
            out.append(f"{mark}\n{manner.indent * depth}" if breaks else "[ ")
        elif mark in {"}", "]"}:
            breaks = stack.pop()
            depth -= breaks
            out.append(f"\n{manner.indent * depth}{mark}" if breaks else " ]")
        elif mark == "," and manner.arrays == "joined" and tokens[at] == "{":
            out.append(mark)
        elif mark == ",":
            out.append(f",\n{manner.indent * depth}" if stack[-1] else ", ")
        elif mark == ":":
            out.append(colon)
        else:
            out.append(mark)
    return "".join(out)


def _flat_ends(tokens: list[str]) -> dict[int, int]:
    """For each array of plain values: where it opens and closes."""
    ends: dict[int, int] = {}
    opened = -1
    for at, mark in enumerate(tokens):
        if mark == "[":
            opened = at
        elif mark in {"{", "}"}:
            opened = -1
        elif mark == "]":
            if opened >= 0 and at > opened + 1:
                ends[opened] = at
            opened = -1
    return ends


def _width(out: list[str]) -> int:
    """Characters on the line so far."""
    width = 0
    for part in reversed(out):
        newline = part.rfind("\n")
        if newline >= 0:
            return width + len(part) - newline - 1
        width += len(part)
    return width
