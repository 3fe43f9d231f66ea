"""Logs: a legend without loss; with loss one line in, one line out for each template, and everything that is rare."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from headroom.compress import log_gaps, log_starts, log_summary, log_templates, named_counts, shared_phrases
from headroom.compress.access_log import (
    rare_rows,
    requests_of,
    rows_with,
    told_of_agents,
    told_of_rows,
    words_meant,
)
from headroom.compress.asks import (
    asking,
    asks_how_long,
    asks_what_is_most,
    asks_what_led_up,
    extremes_asked,
    words_for_lines,
    words_for_log,
)
from headroom.compress.beside import with_neighbours
from headroom.compress.folding import escape, unescape
from headroom.compress.http_status import rows_meant
from headroom.compress.legends import estimate
from headroom.compress.line_signs import TIMESTAMP
from headroom.compress.log_dumps import inner_rows
from headroom.compress.log_levels import levels_of
from headroom.compress.log_numbered import numbered_rows
from headroom.compress.log_repeats import without_repeats
from headroom.compress.log_services import without_services
from headroom.compress.log_telling import RARE, telling, unlike
from headroom.compress.log_templates import Templates
from headroom.compress.log_traces import traces_of
from headroom.compress.must_keep import severities
from headroom.compress.naming import named_rows
from headroom.compress.number_masks import digits_alike
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor, pack, unpack
from headroom.compress.query import Relevance, Term
from headroom.compress.rendition import Compressor, Gap, Hints, Rendition
from headroom.compress.said_last import said_last
from headroom.compress.selecting import between_ends, elide, finish, keeps_nearly_all
from headroom.compress.stamp_starts import is_note, is_short, put_back

_ENDS = 3
"""Lines that stay at either end; one of a log with fewer lines than this:"""
_MANY_LINES = 100
_STAMPED_WITHIN = 200
"""Characters of a line within which its time stands: rows of a table, which have none, show what they look like at its ends."""
_GAP_CHARS = 120
"""Characters of one or two lines that are worth a gap."""
_NAMED = 60
"""Up to so many lines with a word of the question all stay: the question may be what they are."""
_RARE_WORD = 12
"""The same beside a name that the log holds."""
_MUCH = 1 / 3
"""Share of a log's lines, from which on a word of the task that the question does not have says nothing of them."""
_NEARLY_ALL = 0.9
_NAME = 0.8
_NAME_CHARS = 4
_SPELLED = 40
"""Names of the question, of this weight and length, that stand in the text up to so many times are written out."""
_SUMMARIES = 30
_SHORT = 6
_NUMBERS_WITHIN = 1000
_COLUMNS = 24
_EXACT_DIGITS = 15
"""Digits up to which numbers that differ are different as floats."""

_DURATION = re.compile(
    r"elapsed|duration|\btook \d|(?:finished|completed|done) in \d|total time|runtime", re.IGNORECASE
)
_DURATIONS = 8
"""So many lines that tell a time taken stay where the question is for one."""
_UNIT = r"(?=(?:[mnuµ]?s|[KMG](?:i?B)?|kB|B)?(?![\w.:/]))"
_NUMBERS = re.compile(rf"\d(?<![\w.:/].)\d*+(?:\.\d++)?+{_UNIT}")
_ASCII_NUMBERS = re.compile(rf"[0-9](?<![\w.:/].)[0-9]*+(?:\.[0-9]++)?+{_UNIT}", re.ASCII)
"""Begins with the digit, which the matcher then skips to; one of ten is found faster than one of hundreds."""


@dataclass(slots=True)
class _Range:
    """The smallest and the largest number of a column, and where each stands first."""

    low: float
    low_row: int
    high: float
    high_row: int

    def widen(self, other: _Range) -> None:
        """Take in the range of other rows."""
        if other.low < self.low or (other.low == self.low and other.low_row < self.low_row):
            self.low, self.low_row = other.low, other.low_row
        if other.high > self.high or (other.high == self.high and other.high_row < self.high_row):
            self.high, self.high_row = other.high, other.high_row


