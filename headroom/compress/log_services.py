"""Logs of several services in one, each line behind the name of its service, as Docker Compose prints them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LINES_A_SERVICE = 8
_NAME = re.compile(r"[\w./-]+ +")
_BAR = "| "


def behind_services(lines: Sequence[str]) -> int:
    """How many characters stand before what a service wrote, its padded name and a bar; 0 where lines are no such log."""
    width = lines[0].find("|") if lines else -1
    if width < 2:
        return 0
    names = {line[:width] for line in lines if line}
    if (
        len(names) * _LINES_A_SERVICE > len(lines)
        or not all(map(_NAME.fullmatch, names))
        or not all(line.startswith(_BAR, width) or line[width:] in {"|", ""} for line in lines)
    ):
        return 0
    return width + len(_BAR)


def without_services(lines: Sequence[str]) -> Sequence[str]:
    """What the services wrote; of any other log the lines as they are."""
    start = behind_services(lines)
    return [line[start:] for line in lines] if start else lines
