"""Of which level a log's lines are: the word before the message, the value of a key, or a number in the message's code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compress.log_templates import Templates

_UPPER = "TRACE DEBUG INFO NOTICE WARN(?:ING)? ERR(?:OR)? FATAL CRIT(?:ICAL)? SEVERE ALERT EMERG PANIC"
_TITLE = "Verbose Debug Info(?:rmation)? Warning Error Critical Fatal"
_LOWER = "trace debug info notice warn(?:ing)? err(?:or)? fatal crit severe alert emerg panic"
_ENDED = "warning error fatal panic"
_LEVEL = re.compile(  # each alternative begins with its letter, which the matcher skips to; what stands before comes second
    "("
    + "|".join(
        (
            *(rf"{word[0]}(?<!\w.){word[1:]}\b" for word in _UPPER.split()),
            *(rf"{word[0]}(?<!\w.)(?<![a-z] .){word[1:]}\b(?!-| [a-z])" for word in _TITLE.split()),
            *(rf"{letter}(?<=0 .)(?= \S)" for letter in "VDIWEFA"),
            *(rf"{word[0]}(?<![^\[=\"].){word[1:]}\b(?!-)" for word in _LOWER.split()),
            *(rf"{word[0]}(?<=[\w\]]: .){word[1:]}(?=: )" for word in _ENDED.split()),
        )
    )
    + ")"
)
_NUMBERED_LEVEL = re.compile(rf"0 (silly|verbose|http|timing|{_LOWER.replace(' ', '|')})\b")
"""npm's, behind the number of the line."""
_DIRECTIVE = re.compile(r"#[A-Z][\w-]*: ")
"""Of a log in W3C's format: what software wrote it, and which fields it has."""
_GLOG_LEVEL = re.compile(r"([IWEF])0 0:0:0\.0 +0 \S+?:0\] ")
"""glog's and klog's, before the day."""
_LEVEL_WITHIN = 90
"""A level that no key names stands near the start of a line."""
_KEY_STEMS = ("evel", "lvl", "everity", '"c":')
_KEYED = re.compile(
    r"(?<![\w?&])(?:log[._]?)?(?:[Ll]evel|lvl|[Ss]everity)(?:_?[Nn]ame|_?[Tt]ext)?"
    r'(?:"?: ?|=)["\']?((?i:verbose|information|dbug|eror|dpanic|critical|emergency|'
    rf'{_LOWER.replace(" ", "|")}))(?![\w-])|"s": ?"([DIWEF])0?", *"c":'
)
"""A level behind its key, as structured logs and MongoDB write it."""
_VALUE_SIGNS = ('"', "=")
_SHORT_KEY = re.compile(r'(?:\A|[\s{,])"?@?(?:l|lev|sev|prio(?:rity)?|PRIORITY)"?(?: ?: ?|=)"?\Z')
"""What else stands before a level that is a value; `status=error` and `"error":null` tell of none."""
_SETTING = re.compile(r"(?:[\w./-]+ +\|)?\s+[\w.]+:? \w+\Z")
"""One of a dump of settings, `  loglevel: debug`, which may stand behind a service's name."""
_VALUE_END = re.compile(r'"|[\s,}]|\Z')
_CODED = re.compile(r"%[A-Z]\w*-([0-7])-\w+: ")
_CODED_NAMES = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")
"""What the numbers in the codes of Cisco's devices mean (RFC 5424, section 6.2.1)."""
TROUBLE = re.compile(r"[WEF]\Z|(?i:warn|err|fatal|crit|severe|alert|emerg|panic)")
"""What a level begins with that is a warning or worse."""
_SAMPLE = 20


@dataclass(frozen=True, slots=True)
class Levels:
    """Level words as written, those of coded messages as named; empty where there is none."""

    of_template: list[str]
    of_line: list[str]


def levels_of(lines: Sequence[str], templates: Templates) -> Levels:
    """The level of each template and of each line."""
    found = _of_templates(templates)
    said = list(map(found.__getitem__, templates.ids))
    if any(map(_CODED.search, lines[:_SAMPLE])):
        coded = zip(map(_CODED.search, lines), said, strict=True)
        said = [_CODED_NAMES[int(match[1])] if match else word for match, word in coded]
        found = [said[row] for row in templates.first]
    return Levels(found, said)


def _of_templates(templates: Templates) -> list[str]:
    texts = templates.texts
    for form in (_NUMBERED_LEVEL, _GLOG_LEVEL):
        found = [form.match(text) for text in texts]
        if 2 * sum([count for match, count in zip(found, templates.counts, strict=True) if match]) > len(templates.ids):
            return [match[1] if match else "" for match in found]
    said = [text[slice(*place)] if (place := level_at(text)) else "" for text in texts]
    # A letter between numbers is a level where most lines have one, as in logcat; else it is a unit or a name.
    letters = sum([count for word, count in zip(said, templates.counts, strict=True) if len(word) == 1])
    return said if 2 * letters > len(templates.ids) else [word if len(word) > 1 else "" for word in said]


def level_at(masked: str) -> tuple[int, int] | None:
    """Where the level word of a masked line begins and ends."""
    if masked[:1] == "#" and _DIRECTIVE.match(masked):
        return None
    match = _LEVEL.search(masked, 0, _LEVEL_WITHIN)
    if match is not None and masked[match.start() - 1 : match.start()] not in _VALUE_SIGNS:
        return match.span()
    # The value of some key may be such a word by chance: `status=error level=info`.
    keyed = _KEYED.search(masked) if any(stem in masked for stem in _KEY_STEMS) else None
    if keyed is not None:
        place = keyed.span(keyed.lastindex or 0)
        return None if place[1] == len(masked) and _SETTING.match(masked) else place
    if match is None or not (_SHORT_KEY.search(masked, 0, match.start()) and _VALUE_END.match(masked, match.end())):
        return None
    return match.span()
