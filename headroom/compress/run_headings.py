"""Headings in what a test runner prints that name what is in sight below them anyway."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from headroom.compress import jest_headings, mocha_tree

_RULERS = re.compile(r"=+ (?:FAILURES|short test summary info) =+")
_TITLE = re.compile(r"_{3,} (\S.*\S) _{3,}")
_PART = re.compile(r"=+ \S.* =+")
_NAMED = re.compile(r"(?:FAILED|ERROR) [^\s:]+::(\S+)(?: - .*)?")
_DEFINED = re.compile(r"\s*(?:async )?def (\w+)\(|\S+:\d+: in (\w+)$")
_RUNNING = re.compile(r"running \d+ tests?")
_RESULT = "test result: "
_LISTED = "failures:"
_TOLD = "---- "
_LINE_CHARS = 300


def spare(
    lines: Sequence[str], keep: Collection[int], results: Sequence[str] = (), below: Collection[int] = ()
) -> set[int]:
    """Rows of them, where the lines of these rows are shown: all of a run's, in time linear in its lines.

    ``results`` is what each line says of a test; the rows ``below`` say it of tests that are named below.
    """
    found = jest_headings.spare(lines, keep) | mocha_tree.headings(lines, results, keep, below)
    titles: list[tuple[int, str, bool]] = []  # with the test's name, and whether its function is shown below
    named: set[str] = set()
    running = -1
    for row, line in enumerate(lines):
        if row not in keep or not line or len(line) > _LINE_CHARS:
            continue
        if line[0] == "=" and _PART.fullmatch(line):
            if _RULERS.fullmatch(line):
                found.add(row)
        elif line[0] == "_" and (title := _TITLE.fullmatch(line)) is not None:
            titles.append((row, title[1], False))
        elif line[0] in "FE" and (told := _NAMED.fullmatch(line)) is not None:
            named.add(told[1].replace("::", "."))
        elif line.startswith("running ") and _RUNNING.fullmatch(line):
            running = row
        elif line.startswith(_RESULT):
            found.update([running] if running >= 0 else [])
            running = -1
        elif line == _LISTED and any(below.startswith(_TOLD) for below in lines[row + 1 : row + 3]):
            found.add(row)
        elif titles and ("def " in line or ": in " in line) and (defined := _DEFINED.match(line)) is not None:
            at, name, _ = titles[-1]
            if (defined[1] or defined[2]) == _function(name):
                titles[-1] = (at, name, True)
    often = Counter(_function(name) for _, name, _ in titles)
    found.update(row for row, name, shown in titles if shown and name in named and often[_function(name)] == 1)
    return found


def _function(name: str) -> str:
    """The name that it has in the source: of ``TestCart.test_total[3.5]`` that is ``test_total``."""
    return name.partition("[")[0].rpartition(".")[2]
