"""Requests as web servers log them: the common and the combined format, maybe behind a virtual host, maybe with a time taken."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from headroom.compress.folding import SIGIL
from headroom.compress.http_status import KNOWN, METHODS, codes_meant, said_of_requests
from headroom.compress.once import once

_QUOTED = r'"((?:[^"\\\n]|\\.)*+)"'
_REQUEST = re.compile(
    r"^(?:(\S++) (?=[^\s.:]*+[.:]\S*+ \S++ \S++ \[))?(\S++) [^\[\n]*+\[[^\]\n]*+\] "
    rf"{_QUOTED} ([1-5]\d\d) (?:\d++|-)(?!\S)(?: {_QUOTED} {_QUOTED})?",
    re.MULTILINE,
)
"""Virtual host, client, request, status, referer and user agent."""
_LEAST = 0.9
"""Share of the lines that are such requests, from which a log is one of them."""
_SAMPLE = 2_000
_RARE = 2
_MOST_RARE = 8
"""Up to so many codes or agents of so few requests each are rare, not just one of many."""
_ASKED = re.compile(r"\b(?:agents?|browsers?|bots?|crawlers?|spiders?|scrapers?|scanners?|devices?)\b", re.IGNORECASE)
_ASKED_REFERERS = re.compile(
    r"\b(?:referr?ers?|referr?als?|linked|links?|come from|came from|coming from)\b", re.IGNORECASE
)
_TOLD = 8
_TOLD_CHARS = 120
_CODE = re.compile(
    r"(?<![\w.:/#-])([1-5]\d\d)(?:s\b)?(?![\w:/%-]|\.\d| ?(?:ms|seconds|bytes|[kKMG]i?B|lines|requests|times)\b)"
)
_METHOD = re.compile(r"\b[A-Z]{3,7}\b")


@dataclass(frozen=True, slots=True)
class Requests:
    """What each request of a log says, by the rows of their lines; empty where a field is none of the log's format."""

    rows: list[int]
    hosts: list[str]
    clients: list[str]
    methods: list[str]
    statuses: list[str]
    referers: list[str]
    agents: list[str]


@once
def requests_of(text: str) -> Requests | None:
    """The requests of a log, None where it is none of such. Linear."""
    if '] "' not in text[:_SAMPLE]:
        return None
    rows: list[int] = []
    row = counted = 0
    fields: list[tuple[str, ...]] = []
    for match in _REQUEST.finditer(text):
        row += text.count("\n", counted, match.start())
        counted = match.start()
        rows.append(row)
        fields.append(match.groups(default=""))
    if len(rows) < max(4, _LEAST * (text.count("\n") + (not text.endswith("\n")))):
        return None
    hosts, clients, asked, statuses, referers, agents = map(list, zip(*fields, strict=True))
    return Requests(rows, hosts, clients, [told.partition(" ")[0] for told in asked], statuses, referers, agents)


def told_of_clients(found: Requests, most: int) -> str:
    """Summary of the virtual hosts, if any, and of the busiest clients."""
    hosts = f"; for {listed(Counter(found.hosts), _TOLD)}" if any(found.hosts) else ""
    return f"{hosts}; from {listed(Counter(found.clients), most)}"


def told_of_agents(found: Requests, query: str) -> list[str]:
    """Summary lines of user agents and referers, where a question is for them."""
    asked = [
        (name, values)
        for name, form, values in (("user agents", _ASKED, found.agents), ("referers", _ASKED_REFERERS, found.referers))
        if any(values) and form.search(query)
    ]
    return [
        f"{SIGIL}{len(counts)} {name}: {listed(counts, _TOLD)}]"
        for name, values in asked
        if max(map(len, (counts := Counter(values)))) > 0
    ]


def words_meant(query: str) -> frozenset[str]:
    """Codes and methods that a question names: numbers by themselves, phrases (``bad gateway``, ``5xx``), words in capitals."""
    codes = {*_CODE.findall(query)} & KNOWN | codes_meant(said_of_requests(query), KNOWN)
    return frozenset({*codes, *(METHODS & {*_METHOD.findall(query)})})


def rows_with(found: Requests, words: Collection[str]) -> list[int]:
    """Rows of the requests that have one of the codes, if any are named, and one of the methods, if any."""
    methods = METHODS.intersection(words)
    codes = set(words) - methods
    return [
        row
        for row, method, status in zip(found.rows, found.methods, found.statuses, strict=True)
        if (not codes or status in codes) and (not methods or method in methods)
    ]


def told_of_rows(found: Requests, rows: Sequence[int], words: Collection[str]) -> str:
    """Summary line of requests that were asked for by these words and are too many to be shown."""
    wanted = set(rows)
    clients = Counter([client for row, client in zip(found.rows, found.clients, strict=True) if row in wanted])
    statuses = Counter([status for row, status in zip(found.rows, found.statuses, strict=True) if row in wanted])
    said = "/".join(sorted(METHODS.intersection(words)))
    return (
        f"{SIGIL}{len(rows)} {said and f'{said} '}requests: {listed(statuses, _TOLD)}; from {listed(clients, _TOLD)}]"
    )


def rare_rows(found: Requests) -> set[int]:
    """First rows of the codes, methods and agents that hardly any request has."""
    rare: set[int] = set()
    for values in (found.statuses, found.methods, found.agents):
        odd = {value for value, count in Counter(values).items() if count <= _RARE}
        if len(odd) <= _MOST_RARE:
            first = {value: row for row, value in reversed([*zip(found.rows, values, strict=True)]) if value in odd}
            rare.update(first.values())
    return rare


def listed(counts: Counter[str], most: int) -> str:
    """The most frequent values with their counts."""
    shown = [
        f"{count} × {value if len(value) <= _TOLD_CHARS else value[:_TOLD_CHARS] + '…'}"
        for value, count in counts.most_common(most)
    ]
    return ", ".join(shown)
