"""git's log, status and blame: without loss repeats and a legend; with loss the commits asked for and a table of contents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from headroom.compress import commit_messages, diff_stat, number_runs, vcs_status
from headroom.compress.asked_lines import asked_lines
from headroom.compress.beside import with_neighbours
from headroom.compress.diff_commits import Commit, named_commits
from headroom.compress.elsewhere import looks_up, names_elsewhere, titled, told_absent
from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor, pack, unpack
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.selecting import between_ends, elide, finish
from headroom.compress.sides import sides, united

_COMMIT = re.compile(r"\ncommit ([0-9a-f]{7,64})\b")
_ONELINE = re.compile(r"(?:[*|/\\ ]+ )?([0-9a-f]{7,40})(?: |\t|\|)(?:\([^)]*\) )?(\S.*)")
_ONELINES = re.compile(r"\n(?:[*|/\\ ]+ )?[0-9a-f]{7,40}(?: |\t|\|)(?:\([^)\n]*\) )?(\S.*)")
_BLAME = re.compile(r"\^?[0-9a-f]{7,40} .*?\((.+?) +\d{4}-\d\d-\d\d .*?(\d+)\) ?.*")
_TOPIC = re.compile(r"\n([A-Za-z][\w ]{0,24}+)(?:\([^)\n]*\))?!?:")
_UNTRACKED_LINE = re.compile(r"(?:\?\?|!!) \S|\t(?!\w[\w ]*: )\S")
_STATUS_HEAD = f"{SIGIL}git status: files in a row whose names differ in numbers only stand in one line]"
_SHARE = 0.8
_ENDS = 3
_LOG_ENDS = 2
"""Commits that stay at either end of a log, each with so many lines at most:"""
_LOG_END_LINES = 10
_SHORT_LOG = 30
"""Of up to so many commits, one at either end shows what they look like."""
_TOPICS = 12
_FORKS = re.compile(r"\|[\\\\]")
_ASIDE = re.compile(r"[|*] +[|*]? *\* |\| \* ")
_JOINS = re.compile(r"\|\/")
_BRANCH = 200
"""Lines below a merge among which the commits that it brought in are looked for."""
_CONTENTS = 150
"""Commits listed with their subject; of more, only the topics are counted."""
_NEAR = 2
"""Commits listed on either side of the one of a longer log that a question names for sure."""
_SURE = 0.35
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
        commits = f"\n{escaped}".count("\ncommit ")
        head = [f"{SIGIL}{commits} commits]"] if commits > 1 else []
        rest = _ONELINES.findall("\n".join(("", *_cut(lines))))
        if len(rest) > _SHARE * len(lines) and not _BLAME.fullmatch(lines[0][:_WIDTH]):
            head = [_topics(rest)]
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
        if commit_messages.HEAD in head:
            lines = commit_messages.indent(lines)
        elif _STATUS_HEAD in head:
            lines = number_runs.unfold(lines)
        return unescape("\n".join(lines))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep what the question names; files changed always stay, untracked ones and other commits are counted."""
        lines = lines_of(text)
        relevance = Relevance.from_hints(hints)
        commits = _parse_log(text, lines)
        if len(commits) > 2:
            return self._log(lines, commits, hints)
        rows = [row for row, line in enumerate(lines) if line]
        if not rows:
            return None
        if _matches(vcs_status.LINE, lines, rows, _SHARE * len(rows)):
            return vcs_status.lossy(lines, hints)
        cut = _cut(lines)
        least = max(8, _SHARE * len(rows))
        if matches := _matches(_BLAME, cut, rows, least):
            numbers = asked_lines(hints.query)
            asked = {row for row, match in matches.items() if int(match[2]) in numbers} if numbers else set[int]()
            authors = {row: match[1].strip() for row, match in matches.items()}
            return self._flat(lines, authors, "lines", hints, asked | _of_few(authors, relevance))
        subjects = _ONELINES.findall("\n".join(("", *cut)))  # mostly of all lines, which is seen at once
        if len(subjects) == len(rows) >= least:
            return self._flat(lines, dict(zip(rows, subjects, strict=True)), "commits", hints)
        if matches := _matches(_ONELINE, cut, rows, least):
            return self._flat(lines, {row: match[2] for row, match in matches.items()}, "commits", hints)
        if len(changed := diff_stat.changes(lines)) >= least:
            return self._flat(lines, dict.fromkeys(changed, ""), "files", hints, diff_stat.extremes(changed, relevance))
        return None

    def _log(self, lines: Sequence[str], commits: Sequence[Commit], hints: Hints) -> Rendition | None:
        texts = [" ".join(lines[commit.first : commit.end]) for commit in commits]

        def about(side: Hints) -> set[int]:
            found, relevance = titled(Relevance.from_hints(side), texts)
            scores = relevance.score_lines(texts)
            floor = max(_SURE, 0.75 * max(scores))
            return found | {index for index, score in enumerate(scores) if score >= floor}

        chosen = united(hints, about) if Relevance.from_hints(hints).specific else None
        if not chosen and not names_elsewhere(hints, "\n".join(texts)):
            return None
        named = {
            commit for side in sides(hints) or (hints,) for commit in named_commits(commits, Relevance.from_hints(side))
        }
        sure = bool(chosen) and looks_up(hints.query) and all(commits[index] in named for index in chosen or ())
        keep = set(range(commits[0].first))
        for index in chosen or ():
            keep.update(range(commits[index].first, commits[index].end))
        ends = _LOG_ENDS if len(commits) > _SHORT_LOG else 1
        for commit in (*commits[:ends], *commits[-ends:]):
            keep.update(range(commit.first, min(commit.end, commit.first + _LOG_END_LINES)))
        listed = len(commits) <= (_SHORT_LOG if sure else _CONTENTS)
        head = [] if chosen else told_absent(hints, "\n".join(lines))
        near = {
            at for index in chosen or () for at in range(max(0, index - _NEAR), min(len(commits), index + _NEAR + 1))
        }
        if sure and not listed:
            head += [_topics([commit.subject for commit in commits])]
        else:
            head += [f"{SIGIL}{len(commits)} commits, in the source's order{':' * listed}]"]
        if listed or sure:
            told = commits if listed else [commits[at] for at in sorted(near - set(chosen or ()))]
            if told and not listed:
                head.append(f"{SIGIL}around what was asked for:]")
            head += [f"{SIGIL}{commit.name[:9]} {commit.subject}]" for commit in told]
        else:
            for row in between_ends(keep, [commit.first for commit in commits], _LOG_ENDS):
                end = next(commit.end for commit in commits if commit.first == row)
                keep.update(range(row, min(end, row + _LOG_END_LINES)))

        def note(first: int, last: int) -> str:
            within = [commit.first for commit in commits if first <= commit.first <= last]
            cut = any(map(str.strip, lines[first : within[0] if within else last + 1]))
            whole = f"{len(within)} commit{'s' * (len(within) != 1)}"
            return " and ".join(["rest of a commit"] * cut + [whole] * bool(within))

        return finish(elide(lines, keep, note=note), self.kind, "vcs:commits", head=head)

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
        keep |= {*rows[:_ENDS], *rows[-_ENDS:]}
        keep.update(between_ends(keep, rows, _ENDS))
        if counted == "commits":
            head = _topics(list(told.values()))
        elif counted == "files":
            head = f"{SIGIL}{len(told)} files]"
        else:
            authors = Counter(told.values()).most_common(_TOPICS)
            head = f"{SIGIL}{len(told)} lines: {', '.join(f'{count} {name}' for name, count in authors)}]"
        return finish(elide(lines, keep), self.kind, "vcs:named", head=[*absent, head])


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


