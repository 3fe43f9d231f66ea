"""One judge a content kind: how surely a sample of a text is of that kind, by the looks of its lines."""

from __future__ import annotations

import re
from collections.abc import Callable

from headroom.compress import plans
from headroom.compress.enumerations import MIN_LINE, items_of
from headroom.compress.file_judges import code, config, markdown
from headroom.compress.place_judges import are_files, diff, listing, search, vcs
from headroom.compress.run_judges import build, log, tests, trace
from headroom.compress.sample import LINE_CHARS, Sample
from headroom.compress.table_judge import table

_FATE = re.compile(rf"\n{plans.HEADING.pattern}")
_OF_PLAN = re.compile(
    r" {2,}(?:[-+~]|-/\+|\+/-|<=) \S|(?:[-+~]|-/\+|\+/-) resource \"| +# (?:\(|\S)| +[\]})]|\S+: Refreshing| +\S+ += "
)
_PLANNED = 0.6
_HTML_HEAD = re.compile(r"\ufeff?\s*(?:<!doctype html|<html\b|<\?xml\b|<!--)", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][\w:-]*(?:\s[^<>]{0,400})?/?>")
_MESSAGE = re.compile(r'"(?:msg|message|event|log|text)" ?:')
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalpha())
_SENTENCE = re.compile(r"[a-z,;)][.!?](?:\s|$)")
_ELEMENT = re.compile(r"\s*- '?[a-z]{3,30}\b[^\n]*\[ref=\w+\]|\s*uid=\w+ [A-Za-z]{3,30}\b")
_ELEMENTS = 0.35
"""Share of lines that tell an element of a page with its handle; others tell its properties."""

_OF_PLAYBOOKS = (": [", ": ok=")
_TASK = re.compile(
    r"\n(?:(?:PLAY|TASK|RUNNING HANDLER) (?:\[[^\n]{0,200}\]|RECAP) \*{3}|(?:ok|changed|skipping|fatal|failed): \[[\w.:-]{1,100}\]"
    r"|[\w.:-]{1,100} +: ok=\d+ +changed=\d+ )"
)
"""How Ansible begins to tell of a task, of its result on a host, or of a host in the end."""
_TASKS = 3


def is_json_records(sample: Sample) -> bool:
    """Whether each line looked at is an object of JSON by its ends, and none tells what happened in words, as events do."""
    return (
        sample.head[:2] == '{"'
        and _MESSAGE.search(sample.head, 0, LINE_CHARS) is None
        and all(line[:2] == '{"' and (line[-1] == "}" or len(line) >= LINE_CHARS) for line in sample.counted)
    )


def _json(sample: Sample) -> float:
    head = sample.head.removeprefix("\x1e")  # a text sequence has one before each value
    if head[:1] in "{[" and head:
        closing = "}" if head[0] == "{" else "]"
        if sample.tail.endswith(closing) and re.match(r"[\[{]\s*[\"\[{\]}\d\-tfn]", head):
            return 1.0
        objects = sum(1 for line in sample.lines if line[0] == "{" and (line.endswith("}") or len(line) >= LINE_CHARS))
        if objects >= 0.6 * len(sample.lines) and objects >= 2:
            return 0.95
    return 0.0


def _html(sample: Sample) -> float:
    if _HTML_HEAD.match(sample.head):
        return 1.0
    tagged = sum(map(len, _TAG.findall(sample.text)))
    return min(0.95, 2.5 * tagged / max(1, len(sample.text) - 1))


def _table(sample: Sample) -> float:
    return 0.0 if are_files(sample) else table(sample)


def _prose(sample: Sample) -> float:
    text = sample.text[1:4_001]
    words = text.count(" ")
    sentences = len(_SENTENCE.findall(text))
    if not sentences or words < 40:
        return 0.0
    letters = (_letters(text) + words) / len(text)
    rate = min(1.0, 25.0 * sentences / words)
    return 0.8 * rate * max(0.0, (letters - 0.75) / 0.25) if letters > 0.75 else 0.0


def _letters(text: str) -> int:
    if text.isascii():
        return len(text.encode().translate(None, _NO_LETTERS))
    return sum(map(str.isalpha, text))


def _dense(sample: Sample) -> float:
    """Long lines with next to no blanks: minified code, base64, serialised state."""
    long = [line for line in sample.text.split("\n") if len(line) >= 300 and line.count(" ") < 0.06 * len(line)]
    return min(0.85, sum(map(len, long)) / max(1, len(sample.text) - 1))


def _enumeration(sample: Sample) -> float:
    """Lines that are lists of short items; what stands around them is little."""
    listed = sum(len(line) for line in sample.text.split("\n") if len(line) >= MIN_LINE and items_of(line))
    return 0.98 * listed / max(1, len(sample.text) - 1)


def _snapshot(sample: Sample) -> float:
    """A page's elements with handles. Surer than any other kind: cut as a list or as settings it would be of no use."""
    if "[ref=" not in sample.text and "uid=" not in sample.text:
        return 0.0
    return 1.1 if sample.share(_ELEMENT) >= _ELEMENTS else 0.0


def _plan(sample: Sample) -> float:
    """What a program would do to each of its resources, with signs before what changes."""
    if "\n  # " not in sample.text or _FATE.search(sample.text) is None:
        return 0.0
    return 1.0 if sample.share(_OF_PLAN) >= _PLANNED else 0.0


def _playbook(sample: Sample) -> float:
    """Results of tasks by host. Surer than a diff: what tasks changed may be shown as such."""
    if not any(word in sample.text for word in _OF_PLAYBOOKS):
        return 0.0
    return 1.05 if len(_TASK.findall(sample.text)) >= _TASKS else 0.0


JUDGES: tuple[tuple[str, Callable[[Sample], float], float], ...] = (
    ("snapshot", _snapshot, 1.1),
    ("playbook", _playbook, 1.05),
    ("plan", _plan, 1.0),
    ("json", _json, 1.0),
    ("html", _html, 1.0),
    ("diff", diff, 0.98),
    ("trace", trace, 1.0),
    ("tests", tests, 1.0),
    ("table", _table, 0.99),
    ("log", log, 0.97),
    ("search", search, 0.97),
    ("vcs", vcs, 0.98),
    ("listing", listing, 0.94),
    ("build", build, 0.93),
    ("markdown", markdown, 0.92),
    ("code", code, 0.9),
    ("config", config, 0.92),
    ("dense", _dense, 0.85),
    ("enumeration", _enumeration, 0.98),
    ("prose", _prose, 0.8),
)
"""Kind, its judge, and the most that the judge can say: one that cannot win any more is not asked."""

_PATH = r"(?=[^:\n]*[/\\.][A-Za-z_])[^\s:|\[(\"'<{][^\s:|]*"
OPENINGS: tuple[tuple[str, re.Pattern[str], float], ...] = (
    ("search", re.compile(rf"(?:{_PATH}:\d+[:-][^\n]*\n){{3}}|{_PATH}\n(?:\d+[:-][^\n]*\n){{3}}"), 0.85),
    ("trace", re.compile(r"Traceback \(most recent call last\):\n|[^\n]*\n\s+at [^\n]+[:(]\d"), 0.72),
)
"""Kinds that are known by how a text begins, and how sure their judge must be that it goes on so: then no other is asked."""
