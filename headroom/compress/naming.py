"""Which lines hold what the question names."""

from __future__ import annotations

from collections.abc import Sequence

from headroom.compress.query import Relevance
from headroom.compress.word_search import WordSearch, overlaps_itself, stands

_STRONG = 0.8
"""Weight from which a term is a literal or an identifier, not just a word."""
_WORD_LINES = 12
"""A plain word on more lines than this says nothing about which line is meant."""
_INSIDE_CHARS = 4
"""A shorter term counts as a word of its own only."""
_TRIES = 8
"""Times a term is looked for as a word of its own in one line that has it inside longer words."""


def named_rows(relevance: Relevance, lines: Sequence[str], strong_lines: int = 60) -> set[int]:
    """Rows that hold a term of the question: all of them up to a limit, else the first three and the last.

    A term stands as a word of its own; only where it never does, inside a longer word. Linear, at the speed of find.
    """
    if not relevance.named:
        return set()
    source = "\n".join(lines)
    joined = source.lower()
    if len(joined) != len(source):  # a letter that gets longer in lower case
        joined = "\n".join(line.lower() if len(line.lower()) == len(line) else line for line in lines)
    searched = WordSearch(joined)
    rows: set[int] = set()
    for term in relevance.named:
        if term.weight < relevance.threshold or "\n" in term.text:
            continue
        limit = strong_lines if term.weight >= _STRONG else _WORD_LINES
        rows |= _some(_find(searched, term.text, limit), limit)
    return rows


def _find(searched: WordSearch, term: str, limit: int) -> list[int]:
    """Rows with the term as a word, else those with it inside a longer word; ascending, without repeats."""
    text = searched.text
    if term not in text:
        return []
    overlaps = overlaps_itself(term)
    whole: list[int] = []
    for row, at in searched.words(term):
        start = text.rfind("\n", 0, at) + 1
        if overlaps:
            near = stands(text[start:].partition("\n")[0], term, _TRIES)
        else:
            near = text.count(term, start, at) < _TRIES
        if near:
            whole.append(row)
            if len(whole) > limit:
                whole.append(row + text.count("\n", at, text.rfind(term)))
                break
    return whole or ([row for row, _ in searched.rows(term)] if len(term) >= _INSIDE_CHARS else [])


def _some(rows: list[int], limit: int) -> set[int]:
    return set(rows) if len(rows) <= limit else {*rows[:3], rows[-1]}
