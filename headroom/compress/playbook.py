"""What ansible-playbook prints: of each host and task a result, with warnings, errors and changes above it.

What failed stays whole, with its task and the hosts that the recap does not call well; other results are counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from headroom.compress.folding import SIGIL, escape
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor, pack
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.selecting import elide, finish, keeps_nearly_all

_HEADING = re.compile(r"(?:PLAY|TASK|RUNNING HANDLER|NO MORE HOSTS LEFT|HANDLER)\b[^\n]{0,400}?\*{3}")
_RESULT = re.compile(
    r"(?P<status>ok|changed|skipping|included|rescued|ignored|fatal|failed|unreachable): \[?(?P<host>[^\]\s]{1,200})"
)
_TOLD = re.compile(r"\[(?P<word>WARNING|DEPRECATION WARNING|ERROR)\]: ")
_CHANGE = re.compile(r"--- before\b|--- /")
_RECAP = re.compile(
    r"(?P<host>\S{1,200}) +: ok=\d+ +changed=\d+ +unreachable=(?P<lost>\d+) +failed=(?P<failed>\d+)(?P<rest>[^\n]*)"
)
_IGNORED = re.compile(r"ignored=[1-9]|rescued=[1-9]")
_STARTS = frozenset("PTRNHocsifru[-")
"""What lines begin with that begin a part."""
_FAILED = frozenset(("fatal", "failed", "unreachable", "ERROR"))
_STATUSES = {"changed": r"chang", "skipping": r"skip", "ok": r"\bok\b", "WARNING": r"warn", "change": r"\bdiffs?\b"}
"""How a question asks for results that did not fail."""
_OF_FAILURES = re.compile(
    r"\b(?:fail\w*|errors?|wrong|br[eo]ken?|crash\w*|unreachable|red|problems?|succe\w+|went through)\b"
)
_LEAST = 3
_OPENING = 6
_NAMED = 24
"""Parts with what a question names; of more it says nothing about which one is meant."""
_ALL = re.compile(r"\b(?:every|each|all) (?:tasks?|results?|hosts?)\b")


class _Part(NamedTuple):
    """Lines from one that tells a result, a warning or a change to the next such."""

    rows: range
    sort: str
    """A status, ``WARNING``, ``ERROR``, ``change``, ``heading``, ``recap``, or "" of what stands above all parts."""


class Playbook(LineCompressor):
    """Runs of ansible-playbook, whole or a window of one."""

    kind = "playbook"
    layout = "legend"

    def encode(self, text: str) -> str | None:
        """Repeated blocks once and a legend."""
        return pack(lines_of(escape(text)))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep headings, what failed, and what the question names; count the rest. None where it asks for nothing, or for all."""
        lines = lines_of(text)
        relevance = Relevance.from_hints(hints)
        parts = _parts(lines)
        if not relevance.specific or _ALL.search(relevance.wording) or len(parts) < _LEAST:
            return None
        asked = {sort for sort, word in _STATUSES.items() if re.search(word, relevance.wording)}
        keep = {row for part in parts if _stays(part, lines, asked) for row in part.rows}
        named = named_rows(relevance, lines, strong_lines=_NAMED, words=False)
        if not (named or asked or _OF_FAILURES.search(relevance.wording)):
            return None
        keep |= {row for part in parts if not named.isdisjoint(part.rows) for row in part.rows}
        opening = parts[0].rows if not parts[0].sort else range(0)
        keep.update(opening[:_OPENING], opening[-_OPENING:], range(len(lines) - 2, len(lines)))

        def note(first: int, last: int) -> str:
            counts = Counter([_called(part.sort) for part in parts if part.sort and first <= part.rows.start <= last])
            return ", ".join(f"{count} {sort}" for sort, count in counts.most_common())

        pieces = elide(lines, keep, note=note)
        if keeps_nearly_all(pieces, text):
            return None
        every = Counter([_called(part.sort) for part in parts if part.sort not in {"", "heading", "recap", "change"}])
        head = [f"{SIGIL}{', '.join(f'{count} {sort}' for sort, count in every.most_common())}]"] if every else []
        return finish(pieces, self.kind, "playbook:failed", head=head)


def _called(sort: str) -> str:
    return {"recap": "hosts of the recap", "change": "diffs", "heading": "headings"}.get(sort, sort)


def _stays(part: _Part, lines: Sequence[str], asked: set[str]) -> bool:
    if part.sort in _FAILED or part.sort == "heading" or part.sort in asked:
        return True
    if part.sort == "recap":
        told = _RECAP.match(lines[part.rows.start])
        return told is not None and (
            told["lost"] != "0" or told["failed"] != "0" or _IGNORED.search(told["rest"]) is not None
        )
    return False


def _parts(lines: Sequence[str]) -> list[_Part]:
    """The parts of a run, in its order; they cover it."""
    starts = [(row, sort) for row, line in enumerate(lines) if line[:1] in _STARTS and (sort := _sort(line))]
    starts += [(row, "recap") for row, line in enumerate(lines) if " : ok=" in line and _RECAP.match(line)]
    starts.sort()
    first = starts[0][0] if starts else len(lines)
    found = [_Part(range(first), "")] if first else []
    ends = [*(row for row, _ in starts[1:]), len(lines)][: len(starts)]
    return found + [_Part(range(row, end), sort) for (row, sort), end in zip(starts, ends, strict=True)]


def _sort(line: str) -> str:
    """What begins with a line: a sort of part, or nothing."""
    if (result := _RESULT.match(line)) is not None:
        return result["status"]
    if (told := _TOLD.match(line)) is not None:
        return told["word"]
    if _HEADING.match(line) is not None:
        return "heading"
    return "change" if _CHANGE.match(line) is not None else ""


COMPRESSORS: tuple[Compressor, ...] = (Playbook(),)
