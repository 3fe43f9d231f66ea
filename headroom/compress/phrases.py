"""A legend of phrases that come up again and again: ``$a=long phrase`` at the top, ``$a`` in the text.

The phrases are found by sorting the word starts of a sample and reading off the common prefixes of neighbours, as a
suffix array does, and are then taken greedily by what each spares in the whole text (the idea of offline dictionary
coders such as Re-Pair: Larsson and Moffat 1999). A phrase starts and ends at a word's edge, and no mark is followed
by a letter or digit, so a reader sees whole words only.
"""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from operator import eq, xor

from headroom.compress.folding import SIGIL
from headroom.compress.narrow import narrow, widened, written

_SIGILS = "$&%@^§"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHORT = {"$": "abcdfijlmnopqrstvxI", "&": "aeimopqrstwABCDEGHIMOPRSTW", "%": "bcdeimnsxABCDE", "@": "gmnsy"}
"""Letters that are one token of o200k together with the sigil, measured."""
_HEADER = re.compile(r"\[~ legend of (\d+)[^\]]*\]")

_MAX_PHRASES = 52
_MAX_PHRASE = 200
_MIN_PHRASE = 9
_MAX_LINE = 2_000
_CANDIDATES = 120

_TOKEN = re.compile(
    r"[A-Za-z]{1,7}|\d{1,3}|\^{3,16}|-{3,16}|={3,16}|\.{3,16}|~{3,16}|\*{3,16}|#{3,16}|[^\sA-Za-z0-9]{1,2}"
)
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
_WORDS = re.compile(r"[^\W_]{2}")
_ANYWHERE = re.compile(_START.format(least=_MIN_PHRASE, most=_MAX_PHRASE))
_BEHIND_MARGIN = re.compile("(?m)(?!^)" + _START.format(least=_MIN_PHRASE, most=_MAX_PHRASE))
_BARRED = frozenset("_=%")
_PARTS = frozenset("-:")
_SECONDS = re.compile(r"[:.-]\d{1,2}$")
_WORTH = 0.25
"""A longer phrase with the same beginning that is worth this share of the best one goes first: it would be cut up else."""
_MARK_COST = 2
"""Tokens of a mark in o200k, measured: 1.3 to 2."""
_ENTRY_COST = 4
_ESCAPE = re.compile(r"\\[\"\\/nrtu]")
_ESCAPED_SHARE = 0.3
_LEAST_CHARS = 600
_LEAST_CHARS_QUICK = 5_000
"""Of a shorter text a legend takes longer to read than the text."""
_ENTRY_GOES_ON = re.compile(r"(?=[ \t]*(?:[=:→]|->))")
_ENTRY_SIGNS = frozenset((*"=:→-", ""))
_MIN_GAIN = 10
"""Estimated tokens that a legend entry must spare: a longer legend is harder to read."""


def estimate(text: str) -> int:
    """Estimate tokens, within about a tenth of o200k on logs and paths."""
    return len(_TOKEN.findall(text))


