"""Which log lines are of one make: words equal, values different.

Like Drain (He et al. 2017) this tells constant words from variable values, but flat and at the speed of a few regex
passes. A line's *mask* has its numbers and hex runs blanked. Its *skeleton* has every value-like token blanked as well
(one that holds a digit, dot, slash, underscore or at sign). Lines of one skeleton are one template: two lines that
differ in a plain word never share one. Where a template has few masks its values form a small set (states, switches),
and the lines of its rare masks are reported, since an odd value is what one looks for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

from headroom.compress.number_masks import masked_lines, words_of
from headroom.compress.once import once

_VALUE = re.compile(r"(?<![^\s=:(|\[{\"',])[^\s=:(|\[{\"',0./\\_@]*+[0./\\_@][^\s=:(|\[{\"',]*+")
_ASCII_VALUE = re.compile(_VALUE.pattern.replace(r"\s", r" \t-\r\x1c-\x1f"))
"""The same for ASCII alone: one set of characters is looked up faster than a set and a category."""
_DAY_NAMES = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_TIME = r" {1,2}0(?: 0)? 0:0:0"
_STAMP = re.compile(  # each alternative begins with its letter, which the matcher skips to; what stands before comes second
    "|".join(
        (
            *(
                rf"{day[0]}(?<!\w.){day[1:]}(?:,? (?:0 )?(?:{_MONTHS}){_TIME}| (?:{_MONTHS}) {{1,2}}0 0\b)"
                for day in _DAY_NAMES.split("|")
            ),
            *(rf"{month[0]}(?<!\w.){month[1:]}{_TIME}" for month in _MONTHS.split("|")),
        )
    )
)
"""A mask's time stamp, as syslog, C and mail headers write it, and the day that Cisco's devices write behind the time."""
_CODE = re.compile(r"%[A-Z]\w*-0-[A-Z]\w*(?=: )")
"""A mask's code as Cisco's devices write it: what kind of message a line is, and no value."""
_EPOCH = re.compile(r"0:0(?<![^\s=(]...)(?=[.+~-])[\w.+~-]++(?![^\s,;)])")
"""A mask's version of a Debian package with an epoch, ``1:2.3~rc1-4``: as much one value as a version without one."""
_PACKAGE = re.compile(r"(?<= )[a-z0][a-z0.+-]*+:(?:amd0|all|any|arm(?:0|hf|el)|i0|s0x|ppc0el|riscv0)(?= )")
"""A mask's name of a Debian package with its architecture, as dpkg and apt write it: a value, however few there are."""
_CLIENT_SAYS = re.compile(r'(?<=" 0 [-0] )"(?:[^"\\\n]|\\.)*+" "(?:[^"\\\n]|\\.)*+"')
"""A mask's referer and user agent, behind status and size: what a client may write as it likes, and no event of the server."""
_OF_REQUEST = re.compile(r"(?<=, client: )[^\n]++")
"""What nginx says of the request that an error came up with: client, server, request, upstream, host, referrer."""
_LEFT_OUT = "…"
_GUARDED = str.maketrans("0_", "\x1c\x1d")
_RESTORED = str.maketrans("\x1c\x1d", "0_")
_NAME = re.compile(r"[A-Z][a-z]+")
_STAMPED_WITHIN = 4_000
"""Characters of masks in which the first stamp stands, where lines have them."""
_SMALL_SET = 8
"""A template of up to this many masks takes its values from a small set."""
_CHOICE = 20
"""Masks of a template up to which its values are a choice."""
_SHORT_RUN = re.compile(r"(?:(?<!0)0++)?(?<![A-Za-z])[A-Za-z]{1,2}(?![A-Za-z])0*")
_SLOT_WORDS = 12
"""Different words in one place of a line, from which they are values and not a choice of events."""
_LONE_SLOT_WORDS = 40
"""The same where only one other word says what the line is."""
_KNOWN_SLOT_WORDS = 4
"""The same where half of them are values in such a place of other lines: names of packages that were installed, too."""
_SLOT_TOKENS = 16
_PLAIN = re.compile(
    r"(?<!\S)(?!(?:TRACE|DEBUG|INFO|NOTICE|WARN|ERROR|info|Info)\b)<?[^\W\d_]{3,}(?:-[^\W\d_]+)*+>?(?=[:,.]?(?!\S))"
)

_COUNTED_CHARS = 4_000
_COUNTED_LINES = 100
"""Characters, and lines, up to which whoever reads a re-encoded text can count in it."""


