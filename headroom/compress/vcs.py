"""git's log, status and blame: without loss repeats and a legend; with loss the commits asked for and a table of contents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from headroom.compress import commit_heads, commit_messages, diff_stat, number_runs, vcs_log, vcs_shortlog, vcs_status
from headroom.compress.asked_lines import asked_lines
from headroom.compress.beside import with_neighbours
from headroom.compress.elsewhere import names_elsewhere, told_absent
from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor, pack, unpack
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.said_last import said_last
from headroom.compress.selecting import between_ends, elide, finish
from headroom.compress.vcs_log import topics

_ONELINE = re.compile(r"(?:[*|/\\ ]+ )?([0-9a-f]{7,40})(?: |\t|\|)(?:\([^)]*\) )?(\S.*)")
_ONELINES = re.compile(r"\n(?:[*|/\\ ]+ )?[0-9a-f]{7,40}(?: |\t|\|)(?:\([^)\n]*\) )?(\S.*)")
_BLAME = re.compile(r"\^?[0-9a-f]{7,40} .*?\((.+?) +\d{4}-\d\d-\d\d .*?(\d+)\) ?.*")
_UNTRACKED_LINE = re.compile(r"(?:\?\?|!!) \S|\t(?!\w[\w ]*: )\S")
_STATUS_HEAD = f"{SIGIL}git status: names that differ only in a number share a line]"
_STATUS_HEADS = frozenset(
    (_STATUS_HEAD, f"{SIGIL}git status: files in a row whose names differ in numbers only stand in one line]")
)
"""That line, and what older texts have in its place."""
_SHARE = 0.8
_ENDS = 3
_TOPICS = 12
_FORKS = re.compile(r"\|[\\\\]")
_ASIDE = re.compile(r"[|*] +[|*]? *\* |\| \* ")
_JOINS = re.compile(r"\|\/")
_BRANCH = 200
"""Lines below a merge among which the commits that it brought in are looked for."""
_FEW_LINES = 40
_FEW_SHARE = 0.2
_WHO = re.compile(r"\b(?:who|whose|authors?|wrote|written|touched|people|anybody|anyone|somebody|someone)\b")
_WIDTH = 400
"""What a line is shows within so many characters."""


class Vcs(LineCompressor):
    """``git log`` (full, ``--stat``, ``--oneline``), ``git status --short``, ``git blame`` and ``git diff --stat``."""

    kind = "vcs"
    layout = "legend"

    def encode(self, text: str) -> str | None:
        """Messages without their indent, runs of untracked files by their numbers, repeated blocks once, a legend."""
        escaped = escape(text)
        lines = lines_of(escaped)
        commits = f"\n{escaped}".count("\ncommit ") or len(commit_heads.heads_of(escaped))
        head = [f"{SIGIL}{commits} commits]"] if commits > 1 else []
        rest = _ONELINES.findall("\n".join(("", *_cut(lines))))
        if len(rest) > _SHARE * len(lines) and not _BLAME.fullmatch(lines[0][:_WIDTH]):
            head = [topics(rest)]
        bare = commit_messages.dedent(lines) if commits else None
        if bare is not None:
            return pack(bare, [commit_messages.HEAD, *head], always=True)
        runs = number_runs.fold(lines, _is_untracked)
        if runs is not None:
            return pack(runs, [*head, _STATUS_HEAD], always=True)
        return pack(lines, head)

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        head, lines = unpack(encoded)
        if not commit_messages.HEADS.isdisjoint(head):
            lines = commit_messages.indent(lines)
        elif not _STATUS_HEADS.isdisjoint(head):
            lines = number_runs.unfold(lines)
        return unescape("\n".join(lines))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep what the question names; files changed always stay, untracked ones and other commits are counted."""
        hints = said_last(hints, text)
        lines = lines_of(text)
        relevance = Relevance.from_hints(hints)
        commits = vcs_log.commits_of(text, lines)
        if len(commits) > 2:
            return vcs_log.lossy(lines, commits, hints)
        if sections := vcs_shortlog.read(lines):
            return vcs_shortlog.lossy(lines, sections, hints)
        rows = [row for row, line in enumerate(lines) if line]
        if not rows:
            return None
        if vcs_status.is_long(lines) or _matches(vcs_status.LINE, lines, rows, _SHARE * len(rows)):
            return vcs_status.lossy(lines, hints)
        cut = _cut(lines)
        least = max(8, _SHARE * len(rows))
        if matches := _matches(_BLAME, cut, rows, least):
            numbers = asked_lines(hints.query)
            asked = {row for row, match in matches.items() if int(match[2]) in numbers} if numbers else set[int]()
            authors = {row: match[1].strip() for row, match in matches.items()}
            return self._flat(lines, authors, "lines", hints, asked or _of_few(authors, relevance))
        subjects = _ONELINES.findall("\n".join(("", *cut)))  # mostly of all lines, which is seen at once
        if len(subjects) == len(rows) >= least:
            return self._flat(lines, dict(zip(rows, subjects, strict=True)), "commits", hints)
        if matches := _matches(_ONELINE, cut, rows, least):
            return self._flat(lines, {row: match[2] for row, match in matches.items()}, "commits", hints)
        if len(changed := diff_stat.changes(lines)) >= least:
            return self._flat(lines, dict.fromkeys(changed, ""), "files", hints, diff_stat.extremes(changed, relevance))
        return None

    def _flat(
        self,
        lines: Sequence[str],
        told: dict[int, str],
        counted: str,
        hints: Hints,
        asked: Collection[int] = (),
    ) -> Rendition | None:
        """Keep lines with what the question names, and those ``asked`` for; ``told`` maps each row to what is counted."""
        relevance = Relevance.from_hints(hints)
        named = {*asked}
        if relevance.specific:
            named.update(told.keys() & named_rows(relevance, lines, strong_lines=40))
        absent: list[str] = []
        if not named:
            if counted != "commits" or not names_elsewhere(hints, "\n".join(lines)):
                return None
            absent = told_absent(hints, "\n".join(lines))
        named = with_neighbours(hints, named, list(told))
        named |= {near for row in named for near in _side_branch(lines, row)}
        rows = list(told)
        keep = {row for row in range(len(lines)) if row not in told} | named
        sure = counted == "files" and diff_stat.answers([lines[row] for row in named], relevance)
        ends = 1 if sure else _ENDS
        keep |= {*rows[:ends], *rows[-ends:]}
        if not sure:
            keep.update(between_ends(keep, rows, _ENDS))
        if counted == "commits":
            head = topics(list(told.values()))
        elif counted == "files":
            head = f"{SIGIL}{len(told)} files]"
        else:
            authors = Counter(told.values()).most_common(_TOPICS)
            head = f"{SIGIL}{len(told)} lines: {', '.join(f'{count} {name}' for name, count in authors)}]"
        transform = "vcs:elsewhere" if absent else "vcs:asked" if sure else "vcs:named"
        return finish(elide(lines, keep), self.kind, transform, head=[*absent, head])


