"""Status codes of HTTP that a question means by words: ``bad gateway`` is 502 (RFC 9110, section 15)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from http import HTTPMethod, HTTPStatus

KNOWN = frozenset(str(status.value) for status in HTTPStatus)
"""All registered codes."""
_PHRASES = {str(status.value): status.phrase.lower() for status in HTTPStatus if status >= 300 and status != 302}
_FAILED = re.compile(r"\b(?:failed|failing|failures?|errors?|errored|unsuccessful)\b")
_MORE: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"\b(?:server(?:[ -]side)? errors?|5xx|50x)\b"), ("5",)),
    (re.compile(r"\b(?:client(?:[ -]side)? errors?|4xx|40x)\b"), ("4",)),
    (re.compile(r"\b(?:redirect\w*|3xx|30x)\b"), ("3",)),
    (_FAILED, ("4", "5")),
    (re.compile(r"\b(?:rate[ -]limit\w*|throttled)\b"), ("429",)),
    (re.compile(r"\b(?:time[ds]?[ -]?outs?)\b"), ("408", "504")),
    (re.compile(r"\b(?:denied|unauthori[sz]ed|unauthenticated)\b"), ("401", "403")),
    (re.compile(r"\b(?:missing page\w*|broken links?|dead links?|404s)\b"), ("404",)),
)
"""Words, and how the codes begin that they mean."""


METHODS = frozenset(map(str, HTTPMethod))
"""All registered methods."""
_REQUEST = re.compile(rf"(?:{'|'.join(f'{method[0]}(?<![A-Z].){method[1:]}' for method in HTTPMethod)}) \S")
"""Begins with the method's letter, which the matcher then skips to."""
_SAMPLE = 40
_REQUESTS = 0.6
"""Share of requests among lines from all over that makes a log one of requests."""
_SURE = 0.9
"""Share of the requests that have a code in one and the same place."""
_NEARLY_ALL = 0.99
"""Where more requests have no code in that place, counts would mislead."""
_FIELDS = 40
_KEYED = re.compile(r'tatus(?:_?[cC]ode)?"?(?: ?: ?|=)"?(\d++)(?!\w|\.\d)')
"""A code behind its key, as structured logs write it."""
_KEYED_LEAST = 8
_CACHED = re.compile(r"(?:T(?<!\S.)(?:CP|AG)|U(?<!\S.)DP|N(?<!\S.)ONE)(?:_[A-Z_]+)?/(\d{3})(?= )")
"""What a caching proxy (Squid) did, with the code it answered."""
_CACHED_WITHIN = 4_000


def cached(text: str) -> Counter[str]:
    """How many requests of a proxy's log had each result (``TCP_MISS/503``); empty where it is no such log."""
    if not _CACHED.search(text, 0, _CACHED_WITHIN):
        return Counter()
    found = Counter([match[0] for match in _CACHED.finditer(text)])
    total = text.count("\n") + (not text.endswith("\n"))
    return found if _NEARLY_ALL * total <= found.total() <= total else Counter()


def answered(lines: Sequence[str]) -> Counter[str]:
    """How many requests of a log were answered with each code, whichever its format; empty where it is none of requests.

    The code is taken for the field, counted by blanks, that most often holds a registered one, the first of such, of
    the fields behind the request where one of them does.
    """
    place = _place(lines)
    if place is None:
        return Counter()
    asked = [line.split(" ", place + 1) for line in lines if _REQUEST.search(line)]
    found = Counter([fields[place] for fields in asked if len(fields) > place and fields[place] in KNOWN])
    return found if found.total() >= _NEARLY_ALL * len(asked) else Counter()


def _place(lines: Sequence[str]) -> int | None:
    """The field of a log of requests in which the code stands."""
    requests = [line.split(" ", _FIELDS) for line in lines[:: len(lines) // _SAMPLE + 1] if _REQUEST.search(line)]
    if len(requests) < max(4, _REQUESTS * min(len(lines), _SAMPLE) / 2):
        return None
    held = Counter(place for fields in requests for place in _coded(fields))
    least = _SURE * len(requests)
    if not any(often >= least for often in held.values()):  # nothing behind the request
        held = Counter(place for fields in requests for place, field in enumerate(fields) if field in KNOWN)
    place, often = max(held.items(), key=lambda item: (item[1], -item[0]), default=(0, 0))
    return place if often >= least else None


def keyed(text: str) -> Counter[str]:
    """How often each code stands behind a key for it; empty where some numbers there are no codes, or few stand there.

    No line has two such keys, so that this is how many lines have each code.
    """
    codes: Counter[str] = Counter()
    if "tatus" not in text:
        return codes
    last = -1
    for match in _KEYED.finditer(text):
        if match[1] not in KNOWN or ("\n" not in text[last : match.start()] if last >= 0 else False):
            return Counter()
        codes[match[1]] += 1
        last = match.end()
    return codes if codes.total() >= _KEYED_LEAST else Counter()


def rows_meant(lines: Sequence[str], query: str) -> list[int]:
    """Rows answered with a code that the question names by its phrase, ``not found``; in a structured log with the row before."""
    meant = codes_meant(said_of_requests(query), KNOWN)
    if not meant:
        return []
    place = _place(lines)
    if place is not None:
        cut = [line.split(" ", place + 1) for line in lines]
        return [row for row, fields in enumerate(cut) if len(fields) > place and fields[place] in meant]
    if cached("\n".join(lines)):
        return [
            row for row, line in enumerate(lines) if (match := _CACHED.search(line)) is not None and match[1] in meant
        ]
    found = [row for row, line in enumerate(lines) if (match := _KEYED.search(line)) is not None and match[1] in meant]
    return [near for row in found for near in (row - 1, row) if near >= 0]


def said_of_requests(query: str) -> str:
    """The question in lower case without what is said of more than requests, and names no code: that something failed."""
    return _FAILED.sub(" ", query.lower())


def _coded(fields: Sequence[str]) -> list[int]:
    """Places of codes behind a request's method: a number before it may be that of a process or thread."""
    method = next((place for place, field in enumerate(fields) if field.strip("\"'[]():") in METHODS), len(fields))
    return [place for place in range(method + 1, len(fields)) if fields[place] in KNOWN]


def codes_meant(query: str, present: Collection[str]) -> set[str]:
    """Those of the codes that are there which the question names by a word."""
    lowered = query.lower()
    found = {code for code in present if (phrase := _PHRASES.get(code)) and phrase in lowered}
    starts = tuple(start for words, codes in _MORE if words.search(lowered) for start in codes)
    return found | {code for code in present if code.startswith(starts)} if starts else found