@dataclass(frozen=True, slots=True)
class Templates:
    """The template of each line, and what each template is."""

    ids: list[int]
    """Template number of each line."""
    counts: list[int]
    """Lines of each template."""
    first: list[int]
    """Row of the first line of each template."""
    last: list[int]
    """Row of its last line."""
    texts: list[str]
    """The masked text of each template's first line."""
    skeletons: list[str]
    rare_variants: list[int]
    """Rows of masks that are rare within a template of few masks: an unusual state or switch."""
    masks: list[str]
    """The different masks."""
    mask_counts: list[int]
    """Lines of each mask."""
    mask_ids: list[int]
    """Template number of each mask."""
    choices: set[int]
    """Templates whose values are a choice of a few."""


def are_many(lines: Sequence[str], text: str) -> bool:
    """Whether the lines of a text are too many to be counted behind a legend, so that a summary is worth its tokens."""
    return len(text) > _COUNTED_CHARS and len(lines) > _COUNTED_LINES


def mine(text: str, marks: Mapping[int, int] | None = None, rare: int = 3) -> Templates:
    """Find the template of every line of ``text``, split at newlines. Linear.

    ``marks`` gives some rows a number, not 0, that keeps templates apart, such as a severity.
    """
    return mine_masks(masked_lines(text), marks, rare)


def mine_masks(masked: Sequence[str], marks: Mapping[int, int] | None = None, rare: int = 3) -> Templates:
    """Find the template of every line, given each line's mask. Linear."""
    keys: list[str | tuple[str, int]] = list(masked)
    for row, mark in (marks or {}).items():
        keys[row] = (masked[row], mark)
    of_mask = Counter(keys)  # in the order of their first rows
    distinct = [(key, 0) if isinstance(key, str) else key for key in of_mask]
    masks = list(dict.fromkeys([mask for mask, _ in distinct]))
    skeleton_of = dict(zip(masks, _skeletons("\n".join(masks)), strict=True))
    skeletons = [skeleton_of[mask] for mask, _ in distinct]
    lines = [0 if mark else count for (_, mark), count in zip(distinct, of_mask.values(), strict=True)]
    skeletons = _open_slots(skeletons, lines, rare)
    numbers: dict[tuple[str, int], int] = {}
    template_of = [
        numbers.setdefault((skeleton, mark), len(numbers))
        for skeleton, (_, mark) in zip(skeletons, distinct, strict=True)
    ]
    variety = Counter(template_of)
    of_key = dict(zip(of_mask, template_of, strict=True))
    ids = list(map(of_key.__getitem__, keys))
    # Templates are numbered in the order of their first rows.
    counts = [0] * len(numbers)
    for template, count in zip(template_of, of_mask.values(), strict=True):
        counts[template] += count
    first: list[int] = []
    for template in range(len(numbers)):
        first.append(ids.index(template, first[-1] if first else 0))
    places = dict(zip(ids, range(len(ids)), strict=True))
    last = [places[template] for template in range(len(numbers))]
    # The letters of a code, as of a place (`R0-NB-J0`) or a hash, are no state: masks that differ in these alone are one.
    alike = {
        key: (of_key[key], coarse(masked))
        for key, (masked, _) in zip(of_mask, distinct, strict=True)
        if 1 < variety[of_key[key]] <= _CHOICE
    }
    lines_alike: Counter[tuple[int, str]] = Counter()
    for key, group in alike.items():
        lines_alike[group] += of_mask[key]
    choices = Counter([template for template, _ in lines_alike])
    few = {
        key
        for key, group in alike.items()
        if variety[group[0]] <= _SMALL_SET and choices[group[0]] > 1 and lines_alike[group] <= rare
    }
    # Where most lines have a mask that few have, none of these is unusual: they are values.
    unusual: Counter[int] = Counter()
    for key in few:
        unusual[of_key[key]] += of_mask[key]
    odd = {key for key in few if 2 * unusual[of_key[key]] <= counts[of_key[key]]}
    return Templates(
        ids,
        counts,
        first,
        last,
        [masked[row] for row in first],
        [skeleton for skeleton, _ in numbers],
        list(compress(range(len(keys)), map(odd.__contains__, keys))) if odd else [],
        [mask for mask, _ in distinct],
        list(of_mask.values()),
        template_of,
        {template for template, count in choices.items() if count > 1},
    )


