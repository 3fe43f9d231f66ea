"""A legend of what comes often inside tags, such as the styles of drawings and the beginnings of links.

Marks stand in tags alone, and no mark spans a bracket: what a page says reads as before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress import legends, phrases

_TAG = re.compile(r"(<[A-Za-z/!?][^<>]*+>)")
_SPARES = 0.03
"""Share of the text that a legend must spare."""


def encode(text: str) -> tuple[list[str], str]:
    """Return the lines of a legend and the text with marks in its tags; no lines where that spares too little."""
    parts = _TAG.split(text)
    legend, inside = phrases.encode(_inside(parts), margin=False)  # what a tag begins with tells it
    if not legend:
        return [], text
    sigil = legend[1][0]
    if any(sigil in part and re.search(re.escape(sigil) + "[A-Za-z]", part) for part in parts[::2]):
        return [], text  # words of the page would read as marks
    _put_back(parts, inside)
    marked = "".join(parts)
    spared = len(text) - len(marked) - sum(map(len, legend)) - len(legend)
    return (legend, marked) if spared > _SPARES * len(text) else ([], text)


def decode(legend: Sequence[str], text: str) -> str:
    """Invert `encode`."""
    if not legend:
        return text
    parts = _TAG.split(text)
    _put_back(parts, legends.decode(legend, _inside(parts)))
    return "".join(parts)


def _inside(parts: Sequence[str]) -> str:
    """What the tags among the parts of a text hold, line by line."""
    return "\n".join([tag[1:-1] for tag in parts[1::2]])


def _put_back(parts: list[str], inside: str) -> None:
    """Put what the tags hold now into the parts of a text; no line's end has come or gone."""
    lines = inside.split("\n")
    at = 0
    for place in range(1, len(parts), 2):
        behind = at + 1
        if "\n" in parts[place]:
            behind += parts[place].count("\n")
            parts[place] = f"<{'\n'.join(lines[at:behind])}>"
        else:
            parts[place] = f"<{lines[at]}>"
        at = behind
