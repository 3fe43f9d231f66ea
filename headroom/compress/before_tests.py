"""What a run of tests says before them: what was fetched and installed, line by line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.must_keep import must_keep

_CHATTER = re.compile(
    r"npm (?:http (?:fetch \w+ [23]|cache )|info |verb |verbose |sill |timing )|(?:Get|Hit|Ign):\d+ [a-z]+:|\s+(?:Downloading|Downloaded|Compiling) \S+ v?\d"
    r"|(?:Collecting|Requirement already satisfied:|Downloading|  Downloading|  Using cached|  Preparing metadata) \S"
    r"|(?:Selecting previously unselected package|Preparing to unpack|Unpacking|Setting up) \S|\[INFO\] Download(?:ing|ed) from "
    r"|(?:remote: )?(?:Counting|Compressing|Receiving|Resolving) (?:objects|deltas): +\d|[0-9a-f]{12}: (?:Pull|Wait|Verif|Down|Extract)"
)
_CHATTERS = (
    *("npm ", "Get:", "Downloading ", "Compiling ", "Collecting ", "already satisfied", "Setting up ", "Unpacking "),
    *("Downloaded from", "Receiving objects", "Pull complete"),
)
_HEAD = 8_000
"""Characters in which the first of it stands."""
_MANY_CHATTER = 12


def chatter(text: str, lines: Sequence[str]) -> set[int]:
    """Rows of what was fetched and installed, if they are many, but for the first and the last."""
    head = text[:_HEAD]
    if not any(word in head for word in _CHATTERS):
        return set()
    rows = [row for row, line in enumerate(lines) if _CHATTER.match(line) is not None and not must_keep(line)]
    return set(rows[1:-1]) if len(rows) >= _MANY_CHATTER else set()
