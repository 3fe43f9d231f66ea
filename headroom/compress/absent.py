"""Names in a question that stand nowhere in a text: after a cut, who reads it can't tell those from what was left out."""

from __future__ import annotations

import re

from headroom.compress.folding import SIGIL
from headroom.compress.kind_hints import kind_of_path
from headroom.compress.rendition import Hints

_NAME = re.compile(r"(?<![\w./#$@:-])(?=\w*?(?:[A-Za-z0-9]_[A-Za-z0-9]|[a-z][A-Z]))([A-Za-z_]\w{5,})(?![\w/#@-]|\.\w)")
"""An identifier with a low line or a capital inside, that is no part of a path, of a dotted name or of an address."""
_MARKED = re.compile(r"`([A-Za-z_][\w.-]{3,58}\w|_\w{2,3})`")
"""Whoever puts backticks around a word means that very word; one of a few letters may be told in others, but not ``_id``."""
_SHORT = 2
_MOST = 4
"""A question with more names than this is about other texts, too."""


def not_there(hints: Hints, text: str) -> str:
    """The notice that names them, with its line break; empty where all are there.

    Only the query's last line counts, what was said right before the call: a task names much that this text has nothing
    to do with. Files are where something is looked for, not what.
    """
    said = hints.query.strip().rpartition("\n")[2]
    if hints.arguments:
        said = said.replace(hints.arguments, " ")
    marked = [name for name in _MARKED.findall(said) if kind_of_path(name) is None]
    names = list(dict.fromkeys([*marked, *_NAME.findall(said)]))
    if not 0 < len(names) <= _MOST:
        return ""
    lowered = text.lower()
    absent = [name for name in names if not _is_there(name.lower(), lowered) and name not in hints.arguments]
    return f"{SIGIL}not in this text: {', '.join(absent)}]\n" if absent else ""


def _is_there(name: str, lowered: str) -> bool:
    """Whether a text holds a name, or the end of a dotted one: JSON has ``time.3.16.1`` as a key within another."""
    parts = name.split(".")
    tails = [".".join(parts[start:]) for start in range(1, len(parts))]
    return name in lowered or any((len(tail) > _SHORT and tail in lowered) or f'"{tail}":' in lowered for tail in tails)
