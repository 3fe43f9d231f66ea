"""Names in a question that stand nowhere in a text: after a cut, who reads it can't tell those from what was left out."""

from __future__ import annotations

import re

from headroom.compress.folding import SIGIL
from headroom.compress.kind_hints import kind_of_path
from headroom.compress.rendition import Hints
from headroom.compress.sides import sides

_NAME = re.compile(r"(?<![\w./#$@:-])(?=\w*?(?:[A-Za-z0-9]_[A-Za-z0-9]|[a-z][A-Z]))([A-Za-z_]\w{5,})(?![\w/#@-]|\.\w)")
"""An identifier with a low line or a capital inside, that is no part of a path, of a dotted name or of an address."""
_MOST = 4
"""A question with more names than this is about other texts, too."""
_MARKED = re.compile(r"`([^`\n]{2,60})`")
"""Whoever puts backticks around a word means that very word."""
_KINDS = (
    r"Deployment|Service|Ingress|Job|CronJob|Pod|Namespace|Secret|ConfigMap|Role|RoleBinding|ClusterRole|ClusterRoleBinding"
    r"|StatefulSet|DaemonSet|ReplicaSet|ServiceAccount|NetworkPolicy|PersistentVolume(?:Claim)?|StorageClass"
)
_OF_KIND = re.compile(rf"\b(?:{_KINDS}) (?:([a-z0-9]+(?:-[a-z0-9]+)+)|(?<=[a-z]Set )([a-z0-9]+))(?![\w/.-])")
"""What stands behind the kind of thing it is, such as "the Deployment order-worker" or "the StatefulSet db"."""
_IN_FILE = re.compile(
    r"\b(?:in|of|to|from) [`'\"]?(?:[\w.-]+/)*([\w-]{2,}(?:\.[\w-]+)*\.[A-Za-z]\w{0,4})(?![\w/]|\.\w)"
)
_QUOTED = re.compile(r"[\"“]([^\"“”\n]{3,60})[\"”]")
_NO_FILE = re.compile(r"(?:node|vue|next|nuxt|react|express|three)\.js", re.IGNORECASE)
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z`'\"])")
_EMPTY = re.compile(
    r"\W*(?:(?:I['’]ll|let me|let['’]s|now|first|then|we|take a|have a|look|see|check|it|again|here)\W*)+",
    re.IGNORECASE,
)
"""A sentence that says nothing of what is looked for."""
_LOOKS_FOR = re.compile(
    r"\W*(?:(?:so|now|ok|okay|and|but|then|next|first|also|exactly)\W+)*+"
    r"(?:(?:what|which|where|how|is|are|was|were|does|do|did|has|have|can|may|will)\b"
    r"|(?:I(?:['’]ll| will|['’]m going to| need to| want to)|let me|let['’]s|we(?:['’]ll| need to)?)\s+(?:(?:now|also|first|just)\s+)?"
    r"(?:check|see|find|inspect|show|locate|view|examine|look (?:at|for|up|into)|search for)\b)",
    re.IGNORECASE,
)
"""How a sentence begins that may ask for what a name stands for."""
_ASKS_FOR_ELSE = re.compile(
    r"\b(?:missing|absent|gone|replac\w+|instead|than|besides?|apart|aside|except\w*|exclud\w+|without|unlike|like|similar\w*"
    r"|alternativ\w+|equivalent\w*|still|any ?more|longer|not|never|no|nothing|none|neither|nor|else|other\w*|others|rest"
    r"|lack\w*|delet\w+|dropp?\w*|remov(?:es?|ing|al)|removed(?! (?:and|or|lines?)\b)|renam\w+|mov(?:e|es|ed|ing)|migrat\w+"
    r"|deprecat\w+|disabl\w+|obsolete|former\w*|previous\w*|used to|vs|versus|compar\w+|differ\w*|between|rather|default\w*"
    r"|overrid\w+|fall ?back|cause[sd]?|break\w*|broke\w*|fix\w*|creat\w+|writ(?:e|es|ing)|introduc\w+|implement\w*|insert\w*|append\w*"
    r"|adds?|adding|added(?! (?:and|or|lines?)\b)|updat\w+|edit\w*|modif(?:y|ies|ying)|extend\w*|support\w*|convert\w*|since|go(?:es)?"
    r"|before|after|until|branch(?:es)?|commits?|tags?|release[sd]?|versions?|why|happen\w*|bec[ao]mes?"
    r"|affect\w*|impact\w*|behav\w*|cover\w*|works?|already)\b|n['’]t\b",
    re.IGNORECASE,
)
"""Words of a question that the rest of a text may answer, where what it names is not there: "what replaced `x`?"."""
_AND_MORE = re.compile(
    r"(?:\b(?:and|or|plus|as well as)|&)\s+(?!(?:the )?``|(?:added|removed)\b)"
    r"|(?<!``)(?<!``,)(?<!added)(?<!removed)\s(?:and|or|plus|as well as|&)\s",
    re.IGNORECASE,
)
"""What is asked for beside names."""
_TAKES = re.compile(
    r"[`()\s]*+(?:\w+ly\s+)?"
    r"(?:reads?|loads?|gets?|needs?|expects?|requires?|depends?|parses?|consumes?|connects?|talks?|uses?|picks?)\b"
)
"""Behind a name: what it is given is asked for, which a text may hold that does not name it."""
_NOT_A_NAME = re.compile(r"[\s=:\"'{}<>|*]|^v?\d[\w.]*$|^[0-9a-f]{7,40}$")
"""In backticks a phrase, command, setting with its value, version or hash: it may be told in many ways."""
_SHORT_FORM = re.compile(r"[^\W_]{1,3}|[A-Za-z]\d{1,2}[A-Za-z]|[^\W_aeiouyAEIOUY]+")
"""A name that may be short for another, such as ``db``, ``k8s`` or ``pgsql``."""
_ENDING = re.compile(r"(?:ations?|ions?|ings?|ies|ors?|ers?|ed|es|e|y|(?<![siu])s)$")
_STEM = 4
_LONGEST = 60
_MOST_OTHERS = 12
"""Names elsewhere in a question that are looked for."""
_WHOLE = 6
"""Words of so many letters are often said in short."""


