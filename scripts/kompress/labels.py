"""What the model shall learn: keep the words that cannot be guessed, and always those that must stay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headroom.compress.kompress.choose import must_stay
from headroom.compress.must_keep import must_keep
from headroom.compress.prose import split_sentences

_TURNS = re.compile(r"(?:not|no|never|none|nor|neither|cannot|without|unless|except|only|n't|\w+n't)", re.IGNORECASE)
_EDGES = "().,:;!?\"'[]{}"


@dataclass(frozen=True, slots=True)
class Piece:
    """One document, ready to be labelled."""

    words: tuple[str, ...]
    sentence: np.ndarray
    """Index of each word's sentence."""
    fixed: np.ndarray
    """Whether a word must stay."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """From how many bits on a word is kept, and a sentence is worth something."""

    word: float
    sentence: float


def piece(text: str) -> Piece:
    """Words, their sentences and the must-keeps among them; ``words`` equals ``text.split()``."""
    words: list[str] = []
    owner: list[int] = []
    fixed: list[bool] = []
    for index, sentence in enumerate(split_sentences(text)):
        own = sentence.text.split()
        words += own
        owner += [index] * len(own)
        fixed += must_stay_words(sentence.text, own)
    return Piece(tuple(words), np.array(owner, np.int32), np.array(fixed, bool))


def must_stay_words(sentence: str, words: Sequence[str]) -> list[bool]:
    """Which words of a sentence no label may drop.

    All of one that tells of trouble; otherwise numbers, identifiers, directives (also of two words) and negations.
    """
    if must_keep(sentence.replace("\n", " ")):
        return [True] * len(words)
    fixed = [
        any(char.isdigit() for char in word) or bool(_TURNS.fullmatch(word.strip(_EDGES))) or must_stay(word)
        for word in words
    ]
    if must_stay(sentence):
        for at in range(len(words) - 1):
            if not (must_stay(words[at]) or must_stay(words[at + 1])) and must_stay(f"{words[at]} {words[at + 1]}"):
                fixed[at] = fixed[at + 1] = True
        if not any(fixed):  # what must stay is longer than two words
            return [True] * len(words)
    return fixed


def worth(piece: Piece, bits: np.ndarray) -> np.ndarray:
    """Mean bits of each sentence's words, smoothed so that a short one does not win by one rare word."""
    count = np.bincount(piece.sentence)
    return np.bincount(piece.sentence, weights=bits) / (count + 4)


def cuts(pieces: Sequence[Piece], bits: Sequence[np.ndarray], *, share: float = 0.5) -> Cuts:
    """Cuts that keep ``share`` of all words, and half of the sentences."""
    words = np.concatenate(list(bits))
    sentences = np.concatenate([worth(one, row) for one, row in zip(pieces, bits, strict=True)])
    return Cuts(float(np.quantile(words, 1 - share)), float(np.quantile(sentences, 0.5)))


def label(piece: Piece, bits: np.ndarray, cut: Cuts) -> tuple[np.ndarray, np.ndarray]:
    """Per word: whether it is kept, and whether its sentence is worth keeping; both 0 or 1."""
    keep = (bits >= cut.word) | piece.fixed
    good = worth(piece, bits) >= cut.sentence
    good |= np.bincount(piece.sentence, weights=piece.fixed, minlength=len(good)) > 0.5 * np.bincount(piece.sentence)
    return keep.astype(np.int8), good[piece.sentence].astype(np.int8)
