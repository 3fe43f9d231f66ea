"""A legend of phrases that come up again and again: ``$a=long phrase`` at the top, ``$a`` in the text.

The phrases found in a sample are taken greedily by what each spares in the whole text (the idea of offline dictionary
coders such as Re-Pair: Larsson and Moffat 1999). No mark is followed by a letter or digit, so a reader sees whole words.
"""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from headroom.compress.legends import choose_sigil, header, names
from headroom.compress.narrow import narrow, widened, written
from headroom.compress.phrase_search import bars_edge, repeated_phrases, sampled

_MAX_PHRASES = 52
_WORTH = 0.25
"""A longer phrase with the same beginning that is worth this share of the best one goes first: it would be cut up else."""
_ENTRY_COST = 4
_ESCAPE = re.compile(r"\\[\"\\/nrtu]")
_ESCAPED_SHARE = 0.3
_LEAST_CHARS = 600
_SHORT = 5_000
_GAIN_OF_SHORT = 40
"""Estimated tokens that a legend must spare in all of a text of fewer characters, most of which is gone: it has to be read, too."""
_SHARE_OF_SHORT = 0.25
"""So much of such a text, as well."""
_CHARS_A_TOKEN = 4
_SAMPLE_QUICK = 8_000
"""Characters of a text that are looked at in any case."""
_ENTRY_GOES_ON = re.compile(r"(?=[ \t]*(?:[=:→]|->))")
_ENTRY_SIGN = ("=", ":", "→")
_ENTRY_SIGNS = frozenset((*_ENTRY_SIGN, "-", ""))
_AS_HOPED = 0.8
"""Of a phrase with fewer of the places hoped for the worth is told anew; it waits until its turn comes again."""
_MIN_GAIN = 10
"""Estimated tokens that a legend entry must spare: a longer legend is harder to read."""


