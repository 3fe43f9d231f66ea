"""Columns that a question names, and how one without a name is called."""

from __future__ import annotations

import re
from collections.abc import Sequence

from headroom.compress.columns import Column

_PLURAL = 5
"""From so many letters on a column called by a plural is meant by the singular, too: RESTARTS by "restart"."""
_COMPARING = re.compile(
    r"[`\"']?\s*(?:[<>=]|(?:is |are |was |were )?(?:above|over|below|under|at least|at most|exceed|between|equal"
    r"|(?:greater|more|higher|larger|less|fewer|lower|smaller) than))",
    re.IGNORECASE,
)
"""What is said of a column whose name is one letter: alone, such a letter is hardly a name."""
_OF_COLUMN = re.compile(
    r"\b(?:column|field|(?:max|min|mean|average|sum|median|peak|value)s?(?: of)?|[hl]\w+est) [`\"']?$"
)


def mentions(columns: Sequence[Column], query: str) -> dict[int, list[int]]:
    """Columns that the question names, each with the offsets behind its name."""
    lowered = query.lower()
    found: dict[int, list[int]] = {}
    for index, column in enumerate(columns):
        name = column.name.lower().strip('"')
        spellings = {name, name.replace("_", " "), name.rpartition(".")[2]}
        if len(name) > _PLURAL and name[-1] == "s" and name[-2] != "s":
            spellings.add(name[:-1])
        ends = [
            match.end()
            for spelling in sorted(spellings)
            if len(spelling) > 1 and spelling in lowered
            for match in re.finditer(rf"(?<![\w.]){re.escape(spelling)}(?:s\b|(?!\w))", lowered)
        ]
        if len(name) == 1 and name.isalpha():
            ends = [match.end() for match in re.finditer(rf"(?<![\w.'’]){name}(?![\w.'’])", lowered)]
            ends = [end for end in ends if _names_letter(column.name, query, end)]
        if ends:
            found[index] = sorted(ends)
    return found


def _names_letter(name: str, query: str, end: int) -> bool:
    """Whether the letter before ``end`` is meant as the column of that name."""
    before, behind = query[: end - 1].rstrip("`\"'"), query[end:]
    quoted = query[end - 2 : end - 1] == "`" == query[end : end + 1]
    if quoted or _COMPARING.match(behind):
        return True
    return (
        name == query[end - 1] and name.lower() not in "ai" and _OF_COLUMN.search(f"{before.lower()[-40:]}") is not None
    )


def unnamed(index: int) -> str:
    """Name of a column that has none, by its place from 0."""
    return f"column {index + 1}"


def are_unnamed(columns: Sequence[Column]) -> bool:
    """Whether no column has a name, so that a question means them without naming them."""
    return all(column.name == unnamed(index) for index, column in enumerate(columns))