def not_there(hints: Hints, text: str) -> str:
    """The notice that names them, with its line break; empty where all are there.

    Only the query's last line counts, what was said right before the call: a task names much that this text has nothing
    to do with.
    """
    said = _said(hints) or _without(hints, hints.query.strip().rpartition("\n")[2])
    names = list(dict.fromkeys(_NAME.findall(said)))
    if not names and "`" not in said and _OF_KIND.search(said) is None:
        return ""
    lowered = text.lower()
    absent = [name for name in names if name.lower() not in lowered and name not in hints.arguments]
    told = dict.fromkeys([*(absent if len(names) <= _MOST else ()), *sought_elsewhere(hints, text)])
    return f"{SIGIL}not in this text: {', '.join(told)}]\n" if told else ""


def sought_elsewhere(hints: Hints, text: str, *, files: bool = False) -> tuple[str, ...]:
    """The names that the call was made for, where none of them stands in its result; else none.

    They are those of the question right before the call, or of its last sentence that says anything: what is in
    backticks or written as identifiers are, and with ``files`` the file in which that was to be found. What the task
    says, or a sentence on something else, gives no names. Where the rest of the text may answer, too, there are none:
    where several things are asked for, what replaced or needs the name, or one that may be spelled in many ways, and
    where anything else that is named in the task or right before the call stands in the text.
    """
    said = _said(hints)
    sentences = [part for part in _SENTENCE.split(said) if not _EMPTY.fullmatch(part)]
    if not sentences:
        return ()
    asked = [row for row, part in enumerate(sentences) if part.rstrip("`'\"*_)").endswith("?")]
    question = " ".join(sentences[asked[-1] if asked else -1 :])
    if len(asked) > 1 or not _LOOKS_FOR.match(question) or len(sides(Hints(query=said))) > 1:
        return ()
    unnamed = _MARKED.sub("``", question)
    for name in _identifiers(unnamed):
        unnamed = unnamed.replace(name, "``")
    if _ASKS_FOR_ELSE.search(unnamed) or _AND_MORE.search(unnamed):
        return ()
    lowered = text.lower()
    others = [*_MARKED.findall(hints.query), *_QUOTED.findall(hints.query), *_identifiers(hints.query)]
    others = [name for name in dict.fromkeys(reversed(others)) if name not in question][:_MOST_OTHERS]
    if not files and any(name.lower() in lowered for name in others):
        return ()
    if files and (within := tuple(dict.fromkeys(filter(_is_file, _IN_FILE.findall(question))))):
        return () if any(_stands(name, lowered, whole=True) for name in within) else within
    names = _names(question, hints, files=files)
    stand = any(_stands(name, lowered, whole=files) for name in (*names, *_QUOTED.findall(question)))
    return names if 0 < len(names) <= _MOST and not stand else ()


