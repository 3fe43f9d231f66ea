"""Where the message begins in lines that name it: behind ``"msg":`` in objects of JSON, behind ``msg=`` in logfmt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from headroom.compress.log_levels import level_at
from headroom.compress.log_templates import Templates

_WITHIN = 2_000
"""Characters of a line that are looked at."""
_JSON_KEY = re.compile(r'\{*"(?:msg|[Mm]essage|event|MessageTemplate|@mt)":')
_KEY = re.compile(r"(?:msg|message)=(?!audit\()")
_STEMS = ('"msg"', 'essage"', '"event"', "MessageTemplate", "@mt", "msg=", "message=")


def apart(templates: Templates) -> Templates:
    """The templates with a blank between the members of objects, where most lines are such with a message; else as they are."""
    of_json = [
        count
        for text, count in zip(templates.texts, templates.counts, strict=True)
        if text[:1] == "{" and any(stem in text for stem in _STEMS[:5])
    ]
    if 2 * sum(of_json) <= len(templates.ids):
        return templates
    return replace(
        templates,
        texts=[_apart(text) for text in templates.texts],
        skeletons=[_apart(skeleton) for skeleton in templates.skeletons],
        masks=[_apart(mask) for mask in templates.masks],
    )


def _apart(line: str) -> str:
    return line.replace(',"', ', "')


def starts(templates: Templates, common: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Of some templates, at which words level, -1 where none stands before the message, and the message begin."""
    found: dict[int, tuple[int, int]] = {}
    for template in common:
        text = templates.texts[template][:_WITHIN]
        if not any(stem in text for stem in _STEMS):
            continue
        key = _JSON_KEY if text[:1] == "{" else _KEY
        words = text.split()
        first = next((at for at, word in enumerate(words) if key.match(word)), -1)
        if first < 0:
            continue
        place = level_at(text)
        level = len(f"{text[: place[0]]}.".split()) - 1 if place else -1
        tokens = templates.skeletons[template].split()
        found[template] = (level, first) if 0 <= level < first and "*" not in tokens[level] else (-1, first)
    return found
