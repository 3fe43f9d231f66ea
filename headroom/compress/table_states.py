"""Records that are not as they should be: ``which pods are not healthy``, ``what is not running``, ``unhealthy hosts``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from headroom.compress.column_names import are_unnamed
from headroom.compress.columns import Column
from headroom.compress.table_values import Named

_STATE = re.compile(r"(?:.*[._ -])?(?:status|state|health|phase|condition|result|conclusion|active|sub)", re.IGNORECASE)
_RATIO = re.compile(r"(\d+)/(\d+)")
"""As in kubectl's READY: how many of how many."""
_RATIOS = frozenset(("ready", "up", "replicas", "available"))
_RUNNING = frozenset(("running", "up", "active", "started", "online", "live", "listening"))
_WELL = frozenset(
    [
        "ready",
        "healthy",
        "ok",
        "okay",
        "good",
        "fine",
        "bound",
        "available",
        "completed",
        "complete",
        "succeeded",
        "success",
        "successful",
        "passed",
        "pass",
        "done",
        "finished",
        "true",
        "yes",
        "normal",
        "green",
        "enabled",
        "idle",
        "connected",
    ]
)
"""Words for what is well, though it need not run."""
_ILL = re.compile(
    r"\b(?:un(?:healthy|ready|available|reachable|known)|failed|failing|crash\w*|not ready)\b", re.IGNORECASE
)
_ASKED_RUNNING = re.compile(
    r"(?:\bnot|\b\w+n['’]t|\bnever|\bno longer|\bother than)\s+(?:yet\s+|currently\s+|actually\s+)?(?:running|up\b|started|active|online|alive)"
    r"|\b(?:stopped|down|stuck|dead|exited|crash(?:ed|ing|looping))\b",
    re.IGNORECASE,
)
_ASKED_WELL = re.compile(
    r"(?:\bnot|\b\w+n['’]t|\bother than)\s+(?:yet\s+|all\s+|fully\s+)?(?:healthy|ready|ok\b|okay|well|available|in order|good|fine|green|bound)"
    r"|\b(?:un(?:healthy|ready|available)|failing|failed|broken|in trouble|bad state|wrong state|not as (?:it|they) should)\b",
    re.IGNORECASE,
)
_LEVELS = frozenset(("type", "level", "severity", "lvl", "loglevel", "log_level"))
_SOUND_LEVELS = frozenset(
    ("normal", "info", "information", "informational", "debug", "trace", "notice", "verbose", "success")
)
_BAD_LEVELS = frozenset(
    ("warning", "warn", "error", "err", "fatal", "critical", "crit", "alert", "emergency", "emerg", "severe", "failure")
)
_ASKED_WRONG = re.compile(
    r"\b(?:fail\w*|wrong|errors?|warnings?|problems?|crash\w*|issues?|(?:not|n['’]t) (?:\w+ )?(?:start|run|work|schedul|com)\w*)\b",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[A-Za-z]+")
_MOST = 0.5
_MOST_STATES = 12
"""A column without a name that has more values than these is none of states."""


def not_well(columns: Sequence[Column], query: str) -> list[Named]:
    """The records in another state than what runs, or than what is well, as the question asks; of less than half of all.

    None where no column tells states, or hardly any value is a word for a good one.
    """
    found = [*_of_bad_levels(columns)] if _ASKED_WRONG.search(query) else []
    running = _ASKED_RUNNING.search(query) is not None
    if not running and _ASKED_WELL.search(query) is None:
        return found
    unnamed = are_unnamed(columns)  # of a piece of a table, by its values
    for index, column in enumerate(columns):
        bad = _bad_rows(column, running=running, unnamed=unnamed)
        if bad and len(bad) <= _MOST * len(column.cells):
            found.append(Named(index, "not well", frozenset(bad)))
    return found


def _of_bad_levels(columns: Sequence[Column]) -> Iterator[Named]:
    """The events of a level that tells of trouble, as kubectl's of type Warning, where other levels are among them."""
    unnamed = are_unnamed(columns)
    for index, column in enumerate(columns):
        values = {value.strip().strip('"').lower() for value in column.values}
        named = unnamed or column.name.strip().strip('"').lower() in _LEVELS
        if named and values <= _SOUND_LEVELS | _BAD_LEVELS:
            bad = [row for row, cell in enumerate(column.cells) if cell.strip().strip('"').lower() in _BAD_LEVELS]
            if bad and len(bad) <= _MOST * len(column.cells):
                yield Named(index, "not well", frozenset(bad))


def _bad_rows(column: Column, *, running: bool, unnamed: bool) -> list[int]:
    cells = column.cells
    if column.name.strip().lower() in _RATIOS or unnamed:
        parts = [_RATIO.fullmatch(cell.strip()) for cell in cells]
        if None not in parts:
            return [row for row, part in enumerate(parts) if part and part[1] != part[2]]
        if not unnamed:
            return []
    if not (unnamed and column.distinct <= _MOST_STATES) and not _STATE.fullmatch(column.name.strip()):
        return []
    good = {value for value in column.values if _is_good(value, running=running)}
    return [row for row, cell in enumerate(cells) if cell not in good] if good else []


def _is_good(value: str, *, running: bool) -> bool:
    """Whether a state is a word for what is well, with nothing bad behind it: ``Up 3 weeks``, not ``Up 2 hours (unhealthy)``."""
    words = [word.lower() for word in _WORDS.findall(value)]
    if not words or _ILL.search(value):
        return running and bool(words) and words[0] in _RUNNING
    return words[0] in _RUNNING or (not running and (words[0] in _WELL or _ended_well(value)))


def _ended_well(value: str) -> bool:
    """As docker says: ``Exited (0) 2 hours ago``."""
    return value.startswith("Exited (0)")
