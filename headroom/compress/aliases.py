"""Short marks for long values that a table repeats: ``$a=https://api.example.com/v1`` once, then ``$a/users/7``.

Unlike a legend of free phrases, a mark never spans two cells and is cut at delimiters only, so each cell reads whole:
the candidates are words without blanks, their beginnings and ends at a delimiter, and cells of several words.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from headroom.compress.folding import SIGIL
from headroom.compress.phrases import names

_SIGILS = "$&@%^§"
_TOKEN = re.compile(r"[A-Za-z]{1,8}|\d{1,3}|[^\sA-Za-z\d]{1,2}|[^\x00-\x7f]")
_PARTING = bytes.maketrans(b",;|\"'`{}[]()<>=", b" " * 15)
_MIN_WORD = 8
_MIN_PART = 6
"""Characters of a word's end."""
_WORDS = re.compile(r",([^\s,;\"'`{}\[\]()<>=:][^ ,;\"`{}\[\]]*+ [^,;\"`{}\[\]]*+)(?=,)")
"""A cell of several words, where commas part rows and cells: one sign is found faster than one of a few."""
_DECIMAL_CHARS = "-+0123456789.eE"
_DATED = re.compile(r"-\d\d-\d\d(?:[T ,;|\"\n]|$)")
_DATES = re.compile(r"-\d\d-\d\d(?<=(\d{4}-\d\d-\d\d))(?<![^\s,;|\"]\d{4}-\d\d-\d\d)(?=[T ,;|\"\n]|$)")
"""A date that begins a cell. A sign is found sooner than a digit."""
_WHOLE_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DELIMITER = re.compile(r"[/.:_@?&#=+-]+")

_SIGNS = "~%^"
"""Single signs that are one token together with the comma behind them."""
_ROW_DATE = re.compile(r"\n(\d{4}-\d\d-\d\d)(?=[,;|\t])")
_NUMBER_CELL = re.compile(r",(-?\d++[.:]\d+)(?=[,\n])")
_CLOCK = re.compile(r":\d\d[\",;|\t\n](?<=[+-]\d\d:\d\d.)", re.DOTALL)
"""A time zone. Colons are rarer than signs."""
_ZONE = re.compile(r"(?<=\d)(?:000)?[+-]\d\d:\d\d(?=[\",;|\t\n])")
"""What ends the time stamps of one machine."""
_BEFORE_CELL = frozenset(",;|\t")
_BEHIND_CELL = frozenset(",;|\t\n")
_SIGN_COST = 0.6
_SIGN_SHARE = 0.04

_MAX_MARKS = 52
_MAX_TRIED = 80
_MAX_LENGTH = 160
_MAX_WORD = 400
_MIN_TOKENS = 5
_MARK_COST = 1.5
"""Tokens of a mark in o200k, measured: 1 to 2."""
_ENTRY_COST = 4
_CHARS_PER_TOKEN = 2.7
"""Of tables, measured: 2.3 to 3.2."""
_MIN_SHARE = 0.03
"""All marks together must spare this share of the text: a legend takes reading too."""
_NUMERIC_SHARE = 0.04
"""A phrase without a word in it, such as the midnight of a date, must spare this share alone."""
_LETTERS = re.compile(r"[^\W\d_]{3}")
_SAMPLE = 200_000


def estimate(text: str) -> int:
    """Estimate the tokens of a short phrase."""
    return len(_TOKEN.findall(text))


def encode(text: str, letters: str = "") -> tuple[list[str], str]:
    """Return legend lines and the text with marks; ``([], text)`` where too little would be spared.

    ``letters`` are those to use, so that two legends can be told apart.
    """
    sigil = next((s for s in _SIGILS if s not in text or re.search(rf"{re.escape(s)}[A-Za-z]", text) is None), None)
    if sigil is None:
        return [], text
    sample = _sample(text)
    scale = len(text) / max(1, len(sample))
    size = len(text) / _CHARS_PER_TOKEN
    bare, body, spared = ([], text, 0.0) if letters else _commonest(text, sample, size)
    letters = letters or names(sigil)
    floor = max(12, size / 300)
    hoped = {
        phrase: gain
        for phrase, gain in _candidates(sample, scale, floor).items()
        if gain >= floor and sigil not in phrase
    }
    months = _months(sample, scale)
    queue = sorted(hoped.keys() - months.keys(), key=lambda phrase: (-hoped[phrase], phrase))[:_MAX_TRIED]
    queue += sorted(month for month, gain in months.items() if gain >= _ENTRY_COST)
    hoped.update(months)
    extended = {short for short, long in pairwise(sorted(queue)) if long.startswith(short)}
    entries: list[str] = []
    while queue and len(entries) < min(_MAX_MARKS, len(letters)):
        phrase = _longest_worth(queue, hoped, extended)
        queue.remove(phrase)
        mark = sigil + letters[len(entries)]
        least = _ENTRY_COST if phrase in months else floor
        tokens = estimate(phrase)
        if _gain(tokens, body.count(phrase)) < least:
            continue
        if any(f"\n{phrase}{sign}" in body or body.startswith(phrase + sign) for sign in ":="):
            continue  # a row that begins with the mark would read as an entry of the legend
        shorter, count = _mark(body, phrase, mark)
        gain = _gain(tokens, count)
        if gain < least or (gain < _NUMERIC_SHARE * size and _LETTERS.search(phrase) is None and phrase not in months):
            continue
        body = shorter
        spared += gain
        entries.append(f"{mark}={phrase}")
    return ([*bare, *entries], body) if spared >= _MIN_SHARE * size else ([], text)


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
        body, count = re.subn(rf"(?<=-\d\d){day}(?=[,;|\t])", sign, text)
        spared = count * (estimate(day) - _SIGN_COST)
        if spared >= _SIGN_SHARE * size and text.count(day) < 1.2 * count:
            return [f"{sign}={day}"], body, spared
    zones = Counter(_ZONE.findall(sample)) if _CLOCK.search(sample) else None
    if zones:
        zone = zones.most_common(1)[0][0]
        body, count = re.subn(rf"(?<=\d){re.escape(zone)}(?=[\",;|\t\n])", sign, text)
        spared = count * (estimate(zone) - _SIGN_COST)
        if spared >= _SIGN_SHARE * size:
            return [f"{sign}={zone}"], body, spared
    numbers = Counter(_NUMBER_CELL.findall(_with_commas(sample, ";|\t")))
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


