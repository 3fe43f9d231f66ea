"""How often a line comes that is written once with a count, and a name that a legend hides: frames of a recursion, tests of one thing."""

from __future__ import annotations

import re
from collections import Counter

from headroom.compress import legends
from headroom.compress.folding import SIGIL
from headroom.compress.once import lines_of

_LEAST = 20
_MOST = 2
_SHARE = 0.04
"""Part of the spared characters that a summary may take."""
_LINE_CHARS = 60
_FOLDED = "x more]"
_WORD = re.compile(r"[^\W\d_]{3}")
_NAME = re.compile(r"(?<![\w$.:/>])[A-Za-z_]\w*(?:(?:->|::|\.)[A-Za-z_]\w*)*(?![\w/])")
_TELLING = re.compile(r"[a-z][A-Z]|->|::|\w_\w")
"""What a name has that is no plain word, path or number."""


def told(text: str, encoded: str) -> list[str]:
    """A summary line for a text and what `packing` made of it: exact numbers of equal lines, and of words as such."""
    room = _SHARE * (len(text) - len(encoded))
    said: list[str] = []
    for part in (*_lines(text, encoded), *_names(text, encoded)):
        if len(part) <= room and len(said) < _MOST:
            room -= len(part)
            said.append(part)
    return [f"{SIGIL}{', '.join(said)}]"] if said else []


def _lines(text: str, encoded: str) -> list[str]:
    if _FOLDED not in encoded:
        return []
    counts = Counter(map(str.strip, lines_of(text)))
    return [
        f"{count} × {line}"
        for line, count in counts.most_common(_MOST)
        if count >= _LEAST and len(line) <= _LINE_CHARS and _WORD.search(line) and "\r" not in line
    ]


def _names(text: str, encoded: str) -> list[str]:
    legend, body = legends.split(encoded)
    used = sorted([(-body.count(entry[:2]), entry[3:]) for entry in legend[1:]])
    found: dict[str, int] = {}
    for marks, phrase in used[:_MOST]:
        names = [name for name in _NAME.findall(phrase) if _TELLING.search(name)]
        if -marks < _LEAST or not names:
            continue
        name = max(names, key=len)
        # A name at the edge of a phrase may go on behind its mark.
        count = len(re.findall(rf"(?<!\w){re.escape(name)}(?!\w)", text))
        if count >= _LEAST and body.count(name) < count:
            found[name] = count
    return [f"{count} × {name}" for name, count in found.items()]
