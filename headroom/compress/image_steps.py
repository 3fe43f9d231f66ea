"""Steps of an image build as BuildKit prints them, ``#11 4.000 added 12 packages``: each line with its step's number."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.naming import named_rows
from headroom.compress.query import Relevance

_OF_STEP = re.compile(r"#(?P<step>\d{1,4}) (?:(?P<state>DONE|CACHED|ERROR|CANCELED)\b|(?:\d+\.\d+ )?)")
_OWN = re.compile(r"#\d{1,4} (?:\[(?:internal|auth)\]|building with|sha256:|extracting|resolve|transferring)")
"""What the builder does by itself, which no line of the Dockerfile asks for."""
_TIMED = re.compile(r"\d+\.\d+(?: |$)")
_DURATIONS = re.compile(r"\b(?:how long|slow\w*|time|times|seconds|minutes|duration|cache\w*|layers?)\b")
_NOTHING = re.compile(r"#\d+ \d+\.\d+ *+")
_RULE = "------"
_HEADING = " > ["


def inner(line: str) -> str:
    """What a step printed itself, without its number and the seconds before it; empty for a line of no step."""
    match = _OF_STEP.match(line)
    return line[match.end() :] if match is not None and match["state"] is None else ""


def spare_of_steps(lines: Sequence[str], relevance: Relevance, *, failed: bool) -> dict[int, str]:
    """Rows of steps that succeeded which tell nothing of the build, and what is said again below; each with its kind.

    Where a failure is asked for, of such a step the heading alone stays.
    """
    steps: dict[str, list[int]] = {}
    ended: dict[str, str] = {}
    own: set[str] = set()
    for row, line in enumerate(lines):
        if line[:1] == "#" and (match := _OF_STEP.match(line)) is not None:
            step = match["step"]
            if step not in steps and _OWN.match(line):
                own.add(step)
            steps.setdefault(step, []).append(row)
            ended[step] = match["state"] or ended.get(step, "")
    if len(steps) < 2:
        return {}
    named = named_rows(relevance, lines, words=False)
    timed = _DURATIONS.search(relevance.last_line or relevance.wording) is not None
    found: dict[int, str] = {}
    for step, rows in steps.items():
        state = ended[step]
        if state in {"ERROR", "CANCELED"} or (not state and step not in own):
            continue
        if step in own and not timed:
            found |= dict.fromkeys(rows, "of the builder itself")
        elif failed:
            found |= dict.fromkeys(
                [row for row in rows[1:] if row not in named and not (timed and row == rows[-1])], f"in steps {state}"
            )
        else:
            found |= dict.fromkeys([row for row in rows[1:] if _NOTHING.fullmatch(lines[row])], "")
            if not timed and state == "DONE":
                found[rows[-1]] = "DONE"
    return found | _said_again(lines)


def _said_again(lines: Sequence[str]) -> dict[int, str]:
    """Rows below ``> [builder 8/8] RUN make:`` that stand in the step above, too."""
    found: dict[int, str] = {}
    start = next(
        (row for row, line in enumerate(lines[1:], 1) if line.startswith(_HEADING) and lines[row - 1] == _RULE), None
    )
    if start is None:
        return found
    above = {said.partition(" ")[2] if _TIMED.match(said) else said for said in map(_bare, lines[:start])} - {""}
    for row in range(start + 1, len(lines)):
        if lines[row] == _RULE:
            break
        said = lines[row]
        if (said.partition(" ")[2] if _TIMED.match(said) else said) in {*above, ""}:
            found[row] = "said above"
    return found


def _bare(line: str) -> str:
    match = _OF_STEP.match(line)
    return line[match.end() :] if match is not None else ""
