"""File reads that a later part of the conversation has made worthless: what was read again, or written anew. Pure.

A read goes only when a newer copy stands verbatim further down: a later read of the whole file, a later read of the very
same range, or a later write of the whole file. An edit alone makes nothing worthless, since what was read before it is
still the newest copy there is.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from headroom.pipeline.eligibility import bare_name, unwrap
from headroom.pipeline.lineage import Node
from headroom.wire.dialect import PartKind, TextPart, ToolCall

READS: Final = frozenset({
    "read", "view", "view_file", "read_file", "readfile", "open_file", "str_replace_editor",
    "str_replace_based_edit_tool",
})  # fmt: skip
WRITES: Final = frozenset({"write", "write_file", "create_file", "create"})
LEAST: Final = 512
"""Bytes of a read from which it is worth replacing."""
_PATHS: Final = ("file_path", "path", "filePath", "absolute_path", "filename", "file", "target_file")
_RANGES: Final = ("offset", "limit", "view_range", "start_line", "end_line", "startLine", "endLine", "range", "lines")


@dataclass(frozen=True, slots=True)
class Access:
    """One call that reads or writes a file."""

    kind: Literal["read", "write"]
    path: str
    span: str
    """The range that was asked for as JSON; empty for the whole file."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """A read whose text may go. ``depth`` and ``part`` are its place."""

    depth: int
    part: int
    why: Literal["superseded", "overwritten"]
    path: str
    by: int
    """Depth of the message that holds the newer copy."""


def access_of(call: ToolCall) -> Access | None:
    """What a call does to a file, or None."""
    name, arguments = unwrap(call.name, call.arguments)
    bare = bare_name(name)
    if bare not in READS and bare not in WRITES:
        return None
    try:
        given = json.loads(arguments)
    except ValueError:
        return None
    if not isinstance(given, dict):
        return None
    path = next((v for key in _PATHS if isinstance(v := given.get(key), str) and v), None)
    if path is None:
        return None
    action = given.get("command")
    if bare in WRITES or action == "create":
        return Access("write", path, "")
    if action not in {None, "view"}:
        return None
    span = {key: given[key] for key in _RANGES if given.get(key) is not None}
    return Access("read", path, json.dumps(span, sort_keys=True) if span else "")


def accesses(calls: Iterable[ToolCall]) -> dict[str, Access]:
    """The calls of one message that read or write files, by id."""
    return {call.id: found for call in calls if (found := access_of(call)) is not None}


def results_of(node: Node) -> tuple[TextPart, ...]:
    """A message's tool results, in the order of its verdicts."""
    if node.results is None:
        parts = node.message.parts if node.message is not None else ()
        node.results = tuple(part for part in parts if part.kind is PartKind.TOOL_RESULT)
    return node.results


def outdated(nodes: Sequence[Node]) -> list[Outdated]:
    """All reads in a chain that may go, in order. ``nodes`` are from the first message on."""
    open_calls: dict[str, Access] = {}
    standing: dict[str, list[tuple[int, int, str]]] = defaultdict(list)  # path → reads as (depth, part, span)
    found: list[Outdated] = []
    for node in nodes:
        open_calls.update(node.accesses)
        if not node.verdicts or not open_calls:
            continue
        for number, part in enumerate(results_of(node)):
            access = open_calls.pop(part.call_id or "", None)
            if access is None or part.is_error:
                continue
            verbatim = node.verdicts[number].kind == "raw"
            if access.kind == "read" and not verbatim:
                continue
            kept: list[tuple[int, int, str]] = []
            for depth, old, span in standing[access.path]:
                if access.kind == "write" or access.span in {"", span}:
                    why: Literal["superseded", "overwritten"] = (
                        "overwritten" if access.kind == "write" else "superseded"
                    )
                    found.append(Outdated(depth, old, why, access.path, node.depth))
                else:
                    kept.append((depth, old, span))
            standing[access.path] = kept
            if access.kind == "read" and part.end - part.start >= LEAST:
                standing[access.path].append((node.depth, number, access.span))
    if not found:
        return found
    cited = _cited(nodes)
    places = {place for node in nodes for place in node.cites}
    found = [
        one
        for one in found
        if (one.depth, one.part) not in places and results_of(nodes[one.depth - 1])[one.part].digest not in cited
    ]
    return sorted(found, key=lambda one: (one.depth, one.part))


def _cited(nodes: Sequence[Node]) -> set[bytes]:
    """Digests of the texts that a later message refers to instead of repeating them."""
    return {
        part.digest
        for node in nodes
        if node.verdicts
        for part, verdict in zip(results_of(node), node.verdicts, strict=False)
        if verdict.why == "dedupe:repeat"
    }
