"""Among the hits with a name those that define it, where a question is after its definition."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from headroom.compress.folding import SIGIL
from headroom.compress.query import Relevance
from headroom.compress.search_hits import Parsed

_ASKED = re.compile(
    r"\b(?:defin(?:ed|es|ition)|declar(?:ed|es|ation)|implemented|implementation"
    r"|definiert|deklariert|implementiert|définie?|déclarée?|implémentée?|definid[oa]|declarad[oa]|implementad[oa])\b"
)
_USES = re.compile(
    r"\b(?:call\w*|us(?:e[ds]?|ages?|ing)|referenc\w*|who|import\w*|others?|all|every\w*|else|tests?|appel\w*|benutz\w*|llam\w*)\b"
)
"""Asks for more than that."""
_NAME = 0.9
_FEW = 3
"""Fewer others are not worth a line that counts them."""
_FILES = 8
_LOOK = 300
"""Characters of a hit among which it says what it defines."""
_PLACE = re.compile(r":?(?<!\d)\d++[:-](?:\d++[:-])?")
_KEYWORDS = (
    r"(?:def|class|func|function\*?|fn|struct|enum|union|interface|trait|type|typedef|macro_rules!|const|let|var|val"
    r"|static|module|mod|package|namespace|object|record|sub|proc|#\s*define|local function|impl|protocol)"
)
_STATEMENTS = r"(?:return|else|if|while|for|throw|raise|await|yield|case|new|not|and|or|in|print)"


class Defined(NamedTuple):
    """The rows that define what a question names, and the line that counts its other hits."""

    rows: set[int]
    others: list[str]


def definitions(parsed: Parsed, named: Collection[int], relevance: Relevance) -> Defined | None:
    """Part the named rows; None where no definition is asked for, or none is among them."""
    if _ASKED.search(relevance.wording) is None or _USES.search(relevance.wording) is not None:
        return None
    names = [term.text for term in relevance.named if term.weight >= _NAME and re.fullmatch(r"[\w$.:]+", term.text)]
    defined: set[int] = set()
    others: list[str] = []
    for name in names:
        bare = re.split(r"[.:]", name)[-1]
        holds = re.compile(rf"(?<!\w){re.escape(bare)}(?!\w)", re.IGNORECASE)
        defines = _defining(bare)
        rows = [row for row in named if parsed.hits[row] and holds.search(parsed.rests[row])]
        found = [row for row in rows if defines.match(_PLACE.sub("", parsed.rests[row][:_LOOK], count=1))]
        if not found:
            return None
        defined.update(found)
        if len(rest := [row for row in rows if row not in found]) >= _FEW:
            files = Counter(parsed.paths[row] for row in rest)
            listed = ", ".join(f"{path} {count}" for path, count in files.most_common(_FILES))
            more = f" and {len(files) - _FILES} more files" if len(files) > _FILES else ""
            others.append(f'{SIGIL}{len(rest)} other hits with "{bare}": {listed}{more}]')
        else:
            defined.update(rest)
    return Defined(defined, others) if defined else None


def _defining(name: str) -> re.Pattern[str]:
    """What a line that defines a name looks like: a keyword before it, a value or a body behind it."""
    it = rf"(?<!\w){re.escape(name)}(?!\w)"
    return re.compile(
        rf"\s*(?:[\w()@]+\s+)*?{_KEYWORDS}\s[^=;]*?{it}"
        rf"|\s*{it}\s*(?::?=(?!=)|:\s*(?:function\b|async\b|\())"
        rf"|(?!{_STATEMENTS}\b)[A-Za-z_][\w\s*&:<>,]*[\s*&]{it}\s*\([^;]*$",
        re.IGNORECASE,
    )
