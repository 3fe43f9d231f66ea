"""Packages drawn as a tree (``npm ls --all``, ``cargo tree``, ``pipdeptree``): those asked for, with all that they hang on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from headroom.compress.asks import asking
from headroom.compress.folding import SIGIL
from headroom.compress.once import lines_of
from headroom.compress.plain_words import is_plain
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition, Unencoded
from headroom.compress.selecting import BRIEF_CHARS, brief, elide, finish, keeps_nearly_all

_BRANCH = re.compile(r"(?P<lead>[│|├└+`\\─┬ -]*?(?:[├└+`\\][─┬ -]{1,4}|(?<= )- ))(?P<said>[^\s│├└─].*)")
_PACKAGE = re.compile(
    r"(?:UNMET (?:OPTIONAL )?(?:PEER )?DEPENDENCY |\(\*\) )?"
    r"(?:(?P<name>@?[\w./-]+)(?:@| v(?=\d)| \[|==)|(?P<group>[\w.-]+:[\w.-]+)(?=:))"
)
_WRONG = re.compile(r"UNMET (?!OPTIONAL)|(?<= )(?:invalid|extraneous|missing)\b|ERR!")
_WORD = re.compile(r"@?[\w.-]+(?:[/:][\w.-]+)?")
_LEAST_LINES = 40
_LEAST_SHARE = 0.8
_MOST_NAMED = 0.4
"""Share of the lines above which what is asked for is no part of the tree."""


class _Line(NamedTuple):
    depth: int
    """Characters before the package."""
    name: str


class DependencyTree(Unencoded):
    """Lossy only: the layout without loss is that of any drawn tree."""

    kind = "listing"

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep the packages that the question names with those above them, the tops of the tree, and what is wrong."""
        lines = lines_of(text)
        if len(lines) < _LEAST_LINES or (tree := _read(lines)) is None:
            return None
        relevance = Relevance.from_hints(hints)
        words = _words(asking(hints.query).lower())
        named = {row for row, line in tree.items() if line.name.lower() in words}
        if not named and (words := _words(relevance.wording)):
            named = {row for row, line in tree.items() if line.name.lower() in words}
        if not named or len(named) > _MOST_NAMED * len(tree):
            return None
        kept = named | {row for row in tree if _WRONG.search(lines[row])}
        kept |= _above(tree, kept)
        rest = {row for row in range(len(lines)) if row not in tree}
        pieces = brief(elide(lines, kept | rest, min_chars=BRIEF_CHARS, few_chars=BRIEF_CHARS))
        if keeps_nearly_all(pieces, text):
            return None
        names = ", ".join(sorted({tree[row].name for row in named}))
        head = [
            f"{SIGIL}{len(tree)} lines of packages; left out: all but {names} (on {len(named)} line{'s' * (len(named) > 1)}) with what each hangs on]"
        ]
        return finish(pieces, self.kind, "listing:asked", head=head, packed=False)


def _words(said: str) -> set[str]:
    return {word for word in _WORD.findall(said) if not is_plain(word)}


def _read(lines: Sequence[str]) -> dict[int, _Line] | None:
    """The branches by their rows; None unless nearly all lines are such, and most of them packages."""
    found: dict[int, _Line] = {}
    for row, line in enumerate(lines):
        if (match := _BRANCH.match(line)) is not None:
            package = _PACKAGE.match(match["said"])
            name = (package["name"] or package["group"]) if package is not None else ""
            found[row] = _Line(match.end("lead"), name)
    named = sum([bool(line.name) for line in found.values()])
    return found if min(len(found), named) >= _LEAST_SHARE * sum(map(bool, lines)) else None


def _above(tree: dict[int, _Line], kept: set[int]) -> set[int]:
    """Rows of the packages that the kept ones hang on, up to the top."""
    found: set[int] = set()
    path: list[tuple[int, int]] = []  # depth and row, from the top down
    for row, line in tree.items():
        while path and path[-1][0] >= line.depth:
            path.pop()
        if row in kept:
            found.update(above for _, above in path)
        path.append((line.depth, row))
    return found


COMPRESSORS: tuple[Compressor, ...] = (DependencyTree(),)
