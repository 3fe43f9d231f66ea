"""Short marks for long values that a table repeats: ``$a=https://api.example.com/v1`` once, then ``$a/users/7``.

Unlike a legend of free phrases, a mark never spans two cells and is cut at delimiters only, so each cell reads whole:
the candidates are words without blanks, their beginnings and ends at a delimiter, and cells of several words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from headroom.compress.alias_candidates import (
    ENTRY_COST,
    MAX_MARKS,
    candidates,
    estimate,
    gain_of,
    months_of,
    sample_of,
    with_commas,
)
from headroom.compress.folding import SIGIL
from headroom.compress.legends import names

_SIGILS = "$&@%^§"
_SIGNS = "~%^"
"""Single signs that are one token together with the comma behind them."""
_MONTH = re.compile(r"-\d\d(?<=(\d{4}-\d\d))(?=([\s\S]?))")
"""A month, and the sign behind it."""
_ROW_DATE = re.compile(r"\n(\d{4}-\d\d-\d\d)(?=[,;|\t])")
_NUMBER_CELL = re.compile(r",(-?\d++[.:]\d+)(?=[,\n])")
_ZONE = re.compile(r":\d\d(?=[\",;|\t\n])(?:(?<=(\d000[+-]\d\d:\d\d))|(?<=(\d[+-]\d\d:\d\d)))")
"""What ends the time stamps of one machine, with the digit before it. Colons are rarer than signs."""
_SIGN_COST = 0.6
_SIGN_SHARE = 0.04

_MAX_TRIED = 80
_CHARS_PER_TOKEN = 2.7
"""Of tables, measured: 2.3 to 3.2."""
_MIN_SHARE = 0.03
"""All marks together must spare this share of the text: a legend takes reading too."""
_NUMERIC_SHARE = 0.04
"""A phrase without a word in it, such as the midnight of a date, must spare this share alone."""
_LETTERS = re.compile(r"[^\W\d_]{3}")


def encode(text: str, letters: str = "") -> tuple[list[str], str]:
    """Return legend lines and the text with marks; ``([], text)`` where too little would be spared.

    ``letters`` are those to use, so that two legends can be told apart.
    """
    sigil = next((s for s in _SIGILS if s not in text or re.search(rf"{re.escape(s)}[A-Za-z]", text) is None), None)
    if sigil is None:
        return [], text
    sample = sample_of(text)
    scale = len(text) / max(1, len(sample))
    size = len(text) / _CHARS_PER_TOKEN
    bare, body, spared = ([], text, 0.0) if letters else _commonest(text, sample, size)
    letters = letters or names(sigil)
    floor = max(12, size / 300)
    hoped = {
        phrase: gain
        for phrase, gain in candidates(sample, scale, floor).items()
        if gain >= floor and sigil not in phrase
    }
    queue = sorted(hoped, key=lambda phrase: (-hoped[phrase], phrase))[:_MAX_TRIED]
    extended = {short for short, long in pairwise(sorted(queue)) if long.startswith(short)}
    marks = [sigil + letter for letter in letters[:MAX_MARKS]]
    entries: list[str] = []
    while queue and len(entries) < len(marks):
        phrase = _longest_worth(queue, hoped, extended)
        queue.remove(phrase)
        mark = marks[len(entries)]
        found = _marked(body, phrase, mark, floor)
        if found is None or (found[1] < _NUMERIC_SHARE * size and _LETTERS.search(phrase) is None):
            continue
        body = found[0]
        spared += found[1]
        entries.append(f"{mark}={phrase}")
    months = sorted(month for month, gain in months_of(sample, scale).items() if gain >= ENTRY_COST)
    dated, body, gain = _mark_months(body, months, marks[len(entries) :])
    spared += gain
    return ([*bare, *entries, *dated], body) if spared >= _MIN_SHARE * size else ([], text)


def _marked(body: str, phrase: str, mark: str, least: float) -> tuple[str, float] | None:
    """Put a mark for a phrase; the text and the tokens spared, None where these are less than ``least``."""
    tokens = estimate(phrase)
    parts = body.split(phrase)
    if gain_of(tokens, len(parts) - 1) < least:
        return None
    ambiguous = _may_overlap_itself(phrase)  # which one is it?
    behind = _behind(parts, phrase)
    if (ambiguous or ":" in behind or "=" in behind) and any(
        f"\n{phrase}{sign}" in body or body.startswith(phrase + sign) for sign in ":="
    ):
        return None  # a row that begins with the mark would read as an entry of the legend
    if ambiguous:
        shorter, count = re.subn(re.escape(phrase) + "(?![A-Za-z0-9])", mark, body)
    else:
        shorter, count = _mark(parts, behind, phrase, mark)
    gain = gain_of(tokens, count)
    return (shorter, gain) if gain >= least else None


def _mark_months(body: str, months: Sequence[str], marks: Sequence[str]) -> tuple[list[str], str, float]:
    """Put marks for months, as many as there are; entries, text, tokens spared."""
    entries: list[str] = []
    spared = 0.0
    found = _MONTH.findall(body) if months and marks else []
    if any(sign in {":", "="} or sign.isalnum() for sign in {behind for _, behind in found}):
        # Two of them may overlap, or a mark not be told from what follows it: each is looked at closely.
        for month in months:
            if len(entries) < len(marks) and (one := _marked(body, month, marks[len(entries)], ENTRY_COST)):
                body = one[0]
                spared += one[1]
                entries.append(f"{marks[len(entries)]}={month}")
        return entries, body, spared
    counts = Counter([month for month, _ in found])
    for month in months:
        gain = gain_of(estimate(month), counts[month])
        if len(entries) < len(marks) and gain >= ENTRY_COST:
            mark = marks[len(entries)]
            body = body.replace(month, mark)
            spared += gain
            entries.append(f"{mark}={month}")
    return entries, body, spared


def _commonest(text: str, sample: str, size: float) -> tuple[list[str], str, float]:
    """Write the commonest number, or the end that dates or time stamps share, as one sign; entries, text, tokens spared.

    A sign that stands for whole cells is counted in the legend: behind it nobody could count them.
    """
    sign = next((sign for sign in _SIGNS if sign not in text), None)
    if sign is None:
        return [], text, 0.0
    dates = _ROW_DATE.findall(sample)
    days = Counter([date[-3:] for date in dates])
    if days and len(dates) * 0.9 <= days.most_common(1)[0][1] and 3 * len(set(dates)) >= 2 * len(dates):
        day = days.most_common(1)[0][0]
        body, count = re.subn(rf"{day}(?<=-\d\d{day})(?=[,;|\t])", sign, text)
        spared = count * (estimate(day) - _SIGN_COST)
        if spared >= _SIGN_SHARE * size and text.count(day) < 1.2 * count:
            return [f"{sign}={day}"], body, spared
    zones = Counter([(long or short)[1:] for long, short in _ZONE.findall(sample)])
    if zones:
        zone = zones.most_common(1)[0][0]
        escaped = re.escape(zone)
        body, count = re.subn(rf"{escaped}(?<=\d{escaped})(?=[\",;|\t\n])", sign, text)
        spared = count * (estimate(zone) - _SIGN_COST)
        if spared >= _SIGN_SHARE * size:
            return [f"{sign}={zone}"], body, spared
    numbers = Counter(_NUMBER_CELL.findall(with_commas(sample, ";|\t")))
    # No cell has more tokens than characters; most are seen at once to be too rare.
    least = _SIGN_SHARE * size if sample is text else 0.0
    hoped = [cell for cell, count in numbers.items() if count * (len(cell) - _SIGN_COST) >= least]
    if hoped:
        cell = min(hoped, key=lambda cell: (-numbers[cell] * (estimate(cell) - _SIGN_COST), cell))
        body, count = _sign_cells(text, cell, sign)
        spared = count * (estimate(cell) - _SIGN_COST)
        if spared >= _SIGN_SHARE * size:
            return [f"{sign}={cell}", f"{SIGIL}{count} cells hold it]"], body, spared
    return [], text, 0.0


def _behind(parts: Sequence[str], phrase: str) -> set[str]:
    """Return the signs that stand right behind the phrases that were between these parts; the empty one is the end."""
    behind = {part[:1] for part in parts[1:-1]}
    if "" in behind:
        behind.remove("")
        behind.add(phrase[0])
    if len(parts) > 1:
        behind.add(parts[-1][:1])
    return behind


def _mark(parts: Sequence[str], behind: set[str], phrase: str, mark: str) -> tuple[str, int]:
    """Put the mark for each phrase that no letter or digit follows; the text and how many there are.

    Split and joined: to compile a regex for each phrase takes longer than to use it.
    """
    continued = {char for char in behind if char.isascii() and char.isalnum()}
    if not continued:
        return mark.join(parts), len(parts) - 1
    out = [parts[0]]
    count = 0
    last = len(parts) - 1
    for place, part in enumerate(parts[1:], 1):
        goes_on = (part[:1] or (phrase[0] if place < last else "")) in continued
        count += not goes_on
        out += phrase if goes_on else mark, part
    return "".join(out), count


def _sign_cells(text: str, cell: str, sign: str) -> tuple[str, int]:
    """Put the sign for each whole cell of this text; the first in the text is none, as nothing stands before it."""
    escaped = re.escape(cell)
    return re.subn(rf"{escaped}(?<=[,;|\t]{escaped})(?=[,;|\t\n])", sign, text)


def _may_overlap_itself(phrase: str) -> bool:
    """Whether it ends as it begins."""
    at = phrase.find(phrase[0], 1)
    while at >= 0 and not phrase.startswith(phrase[at:]):
        at = phrase.find(phrase[0], at + 1)
    return at >= 0


def _longest_worth(queue: Sequence[str], hoped: dict[str, float], extended: set[str]) -> str:
    """Return the best phrase, or a longer one that begins alike and is worth a third of it: it would be cut up else.

    ``extended`` holds the phrases that longer ones begin with.
    """
    best = queue[0]
    while best in extended:
        least = 0.35 * hoped[best]
        longer = (other for other in queue if other.startswith(best) and len(other) > len(best))
        worth = next((other for other in longer if hoped[other] >= least), None)
        if worth is None:
            break
        best = worth
    return best


def decode(entries: Sequence[str], body: str) -> str:
    """Invert `encode`."""
    # A later phrase never holds an earlier mark: phrases with the sigil are not taken.
    texts = {entry[:2]: entry[3:] for entry in entries if entry[1] != "=" and not entry.startswith(SIGIL)}
    if texts:
        sigil = next(iter(texts))[0]
        parts = re.split(rf"({re.escape(sigil)}[A-Za-z])(?![A-Za-z0-9])", body)
        parts[1::2] = map(texts.__getitem__, parts[1::2])
        body = "".join(parts)
    for entry in entries:
        if entry[1] == "=":
            body = body.replace(entry[0], entry[2:])
    return body
