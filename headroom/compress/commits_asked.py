"""The commits of a log that a question tells by author, day or changed file, and how many there are of each author."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from headroom.compress.asks import asking, general_asks
from headroom.compress.commit_facts import Facts
from headroom.compress.day_bounds import days_bounded, without_days
from headroom.compress.folding import SIGIL
from headroom.compress.plain_words import is_plain
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints

_NAME = 0.6
"""Weight of a term that must be met by an author, a day or a file, lest the commits be told by something else."""
_AUTHORS = re.compile(
    r"\b(?:who|whom|authors?|contributors?|contributed|committers?|developers?|maintainers?|people|persons?|wer|qui|quién)\b"
)
_COUNTS = re.compile(r"\b(?:most|least|fewest|more|how many|number of|counts?|each|per|active|top|busiest)\b")
_NOT_AUTHOR = re.compile(
    r"\b(?:review\w*|mention\w*|sign\w*|co-?author\w*|approv\w*|report\w*|merged|committed by|thank\w*|acked|landed)\b"
)
"""Asks for other people of a commit than its author."""
_WHICH = re.compile(r"\b(?:which|what|list|show|name|when|give)\b")
_TOLD_AUTHORS = 8
_QUOTED = re.compile(r"`[^`\n]{1,200}`|\"[^\"\n]{1,200}\"|“[^”\n]{1,200}”")
_WORD = re.compile(r"[^\W\d_]{3,}")
_SAID = re.compile(r"(?:(?<=\bby )|(?<=\bfrom )|(?<=\bdid )|(?<=\bhas )|(?<=[\w,] )(?=[A-Z]))([^\W\d_]{3,})")
"""A word where a name may stand: behind "by", or with a capital, though not at a sentence's beginning."""
_DOTS = ".../"
_RENAMED = re.compile(r"\{(?=[^{}]*+\})[^{}]* => ([^{}]*)\}")


class Asked(NamedTuple):
    """The commits that a question tells, by their places, newest first as in the log."""

    places: list[int]
    said: str
    """What they have in common, in words."""
    counted: bool
    """Whether no more than their number is wanted."""


def asked_commits(facts: Sequence[Facts], hints: Hints) -> Asked | None:
    """Find the commits of an author, a stretch of days or a file; None where the question tells none of these, or others."""
    query = asking(hints.query.replace(hints.arguments, " ") if hints.arguments else hints.query)
    relevance = Relevance(without_days(query))
    wording = _QUOTED.sub("x", query)
    authors = named_authors([fact.author for fact in facts], without_days(wording))
    days = [day for fact in facts if (day := fact.day) is not None]
    bounds = days_bounded(wording, max(days)) if 2 * len(days) > len(facts) else []
    files = _files(facts, relevance)
    if not (authors or bounds or files):
        return None
    met = " ".join([*files, *authors]).lower()
    if any(name not in met for name in names_of(relevance)):
        return None

    def is_asked(fact: Facts) -> bool:
        return (
            (not authors or fact.author in authors)
            and (not files or any(_is_of(term, path) for path in fact.files for term in files))
            and all(fact.day is not None and first <= fact.day <= last for first, last in bounds)
        )

    said = [f"by {' or '.join(authors)}"] * bool(authors) + list(map(str, bounds))
    said += [f"with a path like {', '.join(files)}"] * bool(files)
    counted = "count" in general_asks(query) and _WHICH.search(wording.lower()) is None
    return Asked([place for place, fact in enumerate(facts) if is_asked(fact)], " ".join(said), counted)


def asks_by_author(hints: Hints) -> bool:
    """Whether a question wants to know how many commits each author made, or who made the most."""
    wording = asking(hints.query).lower()
    return _AUTHORS.search(wording) is not None and _COUNTS.search(wording) is not None


def by_author(facts: Sequence[Facts], most: int = _TOLD_AUTHORS) -> str:
    """Count the commits of the authors with the most of them."""
    counts = Counter(fact.author for fact in facts if fact.author)
    shown = counts.most_common(most)
    more = len(counts) - len(shown)
    rest = f" and {more} more with at most {shown[-1][1]} each" if more else ""
    return f"{SIGIL}by author: {', '.join(f'{count} {name}' for name, count in shown)}{rest}]" if counts else ""


def names_of(relevance: Relevance) -> list[str]:
    """What a question quotes, and its words that are no plain ones: the commits meant have all of them."""
    quoted = {literal.lower() for literal in relevance.literals}
    return [
        term.text for term in relevance.named if term.weight >= _NAME and (" " not in term.text or term.text in quoted)
    ]


def named_authors(authors: Iterable[str], wording: str) -> list[str]:
    """Those that a question names in full or, if none, by a word of their name."""
    if _NOT_AUTHOR.search(wording.lower()):
        return []
    names = [name for name in dict.fromkeys(authors) if name]
    held = [name for name in names if name in wording]  # most are not
    if full := [name for name in held if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", wording)]:
        return full
    said = {word for word in _SAID.findall(wording) if not is_plain(word.lower())}
    return [name for name in names if not said.isdisjoint(_WORD.findall(name))]


def _files(facts: Sequence[Facts], relevance: Relevance) -> list[str]:
    """Terms of the question that are a path, or the end of one, of what some commit changed."""
    terms = [term.text for term in relevance.named if "." in term.text or "/" in term.text]
    paths = {path for fact in facts for path in fact.files} if terms else set[str]()
    found = [term for term in terms if any(_is_of(term, path) for path in paths)]
    return [term for term in found if not any(other != term and other.endswith(f"/{term}") for other in found)]


def _is_of(term: str, path: str) -> bool:
    """Whether a path, which git may have cut at its beginning, is the one told, ends so, or is in the folder told."""
    bare = _RENAMED.sub(r"\1", path.lower()).replace("//", "/")
    told = term.removeprefix("./").rstrip("/")
    if bare.startswith(_DOTS):
        return f"/{told}".endswith(bare.removeprefix("...")) or f"{bare}/".find(f"/{told}/") >= 0
    return f"/{bare}/".endswith(f"/{told}/") or f"{bare}/".startswith(f"{told}/")
