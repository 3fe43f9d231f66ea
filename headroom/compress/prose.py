"""Prose cut to its weightiest sentences, deterministic and without a model; a model may score the words instead."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, log
from typing import Protocol

from headroom.compress.kompress import choose
from headroom.compress.must_keep import must_keep_lines
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition, Unencoded

KEEP_SPECIFIC = 0.45
"""Part of the text kept where the question names something."""
KEEP_VAGUE = 0.8
"""Part kept where it names nothing."""
_MIN_SENTENCES = 12
_MIN_GAP_CHARS = 200
"""A marker costs some 25 tokens; a shorter gap is filled again."""
_SHINGLE = 5
_SURE = 1.8

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]{0,3}[ \t]+(?=[\"'“‘(\[]{0,2}[A-Z0-9])|\n+")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|cf|vs|Dr|Mr|Mrs|Ms|Prof|St|No|Fig|Eq|al|[A-Z])\.$")
_TOKEN = re.compile(r"[^\W_]+(?:[._/:-][^\W_]+)*")
_DIRECTIVE = re.compile(
    r"\b(?:must|never|always|do not|don't|should|shall|required|only if|unless|make sure|ensure|important)\b",
    re.IGNORECASE,
)
_INSTRUCTION_MARK = re.compile(
    r"^\s*<(?:system|instructions?|rules?|policy|important|user|assistant)[\w-]*>|^#+ .*\b(?:SKILL|AGENTS|CLAUDE|instructions)\b",
    re.MULTILINE,
)
_INSTRUCTION_SHARE = 0.25
_BOILERPLATE = re.compile(
    r"\b(?:we use cookies|accept (?:all )?cookies|all rights reserved|terms of (?:use|service)|privacy policy|subscribe to our|sign up for"
    r"|click here|please note that|as is\" basis|without warranties or conditions|licensed under the|share this (?:page|article))\b",
    re.IGNORECASE,
)


class ProseScorer(Protocol):
    """A model that says which words matter."""

    def __call__(self, words: Sequence[str]) -> Sequence[float] | None:
        """Return one value 0..1 for each word, or None when it cannot now: then the deterministic scores serve."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of the source between two sentence ends."""

    start: int
    end: int
    """Offset behind it; the white space up to the next sentence belongs to neither."""
    text: str


class Prose(Unencoded):
    """Running text of one language."""

    kind = "prose"

    def __init__(self, scorer: ProseScorer | None = None, target_ratio: float | None = None) -> None:
        self._scorer = scorer
        self._target = target_ratio

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep the sentences that the question, rare words, numbers and their place speak for; mark each gap.

        Text that gives instructions is left alone: a dropped "not" would turn it around.
        """
        sentences = split_sentences(text)
        if len(sentences) < _MIN_SENTENCES or instructs(text, sentences):
            return None
        relevance = Relevance.from_hints(hints)
        scores = score_sentences(text, sentences, relevance)
        rows = self._word_scores(sentences)
        if rows is not None:
            keep = _select_scored(sentences, scores, rows, self._target, len(text))
        else:
            target = self._target
            if target is None:
                target = KEEP_SPECIFIC if relevance.specific else KEEP_VAGUE
            keep = _select(sentences, scores, target * len(text))
        pieces = cut_pieces(text, sentences, keep)
        if len(pieces) < 2:
            return None
        if rows is not None and _left_out(pieces) < choose.LEAST_SAVED * len(text):
            return None
        transform = "prose:extract" if rows is None else "prose:model"
        return Rendition(tuple(pieces), self.kind, transform, lossless=False)

    def explains(self, text: str, lines: list[str]) -> bool:
        """Hold for lines that are runs of whole sentences of the source."""
        return all(line in text for line in lines)

    def _word_scores(self, sentences: Sequence[Sentence]) -> list[Sequence[float]] | None:
        """A model's value of each word, a row a sentence; None where no model says anything."""
        if self._scorer is None:
            return None
        words = [sentence.text.split() for sentence in sentences]
        values = self._scorer([word for row in words for word in row])
        if values is None or len(values) != sum(map(len, words)):
            return None
        rows: list[Sequence[float]] = []
        at = 0
        for row in words:
            rows.append(values[at : at + len(row)])
            at += len(row)
        return rows


def split_sentences(text: str) -> list[Sentence]:
    """Cut at sentence ends and newlines; abbreviations do not end a sentence."""
    out: list[Sentence] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        end = match.end() if match.group()[:1] not in " \t\n" else match.start()
        closing = match.group().rstrip(" \t\n")
        end = match.start() + len(closing)
        if "\n" not in match.group() and _ABBREVIATION.search(text, max(start, end - 6), end):
            continue
        if end > start and not text[start:end].isspace():
            out.append(Sentence(start, end, text[start:end]))
        start = match.end()
    if start < len(text) and not text[start:].isspace():
        out.append(Sentence(start, len(text), text[start:]))
    return out


def instructs(text: str, sentences: Sequence[Sentence]) -> bool:
    """Whether the text tells its reader what to do."""
    if _INSTRUCTION_MARK.search(text):
        return True
    directives = sum(1 for _ in _DIRECTIVE.finditer(text))
    return directives > _INSTRUCTION_SHARE * len(sentences)


