"""YAML, TOML, INI and their like: what is asked for stays verbatim, the rest is named in the gaps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from headroom.compress import any_lines
from headroom.compress.asks import asking
from headroom.compress.config_comments import long_comments
from headroom.compress.config_covered import uncovered
from headroom.compress.config_gaps import Outline, pieces
from headroom.compress.config_loose import loose_ends
from headroom.compress.config_odd import odd_rows
from headroom.compress.config_outline import Entry, entries, is_rest, key_of, looks_like_config
from headroom.compress.elsewhere import looks_up
from headroom.compress.folding import SIGIL
from headroom.compress.object_fields import fields
from headroom.compress.objects_asked import asked_objects
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition
from headroom.compress.sides import united
from headroom.compress.tabular import DrawnTable

_LEAST = 0.3
"""Below this score nothing in the text is what was asked for."""
_LONG_QUERY = 1_200
_SURE = 0.8
"""The least score for a longer query, where single words meet by chance."""
_CLOSE = 0.7
"""Entries that score this share of the best are shown too."""
_LONG_ENTRY = 150
"""Lines; of a longer entry only the parts in question are shown."""
_NAME = 0.9
"""Weight of a name: where one entry holds such, a long one without is not what is asked about, whatever its words."""
_MAX_DEPTH = 4
_SOME = 12
"""Lines; an entry with fewer is shown whole."""
_SHOWN_SHARE = 0.5
_MIN_PARTED = 3
_RECORDS = 20
"""So many entries side by side are records, of which some stay at either end unless they are longer than this:"""
_RECORD_ENDS = 2
_RECORD_CHARS = 160
_MAX_LINES = 100_000
_HEAD = 3
"""Lines that stay at the top: what the file is, its version."""
_TAIL = 2
_END_CHARS = 120
_MESSAGE = re.compile(r"(?!---|\.\.\.$|-\s)[^\s#;:=\[\]{}()]++(?: [^:=]|[^\s:=]|: [^:\"']+: \S)")
"""A line that is no setting: what a command said, or that the rest was cut off."""
_JSON = re.compile(r"\s*(?:\{|\[\s*(?:[{\"]|\[(?!\w)))")
_ALIKE = 3
_NAMED = re.compile(r"\s*(?:- )?(?:name|id): *\S")
_ITEM = re.compile(r"\s*-\s+[\w.-]+:\s+[\"']?([^\s\"'#]+)[\"']?\s*(?:#.*)?$")
"""``- alert: DiskFull``"""
_REASON = re.compile(r"\b(?:why|how come|reasons?|root cause|what (?:went|goes|is) wrong)\b", re.IGNORECASE)
"""Who asks so may find the answer under any key."""
_OFF = re.compile(
    r"\b(?:not|\w+n['’]t|un(?:healthy|ready|available|schedul\w+|usual)|odd|bad|broken|stuck|down|wrong)\b",
    re.IGNORECASE,
)
"""Asks for what is not as it should be."""


class ConfigText(LineCompressor):
    """Configuration files, one or several in a text."""

    kind = "config"
    layout = "rows"

    def encode(self, text: str) -> str | None:
        """Entries made alike as a pattern and rows, repeated blocks once, a legend; keys are never written anew."""
        return None if _JSON.match(text) else any_lines.encode(text)

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        return any_lines.decode(encoded)

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Show the entries that the question is about; where it names none, leave out what long comments say.

        Where the call was made for names that stand nowhere in the text, only an outline stays.
        """
        relevance = Relevance.from_hints(hints)
        if not relevance.specific or "every" in relevance.asks or _JSON.match(text):
            return None
        lines = lines_of(text)
        if len(lines) > _MAX_LINES or not looks_like_config(lines):
            return None
        total = len(lines) - (not lines[-1])
        found: list[Entry] = []
        least = _LEAST if len(hints.query) <= _LONG_QUERY else _SURE
        asks_for_odd = "failure" in relevance.asks or _OFF.search(hints.query) is not None
        exact: list[bool] = []
        seeks_reason: list[bool] = []

        def chosen(side: Hints) -> set[int]:
            choice = _Choice(lines, Relevance.from_hints(side), least, looks_up=looks_up(side.query))
            choice.choose(0, total - 1, 0)
            found.extend(choice.outline)
            exact.append(choice.exact or not choice.keep)
            if choice.keep and not choice.exact:
                seeks_reason.append(_REASON.search(asking(side.query)) is not None)
                more, beside = uncovered(lines, total, choice.keep, Relevance.from_hints(side))
                found.extend(beside)
                return choice.keep | more
            return choice.keep

        keep = united(hints, chosen)
        if any(seeks_reason) and not (asks_for_odd and _odd_entries(lines[:total], found)):
            return None
        called = bool(keep) and all(exact)
        head: list[str] = []
        if (loose := loose_ends(lines, total, hints, sure=called)) is not None:
            keep, called, found, head = loose.rows, True, loose.outline, loose.absent
        elif not keep:
            keep = set(range(total))  # less its comments
        elif sum(len(lines[i]) for i in keep) > _SHOWN_SHARE * len(text):
            keep, called = (_odd_entries(lines[:total], found) if asks_for_odd else set()), False
            if not keep or sum(len(lines[i]) for i in keep) > _SHOWN_SHARE * len(text):
                return None
        keep -= long_comments(lines, keep, relevance, _LEAST)
        if asks_for_odd or not called:
            keep |= odd_rows(lines[:total])
        outline = Outline(lines, found)
        keep |= set(_ends(lines[:total], keep, outline))
        keep |= outline.tell(keep)
        parts = pieces(lines[:total], keep, outline, len(text), called=called)
        if not any(isinstance(part, Gap) for part in parts):
            return None
        kinds = f"\n{text}".count("\nkind:")
        if kinds > 1:
            parts.insert(0, f"{SIGIL}config: {kinds} manifests]\n")
        parts[:0] = (f"{line}\n" for line in head)
        return Rendition(tuple(parts), self.kind, "config:named" if called else "config:entries", lossless=False)


