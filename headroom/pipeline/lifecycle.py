"""Results in a chain that later messages made worthless: files read again or written anew, older pages. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from headroom.pipeline.eligibility import bare_name, unwrap
from headroom.pipeline.node import Node, results_of
from headroom.pipeline.reads import Access, Outdated, Place, Reads
from headroom.wire.dialect import ToolCall

READS: Final = frozenset({
    "read", "view", "view_file", "read_file", "readfile", "open_file", "str_replace_editor",
    "str_replace_based_edit_tool",
})  # fmt: skip
WRITES: Final = frozenset({"write", "write_file", "create_file", "create"})
_EDITS: Final = WRITES | {
    "edit", "edit_file", "multiedit", "multi_edit", "notebookedit", "replace", "insert", "apply_patch", "applypatch",
    "str_replace_editor", "str_replace_based_edit_tool",
}  # fmt: skip
_PATHS: Final = ("file_path", "path", "filePath", "absolute_path", "filename", "file", "target_file")
_RANGES: Final = ("offset", "limit", "view_range", "start_line", "end_line", "startLine", "endLine", "range", "lines")
_MOVING: Final = 6
"""Messages at the end that clients may send otherwise on the next turn, as they move their cache marks."""


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


def cited(nodes: Iterable[Node]) -> set[tuple[int, int] | bytes]:
    """What later results name instead of repeating it: places, by depth and number, and digests of whole texts."""
    named: set[tuple[int, int] | bytes] = set()
    for node in nodes:
        named.update(node.cites)
        for part, verdict in zip(results_of(node), node.verdicts, strict=False):
            if verdict.why == "dedupe:repeat":
                named.add(part.digest)
    return named


def outdated(
    nodes: Sequence[Node], *, may: Callable[[Outdated], bool] | None = None, gone: Collection[Place] = ()
) -> list[Outdated]:
    """The results in a chain that may go, in order; one may only go with all those behind it.

    ``nodes`` are from the first message on; ``may`` is the caller's own say, and ``gone`` are no longer sent. Goes on from
    where the chain was asked last, so that a late turn costs as much as an early one.
    """
    if not nodes:
        return []
    known, at = None, len(nodes)
    while at and known is None:
        at -= 1
        known = nodes[at].reads
    reads = known.copy() if known is not None else Reads()
    settled = len(nodes) - 1 - _MOVING
    for place in range(at + 1 if known is not None else 0, len(nodes)):
        node = nodes[place]
        results = zip(results_of(node), node.verdicts, strict=False)
        reads.take(node.depth, results, node.accesses, node.pages, node.cites)
        if place == settled:
            node.reads = reads.copy()
    if known is not None and at != settled:
        nodes[at].reads = None
    nodes[-1].reads = reads
    return reads.free(lambda place: results_of(nodes[place[0] - 1])[place[1]].digest, may, gone)
