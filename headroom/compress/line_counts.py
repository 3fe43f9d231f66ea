"""How many lines name the same thing: kinds of manifests, actions of workflows, images, what trees say behind their entries.

Behind a legend, or a block that is said once, nobody could count them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from headroom.compress.folding import SIGIL
from headroom.compress.log_templates import are_many

_KEYS = ("kind: ", "uses: ", "image: ")
_NAMING = re.compile(r"\n[ \t]*+(?:- )?+((?:kind|uses|image): [\"']?[^\s\"'#{]++)[\"']?[ \t]*+(?=\n|\Z)")
"""Begins with the newline above, which the matcher skips to."""
_LEAST = 6
"""Lines from which a name is told of."""
_NAMES = 5
_BRANCHES = ("├─", "|-- ", "+- ", "+--- ")
_BRANCH = re.compile(r"\n[ \t│|]*[├└`|+\\][─┬-]{1,4} (?=\S)")
_BEHIND = re.compile(_BRANCH.pattern + r"[^\n]* ([A-Za-z]{4,}|\(\*\))(?=\n|\Z)")
_SHARE = 0.05
"""Share of a tree's entries from which a word behind them is told of."""
_WORDS = 2


def told(lines: Sequence[str], text: str) -> list[str]:
    """Summary lines for a text, each count exact; of one with few lines the number of its manifests alone."""
    manifests = f"\n{text}".count("\nkind: ")
    versions = f"\n{text}".count("\napiVersion: ") if manifests > 1 else 0
    head = [f"{SIGIL}{manifests} manifests]"] if 1 < manifests <= versions else []
    if are_many(lines, text):
        head += [*_named(f"\n{text}", manifests), *_behind(f"\n{text}")]
    return head


def _named(text: str, manifests: int) -> list[str]:
    if not any(key in text for key in _KEYS):
        return []
    names = Counter(_NAMING.findall(text)).most_common(_NAMES)
    found = [
        (name, count)
        for name, count in names
        if count >= _LEAST and not (name.startswith("kind: ") and count == manifests)
    ]
    return [f"{SIGIL}lines: {', '.join(f'{count} × {name}' for name, count in found)}]"] if found else []


def _behind(text: str) -> list[str]:
    if not any(branch in text for branch in _BRANCHES):
        return []
    entries = len(_BRANCH.findall(text))
    if 2 * entries < text.count("\n"):
        return []
    words = Counter(_BEHIND.findall(text)).most_common(_WORDS)
    found = [f'{count} end in "{word}"' for word, count in words if count >= max(_LEAST, _SHARE * entries)]
    return [f"{SIGIL}{entries} entries of a tree: {', '.join(found)}]"] if found else []