class _Choice:
    """Walks down to the entries in question."""

    def __init__(self, lines: Sequence[str], relevance: Relevance, least: float, *, looks_up: bool) -> None:
        self.lines = lines
        self.keep: set[int] = set()
        self.outline: list[Entry] = []
        self._relevance = relevance
        self._least = least
        self._looks_up = looks_up
        self.exact = False
        """Whether the question calls an entry by its name."""

    def choose(self, first: int, last: int, depth: int) -> None:
        """Keep what is in question between two lines; nothing at all if nothing is."""
        found = entries(self.lines, first, last)
        if len(found) == 1 and depth < _MAX_DEPTH and found[0].head < last:
            inner = entries(self.lines, found[0].head + 1, last)
            if len(inner) > 1:
                self.outline += found
                self.keep.update(range(first, found[0].head + 1))
                found = inner
        if len(found) < 2:
            if depth:
                self.keep.update(range(first, last + 1))
            return
        self.outline += _told_apart(self.lines, found)
        if not first and is_rest(self.lines, found[0]):
            self.outline += entries(self.lines, found[0].first, found[0].last)
        texts = [" ".join(self.lines[entry.first : entry.last + 1]) for entry in found]
        asked = asked_objects(found, self._relevance)
        scores = asked.relevance.score_lines(texts)
        best = max(scores)
        if best < self._least and not asked.objects:
            if depth:
                self.keep.update(range(first, last + 1))
            else:
                self.keep.clear()
            return
        self.exact = self.exact or bool(asked.objects)
        if asked.objects and self._looks_up:
            rows = fields(self.lines, asked.objects, asked.relevance, asked.names)
            if rows is not None:
                self.keep |= rows
                for entry in asked.objects:
                    self.outline += _inside(self.lines, entry)
                return
        if len(found) >= _RECORDS and not asked.objects:
            for entry in (*found[:_RECORD_ENDS], *found[-_RECORD_ENDS:]):
                if sum(map(len, self.lines[entry.first : entry.last + 1])) <= _RECORD_CHARS:
                    self.keep.update(range(entry.first, entry.last + 1))
        names = {*asked.names, *(term.text for term in asked.relevance.named if term.weight >= _NAME)}
        named = [any(name in text for name in names) for text in map(str.lower, texts)]
        for entry, score, holds in zip(found, scores, named, strict=True):
            long = entry.last - entry.first >= _LONG_ENTRY
            if entry not in asked.objects:
                least = max(_CLOSE * best, self._least) if asked.objects else _CLOSE * best
                if score < least or (long and not holds and any(named)) or not asked.may_be(entry, holds=holds):
                    continue
            if long and depth < _MAX_DEPTH:
                self.keep.update(range(entry.first, entry.head + 1))
                self.choose(entry.head + 1, entry.last, depth + 1)
            elif part := self._called(entry, names) or self._item(entry, names):
                self.exact = True
                self.keep.update(range(entry.first, entry.head + 1))
                self.keep.update(row for inner in part for row in range(inner.first, inner.last + 1))
            else:
                self.exact = self.exact or key_of(self.lines[entry.head]).lower() in names
                self.keep.update(range(entry.first, entry.last + 1))

    def _called(self, entry: Entry, names: set[str]) -> list[Entry]:
        """The parts of a short entry that the question calls by their keys, where it says nothing of the other parts."""
        if entry.last - entry.head < _SOME or not names or key_of(self.lines[entry.head]).lower() in names:
            return []
        inner = entries(self.lines, entry.head + 1, entry.last)
        called = [part for part in inner if part.last > part.head and key_of(self.lines[part.head]).lower() in names]
        if not called or len(called) == len(inner):
            return []
        return called if self._is_all(inner, called) else []

    def _item(self, entry: Entry, names: set[str], depth: int = 0) -> list[Entry]:
        """The item of a list in a short entry whose first value is a name that the question says, and the way to it."""
        if entry.last - entry.head < _SOME or not names:
            return []
        inner = entries(self.lines, entry.head + 1, entry.last)
        items = [part for part in inner if (own := _ITEM.match(self.lines[part.head])) and own[1].lower() in names]
        if items:
            return items if len(items) < len(inner) and self._is_all(inner, items) else []
        holding = [part for part in inner if any(name in self._text([part]) for name in names)]
        if len(holding) != 1 or depth == _MAX_DEPTH or len(inner) == 1 or not self._is_all(inner, holding):
            return []
        (held,) = holding
        found = self._item(held, names, depth + 1)
        return [replace(held, last=held.head), *found] if found else []

    def _is_all(self, inner: Sequence[Entry], chosen: Sequence[Entry]) -> bool:
        """Whether nothing that the question names stands in the other parts alone; then all of them are told apart."""
        here, beside = self._text(chosen), self._text([part for part in inner if part not in chosen])
        if any(term.text in beside and term.text not in here for term in self._relevance.named):
            return False
        self.outline += inner
        return True

    def _text(self, parts: Sequence[Entry]) -> str:
        return "\n".join(row for part in parts for row in self.lines[part.first : part.last + 1]).lower()


