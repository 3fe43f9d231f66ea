"""Short marks for long values that a table repeats: ``$a=https://api.example.com/v1`` once, then ``$a/users/7``.

Unlike a legend of free phrases, a mark never spans two cells and is cut at delimiters only, so each cell reads whole:
the candidates are words without blanks, their beginnings and ends at a delimiter, and cells of several words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_SIGILS = "$@&%^§"
_NAMES = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TOKEN = re.compile(r"[A-Za-z]{1,8}|\d{1,3}|[^\sA-Za-z\d]{1,2}|[^\x00-\x7f]")
_WORD = re.compile(r"[^\s,;|\"'`{}\[\]()<>=]{8,}")
_WORDS = re.compile(
    r"(?:(?<=[,|])|(?<=^))[^\s,;|\"'`{}\[\]()<>=:][^,;|\"`{}\[\]\n]*[ ][^,;|\"`{}\[\]\n]*(?=[,|\n])", re.MULTILINE
)
_DECIMAL = re.compile(r"[-+\d.eE]+")
_DELIMITER = re.compile(r"[/.:_@?&#=+-]+")

_MAX_MARKS = 24
_MAX_TRIED = 60
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


def encode(text: str, names: str = _NAMES) -> tuple[list[str], str]:
    """Return legend lines and the text with marks; ``([], text)`` where too little would be spared.

    ``names`` are the letters to use, so that two legends can be told apart.
    """
    sigil = next((s for s in _SIGILS if re.search(rf"{re.escape(s)}[A-Za-z]", text) is None), None)
    if sigil is None:
        return [], text
    sample = _sample(text)
    scale = len(text) / max(1, len(sample))
    size = len(text) / _CHARS_PER_TOKEN
    floor = max(12, size / 300)
    hoped = {
        phrase: gain
        for phrase, gain in _candidates(sample, scale, floor).items()
        if gain >= floor and sigil not in phrase
    }
    queue = sorted(hoped, key=lambda phrase: (-hoped[phrase], phrase))[:_MAX_TRIED]
    entries: list[str] = []
    body = text
    spared = 0.0
    while queue and len(entries) < min(_MAX_MARKS, len(names)):
        phrase = _longest_worth(queue, hoped)
        queue.remove(phrase)
        mark = sigil + names[len(entries)]
        if _gain(phrase, body.count(phrase)) < floor:
            continue
        shorter, count = re.subn(re.escape(phrase) + "(?![A-Za-z0-9])", mark, body)
        gain = _gain(phrase, count)
        if gain < floor or (gain < _NUMERIC_SHARE * size and _LETTERS.search(phrase) is None):
            continue
        body = shorter
        spared += gain
        entries.append(f"{mark}={phrase}")
    return (entries, body) if spared >= _MIN_SHARE * size else ([], text)


def _longest_worth(queue: Sequence[str], hoped: dict[str, float]) -> str:
    """Return the best phrase, or a longer one that begins alike and is worth a third of it: it would be cut up else."""
    best = queue[0]
    while True:
        longer = [other for other in queue if len(other) > len(best) and other.startswith(best)]
        worth = [other for other in longer if hoped[other] >= 0.35 * hoped[best]]
        if not worth:
            return best
        best = worth[0]


def decode(entries: Sequence[str], body: str) -> str:
    """Invert `encode`."""
    if not entries:
        return body
    texts = {entry[:2]: entry[3:] for entry in entries}
    # A later phrase never holds an earlier mark: phrases with the sigil are not taken.
    return re.sub(rf"{re.escape(entries[0][0])}[A-Za-z](?![A-Za-z0-9])", lambda m: texts[m[0]], body)


def _gain(phrase: str, count: int) -> float:
    tokens = estimate(phrase)
    return count * (tokens - _MARK_COST) - tokens - _ENTRY_COST


def _candidates(sample: str, scale: float, floor: float) -> dict[str, float]:
    """Phrases and what each would spare alone."""
    seen: Counter[str] = Counter()
    for whole, count in Counter(_WORD.findall(sample)).items():
        if count == 1 and _DECIMAL.fullmatch(whole):
            continue
        word = whole[:_MAX_WORD]
        seen[word] += count
        for match in _DELIMITER.finditer(word):
            if match.start() >= 8:
                seen[word[: match.start()]] += count
            if len(word) - match.start() >= 6 and match.start():
                seen[word[match.start() :]] += count
    for words, count in Counter(_WORDS.findall(sample)).items():
        seen[words] += count
    return {
        phrase: _gain(phrase, round(count * scale))
        for phrase, count in seen.items()
        # No phrase has more tokens than two for three characters; cheap to see before it is looked at closely.
        if count * scale * len(phrase) * 0.67 >= floor
        and count > 1
        and 6 <= len(phrase) <= _MAX_LENGTH
        and phrase[-1].isalnum()
        and estimate(phrase) >= _MIN_TOKENS
    }


def _sample(text: str) -> str:
    if len(text) <= _SAMPLE:
        return text
    step = len(text) // 8
    return "\n".join(text[at : at + _SAMPLE // 8] for at in range(0, step * 8, step))
