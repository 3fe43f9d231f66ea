"""Lines of a log that say the same over and over and differ in their time alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from headroom.compress.line_signs import TIMESTAMP

_STAMP = re.compile(rf"(?:{TIMESTAMP.pattern})[\d:.,TZ+-]*")
_WITHIN = 80
"""Characters in which a line's time stands."""
_OVER = 6
"""So often something may be said."""
_FIRST = 3


def without_repeats(rows: Collection[int], lines: Sequence[str]) -> set[int]:
    """The rows but for those between the first three and the last that say the same."""
    if len(rows) <= _OVER:
        return {*rows}
    alike: dict[str, list[int]] = {}
    for row in sorted(rows):
        alike.setdefault(_without_time(lines[row]), []).append(row)
    return {row for same in alike.values() for row in (same if len(same) <= _OVER else (*same[:_FIRST], same[-1]))}


def _without_time(line: str) -> str:
    stamp = _STAMP.search(line, 0, _WITHIN)
    return line[: stamp.start()] + line[stamp.end() :] if stamp else line