def coarse(mask: str) -> str:
    """A mask without the short runs of letters in words that have numbers."""
    return " ".join([_SHORT_RUN.sub("0", word) if "0" in word else word for word in mask.split(" ")])


def _skeletons(masks: str) -> list[str]:
    """The skeletons of masks, one a line."""
    value = _ASCII_VALUE if masks.isascii() else _VALUE
    if _STAMP.search(masks, 0, _STAMPED_WITHIN):  # a day or a month makes no other event
        masks = _STAMP.sub(lambda stamp: _NAME.sub("0", stamp[0]), masks)
    masks = _EPOCH.sub("0.0", masks)
    if _PACKAGE.search(masks, 0, _STAMPED_WITHIN):
        masks = _PACKAGE.sub("0.0", masks)
    for form in (_CLIENT_SAYS, _OF_REQUEST):
        if form.search(masks, 0, _STAMPED_WITHIN):
            masks = form.sub(_LEFT_OUT, masks)
    if _CODE.search(masks, 0, _STAMPED_WITHIN):
        masks = _CODE.sub(lambda code: code[0].translate(_GUARDED), masks)
        return [skeleton.translate(_RESTORED) for skeleton in _blanked(masks, value)]
    return _blanked(masks, value)


def _blanked(masks: str, value: re.Pattern[str]) -> list[str]:
    """Masks, one a line, without their values."""
    words, different = words_of(masks)
    if 2 * len(different) > len(words):
        return value.sub("*", masks).split("\n")
    skeleton_of = dict(zip(different, value.sub("*", " ".join(different)).split(" "), strict=True))
    return " ".join(map(skeleton_of.__getitem__, words)).split(" \n ")


@once
def mine_all(text: str) -> Templates:
    """Find the template of every line, no lines kept apart."""
    return mine(text)


def _open_slots(skeletons: list[str], lines: Sequence[int], rare: int) -> list[str]:
    """Blank the one word in which many rare skeletons differ, such as a package's name.

    ``lines`` holds how many lines each skeleton stands for; 0 keeps it as it is. A few words in one place are a choice
    of events, which must stay apart; dozens are values.
    """
    counts: Counter[str] = Counter()
    for skeleton, count in zip(skeletons, lines, strict=True):
        counts[skeleton] += count or rare + 1
    candidates = [skeleton for skeleton, count in counts.items() if count <= rare]
    if len(candidates) < _SLOT_WORDS:
        return skeletons
    # All lines of a slot share the half of their words that the slot is not in: most lines are out at once.
    split = []
    for skeleton in candidates:
        tokens = skeleton.split(" ", _SLOT_TOKENS)
        half = len(tokens) // 2
        split.append((skeleton, tokens, (len(tokens), *tokens[:half]), (len(tokens), *tokens[half:])))
    heads = Counter([head for _, _, head, _ in split])
    tails = Counter([tail for _, _, _, tail in split])
    members: dict[tuple[int, str], dict[str, str]] = {}
    for skeleton, tokens, head, tail in split:
        half = len(tokens) // 2
        first = half if heads[head] >= _KNOWN_SLOT_WORDS else len(tokens)
        last = half if tails[tail] >= _KNOWN_SLOT_WORDS else 0
        for i in (*range(last), *range(first, len(tokens))):
            word, _, value = tokens[i].partition(":")
            # `perl:amd64`, a name with a value behind it, and `done:`, whose colon is not parted from it.
            slot = f"<*>:{value}" if "*" in value else "<*>"
            if word and "*" not in word:
                members.setdefault((i, " ".join([*tokens[:i], slot, *tokens[i + 1 :]])), {})[skeleton] = word
    opened: dict[str, str] = {}
    values: set[str] = set()
    many = [item for item in members.items() if len(item[1]) >= _KNOWN_SLOT_WORDS]
    many.sort(key=lambda item: (-len(item[1]), item[0]))
    for (_, slotted), found in many:
        known = 2 * sum([word in values for word in found.values()]) >= len(found)
        others = len(_PLAIN.findall(slotted)) if known or len(found) >= _SLOT_WORDS else 0
        if others and (known or len(found) >= (_SLOT_WORDS if others > 1 else _LONE_SLOT_WORDS)):
            values.update(found.values())
            for skeleton in found:
                opened.setdefault(skeleton, slotted)
    return [opened.get(skeleton, skeleton) for skeleton in skeletons] if opened else skeletons
