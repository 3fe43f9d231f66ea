"""Which findings a question wants by how bad they are, or by how their codes begin: ``high severity``, ``E....``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.findings import Finding

_SCALE = ("info", "low", "medium", "high", "critical")
"""Words for how bad a finding is, the mildest first."""
_LEVEL = rf"(?:{'|'.join(_SCALE)})\b"
_LEVELS = rf"{_LEVEL}(?:(?:, ?(?:and |or )?| and | or | & ?|/){_LEVEL}){{0,4}}+"
_BEYOND = r"(?: (?:or|and) (?:(?P<{}>higher|above|worse|up)|(?P<{}>lower|below|less|milder))|(?P<{}>\+))?+"
_NOT = r"(?:not?|without|except|excluding|ignoring|other than|but) (?:(?:of|for|a|the|any|all|those|with|findings?|issues?) ){0,3}+"
_SEVERITY = re.compile(
    rf"(?P<least>\bat least )?(?P<under>\b(?:below|under|less than) )?(?P<not>\b{_NOT})?"
    rf"\b(?P<before>{_LEVELS}){_BEYOND.format('up', 'down', 'plus')}[ -]severity\b"
    r"|\bseverity(?: level)?(?: (?:is|are|of|as|being)\b|:| ?>?=)? ?(?:(?P<over>at least )|(?P<beneath>below |under |less than )|(?P<no>not ))?"
    rf"[\"'`]?(?P<behind>{_LEVELS})[\"'`]?{_BEYOND.format('higher', 'lower', 'more')}(?![\w-])"
)
_STEM = re.compile(r"(?<![\w./*-])(?P<stem>[A-Z]{1,5}\d{0,4})(?:\.{3,}+|…|[xX]{2,}+|\*)(?![\w*./])")
_CODE = re.compile(r"(?P<letters>[A-Za-z]{1,7})\d{2,5}")
_NAMED = re.compile(r"(?<![\w./-])(?!RFC)[A-Z]{1,4}\d{3,4}(?![\w-])")
"""A code as a question names it; few other words are written so."""


def of_levels(found: Sequence[Finding], wording: str) -> tuple[list[Finding], str]:
    """Those as bad as a question says, ``wording`` in lower case, and how that is called: not at all where it says nothing of it."""
    wanted = _levels(wording)
    if not wanted or not any(finding.level in _SCALE for finding in found):
        return [], ""
    named = " or ".join([level for level in _SCALE if level in wanted])
    milder = {*_SCALE} - wanted  # of one that is cut off nothing is known
    return [finding for finding in found if finding.level not in milder], f"findings of {named} severity"


def _levels(wording: str) -> set[str]:
    """The levels that a question names, where it says so with those above or below, or all but these."""
    if "severity" not in wording:
        return set()
    wanted: set[str] = set()
    for match in _SEVERITY.finditer(wording):
        said = [_SCALE.index(level) for level in re.findall(_LEVEL, match["before"] or match["behind"])]
        signs = {name for name, value in match.groupdict().items() if value}
        if signs & {"not", "no"}:
            wanted.update({*_SCALE} - {_SCALE[place] for place in said})
        elif signs & {"least", "over", "up", "higher", "plus", "more"}:
            wanted.update(_SCALE[min(said) :])
        elif signs & {"under", "beneath"}:
            wanted.update(_SCALE[: min(said)])
        else:
            wanted.update(_SCALE[: max(said) + 1] if signs & {"down", "lower"} else [_SCALE[place] for place in said])
    return wanted


def of_stems(found: Sequence[Finding], query: str) -> set[str]:
    """The codes that begin as a question says, with dots, ``xx`` or an asterisk for the rest."""
    stems = _stems(query)
    return {code for code in _codes(found) if code.startswith(stems)} if stems else set()


def not_found(found: Sequence[Finding], query: str) -> list[str]:
    """Codes that a question asks for, as it calls them, and none of the findings has, though each has one."""
    codes = _codes(found)
    if not codes or any(codes.isdisjoint(finding.rules) for finding in found):
        return []
    longest = max(len(match["letters"]) for code in codes if (match := _CODE.match(code)))
    named = [code for code in dict.fromkeys(_NAMED.findall(query)) if code not in codes]
    stems = [stem for stem in _stems(query) if len(stem.rstrip("0123456789")) <= longest]
    return [*named, *(f"{stem}..." for stem in stems if not any(code.startswith(stem) for code in codes))]


def _stems(query: str) -> tuple[str, ...]:
    return tuple({match["stem"]: None for match in _STEM.finditer(query)})


def _codes(found: Sequence[Finding]) -> set[str]:
    return {rule for finding in found for rule in finding.rules if _CODE.fullmatch(rule)}
