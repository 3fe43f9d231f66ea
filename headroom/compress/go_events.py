"""``go test -json``: which events tell why tests failed, were skipped or never ended."""

from __future__ import annotations

from collections.abc import Sequence

from headroom.compress.columns import Column

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


def telling(columns: Sequence[Column]) -> set[int]:
    """Rows of all that failing tests and packages wrote, and of results that are no pass; empty for other records.

    A test that has no result failed: the process ended before it did.
    """
    by_name = {column.name: column.cells for column in columns}
    actions = by_name.get("Action")
    output = by_name.get("Output")
    if actions is None or output is None or not _ACTIONS.issuperset(actions):
        return set()
    blank = [""] * len(actions)
    tests, packages = by_name.get("Test", blank), by_name.get("Package", blank)
    imports = by_name.get("ImportPath", blank)
    keys = list(zip(packages, tests, imports, strict=True))
    ended = {key: action for key, action in zip(keys, actions, strict=True) if action not in _SAYS and action != "run"}
    skipped = [key for key, action in ended.items() if action == _SKIP]
    quiet = {key for key, action in ended.items() if action in _ENDED_WELL}
    if len(skipped) > _SKIPPED:
        quiet.update(skipped)
    return {
        row
        for row, (key, action, said) in enumerate(zip(keys, actions, output, strict=True))
        if action in _FAILED or (key not in quiet and action in _SAYS and not said.startswith(_MARKS))
    }
