"""What a conversation read and wrote of files and saw of pages, and which of that is worthless by now. Pure.

A read goes only when a newer copy stands verbatim further down: a later read of the whole file, a later read of the very
same range, or a later write of the whole file. An edit alone makes nothing worthless, since what was read before it is
still the newest copy there is.

A page's snapshot goes when a newer one of the same browser stands further down: its handles are void from then on. What
it says of a page that the browser has left meanwhile may still be wanted, so such ones stay for some snapshots more.

What is polled (a background shell, a to-do list) needs none of this: shells tell what is new since the last poll, a text
that holds an older one cites it when it is first sent, and a list stands in the call, which is never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from headroom.exchange import Verdict
from headroom.pipeline.pages import Page
from headroom.wire.dialect import TextPart

LEAST: Final = 512
"""Bytes of a read from which it is worth replacing."""
NEWEST_PAGES: Final = 3
"""Of a browser's snapshots, as many of the newest stay where they show different pages: agents go back and forth between
a list and its items. Three actions later they are at something else, and a marker leads to the older ones."""


@dataclass(frozen=True, slots=True)
class Access:
    """One call that reads or writes a file."""

    kind: Literal["read", "write"]
    path: str
    span: str
    """The range that was asked for as JSON; empty for the whole file."""


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

    def take(
        self,
        depth: int,
        results: Iterable[tuple[TextPart, Verdict]],
        accesses: Mapping[str, Access],
        pages: Mapping[int, Page],
        cites: Iterable[Place],
    ) -> None:
        """Go on with the next message, which is this deep."""
        self.open_calls.update(accesses)
        naming: list[Place] = []
        for number, (part, verdict) in enumerate(results):
            place = (depth, number)
            if verdict.why == "dedupe:repeat":
                self.cited[part.digest] = (*self.cited.get(part.digest, ()), place)
            elif verdict.why == "dedupe:lines":
                naming.append(place)
            access = self.open_calls.pop(part.call_id or "", None)
            if access is not None and not part.is_error and (access.kind == "write" or verdict.kind == "raw"):
                self._used(depth, number, part, access)
            if (page := pages.get(number)) is not None:
                self._shown(place, page)
        for named in cites:
            self.places[named] = (*self.places.get(named, ()), *(naming or [(depth, -1)]))

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
