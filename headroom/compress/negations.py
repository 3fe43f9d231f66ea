"""Whether the words around a sign of trouble take it back: ``0 errors``, ``error: null``, ``no errors``."""

from __future__ import annotations

import re
from functools import lru_cache

_NEGATIONS = ("no", "zero", "without", "not", "never", "any", "of", "ignore", "ignores", "ignored", "ignoring", "0")
_NEGATED_BEFORE = re.compile(
    r"(?:\b(?:no|zero|without|not|never|any|free of|ignor(?:e|es|ed|ing))|(?<![\d.,])0) +(?:[a-z]+ +)?$", re.IGNORECASE
)
_NEGATED_AFTER = re.compile(
    r"(?:[ _-]?(?:count|rate|code|total|s))?[\"']? *(?:[:=(]|=>|is) *"
    r"(?:null|none|nil|undefined|false|no|ok|0+(?:\.0+)?%?|\"\"|''|\[\]|\{\})(?![\w.])",
    re.IGNORECASE,
)


def negated(text: str, match: re.Match[str]) -> bool:
    """Whether the sign that was found there is taken back on its line, right behind it or in the words before."""
    at = match.start()
    if _NEGATED_AFTER.match(text, match.end()):
        return True
    if text[at - 1] != " ":
        return False
    before = text[max(0, at - 24) : at]
    before = before[before.rfind("\n") + 1 :]
    return _may_negate(before) and _NEGATED_BEFORE.search(text, at - len(before), at) is not None


@lru_cache(maxsize=256)
def _may_negate(before: str) -> bool:
    """Whether what stands before a sign may take it back; before most signs of a log the same few words stand."""
    words = before.lower().split()
    ends = [word.endswith(_NEGATIONS) for word in words[-2:]]
    return not before.isascii() or any(ends)
