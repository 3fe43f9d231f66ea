"""From a document to paragraphs of running English text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_TAG = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]*>", re.DOTALL)
_LINK = re.compile(r"!\[[^\]]*\]\([^)]*\)|\[([^\]]*)\]\([^)]*\)")
_CODE_LINE = re.compile(r"^\s*(?:>>>|\.\.\. |\$ |\.\. \w+::|:\w+:|[|+]|={3,}|-{3,}|\* \[|\[\w+\]:)")
_SENTENCE = re.compile(r"[.!?:](?:\s|$)")
_LEAST_WORDS = 10


def paragraphs(text: str) -> Iterator[str]:
    """Paragraphs of prose, each on one line; code, tables, headings and lists of arguments are left out."""
    text = _LINK.sub(lambda match: match.group(1) or "", _TAG.sub(" ", _FENCE.sub("\n\n", text.replace("\r\n", "\n"))))
    for block in re.split(r"\n[ \t]*\n", text):
        lines = [line for line in block.split("\n") if line.strip()]
        if not lines or any(_CODE_LINE.match(line) for line in lines):
            continue
        run = " ".join(" ".join(lines).split())
        if is_prose(run):
            yield run


def is_prose(run: str) -> bool:
    """Whether a run of words reads as a sentence: long enough, mostly letters, with an end."""
    words = run.split()
    if len(words) < _LEAST_WORDS or len(run) > 6000 or not _SENTENCE.search(run):
        return False
    letters = sum(char.isascii() and (char.isalpha() or char == " ") for char in run)
    plain = sum(word.strip("().,:;!?\"'").isalpha() for word in words)
    return letters >= 0.85 * len(run) and plain >= 0.7 * len(words)


def shingles(text: str, size: int = 8) -> set[int]:
    """Hashes of its runs of ``size`` words, letters and digits only: equal texts in other layouts meet."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {hash(tuple(words[at : at + size])) for at in range(len(words) - size + 1)}


class Seen:
    """Paragraphs met before, and those of texts that must not be learnt from."""

    def __init__(self, barred: Iterable[str] = ()) -> None:
        self._paragraphs: set[str] = set()
        self._barred: set[int] = set()
        for text in barred:
            self._barred |= shingles(text)

    def barred(self, run: str) -> bool:
        """Whether it shares eight words in a row with a barred text."""
        return bool(self._barred) and not self._barred.isdisjoint(shingles(run))

    def fresh(self, run: str) -> bool:
        """Whether it was not met before; notes it."""
        key = run.lower()
        if key in self._paragraphs:
            return False
        self._paragraphs.add(key)
        return True
