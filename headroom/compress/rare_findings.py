"""The findings whose rules come up least often, where a question asks which do."""

from __future__ import annotations

from collections import Counter

from headroom.compress.asks import asks_what_is_rare
from headroom.compress.findings import Finding, findings_of
from headroom.compress.findings_asked import chosen, named_files, whole
from headroom.compress.folding import SIGIL
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.sides import sides

_MOST = 40
"""Rules of which one finding each stays; where more are as rare, none of them is."""
_MOST_WHOLE = 20
"""Findings of so many rules stay whole, of more their heads."""
_PHRASE = 0.8
"""Weight of two plain words side by side, which are no name."""


def of_question(text: str, hints: Hints) -> dict[str, list[Finding]]:
    """The findings of each of the rarest rules, in the files that the question names or in all; none where it asks for no such."""
    found = findings_of(text) if asks_what_is_rare(hints.query) else []
    if not found:
        return {}
    wanted = {term.text for term in Relevance.from_hints(hints).named}
    files = named_files({finding.file for finding in found}, wanted)
    rules: dict[str, list[Finding]] = {}
    for finding in found:
        for rule in finding.rules if finding.file in files or not files else ():
            rules.setdefault(rule, []).append(finding)
    counts = Counter({rule: len(of_rule) for rule, of_rule in rules.items()})
    least = min(counts.values())
    rare = {rule: rules[rule] for rule, count in counts.items() if count == least}
    return rare if len(rare) <= _MOST and (len(rare) < len(rules) or least == 1) else {}


def rows(text: str, rare: dict[str, list[Finding]], hints: Hints) -> set[int]:
    """Rows of one finding for each of these rules, and of what another question in this one names."""
    firsts = [of_rule[0] for of_rule in rare.values()]
    keep = whole(firsts) if len(firsts) <= _MOST_WHOLE else {row for finding in firsts for row in finding.heads}
    for side in sides(hints) if rare else ():
        relevance = Relevance.from_hints(side)
        if any(term.weight > _PHRASE for term in relevance.named) and not asks_what_is_rare(side.query):
            keep |= chosen(text, findings_of(text), relevance) or set()
    return keep


def listed(text: str, rare: dict[str, list[Finding]]) -> list[str]:
    """A line with the names of these rules."""
    if not rare:
        return []
    times = max(map(len, rare.values()))
    often = "only once" if times == 1 else f"{times} times each"
    counts = Counter([rule for finding in findings_of(text) for rule in finding.rules])
    files = dict.fromkeys([finding.file for of_rule in rare.values() for finding in of_rule])
    where = f" in {', '.join(files)}" if any(counts[rule] > times for rule in rare) else ""
    return [f"{SIGIL}rarest, {often}{where}: {', '.join(rule or 'no rule' for rule in rare)}]"]