class Log(LineCompressor):
    """Application, system and access logs."""

    kind = "log"
    layout = "legend"

    def encode(self, text: str) -> str | None:
        """Fold repeated lines and share a legend; counts by level and of the commonest templates stand on top."""
        return self.encode_for(text, Hints())

    def encode_for(self, text: str, hints: Hints) -> str | None:
        """Do as ``encode``; the beginnings of lines that have what the question names stay."""
        lines = lines_of(escape(text))
        if len(lines) < 4:
            return None
        head: list[str] = []
        if log_templates.are_many(lines, text):
            templates = log_templates.mine_all(text)
            head = log_summary.told(lines, templates, levels_of(lines, templates), most=_SHORT)
            head += shared_phrases.told(text, templates, head)
        short = is_short(lines)
        found = log_starts.left_out(lines, hints, ends=not short)
        packed = pack(lines, head) if found is None or short else None
        if found is None:
            return packed
        note, rest = found
        without = pack(rest, [*head, note], always=True)
        return without if packed is None or without is None or estimate(without) < estimate(packed) else packed

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        head, lines = unpack(encoded)
        if not head or not is_note(head[-1]):
            return super().decode(encoded)
        return unescape("\n".join(put_back(head[-1], lines)))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep what is rare, severe or asked for, the first line of every template, the last of some; count the rest."""
        hints = said_last(hints, text)
        relevance = Relevance.from_hints(hints)
        if not relevance.specific:
            return None  # rows said over and over cost little re-encoded, and any of them may be asked for next
        lines = lines_of(text)
        total = len(lines) - (not lines[-1])
        if total < 20:
            return None
        troubles = severities(lines, text)
        templates = log_templates.mine(text, troubles)
        many: list[str] = []
        requests = requests_of(text)
        meant = words_meant(hints.query) if requests else frozenset()
        answered_so = rows_with(requests, meant) if requests and meant else rows_meant(lines, hints.query)
        named = _named(relevance, lines, hints.query, many, text, besides={word.lower() for word in meant})
        traces = traces_of(text)
        named -= traces.framed - traces.first
        keep = telling(
            lines, text, templates, troubles, apart=requests is not None, before=asks_what_led_up(hints.query)
        )
        keep = keep - traces.framed - (inner_rows(without_services(lines)) - troubles.keys()) | traces.shown
        keep |= traces.asked(hints.query)
        keep |= with_neighbours(hints, named, range(total)) | (rare_rows(requests) if requests else set())
        keep |= {*answered_so} if len(answered_so) <= _NAMED else {*answered_so[:_ENDS], answered_so[-1]}
        if asks_how_long(hints.query):
            durations = [row for row, line in enumerate(lines) if _DURATION.search(line)]
            keep |= {*durations} if len(durations) <= _DURATIONS else set()
        if relevance.asks & {"max", "min"} and extremes_asked(hints.query):
            keep |= _extremes(lines, text, templates)
        ends = _ENDS if total >= _MANY_LINES else 1
        told = {*range(ends), *range(total - ends, total)}
        if timed := any(TIMESTAMP.search(line, 0, _STAMPED_WITHIN) for line in lines[:_ENDS]):
            told = {0, total - 1, *unlike(told, keep, text, templates)}
        keep |= told
        between = between_ends(keep, range(total), _ENDS)
        keep |= unlike(between, keep, text, templates) if timed else {*between}

        levels = levels_of(lines, templates)
        pieces = elide(lines, keep, few_chars=_GAP_CHARS, redrawn="\r" in text)
        pieces, said_once = log_gaps.told(pieces, levels.of_line)
        if keeps_nearly_all(pieces, text):
            return None
        head = [
            *log_summary.told(lines, templates, levels, _SUMMARIES),
            *named_counts.told(many, text, often=asks_what_is_most(hints.query)),
        ]
        head += said_once
        if requests:
            head += told_of_agents(requests, hints.query)
            head += [told_of_rows(requests, answered_so, meant)] if len(answered_so) > _NAMED else []
        apart = _spelled_out(relevance, pieces, meant)
        shorter = partial(log_starts.left_out, hints=hints)
        return finish(pieces, self.kind, "log:templates", head=head, apart=apart, shorter=shorter)


def _spelled_out(relevance: Relevance, pieces: Sequence[str | Gap], words: Collection[str]) -> re.Pattern[str] | None:
    """The names that the question asks about, which no mark of a legend may hold, nor part in two, where not too many lines have them.

    ``words`` are codes and methods of requests.
    """
    kept = "".join([piece for piece in pieces if isinstance(piece, str)]).lower()
    quoted = {literal.lower() for literal in relevance.literals}
    asked = [
        term.text
        for term in relevance.named
        if term.weight >= _NAME and len(term.text) >= _NAME_CHARS and (" " not in term.text or term.text in quoted)
    ]
    asked += [f'" {word} ' if word.isdecimal() else f'"{word.lower()} ' for word in words]
    names = [re.escape(name) for name in asked if 0 < kept.count(name) <= _SPELLED]
    return re.compile("|".join(sorted(names, key=len, reverse=True)), re.IGNORECASE) if names else None


def _named(
    relevance: Relevance, lines: Sequence[str], query: str, many: list[str], text: str, besides: Collection[str] = ()
) -> set[int]:
    """Rows with what the question names, the words ``besides`` aside, in lower case.

    Of what it calls the log itself, which many lines may hold, no more than of any plain word; what it calls lines of logs in
    general counts only where hardly any line has it.
    """
    title, quoted = words_for_log(query), {literal.lower() for literal in relevance.literals}
    for_lines = words_for_lines(query)

    def is_general(term: Term) -> bool:
        return term.text not in quoted and for_lines(term.text)

    named = relevance.only(lambda term: not is_general(term) and term.text not in besides)
    others = named.only(lambda term: term.text not in title) if title else named
    # Beside a name that is there, a word on many lines is what is told of it, and not what is looked for.
    most = _RARE_WORD if named_rows(others, lines, text=text, words=False) else _NAMED
    if len(lines) < _MANY_LINES and "every" not in relevance.asks:
        others = others.only(lambda term: term.weight >= _NAME or not _is_on_all(term.text, lines))
    now = asking(query).lower()
    rows = named_rows(others.only(lambda term: term.text in now), lines, word_lines=most, many=many, text=text)
    if any(term.text not in now for term in others.named):  # of what the task says besides, only few lines can be meant
        most = min(most, max(_RARE_WORD, int(_MUCH * len(lines))))
        before = others.only(lambda term: term.text not in now)
        rows |= named_rows(before, lines, word_lines=most, many=many, text=text)
    if title:
        rows |= named_rows(named.only(lambda term: term.text in title), lines, text=text)
    for term in relevance.named:
        if is_general(term):
            found = named_rows(relevance.only(term.__eq__), lines, text=text)
            rows |= found if len(found) <= RARE else set()
    if "every" not in relevance.asks:
        rows = without_repeats(rows, lines)
    return rows | numbered_rows(relevance.named, lines, _NAMED)


def _is_on_all(word: str, lines: Sequence[str]) -> bool:
    """Whether nearly all lines of a short log have a word, so that it says nothing of any."""
    return sum([word in line.lower() for line in lines]) >= _NEARLY_ALL * len(lines)


def _extremes(lines: Sequence[str], text: str, templates: Templates) -> set[int]:
    """Rows with the largest or smallest number in a column of a common template."""
    # Lines that differ in no more than digits have their numbers in the same places.
    groups: dict[tuple[int, str], list[int]] = {}
    for row, group in enumerate(zip(templates.ids, digits_alike(text)[0], strict=True)):
        groups.setdefault(group, []).append(row)
    # A number more, as of a name in figures, moves those behind it.
    best: dict[tuple[int, int], list[_Range]] = {}
    for (template, alike), rows in groups.items():
        if templates.counts[template] <= RARE:
            continue
        found = (_ASCII_NUMBERS if alike.isascii() else _NUMBERS).finditer(alike, 0, _NUMBERS_WITHIN)
        numbers = list(islice(found, _COLUMNS))
        columns = best.setdefault((template, len(numbers)), [])
        for column, number in enumerate(numbers):
            told = _range([lines[row][number.start() : number.end()] for row in rows], rows)
            if column < len(columns):
                columns[column].widen(told)
            else:
                columns.append(told)
    return {
        row
        for columns in best.values()
        for seen in columns
        if seen.low < seen.high
        for row in (seen.low_row, seen.high_row)
    }


def _range(numbers: Sequence[str], rows: Sequence[int]) -> _Range:
    """The range of numbers that are written alike, and so are in the order of their texts, on some rows."""
    if len(numbers[0]) <= _EXACT_DIGITS:
        low, high = min(numbers), max(numbers)
        return _Range(float(low), rows[numbers.index(low)], float(high), rows[numbers.index(high)])
    values = list(map(float, numbers))
    least, most = min(values), max(values)
    return _Range(least, rows[values.index(least)], most, rows[values.index(most)])


COMPRESSORS: tuple[Compressor, ...] = (Log(),)
