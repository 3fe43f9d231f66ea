"""Which of the findings a question is about: those of the files and rules that it names, the errors, what few break."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from copy import copy

from headroom.compress.findings import Finding
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of
from headroom.compress.query import Relevance

_STRONG = 400
_ALL_SORTS = re.compile(r"warning|finding|issue|problem|complain|violation|offen[cs]e|\blint")
"""Words of a question that is about more than errors."""
_ERRORS_ONLY = re.compile(
    r"severity (?:of |is )?[`\"']?errors?\b|\bonly (?:the )?errors?\b|\berrors? only\b|\berror[- ]level\b"
    r"|\berrors?\b[^.?!\w]{0,3}(?:(?:but|and|not|no|without|ignor\w+|except|excluding|leaving out|rather than|instead of)"
    r" (?:the |any |all |its |of )*)+warnings?\b"
)
_THE_ERRORS = re.compile(
    r"\b(?:every|each|all(?: of)?(?: the)?|list(?: of)?(?: the)?) (?:(?:compil\w+|\w*lint\w*|mypy|ruff|tsc|pyright|type|syntax) )?errors?\b"
)
_FEW_ERRORS = 20
"""Of so many errors none goes, and the excerpts only where the question is about others."""
_RARE = 3
_MOST_RARE = 20
"""Findings of rules that so few break all stay, if they are no more than these."""
_FOR_BOTH = 120
"""Of so many findings in a named file the head stays, where some of them are what else is named."""


def chosen(text: str, found: Sequence[Finding], relevance: Relevance) -> set[int] | None:
    """Rows to keep of the findings: what the question names whole, else how each begins; None where that is one line of most.

    Where it names a file and something else, findings with both stay whole, and of the file's others the heads.
    """
    lines = lines_of(text)
    keep: set[int] = set()
    named: list[Finding] = []
    every = "every" in relevance.asks
    if relevance.specific and relevance.named:
        wanted = {term.text for term in relevance.named}
        files = named_files({finding.file for finding in found}, wanted)
        of_files = [finding for finding in found if finding.file in files]
        paths = {row for finding in found for row in finding.heads if lines[row].strip() in files}
        rows = set() if every else named_rows(_without(relevance, files), lines, strong_lines=_STRONG) - paths
        rules = named_rules(found, relevance)
        told = [
            finding
            for finding in found
            if not rows.isdisjoint(range(finding.start, finding.end)) or not rules.isdisjoint(finding.rules)
        ]
        both = [finding for finding in told if finding.file in files]
        named = both or of_files or told
        if both and len(of_files) <= _FOR_BOTH:
            keep |= {row for finding in of_files for row in finding.heads}
    errors = [finding for finding in found if finding.error]
    if len(errors) <= _FEW_ERRORS:
        few = 3 * len(errors) <= len(found)
        keep |= whole(errors) if few or not named else {row for finding in errors for row in finding.heads}
    said = relevance.wording
    alone = not named and _THE_ERRORS.search(said) and not _ALL_SORTS.search(said)
    if errors and (alone or _ERRORS_ONLY.search(said)):
        return whole(errors) if len(errors) <= _FEW_ERRORS else {row for finding in errors for row in finding.heads}
    counts = Counter([rule for finding in found for rule in finding.rules])
    rare = [finding for finding in found if any(counts[rule] <= _RARE for rule in finding.rules)]
    if len(rare) <= _MOST_RARE and 3 * len(rare) <= len(found):
        keep |= whole(rare)
    if named:
        return keep | whole(named)
    short = sum([len(finding.heads) == 1 or finding.heads[0] < finding.start for finding in found])
    if short > len(found) // 2 and not (every and _ALL_SORTS.search(said)):
        return None
    return keep | {row for finding in found for row in finding.heads}


def named_rules(found: Sequence[Finding], relevance: Relevance) -> set[str]:
    """Rules of the findings that a question names: ``E0308``, ``[import-not-found]``, ``-Wshadow``."""
    wanted = {term.text for term in relevance.named} if relevance.specific else set()
    rules = {rule for finding in found for rule in finding.rules} if wanted else set()
    return {rule for rule in rules if not wanted.isdisjoint(_spellings(rule))}


def _without(relevance: Relevance, files: set[str]) -> Relevance:
    """Return the question without these files' names."""
    names = [path.lower() for path in files]
    others = copy(relevance)
    others.named = tuple([term for term in relevance.named if not any(term.text in name for name in names)])
    return others


def named_files(paths: set[str], wanted: set[str]) -> set[str]:
    """Those of the paths that the question names, with all the folders that it says."""
    named = {path: end for path in paths if (end := _named_end(path, wanted))}
    ends = set(named.values())
    return {path for path, end in named.items() if not any(other.endswith(f"/{end}") for other in ends)}


def _named_end(path: str, wanted: set[str]) -> str:
    deepest = 1 + max((end.count("/") for end in wanted), default=0)
    parts = path.lower().replace("\\", "/").rsplit("/", deepest)
    return next((end for at in range(len(parts)) if (end := "/".join(parts[at:])) in wanted), "")


def _spellings(rule: str) -> set[str]:
    """How a question may write it: ``-Wshadow``, ``B101:assert_used``, ``@scope/no-undef``."""
    lowered = rule.lower()
    return {
        lowered,
        lowered.strip("[]"),
        lowered.removeprefix("-"),
        lowered.removeprefix("-w"),
        *lowered.split(":"),
        lowered.rpartition("/")[2],
    }


def whole(found: Sequence[Finding]) -> set[int]:
    """All rows of these findings."""
    return {row for finding in found for row in (*finding.heads, *range(finding.start, finding.end))}
