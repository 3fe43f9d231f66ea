"""What a summary says of the commonest templates: words that stand in each line it counts, and in no line it does not.

A label is a run of whole words: ``#`` stands for a number or hex run that is not known to be one and the same, ``<*>`` or
``<8 × a, 2 × b>`` for what differs within a word, a blank for any white space; one that ends in ``…`` is cut within its last
word, and a ``…`` that stands by itself says that some of the lines have more words there. What a log says between the level
and the message, such as a thread and a class, is left out so.
Where lines are objects of JSON, a blank stands between two members.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import compress

from headroom.compress import label_words
from headroom.compress.folding import SIGIL
from headroom.compress.label_numbers import spelled
from headroom.compress.label_words import GAP, HOLE
from headroom.compress.log_headers import messages
from headroom.compress.log_templates import Templates
from headroom.compress.message_keys import apart, starts
from headroom.compress.template_holders import Holders, near

ABOVE = 3
"""A template of no more lines is not told of."""
_BESIDES = 2
_SPELLED = 8
_SPELLED_LINES = 1_000
"""Labels, of the commonest templates, whose numbers are looked at, and lines of one up to which they are."""
_VALUES = 6
_VALUE_CHARS = 80
"""Different values of an open place, and characters of all, up to which they are told."""
_VALUE = re.compile(r"[^<>,]*[^\W\d_]{2}[^<>,]*")
_SURE = re.compile(r"<\*>|[# …]")
_PLAIN = re.compile(r"[^\W\d_]{2,}")
"""A word that changes what is said, which a stamp, a level in brackets or a name with a dot before it does not."""


class _Spaced(dict[str, str]):
    """The words of each mask asked for, a blank on either side of each, with the sign for a number that labels have."""

    def __missing__(self, mask: str) -> str:
        self[mask] = words = f" {' '.join(mask.split())} ".replace("0", "#")
        return words


class _Label:
    """What is said of a template, and of how many lines that is true."""

    def __init__(self, text: str, spaced: _Spaced) -> None:
        words = text.removesuffix("…")
        self.text = text
        self.told = text
        self.count = 0
        self.masks: frozenset[int] = frozenset()
        """Which masks its lines have."""
        self._spaced = spaced
        self._stood: dict[str, tuple[int, int, Sequence[str]] | None] = {}
        self._sure = max(_SURE.split(text), key=len)
        level, gap, message = words.partition(GAP)
        self._level = f" {level} " if gap else ""
        words = message or words
        self._first, *self._parts = (f" {words}" if text.endswith("…") else f" {words} ").split(HOLE)

    @property
    def is_open(self) -> bool:
        """Whether it has places where something differs."""
        return bool(self._parts)

    def count_in(self, masks: Sequence[tuple[str, int]]) -> None:
        """Count the lines of the masks, all of which have the label; tell the values of open places that have few."""
        self.count = sum([count for _, count in masks])
        open_places: dict[int, Counter[str]] = {place: Counter() for place in range(len(self._parts))}
        for mask, count in masks:
            if not open_places:
                return
            values = self._values(self._spaced[mask]) or []
            for place, counts in list(open_places.items()):
                value = values[place]
                counts[value] += count
                if len(counts) > _VALUES or sum(map(len, counts)) > _VALUE_CHARS or not _VALUE.fullmatch(value):
                    del open_places[place]
        pieces = self.text.split(HOLE)
        for place, piece in enumerate(pieces[1:]):
            counts = open_places.get(place, Counter())
            listed = ", ".join(f"{count} × {value}" for value, count in counts.most_common())
            pieces[place + 1] = f"<{listed or '*'}>{piece}"
        self.told = "".join(pieces)

    def open_ends(self, masks: Iterable[tuple[str, int]]) -> tuple[bool, bool]:
        """Whether a plain word stands before the label in any of these lines, and whether any goes on behind it."""
        before, behind = False, self.text.endswith("…")
        spaced = self._spaced
        seen: set[str] = set()  # words before it, few of which differ
        for mask, _ in masks:
            words = spaced[mask]
            start, end, _ = self._stands(words) or (0, len(words), ())
            if not before and (told := words[words.rfind(" ", 0, start) + 1 : start]) not in seen:
                seen.add(told)
                before = _PLAIN.fullmatch(told) is not None
            behind = behind or end < len(words)
            if before and behind:
                break
        return before, behind

    def among(self, masks: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
        """Those of some counted masks whose lines have the label."""
        sure, spaced, first = self._sure, self._spaced, self._first
        found = [item for item in masks if sure in item[0] and first in spaced[item[0]]]
        simple = not self._parts and not self._level
        return found if simple else [item for item in found if self._values(spaced[item[0]]) is not None]

    def is_said(self, others: Iterable[_Label]) -> bool:
        """Whether another label stands in all lines that have this one, and says at least half of what this one says."""
        text = self.text
        near = [other for other in others if other._sure in text and 2 * len(other.text) >= len(text)]
        return any(other._values(f" {text} ") is not None for other in near)

    def _values(self, words: str) -> Sequence[str] | None:
        """What stands in the open places where the label stands among the words; None where it does not."""
        if not self._parts and not self._level:
            return () if self._first in words else None
        found = self._stands(words)
        return found and found[2]

    def _stands(self, words: str) -> tuple[int, int, Sequence[str]] | None:
        """Where the label begins and ends among the words, a blank at either end, and what is in its open places."""
        if words not in self._stood:
            self._stood[words] = self._found(words)
        return self._stood[words]

    def _found(self, words: str) -> tuple[int, int, Sequence[str]] | None:
        begin = words.find(self._level)
        if begin < 0:
            return None
        at = words.find(self._first, begin + max(0, len(self._level) - 1))
        while at >= 0:
            values: list[str] = []
            end = at + len(self._first)
            for part in self._parts:
                # A word has one open place at most, so that where it ends says where the place does.
                tail, blank, _ = part.partition(" ")
                word_end = words.find(" ", end)
                start = word_end - len(tail) if blank else words.find(part, end + 1, word_end)
                if start <= end or not words.startswith(part, start):
                    break
                values.append(words[end:start])
                end = start + len(part)
            else:
                return begin if self._level else at, end, values
            at = words.find(self._first, at + 1)
        return None


def commonest(
    templates: Templates,
    most: int,
    others: Mapping[str, int] | None = None,
    besides: Sequence[int] = (),
    untold: Collection[int] = (),
    lines: Sequence[str] = (),
) -> list[str]:
    """Summary lines ``608× words of the template`` for the templates with the most lines, each count exact.

    With the ``lines`` of the templates, numbers that are the same in all of them are told.

    ``others`` holds the masks, and their counts, of lines that belong to no template; of the templates ``besides``, the first two
    that are not among these are told as well; those ``untold`` have lines that say nothing by themselves.
    """
    if not others:
        templates = apart(templates)
    common = sorted(
        (-count, template)
        for template, count in enumerate(templates.counts)
        if count > ABOVE and templates.texts[template] and template not in untold
    )[: 2 * most]
    if not common:
        return []
    members: list[list[tuple[str, int]]] = [[] for _ in templates.counts]
    for mask, count, template in zip(templates.masks, templates.mask_counts, templates.mask_ids, strict=True):
        members[template].append((mask, count))
    slotted = [template for template, skeleton in enumerate(templates.skeletons) if HOLE in skeleton]
    holders = Holders(templates.skeletons)
    offers = [*(template for _, template in common), *besides]
    headers = {**messages(templates, offers), **starts(templates, offers)}
    spare = list((others or {}).items())
    spaced = _Spaced()
    told: dict[str, _Label] = {}

    def holding(label: _Label, template: int) -> tuple[list[tuple[str, int]], set[int]]:
        """The masks, with their counts, of all lines that have the label of a template, and the templates of these."""
        found, of = members[template].copy(), {template}
        for other in sorted({*near(label.text, templates.skeletons[template], holders), *slotted} - {template}):
            if more := label.among(members[other]):
                found += more
                of.add(other)
        return found + label.among(spare), of

    def tell(template: int) -> None:
        own, skeleton = [mask for mask, _ in members[template]], templates.skeletons[template]
        header = headers.get(template)
        text = label_words.words(own, skeleton) if header is None else label_words.behind_header(own, skeleton, *header)
        if text in told or not label_words.tells(text):
            return
        label = _Label(text, spaced)
        if label.is_said(told.values()):
            return
        found, of = holding(label, template)
        before, behind = label.open_ends(found)
        if before and header is None:  # "Pre Evacuate" and "Post Evacuate" are no "Evacuate"
            longer = label_words.words(own, skeleton, more=1)
            if longer not in told and label_words.tells(longer):
                text, label = longer, _Label(longer, spaced)
                found, of = holding(label, template)
                before, behind = label.open_ends(found)
        told[text] = label
        label.masks = frozenset(map(id, found))  # each mask's item is one and the same in all lists
        label.count_in(found)
        if lines and len(told) <= _SPELLED and label.count <= _SPELLED_LINES and not label.is_open:
            level, gap, said = label.told.rpartition(GAP)
            label.told = (
                f"{level}{gap}{spelled(said, compress(lines, map(of.__contains__, templates.ids)), label.count)}"
            )
        label.told = f"{'… ' if before else ''}{label.told}{' …' if behind and not text.endswith('…') else ''}"

    for limit, offered in ((most, [template for _, template in common]), (most + _BESIDES, besides)):
        for template in offered:
            if len(told) < limit:
                tell(template)
    shown: list[_Label] = []
    for label in sorted(told.values(), key=lambda label: -label.count):
        if not label.is_said(shown):
            shown.append(label)
    return [f"{SIGIL}{label.count}× {label.told}{_among(label, shown[:place])}]" for place, label in enumerate(shown)]


def _among(label: _Label, above: Sequence[_Label]) -> str:
    """Where all the lines that a label counts are counted above, too: who adds the counts up would take them twice."""
    holding = [other.count for other in above if label.masks <= other.masks]
    return f"; among the {min(holding)}" if holding else ""
