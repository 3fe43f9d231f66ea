"""Which lines no lossy rendition may drop, save inside a counted group of equals: failures, warnings, non-zero exits."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

FAILURE = 2
"""Severity of a line that tells of something broken."""
WARNING = 1
"""Severity of a line that warns."""

# A word does not count inside a path, a file name or an identifier: `error.c`, `raise_error`, `/errors/`, `error(`.
_BEFORE = r"(?<![\w/\\.\-$])"
_AFTER = r"(?!\w|[./\\-]\w|\()"


def _word(*endings: str) -> str:
    return _BEFORE + "(?:" + "|".join(endings) + ")" + _AFTER


# Class names such as ValueError count wherever they stand; the stem was found inside, so look behind for its head.
def _typed(name: str) -> str:
    return rf"(?-i:(?<=[a-z]){name}(?!\w))"


# Stem to look for in the lower-cased text, the longest part of it without a blank, what must stand there, severity.
# Stems are found at C speed, which one regex over everything is not (measured: 35 against 8 MB/s).
_SIGNS: tuple[tuple[str, str, re.Pattern[str], int], ...] = tuple(
    (stem, max(stem.split(), key=len), re.compile(pattern, re.IGNORECASE), level)
    for stem, pattern, level in (
        ("error", _word("errors?") + "|" + _typed("Error"), FAILURE),
        ("err!", r"err!", FAILURE),
        ("fail", _word("fail(?:s|ed|ing|ures?)?") + "|" + _typed("Failure"), FAILURE),
        ("fatal", _word("fatal"), FAILURE),
        ("panic", _word("panic(?:s|ked|king)?"), FAILURE),
        ("exception", _word("exceptions?") + "|" + _typed("Exception"), FAILURE),
        ("traceback", _word("traceback"), FAILURE),
        ("critical", _word("critical"), FAILURE),
        ("severe", _word("severe"), FAILURE),
        ("emerg", _word("emerg(?:ency)?"), FAILURE),
        ("denied", _word("denied"), FAILURE),
        ("refused", _word("refused"), FAILURE),
        ("abort", _word("abort(?:s|ed|ing)?"), FAILURE),
        ("timeout", _word("timeouts?"), FAILURE),
        ("timed out", _word("timed out"), FAILURE),
        ("killed", _word("killed"), FAILURE),
        ("out of memory", _word("out of memory"), FAILURE),
        ("oom", _word("oom(?:-?killed)?"), FAILURE),
        ("unreachable", _word("unreachable"), FAILURE),
        ("unavailable", _word("unavailable"), FAILURE),
        ("corrupt", _word("corrupt(?:ed|ion)?"), FAILURE),
        ("segfault", _word("segfaults?"), FAILURE),
        ("segmentation fault", _word("segmentation fault"), FAILURE),
        ("core dumped", _word("core dumped"), FAILURE),
        ("rejected", _word("rejected"), FAILURE),
        ("unauthorized", _word("unauthorized"), FAILURE),
        ("forbidden", _word("forbidden"), FAILURE),
        ("cannot", _word("cannot"), FAILURE),
        ("can't", _word("can't"), FAILURE),
        ("unable to", _word("unable to"), FAILURE),
        ("could not", _word("could not"), FAILURE),
        ("couldn't", _word("couldn't"), FAILURE),
        ("not found", _word("not found"), FAILURE),
        ("no such", _word("no such"), FAILURE),
        ("undefined", _word("undefined"), FAILURE),
        ("mismatch", _word("mismatch(?:ed|es)?"), FAILURE),
        ("invalid", _word("invalid"), FAILURE),
        ("crash", _word("crash(?:ed|es)?"), FAILURE),
        ("violation", _word("violations?"), FAILURE),
        ("caused by", _word("caused by"), FAILURE),
        ("not ok", _word("not ok"), FAILURE),
        ("cve-", r"\bcve-\d{4}-\d+", FAILURE),
        (
            "exit",
            r"\b(?:exit(?:ed)?(?: +with)?(?: +(?:code|status))?|exit_?(?:code|status))[\"']?[ :=]+-?[1-9]\d*\b",
            FAILURE,
        ),
        ("returned ", r"returned -?[1-9]\d*\b", FAILURE),
        ("non-zero exit", r"non-zero exit", FAILURE),
        ("level=err", r"\blevel=err\b", FAILURE),
        ("\ne  ", r"\nE {2,}\S", FAILURE),  # pytest's assertion lines
        ('" 5', r'(?<=[\w*/])" 5\d\d(?!\S)', FAILURE),  # HTTP status in a common log
        ("status", r"\bstatus(?:_?code)?[\"']?[ :=]+5\d\d\b", FAILURE),
        ("✗", "✗", FAILURE),
        ("✘", "✘", FAILURE),
        ("✖", "✖", FAILURE),
        ("❌", "❌", FAILURE),
        ("⚠", "⚠", WARNING),
        ("warn", _word("warn(?:ings?)?") + "|" + _typed("Warning"), WARNING),
        ("deprecat", _word("deprecat(?:ed|ions?|es)"), WARNING),
    )
)
# Which number it is never matters but for none at all, and 5 of an HTTP status.
_SHAPE = str.maketrans("2346789", "1111111")
_FEW_LINES = 64
_LONG = 4_000
_NEGATED_BEFORE = re.compile(
    r"(?:\b(?:no|zero|without|not|never|any|free of|ignor(?:e|es|ed|ing))|(?<![\d.,])0) +(?:[a-z]+ +)?$", re.IGNORECASE
)
_NEGATED_AFTER = re.compile(
    r"(?:[ _-]?(?:count|rate|code|total|s))?[\"']? *(?:[:=(]|=>|is) *"
    r"(?:null|none|nil|undefined|false|no|ok|0+(?:\.0+)?%?|\"\"|''|\[\]|\{\})(?![\w.])",
    re.IGNORECASE,
)


def severity(line: str) -> int:
    """FAILURE, WARNING or 0. ``0 errors``, ``error: null``, ``"failed": false`` and ``no errors`` count for nothing."""
    return max((level for _, level in _signs("\n" + line)), default=0)


def must_keep(line: str) -> bool:
    """Whether this one line tells of a failure or a warning."""
    return next(_signs("\n" + line), None) is not None


def severities(lines: Sequence[str]) -> dict[int, int]:
    """Map the 0-based index of each line that tells of trouble to its severity, ascending; other lines are absent.

    ``lines`` hold no newline. Linear; some 30 MB/s, more where lines differ by numbers only: those are looked at once.
    """
    joined = "\n".join(lines)
    if len(lines) < _FEW_LINES or not joined.isascii():
        return _scan(lines)
    shapes = joined.translate(_SHAPE).split("\n")
    distinct = list(dict.fromkeys(shapes))
    found = {distinct[index]: level for index, level in _scan(distinct).items()}
    return {row: found[shape] for row, shape in enumerate(shapes) if shape in found} if found else {}


def _scan(lines: Sequence[str]) -> dict[int, int]:
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))  # each row starts at its newline
    found: dict[int, int] = {}
    for at, level in _signs("\n" + "\n".join(lines)):
        row = bisect_right(starts, at) - 1
        if level > found.get(row, 0):
            found[row] = level
    return dict(sorted(found.items()))


def must_keep_lines(lines: Sequence[str]) -> list[int]:
    """Return the 0-based indices of the lines for which ``must_keep`` holds, ascending."""
    return list(severities(lines))


def _signs(text: str) -> Iterator[tuple[int, int]]:
    """Yield (offset, severity) for the signs of trouble in ``text``, at most one for each pair of line and sign."""
    # U+0130 is the one letter that gets longer in lower case; offsets must match.
    lowered = text.replace("\u0130", "I").lower()
    # Most stems are nowhere; of a long text the different words, each once, show that sooner than the text.
    words = "\n".join(set(lowered.split())) if len(lowered) > _LONG else lowered
    for stem, part, pattern, level in _SIGNS:
        if part not in words:
            continue
        at = lowered.find(stem)
        while at >= 0:
            match = pattern.match(text, at)
            if match is None or _negated(text, match):
                at = lowered.find(stem, at + len(stem))
                continue
            yield at, level
            line_end = text.find("\n", at + 1)
            at = lowered.find(stem, line_end) if line_end >= 0 else -1


def _negated(text: str, match: re.Match[str]) -> bool:
    if _NEGATED_AFTER.match(text, match.end()):
        return True
    if text[match.start() - 1] != " ":
        return False
    line_start = text.rfind("\n", 0, match.start()) + 1
    return bool(_NEGATED_BEFORE.search(text, max(line_start, match.start() - 24), match.start()))
