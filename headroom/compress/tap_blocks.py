"""TAP of Node: what the blocks below results say that no reader needs for a failure, its own name for the kind of error among it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from headroom.compress import omissions
from headroom.compress.frames import is_library

ASKED: Final = re.compile(
    r"\b(?:duration\w*|slow\w*|fast\w*|long\w*|took|takes?|times?|seconds?|ms|stack\w*|trace\w*|frames?|operators?|codes?|types?|full|whole)\b",
    re.IGNORECASE,
)
"""Words of a question for what would go."""
_RESULT = re.compile(r"(?P<blank> *)(?P<not>not )?ok \d+(?: - (?P<name>.*))?")
_KEY = re.compile(r" *(?P<key>\w+): ?(?P<value>.*)")
_SUBTEST = re.compile(r" *# Subtest: (?P<name>.*)")
_SAYS_NOTHING = {
    "duration_ms": re.compile(r"[\d.]+"),
    "type": re.compile(r"'(?:test|suite)'"),
    "failureType": re.compile(r"'testCodeFailure'"),
    "code": re.compile(r"'ERR_(?:ASSERTION|TEST_FAILURE)'"),
    "name": re.compile(r"'AssertionError'"),
    "operator": re.compile(r"'[\w=!]+'"),
}
"""Keys, and the values with which they tell no more than that a test failed, or by which comparison."""
_OF_SUBTESTS = re.compile(r" *failureType: 'subtestsFailed'")
_LONGEST = 400
"""Lines of a block that are looked at."""
NOTE: Final = omissions.note("duration_ms, type, code, name, operator, library frames", "of failed suites all")


def spare(lines: Sequence[str], query: str) -> set[int]:
    """Rows of what such blocks say of no use, of whole blocks below suites whose tests failed, and of titles said again."""
    if ASKED.search(query) is not None:
        return set()
    rows: set[int] = set()
    for row, line in enumerate(lines):
        result = _RESULT.fullmatch(line) if line.lstrip(" ")[:1] in {"n", "o"} else None
        if result is None or row + 1 == len(lines) or lines[row + 1].strip() != "---":
            continue
        title = _SUBTEST.fullmatch(lines[row - 1]) if row else None
        if title is not None and result["name"] and result["name"].startswith(title["name"]):
            rows.add(row - 1)
        end = _end(lines, row + 1)
        if end < len(lines):
            rows.update(_of_block(lines, range(row + 1, end + 1), failed=result["not"] is not None))
    return rows


def _end(lines: Sequence[str], first: int) -> int:
    """The row of the block's last line; behind the text where it has none."""
    closing = lines[first].replace("---", "...")
    rows = range(first + 1, min(len(lines), first + _LONGEST))
    return next((row for row in rows if lines[row] == closing), len(lines))


def _of_block(lines: Sequence[str], block: range, *, failed: bool) -> Iterator[int]:
    depth = len(lines[block.start]) - 3
    heads = [row for row in block[1:-1] if lines[row][depth : depth + 1].strip() and not lines[row][:depth].strip()]
    if not failed or any(_OF_SUBTESTS.fullmatch(lines[row]) for row in heads):
        yield from block
        return
    yield from (block.start, block[-1])
    for row, behind in zip(heads, [*heads[1:], block[-1]], strict=True):
        key = _KEY.fullmatch(lines[row])
        if key is None:
            continue
        if key["key"] == "stack":
            frames = range(row + 1, behind)
            gone = [frame for frame in frames if is_library(lines[frame])]
            yield from gone if len(gone) < len(frames) else ()
        elif behind == row + 1 and (nothing := _SAYS_NOTHING.get(key["key"])) and nothing.fullmatch(key["value"]):
            yield row
