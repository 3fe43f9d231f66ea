"""Comments of configuration that may go: long ones, unless the question is about them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from headroom.compress.query import Relevance

_COMMENT_LINES = 5
_COMMENT_CHARS = 300
"""A comment this long is left out, unless the question is about it."""
_BLOCK_SCALAR = re.compile(r"[|>][-+0-9]*\s*(?:#.*)?$")


def long_comments(lines: Sequence[str], keep: set[int], relevance: Relevance, least: float) -> set[int]:
    """Lines of long comments that score below ``least`` for the question; none inside block scalars."""
    drop: set[int] = set()
    rows = sorted(keep)
    scalars = _in_block_scalars(lines, rows)
    for is_comment, group in groupby(rows, key=lambda i: i not in scalars and lines[i].lstrip()[:1] in {"#", ";"}):
        run = list(group)
        size = sum(len(lines[i]) for i in run)
        long = len(run) >= _COMMENT_LINES and size >= _COMMENT_CHARS and run[-1] - run[0] == len(run) - 1
        if is_comment and long and relevance.score(" ".join(lines[i] for i in run)) < least:
            drop.update(run)
    return drop


def _in_block_scalars(lines: Sequence[str], rows: Sequence[int]) -> set[int]:
    """Rows of text that stands below ``key: |``: what looks like a comment there is a line of a script."""
    found: set[int] = set()
    for row in rows:
        line = lines[row]
        if row in found or ("|" not in line and ">" not in line) or not _BLOCK_SCALAR.search(line):
            continue
        depth = len(line) - len(line.lstrip())
        below = row + 1
        while below < len(lines) and (
            not lines[below].strip() or len(lines[below]) - len(lines[below].lstrip()) > depth
        ):
            found.add(below)
            below += 1
    return found
