"""Results that a later part of the conversation has made worthless: files read again or written anew, older pages. Pure.

A read goes only when a newer copy stands verbatim further down: a later read of the whole file, a later read of the very
same range, or a later write of the whole file. An edit alone makes nothing worthless, since what was read before it is
still the newest copy there is.

A page's snapshot goes when a newer one of the same browser stands further down: its handles are void from then on. What
it says of a page that the browser has left meanwhile may still be wanted, so such ones stay for some snapshots more.

What is polled (a background shell, a to-do list) needs none of this: shells tell what is new since the last poll, a text
that holds an older one cites it when it is first sent, and a list stands in the call, which is never touched.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from headroom.pipeline.eligibility import bare_name, unwrap
from headroom.pipeline.lineage import Node
from headroom.pipeline.pages import Page
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
NEWEST_PAGES: Final = 3
"""Of a browser's snapshots, as many of the newest stay where they show different pages: agents go back and forth between
a list and its items. Three actions later they are at something else, and a marker leads to the older ones."""
_PATHS: Final = ("file_path", "path", "filePath", "absolute_path", "filename", "file", "target_file")
_RANGES: Final = ("offset", "limit", "view_range", "start_line", "end_line", "startLine", "endLine", "range", "lines")


@dataclass(frozen=True, slots=True)
class Access:
    """One call that reads or writes a file."""

    kind: Literal["read", "write"]
    path: str
    span: str
    """The range that was asked for as JSON; empty for the whole file."""


_MOVING: Final = 6
"""Messages at the end that clients may send otherwise on the next turn, as they move their cache marks."""

Place = tuple[int, int]
"""A tool result: its message's depth and its number among that message's results."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """A result whose text may go. ``depth`` and ``part`` are its place."""

    depth: int
    part: int
    why: Literal["superseded", "overwritten", "page"]
    path: str
    """Of the file; a page's address."""
    by: int
    """Depth of the message that holds the newer copy."""

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.depth, self.part


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


@dataclass(frozen=True, slots=True)
class _Shown:
    """A page that no newer one has replaced."""

    place: Place
    url: str
    serial: int
    """Of its browser's snapshots, from 0."""


@dataclass(slots=True)
class Reads:
    """What reads, writes and pages of a chain come to, up to one message. Not changed any more once a node holds it."""

    open_calls: dict[str, Access] = field(default_factory=dict)
    standing: dict[str, tuple[tuple[int, int, str], ...]] = field(default_factory=dict)
    """By path: reads that still say what is in the file, by depth, part and range."""
    pages: dict[str, tuple[_Shown, ...]] = field(default_factory=dict)
    """By family: the snapshots that still count, in order."""
    outdated: list[Outdated] = field(default_factory=list)
    cited: dict[bytes, tuple[Place, ...]] = field(default_factory=dict)
    """By digest of a text: the later results that refer to it instead of repeating it."""
    places: dict[Place, tuple[Place, ...]] = field(default_factory=dict)
    """By result: the later ones that name it in part."""

    def copy(self) -> Reads:
        """One to go on from."""
        return Reads(
            self.open_calls.copy(),
            self.standing.copy(),
            self.pages.copy(),
            self.outdated.copy(),
            self.cited.copy(),
            self.places.copy(),
        )

    def take(self, node: Node) -> None:
        """Go on with the next message."""
        self.open_calls.update(node.accesses)
        naming: list[Place] = []
        for number, (part, verdict) in enumerate(zip(results_of(node), node.verdicts, strict=False)):
            place = (node.depth, number)
            if verdict.why == "dedupe:repeat":
                self.cited[part.digest] = (*self.cited.get(part.digest, ()), place)
            elif verdict.why == "dedupe:lines":
                naming.append(place)
            access = self.open_calls.pop(part.call_id or "", None)
            if access is not None and not part.is_error and (access.kind == "write" or verdict.kind == "raw"):
                self._used(node.depth, number, part, access)
            if (page := node.pages.get(number)) is not None:
                self._shown(place, page)
        for named in node.cites:
            self.places[named] = (*self.places.get(named, ()), *(naming or [(node.depth, -1)]))

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

    def _shown(self, place: Place, page: Page) -> None:
        before = self.pages.get(page.family, ())
        new = _Shown(place, page.url, before[-1].serial + 1 if before else 0)
        kept: list[_Shown] = []
        for earlier in before:
            if earlier.url == page.url or earlier.serial <= new.serial - NEWEST_PAGES:
                self.outdated.append(Outdated(*earlier.place, "page", earlier.url, place[0]))
            else:
                kept.append(earlier)
        self.pages[page.family] = (*kept, new)

    def free(
        self, digest_of: Callable[[Place], bytes], may: Callable[[Outdated], bool] | None, gone: Collection[Place]
    ) -> list[Outdated]:
        """Those that may go: whatever still refers to them goes with them, as it stands further down."""
        going = set(gone)
        found: list[Outdated] = []
        for one in sorted(self.outdated, key=lambda one: one.place, reverse=True):
            if one.place in gone or (may is not None and not may(one)):
                continue
            naming = (*self.places.get(one.place, ()), *self.cited.get(digest_of(one.place), ()))
            if going.issuperset(at for at in naming if at > one.place):
                going.add(one.place)
                found.append(one)
        return found[::-1]


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
        reads.take(nodes[place])
        if place == settled:
            nodes[place].reads = reads.copy()
    if known is not None and at != settled:
        nodes[at].reads = None
    nodes[-1].reads = reads
    return reads.free(lambda place: results_of(nodes[place[0] - 1])[place[1]].digest, may, gone)
