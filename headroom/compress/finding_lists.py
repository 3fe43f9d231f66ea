"""What a question wants of many findings: those of some rules or of a level alone, or what it names and how all others begin."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress import finding_groups, listed_errors, rare_findings
from headroom.compress.asks import LONG_TASK
from headroom.compress.finding_levels import not_found, of_levels, of_stems
from headroom.compress.findings import NO_RULES, Finding, digest, gone
from headroom.compress.findings_asked import chosen, named_files, named_rules, whole
from headroom.compress.folding import SIGIL
from headroom.compress.once import lines_of
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition
from headroom.compress.selecting import elide, finish, keeps_nearly_all, without

_MANY_GAPS = 8
_KIND = "build"
_CLAUSE = re.compile(r"[,;.?!] |[?!.]$| and (?=how |where |which |what |list )")
_COUNTED = re.compile(r"\bhow (?:many|often)\b|\b(?:number|count) of\b")
_LISTED = re.compile(r"\b(?:where|which|list|files?|lines?|places?|locations?)\b")
"""Words of a clause that wants more than a number."""


class Wanted:
    """What a question wants of some findings of a text."""

    def __init__(self, text: str, found: Sequence[Finding], hints: Hints) -> None:
        self._text = text
        self._found = found
        self._relevance = relevance = Relevance.from_hints(hints)
        self._query = hints.query
        self._seldom = rare_findings.of_question(text, hints)
        told = rare_findings.rows(text, self._seldom, hints) if self._seldom else None
        self._told = chosen(text, found, relevance) if found and told is None else told
        self._level, self._called = of_levels(found, relevance.wording)
        self._rules = (named_rules(found, relevance) - NO_RULES) | of_stems(found, hints.query)

    @property
    def rare(self) -> bool:
        """Whether it is for the rarest."""
        return bool(self._seldom)

    @property
    def known(self) -> bool:
        """Whether it wants some of them, whole or by their heads, and not all alike."""
        return self._told is not None

    def grouped(self) -> Rendition | None:
        """All of them, where it wants hardly fewer, and they are many."""
        if not self._found or self._seldom:
            return None
        return finding_groups.of_all(self._text, self._told)

    def only(self) -> Rendition | None:
        """Those of the rules or of the level that it names, and where they are; None where it wants more than these."""
        if self._seldom or not self._found:
            return None
        long = len(self._relevance.wording) > LONG_TASK  # and tells of much else, such as of the rules of a project
        alone = not long and not listed_errors.asks_for_more(self._relevance) and not self._names_more()
        if alone and self._called:
            return self._list(self._level, self._called, set())
        missing = not_found(self._found, self._query)
        if self._rules and (alone or listed_errors.asks_for_list(self._relevance)):
            counted = _counted(self._relevance.wording, {*self._rules, *missing})
            rules = self._rules - counted
            if not rules and (others := [code for code in missing if code not in counted]):
                return self._list([], ", ".join(others), counted & self._rules)
            rules = rules or self._rules
            of_rules = [finding for finding in self._found if not rules.isdisjoint(finding.rules)]
            return self._list(of_rules, ", ".join(sorted(rules)), counted & self._rules)
        return self._list([], ", ".join(missing), set()) if alone and missing and not self._rules else None

    def _list(self, wanted: Sequence[Finding], called: str, counted: set[str]) -> Rendition | None:
        """Only these, where places are asked for, or where nothing is said of them but in their own lines."""
        lines = lines_of(self._text)
        more = any(
            lines[row] and row not in finding.heads for finding in wanted for row in range(finding.start, finding.end)
        )
        if more and not listed_errors.asks_for_places(self._relevance):
            return None
        return _only(self._text, self._found, wanted, called, counted)

    def among_all(self, apart: re.Pattern[str] | None = None) -> Rendition | None:
        """What it names whole, of the others how they begin, or their count."""
        of_rules = [finding for finding in self._found if not self._rules.isdisjoint(finding.rules)]
        told = (self._told or set()) | whole(self._level) | whole(of_rules)
        return _among_all(self._text, self._found, told, rare_findings.listed(self._text, self._seldom), apart)

    def _names_more(self) -> bool:
        """Whether it names a file of theirs, or quotes something that is no rule."""
        wanted = {term.text for term in self._relevance.named}
        rules = {rule.lower() for rule in self._rules}
        quoted = [text for text in self._relevance.literals if text.lower().strip("[]") not in rules]
        return bool(quoted or named_files({finding.file for finding in self._found}, wanted))


def _counted(said: str, rules: set[str]) -> set[str]:
    """Those of the rules of which a question wants the number alone."""
    clauses = _CLAUSE.split(said)
    mere = [part for part in clauses if _COUNTED.search(part) and not _LISTED.search(part)]
    return {
        rule
        for rule in rules
        if any(rule.lower() in part for part in mere)
        and all(rule.lower() not in part for part in clauses if part not in mere)
    }


def _only(
    text: str, found: Sequence[Finding], wanted: Sequence[Finding], called: str, counted: set[str]
) -> Rendition | None:
    """Keep what these findings are and where, of all; count the rest by rule, those of ``counted`` in any case."""
    lines = lines_of(text)
    kept = sorted({row for finding in wanted for row in finding.heads})
    gone = {row for finding in found for row in (*finding.heads, *range(finding.start, finding.end))}.difference(kept)
    pieces = without(elide(lines, {*range(len(lines))}), gone)
    if keeps_nearly_all(pieces, text):
        return None
    others = len(found) - len(wanted)
    plural = "s" * (others != 1)
    rest = f"other{plural}" if called.startswith("findings ") else f"finding{plural} of other rules"
    below = f"only {called} below" if wanted else f"no {called} here"
    told = f"{SIGIL}{below}; left out: {others} {rest}, and what is said below a finding]"
    apart = listed_errors.spelled([lines[row] for row in kept])
    head = [digest(found, also=counted)[0], told]
    return finish(pieces, _KIND, "build:listed", head=head, apart=apart)


def _among_all(
    text: str, found: Sequence[Finding], told: set[int], more: Sequence[str], apart: re.Pattern[str] | None
) -> Rendition | None:
    """Keep these rows of the findings, and all that is no finding; count the rest."""
    lines = lines_of(text)
    inside = {row for finding in found for row in (*finding.heads, *range(finding.start, finding.end))}
    keep = {*range(len(lines))} - inside | told
    pieces = elide(lines, keep, note=lambda first, last: gone(found, first, last))
    if sum(isinstance(piece, Gap) for piece in pieces) > _MANY_GAPS:  # the head counts by rule once for all
        pieces = elide(lines, keep, note=lambda first, last: gone(found, first, last, by_rule=False))
    if keeps_nearly_all(pieces, text):
        return None
    return finish(pieces, _KIND, "build:findings", head=[*digest(found), *more], apart=apart)
