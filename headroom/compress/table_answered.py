"""Whether what is kept of a table answers its question: each record surely meant is there, and what is not there is named nowhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from headroom.compress.column_names import mentions
from headroom.compress.columns import Column, shape_of
from headroom.compress.plain_words import is_plain
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.table_values import Named
from headroom.compress.word_search import stands

SURE = 0.8
LIKELY = 0.5
_STEM = 4
_EDGE = " \t.,;:!?\"'`()[]{}<>*“”‘’="
_TOLD_BY = re.compile(
    r"(?:[\w`\"')\]]\s*={1,2}|\bwhose\s+[`\"']?[\w.]+[`\"']?\s+(?:is|was|equals)\s)\s*[`\"']?([^?;,\n`\"]{1,100})",
    re.IGNORECASE,
)
"""What a record is told by: ``title = Heat``, ``whose `name` is datsun 810``."""
_BEHIND_NAME = re.compile(r"[`\"']?(?:[ =:#]{1,3}| (?:is|was) )[`\"']?(?P<key>[\w.:/@+-]{2,100})")
_OF = re.compile(r"[`\"']?\s+(?:of|for)\s+[`\"']?(?P<name>[\w./@+-]{4,100})")
_KEY = re.compile(r"(?=\S*\d)\S+|[A-Z]{2,}")
"""What is a code or a number rather than a word."""
_NAME = re.compile(r"(?=\S*[^\W\d_])(?=\S*[\d_@/+-])\S+")
"""What is written like the name of something."""
_WITHOUT_SIGNS = str.maketrans("", "", "-_.")
_CODE = re.compile(r"(?<![\w.-])[A-Z]{1,8}-?\d{1,8}(?![\w-]|\.\w)")
_MOST_KEYS = 12
"""Of more a question tells no few records."""
_QUERY_CHARS = 4_000
_OF_ITS_OWN = 0.9
"""Share of the rows in which a key has a value of its own."""
_SUPERLATIVE = re.compile(
    r"\bthe (?!(?:(?:unit|doc|py|vi)?t|requ|r|w|n|gu|for|inter|manif|dig|lat|qu|harv|prot|cont|ing|ch|j)est\b)[a-z]+est\b",
    re.IGNORECASE,
)
"""The most of something, whatever it is called."""


def is_elsewhere(side: Hints, columns: Sequence[Column], rows: Sequence[str]) -> bool:
    """Whether no record holds a name that one of several questions tells, or its stem: of a piece of a table, the rest may.

    A question for a column of this table is one for its records, unless it tells one by a key that none of them has.
    """
    if _SUPERLATIVE.search(side.query):
        return False
    if mentions(columns, side.query) and not missed(columns, rows, side.query):
        return False
    names = " ".join(column.name for column in columns).lower()
    seen = "\n".join(rows).lower()
    told = [term.text for term in Relevance.from_hints(side).named if term.text not in names]
    return not any(_stem(text) in seen for text in told)


def _stem(text: str) -> str:
    return text[: max(_STEM, len(text) - 2)] if text.isalpha() else text


def are_found(conditions: Sequence[Named], found: Collection[int]) -> bool:
    """Whether the question surely means each of the conditions, and each has records among those found."""
    surest: dict[tuple[int, str], Named] = {}
    for named in sorted(conditions, key=lambda named: named.sureness):
        surest[named.column, named.value] = named
    return all(
        named.sureness >= (LIKELY if named.column >= 0 else SURE) and not named.rows.isdisjoint(found)
        for named in surest.values()
    )


def missed(columns: Sequence[Column], rows: Sequence[str], query: str) -> list[str]:
    """The values by which the question tells a record, in lower case, that stand nowhere in these: it is in another piece."""
    told = [match[1].lower().strip(_EDGE) for match in _TOLD_BY.finditer(query)]
    keys = list(islice(dict.fromkeys(_told_by_keys(columns, query)), _MOST_KEYS))
    if not told and not keys:
        return []
    constant = [cell for column in columns if column.distinct == 1 for cell in column.values]
    seen = "\n".join([*rows, *constant]).lower()
    found = [value for value in told if value and not stands(seen, value)]
    if keys:  # "python-dateutil" may be meant by "python_dateutil"
        bare = seen.translate(_WITHOUT_SIGNS)
        found += [key for key in keys if key.translate(_WITHOUT_SIGNS) not in bare]
    return list(dict.fromkeys(found))


def _told_by_keys(columns: Sequence[Column], query: str) -> Iterator[str]:
    """Values that follow the name of a column as one of its keys may, ``alpha_3 MDA``, or that it is of: ``version of libssl3``.

    So are codes that look like those of a column: ``E501`` where rules are told.
    """
    names = {column.name.lower() for column in columns}
    for index, ends in mentions(columns, query).items():
        of_its_own = columns[index].distinct >= _OF_ITS_OWN * len(columns[index].cells)
        for end in ends:
            of = _OF.match(query, end)
            if of is not None and _NAME.fullmatch(name := of["name"].strip(_EDGE)) and name.lower() not in names:
                yield name.lower()
            behind = _BEHIND_NAME.match(query, end)
            key = behind["key"].strip(_EDGE) if behind is not None else ""
            if (
                of_its_own
                and _KEY.fullmatch(key)
                and not is_plain(key.lower())
                and shape_of(key) == columns[index].shape
            ):
                yield key.lower()
    codes = dict.fromkeys(_CODE.findall(query[-_QUERY_CHARS:]))
    shapes = {column.shape for column in columns} if codes else set[str]()
    yield from (code.lower() for code in codes if shape_of(code) in shapes)
