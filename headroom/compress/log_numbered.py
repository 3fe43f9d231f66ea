"""Lines of one of many numbered things, where the question says its kind and number and the log writes both in another way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from headroom.compress.query import Term

_SURE = 0.8
"""Weight of a kind with its number."""
_CALLED = re.compile(r"([a-z]{3,20}) (\d{1,9})")
_SHORT = {
    "connection": ("conn", "cid"),
    "process": ("proc", "pid"),
    "request": ("req", "rid"),
    "session": ("sess", "sid"),
    "thread": ("thr", "tid"),
    "transaction": ("txn", "tx", "xid"),
    "worker": ("wrk",),
}
_COLUMN = 60
"""Characters of a line in which a column of numbers alone stands, with nothing but the time in front of it, as in MySQL's
general log."""
_ALONE = r"[\d:.,/TZ+\s\[\]()-]*?(?<!\S){}(?!\S)"
_FIRST = 3


def numbered_rows(named: Iterable[Term], lines: Sequence[str], most: int) -> set[int]:
    """Rows of each such thing: up to ``most`` all of them, else the first three and the last."""
    rows: set[int] = set()
    for term in named:
        called = _CALLED.fullmatch(term.text) if term.weight >= _SURE else None
        if called is None:
            continue
        word, number = called.groups()
        holding = [row for row, line in enumerate(lines) if number in line]
        if any(term.text in lines[row].lower() for row in holding):
            continue  # it stands there as it is said
        kinds = "|".join((word, *_SHORT.get(word, ())))
        labelled = re.compile(
            rf"\b(?:{kinds})(?:[_ -]?(?:id|no|nr|num|number))?[\"']?[ _#:=\[(/.-]{{0,3}}{number}(?!\w)", re.IGNORECASE
        )
        found = [row for row in holding if labelled.search(lines[row])]
        if not found:
            alone = re.compile(_ALONE.format(number))
            found = [row for row in holding if alone.match(lines[row][:_COLUMN])]
        rows.update(found if len(found) <= most else (*found[:_FIRST], found[-1]))
    return rows