def score_sentences(text: str, sentences: Sequence[Sentence], relevance: Relevance) -> list[float]:
    """Weigh each sentence: question, self-information of its words within the text, numbers, names, place, trouble."""
    bare = [sentence.text.replace("\n", " ") for sentence in sentences]
    tokens = [_TOKEN.findall(row) for row in bare]
    words = [{token.lower() for token in row if len(token) > 1 and not token[0].isdigit()} for row in tokens]
    frequency = Counter(word for row in words for word in row)
    total = len(sentences)
    information = {word: log(total / count) / max(1.0, log(total)) for word, count in frequency.items()}
    asked = relevance.score_lines(bare)
    troubled = set(must_keep_lines(bare))
    wordy = _BOILERPLATE.search(text) is not None
    scores: list[float] = []
    seen: set[tuple[str, ...]] = set()
    for index, row in enumerate(tokens):
        score = 3.0 * asked[index] + 0.8 * sum(map(information.__getitem__, words[index])) / (len(words[index]) + 8)
        numbers = sum(1 for token in row if token[0].isdigit())
        names = sum(1 for token in row[1:] if token[0].isupper()) + bare[index].count("`") + bare[index].count('"')
        score += 0.3 * min(1.0, numbers / 3) + 0.3 * min(1.0, names / 3)
        if index == 0 or index == total - 1:
            score += 0.6
        elif "\n" in text[sentences[index - 1].end : sentences[index].start]:
            score += 0.35  # opens a paragraph
        if index in troubled:
            score += 0.8
        if wordy and _BOILERPLATE.search(bare[index]):
            score -= 1.0
        if _repeats(row, seen):
            score -= 2.0
        scores.append(score)
    return scores


def _repeats(tokens: Sequence[str], seen: set[tuple[str, ...]]) -> bool:
    """Whether four fifths of its shingles, numbers included, were there before."""
    shingles = set(zip(*(tokens[at:] for at in range(_SHINGLE)), strict=False))
    fresh = shingles - seen
    repeated = len(shingles) >= 3 and len(fresh) <= 0.2 * len(shingles)
    seen |= fresh
    return repeated and not any(token.isdigit() for shingle in fresh for token in shingle)


def _select(sentences: Sequence[Sentence], scores: Sequence[float], budget: float, *, sure: float = _SURE) -> set[int]:
    """Choose runs of sentences long enough to be worth a marker when they go: single ones would be filled in again."""
    runs = list(_runs(sentences))
    values = [max(scores[first:behind]) + 0.5 * sum(scores[first:behind]) / (behind - first) for first, behind in runs]
    keep: set[int] = set()
    used = 0
    for index in sorted(range(len(runs)), key=lambda at: (-values[at], at)):
        first, behind = runs[index]
        size = sentences[behind - 1].end - sentences[first].start
        # What the question surely asks for is kept beyond the budget.
        if used + size > budget and max(scores[first:behind]) < sure:
            continue
        keep.update(range(first, behind))
        used += size
    return keep


def _select_scored(
    sentences: Sequence[Sentence],
    scores: Sequence[float],
    rows: Sequence[Sequence[float]],
    target: float | None,
    size: int,
) -> set[int]:
    """Choose by a model's scores: its own threshold, or the best up to ``target``.

    What the question surely asks for, tells of trouble or can't be guessed from the rest stays in any case, beyond the
    budget: no score can cost the reader an identifier.
    """
    troubled = set(must_keep_lines([sentence.text.replace("\n", " ") for sentence in sentences]))
    fixed = {
        index
        for index, sentence in enumerate(sentences)
        if scores[index] >= _SURE or index in troubled or choose.must_stay(sentence.text)
    }
    if target is None:
        return fixed | choose.by_threshold(rows)
    values = [score + 2.0 * choose.value(row) for score, row in zip(scores, rows, strict=True)]
    return fixed | _select(sentences, values, target * size, sure=inf)


def _left_out(pieces: Sequence[str | Gap]) -> int:
    return sum(piece.last - piece.first + 1 for piece in pieces if isinstance(piece, Gap))


def _runs(sentences: Sequence[Sentence]) -> Iterator[tuple[int, int]]:
    first = 0
    for index, sentence in enumerate(sentences):
        if sentence.end - sentences[first].start >= _MIN_GAP_CHARS:
            yield first, index + 1
            first = index + 1
    if first < len(sentences):
        yield first, len(sentences)


def cut_pieces(text: str, sentences: Sequence[Sentence], keep: set[int]) -> list[str | Gap]:
    """Lay out the kept sentences, each run verbatim, with a gap counted in characters between."""
    pieces: list[str | Gap] = []
    at = 0  # offset up to which the source is accounted for
    index = 0
    total = len(sentences)
    while index < total:
        if index in keep:
            index += 1
            continue
        last = index
        while last + 1 < total and last + 1 not in keep:
            last += 1
        start, end = sentences[index].start, sentences[last].end
        if end - start >= _MIN_GAP_CHARS:
            if start > at:
                pieces.append(_closed(text[at:start]))
            pieces.append(Gap(start + 1, end, "chars", f"{last - index + 1} sentences"))
            at = sentences[last + 1].start if last + 1 < total else end
            if text[end:at].count("\n") > 1:
                pieces.append("\n")
        index = last + 1
    if at < len(text):
        pieces.append(text[at:])
    return pieces


def _closed(run: str) -> str:
    """End a run with one newline, as a gap stands on a line of its own."""
    return run if run.endswith("\n") else run.rstrip(" \t") + "\n"


COMPRESSORS = (Prose(),)
