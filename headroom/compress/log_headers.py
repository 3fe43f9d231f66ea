"""Where a log line's message begins: behind the level, and what names a thread, a class or a request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.log_levels import level_at
from headroom.compress.log_templates import Templates

_WITHIN = 300
"""Characters of a line that are looked at."""
_WORDS = 16
"""Words behind the level among which a message begins."""
_LEAST = 11
"""Characters between level and message from which it is worth saying where the message begins."""
_MESSAGE_WORDS = 2
_JUDGED = 12
"""Templates, the commonest, by which one knows whether the lines of a log are of such a form."""
_SIGNS = frozenset(("-", "--", "---", ":", "|"))
_LOGGER = re.compile(r"[^\W\d_][\w$-]*(?:[.$][\w$*-]+)+(?::0)?:?")
"""A class or module, as loggers are called, and the line of it."""
_BARE = re.compile(r"[\W0]+")
_ADDRESS = re.compile(r"0(?:[.:/-]0){2,}[:,]?")
_CODE = re.compile(r"%[A-Z]\w*-0-[A-Z]\w*:")
_ZONES = frozenset(("UTC", "GMT", "BST", "CET", "CEST", "EET", "EEST", "EST", "EDT", "CST", "CDT", "PST", "PDT", "JST"))


def first_word(skeleton: Sequence[str]) -> int:
    """The first token that is neither a value nor the time zone of a stamp, or the message's code; 0 where there is none."""
    if code := next((at for at, token in enumerate(skeleton) if token[0] == "%" and _CODE.fullmatch(token)), 0):
        return code
    words = (at for at, token in enumerate(skeleton) if "*" not in token and token not in _ZONES)
    return next((at for at in words if any(map(str.isalpha, skeleton[at]))), 0)


def messages(templates: Templates, common: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Of the commonest templates, at which words level and message begin, where most lines with a level have more in between."""
    found: dict[int, tuple[int, int]] = {}
    headed = 0
    for judged, template in enumerate(common):
        if judged == _JUDGED and headed <= 0:
            break
        text = templates.texts[template][:_WITHIN]
        place = level_at(text)
        if place is None:
            continue
        words = text.split()
        level = len(f"{text[: place[0]]}.".split()) - 1
        first = _message(words, level + 1)
        headed += templates.counts[template] if first else -templates.counts[template]
        if sum(map(len, words[level + 1 : first])) + first - level - 2 >= _LEAST:
            found[template] = level, first
    if headed <= 0:
        return {}
    return {template: at for template, at in found.items() if "*" not in templates.skeletons[template].split()[at[0]]}


def _message(words: Sequence[str], at: int) -> int:
    """Where the message begins behind what stands before it; 0 where nothing does."""
    first = 0
    stop = min(len(words), at + _WORDS)
    while at < stop:
        word = words[at]
        if word[0] == "[":
            at = _closed(words, at, stop)
            if not at:
                break
            first = at
        elif word in _SIGNS:
            first = at = at + 1
        elif _LOGGER.fullmatch(word):
            first = at = at + 1
            if word[-1] == ":":
                break
        elif _BARE.fullmatch(word):
            at += 1
        else:
            break
    while first and first < len(words) and _ADDRESS.fullmatch(words[first]):
        first += 1
    return first if len(words) - first >= _MESSAGE_WORDS else 0


def _closed(words: Sequence[str], at: int, stop: int) -> int:
    """The word behind those in brackets; 0 where they do not end."""
    depth = 0
    for end in range(at, stop):
        depth += words[end].count("[") - words[end].count("]")
        if depth <= 0:
            return end + 1 if words[end].endswith(("]", "]:")) else 0
    return 0
