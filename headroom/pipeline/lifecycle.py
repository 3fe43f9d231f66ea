"""File reads that a later part of the conversation has made worthless: what was read again, or written anew. Pure.

A read goes only when a newer copy stands verbatim further down: a later read of the whole file, a later read of the very
same range, or a later write of the whole file. An edit alone makes nothing worthless, since what was read before it is
still the newest copy there is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from headroom.pipeline.eligibility import bare_name, unwrap
from headroom.pipeline.lineage import Node
from headroom.wire.dialect import PartKind, TextPart, ToolCall

READS: Final = frozenset({
    "read", "view", "view_file", "read_file", "readfile", "open_file", "str_replace_editor",
    "str_replace_based_edit_tool",
})  # fmt: skip
WRITES: Final = frozenset({"write", "write_file", "create_file", "create"})
_EDITS: Final = WRITES | {
    "edit", "edit_file", "multiedit", "multi_edit", "notebookedit", "replace", "insert", "apply_patch", "applypatch",
    "str_replace_editor", "str_replace_based_edit_tool",
}  # fmt: skip
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


def edited_since_read(parent: Node, call: ToolCall) -> bool:
    """Whether the file that a call reads was edited since it was last read: then the agent wants to see it.

    ``parent`` is the message in front of the call's result.
    """
    access = access_of(call)
    if access is None or access.kind != "read":
        return False
    written = json.dumps(access.path)[1:-1]
    for node in parent.up():
        for other in node.calls:
            if other.id == call.id:
                continue
            earlier = node.accesses.get(other.id)
            if earlier is not None and earlier.kind == "read":
                if earlier.path == access.path:
                    return False
            elif bare_name(unwrap(other.name, other.arguments)[0]) in _EDITS and written in other.arguments:
                return True
    return False


def results_of(node: Node) -> tuple[TextPart, ...]:
    """A message's tool results, in the order of its verdicts."""
    if node.results is None:
        parts = node.message.parts if node.message is not None else ()
        node.results = tuple(part for part in parts if part.kind is PartKind.TOOL_RESULT)
    return node.results


def cited(nodes: Iterable[Node]) -> set[tuple[int, int] | bytes]:
    """What later results name instead of repeating it: places, by depth and number, and digests of whole texts."""
    named: set[tuple[int, int] | bytes] = set()
    for node in nodes:
        named.update(node.cites)
        for part, verdict in zip(results_of(node), node.verdicts, strict=False):
            if verdict.why == "dedupe:repeat":
                named.add(part.digest)
    return named


@dataclass(slots=True)
class Reads:
    """What the reads and writes of a chain come to, up to one message. Not changed any more once a node holds it."""

    open_calls: dict[str, Access] = field(default_factory=dict)
    standing: dict[str, tuple[tuple[int, int, str], ...]] = field(default_factory=dict)
    """By path: reads that still say what is in the file, by depth, part and range."""
    outdated: list[Outdated] = field(default_factory=list)
    cited: set[bytes] = field(default_factory=set)
    """Digests of the texts that a later message refers to instead of repeating them."""
    places: set[tuple[int, int]] = field(default_factory=set)
    """Results that a later message names in part."""

    def copy(self) -> Reads:
        """One to go on from."""
        return Reads(
            self.open_calls.copy(), self.standing.copy(), self.outdated.copy(), self.cited.copy(), self.places.copy()
        )

    def take(self, node: Node) -> None:
        """Go on with the next message."""
        self.open_calls.update(node.accesses)
        self.places.update(node.cites)
        if not node.verdicts:
            return
        for number, (part, verdict) in enumerate(zip(results_of(node), node.verdicts, strict=False)):
            if verdict.why == "dedupe:repeat":
                self.cited.add(part.digest)
            access = self.open_calls.pop(part.call_id or "", None)
            if access is not None and not part.is_error and (access.kind == "write" or verdict.kind == "raw"):
                self._used(node.depth, number, part, access)

    def _used(self, depth: int, number: int, part: TextPart, access: Access) -> None:
        kept: list[tuple[int, int, str]] = []
        for earlier in self.standing.get(access.path, ()):
            if access.kind == "write" or access.span in {"", earlier[2]}:
                why: Literal["superseded", "overwritten"] = "overwritten" if access.kind == "write" else "superseded"
                self.outdated.append(Outdated(*earlier[:2], why, access.path, depth))
            else:
                kept.append(earlier)
        if access.kind == "read" and part.end - part.start >= LEAST:
            kept.append((depth, number, access.span))
        self.standing[access.path] = tuple(kept)


def outdated(nodes: Sequence[Node]) -> list[Outdated]:
    """All reads in a chain that may go, in order. ``nodes`` are from the first message on.

    Goes on from where the chain was asked last, so that a late turn costs as much as an early one.
    """
    if not nodes:
        return []
    known, at = None, len(nodes)
    while at and known is None:
        at -= 1
        known = nodes[at].reads
    reads = known.copy() if known is not None else Reads()
    for node in nodes[at + 1 :] if known is not None else nodes:
        reads.take(node)
    if known is not None:
        nodes[at].reads = None
    nodes[-1].reads = reads
    found = [
        one
        for one in reads.outdated
        if (one.depth, one.part) not in reads.places
        and results_of(nodes[one.depth - 1])[one.part].digest not in reads.cited
    ]
    return sorted(found, key=lambda one: (one.depth, one.part))
