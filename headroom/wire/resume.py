"""Outlines of growing bodies: what begins like a body seen before is read from where it goes on.

Agents resend the whole conversation with every turn. A JSON text is read from left to right, so two bodies with the same
beginning have the same messages in it. The newest bodies are kept as they came, and compared; of older ones a digest of the
beginning tells, at a fraction of what reading costs. SHA-256, since many processors have instructions for it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol

from headroom.errors import Unreadable
from headroom.exchange import Wire
from headroom.wire.dialect import Request, Slice
from headroom.wire.outline import MAX_MESSAGES, cache_marks

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

LEAST: Final = 16 * 1024
"""Smaller bodies are read faster than they are recognised."""
_HEAD: Final = 1_024
"""Bytes by which candidates are looked up."""
_BACK: Final = 8
"""Messages from the end at whose ends a body can be taken up again: clients move their cache marks there."""
_MOVED: Final = 4
"""Messages at the end of a body that its conversation's next body may have changed: such marks, and hints."""
_CANDIDATES: Final = 4
"""Bodies kept for each beginning: forks and subagents."""
_SPACES: Final = b" \t\r\n"
_MESSAGE_COST: Final = 130
_STATE_COST: Final = 500


class Outliner(Protocol):
    """The part of a dialect that is needed here."""

    def outline(self, body: bytes) -> Request:
        """Find the messages of one request."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place between two messages: everything in front of it has this digest."""

    count: int
    """Messages in front of it."""
    end: int
    """Offset behind the last of them."""
    digest: bytes


@dataclass(slots=True, eq=False)
class _Body:
    messages: tuple[Slice, ...]
    array: int
    """Offset of the bracket that opens the messages."""
    marks: tuple[Mark, ...]
    """In the order of the text."""
    cache_marks: tuple[int, ...]
    """``cache_control`` marks in front of each mark."""
    text: bytes
    """As it came; empty when there was no room for it any more."""
    states: tuple[Hash, ...]
    """The digest's state at each mark; none without the text."""

    @property
    def cost(self) -> int:
        """Bytes of memory, roughly."""
        return 2_000 + _MESSAGE_COST * len(self.messages) + _STATE_COST * len(self.states) + len(self.text)


@dataclass(frozen=True, slots=True)
class _Agreed:
    """A known body, the number of the last mark up to which a new one is the same, and the digest at each mark."""

    body: _Body
    number: int
    states: tuple[Hash, ...]

    @property
    def mark(self) -> Mark:
        """The last mark that both have."""
        return self.body.marks[self.number]


