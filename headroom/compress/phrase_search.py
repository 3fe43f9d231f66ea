"""Phrases that come up again and again in a text, each from one word's edge to another.

They are found by sorting the word starts of a sample and reading off the common prefixes of neighbours, as a suffix array
does.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from operator import eq, xor

from headroom.compress.folding import SIGIL
from headroom.compress.legends import COSTLY, estimate

_MAX_PHRASE = 200
_MIN_PHRASE = 9
_MAX_LINE = 2_000
_CANDIDATES = 120
_MARK_COST = 2
"""Tokens of a mark in o200k, measured: 1.3 to 2."""

_START = (
    r"(?:(?<![A-Za-z0-9_])(?=[A-Za-z_])|(?<!\S)(?=[^\s\"'A-Za-z_]))(?=([^\n]{{{least},{most}}}))"
    r"(?:[A-Za-z0-9_]+|[^\s])[^\sA-Za-z_]*+\s*+"
)
"""Where a word starts, or what a blank stands before, with what follows; a word is taken whole, as nothing starts in it, and
so are the signs and blanks behind it."""
_EDGE = re.compile(
    r".*[^\s\"'](?:(?=[^A-Za-z0-9_:=%.-])|(?<=[A-Za-z])(?=\.)|(?<=[0-9])(?=[-:])|(?<=[:.-][0-9])(?=\.)|(?<=[:.-][0-9][0-9])(?=\.))",
    re.DOTALL,
)
"""A text up to the last place where a phrase may end: no blank or quote before it, which are easily lost on a reader;
behind it nothing that continues a word or a number, or would make the mark read like the start of a legend entry.
A date, a time or an address may be parted between its numbers."""
_WORDS = re.compile(rf"[^\W_]{{2}}|([{COSTLY}])\1{{9}}")
_TICK = re.compile("[✓✔√✗✘✕×✖]")
"""What tells a thing done from one that failed is no part of a phrase: it must be seen at once."""
_ANYWHERE = re.compile(_START.format(least=_MIN_PHRASE, most=_MAX_PHRASE))
_BEHIND_MARGIN = re.compile("(?m)(?!^)" + _START.format(least=_MIN_PHRASE, most=_MAX_PHRASE))
_BARRED = frozenset("_=%")
_PARTS = frozenset("-:")
RULE = re.compile(rf"(?<!\S)([{COSTLY}])\1{{9,{_MAX_PHRASE - 1}}}")
"""Drawn of signs that each cost two or three tokens: dearer than most lines of words."""
_SECONDS = re.compile(r"[:.-]\d{1,2}$")


def sampled(text: str, size: int) -> str:
    """Pieces from all over the text, whole lines, at most ``size`` or 24,000 characters."""
    size = min(24_000, size)
    if len(text) <= size:
        return text
    count = 16
    width = size // count
    step = (len(text) - width) // (count - 1)
    pieces = []
    for start in range(0, step * count, step):
        first = text.find("\n", start, start + width) + 1 if start else 0
        last = text.rfind("\n", first, start + width)
        pieces.append(text[first:last] if last > first >= start else text[start : start + width])
    return "\n".join(pieces)


def repeated_phrases(sample: str, *, margin: bool) -> list[tuple[str, int]]:
    """Phrases that stand more than once in the sample, with the tokens one mark spares."""
    lines = sample.split("\n")
    start = _ANYWHERE if margin else _BEHIND_MARGIN
    places: list[str]
    if len(max(lines, key=len)) <= _MAX_LINE:
        places = start.findall(sample)
    else:
        places = [
            match[1]
            for line in lines
            for match in start.finditer(line[: _MAX_LINE + _MAX_PHRASE])
            if match.start() < _MAX_LINE
        ]
    seen = _repeated(places)
    best = sorted(((count * len(phrase), phrase) for phrase, count in seen.items()), reverse=True)[: 3 * _CANDIDATES]
    noticed = SIGIL[:2] in sample
    ticked = not sample.isascii()
    notices = "\n".join([line for line in lines if line.startswith(SIGIL[:2])]) if noticed else ""
    taken: list[str] = []
    as_often: list[float] = []
    joined = "\n"
    starts = [1]  # of each taken phrase in the joined text, and of the next
    for _, phrase in best:
        # The tail of a longer phrase that is seen as often would never be taken after it.
        if (
            (noticed and _in_notice(sample, phrase, notices))
            or not _WORDS.search(phrase)
            or (ticked and _TICK.search(phrase))
        ):
            continue
        times = seen[phrase]
        at = joined.find(phrase)
        while at >= 0 and as_often[place := bisect_right(starts, at) - 1] < times:
            at = joined.find(phrase, starts[place + 1])
        if at >= 0:
            continue
        taken.append(phrase)
        as_often.append(times * 1.3)
        joined += phrase + "\n"
        starts.append(len(joined))
        if len(taken) == _CANDIDATES:
            break
    return [(phrase, spare) for phrase in taken if (spare := estimate(phrase) - _MARK_COST) > 0]


def _in_notice(sample: str, phrase: str, notices: str) -> bool:
    """Whether a phrase is of our own notices, which stay as every reader knows them."""
    if phrase.startswith(SIGIL[:2]):
        return True
    if phrase not in notices:  # far shorter than the sample
        return False
    return sample.startswith(SIGIL[:2], sample.rfind("\n", 0, sample.find(phrase)) + 1)


def _repeated(places: list[str]) -> dict[str, int]:
    """Return what two or more of the texts begin with, up to where a phrase may end, and how often it begins a text.

    Sorted texts form nested groups that share a beginning, as the intervals of a suffix array do.
    """
    counts = Counter(places)
    texts = sorted(counts)
    heads = [text[:_MIN_PHRASE] for text in texts]
    alike = [False, *map(eq, heads, heads[1:]), False]
    texts = [
        text
        for text, before, behind in zip(texts, alike, alike[1:], strict=False)
        if before or behind or counts[text] > 1
    ]
    seen: dict[str, int] = {}
    open_groups = [(0, 0)]  # (length of the shared beginning, first of the group), lengths ascending
    open_length = row = end = 0
    last = ""
    for text, common in zip([*texts, ""], [*_common(texts), 0], strict=True):
        times = counts[text]
        # Of equal texts the first two come: further ones tell nothing new.
        for rank, shared in ((row, common),) if times < 2 else ((row, common), (row + 1, len(text))):
            # Where the last phrase ended this one does too, if nothing but a word or number lies behind.
            if not (
                0 < end < shared < len(text) and (behind := text[end + 1 : shared + 1]).isalnum() and behind.isascii()
            ):
                end = _shared(last, text, shared) if shared >= _MIN_PHRASE else 0
            length = end if end >= _MIN_PHRASE else 0
            first = rank - 1
            while open_length > length:
                closed, first = open_groups.pop()
                phrase = last[:closed]
                seen[phrase] = max(seen.get(phrase, 0), rank - first)
                open_length = open_groups[-1][0]
            if open_length < length:
                open_groups.append((length, first))
                open_length = length
            last = text
        row += times
    return seen


def _common(texts: Sequence[str]) -> list[int]:
    """Return how many characters each of the different texts has in common with the one before it.

    The lowest bit in which two little-endian numbers differ tells the first character in which their texts do.
    """
    if not texts:
        return []
    joined = "\n".join(texts)
    try:
        coded, width = joined.encode("latin-1").split(b"\n"), 8
    except UnicodeEncodeError:
        coded = []
    if not coded or "\0" in joined:  # else a text that ends differs from one that goes on, with no sign for its end
        width = 16 if len(joined.encode("utf-16-le", "surrogatepass")) == 2 * len(joined) else 32
        coded = [f"{text}\n".encode(f"utf-{width}-le", "surrogatepass") for text in texts]
    numbers = [int.from_bytes(text, "little") for text in coded]
    differing = map(xor, numbers, [0, *numbers])
    return [((bits ^ (bits - 1)).bit_length() - 1) // width for bits in differing]


def _shared(a: str, b: str, common: int) -> int:
    """Length of the ``common`` prefix, cut back to where a phrase may end; ``a`` sorts before ``b``."""
    found = _EDGE.match(b if common < len(b) else f"{b}\n", 0, common + 1)
    if found is None:
        return 0
    end = found.end()
    if end == common and common < len(a) and bars_edge(a[common], b[:common]):
        found = _EDGE.match(b, 0, common)
        end = found.end() if found else 0
    while end and b[end : end + 1] == "." and bars_edge(".", b[:end]):
        found = _EDGE.match(b, 0, end)
        end = found.end() if found else 0
    return end


def bars_edge(following: str, phrase: str) -> bool:
    """Whether a mark before this character would part a word, run into it, or read as the start of a legend entry.

    A dot parts a number or a file name, but not the names of a package.
    """
    if following == ".":
        if phrase[-1:].isalpha():
            return "/" in phrase[phrase.rfind(" ") + 1 :]
        return _SECONDS.search(phrase) is None
    if following in _PARTS and following:
        return not phrase[-1:].isdigit()
    return following.isalnum() or following in _BARRED
