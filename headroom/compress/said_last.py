"""The question that a block is read for: what was said right before the call alone, where the task is about other outputs."""

from __future__ import annotations

from dataclasses import replace

from headroom.compress.query import Relevance, Term
from headroom.compress.rendition import Hints

_SURE = 0.8
_LIKELY = 0.5
_STEM = 4


def said_last(hints: Hints, text: str) -> Hints:
    """The hints with what was said right before the call as the only question; as they are, where the task may count, too.

    A task's "every" and its "unusual" are not said of a text that holds next to nothing of what it names.
    """
    task, _, said = hints.query.rstrip().rpartition("\n")
    if not task:
        return hints
    lowered = text.lower()
    last = replace(hints, query=said)
    asks = "?" in said or any(
        term.weight >= _SURE and term.text in lowered for term in Relevance.from_hints(last).named
    )
    return last if asks and is_of_others(replace(hints, query=task), lowered) else hints


def is_of_others(task: Hints, lowered: str, names: str = "") -> bool:
    """Whether a task names much of which a text holds no more than a plain word or two, or surely something it does not hold.

    ``lowered`` is the text in lower case, and so are ``names``, of columns; none of these is such a word.
    """
    named = Relevance.from_hints(task).named
    here = [term for term in named if term.text in names or _stem(term) in lowered]
    lacking = any(term.weight >= _SURE and term not in here for term in named)
    return (lacking or 2 * len(here) < len(named)) and not any(
        term.weight >= _LIKELY or term.text in names for term in here
    )


def _stem(term: Term) -> str:
    return term.text[: max(_STEM, len(term.text) - 2)] if term.text.isalpha() else term.text
