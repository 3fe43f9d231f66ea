"""Kubernetes' objects in YAML: what kind and name each has, and the rows that say so. Nothing is parsed but these lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LEAD = re.compile(r"[ ]*(?:-[ ]+)*")
_TOP = re.compile(r"(apiVersion|kind|metadata):(?=\s|$)[ ]*(.*)$")
_OWN_NAME = re.compile(r"[\"']?name[\"']?:(?=\s)[ ]*(.*)$")
_FLOW_NAME = re.compile(r"[{,]\s*[\"']?name[\"']?:\s+(\"[^\"]*\"|'[^']*'|[^,{}\"']+)")
_REMARK = re.compile(r"(?:^|(?<!\s)\s++)#.*$")
_KIND = re.compile(r"[A-Za-z][\w.-]{0,80}")
_MOST_NAME = 100


@dataclass(frozen=True, slots=True)
class Manifest:
    """An object's kind and name; the name is empty where it has none of its own."""

    kind: str
    name: str
    rows: tuple[int, ...]
    """The lines that tell both, as far as they are there."""

    @property
    def label(self) -> str:
        """``Service web``."""
        if len(self.name) > _MOST_NAME:
            return f"{self.kind} {self.name[:_MOST_NAME]}…"
        return f"{self.kind} {self.name}" if self.name else self.kind


def manifest(lines: Sequence[str], first: int, last: int) -> Manifest | None:
    """Read the object that these lines are, a document or an item of a list; None for anything else."""
    head = next((row for row in range(first, last + 1) if _has_content(lines[row])), last + 1)
    if head > last:
        return None
    depth = _depth(lines[head])
    found: dict[str, tuple[int, str]] = {}
    for row in range(head, last + 1):
        line = lines[row]
        if (
            line[depth : depth + 1] not in {"a", "k", "m"}
            or _depth(line) != depth
            or (row > head and "-" in line[:depth])
        ):
            continue
        if match := _TOP.match(line, depth):
            found.setdefault(match[1], (row, match[2]))
    if "kind" not in found or len(found) == 1:
        return None
    row, value = found["kind"]
    kind = _scalar(value)
    if not _KIND.fullmatch(kind):
        return None
    if "metadata" not in found:
        return Manifest(kind, "", (row,))
    top, flow = found["metadata"]
    at, name = _name(lines, top, last, depth, flow)
    return Manifest(kind, name, tuple(sorted({row, top, at} if name else {row})))


def _name(lines: Sequence[str], top: int, last: int, depth: int, flow: str) -> tuple[int, str]:
    """Where the object's own name stands, and the name: none of a label, an owner or a container."""
    if flow.startswith("{"):
        found = _FLOW_NAME.search(flow)
        return top, _scalar(found[1].strip()) if found else ""
    inner = -1
    for row in range(top + 1, last + 1):
        line = lines[row]
        if not _has_content(line):
            continue
        own = len(line) - len(line.lstrip(" "))
        if own <= depth:
            break
        if inner < 0:
            inner = own
        if own == inner and (found := _OWN_NAME.match(line, own)):
            return row, _scalar(found[1])
    return top, ""


def _has_content(line: str) -> bool:
    text = line.strip()
    return bool(text) and text[0] != "#" and not text.startswith("---")


def _depth(line: str) -> int:
    found = _LEAD.match(line)
    return found.end() if found else 0


def _scalar(value: str) -> str:
    """The value without quotes and without a remark behind it."""
    value = value.strip()
    if value[:1] in {'"', "'"} and value.find(value[0], 1) > 0:
        return value[1 : value.find(value[0], 1)]
    return _REMARK.sub("", value)
