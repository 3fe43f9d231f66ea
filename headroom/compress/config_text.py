"""YAML, TOML, INI and their like: what is asked for stays verbatim, the rest is named in the gaps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from headroom.compress import any_lines, config_paths
from headroom.compress.asks import asking
from headroom.compress.config_choice import Choice
from headroom.compress.config_comments import long_comments
from headroom.compress.config_covered import uncovered
from headroom.compress.config_fields import plainly_asked
from headroom.compress.config_gaps import Outline, pieces
from headroom.compress.config_loose import loose_ends
from headroom.compress.config_odd import odd_rows
from headroom.compress.config_outline import Entry, entries, looks_like_config
from headroom.compress.elsewhere import looks_up
from headroom.compress.folding import SIGIL
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition
from headroom.compress.said_last import said_last
from headroom.compress.sides import united
from headroom.compress.tabular import DrawnTable

_LEAST = 0.3
"""Below this score nothing in the text is what was asked for."""
_LONG_QUERY = 1_200
_SURE = 0.8
"""The least score for a longer query, where single words meet by chance."""
_SHOWN_SHARE = 0.5
_FILES_SHARE = 0.7
"""The same where the text is several files, of which those named stay."""
_RECORD_ENDS = 2
_MAX_LINES = 100_000
_HEAD = 3
"""Lines that stay at the top: what the file is, its version."""
_TAIL = 2
_END_CHARS = 120
_MESSAGE = re.compile(r"(?!---|\.\.\.$|-\s)[^\s#;:=\[\]{}()]++(?: [^:=]|[^\s:=]|: [^:\"']+: \S)")
"""A line that is no setting: what a command said, or that the rest was cut off."""
_JSON = re.compile(r"\s*(?:\{|\[\s*(?:[{\"]|\[(?!\w)))")
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
        hints = said_last(hints, text)
        relevance = Relevance.from_hints(hints)
        if not relevance.named or "every" in relevance.asks or _JSON.match(text):
            return None
        lines = lines_of(text)
        if len(lines) > _MAX_LINES or not looks_like_config(lines):
            return None
        total = len(lines) - (not lines[-1])
        ways = config_paths.asked(lines, total, hints)
        part = config_paths.all_asked(lines, total, hints, ways) or plainly_asked(lines, total, hints)
        if part is not None:
            outline = Outline(lines, part.outline)
            parts = pieces(lines[:total], part.rows, outline, len(text), called=True)
            if any(isinstance(piece, Gap) for piece in parts):
                return Rendition(tuple(parts), self.kind, "config:asked", lossless=False)
        if not relevance.specific:
            return None
        found: list[Entry] = []
        least = _LEAST if len(hints.query) <= _LONG_QUERY else _SURE
        asks_for_odd = "failure" in relevance.asks or _OFF.search(hints.query) is not None
        exact: list[bool] = []
        sure: list[bool] = []
        seeks_reason: list[bool] = []

        tops = entries(lines, 0, total - 1)
        files = tops if any(entry.path for entry in tops) else []

        def chosen(side: Hints) -> set[int]:
            choice = Choice(lines, Relevance.from_hints(side), least, looks_up=looks_up(side.query))
            if files:
                choice.choose_files(files, side)
            else:
                choice.choose(0, total - 1, 0)
            found.extend(choice.outline)
            exact.append(choice.exact or not choice.keep)
            sure.append(choice.sure)
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
        keep = (keep or set[int]()).union(*ways.values())
        if not ways and (loose := loose_ends(lines, total, hints, sure=called)) is not None:
            keep, called, found, head = loose.rows, True, loose.outline, loose.absent
        elif not keep:
            keep = set(range(total))  # less its comments
        elif sum(len(lines[i]) for i in keep) > (_FILES_SHARE if files else _SHOWN_SHARE) * len(text):
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
        transform = "config:asked" if all(sure) and not head else "config:named" if called else "config:entries"
        return Rendition(tuple(parts), self.kind, transform, lossless=False)


def _ends(lines: Sequence[str], keep: set[int], outline: Outline) -> Iterator[int]:
    """Rows that stay at the top and at the end, but none of an object that goes, and no loose end of any entry."""
    total = len(lines)
    rows = sorted(keep)
    for row in range(min(_HEAD, total)):
        top = outline.top(row)
        if len(lines[row]) > _END_CHARS:
            continue
        if top is None or not (top.manifest or top.path) or (rows and rows[0] <= top.last):
            yield row
    for row in range(max(0, total - _TAIL), total):
        top = outline.top(row)
        whole = top is None or top.head >= total - _TAIL
        if len(lines[row]) <= _END_CHARS and (whole or _MESSAGE.match(lines[row])):
            yield row


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
