"""Records of a level that the question names in words, where the column holds the level's number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from headroom.compress.columns import Column
from headroom.compress.table_values import Named

_TENS = {"10": "trace", "20": "debug", "30": "info", "40": "warn", "50": "error", "60": "fatal"}
"""pino's and bunyan's."""
_PYTHON = {"10": "debug", "20": "info", "30": "warn", "40": "error", "50": "fatal"}
_SYSLOG = dict(zip("01234567", ("fatal", "fatal", "fatal", "error", "warn", "notice", "info", "debug"), strict=True))
"""RFC 5424, section 6.2.1; journald's PRIORITY."""
_NUMBERS: Mapping[str, Mapping[str, str]] = {
    "level": _TENS,
    "lvl": _TENS,
    "severity": _TENS,
    "levelno": _PYTHON,
    "priority": _SYSLOG,
    "syslog_severity": _SYSLOG,
}
_LEVEL = "trace|debug|info(?:rmation(?:al)?)?|notice|warn(?:ing)?|err(?:or)?|fatal|critical|crit|alert|emerg(?:ency)?"
_SHORT = {"informational": "info", "information": "info", "warning": "warn", "err": "error"}
_FATAL = {"critical", "crit", "alert", "emerg", "emergency"}
_SAID = re.compile(
    rf"(?P<shut>\b(?:not|other than|except(?: for)?|apart from|un?like)\s+(?:\w+\s+){{0,3}}?)?"
    rf"(?:\b(?:level|severity|priority)s?\s*(?:=|of|is|:)?\s*[`\"']?(?P<behind>{_LEVEL})\b"
    rf"|\b(?P<before>{_LEVEL})[ -](?:level|severity|or (?:above|higher|worse))\b"
    r"|\b(?P<plural>warning|error)s\b)",
    re.IGNORECASE,
)


def levels(columns: Sequence[Column], query: str) -> tuple[list[Named], list[Named]]:
    """Conditions on numbered levels: the records of a level that is named, and those of any but one that is shut out."""
    named: list[Named] = []
    shut_out: list[Named] = []
    for index, words in _numbered(columns):
        cells = columns[index].cells
        for match in _SAID.finditer(query):
            meant = (match["behind"] or match["before"] or match["plural"]).lower()
            word = "fatal" if meant in _FATAL else _SHORT.get(meant, meant)
            numbers = {number for number, name in words.items() if name == word}
            shut = match["shut"] is not None
            rows = frozenset(row for row, cell in enumerate(cells) if cell and (cell.strip('"') in numbers) != shut)
            if numbers and 0 < len(rows) < len(cells):
                (shut_out if shut else named).append(Named(index, min(numbers), rows))
    return named, shut_out


def _numbered(columns: Sequence[Column]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Columns of level numbers, with the words for them."""
    for index, column in enumerate(columns):
        words = _NUMBERS.get(column.name.strip('"').rpartition(".")[2].lower())
        if words is not None and column.distinct > 1 and {value.strip('"') for value in column.values} <= words.keys():
            yield index, words
