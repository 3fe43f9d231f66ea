"""Which lines hold what the question names."""

from __future__ import annotations

from collections.abc import Sequence

from headroom.compress.near_words import near_rows
from headroom.compress.number_masks import digits_alike
from headroom.compress.query import Relevance
from headroom.compress.word_forms import stem_of_verb, without_s
from headroom.compress.word_search import WordSearch, overlaps_itself, searching, stands

_STRONG = 0.8
"""Weight from which a term is a literal or an identifier, not just a word."""
_WORD_LINES = 12
"""A plain word on more lines than this says nothing about which line is meant."""
_WORD_CHARS = 8_000
_INSIDE_CHARS = 4
"""A shorter term counts as a word of its own only."""
_HARDLY_ANY = 3
"""Rows with another form of a plain word that stay beside those of a name."""
_TRIES = 8
"""Times a term is looked for as a word of its own in one line that has it inside longer words."""


def named_rows(
    relevance: Relevance,
    lines: Sequence[str],
    strong_lines: int = 60,
    word_lines: int = _WORD_LINES,
    many: list[str] | None = None,
    text: str | None = None,
    near_lines: int = _WORD_LINES,
    *,
    words: bool = True,
) -> set[int]:
    """Rows that hold a term of the question: all of them up to a limit, else the first three and the last.

    A term stands as a word of its own; only where it never does, inside a longer word. Up to ``near_lines`` rows with
    another form of a plain word come with them. The limit is ``strong_lines`` for
    a name and ``word_lines`` for a plain word, of no more than `_WORD_CHARS` where they are many. Terms on
    more lines are added to ``many``. With ``words`` False names alone are looked for. Linear, at the speed of find. ``text`` is the lines joined, where their masks are known.
    """
    least = relevance.threshold if words else _STRONG
    terms = [term for term in relevance.named if term.weight >= least and "\n" not in term.text]
    if not terms:
        return set()
    if text is not None and text.isascii():
        searched = searching(text)
        lines_alike, different, joined = digits_alike(text)
        searched.shorten(joined.lower(), lines_alike, different)
    else:
        searched = _searched(lines)
    rows: set[int] = set()
    whole: list[str] = []
    for term in terms:
        if term.weight < _STRONG and any(name.endswith(term.text) for name in whole):
            continue  # "3.12.1" where "v3.12.1" is meant and there
        limit = strong_lines if term.weight >= _STRONG else word_lines
        found = _find(searched, term.text, limit)
        if term.weight < _STRONG and len(found) <= limit and not (whole and found):
            most = _HARDLY_ANY if whole else near_lines
            found = _with_near(searched, term.text, found, most)
            limit = max(limit, len(found))
        if found and term.weight >= _STRONG:
            whole.append(term.text)
        if term.weight < _STRONG and _WORD_LINES < len(found) <= limit:
            limit = limit if sum([len(lines[row]) for row in found]) <= _WORD_CHARS else 0
        rows |= _some(found, limit)
        if many is not None and len(found) > limit:
            many.append(term.text)
    return rows


def _searched(lines: Sequence[str]) -> WordSearch:
    source = "\n".join(lines)
    joined = source.lower()
    if len(joined) != len(source):  # a letter that gets longer in lower case
        joined = "\n".join(line.lower() if len(line.lower()) == len(line) else line for line in lines)
    return WordSearch(joined)


def _find(searched: WordSearch, asked: str, limit: int) -> list[int]:
    """Rows with the term as a word, else those with it inside a longer word; ascending, without repeats.

    Where "timeouts" stands nowhere, those of a "timeout" are meant; for "rotated" any word of "rotate", "rotating".
    """
    term = asked
    if not searched.has(term):
        if stem := stem_of_verb(asked):
            return _rows(searched, stem, limit, whole=False) if searched.has(stem) else []
        term = without_s(asked)
        if not term or not searched.has(term):
            return []
    found = _rows(searched, term, limit, whole=True)
    return found or (_rows(searched, term, limit, whole=False) if len(term) >= _INSIDE_CHARS else [])


def _with_near(searched: WordSearch, word: str, found: list[int], most: int) -> list[int]:
    """These rows with those that have another form of the word, where these are few."""
    short = searched.short_for(word)
    if short is not None and not near_rows(short.text, word, 0):
        return found  # most words have no other form, which far fewer lines show
    near = near_rows(searched.text, word, most)
    return sorted({*found, *near}) if len(near) <= most else found


def _rows(searched: WordSearch, term: str, limit: int, *, whole: bool) -> list[int]:
    """Rows with the term, as a word where ``whole``: all up to a limit; of more the first, and the last with it in any way."""
    looked = _whole if whole else _inside
    short = searched.short_for(term)
    rows = looked(short or searched, term, limit)
    if short is not None and rows:
        rows = searched.rows_of(rows)  # the first of them are on the first of the different lines
    if len(rows) > limit:
        return [*rows[: limit + 1], searched.last_row(term)]
    return rows


def _whole(searched: WordSearch, term: str, limit: int) -> list[int]:
    """The first rows with the term as a word, up to one more than the limit."""
    text = searched.text
    overlaps = overlaps_itself(term)
    rows: list[int] = []
    for row, at in searched.words(term):
        start = text.rfind("\n", 0, at) + 1
        if overlaps:
            line_end = text.find("\n", at)
            near = stands(text[start : line_end if line_end >= 0 else len(text)], term, _TRIES)
        else:
            near = text.count(term, start, at) < _TRIES
        if near:
            rows.append(row)
            if len(rows) > limit:
                break
    return rows


def _inside(searched: WordSearch, term: str, limit: int) -> list[int]:
    """The first rows that hold the term in any way, up to one more than the limit."""
    text = searched.text
    rows: list[int] = []
    row = counted = 0
    at = text.find(term)
    while at >= 0 and len(rows) <= limit:
        row += text.count("\n", counted, at)
        counted = at
        rows.append(row)
        line_end = text.find("\n", at)
        at = text.find(term, line_end) if line_end >= 0 else -1
    return rows


def _some(rows: list[int], limit: int) -> set[int]:
    return set(rows) if len(rows) <= limit else {*rows[:3], rows[-1]}
