"""What a question wants to know of a run of tests: how it went, and by which words it names a test."""

from __future__ import annotations

import re

from headroom.compress.query import Relevance, Term

_HOW_IT_WENT = re.compile(r"\b(?:pass(?:e[sd]|ing)?|succe\w+|green)\b", re.IGNORECASE)
_OF_ANY_TEST = frozenset(
    (
        *(
            "test",
            "tests",
            "testing",
            "suite",
            "suites",
            "run",
            "runs",
            "case",
            "cases",
            "file",
            "files",
            "line",
            "lines",
        ),
        *(
            "fail",
            "fails",
            "failed",
            "failing",
            "failure",
            "failures",
            "pass",
            "passes",
            "passed",
            "passing",
            "red",
            "green",
        ),
        *("error", "errors", "panic", "panics", "broken", "assert", "assertion", "assertions", "expected", "actual"),
        *("value", "values", "message", "messages", "reason", "reasons", "location", "locations", "place", "exception"),
    )
)
"""Words for what any test or failure has."""
_WORD = re.compile(r"[^\W_]+")


def asks_how_it_went(relevance: Relevance, question: str) -> bool:
    """Whether it wants to know what failed, or that all passed: then what passed is of no interest by itself."""
    return "failure" in relevance.asks or _HOW_IT_WENT.search(question) is not None


def asks_what_failed(relevance: Relevance, question: str) -> bool:
    """Whether it wants to know what failed, and neither what passed nor how many did."""
    return "failure" in relevance.asks and "count" not in relevance.asks and _HOW_IT_WENT.search(question) is None


def naming_tests(relevance: Relevance) -> Relevance:
    """The question without the words that any test may have in its name by chance: "file:line", "the assertion"."""
    return relevance.only(_names_some)


def _names_some(term: Term) -> bool:
    return not _OF_ANY_TEST.issuperset(_WORD.findall(term.text))