class Outlines:
    """Reads bodies, remembering where the messages of the last ones lay. Thread-safe, bounded in bytes."""

    def __init__(self, *, max_bytes: int = 16 * 1024 * 1024) -> None:
        self._max = max_bytes
        self._size = 0
        self._heads: OrderedDict[bytes, list[_Body]] = OrderedDict()
        self._whole: OrderedDict[_Body, None] = OrderedDict()
        """Bodies with their text, the one kept longest first."""
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes held, roughly."""
        return self._size

    def read(self, dialect: Outliner, body: bytes) -> tuple[Request, tuple[Mark, ...]]:
        """The outline, equal to ``dialect.outline(body)``, and places from which the next body may go on.

        Raises ``Unreadable`` as the dialect does. The first mark is the earliest; none for small bodies.
        """
        if len(body) < LEAST:
            return dialect.outline(body), ()
        head = type(dialect).__name__.encode() + body[:_HEAD]
        found = self._find(head, body)
        request = None if found is None else _resumed(dialect, body, found.body, found.number)
        if request is None:
            request = dialect.outline(body)
            found = None
        marks = self._keep(head, body, request, found)
        return request, marks

    def _find(self, head: bytes, body: bytes) -> _Agreed | None:
        """The body that agrees with this one for longest."""
        with self._lock:
            candidates = list(self._heads.get(head, ()))
            if candidates:
                self._heads.move_to_end(head)
        best: _Agreed | None = None
        for known in reversed(candidates):
            agreed = _agreement(known, body)
            if agreed is not None and (best is None or agreed.mark.end > best.mark.end):
                best = agreed
                if agreed.number == len(known.marks) - 1:
                    break
        return best

    def _keep(self, head: bytes, body: bytes, request: Request, found: _Agreed | None) -> tuple[Mark, ...]:
        messages = request.messages
        array = _opening(body, messages)
        if array is None:
            return ()
        first = max(1, len(messages) - _BACK + 1)
        marks: list[Mark] = []
        cached: list[int] = []
        states: list[Hash] = []
        state, at, counted = sha256(), 0, 0
        if found is not None:
            state, at = found.states[found.number].copy(), found.mark.end
            counted = found.body.cache_marks[found.number]
            old = zip(found.body.marks[: found.number + 1], found.body.cache_marks, found.states, strict=False)
            for mark, number, then in old:
                if mark.count >= first:
                    marks.append(mark)
                    cached.append(number)
                    states.append(then)
            first = max(first, found.mark.count + 1)
        view = memoryview(body)
        for count in range(first, len(messages) + 1):
            end = messages[count - 1].end
            state.update(view[at:end])
            counted += cache_marks(body[at:end])
            at = end
            marks.append(Mark(count, end, state.digest()))
            cached.append(counted)
            states.append(state.copy())
        kept = _Body(messages, array, tuple(marks), tuple(cached), body, tuple(states))
        with self._lock:
            bodies = self._heads.setdefault(head, [])
            # What this body goes on from is in it, unless it is a fork.
            if found is not None and found.number >= len(found.body.marks) - 1 - _MOVED and found.body in bodies:
                bodies.remove(found.body)
                self._gone(found.body)
            bodies.append(kept)
            self._whole[kept] = None
            self._size += kept.cost
            while len(bodies) > _CANDIDATES:
                self._gone(bodies.pop(0))
            self._heads.move_to_end(head)
            self._make_room()
        return kept.marks

    def _gone(self, body: _Body) -> None:
        self._size -= body.cost
        self._whole.pop(body, None)

    def _make_room(self) -> None:
        """First the texts go: without them a body is recognised all the same, by its digests."""
        while self._size > self._max and self._whole:
            body, _ = self._whole.popitem(last=False)
            self._size -= body.cost
            body.text, body.states = b"", ()
            self._size += body.cost
        while self._size > self._max and self._heads:
            _, bodies = self._heads.popitem(last=False)
            for body in bodies:
                self._gone(body)


def _agreement(known: _Body, body: bytes) -> _Agreed | None:
    """How far both bodies are the same."""
    text, states = known.text, known.states  # another thread may let them go
    if text:
        view = memoryview(text)
        at, number = 0, -1
        for mark in known.marks[: len(states)]:  # each byte is compared once
            if mark.end >= len(body) or not body.startswith(view[at : mark.end], at):
                break
            at, number = mark.end, number + 1
        return _Agreed(known, number, states) if number >= 0 else None
    return _digests_agree(known, body)


def _digests_agree(known: _Body, body: bytes) -> _Agreed | None:
    state = sha256()
    view = memoryview(body)
    at, found = 0, []
    for mark in known.marks:
        if mark.end >= len(body):
            break
        state.update(view[at : mark.end])
        at = mark.end
        if state.digest() != mark.digest:
            break
        found.append(state.copy())
    return _Agreed(known, len(found) - 1, tuple(found)) if found else None


def _opening(body: bytes, messages: tuple[Slice, ...]) -> int | None:
    """The bracket in front of the first message; None where the messages are no array of their own."""
    if not messages:
        return None
    at = messages[0].start - 1
    while at > 0 and body[at] in _SPACES:
        at -= 1
    return at if body[at : at + 1] == b"[" else None


def _resumed(dialect: Outliner, body: bytes, known: _Body, last: int) -> Request | None:
    """The outline, made from the known messages and from the body without them; None when it must be read as a whole."""
    mark = known.marks[last]
    at = _past_spaces(body, mark.end)
    if body[at : at + 1] == b",":
        at = _past_spaces(body, at + 1)
        if body[at : at + 1] == b"]":
            return None  # an error that the body without its messages would not show
    elif body[at : at + 1] != b"]":
        return None
    behind = known.array + 1
    rest = dialect.outline(body[:behind] + body[at:])
    if not _within(rest, behind):
        return None
    if mark.count + len(rest.messages) > MAX_MESSAGES:
        raise Unreadable("too_many_messages")
    shift = at - behind

    def moved(piece: Slice) -> Slice:
        return Slice(piece.start + shift, piece.end + shift) if piece.start >= behind else piece

    return replace(
        rest,
        messages=(*known.messages[: mark.count], *map(moved, rest.messages)),
        system=tuple(map(moved, rest.system)),
        tools=moved(rest.tools) if rest.tools is not None else None,
        # Gemini has no such marks, whatever the texts say.
        cache_marks=0 if rest.wire is Wire.GEMINI else known.cache_marks[last] + cache_marks(body[at:]),
    )


def _within(rest: Request, behind: int) -> bool:
    """Whether the messages were found in the array we cut."""
    return all(piece.start >= behind for piece in rest.messages)


def _past_spaces(body: bytes, at: int) -> int:
    while at < len(body) and body[at] in _SPACES:
        at += 1
    return at
