"""pytest, unittest: what two long values that should be equal have in common, in the diff that a failure shows of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

_SIGN = re.compile(r"E {2,60}(?P<sign>[-+?])(?!  (?:where|and) )")
_EXPLAINS = re.compile(r"E +\+  (?:where|and) ")
_COMMON = re.compile(r"E +Common items:$")
_NO_COMMON = re.compile(r"E +(?:Differing items:|(?:Left|Right) contains \d|Full diff:|Use -v)")
_RAISED = re.compile(r"(?:[\w.]{1,80}\.)?\w{1,80}(?:Error|Exception|Failure): ")
_SIGNS = frozenset("-+?")
_SUMMARY = re.compile(r"={4,} short test summary info ={4,}$")
_SUMMED = re.compile(r"(?:FAILED|ERROR|SKIPPED|XFAIL|XPASS|PASSED)\b|={4,} ")
_NEAR = 2
"""Lines in common that stay on either side of what differs."""
_LEAST = 4
"""Fewer lines in a row are not worth a gap."""
_WHOLE = re.compile(r"\b(?:full|whole|entire|complete) (?:diff|output|value)")


def unchanged(text: str, lines: Sequence[str], asked: str) -> list[range]:
    """Rows of such lines that stand further off than two lines from all that differs; none where the question is for all of it."""
    if _WHOLE.search(asked) is not None:
        return []
    found: list[range] = []
    if "\nE  " in text:
        for run in _runs(lines):
            both = list(_common_items(lines, run))
            found += both
            behind = both[0].stop if both else run.start
            signs = {row: match for row in range(behind, run.stop) if (match := _SIGN.match(lines[row])) is not None}
            at = Counter([match.start("sign") for match in signs.values()]).most_common(1)
            if at and _both({match["sign"] for match in signs.values()}):
                column = at[0][0]
                changed = {row for row, match in signs.items() if match.start("sign") == column}
                found += _far(
                    changed,
                    [row for row in range(behind, run.stop) if row not in changed and _is_common(lines[row], column)],
                )
    if "\n? " in text or "\n- " in text:
        found += _of_unittest(lines)
    return sorted(found, key=lambda rows: rows.start)


def told(found: Sequence[range], first: int, last: int) -> list[str]:
    """What a gap says of them."""
    count = sum([len(rows) for rows in found if first <= rows.start <= last])
    return [f"{count} lines that are equal on both sides"] if count else []


def summed_up(text: str, lines: Sequence[str]) -> set[int]:
    """Rows of pytest's summary below the first of a message, where the failure above says the same."""
    if "\nE  " not in text or " short test summary info =" not in text:
        return set()
    start = next((row for row, line in enumerate(lines) if line[:1] == "=" and _SUMMARY.match(line)), len(lines))
    said = {line[1:].strip() for line in lines[:start] if line[:1] == "E"} | {""}
    return {
        row for row in range(start + 1, len(lines) - 1) if lines[row].strip() in said and not _SUMMED.match(lines[row])
    }


def _runs(lines: Sequence[str]) -> Iterator[range]:
    """Runs of the lines in which pytest tells of one error."""
    start = -1
    for row, line in enumerate([*lines, ""]):
        inside = line[:1] == "E" and line[1:3].isspace()
        if inside and start < 0:
            start = row
        elif not inside and start >= 0:
            if row - start > 2 * _LEAST:
                yield range(start, row)
            start = -1


def _both(signs: set[str]) -> bool:
    """Whether it is a diff: a list of points has one sign only."""
    return "?" in signs or {"-", "+"} <= signs


def _is_common(line: str, column: int) -> bool:
    return not line[1 : column + 1].strip() and _EXPLAINS.match(line) is None


def _common_items(lines: Sequence[str], run: range) -> Iterator[range]:
    start = next((row for row in run if _COMMON.match(lines[row])), run.stop) + 1
    end = next((row for row in range(start, run.stop) if _NO_COMMON.match(lines[row])), start)
    if end - start >= _LEAST:
        yield range(start, end)


def _of_unittest(lines: Sequence[str]) -> Iterator[range]:
    row = 0
    while row < len(lines):
        raised = _RAISED.match(lines[row]) is not None
        row += 1
        if not raised:
            continue
        start = row + (row < len(lines) and not lines[row])
        end = start
        while end < len(lines) and (
            _of_diff(lines[end]) or (not lines[end] and _of_diff("".join(lines[end + 1 : end + 2])))
        ):
            end += 1
        changed = {at for at in range(start, end) if lines[at][:1] in _SIGNS}
        if _both({lines[at][0] for at in changed}):
            yield from _far(changed, [at for at in range(start, end) if at not in changed])
        row = end


def _of_diff(line: str) -> bool:
    return line[:2] in {"- ", "+ ", "? ", "  "} or line in {"-", "+"}


def _far(changed: set[int], common: Sequence[int]) -> Iterator[range]:
    """Runs of such rows without those near to one that differs."""
    near = {row + step for row in changed for step in range(-_NEAR, _NEAR + 1)}
    start = last = -1
    for row in [*(row for row in common if row not in near), -1]:
        if row != last + 1:
            if start >= 0 and last - start + 1 >= _LEAST:
                yield range(start, last + 1)
            start = row
        last = row