def _names(question: str, hints: Hints, *, files: bool) -> tuple[str, ...]:
    """The names in a question whose absence can be seen; none where one of them may be told in too many ways."""
    called = f"{hints.arguments} {hints.command} {hints.path}".lower()
    found: list[str] = []
    for match in _MARKED.finditer(question):
        name = match[1].strip(" $.,;()[]-")
        if name.lower() in called or (not files and _is_file(name)):
            continue  # where it is looked for
        a_call = match[1].endswith(")")
        if _NOT_A_NAME.search(name) or _SHORT_FORM.fullmatch(name) or (not files and (a_call or "/" in name)):
            return ()
        if _TAKES.match(question[match.end() :]):
            return ()
        found.append(name)
    for name in _identifiers(question):
        if name.lower() not in called and not any(name in known for known in found):
            if _TAKES.match(question.partition(name)[2]):
                return ()
            found.append(name)
    return tuple(dict.fromkeys([*found, *("".join(groups) for groups in _OF_KIND.findall(question))]))


def _identifiers(said: str) -> list[str]:
    """Identifiers without backticks, but for those that may be names of makers or products, such as ``GitHub``."""
    names = _NAME.findall(_MARKED.sub(" ", said))
    return [name for name in names if len(name) <= _LONGEST and ("_" in name or name[0].islower())]


def _is_file(name: str) -> bool:
    return kind_of_path(name) is not None and not _NO_FILE.fullmatch(name)


def _said(hints: Hints) -> str:
    """What was said right before the call, behind the task; empty where nothing was."""
    if hints.query.endswith("\n"):
        return ""
    task, _, last = hints.query.strip().rpartition("\n")
    return _without(hints, last).strip() if task else ""


def _without(hints: Hints, said: str) -> str:
    return said.replace(hints.arguments, " ") if hints.arguments else said


def _stands(name: str, lowered: str, *, whole: bool) -> bool:
    """Whether a text has a name, perhaps in another spelling (``retry_budget`` for ``retryBudget``).

    Its parts must follow one another with ``whole``; else they may stand anywhere, as keys of a setting do in blocks.
    """
    if len(name) < _STEM:
        return (
            re.search(rf"{re.escape(name.lower())}(?<![^\W_]{re.escape(name.lower())})(?![^\W_])", lowered) is not None
        )
    if name.lower() in lowered:
        return True
    parts = [part.lower() for part in _PARTS.findall(name)]
    if whole and len(parts) > 1:
        spelled = r"[\W_]?".join(rf"{re.escape(_stem(part))}[a-z]{{0,5}}" for part in parts)
        return re.search(spelled, lowered) is not None
    words = [part for part in parts if len(part) >= _STEM - 1 and part.isalpha()]
    return bool(words) and all(_stem(word) in lowered or _in_short(word, lowered) for word in words)


def _stem(word: str) -> str:
    stem = _ENDING.sub("", word)
    return stem if len(stem) >= _STEM else word.removesuffix("s")


def _in_short(word: str, lowered: str) -> bool:
    """Whether a text may say a word in short: ``auth``, ``prod``, ``env``, ``db`` or ``k8s``."""
    if len(word) < _WHOLE:
        return False
    first, start = word[0], word[:3]
    if re.search(rf"{start}(?<![a-z]{start})(?:{word[3]}|(?![a-z]))", lowered):
        return True
    # Its first letter with consonants of it, or with the number of letters between the first and the last.
    told = set(re.findall(rf"{first}(?<![a-z]{first})(?:[b-df-hj-np-tv-z]{{1,3}}|\d\d?[a-z])(?![a-z])", lowered))
    if f"{first}{len(word) - 2}{word[-1]}" in told:
        return True
    return any(_is_within(short, word) for short in told)


def _is_within(short: str, word: str) -> bool:
    """Whether the letters of one word stand in another in their order."""
    letters = iter(word)
    return all(letter in letters for letter in short)
