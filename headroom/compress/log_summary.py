"""What stands on top of a log: how many lines, of which levels, codes and failures, and the commonest messages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from headroom.compress import template_labels
from headroom.compress.access_log import requests_of, told_of_clients
from headroom.compress.folding import SIGIL
from headroom.compress.http_status import answered, cached, keyed
from headroom.compress.log_levels import TROUBLE, Levels
from headroom.compress.log_templates import Templates
from headroom.compress.log_traces import traces_of

_LEVELS = 8
_OFFERED = 4
_STATUSES = 12
_CLIENTS = 3
_STATUS = re.compile(r'" ([1-5]\d\d) (?=\d|-)[^\n]*+')
_SAMPLE = 20
_CODES = (re.compile(r"type=([A-Z][A-Z0-9_]*) msg=audit\("), re.compile(r"(%[A-Z]\w*-[0-7]-\w+): "))
"""How the audit daemon of Linux, and devices of Cisco, say what kind of message a line is."""
_DELIVERIES = re.compile(r"dsn=\d\.\d+\.\d+, status=(\w+)")
"""What became of a message that Postfix had for someone."""
_CODED_WITHIN = 4_000
_CODES_TOLD = 6
_MENTIONED = r"(?![\w(]|\.[\w<])"
"""What stands behind a name that is neither raised in a line of source nor a frame's class."""
_FAILED = re.compile(rf"(?:Error|Exception){_MENTIONED}|<(?:NOSRV|BADREQ)>")
"""The end of an exception's name, and what HAProxy writes for the server of a request that got none."""
_NAME_START = re.compile(r"[A-Z]\w*\Z")
_FAILURES = 4


def told(lines: Sequence[str], templates: Templates, levels: Levels, most: int) -> list[str]:
    """Summary lines: counts by level, HTTP status and client, then the commonest templates, over the whole log."""
    total = len(lines) - (not lines[-1])
    blank = lines.count("") - (not lines[-1])
    head = f"{SIGIL}{total} lines{f', {total - blank} not empty' if blank else ''}"
    found = Counter(levels.of_line)
    del found[""]
    if found:
        head += f"; {_listed(found, _LEVELS, ' ')}"
    access = sum(_STATUS.search(line) is not None for line in lines[:_SAMPLE]) > _SAMPLE // 2
    text = "\n".join(lines)
    statuses = Counter(_STATUS.findall(text) if access else ())
    if statuses.total() > total // 2:
        head += f"{_requests(statuses, total)}; HTTP status {_listed(statuses, _STATUSES)}"
        requests = requests_of(text)
        clients = Counter([line.partition(" ")[0] for line in lines[:total]])
        head += told_of_clients(requests, _CLIENTS) if requests else f"; from {_listed(clients, _CLIENTS)}"
    elif results := cached(text):
        by_code: Counter[str] = Counter()
        for result, count in results.items():
            by_code[result.rpartition("/")[2]] += count
        head += f"; HTTP status {_listed(by_code, _STATUSES)}; {_listed(results, _STATUSES)}"
    elif statuses := answered(lines):
        head += f"{_requests(statuses, total)}; HTTP status {_listed(statuses, _STATUSES)}"
    elif statuses := keyed(text):
        head += f"; HTTP status {_listed(statuses, _STATUSES)}"
    if deliveries := Counter(_DELIVERIES.findall(text) if "dsn=" in text else ()):
        head += f"; deliveries {_listed(deliveries, _STATUSES)}"
    traces = traces_of(text)
    for counts, shown in ((_codes(text), _CODES_TOLD), (_failures(text, templates, traces.names), _FAILURES)):
        if counts:
            head += f"; {_listed(counts, shown)}"
    framed = frozenset(template for template, row in enumerate(templates.first) if row in traces.framed)
    troubled = [template for template in _troubled(templates, levels.of_template) if template not in framed]
    return [
        f"{head}]",
        *template_labels.commonest(templates, most, besides=troubled, untold=framed, lines=lines[:total]),
    ]


def _troubled(templates: Templates, levels: Sequence[str]) -> list[int]:
    """The commonest templates whose level is a warning or worse."""
    found = [place for place, level in enumerate(levels) if TROUBLE.match(level)]
    counts = templates.counts
    return sorted(
        [place for place in found if counts[place] > template_labels.ABOVE], key=lambda place: -counts[place]
    )[:_OFFERED]


def _listed(counts: Counter[str], most: int, between: str = " × ") -> str:
    return ", ".join([f"{count}{between}{name}" for name, count in counts.most_common(most)])


def _requests(statuses: Counter[str], total: int) -> str:
    """How many requests there are, where that is neither the number of lines nor of one status."""
    requests = statuses.total()
    return f"; {requests} requests" if len(statuses) > 1 and requests != total else ""


def _codes(text: str) -> Counter[str]:
    """How many messages of each code there are, in a log that has such."""
    return next((Counter(form.findall(text)) for form in _CODES if form.search(text, 0, _CODED_WITHIN)), Counter())


def _failures(text: str, templates: Templates, raised: Sequence[str]) -> Counter[str]:
    """How often the text has the name of each exception that common templates have, or several traces raised."""
    texts = [
        masked for masked, count in zip(templates.texts, templates.counts, strict=True) if count > template_labels.ABOVE
    ]
    names = {name for masked in texts for match in _FAILED.finditer(masked) if (name := _named(masked, match))}
    names.update(name for name, count in Counter(raised).items() if count > 1 and name.isidentifier())
    found = {name: re.compile(rf"{name}(?<!\w{name}){_MENTIONED}").findall(text) for name in sorted(names)}
    return Counter({name: len(places) for name, places in found.items() if places})


def _named(text: str, end: re.Match[str]) -> str:
    """The whole name that ends so, which digits would make another; empty where it is a word of another kind."""
    if end[0][0] == "<":
        return end[0]
    start = _NAME_START.search(text, max(0, end.start() - 60), end.start())
    return f"{start[0]}{end[0]}" if start and "0" not in start[0] else ""
