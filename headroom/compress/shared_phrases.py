"""Summary lines for what several templates of a log share: words that each of them holds, or begins with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import takewhile

from headroom.compress.folding import SIGIL
from headroom.compress.log_templates import Templates

_WORD = re.compile(r"[^\W\d_]{3}")
_PHRASE_CHARS = 10
_PHRASE_SHOWN = 80
_LAST_WORD = re.compile(r"(?<!\w)\w+\Z")
_PHRASES = 4
"""Places of a phrase from which it is told of."""
_BEGINNINGS = 2
_BEGINNING_SHARE = 0.1
"""Share of the lines from which one says how many hold what several templates begin with."""
_GROUPED = 200
_SIGNS = " -:,;|[]()"
_BRACKETED = re.compile(r"[^\W\d_]{3,}[\[(]")
_MASKABLE = re.compile("[a-f]|.*0")
"""What a mask may not show of a phrase, or show of more than it: hex digits behind a number are part of it."""
_CHARS_A_MASK = 150
"""Characters of a text that are looked through in the time that one mask takes."""


def told(text: str, templates: Templates, told_of: Sequence[str], most: int = 4, looked_at: int = 12) -> list[str]:
    """Summary lines ``956× "open through proxy"`` for the constant words that several of the commonest templates share.

    Of the very commonest three pieces are looked at, of others the longest. Counted over the whole ``text``: behind a legend nobody could count them.
    What a line of ``told_of`` says with the same count is not said again.
    """
    common = sorted((-count, template) for template, count in enumerate(templates.counts))[:looked_at]
    count_of = _counting(text, templates)
    counts: dict[str, int] = {}
    found: Counter[str] = Counter()
    for place, (own, template) in enumerate(common):
        masked, skeleton = templates.texts[template], templates.skeletons[template]
        pieces = sorted(map(str.strip, masked.split("0")), key=len)[-3 if place < 3 else -1 :]
        runs = [" ".join(words) for words in _runs(skeleton.split())]
        for piece in dict.fromkeys((*reversed(pieces), max(runs, key=len, default=""))):
            phrase = _cut(piece)  # what is shown is what is counted
            if len(phrase) < _PHRASE_CHARS or phrase in counts or len(_WORD.findall(phrase)) < 2 or " " not in phrase:
                continue
            counts[phrase] = count = count_of(phrase)
            if count != -own and count >= max(_PHRASES, -common[0][0] // 4):
                found[phrase] = count
    shown = [
        (phrase, count)
        for phrase, count in found.most_common()
        if not any(phrase.strip(_SIGNS) in longer and count == counts[longer] for longer in found if longer != phrase)
        and not _is_said(phrase, count, told_of)
    ][:most]
    said = [*told_of, *_in_all(shown)]
    begun = [(phrase, count) for phrase, count in _beginnings(count_of, templates) if not _is_said(phrase, count, said)]
    return _in_all([*shown, *begun[:_BEGINNINGS]])


def _cut(piece: str) -> str:
    """As much of it as is shown, up to the end of a word."""
    shown = piece[:_PHRASE_SHOWN]
    if piece[_PHRASE_SHOWN : _PHRASE_SHOWN + 1].isalnum():
        shown = _LAST_WORD.sub("", shown) or shown
    return shown.rstrip()


def _is_said(phrase: str, count: int, lines: Sequence[str]) -> bool:
    """Whether a line counts as many of the phrase, the signs around it aside."""
    words = phrase.strip(_SIGNS)
    return any(words in line and line.startswith(f"{SIGIL}{count}×") for line in lines)


def _in_all(counted: Sequence[tuple[str, int]]) -> list[str]:
    return [f'{SIGIL}{count}× "{phrase}" in all]' for phrase, count in counted]


def _counting(text: str, templates: Templates) -> Callable[[str], int]:
    """How often a phrase stands in the text: seen by the masks where there are few, as it stands in all their lines alike."""
    masks = list(zip(templates.masks, templates.mask_counts, strict=True))

    def count(phrase: str) -> int:
        if _CHARS_A_MASK * len(masks) > len(text) or _MASKABLE.match(phrase):
            return text.count(phrase)
        return sum([lines * mask.count(phrase) for mask, lines in masks if phrase in mask])

    return count


def _beginnings(count_of: Callable[[str], int], templates: Templates) -> list[tuple[str, int]]:
    """What the words of several templates begin with (``Failed password for``, ``query[``) and how often that is in the text.

    The words of a template are the longest run without a value; a choice of names splits one event into many templates.
    """
    groups: dict[str, list[list[str]]] = {}
    common = sorted(range(len(templates.counts)), key=lambda template: -templates.counts[template])[:_GROUPED]
    for template in common:
        words = _longest(templates.skeletons[template].split())
        bracketed = _BRACKETED.match(words[0]) if words else None
        if bracketed is not None:
            groups.setdefault(bracketed[0], []).append([bracketed[0]])
        elif len(words) > 1 and words[0][0].isalpha():
            groups.setdefault(" ".join(words[:2]), []).append(words)
    least = max(_PHRASES, _BEGINNING_SHARE * len(templates.ids))
    found: list[tuple[str, int]] = []
    for group in groups.values():
        if len(group) < 2:
            continue
        alike = takewhile(lambda column: len(set(column)) == 1, zip(*group, strict=False))
        phrase = " ".join([column[0] for column in alike])[:_PHRASE_SHOWN].rstrip()
        if _WORD.search(phrase) is None or (" " in phrase and len(phrase) < _PHRASE_CHARS):
            continue
        count = count_of(phrase)
        if count >= least:
            found.append((phrase, count))
    return sorted(found, key=lambda item: -item[1])


def _longest(tokens: list[str]) -> list[str]:
    """The first of the runs of tokens that are no values with the most characters."""
    start = size = most = 0
    place = slice(0)
    for at, token in enumerate([*tokens, "*"]):
        if "*" not in token:
            size += len(token)
            continue
        if size > most:
            most, place = size, slice(start, at)
        start, size = at + 1, 0
    return tokens[place]


def _runs(tokens: Sequence[str]) -> list[list[str]]:
    """Runs of tokens that are no values."""
    runs: list[list[str]] = [[]]
    for token in tokens:
        if "*" in token:
            runs.append([])
        else:
            runs[-1].append(token)
    return runs
