"""Which lines hold what the question names."""

from __future__ import annotations

from collections.abc import Sequence

from headroom.compress.query import Relevance

_STRONG = 0.8
"""Weight from which a term is a literal or an identifier, not just a word."""
_WORD_LINES = 12
"""A plain word on more lines than this says nothing about which line is meant."""


_TRIES = 8
"""Times a term is looked for as a word of its own in one line that has it inside longer words."""


def named_rows(relevance: Relevance, lines: Sequence[str], strong_lines: int = 60) -> set[int]:
    """Rows that hold a term of the question: all of them up to a limit, else the first three and the last.

    A term stands as a word of its own; only where it never does, inside a longer word. Linear, at the speed of find.
    """
    if not relevance.terms:
        return set()
    source = "\n".join(lines)
    joined = source.lower()
    if len(joined) != len(source):  # a letter that gets longer in lower case
        joined = "\n".join(line.lower() if len(line.lower()) == len(line) else line for line in lines)
    rows: set[int] = set()
    for term in relevance.terms:
        if term.weight < relevance.threshold or "\n" in term.text:
            continue
        limit = strong_lines if term.weight >= _STRONG else _WORD_LINES
        whole, inside = _find(joined, term.text, limit)
        rows |= _some(whole or inside, limit)
    return rows


def _find(joined: str, term: str, limit: int) -> tuple[list[int], list[int]]:
    """Rows with the term as a word, and rows with it inside a longer word; both ascending, without repeats."""
    whole: list[int] = []
    inside: list[int] = []
    opens, closes = _in_word(term[0]), _in_word(term[-1])
    tries = row = counted = 0
    at = joined.find(term)
    while at >= 0:
        row += joined.count("\n", counted, at)
        counted = at
        end = at + len(term)
        word = not (opens and at and _in_word(joined[at - 1])) and not (
            closes and end < len(joined) and _in_word(joined[end])
        )
        rows = whole if word else inside
        if not rows or rows[-1] != row:
            rows.append(row)
            tries = 0
        tries += 1
        if word and len(whole) > limit:
            last = joined.rfind(term)
            whole.append(row + joined.count("\n", at, last))
            break
        if word or tries >= _TRIES:
            end = joined.find("\n", end)
            if end < 0:
                break
        at = joined.find(term, end)
    return whole, inside if len(term) >= 4 else []


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _some(rows: list[int], limit: int) -> set[int]:
    return set(rows) if len(rows) <= limit else {*rows[:3], rows[-1]}
