"""Which lines of a log stay whatever is asked: those of rare templates, failures, and what surrounds the rare ones of these."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import compress

from headroom.compress.log_order import is_amid, times_of
from headroom.compress.log_pauses import pauses
from headroom.compress.log_repeats import without_repeats
from headroom.compress.log_templates import Templates, coarse
from headroom.compress.must_keep import FAILURE
from headroom.compress.number_masks import masked_lines
from headroom.compress.selecting import spread

RARE = 3
"""Every line of a template with no more lines than this stays: rare events are what a log is read for."""
_FEW_FAILURES = 40
_FEWEST_FAILURES = 12
"""Up to so many lines of rare failures get one line of context on either side, two where they are the fewest; more get none."""
_LED_UP = 6
"""Lines before each of the fewest failures where the question is for what led to one."""
_ALL_FAILURES = 60
_FAILURE_CHARS = 8_000
"""Up to so many lines of failures, of so many characters in all, all stay; of more, those of rare templates."""
_USUAL = 0.125
"""From this share of the lines on failures are what the log is of: of those alike but for their numbers two stay."""
_OVER = 0.25
"""Of lines that are more than this share of a short log, but for their numbers, none stays for standing beside a failure."""
_SHORT = 40
"""In a log of fewer lines than so many for each line that makes a template rare, that template is none."""
_GOES_ON = re.compile(r"(?:DETAIL|HINT|QUERY|CONTEXT|STATEMENT):  ")
_GOES_ON_WITHIN = 160
_STOPPED = 5
"""From so many times the usual distance of its lines on, what comes behind the last one is longer than by chance."""


def telling(
    lines: Sequence[str], text: str, templates: Templates, troubles: dict[int, int], *, apart: bool, before: bool
) -> set[int]:
    """Rows of rare templates, first rows of all, telling last ones, pauses, and what surrounds rare failures.

    With ``apart`` lines have nothing to do with those beside them, as of requests; ``before`` says that what led up to
    something is asked for.
    """
    counts, ids = templates.counts, templates.ids
    most = min(RARE, max(1, len(ids) // _SHORT))
    times = times_of(lines) if most < RARE else []
    keep = {*templates.first, *templates.rare_variants}
    keep |= _ends_in_order(_ends(templates, troubles), keep, text, templates, times)
    rare = {template for template, count in enumerate(counts) if count <= most}
    keep.update(compress(range(len(ids)), map(rare.__contains__, ids)))
    keep.update([row for row in troubles if counts[ids[row]] <= RARE])
    failed = [row for row, severity in troubles.items() if severity == FAILURE]
    usual = len(failed) >= _USUAL * len(ids)
    if len(failed) <= _ALL_FAILURES and sum(len(lines[row]) for row in failed) <= _FAILURE_CHARS:
        # Each may name another host or file.
        shown = _few_of_a_make(failed, text, times) if usual else sorted(without_repeats(failed, lines))
        keep.update(shown)
        keep.update(_explaining(lines, shown))
    failures = [row for row in failed if counts[ids[row]] <= (1 if usual else RARE)]
    if len(failures) <= _FEW_FAILURES and not apart:
        few = len(failures) <= _FEWEST_FAILURES
        near = spread(failures, _LED_UP if before and few else 1 + few, 1 + few, len(lines))
        short = most < RARE and not before
        keep |= near - _said_over(near - {*failures}, keep, text) if short else near
    return keep | pauses(lines)


def unlike(rows: Iterable[int], shown: Collection[int], text: str, templates: Templates) -> set[int]:
    """Those of some rows that differ from each line shown, and from each other, in more than their numbers and codes."""
    masks, ids = masked_lines(text), templates.ids
    seen = {masks[row] for row in shown}
    others = [row for row in sorted(rows) if masks[row] not in seen]
    meant = {ids[row] for row in others}
    alike = {coarse(mask) for mask in {masks[row] for row in shown if ids[row] in meant}}
    found: dict[str, int] = {}
    for row in others:
        if (mask := coarse(masks[row])) not in alike:
            found.setdefault(mask, row)
    return {*found.values()}


def _said_over(rows: Collection[int], shown: Collection[int], text: str) -> set[int]:
    """Those of some rows whose line, its numbers aside, a good part of all lines are, and one that is shown."""
    masks = masked_lines(text)
    most = max(RARE, _OVER * len(masks))
    counts = Counter(masks)
    seen = {masks[row] for row in shown}
    return {row for row in rows if counts[masks[row]] > most and masks[row] in seen}


def _few_of_a_make(rows: Sequence[int], text: str, times: Sequence[int | None]) -> list[int]:
    """The first and the last of more than a few rows that differ in their numbers alone, and all others.

    So, too, where they differ in codes, such as a place in a rack, of which there are more than a few. By the ``times`` of
    lines, where these are known, the last may be one amid the others, and does not stay.
    """
    masks = masked_lines(text)
    codes: dict[str, set[str]] = {}
    for mask in {masks[row] for row in rows}:
        codes.setdefault(coarse(mask), set()).add(mask)
    alike: dict[str, list[int]] = {}
    for row in rows:
        mask, made = masks[row], coarse(masks[row])
        alike.setdefault(made if len(codes[made]) > RARE else mask, []).append(row)
    return sorted(row for own in alike.values() for row in (own if len(own) <= RARE else _bounds(own, times)))


def _bounds(rows: Sequence[int], times: Sequence[int | None]) -> Sequence[int]:
    """The first of some rows and the last, unless that is one amid the others."""
    return rows[:1] if times and is_amid(rows[-1], rows, times) else (rows[0], rows[-1])


def _ends_in_order(
    ends: Sequence[int], shown: Collection[int], text: str, templates: Templates, times: Sequence[int | None]
) -> set[int]:
    """Last rows of templates without those that are amid the others by their times, and like a row that is shown."""
    if not times:
        return {*ends}
    rows: dict[int, list[int]] = {}
    for row, template in enumerate(templates.ids):
        rows.setdefault(template, []).append(row)
    amid = {row for row in ends if len(own := rows[templates.ids[row]]) > RARE and is_amid(row, own, times)}
    return {*ends} - amid | unlike(amid, shown, text, templates)


def _explaining(lines: Sequence[str], failed: Sequence[int]) -> Iterator[int]:
    """Rows right behind a failure with which PostgreSQL goes on to say what failed."""
    for row in failed:
        after = row + 1
        while after < len(lines) and _GOES_ON.search(lines[after], 0, _GOES_ON_WITHIN):
            yield after
            after += 1


def _ends(templates: Templates, troubles: dict[int, int]) -> list[int]:
    """The last rows of templates of trouble, of those that are a choice of a few, and of those that stopped before the log ends."""
    total = len(templates.ids)
    found = []
    for template, (first, last) in enumerate(zip(templates.first, templates.last, strict=True)):
        stopped = (total - last) * (templates.counts[template] - 1) > _STOPPED * (last - first)
        if (stopped and templates.counts[template] > RARE) or template in templates.choices or last in troubles:
            found.append(last)
    return found
