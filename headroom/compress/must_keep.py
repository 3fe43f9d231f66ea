"""Which lines no lossy rendition may drop, save inside a counted group of equals: failures, warnings, non-zero exits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import compress, repeat
from operator import contains

from headroom.compress.negations import negated
from headroom.compress.number_masks import masked_lines, words_of

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


type _Sign = tuple[str, str, re.Pattern[str], int]

# Stem to look for in the lower-cased text, the longest part of it without a blank, what must stand there, severity.
# Stems are found at C speed, which one regex over everything is not (measured: 35 against 8 MB/s).
_SIGNS: tuple[_Sign, ...] = tuple(
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
        ("no live", _word("no live (?:upstream|server|backend|host|node)s?"), FAILURE),  # nginx
        ("no healthy", _word("no healthy (?:upstream|server|backend|host|node)s?"), FAILURE),  # Envoy
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
_MASKED = {"err!": "rr!", '" 5': '" 0'}
"""What a mask still shows of a stem, where that is not all of it: a letter behind a digit may be part of a number."""
_NUMBERED = frozenset(("err!", "cve-", "exit", "returned ", "\ne  ", '" 5', "status"))
"""Stems of signs that hold a number, or that a mask does not show whole."""
_FEW_LINES = 64
_MANY_MASKS = 0.6
"""Part of the lines from which looking at masks first spares nothing."""
_MANY_IN_SAMPLE = 0.95
_LONG = 4_000


def must_keep(line: str) -> bool:
    """Whether this one line tells of a failure or a warning."""
    return next(_signs("\n" + line), None) is not None


def severities(lines: Sequence[str], text: str | None = None) -> dict[int, int]:
    """Map the 0-based index of each line that tells of trouble to its severity, ascending; other lines are absent.

    ``0 errors``, ``error: null``, ``"failed": false`` and ``no errors`` tell of none. ``lines`` hold no newline; ``text`` is
    them joined, where that is at hand. Linear; some 60 MB/s, more where lines differ by numbers only: of those one is
    looked at.
    """
    if len(lines) < _FEW_LINES:
        return _scan(lines)
    step = len(lines) // _FEW_LINES
    if text is None:
        if _differ(masked_lines("\n".join(lines[::step][:_FEW_LINES]))):
            return _scan(lines)
        text = "\n".join(lines)
    masks = masked_lines(text)
    if _differ(masks[::step][:_FEW_LINES]):
        return _scan(lines)
    distinct = list(dict.fromkeys(masks))
    if len(distinct) > _MANY_MASKS * len(lines):
        return _scan(lines)
    signs = _present(distinct)
    likely = {row for _, found in signs for row in found}
    if not likely:
        return {}
    told, unsure = _judge(distinct, signs) if 2 * len(likely) < len(lines) else ({}, signs)
    found: dict[int, int] = {}
    if told:
        levels = {distinct[row]: level for row, level in told.items()}
        found = {row: levels[masks[row]] for row in compress(range(len(masks)), map(levels.__contains__, masks))}
    if unsure:
        places: dict[str, list[int]] = {distinct[row]: [] for _, rows in unsure for row in rows}
        for row in compress(range(len(masks)), map(places.__contains__, masks)):
            places[masks[row]].append(row)
        for sign, looked_at in unsure:
            if sign[0][0] == "\n":  # its match begins in the line above, so what stands there counts
                rows = sorted(row for open_ones in places.values() for row in open_ones)
            else:
                rows = [row for index in looked_at for row in places[distinct[index]]]
            for index in _hits_of([lines[row] for row in rows], sign):
                found[rows[index]] = max(sign[3], found.get(rows[index], 0))
        found = dict(sorted(found.items()))
    return found


def _differ(masks: Sequence[str]) -> bool:
    """Whether lines taken from all over differ in more than numbers, so that masks of all would most likely tell nothing."""
    return len(set(masks)) > _MANY_IN_SAMPLE * len(masks)


def must_keep_lines(lines: Sequence[str]) -> list[int]:
    """Return the 0-based indices of the lines for which ``must_keep`` holds, ascending."""
    return list(severities(lines))


def _scan(lines: Sequence[str]) -> dict[int, int]:
    found: dict[int, int] = {}
    for row, level in _signs("\n" + "\n".join(lines)):
        if level > found.get(row, 0):
            found[row] = level
    return dict(sorted(found.items()))


def _lowered(text: str) -> str:
    # U+0130 is the one letter that gets longer in lower case; offsets must match.
    return text.replace("\u0130", "I").lower()


def _words(lowered: str) -> str:
    """Most stems are nowhere; of a long text the different words, each once, show that sooner than the text."""
    return "\n".join(set(lowered.split())) if len(lowered) > _LONG else lowered


def _present(masks: Sequence[str]) -> list[tuple[_Sign, list[int]]]:
    """Return the signs whose stems stand in the masks, each with their rows."""
    joined = "\n".join(masks)
    lowered = _lowered(joined)
    words = _lowered("\n".join(words_of(joined)[1])) if len(joined) > _LONG else lowered
    rows = lowered.split("\n")
    return [
        (sign, found)
        for sign in _SIGNS
        if _MASKED.get(sign[1], sign[1]) in words and (found := _rows(rows, _MASKED.get(sign[0], sign[0])))
    ]


def _rows(lowered: Sequence[str], stem: str) -> list[int]:
    """Rows that hold a stem; a newline stands for the start of a row."""
    if stem[0] == "\n":
        return [row for row, line in enumerate(lowered) if line.startswith(stem[1:])]
    return list(compress(range(len(lowered)), map(contains, lowered, repeat(stem))))


def _judge(
    masks: Sequence[str], signs: Sequence[tuple[_Sign, list[int]]]
) -> tuple[dict[int, int], list[tuple[_Sign, list[int]]]]:
    """Severity of the masks that show it, and for each sign those that leave it to their numbers.

    A number can only take a sign back, as in ``0 errors``. So a sign counts if it does where all numbers are zero, and
    does not if it does not where none is. A sign whose stem a mask does not have stands in none of its lines.
    """
    told: dict[int, int] = {}
    unsure: list[tuple[_Sign, list[int]]] = []
    for sign, found in signs:
        stem, level = sign[0], sign[3]
        if stem in _NUMBERED:
            unsure.append((sign, found))
            continue
        zeros = [masks[row] for row in found]
        text = "\n" + "\n".join(zeros)
        lowered = _lowered(text)
        sure = set(_hits(text, lowered, sign))
        for index in sure:
            told[found[index]] = max(level, told.get(found[index], 0))
        open_ones: set[int] = set()
        if len(sure) < len(found):
            rest = [index for index in range(len(found)) if index not in sure]
            open_ones = {rest[index] for index in _hits_of([zeros[row].replace("0", "7") for row in rest], sign)}
        if (glued := f"0{stem}") in lowered:  # of what stands before the stem the number's mask may have taken a letter
            open_ones.update(_rows(lowered[1:].split("\n"), glued))
        if open_ones:
            unsure.append((sign, [found[index] for index in sorted(open_ones)]))
    return told, unsure


def _hits_of(lines: Sequence[str], sign: _Sign) -> Iterator[int]:
    """Places among the lines of those with a sign."""
    text = "\n" + "\n".join(lines)
    return _hits(text, _lowered(text), sign)


def _signs(text: str) -> Iterator[tuple[int, int]]:
    """Yield (row, severity) for the signs of trouble in ``text``, at most one for each pair of line and sign.

    A newline starts each row.
    """
    lowered = _lowered(text)
    words = _words(lowered)
    for sign in _SIGNS:
        if sign[1] in words:
            for row in _hits(text, lowered, sign):
                yield row, sign[3]


def _hits(text: str, lowered: str, sign: _Sign) -> Iterator[int]:
    """Rows with a sign."""
    stem, _, pattern, _ = sign
    row, counted = -1, 0
    at = lowered.find(stem)
    while at >= 0:
        match = pattern.match(text, at)
        if match is None or negated(text, match):
            at = lowered.find(stem, at + len(stem))
            continue
        row += text.count("\n", counted, at + 1)
        counted = at + 1
        yield row
        line_end = text.find("\n", at + 1)
        at = lowered.find(stem, line_end) if line_end >= 0 else -1