def _inside(lines: Sequence[str], entry: Entry, depth: int = 0) -> list[Entry]:
    """An entry and what is in it, and in that, to name what goes of it."""
    if entry.last - entry.head < _MIN_PARTED or depth == _MAX_DEPTH + 2:
        return [entry]
    inner = entries(lines, entry.head + 1, entry.last)
    return [entry, *(part for one in inner for part in _inside(lines, one, depth + 1))]


def _ends(lines: Sequence[str], keep: set[int], outline: Outline) -> Iterator[int]:
    """Rows that stay at the top and at the end, but none of an object that goes, and no loose end of any entry."""
    total = len(lines)
    rows = sorted(keep)
    for row in range(min(_HEAD, total)):
        top = outline.top(row)
        if len(lines[row]) > _END_CHARS:
            continue
        if top is None or top.manifest is None or (rows and rows[0] <= top.last):
            yield row
    for row in range(max(0, total - _TAIL), total):
        top = outline.top(row)
        whole = top is None or top.head >= total - _TAIL
        if len(lines[row]) <= _END_CHARS and (whole or _MESSAGE.match(lines[row])):
            yield row


def _told_apart(lines: Sequence[str], found: Sequence[Entry]) -> list[Entry]:
    """Entries that all begin alike, labelled by the name that each has further down."""
    if len(found) < _ALIKE or len({entry.label for entry in found}) > 1:
        return list(found)
    names = [
        next((line.strip() for line in lines[entry.first : entry.last + 1] if _NAMED.match(line)), entry.label)
        for entry in found
    ]
    return [replace(entry, label=name) for entry, name in zip(found, names, strict=True)]


def _odd_entries(lines: Sequence[str], outline: Sequence[Entry]) -> set[int]:
    """Entries made alike, side by side, with a setting that differs from that of nearly all others."""
    odd = odd_rows(lines)
    inner = [entry for entry in outline if entry.last - entry.first < len(lines) // _RECORD_ENDS]
    return {
        row
        for entry in inner
        if not odd.isdisjoint(range(entry.first, entry.last + 1))
        for row in range(entry.first, entry.last + 1)
    }


COMPRESSORS = (DrawnTable(records_only=True), ConfigText())
"""Records printed a field a line (``id = 7``) look like settings at first sight."""
