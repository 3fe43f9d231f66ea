"""Status codes of HTTP that a question means by words: ``bad gateway`` is 502 (RFC 9110, section 15)."""

from __future__ import annotations

import re
from collections.abc import Collection
from http import HTTPStatus

KNOWN = frozenset(str(status.value) for status in HTTPStatus)
"""All registered codes."""
_PHRASES = {str(status.value): status.phrase.lower() for status in HTTPStatus if status >= 300 and status != 302}
_MORE: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"\b(?:server(?:[ -]side)? errors?|5xx|50x)\b"), ("5",)),
    (re.compile(r"\b(?:client(?:[ -]side)? errors?|4xx|40x)\b"), ("4",)),
    (re.compile(r"\b(?:redirect\w*|3xx|30x)\b"), ("3",)),
    (re.compile(r"\b(?:failed|failing|failures?|errors?|errored|unsuccessful)\b"), ("4", "5")),
    (re.compile(r"\b(?:rate[ -]limit\w*|throttled)\b"), ("429",)),
    (re.compile(r"\b(?:time[ds]?[ -]?outs?)\b"), ("408", "504")),
    (re.compile(r"\b(?:denied|unauthori[sz]ed|unauthenticated)\b"), ("401", "403")),
    (re.compile(r"\b(?:missing page\w*|broken links?|dead links?|404s)\b"), ("404",)),
)
"""Words, and how the codes begin that they mean."""


def codes_meant(query: str, present: Collection[str]) -> set[str]:
    """Those of the codes that are there which the question names by a word."""
    lowered = query.lower()
    found = {code for code in present if (phrase := _PHRASES.get(code)) and phrase in lowered}
    starts = tuple(start for words, codes in _MORE if words.search(lowered) for start in codes)
    return found | {code for code in present if code.startswith(starts)} if starts else found
