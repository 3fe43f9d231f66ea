"""node --test, in its tree of ticks: what an assertion's error says twice, and failures that stand whole in the list below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from headroom.compress import omissions, repeated_failures, tap_blocks
from headroom.compress.frames import FRAME, WIDTH, is_library

NOTE: Final = omissions.note("what assertion errors say twice")
OPENS: Final = "generatedMessage: "
"""The first property of an assertion's error."""
_FIRST = re.compile(rf" {{2,}}+{OPENS}")
_KEY = re.compile(r" *(?P<key>\w+): ?(?P<value>.*)")
_SAYS_NOTHING = {
    "generatedMessage": re.compile(r"(?:true|false),?"),
    "code": re.compile(r"'ERR_ASSERTION',?"),
    "operator": re.compile(r"'[\w=!]+',?"),
    "diff": re.compile(r"'simple',?"),
}
"""Properties, and the values with which they tell no more than that something was compared."""
_VALUES = frozenset(("actual", "expected"))
_MESSAGE = "AssertionError [ERR_ASSERTION]"
_DIFF = "+ actual - expected"
_LIST = "✖ failing tests:"
_CUT = "..."
"""The last line of a comparison that goes on."""
_TITLES = ("✖ ", "test at ")
_WORD = re.compile(r"'(?:[^'\\\n]|\\.){0,400}'|[\w.-]+")
_ABOVE = 250
"""Lines above an error's properties in which its message is looked for."""
_BELOW = 500
"""Lines in which they end."""
_LINE_CHARS = 400


def spare(lines: Sequence[str], query: str) -> set[int]:
    """Rows of such properties, and of values that the message above them tells, too; none where they are asked for."""
    if tap_blocks.ASKED.search(query) is not None:
        return set()
    firsts = [row for row, line in enumerate(lines) if _FIRST.match(line)]
    return {
        row
        for above, first, below in zip([0, *firsts], firsts, [*firsts[1:], len(lines)], strict=False)
        for row in _of_error(lines, range(max(above, first - _ABOVE), first), range(first, min(below, first + _BELOW)))
    }


def told_below(text: str, found: Sequence[repeated_failures.Again], lines: Sequence[str]) -> set[int]:
    """Rows of the tree with what the list of failures below says of them, word for word; of a suite's test but for its title."""
    if f"\n{_LIST}\n" not in text:
        return set()
    start = lines.index(_LIST)
    listed = set(lines[start + 1 :])
    rows = {
        row
        for row, (line, behind) in enumerate(pairwise(lines[: start + 1]))
        if line.startswith("✖ ") and line in listed and not behind.startswith(" ")
    }
    for failure in found:
        title, behind = failure.first - 1, failure.first + len(failure.rows)
        rows.update(range(title + lines[title].startswith(" "), behind + (not lines[behind].strip())))
    return rows


def _of_error(lines: Sequence[str], above: range, below: range) -> Iterator[int]:
    """Rows that may go of the properties that begin ``below``; the message stands ``above``."""
    first = below.start
    depth = len(lines[first]) - len(lines[first].lstrip(" "))
    closing = f"{' ' * (depth - 2)}}}"
    stop = below.stop
    end = next((row for row in below if lines[row].rstrip(",") == closing), 0)
    blank = " " * depth
    heads = [
        row
        for row in range(first, end or stop)
        if lines[row].startswith(blank)
        and (lines[row][depth : depth + 1].isalpha() or lines[row][depth : depth + 1] == "[")
    ]
    told = _told(lines, above)
    gone: set[int] = set()
    for head, behind in pairwise([*heads, end or stop] if end or stop == len(lines) else heads):
        key = _KEY.fullmatch(lines[head][:_LINE_CHARS])
        if key is None:
            continue
        nothing = _SAYS_NOTHING.get(key["key"])
        if nothing is not None and behind == head + 1 and nothing.fullmatch(key["value"]):
            gone.add(head)
        elif key["key"] in _VALUES and (told is None or _words(lines, range(head, behind)) <= told):
            gone.update(range(head, behind))
    yield from gone
    if end and len(gone) == end - first:
        yield end
        frame = lines[first - 1] if first else ""
        if frame.endswith("{") and FRAME.match(frame[:WIDTH]) and is_library(frame):
            yield first - 1


def _told(lines: Sequence[str], above: range) -> set[str] | None:
    """The words of the message that belongs to such properties; None where it shows in which the two values differ."""
    words: set[str] = set()
    below = above.stop
    for row in reversed(above):
        bare = lines[row][:_LINE_CHARS].lstrip(" ")
        if bare.startswith(_TITLES):
            break
        if bare.startswith(_MESSAGE):
            said = range(row, below)
            whole = lines[below - 1].strip() != _CUT
            if whole and any(lines[at].lstrip(" ").startswith(_DIFF) for at in said):
                return None
            return words.union(*(_WORD.findall(lines[at][:_LINE_CHARS]) for at in said))
        if FRAME.match(bare):
            below = row
    return words


def _words(lines: Sequence[str], rows: range) -> set[str]:
    """The words of a value, without its name."""
    text = "\n".join([lines[row] for row in rows]).strip().partition(":")[2]
    return set(_WORD.findall(text)) or {text}
