"""Trees of files as text: each branch behind as many tabs as it is deep."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress import phrases, tree_glyphs
from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.once import lines_of, once

_SMALLEST = 4


def as_tabs(lines: Sequence[str]) -> list[str] | None:
    """The lines of a drawn tree, each branch behind as many tabs as it is deep; None for other listings."""
    if (found := _folded("\n".join(lines))) is None:
        return None
    first, folded = found
    return [*lines[:first], *folded.names, *lines[first + len(folded.names) :]]


def fold(lines: Sequence[str]) -> str | None:
    """The lossless text of a drawn tree, under a legend; None for other listings."""
    if (found := _folded("\n".join(lines))) is None:
        return None
    first, folded = found
    count = len(folded.names)
    drawn = escape("\n".join(folded.names))
    legend, body = phrases.encode("\n".join([*lines[:first], drawn, *lines[first + count :]]))
    root = "" if first else ", no root"
    cut = f", cut {folded.cut}" if folded.cut else ""
    return "\n".join([*legend, f"{SIGIL}tree of {count} branches, style {folded.style}{root}{cut}]", body])


def unfold(header: str, body: str) -> list[str]:
    """The lines of the tree, of the header and the text below it, without the legend."""
    count, style, *cut = re.findall(r"\d+", header)
    lines = body.split("\n")
    first = 0 if ", no root" in header else 1
    behind = first + int(count)
    names = unescape("\n".join(lines[first:behind])).split("\n")
    folded = tree_glyphs.Folded(int(style), names, cut[0] if cut else "")
    return [*lines[:first], *tree_glyphs.unfold(folded), *lines[behind:]]


@once
def _folded(text: str) -> tuple[int, tree_glyphs.Folded] | None:
    """A drawn tree and the row of its first branch: 0 where the text begins in its middle; None for other listings."""
    lines = lines_of(text)
    first = 0 if len(lines) > _SMALLEST and tree_glyphs.is_branch(lines[0]) else 1
    folded = tree_glyphs.fold(lines[first:]) if len(lines) > _SMALLEST else None
    return (first, folded) if folded is not None else None
