"""What is changed after it was sent, as it is kept: results replaced, messages dropped, all that is decided at one node."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Rewrite(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One tool result replaced after it had been sent. ``depth`` and ``part`` say which."""

    depth: int
    part: int
    """Number of the tool result in its message, from 0."""
    why: str
    literal: bytes
    handle: str | None
    tokens_before: int
    """Of the text as it was sent until now."""
    tokens_after: int
    digest: bytes
    """Of the client's literal."""

    @property
    def place(self) -> tuple[int, int]:
        """Its key among the rewrites of a branch."""
        return self.depth, self.part


class Drop(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Messages that are no longer sent, by depth, both inclusive; a marker in a result behind them leads to them."""

    first: int
    last: int
    tokens: int
    """That they took when they went."""


class Revision(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The rewrites decided at one node; they hold for every request whose chain goes through it."""

    rewrites: tuple[Rewrite, ...]
    costs_usd: float
    """What it cost more than it saved on the very call it went out in."""
    saves_usd: float
    sentence: str
    drops: tuple[Drop, ...] = ()
    removed: int = 0
    """Tokens that each later call spares."""


Revised = Mapping[tuple[int, int], Rewrite]
"""The rewrites that hold up to a message, by depth and number of the tool result."""


def extend(base: Revised, revision: Revision | None) -> Revised:
    """The rewrites that hold below a node with a revision."""
    if revision is None or not revision.rewrites:
        return base
    return {**base, **{rewrite.place: rewrite for rewrite in revision.rewrites}}


def taken_off(revision: Revision) -> int:
    """Tokens that a revision takes off what was sent before: nobody processes them again."""
    freed = sum(max(0, rewrite.tokens_before - rewrite.tokens_after) for rewrite in revision.rewrites)
    return freed + sum(drop.tokens for drop in revision.drops)