def _mark(body: str, phrase: str, mark: str) -> tuple[str, int]:
    """Put the mark for each phrase that no letter or digit follows; the text and how many there are."""
    if _may_overlap_itself(phrase):  # which one is it?
        return re.subn(re.escape(phrase) + "(?![A-Za-z0-9])", mark, body)
    # Split and joined: to compile a regex for each phrase takes longer than to use it.
    parts = body.split(phrase)
    follow = [part[:1] or phrase[0] for part in parts[1:]]
    if follow and not parts[-1]:
        follow[-1] = ""
    continued = {char for char in set(follow) if char.isascii() and char.isalnum()}
    if not continued:
        return mark.join(parts), len(follow)
    out = [parts[0]]
    count = 0
    for char, part in zip(follow, parts[1:], strict=True):
        count += char not in continued
        out += phrase if char in continued else mark, part
    return "".join(out), count


def _sign_cells(text: str, cell: str, sign: str) -> tuple[str, int]:
    """Put the sign for each whole cell of this text; the first in the text is none, as nothing stands before it."""
    parts = text.split(cell)
    out = [parts[0]]
    count = 0
    for before, behind in pairwise(parts):
        whole = before[-1:] in _BEFORE_CELL and behind[:1] in _BEHIND_CELL
        count += whole
        out += sign if whole else cell, behind
    return "".join(out), count


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
        body = re.sub(rf"{re.escape(sigil)}[A-Za-z](?![A-Za-z0-9])", lambda m: texts[m[0]], body)
    for entry in entries:
        if entry[1] == "=":
            body = body.replace(entry[0], entry[2:])
    return body


def _gain(tokens: int, count: int) -> float:
    return count * (tokens - _MARK_COST) - tokens - _ENTRY_COST


def _candidates(sample: str, scale: float, floor: float) -> dict[str, float]:
    """Phrases and what each would spare alone."""
    seen: defaultdict[str, int] = defaultdict(int)
    words = sample.encode("utf-8", "surrogatepass").translate(_PARTING).decode("utf-8", "surrogatepass").split()
    counts = [
        (word[:_MAX_WORD], count)
        for word, count in Counter([word for word in words if len(word) >= _MIN_WORD]).items()
        if count > 1 or word.strip(_DECIMAL_CHARS)
    ]
    heads = Counter([word[:_MIN_WORD] for word, _ in counts])
    tails = Counter([word[-_MIN_PART:] for word, _ in counts])
    # Where some word starts with a delimiter it may be another's end.
    apart = not any(map(_DELIMITER.match, heads))
    for word, count in counts:
        if apart and count == 1 and heads[word[:_MIN_WORD]] == 1 and tails[word[-_MIN_PART:]] == 1:
            continue  # no other begins or ends alike
        seen[word] += count
        last = len(word) - _MIN_PART
        for match in _DELIMITER.finditer(word):
            at = match.start()
            if at >= _MIN_WORD:
                seen[word[:at]] += count
            if 0 < at <= last:
                seen[word[at:]] += count
    cells = _WORDS.findall(f",{_with_commas(sample, '|\n')}") if " " in sample else ()
    for cell, count in Counter(cells).items():
        seen[cell] += count
    return {
        phrase: _gain(tokens, round(count * scale))
        for phrase, count in seen.items()
        if count > 1
        # No phrase has more tokens than two for three characters; cheap to see before it is looked at closely.
        and count * scale * len(phrase) * 0.67 >= floor
        and _MIN_PART <= len(phrase) <= _MAX_LENGTH
        and not _WHOLE_DATE.fullmatch(phrase)  # behind a mark nobody could count them
        and phrase[-1].isalnum()
        and (tokens := estimate(phrase)) >= _MIN_TOKENS
    }


def _with_commas(text: str, signs: str) -> str:
    """Put commas for these signs; one pass for each is faster than one for all."""
    for sign in signs:
        if sign in text:
            text = text.replace(sign, ",")
    return text


def _months(sample: str, scale: float) -> dict[str, float]:
    """Months of dates, where hardly a date comes twice: dates that come again and again are names of something."""
    if _DATED.search(sample) is None:
        return {}
    dates = _DATES.findall(sample)
    if not dates or 3 * len(set(dates)) < 2 * len(dates):
        return {}
    found = Counter([date[:-3] for date in dates])
    tokens = estimate(dates[0][:-3])  # as many as any other month
    gains = {month: _gain(tokens, round(count * scale)) + count * scale * 0.5 for month, count in found.items()}
    return gains if len(gains) <= _MAX_MARKS and sum(gains.values()) > 0 else {}


def _sample(text: str) -> str:
    if len(text) <= _SAMPLE:
        return text
    step = len(text) // 8
    return "\n".join(text[at : at + _SAMPLE // 8] for at in range(0, step * 8, step))
