"""What a question asks of a table: records with a value, extremes of a column, or more than a part of it can tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from headroom.compress import (
    column_names,
    table_bounds,
    table_groups,
    table_keys,
    table_levels,
    table_states,
    table_values,
    table_wants,
    table_words,
)
from headroom.compress.asked_count import asked_count
from headroom.compress.asks import asking
from headroom.compress.beside import with_neighbours
from headroom.compress.columns import Column
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.said_last import is_of_others
from headroom.compress.sides import sides
from headroom.compress.table_answered import LIKELY, SURE, are_found, is_elsewhere, missed
from headroom.compress.table_asked import Asked
from headroom.compress.table_excluded import excluded, of_one_record
from headroom.compress.table_values import Named, Spellings

_BROAD = re.compile(
    r"\b(?:compare|comparison|versus|trends?|over time|evol\w+|correlat\w*|distribution|distributed|plot|chart|graph"
    r"|histogram|group(?:ed)? by|pivot|breakdown|summar\w+|analy[sz]e|analysis|clustering|cluster (?:the|these|them|by|into|all|rows|records)|regression|moving average"
    r"|duplicates?|sort(?:ed)?|order(?:ed)? by|convert|translate|reformat|import|migrate|clean ?up)\b",
    re.IGNORECASE,
)
_EACH = re.compile(r"(?<![\w`])(?:every|all|each|per|by)\b", re.IGNORECASE)
_HERE = re.compile(
    r"(?<![\w`])(?:every|all|each|whole|entire|full|records?|rows?|entr(?:y|ies)|items?|tables?|columns?|listed|these"
    r"|this (?:file|output|result|response))\b",
    re.IGNORECASE,
)
"""Words for the records themselves, whatever else the question says of them."""
_AGGREGATE = re.compile(
    r"\b(?:average|mean|median|sum|total|range|how many|number of|count|percentile)\b", re.IGNORECASE
)
_WHICH = re.compile(
    r"\b(?:which|what|list|show)\s+(?:\w+\s+)?(?:entries|records|rows|items|ones|lines)\b", re.IGNORECASE
)
_HOW_MANY = re.compile(r"\b(?:how many|number of|count of|count the)\b", re.IGNORECASE)
_OF_GROUP = re.compile(
    r"\b(?:all|every|each|list|show|which(?! (?:row|record|entry|item|one)\b)|those|these|rows|records|entries|or)\b",
    re.IGNORECASE,
)
_OF_IT = re.compile(r"\b(?:is|was|does|did)\s+(?:it|he|she)\b|\b(?:its|his|her)\b", re.IGNORECASE)
"""Words for the one record that another question names."""
_NEARLY_ALL = 0.98
_LONG_QUERY = 1_200
_FEW = 30
_HARDLY_ANY = 3


def read_question(columns: Sequence[Column], rows: Sequence[str], hints: Hints) -> Asked | None:
    """Find what is asked; None if it names nothing, or more than a few records and the statistics can tell.

    ``rows`` are the records' text, one line each.
    """
    found = _in_turn(columns, rows, hints)
    if found is None or not found.answered or not (missing := missed(columns, rows, asking(hints.query))):
        return found
    seen = "\n".join([value for column in columns for value in column.values]).lower()
    # As the question spells them.
    spelled = {
        match[0].lower(): match[0]
        for value in missing
        for match in re.finditer(re.escape(value), hints.query, re.IGNORECASE)
    }
    return replace(found, missing=tuple(spelled.get(value, value) for value in missing if value not in seen))


def _in_turn(columns: Sequence[Column], rows: Sequence[str], hints: Hints) -> Asked | None:
    """What the question right before the call asks, where that is not said of other records; else what all of it does."""
    spellings = Spellings(columns)
    task, _, said = hints.query.rstrip().rpartition("\n")
    names = " ".join(column.name for column in columns).lower()
    seen = "\n".join(rows).lower() if task else ""
    if task and not _BROAD.search(task) and is_of_others(replace(hints, query=task), seen, names):
        # Its "every" and its "unusual" are not said of these records.
        found = _read_all(columns, rows, replace(hints, query=said), spellings)
        if found is not None and found.answered:
            return found
    return _read_all(columns, rows, hints, spellings)


def _read_all(columns: Sequence[Column], rows: Sequence[str], hints: Hints, spellings: Spellings) -> Asked | None:
    """Find what is asked in all questions of a query."""
    whole = _read(columns, rows, hints, spellings)
    asked_too = [side for side in sides(hints) if not _told(side, whole, columns, rows)]
    parts = [_read(columns, rows, side, spellings) for side in asked_too]
    if whole is None and None in parts:
        return None
    if any(part is None and _asks_of_columns(side, columns) for part, side in zip(parts, asked_too, strict=True)):
        return None  # for entries by what they have in a column: only who sees all can tell them
    found = [asked for asked in (whole, *parts) if asked is not None]
    if not found:
        return None
    answered = (whole is None or whole.answered) and all(
        part.answered
        if part is not None and (part.answered or not part.elsewhere)
        else is_elsewhere(side, columns, rows)
        for part, side in zip(parts, asked_too, strict=True)
    )
    if len(found) < 2 and whole is None:
        return None
    asked = Asked(
        rows=frozenset().union(*(asked.rows for asked in found)),
        columns=frozenset().union(*(asked.columns for asked in found)),
        highest=any(asked.highest for asked in found),
        lowest=any(asked.lowest for asked in found),
        top=max(asked.top for asked in found),
        odd=any(asked.odd for asked in found),
        first=any(asked.first for asked in found),
        last=any(asked.last for asked in found),
        elsewhere=all(asked.elsewhere for asked in found),
        answered=answered,
        figures=any(asked.figures for asked in found),
    )
    return table_wants.to_the_point(asked, hints, columns)


def _asks_of_columns(side: Hints, columns: Sequence[Column]) -> bool:
    """Whether it wants to know which records have something in a column."""
    return _WHICH.search(side.query) is not None and bool(column_names.mentions(columns, side.query))


def _told(side: Hints, whole: Asked | None, columns: Sequence[Column], rows: Sequence[str]) -> bool:
    """Whether all that one of several questions names is a column, or in sight already."""
    if whole is None or whole.elsewhere or len(whole.rows) > _FEW:
        return False
    if _asks_of_columns(side, columns):
        return False
    relevance = Relevance.from_hints(side)
    query = table_wants.without_arguments(side)
    of_it = (whole.rows or whole.missing) and _OF_IT.search(query) and not relevance.asks and not _BROAD.search(query)
    if of_it and (column_names.mentions(columns, query) or table_words.meant(columns, query)):
        return True
    seen = "\n".join([*(column.name for column in columns), *(rows[row] for row in sorted(whole.rows))]).lower()
    return all(term.text in seen for term in relevance.named if " " not in term.text)


def _read(columns: Sequence[Column], rows: Sequence[str], hints: Hints, spellings: Spellings) -> Asked | None:
    relevance = Relevance.from_hints(hints)
    if not relevance.specific or not columns:
        return None
    query = table_wants.without_arguments(hints)
    asks = table_wants.asks_of(hints, columns)
    names = table_wants.columns_named(columns, query, asks)
    longest_there = table_wants.LONGEST_THERE.search(query) is not None
    loosely = table_words.measured(columns, query, names) if asks & {"max", "min"} else []
    if not names and len(loosely) == 1 and loosely == table_words.meant(columns, query):
        names = {loosely[0]: []}
    conditions = _conditions(columns, rows, query, names, relevance, spellings)
    absent = missed(columns, rows, query)
    if absent and column_names.are_unnamed(columns):  # its other words are the names of columns rather than values
        conditions = [named for named in conditions if named.sureness >= SURE or named.column >= 0]
    # Records that are only counted need not be seen: the statistics of the column tell how many have this value.
    counted = [named for named in conditions if _is_counted(named, columns)] if _HOW_MANY.search(query) else []
    if len(conditions) > 1:
        counted = [named for named in counted if len(named.rows) > _FEW]
    met = [named for named in conditions if named not in counted]
    found = table_groups.together(met if _OF_GROUP.search(query) else of_one_record(met, query), len(rows))
    top = asked_count(query)
    if counted and len(counted) == len(conditions):
        columns_meant = frozenset((*names, *(named.column for named in counted)))
        return Asked(frozenset(), columns_meant, *(False, False, 1, False, False, False), figures=True)
    if not conditions and loosely and "every" not in asks and not _AGGREGATE.search(query):
        groups = table_words.near_values(columns, query)
        found = (
            table_groups.extremes_of_groups(groups, columns, loosely, asks, min(50, top or 1)) if groups else None
        ) or found
    if found is None and asks & {"max", "min"} and "every" not in asks and not _AGGREGATE.search(query):
        found = table_groups.extremes_of_groups(conditions, columns, [*names, *loosely], asks, min(50, top or 1))
    if found is None:
        return None
    figures = _AGGREGATE.search(table_wants.without_names(query, columns, names)) is not None
    wants = bool(asks & table_wants.EXTREMES) or figures or table_wants.ODD.search(query) is not None
    elsewhere = not names and all(named.sureness < LIKELY for named in conditions)
    if elsewhere:
        if _BROAD.search(query) or _HERE.search(query):
            return None
    elif not _means_this_table(conditions, names, query) or (
        not conditions
        and (not (names and (wants or absent)) or _BROAD.search(query) or _asks_for_each(query, names, columns))
    ):
        return None
    if not elsewhere:
        found |= with_neighbours(hints, table_groups.meant(conditions, found), range(len(rows)))
    if all(named.sureness < SURE for named in conditions) and not (names and (wants or absent)):
        found |= table_values.rows_nearly(columns, rows, relevance)
    return Asked(
        rows=found,
        columns=frozenset((*names, *loosely, *(named.column for named in counted))),
        highest="max" in asks or "last" in asks,
        lowest="min" in asks or "first" in asks or longest_there,
        top=min(50, top) if top else 1,
        odd=table_wants.ODD.search(query) is not None or "failure" in asks,
        first="first" in asks,
        last="last" in asks,
        elsewhere=elsewhere,
        answered=(not elsewhere or bool(absent))
        and len(query) <= _LONG_QUERY
        and not (_BROAD.search(query) or _asks_for_each(query, names, columns))
        and are_found([named for named in met if not any(named.value in key for key in absent)], found),
        figures=figures,
        missing=(*absent,),
    )


def _conditions(
    columns: Sequence[Column],
    rows: Sequence[str],
    query: str,
    names: dict[int, list[int]],
    relevance: Relevance,
    spellings: Spellings,
) -> list[Named]:
    """What the records asked for must be like; conditions that (nearly) all records meet are none."""
    of_levels, of_others = table_levels.levels(columns, query)
    found = [
        *table_values.behind_names(spellings, query, names),
        *table_values.behind_names(spellings, query, table_words.entities(columns, query)),
        *table_values.numbered(columns, query),
        *table_values.of_groups(spellings, columns, query),
        *table_values.statuses(columns, query),
        *of_levels,
        *table_states.not_well(columns, query),
        *table_values.whole_cells(spellings, columns, query, relevance),
        *table_bounds.compared(columns, query, names),
    ]
    most = _NEARLY_ALL * len(rows)
    shut_out = [*excluded(spellings, columns, query), *of_others]
    but = {(named.column, named.value) for named in shut_out}
    found = [named for named in found if len(named.rows) <= most and (named.column, named.value) not in but] + shut_out
    if not found:
        found = [named for named in table_values.rows_with_terms(columns, rows, relevance) if len(named.rows) <= most]
    else:
        # Of several names one may be a cell as it is and another a part of one: "libssl3" of "libssl3:amd64".
        covered = " ".join(named.value for named in found).lower()
        left = {term.text for term in relevance.named if term.weight >= SURE and term.text not in covered}
        more = table_values.rows_with_terms(columns, rows, relevance, left) if left else []
        found += [named for named in more if len(named.rows) <= _FEW]
        # A plain word that hardly any record has is seldom there by chance: the other one of two that are compared.
        plain = {term.text for term in relevance.named if term.weight < SURE and term.text not in covered}
        more = table_values.rows_with_terms(columns, rows, relevance, plain) if plain else []
        found += [named for named in more if len(named.rows) <= _HARDLY_ANY]
    return list(dict.fromkeys(table_keys.placed(columns, table_keys.likelier(columns, found) if names else found)))


def _means_this_table(conditions: Sequence[Named], names: dict[int, list[int]], query: str) -> bool:
    """Whether it is safe to say that the question is about these records.

    In a long task, words that are also values or columns are chance; an identifier, or a value with its column, is not.
    """
    surest = max((named.sureness for named in conditions), default=0.0)
    if len(query) > _LONG_QUERY:
        return surest >= SURE
    return bool(names) or surest >= LIKELY


def _is_counted(named: Named, columns: Sequence[Column]) -> bool:
    """Whether the statistics say how many records have the value."""
    return named.column >= 0 and any(value.lower() == named.value for value, _ in columns[named.column].counts[:10])


def _asks_for_each(query: str, names: dict[int, list[int]], columns: Sequence[Column]) -> bool:
    """Whether it wants something of every record, or of every value of a column."""
    for match in _EACH.finditer(query):
        word = match[0].lower()
        if word == "by" and asked_count(query) is not None:
            continue
        if word in {"every", "all", "each"}:
            return True
        behind = query[match.end() : match.end() + 40].lower()
        if any(columns[index].name.lower() in behind for index in names):
            return True
    return False
