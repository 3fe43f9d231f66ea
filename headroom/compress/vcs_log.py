"""``git log`` with messages: the commits asked for whole or told in a line each, and how many there are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from headroom.compress import commit_heads
from headroom.compress.asks import asking, general_asks
from headroom.compress.commit_facts import Facts, facts_of
from headroom.compress.commits_asked import Asked, asked_commits, asks_by_author, by_author, names_of
from headroom.compress.diff_commits import Commit, named_commits
from headroom.compress.elsewhere import looks_up, names_elsewhere, quotes_a_title, titled, told_absent
from headroom.compress.folding import SIGIL
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints, Rendition
from headroom.compress.selecting import between_ends, elide, finish
from headroom.compress.sides import sides, united
from headroom.compress.word_search import stands

_COMMIT = re.compile(r"\ncommit ([0-9a-f]{7,64})\b")
_TOPIC = re.compile(r"\n([A-Za-z][\w ]{0,24}+)(?:\([^)\n]*\))?!?:")
_ENDS = 2
"""Commits that stay at either end of a log, each with so many lines at most:"""
_END_LINES = 10
_HEAD_LINES = 5
"""The same beside a count, down to the subject."""
_SHORT = 30
"""Of up to so many commits, one at either end shows what they look like."""
_TOPICS = 12
_CONTENTS = 150
"""Commits listed with their subject; of more, only the topics are counted."""
_NEAR = 2
"""Commits listed on either side of the one of a longer log that a question names for sure."""
_SURE = 0.35
_FEW = 8
_COUNTED_NAMES = 2
_WHOLE = 3
"""Of the commits of an author, a day or a file so many stay whole, of more the first; the others get a line."""
_WHOLE_TO_READ = 12
"""The same where the question wants them explained."""
_LINES = 80
"""Commits that get a line at most: of more, the first."""
_COUNTED_LINES = 3


def commits_of(text: str, lines: Sequence[str]) -> list[Commit]:
    """All commits of a log with their rows, in its order."""
    starts: list[tuple[int, str]] = []
    row = counted = 0
    for match in _COMMIT.finditer(marked := f"\n{text}"):
        row += marked.count("\n", counted, match.start())
        counted = match.start()
        starts.append((row, match[1]))
    if not starts:
        starts = commit_heads.rows_of(text)
    commits = []
    for i, (row, name) in enumerate(starts):
        end = starts[i + 1][0] if i + 1 < len(starts) else len(lines) - (not lines[-1])
        below = lines[row:end] if lines[row].startswith("commit ") else lines[row + 1 : end]
        subject = next((line.strip() for line in below if line.startswith("    ")), "")
        if not subject and len(below) < end - row:
            subject = next((line.strip() for line in below if line), "")
        commits.append(Commit(row, end, name, subject))
    return commits


def topics(subjects: Sequence[str]) -> str:
    """Summary line: how many commits there are, and how many on each topic, as in ``Build: ...`` and ``fix(x): ...``."""
    counts = Counter(_TOPIC.findall("\n".join(("", *subjects)))).most_common(_TOPICS)
    listed = ", ".join(f"{count} {topic}" for topic, count in counts)
    return f"{SIGIL}{len(subjects)} commits{': ' if listed else ''}{listed}]"


def lossy(lines: Sequence[str], commits: Sequence[Commit], hints: Hints) -> Rendition | None:
    """Keep the commits that a question names or tells; the others are counted, or listed where it is not sure which it means."""
    facts = [facts_of(lines, commit) for commit in commits]
    if (asked := asked_commits(facts, hints)) is not None:
        return _asked(lines, commits, facts, asked, hints)
    if asks_by_author(hints) and (counts := by_author(facts)):
        return _cut(
            lines, commits, _ends(commits, 1, _HEAD_LINES), [f"{SIGIL}{_number(len(commits))}]", counts], "vcs:asked"
        )
    return _named(lines, commits, hints)


def _asked(
    lines: Sequence[str], commits: Sequence[Commit], facts: Sequence[Facts], asked: Asked, hints: Hints
) -> Rendition | None:
    """Keep a few of the commits asked for whole, with a line for each of the others; all are counted."""
    places = asked.places
    head = [f"{SIGIL}{_number(len(commits))}, {len(places)} of them {asked.said}]"]
    if asks_by_author(hints):
        head.append(by_author([facts[place] for place in places]))
    listed = places[: _COUNTED_LINES if asked.counted else _LINES]
    wanted = looks_up(hints.query) or general_asks(asking(hints.query))
    if asked.counted:
        whole: list[int] = []
    elif len(places) <= (_WHOLE if wanted else _WHOLE_TO_READ):
        whole = places
    else:
        whole = [places[0]]
    if not places or asked.counted:
        keep = _ends(commits, 1, _HEAD_LINES)
    else:
        keep = {row for place in whole for row in range(commits[place].first, commits[place].end)}
    told = [place for place in listed if place not in whole]
    if asked.counted and told:
        head.append(f"{SIGIL}the first of these:]")
    head += [f"{SIGIL}{_line(commits[place], facts[place])}]" for place in told]
    if ends := [place for place in dict.fromkeys((0, len(commits) - 1)) if not asked.counted and place not in places]:
        head.append(f"{SIGIL}at the ends:]")
        head += [f"{SIGIL}{_line(commits[place], facts[place])}]" for place in ends]
    return _cut(lines, commits, keep, head, "vcs:asked")


def _line(commit: Commit, fact: Facts) -> str:
    return " ".join(filter(None, (commit.name[:9], str(fact.day or fact.told), f"{fact.author}:", commit.subject)))


def _number(count: int) -> str:
    return f"{count} commits, in the source's order"


def _ends(commits: Sequence[Commit], ends: int, most: int) -> set[int]:
    """Rows of the first lines of so many commits at either end."""
    return {
        row
        for commit in (*commits[:ends], *commits[-ends:])
        for row in range(commit.first, min(commit.end, commit.first + most))
    }


def _named(lines: Sequence[str], commits: Sequence[Commit], hints: Hints) -> Rendition | None:
    """Keep the commits that hold what the question names."""
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
    exact = {index for index, commit in enumerate(commits) if commit in named}
    names = names_of(Relevance.from_hints(hints))
    if exact and looks_up(hints.query) and _have_all(names, [texts[index] for index in exact]):
        chosen = exact
    sure = bool(chosen) and looks_up(hints.query)
    sure = sure and (exact.issuperset(chosen or ()) or _each_has(names, [texts[index] for index in chosen or ()]))
    title = not chosen and quotes_a_title(hints)  # that is no other commit's, however many there are
    listed = len(commits) <= (_SHORT if sure else _CONTENTS) and not title
    told_all = sure or title or (listed and not chosen)
    keep = set[int]() if told_all else _ends(commits, _ENDS if len(commits) > _SHORT else 1, _END_LINES)
    for index in chosen or ():
        keep.update(range(commits[index].first, commits[index].end))
    head = [] if chosen else told_absent(hints, "\n".join(lines))
    around = chosen if chosen and len(chosen) <= _NEAR else ()
    near = {at for index in around for at in range(max(0, index - _NEAR), min(len(commits), index + _NEAR + 1))}
    if told_all and not listed:
        head += [topics([commit.subject for commit in commits])]
    else:
        head += [f"{SIGIL}{_number(len(commits))}{':' * listed}]"]
    if "count" in Relevance.from_hints(hints).asks:
        head += _counts(names, texts)
    if listed or told_all:
        beside = {*near, 0, len(commits) - 1} - set(chosen or ())
        told = commits if listed else [commits[at] for at in sorted(beside)]
        if told and not listed:
            head.append(f"{SIGIL}{'around what was asked for, and at the ends' if near else 'at the ends'}:]")
        head += [f"{SIGIL}{commit.name[:9]} {commit.subject}]" for commit in told]
    else:
        for row in between_ends(keep, [commit.first for commit in commits], _ENDS):
            end = next(commit.end for commit in commits if commit.first == row)
            keep.update(range(row, min(end, row + _END_LINES)))
    return _cut(lines, commits, keep, head, "vcs:asked" if sure else "vcs:commits" if chosen else "vcs:elsewhere")


def _counts(names: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Say how many commits hold each of the first names of a question as a word."""
    lowered = [text.lower() for text in texts]
    counts = {name: sum(stands(text, name) for text in lowered) for name in names[:_COUNTED_NAMES]}
    return [f'{SIGIL}{count} of {len(texts)} commits with "{name}"]' for name, count in counts.items() if count]


def _have_all(names: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether all names in the question stand in these commits, so that it is about no other."""
    joined = "\n".join(texts).lower()
    return all(name in joined for name in names)


def _each_has(names: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether these few commits are surely those that the question names, as each of them has all that it names."""
    return bool(names) and len(texts) <= _FEW and all(_have_all(names, [text]) for text in texts)


def _cut(
    lines: Sequence[str], commits: Sequence[Commit], keep: set[int], head: Sequence[str], transform: str
) -> Rendition | None:
    def note(first: int, last: int) -> str:
        within = [commit.first for commit in commits if first <= commit.first <= last]
        cut = any(map(str.strip, lines[first : within[0] if within else last + 1]))
        whole = f"{len(within)} commit{'s' * (len(within) != 1)}"
        return " and ".join(["rest of a commit"] * cut + [whole] * bool(within))

    above = range(commits[0].first)
    return finish(elide(lines, {*keep, *above}, note=note), "vcs", transform, head=head)