def _cut(lines: Sequence[str]) -> Sequence[str]:
    """Lines, those too long without what stands further on."""
    return [line[:_WIDTH] for line in lines] if len(max(lines, key=len)) > _WIDTH else lines


def _matches(
    pattern: re.Pattern[str], lines: Sequence[str], rows: Sequence[int], least: float
) -> dict[int, re.Match[str]]:
    """Match whole lines by row; empty as soon as fewer than ``least`` can."""
    found: dict[int, re.Match[str]] = {}
    spare = len(rows)
    for row in rows:
        match = pattern.fullmatch(lines[row])
        if match:
            found[row] = match
        else:
            spare -= 1
            if spare < least:
                return {}
    return found


def _of_few(authors: dict[int, str], relevance: Relevance) -> set[int]:
    """Rows of all authors but the busiest, where they are few and the question is about who wrote what."""
    counts = Counter(authors.values())
    (busiest, most), *others = counts.most_common()
    rest = len(authors) - most
    named = any(word in relevance.wording for name in counts for word in name.lower().split() if len(word) > 2)
    if not others or rest > min(_FEW_LINES, _FEW_SHARE * len(authors)) or not (named or _WHO.search(relevance.wording)):
        return set()
    return {row for row, author in authors.items() if author != busiest}


def _is_untracked(line: str) -> bool:
    return _UNTRACKED_LINE.match(line) is not None


def _side_branch(lines: Sequence[str], row: int) -> Iterator[int]:
    """Rows of the commits that a merge brought in, where a graph is drawn beside the log and ``row`` is the merge's."""
    if row + 1 < len(lines) and _FORKS.match(lines[row + 1]):
        for below in range(row + 1, min(row + _BRANCH, len(lines))):
            if _ASIDE.match(lines[below]):
                yield below
            elif _JOINS.match(lines[below]):
                return


COMPRESSORS: tuple[Compressor, ...] = (diff_stat.DiffStat(), Vcs())