def encode(text: str, *, margin: bool = True, quick: bool = False) -> tuple[list[str], str]:
    """Return the lines of a legend and the text with marks; no lines where no phrase spares enough.

    With ``margin`` False the first character of a line stays out of marks: it tells what the line is. ``quick`` looks
    at half as much of a long text.
    """
    if len(text) < _LEAST_CHARS:
        return [], text
    most = 6_000 + len(text) // 8
    sample = sampled(text, max(3_000 + len(text) // 16, min(most, _SAMPLE_QUICK)) if quick else most)
    found = repeated_phrases(sample, margin=margin)
    if not found:
        return [], text
    sigil, body = choose_sigil(text)
    alone = sigil not in text
    scale = len(text) / len(sample)
    body, wide = narrow(body)
    sample = written(sample, wide)
    queue = sorted(
        (int(sample.count(written(phrase, wide)) * scale * spare), phrase, spare)
        for phrase, spare in found
        if sigil not in phrase and phrase[0] != "="  # "$d== x" would read as a comparison
    )
    extended = {short for short, long in pairwise(sorted(phrase for _, phrase, _ in queue)) if long.startswith(short)}
    floor = max(_MIN_GAIN, len(text) // 4000)
    letters = names(sigil)
    entries: list[str] = []
    gain = 0
    looked: dict[str, int] = {}  # phrases looked for again in the sample, and how many had been taken by then
    placed: set[str] = set()  # phrases that had fewer places than hoped for
    while queue and len(entries) < _MAX_PHRASES:
        hoped, phrase, spare = queue.pop(_longest_worth(queue, extended))
        if hoped < floor:
            break
        # What was hoped for is as of before other phrases were taken; the sample shows what is left of it.
        searched = written(phrase, wide)
        if looked.get(phrase, 0) < len(entries):
            looked[phrase] = len(entries)
            left = int(sample.count(searched) * scale * spare)
            if left < hoped * 0.8 and queue and left < queue[-1][0]:
                insort(queue, (left, phrase, spare))
                continue
        parts = body.split(searched)
        if (len(parts) - 2) * spare - _ENTRY_COST < floor:
            continue
        mark = sigil + letters[len(entries)]
        heads = {part[:1] for part in parts[1:]}
        joined, used = _join(parts, heads, searched, mark, alone=alone)
        # Hoped for was a mark in each place, but before a word none may stand: a shorter phrase may have more of them.
        real = hoped * used // (len(parts) - 1)
        if real < _AS_HOPED * hoped and phrase not in placed and queue and real < queue[-1][0]:
            placed.add(phrase)
            insort(queue, (real, phrase, spare))
            continue
        spares = (used - _like_entries(parts, heads, searched) - 1) * spare - _ENTRY_COST
        if spares < floor:
            continue
        gain += spares
        body = joined
        sample = _join(sample.split(searched), heads, searched, mark, alone=alone)[0]
        entries.append(f"{mark}={phrase}")
    enough = max(_GAIN_OF_SHORT, _SHARE_OF_SHORT * len(text) / _CHARS_A_TOKEN)
    if not entries or (quick and len(text) < _SHORT and gain < enough):
        return [], text
    body = widened(body, wide)
    # A line that begins like a legend entry would read as one.
    spelled = {entry[:2]: entry[3:] for entry in entries}
    pieces: list[str] = []
    done = 0
    for match in re.finditer(rf"\n[ \t]*({re.escape(sigil)}[A-Za-z]){_ENTRY_GOES_ON.pattern}", f"\n{body}"):
        if match[1] in spelled:
            pieces += body[done : match.start(1) - 1], spelled[match[1]]
            done = match.end() - 1
    body = "".join([*pieces, body[done:]])
    if "\\" in body:
        body = _spell_escaped(body, sigil, spelled)
    return [header(entries), *entries], body


def _like_entries(parts: Sequence[str], heads: Collection[str], phrase: str) -> int:
    """How many places of a phrase, between the parts, would read like an entry of the legend: they will be spelled out in the end."""
    if not any(map(_may_go_on, heads)):
        return 0
    # At the start of a line, which few phrases stand at.
    rows = [place for place, part in enumerate(parts[:-1], 1) if part[-1:] == "\n"]
    if not parts[0]:
        rows.append(1)
    if not any(map(_may_go_on, {parts[row][:2] for row in rows})):
        return 0
    found = 0
    for row in rows:
        part = parts[row]
        if part.startswith(_ENTRY_SIGN):
            found += 1
        elif part[:1] in _ENTRY_SIGNS or part[:1].isspace():
            blank = not part or part.isspace()  # seen by its first sign, while a part may be long
            found += _ENTRY_GOES_ON.match(part + phrase if blank and row + 1 < len(parts) else part) is not None
    return found


def _may_go_on(beginning: str) -> bool:
    """Whether a text of which this is the first character, or the first two, may go on as an entry of the legend does."""
    return beginning.lstrip(" \t")[:1] in _ENTRY_SIGNS


def _spell_escaped(body: str, sigil: str, spelled: Mapping[str, str]) -> str:
    """Spell the marks out on lines with escapes, where they are some: a reader has to undo one thing there already.

    Where most lines have escapes (JSON in JSON) nearly all would be lost.
    """
    lines = body.split("\n")
    rows = [row for row, line in enumerate(lines) if "\\" in line and _ESCAPE.search(line)]
    if not rows or len(rows) > _ESCAPED_SHARE * len(lines):
        return body
    mark = re.compile(rf"(?<!{re.escape(sigil)}){re.escape(sigil)}[A-Za-z]")
    for row in rows:
        lines[row] = mark.sub(lambda found: spelled.get(found[0], found[0]), lines[row])
    return "\n".join(lines)


def _longest_worth(queue: Sequence[tuple[int, str, int]], extended: set[str]) -> int:
    """Place of the best phrase in the ascending queue, or of a longer one that begins alike and is worth nearly as much.

    ``extended`` holds the phrases that longer ones begin with.
    """
    at = len(queue) - 1
    best, phrase, _ = queue[at]
    least = _WORTH * best
    if phrase in extended:
        for row in range(at - 1, -1, -1):
            hoped, other, _ = queue[row]
            if hoped < least:
                break
            if other.startswith(phrase):
                at, phrase = row, other
                if phrase not in extended:
                    break
    return at


def _join(parts: list[str], heads: Collection[str], phrase: str, mark: str, *, alone: bool) -> tuple[str, int]:
    """Put ``mark`` between the parts, and the phrase itself where a mark could not be told from its neighbours; count the marks.

    ``heads`` are the first characters of all parts but the first. ``alone``: the text has no sigil but those of the
    marks, which a letter follows.
    """
    sigil = mark[0]
    barred = {first for first in heads if bars_edge(first, phrase)}
    if not barred and (alone or sigil not in {part[-1:] for part in parts[:-1]}):
        return mark.join(parts), len(parts) - 1
    out = [parts[0]]
    used = 0
    for before, after in pairwise(parts):
        told = after[:1] not in barred and before[-1:] != sigil
        used += told
        out += (mark if told else phrase), after
    return "".join(out), used
