"""Phrases of a table that may get a mark: words, their beginnings and ends, cells of several words, months; what each would spare."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

_TOKEN = re.compile(r"[A-Za-z]{1,8}|\d{1,3}|[^\sA-Za-z\d]{1,2}|[^\x00-\x7f]")
_PARTING = bytes.maketrans(b",;|\"'`{}[]()<>=", b" " * 15)
_MIN_WORD = 8
_MIN_PART = 6
"""Characters of a word's end."""
_WORDS = re.compile(r",([^\s,;\"'`{}\[\]()<>=:][^ ,;\"`{}\[\]]*+ [^,;\"`{}\[\]]*+)(?=,)")
"""A cell of several words, where commas part rows and cells: one sign is found faster than one of a few."""
_DECIMAL_CHARS = b"-+0123456789.eE"
_DATED = re.compile(r"-\d\d-\d\d(?:[T ,;|\"\n]|$)")
_DATES = re.compile(r"-\d\d-\d\d(?<=[\s,;|\"](\d{4}-\d\d-\d\d))(?=[T ,;|\"\n]|$)")
"""A date that begins a cell, of which there is none before. A sign is found sooner than a digit."""
_WHOLE_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DELIMITERS = "/.:_@?&#=+-"
_DELIMITER = re.compile(rf"[{_DELIMITERS}]+")
MAX_MARKS = 52
_MAX_LENGTH = 160
_MAX_WORD = 400
_MIN_TOKENS = 5
_MARK_COST = 1.5
"""Tokens of a mark in o200k, measured: 1 to 2."""
ENTRY_COST = 4
_MOST_TOKENS = 0.67
"""Of a character: no phrase has more than two for three."""
_SAMPLE = 200_000


def estimate(text: str) -> int:
    """Estimate the tokens of a short phrase."""
    return len(_TOKEN.findall(text))


def gain_of(tokens: int, count: int) -> float:
    """Tokens that a mark spares for so many phrases of so many tokens each; less than 0 where it costs more."""
    return count * (tokens - _MARK_COST) - tokens - ENTRY_COST


def candidates(sample: str, scale: float, floor: float) -> dict[str, float]:
    """Phrases and what each would spare alone; some that would spare less than ``floor`` are missing."""
    seen: defaultdict[str, int] = defaultdict(int)
    words = sample.encode("utf-8", "surrogatepass").translate(_PARTING).decode("utf-8", "surrogatepass").split()
    found = Counter([word for word in words if len(word) >= _MIN_WORD])
    # What is left of each word without the signs of numbers: nothing, of a number.
    rests = " ".join(found).encode("utf-8", "surrogatepass").translate(None, _DECIMAL_CHARS).split(b" ")
    counts = [
        (word[:_MAX_WORD], count)
        for (word, count), rest in zip(found.items(), rests, strict=False)
        if count > 1 or rest
    ]
    # What begins, or ends, alike has at most as many characters as all these words together; a little less is asked for.
    least = 0.99 * floor / (max(1.0, scale) * _MOST_TOKENS)
    heads: defaultdict[str, int] = defaultdict(int)
    tails: defaultdict[str, int] = defaultdict(int)
    for word, count in counts:
        size = count * len(word)
        heads[word[:_MIN_WORD]] += size
        tails[word[-_MIN_PART:]] += size
    # Words that start with a delimiter may each be another's end.
    both = sum([size for head, size in heads.items() if head[0] in _DELIMITERS])
    beginnings = {head for head, size in heads.items() if size >= least or head[0] in _DELIMITERS}
    endings = {tail for tail, size in tails.items() if size + both >= least}
    for word, count in counts:
        begins = word[:_MIN_WORD] in beginnings
        ends = word[-_MIN_PART:] in endings
        if not (begins or ends):
            continue
        if begins:
            seen[word] += count
        last = len(word) - _MIN_PART
        for match in _DELIMITER.finditer(word):
            at = match.start()
            if begins and at >= _MIN_WORD:
                seen[word[:at]] += count
            if ends and 0 < at <= last:
                seen[word[at:]] += count
    cells = _WORDS.findall(f",{with_commas(sample, '|\n')}") if " " in sample else ()
    seen.update({cell: count for cell, count in Counter(cells).items() if count > 1})  # no word holds a blank
    return {
        phrase: gain_of(tokens, round(count * scale))
        for phrase, count in seen.items()
        if count > 1
        # Cheap to see before it is looked at closely. Nor has a phrase more tokens than characters.
        and count * scale * len(phrase) * _MOST_TOKENS >= floor
        and gain_of(len(phrase), round(count * scale)) >= floor
        and _MIN_PART <= len(phrase) <= _MAX_LENGTH
        and not _WHOLE_DATE.fullmatch(phrase)  # behind a mark nobody could count them
        and phrase[-1].isalnum()
        and (tokens := estimate(phrase)) >= _MIN_TOKENS
    }


def with_commas(text: str, signs: str) -> str:
    """Put commas for these signs; one pass for each is faster than one for all."""
    for sign in signs:
        if sign in text:
            text = text.replace(sign, ",")
    return text


def months_of(sample: str, scale: float) -> dict[str, float]:
    """Months of dates, where hardly a date comes twice: dates that come again and again are names of something."""
    if _DATED.search(sample) is None:
        return {}
    dates = _DATES.findall(f"\n{sample}")
    if not dates or 3 * len(set(dates)) < 2 * len(dates):
        return {}
    found = Counter([date[:-3] for date in dates])
    tokens = estimate(dates[0][:-3])  # as many as any other month
    gains = {month: gain_of(tokens, round(count * scale)) + count * scale * 0.5 for month, count in found.items()}
    return gains if len(gains) <= MAX_MARKS and sum(gains.values()) > 0 else {}


def sample_of(text: str) -> str:
    """The text, or pieces of a long one from all over it."""
    if len(text) <= _SAMPLE:
        return text
    step = len(text) // 8
    return "\n".join(text[at : at + _SAMPLE // 8] for at in range(0, step * 8, step))
