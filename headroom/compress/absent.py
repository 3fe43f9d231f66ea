"""Names in a question that stand nowhere in a text: after a cut, who reads it can't tell those from what was left out."""

from __future__ import annotations

import re

from headroom.compress.folding import SIGIL
from headroom.compress.rendition import Hints

_NAME = re.compile(r"(?<![\w./#$@:-])(?=\w*?(?:[A-Za-z0-9]_[A-Za-z0-9]|[a-z][A-Z]))([A-Za-z_]\w{5,})(?![\w/#@-]|\.\w)")
"""An identifier with a low line or a capital inside, that is no part of a path, of a dotted name or of an address."""
_MOST = 4
"""A question with more names than this is about other texts, too."""
_MARKED = re.compile(r"`([^`\n]{2,60})`")
"""Whoever puts backticks around a word means that very word."""
_OF_KIND = re.compile(
    r"(?<=[a-z] )(?:[A-Z][A-Za-z]+ `?(?=[a-z0-9]+-[a-z0-9])|[A-Z][a-z]+(?:[A-Z][a-z]+)+ `?)([a-z0-9]+(?:-[a-z0-9]+)*)(?![\w/.-])"
)
"""What stands behind the kind of thing it is, such as "the Deployment order-worker" or "the StatefulSet db"."""
_IN_FILE = re.compile(
    r"\b(?:in|of|to|from) [`'\"]?(?:[\w.-]+/)*([\w-]{2,}(?:\.[\w-]+)*\.[A-Za-z]\w{0,4})(?![\w/]|\.\w)"
)
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z`'\"])")
_EMPTY = re.compile(
    r"\W*(?:(?:I['’]ll|let me|let['’]s|now|first|then|we|take a|have a|look|see|check|it|again|here)\W*)+",
    re.IGNORECASE,
)
"""A sentence that says nothing of what is looked for."""


def not_there(hints: Hints, text: str) -> str:
    """The notice that names them, with its line break; empty where all are there.

    Only the query's last line counts, what was said right before the call: a task names much that this text has nothing
    to do with.
    """
    said = _said(hints) or _without(hints, hints.query)
    names = list(dict.fromkeys(_NAME.findall(said)))
    lowered = text.lower()
    absent = [name for name in names if name.lower() not in lowered and name not in hints.arguments]
    told = dict.fromkeys([*(absent if len(names) <= _MOST else ()), *sought_elsewhere(hints, text)])
    return f"{SIGIL}not in this text: {', '.join(told)}]\n" if told else ""


def sought_elsewhere(hints: Hints, text: str, *, files: bool = False) -> tuple[str, ...]:
    """The names that the call was made for, where none of them stands in its result; else none.

    They are those of the question right before the call, or of its last sentence that says anything: what is in
    backticks or written as identifiers are, and with ``files`` the file in which that was to be found. What the task
    says, or a sentence on something else, gives no names.
    """
    sentences = [part for part in _SENTENCE.split(_said(hints)) if not _EMPTY.fullmatch(part)]
    if not sentences:
        return ()
    asked = [row for row, part in enumerate(sentences) if part.rstrip("`'\"*_)").endswith("?")]
    question = " ".join(sentences[asked[-1] if asked else -1 :])
    lowered = text.lower()
    if files and (within := tuple(dict.fromkeys(_IN_FILE.findall(question)))):
        return () if any(_stands(name, lowered) for name in within) else within
    names = tuple(dict.fromkeys([*_MARKED.findall(question), *_NAME.findall(question), *_OF_KIND.findall(question)]))
    return names if 0 < len(names) <= _MOST and not any(_stands(name, lowered) for name in names) else ()


def _said(hints: Hints) -> str:
    """What was said right before the call, behind the task; empty where nothing was."""
    task, _, last = hints.query.strip().rpartition("\n")
    return _without(hints, last).strip() if task else ""


def _without(hints: Hints, said: str) -> str:
    return said.replace(hints.arguments, " ") if hints.arguments else said


def _stands(name: str, lowered: str) -> bool:
    """Whether a text has a name, perhaps in another spelling (``retry_budget`` for ``retryBudget``)."""
    parts = _PARTS.findall(name) or [name]
    spelled = r"[\W_]?".join(re.escape(part.lower()) for part in parts)
    alone = (r"(?<![^\W_])", r"(?![^\W_])") if len(parts) == 1 else ("", "")
    return re.search(spelled.join(alone), lowered) is not None
