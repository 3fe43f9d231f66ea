"""Questions for something that a text does not hold: who looks for it in one output after another passes through many such."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.absent import not_there
from headroom.compress.asks import asking, general_asks
from headroom.compress.folding import SIGIL
from headroom.compress.plain_words import is_plain
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.said_last import said_last
from headroom.compress.sides import sides

NAME = 0.9
"""Weight of what is quoted, an identifier or a path; what a text holds that it is about."""
_CALLED = 0.8
"""Weight of two words that stand together, where one is a name: a kind and what is called so."""
_KINDS = frozenset(
    [
        "configmap",
        "cronjob",
        "daemonset",
        "deployment",
        "ingress",
        "job",
        "pod",
        "replicaset",
        "secret",
        "service",
        "serviceaccount",
        "statefulset",
    ]
)
"""Of Kubernetes' objects: each says which it is. What is spelled as only these are (StatefulSet) means no other."""
_OF_EACH = 3
"""A key that stands in a text as often as that is something that each of many has."""
_ALSO = 0.6
"""From this weight on, what a question names beside is enough to look for it here."""
_TITLE_BLANKS = 2
"""A quoted text with so many blanks is a title: its words alone say little."""
_MOST_TOLD = 4
_IN_GENERAL = frozenset(("every", "count", "max", "min", "failure"))
_BROAD = re.compile(
    r"\b(?:why|how(?! (?:many|much|often|long|old|large|big|small|heavy|high|low|far|fast|deep|tall)\b)|(?:what|how) about|should|could|would|can|review(?!ed\b|ers?\b)\w*|check|explain\w*"
    r"|summar\w+|describe\w*|overview|any\w*|others?(?! \w+ (?:is|are|was|were) (?:in|of|on|from) (?:that|the same|its|his|her|their)\b)|else|besides|together|compare\w*|release notes|changelog"
    r"|(?:pull|merge) request|commit (?:this|these|it|them|message)|structure|explore)\b",
    re.IGNORECASE,
)
"""Words of who wants to see a text for itself, or seeks a reason in it, whatever else is named."""
_QUOTED = re.compile(r"`[^`\n]{1,200}`|\"[^\"\n]{1,200}\"|“[^”\n]{1,200}”")
_QUESTION = re.compile(
    r"\w[\"'`)]*\?(?:\s|$)|^\W*(?:what|which|who|where|when|how (?:many|much|often|long)|find|show)\b",
    re.IGNORECASE | re.MULTILINE,
)


def looks_up(query: str) -> bool:
    """Whether a question wants to know something of what it names, rather than to have something done or explained."""
    asked = _QUOTED.sub("x", asking(query))
    return (
        _QUESTION.search(asked) is not None and _BROAD.search(asked) is None and not general_asks(asked) & _IN_GENERAL
    )


def names_elsewhere(hints: Hints, text: str) -> bool:
    """Whether each question is after something that it names for sure, and nothing of it stands in the text.

    Of a long task only the last line tells what this very text is looked at for.
    """
    if not looks_up(hints.query):
        return False
    lowered = text.lower()
    for side in sides(hints) or (hints,):
        relevance = Relevance(asking(side.query), side.arguments)
        if not any(term.weight >= NAME for term in relevance.named):
            return False
        found, relevance = titled(relevance, [lowered])
        if found or any(term.weight >= _ALSO and term.text in lowered for term in relevance.named):
            return False
    return True


def names_found(hints: Hints, text: str) -> bool:
    """Whether all that the question surely names stands in the text."""
    lowered = text.lower()
    named = Relevance(asking(said_last(hints, text).query), hints.arguments).named
    return all(term.text in lowered for term in named if term.weight >= NAME)


def called_elsewhere(hints: Hints, text: str) -> list[str]:
    """Names that a question calls by kind and name, where that is all it is after and none of them stands in the text.

    "Which image does the Deployment web-2 run?" is answered by no other Deployment, though these have images, too.
    """
    if not looks_up(hints.query):
        return []
    lowered = text.lower()
    named = Relevance(asking(hints.query), hints.arguments).named
    sure = {term.text for term in named if term.weight >= NAME}
    absent: dict[str, str] = {}
    for term in named:
        if term.weight < _CALLED or term.text.count(" ") != 1:
            continue
        kind, name = term.text.split(" ")
        if is_plain(name) or not (name in sure or kind in _KINDS):
            continue
        if name not in lowered or (kind in _KINDS & sure and kind not in lowered):
            absent[name] = kind
    beside = sure - {*absent, *absent.values()}
    said = [name for name in beside if name in lowered and lowered.count(f"{name}:") < _OF_EACH]
    return [] if said else list(absent)


def told_absent(hints: Hints, text: str, called: Sequence[str] = ()) -> list[str]:
    """The line that says what stands nowhere in a text, where nothing in front of every cut text says so anyway.

    What is ``called`` by its kind may be there as the name of something else.
    """
    if not_there(hints, text):
        return []
    if called:
        return [_line(called)]
    relevance = Relevance(asking(hints.query), hints.arguments)
    names = relevance.literals or [term.text for term in relevance.named if term.weight >= NAME]
    lowered = text.lower()
    absent = [name for name in names if name.lower() not in lowered]
    return [_line(absent)] if absent else []


def _line(absent: Sequence[str]) -> str:
    return f"{SIGIL}not in this text: {', '.join(absent[:_MOST_TOLD])}]"


def quotes_a_title(hints: Hints) -> bool:
    """Whether a question quotes words that stand as they are where it is found, and nowhere else in other words."""
    return bool(_titles(Relevance.from_hints(hints)))


def titled(relevance: Relevance, texts: Sequence[str]) -> tuple[set[int], Relevance]:
    """The texts that hold a title which the question quotes, and what it names beside; no text where it quotes none.

    The words of a title are not meant one by one.
    """
    titles = _titles(relevance)
    if not titles:
        return set(), relevance
    found = {index for index, text in enumerate(texts) if any(title in text.lower() for title in titles)}
    return found, relevance.only(lambda term: term.weight >= _ALSO and not any(term.text in title for title in titles))


def _titles(relevance: Relevance) -> list[str]:
    return [literal.lower() for literal in relevance.literals if literal.count(" ") >= _TITLE_BLANKS]
