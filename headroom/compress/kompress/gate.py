"""Which texts the model is asked about: English prose of some length that gives no instructions."""

from __future__ import annotations

import re

from headroom.compress.detect import detect
from headroom.compress.numbered import unnumber
from headroom.compress.prose import instructs, split_sentences
from headroom.compress.rendition import Hints

LEAST_WORDS = 300
"""Below this, a shorter text does not pay for the markers."""
MOST_CHARS = 256 * 1024
"""Larger blocks are compressed in another process, and would hold the queue up for everybody else."""
_ENGLISH_SHARE = 0.18
"""Function words of running English make up 35-50 % of it; other languages share few of these."""
_LATIN_SHARE = 0.9
_SAMPLE = 20_000
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_FUNCTION_WORDS = frozenset(
    """the of and to a in that is was it for on with as be by at this have from or had not are but his they which an were her
    she he you we all their one there been if has when who will more no out so said what up its about into than them can only
    other new some could time these two may then do first any my now such like our over me even most made after also did many
    before must through where much your well down should because each just those how too between both during under while
    against without does would""".split()  # noqa: SIM905 - one word a line says no more
)


def why_not(text: str, hints: Hints) -> str:
    """Why the model is not asked about a text; empty when it is."""
    if len(text) > MOST_CHARS:
        return "too_big"
    # A word has five letters or so; counting is for those that may be long enough.
    if len(text) < 3 * LEAST_WORDS or len(text.split(None, LEAST_WORDS)) <= LEAST_WORDS:
        return "too_short"
    if detect(text, hints).kinds[:1] != ("prose",) or unnumber(text) is not None:
        return "not_prose"
    if not english(text):
        return "not_english"
    if instructs(text, split_sentences(text)):
        return "instructions"
    return ""


def english(text: str) -> bool:
    """Whether a text is English, by its function words and its letters."""
    sample = text[:_SAMPLE]
    words = _WORD.findall(sample.lower())
    if not words:
        return False
    letters = [char for char in sample if char.isalpha()]
    if sum(char.isascii() for char in letters) < _LATIN_SHARE * len(letters):
        return False
    return sum(word in _FUNCTION_WORDS for word in words) >= _ENGLISH_SHARE * len(words)
