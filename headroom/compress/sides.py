"""The questions in a question: "What is x set to, and which job failed?" asks for two things, and both must be answered.

Taken together, the words of one crowd out the other's: what names something exactly scores so high that nothing else comes
close. So what a compressor keeps is what it keeps for the whole and for each part alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from headroom.compress.asks import asking
from headroom.compress.once import once
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints

_MOST = 4
_LONGEST = 1_200
"""Characters; a longer task tells more than it asks."""
_ASKING = (
    r"what|which|who|whose|whom|where|when|why|how"
    r"|quel(?:le)?s?|qui|où|quand|comment|pourquoi|combien"
    r"|welche[mnrs]?|wer|wem|wen|wo|wann|warum|wieso|wie|wieviele?"
    r"|qué|cuál(?:es)?|quién(?:es)?|dónde|cuándo|cómo|cuánt[ao]s?"
)
"""In English, French, German and Spanish."""
_AND = r"and|or|but|plus|et|ou|und|oder|y"
_TELL = r"show|list|give|tell|find|explain|describe|name|trace"
_AUXILIARY = r"is|are|was|were|does|do|did|has|have|had|can|should|will|and|also"
_SENTENCE = re.compile(
    rf"(?<=[.?!;])(?<!\be\.g\.)(?<!\bi\.e\.)\s+(?=[^a-z\s]|(?:{_ASKING}|{_TELL}|{_AUXILIARY})\b)|\n+"
)
_CLAUSE = re.compile(
    rf"(?:[,;]\s*|\s)(?:{_AND})\s+(?:also\s+)?"
    rf"(?=(?:(?:in|on|at|by|from|under|for|with|to|of|since)\s+)?(?:{_ASKING})\b"
    rf"|(?:{_AUXILIARY})\s|(?:{_TELL})\b)"
    rf"|,\s+(?=(?:{_ASKING})\s)|,?\s+(?:e\.\s?g\.|i\.\s?e\.|for example|such as)\s+",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"`[^`\n]{1,200}`|\"[^\"\n]{1,200}\"|“[^”\n]{1,200}”|(?<!\w)'[^'\n]{1,200}'(?!\w)")
_REFERS = re.compile(
    r"\b(?:it|its|they|them|their|that|this|those|these|he|she|his|her"
    r"|(?<!is )(?<!are )(?<!was )(?<!were )there(?! (?:is|are|was|were|any)))\b",
    re.IGNORECASE,
)
_ORDERS = re.compile(rf"\W*(?:(?:and|also|please)\s+)*(?:{_TELL})\b", re.IGNORECASE)
_NAME = 0.6
_IS_ONE = re.compile(rf"\?|(?:^|[:,]\s)\W*(?:and\s+|also\s+|please\s+)*(?:{_ASKING}|{_TELL})\b", re.IGNORECASE)


@once
def sides(hints: Hints) -> tuple[Hints, ...]:
    """The hints with each question of several as the only one; none where there is but one that names something."""
    if len(hints.query) > 20 * _LONGEST:
        return ()
    query = asking(hints.query.replace(hints.arguments, " ") if hints.arguments else hints.query)
    if len(query) > _LONGEST:
        return ()
    found = [replace(hints, query=part) for part in dict.fromkeys(_parts(query))]
    found = [side for side in found if _names_something(side)]
    return tuple(found[:_MOST]) if len(found) > 1 else ()


def _names_something(side: Hints) -> bool:
    """Whether a question stands by itself: "which files did it touch?" is about what another one names."""
    named = Relevance.from_hints(side).named
    if not named or named[0].weight >= _NAME:
        return bool(named)
    # "Show the removed and added lines" says how to answer.
    return _REFERS.search(side.query) is None and _ORDERS.match(side.query) is None


def _parts(query: str) -> Iterator[str]:
    for sentence in _cut(_SENTENCE, query):
        if _IS_ONE.search(sentence):
            yield from filter(None, map(str.strip, _cut(_CLAUSE, sentence)))


def _cut(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """Split where a pattern is found, but never inside quotes: a title there may have dots, or the words of a question."""
    at = 0
    for match in pattern.finditer(_QUOTED.sub(_masked, text)):
        yield text[at : match.start()]
        at = match.end()
    yield text[at:]


def _masked(quoted: re.Match[str]) -> str:
    return f"{quoted[0][0]}{'x' * (len(quoted[0]) - 2)}{quoted[0][-1]}"


def united[T](hints: Hints, choose: Callable[[Hints], set[T] | None]) -> set[T] | None:
    """What is chosen for the question and for each one in it; None where nothing is for any of them."""
    found = choose(hints)
    for side in sides(hints):
        more = choose(side)
        if more:
            found = found | more if found is not None else more
    return found