def _topics(subjects: Sequence[str]) -> str:
    """Summary line: how many commits there are, and how many on each topic, as in ``Build: ...`` and ``fix(x): ...``."""
    topics = Counter(_TOPIC.findall("\n".join(("", *subjects)))).most_common(_TOPICS)
    listed = ", ".join(f"{count} {topic}" for topic, count in topics)
    return f"{SIGIL}{len(subjects)} commits{': ' if listed else ''}{listed}]"


def _side_branch(lines: Sequence[str], row: int) -> Iterator[int]:
    """Rows of the commits that a merge brought in, where a graph is drawn beside the log and ``row`` is the merge's."""
    if row + 1 < len(lines) and _FORKS.match(lines[row + 1]):
        for below in range(row + 1, min(row + _BRANCH, len(lines))):
            if _ASIDE.match(lines[below]):
                yield below
            elif _JOINS.match(lines[below]):
                return


def _parse_log(text: str, lines: Sequence[str]) -> list[Commit]:
    starts: list[tuple[int, str]] = []
    row = counted = 0
    for match in _COMMIT.finditer(marked := f"\n{text}"):
        row += marked.count("\n", counted, match.start())
        counted = match.start()
        starts.append((row, match[1]))
    commits = []
    for i, (row, name) in enumerate(starts):
        end = starts[i + 1][0] if i + 1 < len(starts) else len(lines) - (not lines[-1])
        subject = next((line.strip() for line in lines[row:end] if line.startswith("    ")), "")
        commits.append(Commit(row, end, name, subject))
    return commits


COMPRESSORS: tuple[Compressor, ...] = (diff_stat.DiffStat(), Vcs())
