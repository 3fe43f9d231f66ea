"""What a table that is written as lines with a legend says in sum: its rows, and values that the legend hides."""

from __future__ import annotations

from collections import Counter

from headroom.compress import column_counts, delimited
from headroom.compress.folding import SIGIL
from headroom.compress.legends import split
from headroom.compress.once import lines_of
from headroom.compress.raw_cells import bare

_BARS = "│┃║|"
_LEAST = 40
_SHARE = 0.9
"""Part of the lines that must be rows of a drawn table."""
_MARKED_SHARE = 0.9
"""Records that marks leave longer than this share of themselves are read more easily as they are."""
_CUT_SHARE = 0.8
"""The same where marks begin or end within quotes."""


def told(text: str, encoded: str) -> list[str]:
    """A summary line for a table of many rows, in a text and what it has become; none for another text."""
    if text.count("\n") < _LEAST:
        return []
    if (found := _delimited(text)) is not None:
        names, columns = found
        said = [f"{len(columns[0])} rows"] if len(columns[0]) >= _LEAST else []
    elif (found := _drawn(text)) is not None:
        names, columns = found
        said = []  # one may tell what the columns hold
    else:
        return []
    if counts := column_counts.of_hidden(names, columns, text, split(encoded)[1]):
        said.append(f"counts: {counts}")
    return [f"{SIGIL}{'; '.join(said)}]"] if said else []


def cut_for_little(text: str, encoded: str) -> bool:
    """Whether marks cut through the records of a delimited text, those with quotes most of all, and spare too little for that."""
    if len(encoded) < _CUT_SHARE * len(text) or delimited.read(text) is None:
        return False
    return len(encoded) > _MARKED_SHARE * len(text) or any('"' in entry for entry in split(encoded)[0])


type _Table = tuple[list[str], list[list[str]]]
"""Names, and the bare cells of each column."""


def _delimited(text: str) -> _Table | None:
    found = delimited.read(text)
    if found is None or not found.table.headed or found.table.uneven:
        return None
    columns = found.table.columns
    return [bare(column[0]) for column in columns], [list(map(bare, column[1:])) for column in columns]


def _drawn(text: str) -> _Table | None:
    """Cells between bars, in a table that has more around it than can be drawn again."""
    bar = next((bar for bar in _BARS if text.count(bar) > text.count("\n")), "")
    if not bar:
        return None
    lines = [line for line in lines_of(text) if line]
    (bars, count), *_ = Counter([line.count(bar) for line in lines]).most_common(1)
    if not bars or count < _SHARE * len(lines):
        return None
    inside = [line for line in lines if line.count(bar) == bars and any(map(str.isalnum, line))]
    names, *rows = [list(map(str.strip, line.split(bar))) for line in inside]
    if not rows:
        return None
    return names, [list(column) for column in zip(*rows, strict=True)]
