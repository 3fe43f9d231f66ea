"""Forms of a word in lower case: its endings, its other spellings, and the words that a name is made of.

Each rule is as bold as its use allows: a stem by which two words are compared, or where a word begins, may be any piece
that its forms share; one that is looked for inside of other words, or in place of a word that is nowhere, may not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

_ENDINGS = ("ments", "ment", "ings", "ing", "ers", "ied", "ies", "ed", "es", "er", "s", "e", "y")
_STEM_CHARS = 4
_LONG_ENDING = 4
_BEFORE_LONG = 3
"""Letters left before an ending of four and more, which few words have by chance."""
_DOUBLED = frozenset("bdgmnprt")
_START_CHARS = 5
_TAIL_CHARS = 3
_SPELLED = (
    ("licence", "license"),
    ("our", "or"),
    ("isation", "ization"),
    ("ise", "ize"),
    ("ising", "izing"),
    ("ogue", "og"),
)
"""Endings that British and American English write in their own way."""
_ASCII_WORD = r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+"
_IDENTIFIER_WORDS = re.compile(_ASCII_WORD)
_TOKEN_WORDS = re.compile(rf"{_ASCII_WORD}|\d+")
_TOKEN_RUNS = re.compile(r"[^\W\d_]+|\d+")
_LABEL_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+")


def stem_of(word: str) -> str:
    """A word without its ending, and without the letter doubled before it: "stopped" is of "stop".

    To compare words by, or to look for what begins so: of "modified", "modifies" and "modify" it is "modif".
    """
    if not word.endswith(_ENDINGS):
        return word  # most have none of them
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= (_BEFORE_LONG if len(ending) >= _LONG_ENDING else _STEM_CHARS):
            return _undoubled(stem) if len(ending) > 1 else stem
    return word


def stem_of_verb(word: str) -> str:
    """A word without its "ed" or "ing", and without the letter doubled before it; "" for any other, or where little is left.

    To look for inside of other words, too: so no ending of a noun is taken off, and no "i" of "modified", as `stem_of` does.
    """
    stem = word.removesuffix("ing") if word.endswith("ing") else word.removesuffix("ed")
    stem = _undoubled(stem) if stem != word and word.isalpha() else ""
    return stem if len(stem) >= _STEM_CHARS else ""


def _undoubled(stem: str) -> str:
    return stem[:-1] if stem[-2:-1] == stem[-1:] and stem[-1:] in _DOUBLED else stem


def singular_of(word: str) -> str:
    """A plural without its "s"; "" for what is likely none, as "process" is, or a short word."""
    return word[:-1] if len(word) > _STEM_CHARS and word[-1] == "s" and word[-2] != "s" else ""


def without_s(word: str) -> str:
    """A word in letters without its last "s", also that of "process": for a text that holds no such word as it is, but this."""
    return word[:-1] if len(word) > _STEM_CHARS and word[-1] == "s" and word.isalpha() else ""


def bent(word: str) -> re.Pattern[str]:
    """What a word in letters is with an ending put on, and by itself never: "returns" and "returned" of "return".

    Unlike what begins with a stem, this is surely a form of the same word: "order" has "orders", but no "ordinal".
    """
    return re.compile(rf"(?<!\w){word}(?:s|es|d|ed|ing|r|er|ly)(?!\w)")


def spelled_else(word: str) -> Iterator[str]:
    """Yield a word as the English write it that the Americans write so, and the other way round."""
    for one, other in _SPELLED:
        for ending, instead in ((one, other), (other, one)):
            if word.endswith(ending):
                yield word.removesuffix(ending) + instead


def start_alike(part: str, word: str) -> bool:
    """Whether two words begin alike, but for an ending: "accelerates" for "acceleration"; or one with the other.

    Bolder than `stem_of`: for the names of a table's columns, which are few, and of which hardly two begin alike.
    """
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(part, word, strict=False)))
    return shared >= max(_START_CHARS, min(len(part), len(word)) - _TAIL_CHARS)


def words_of_identifier(name: str) -> list[str]:
    """The words that a name in a program is made of, as they stand: ``parse``, ``HTTP`` and ``Header`` of ``parseHTTPHeader2``."""
    return _IDENTIFIER_WORDS.findall(name)


def words_of_token(token: str) -> list[str]:
    """The words and the numbers that a token of a question is made of; a word with no letter of ASCII is one."""
    return [word for run in _TOKEN_RUNS.findall(token) for word in (_TOKEN_WORDS.findall(run) or [run])]


def words_of_label(name: str) -> list[str]:
    """The words that the name of a column is made of, in lower case; of any script, as people write them: ``größe``."""
    return [word.lower() for word in _LABEL_WORDS.findall(name)]