def encode(text: str, *, margin: bool = True, quick: bool = False) -> tuple[list[str], str]:
    """Return the lines of a legend and the text with marks; no lines where no phrase spares enough.

    With ``margin`` False the first character of a line stays out of marks: it tells what the line is. ``quick`` looks
    at half as much of the text.
    """
    if len(text) < (_LEAST_CHARS_QUICK if quick else _LEAST_CHARS):
        return [], text
    sample = _sample(text, 3_000 + len(text) // 16 if quick else 6_000 + len(text) // 8)
    found = _candidates(sample, margin=margin)
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
    while queue and len(entries) < _MAX_PHRASES:
        hoped, phrase, spare = queue.pop(_longest_worth(queue, extended))
        if hoped < floor:
            break
        # What was hoped for is as of before other phrases were taken; the sample shows what is left of it.
        searched = written(phrase, wide)
        left = int(sample.count(searched) * scale * spare) if entries else hoped
        if left < hoped * 0.8 and queue and left < queue[-1][0]:
            insort(queue, (left, phrase, spare))
            continue
        parts = body.split(searched)
        if (len(parts) - 2) * spare - _ENTRY_COST < floor:
            continue
        mark = sigil + letters[len(entries)]
        heads = {part[:1] for part in parts[1:]}
        joined, used = _join(parts, heads, searched, mark, alone=alone)
        if (used - _like_entries(parts, heads, searched) - 1) * spare - _ENTRY_COST < floor:
            continue
        body = joined
        sample = sample.replace(searched, mark)
        entries.append(f"{mark}={phrase}")
    if not entries:
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
    behind = [parts[row] + phrase if row + 1 < len(parts) and not parts[row].strip() else parts[row] for row in rows]
    return sum([_ENTRY_GOES_ON.match(text) is not None for text in behind])


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


def names(sigil: str) -> str:
    """Return the 52 letters to name entries by, those first that make the shortest marks."""
    short = _SHORT.get(sigil, "")
    return short + "".join(letter for letter in _LETTERS if letter not in short)


def header(entries: Sequence[str]) -> str:
    """Return the line above the entries of a legend, such as ``$a=some text``; at most 52 entries, named in order."""
    return f"{SIGIL}legend of {len(entries)}: {entries[0][0]}x below stands for its text]"


def split(encoded: str) -> tuple[list[str], str]:
    """Part a text that may start with a legend into the legend's lines and the rest."""
    first, _, rest = encoded.partition("\n")
    match = _HEADER.fullmatch(first)
    if match is None:
        return [], encoded
    *entries, body = rest.split("\n", int(match[1]))
    return [first, *entries], body


def decode(legend: Sequence[str], body: str) -> str:
    """Invert `encode`."""
    if not legend:
        return body
    texts = {entry[:2]: entry[3:] for entry in legend[1:]}
    sigil = legend[1][0]
    if 2 * sigil not in body:
        first, *rest = body.split(sigil)
        spelled = {letter: texts.get(sigil + letter) for letter in _LETTERS}
        marked = {letter: text for letter, text in spelled.items() if text is not None}
        with suppress(KeyError):  # where the source has no such sign, all of them begin marks
            return first + "".join([marked[piece[:1]] + piece[1:] for piece in rest])
        out = [first]
        for piece in rest:
            if (letter := piece[:1]) in spelled:
                text = spelled[letter]
                if text is None:
                    raise KeyError(sigil + letter)
                out.append(text)
                out.append(piece[1:])
            else:
                out.append(sigil)
                out.append(piece)
        return "".join(out)
    sigil = re.escape(sigil)
    mark = re.compile(rf"(?<!{sigil}){sigil}++[A-Za-z]")
    return mark.sub(lambda m: texts[m[0]] if len(m[0]) == 2 else m[0][1:], body)


def choose_sigil(text: str) -> tuple[str, str]:
    """Return a sigil, and the text with one more sigil wherever it could be taken for a mark."""
    for sigil in _SIGILS:
        if sigil not in text or re.search(re.escape(sigil) + "[A-Za-z]", text) is None:
            return sigil, text
    sigil = min(_SIGILS, key=text.count)
    return sigil, re.sub(rf"(?<!{re.escape(sigil)}){re.escape(sigil)}++(?=[A-Za-z])", rf"\g<0>{sigil}", text)


def _join(parts: list[str], heads: Collection[str], phrase: str, mark: str, *, alone: bool) -> tuple[str, int]:
    """Put ``mark`` between the parts, and the phrase itself where a mark could not be told from its neighbours; count the marks.

    ``heads`` are the first characters of all parts but the first. ``alone``: the text has no sigil but those of the
    marks, which a letter follows.
    """
    sigil = mark[0]
    barred = {first for first in heads if _bars_edge(first, phrase)}
    if not barred and (alone or sigil not in {part[-1:] for part in parts[:-1]}):
        return mark.join(parts), len(parts) - 1
    out = [parts[0]]
    used = 0
    for before, after in pairwise(parts):
        told = after[:1] not in barred and before[-1:] != sigil
        used += told
        out += (mark if told else phrase), after
    return "".join(out), used


def _sample(text: str, size: int) -> str:
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


def _candidates(sample: str, *, margin: bool) -> list[tuple[str, int]]:
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
    notices = "\n".join([line for line in lines if line.startswith(SIGIL[:2])]) if noticed else ""
    taken: list[str] = []
    as_often: list[float] = []
    joined = "\n"
    starts = [1]  # of each taken phrase in the joined text, and of the next
    for _, phrase in best:
        # The tail of a longer phrase that is seen as often would never be taken after it.
        if (noticed and _in_notice(sample, phrase, notices)) or not _WORDS.search(phrase):
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
    open_groups: list[tuple[int, int]] = []  # (length of the shared beginning, first of the group), lengths ascending
    row = 0
    last = ""
    end = 0
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
            if not length and not open_groups:
                last = text
                continue
            first = rank - 1
            while open_groups and open_groups[-1][0] > length:
                closed, first = open_groups.pop()
                phrase = last[:closed]
                seen[phrase] = max(seen.get(phrase, 0), rank - first)
            if length and (not open_groups or open_groups[-1][0] < length):
                open_groups.append((length, first))
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
    if end == common and common < len(a) and _bars_edge(a[common], b[:common]):
        found = _EDGE.match(b, 0, common)
        end = found.end() if found else 0
    while end and b[end : end + 1] == "." and _bars_edge(".", b[:end]):
        found = _EDGE.match(b, 0, end)
        end = found.end() if found else 0
    return end


def _bars_edge(following: str, phrase: str) -> bool:
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
