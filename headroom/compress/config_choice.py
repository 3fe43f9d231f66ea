"""Which entries of configuration a question is about: its files, their keys and sections, and the parts of these."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from headroom.compress.config_files import FILE, named_files, spoken
from headroom.compress.config_outline import Entry, entries, is_rest, key_of
from headroom.compress.object_fields import fields
from headroom.compress.objects_asked import asked_objects
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints

_CLOSE = 0.7
"""Entries that score this share of the best are shown too."""
_LONG_ENTRY = 150
"""Lines; of a longer entry only the parts in question are shown."""
_NAME = 0.9
"""Weight of a name: where one entry holds such, a long one without is not what is asked about, whatever its words."""
_MAX_DEPTH = 4
_SOME = 12
"""Lines; an entry with fewer is shown whole."""
_SHORT_FILE = 45
"""Lines; a shorter file stays whole where it is in question."""
_MIN_PARTED = 3
_RECORDS = 20
"""So many entries side by side are records, of which some stay at either end unless they are longer than this:"""
_RECORD_ENDS = 2
_RECORD_CHARS = 160
_ALIKE = 3
_NAMED = re.compile(r"\s*(?:- )?(?:name|id): *\S")
_ITEM = re.compile(r"\s*-\s+[\w.-]+:\s+[\"']?([^\s\"'#]+)[\"']?\s*(?:#.*)?$")
"""``- alert: DiskFull``"""
_WORDS = re.compile(r"[^\W_]+")
_OF_FILES = frozenset(("workflow", "workflows", "file", "files", "config", "configuration", "pipeline"))


class Choice:
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
        self.sure = False
        """Whether it calls a file by its name, of several."""

    def choose_files(self, found: Sequence[Entry], side: Hints) -> None:
        """Keep what is in question of several files: of those it names, else of those that say most of its words.

        What stands above the first path is the rest of a file, maybe of one that is named and not there.
        """
        files = [file for file in found if file.path]
        if not found[0].path:
            self.outline += [found[0], *entries(self.lines, found[0].first, found[0].last)]
        for file in files:
            self.outline += [file, *entries(self.lines, file.head + 1, file.last)]
        named = dict(named_files(self.lines, [(file.head, file.path) for file in files], side.query))
        asked = [file for file in files if file.head in named]
        if named:
            self.sure = True
            self.exact = any("." in name for names in named.values() for name in names)
            words = {word for name in chain.from_iterable(named.values()) for word in (name, *_WORDS.findall(name))}
            self._relevance = self._relevance.only(lambda term: term.text not in words and term.text not in _OF_FILES)
        elif not found[0].path and FILE.search(side.query):
            self.exact = True
            self._relevance = self._relevance.only(lambda term: FILE.fullmatch(term.text) is None)
            self.choose(found[0].first, found[0].last, 1)
            return
        else:
            texts = [spoken(self.lines, file.first, file.last) for file in files]
            scores = self._relevance.score_lines(texts)
            best = max(scores)
            if best < self._least:
                return
            asked = [file for file, score in zip(files, scores, strict=True) if score >= _CLOSE * best]
        for file in asked:
            self.keep.add(file.head)
            if file.last - file.head <= _SHORT_FILE or not self._relevance.named:
                self.keep.update(range(file.first, file.last + 1))
            else:
                self.choose(file.head + 1, file.last, 1)

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


def _told_apart(lines: Sequence[str], found: Sequence[Entry]) -> list[Entry]:
    """Entries that all begin alike, labelled by the name that each has further down."""
    if len(found) < _ALIKE or len({entry.label for entry in found}) > 1:
        return list(found)
    names = [
        next((line.strip() for line in lines[entry.first : entry.last + 1] if _NAMED.match(line)), entry.label)
        for entry in found
    ]
    return [replace(entry, label=name) for entry, name in zip(found, names, strict=True)]
