"""``go test -json``: which events tell why tests failed, were skipped or never ended."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from headroom.compress.asks import asking, asks_how_long, general_asks
from headroom.compress.columns import Column
from headroom.compress.folding import SIGIL

_TOLD = {"pass": "passed", "bench": "passed", "fail": "failed", "skip": "skipped"}
_RESULTS = frozenset(_TOLD)
_ENDED_WELL = frozenset(("pass", "bench"))
_SKIP = "skip"
_SAYS = frozenset(("output", "build-output"))
_FAILED = frozenset(("fail", "build-fail"))
_MARKS = ("=== RUN ", "=== PAUSE ", "=== CONT ", "=== NAME ")
"""Output that tells of progress alone."""
_SKIPPED = 20
"""Output of up to so many skipped tests stays."""
_ACTIONS = frozenset(
    ("start", "run", "pause", "cont", "pass", "bench", "fail", "skip", "output", "attr", "artifacts", *_SAYS, *_FAILED)
)
"""As ``go doc test2json`` and ``go help buildjson`` list them."""

_OF_RESULTS = re.compile(r"\b(?:pass(?:ed|es|ing)?|green|red)\b")
_EXTREMES = frozenset(("max", "min"))
_OPEN = 20
"""Tests without a result and without output of which the first event stays."""


class Events(NamedTuple):
    """What the records of a run are good for."""

    telling: set[int]
    """Rows of all that failing tests and packages wrote, and of results that are no pass."""
    counts: str
    """A line that says how many tests ended how."""


def asks_for_results(query: str) -> bool:
    """Whether a question is for which tests fail, or whether all pass, and for nothing that each event tells."""
    asked = asking(query).lower()
    asks = general_asks(asked)
    return (
        ("failure" in asks or _OF_RESULTS.search(asked) is not None)
        and not asks & _EXTREMES
        and not asks_how_long(asked)
    )


def read(columns: Sequence[Column]) -> Events | None:
    """What the events tell; None of other records.

    A test that has no result failed: the process ended before it did. One that wrote nothing before may be told of below.
    """
    by_name = {column.name: column.cells for column in columns}
    actions = by_name.get("Action")
    output = by_name.get("Output")
    if actions is None or output is None or not _ACTIONS.issuperset(actions):
        return None
    blank = [""] * len(actions)
    tests, packages = by_name.get("Test", blank), by_name.get("Package", blank)
    imports = by_name.get("ImportPath", blank)
    keys = list(zip(packages, tests, imports, strict=True))
    ended = {key: action for key, action in zip(keys, actions, strict=True) if action in _RESULTS}
    skipped = [key for key, action in ended.items() if action == _SKIP]
    quiet = {key for key, action in ended.items() if action in _ENDED_WELL}
    if len(skipped) > _SKIPPED:
        quiet.update(skipped)
    telling = {
        row
        for row, (key, action, said) in enumerate(zip(keys, actions, output, strict=True))
        if action in _FAILED or (key not in quiet and action in _SAYS and not said.startswith(_MARKS))
    }
    heard = {keys[row] for row in telling}
    first = {key: row for row, key in reversed([*enumerate(keys)]) if key[1] and key not in ended}
    telling.update([row for key, row in sorted(first.items(), key=lambda item: item[1]) if key not in heard][-_OPEN:])
    counts = Counter([_TOLD[action] for key, action in ended.items() if key[1]])
    if first:
        counts["without a result here"] = len(first)
    told = ", ".join(f"{count} {how}" for how, count in sorted(counts.items()))
    inner = ", subtests among them" if any("/" in key[1] for key in ended) else ""
    return Events(telling, f"{SIGIL}tests{inner}: {told or 'none'}]")
