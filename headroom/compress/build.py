"""Build tools, compilers, linters, package managers: every error with its context, warnings and progress by kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from headroom.compress import (
    again_counts,
    finding_groups,
    listed_errors,
    log_templates,
    pip_steps,
    progress,
    shared_phrases,
    template_labels,
)
from headroom.compress.build_counts import diagnoses
from headroom.compress.finding_lists import Wanted
from headroom.compress.findings import closing_rows, counted_rules, findings_of
from headroom.compress.folding import SIGIL, escape
from headroom.compress.log_templates import Templates
from headroom.compress.must_keep import FAILURE, WARNING, severities
from headroom.compress.naming import named_rows
from headroom.compress.number_masks import masked_lines
from headroom.compress.once import lines_of
from headroom.compress.packing import LineCompressor, pack, told_above
from headroom.compress.plain_words import is_plain
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Gap, Hints, Rendition
from headroom.compress.selecting import BRIEF_CHARS, brief, elide, finish, keeps_nearly_all, without

_LEAD = re.compile(
    r"In file included from |\s+from \S+:\d+[:,]|\S+: In (?:\w+ )*(?:function|constructor|lambda|instantiation)|\S+: At "
)
_TRAIL = re.compile(r"\s+\S|\d+\s*\||\S+?:\d+(?::\d+)?: note: |\s*\||note: |help: ")
_TRAIL_LINES = 14
_UNNAMED = re.compile(
    r"(?P<letter>[ew]): (?:file:)?/\S[^\n:]{0,300}+:"
    r"|[\w@+./\\-]{1,200}+:\d{1,7}:\d{1,7}: (?!(?:fatal |internal )?(?:error|warning|note|remark|info)\b)\S"
)
"""How kotlinc says what it finds, ``e: file:///a.kt:3:5 Unresolved``, and how go does: ``a.go:3:5: undefined: x``."""
_MOST_UNNAMED = 60
_OF_FILES = re.compile(r"\b(?:which|what|list|every|each|all)\b.{0,30}\bfiles?\b")
_PATH = re.compile(r"(?:[A-Za-z]:)?[^\s:/\\]*+[/\\][^\s:]++")
_WORD = re.compile(r"[\w@-]{3,}")
_LEAST_LINES = 20
_OF_A_KIND = 2
"""Warnings of one template that stay with their context; rare ones all stay."""
_RARE = 3
_ENDS = 3
_SUMMARIES = 12
_MANY_TROUBLES = 6
"""From so many errors and warnings a line counts them."""
_REST_SHARE = 0.6
_REST_CHARS = 6_000
"""Besides progress: of more than both other lines go by their sorts, too."""


class Build(LineCompressor):
    """make, cmake, gcc, clang, rustc, cargo, tsc, eslint, ruff, mypy, javac, maven, gradle, npm, pip, docker build."""

    kind = "build"
    layout = "legend"

    def lossless(self, text: str, hints: Hints) -> Rendition | None:
        """Re-encode without loss; the few errors that the question wants listed stand as they are."""
        apart = listed_errors.spelled_out(lines_of(text), Relevance.from_hints(hints))
        if apart is None or text.startswith(SIGIL):
            return super().lossless(text, hints)
        encoded = self._encode(text, apart)
        return Rendition((encoded,), self.kind, f"{self.kind}:{self.layout}", lossless=True) if encoded else None

    def encode(self, text: str) -> str | None:
        """Repeated blocks once and a legend; counts of errors, warnings and their codes on top."""
        return self._encode(text)

    def _encode(self, text: str, apart: re.Pattern[str] | None = None) -> str | None:
        escaped = escape(text)
        lines = lines_of(escaped)
        if len(lines) < 4:
            return None
        head: list[str] = []
        if log_templates.are_many(lines, text) and (rules := counted_rules(text)):
            head = [diagnoses(escaped, rules)]
        elif log_templates.are_many(lines, text):
            templates = log_templates.mine_all(text)
            head = _summary(escaped, templates, most=4)
            head += shared_phrases.told(text, templates, head)
        encoded = pack(lines, head, apart=apart)
        return encoded if encoded is None or head else told_above(encoded, again_counts.told(text, encoded))

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep all errors, two warnings of each kind, first and last line of each sort of progress; count the rest."""
        lines = lines_of(text)
        total = len(lines) - (not lines[-1])
        going = progress.rows_of(lines, severities(lines), Relevance.from_hints(hints))
        if total < _LEAST_LINES and not going:
            return None
        found = findings_of(text)
        wanted = Wanted(text, found, hints)
        if (findings := wanted.grouped() or wanted.only()) is not None:
            return findings
        relevance = Relevance.from_hints(hints)
        apart = listed_errors.spelled_out(lines, relevance)
        if not wanted.rare and (details := listed_errors.details(lines, relevance, found)) is not None:
            return _listed(text, details, relevance, apart)
        if wanted.known:
            return wanted.among_all(apart)
        troubles = severities(lines) | _unnamed(lines)
        units = _units(lines, troubles)
        steps = pip_steps.succeeded(lines, troubles, relevance)
        if going and (bare := _without_progress(text, going, steps, apart)) is not None:
            return bare
        spare = set[int]().union(*steps)
        ends = {*range(_ENDS), *range(total - _ENDS, total), *closing_rows(lines)}
        sure = {row for row, severity in troubles.items() if severity == FAILURE or not relevance.specific} | ends
        sure |= {row for row, head in units.items() if head in sure}
        if 2 * len(sure - spare) > total and "\r" not in text and keeps_nearly_all(elide(lines, sure), text):
            return None  # of the few that are left hardly any can go
        masks = ["" if row in units else mask for row, mask in enumerate(masked_lines(text))]
        templates = log_templates.mine_masks(masks, troubles, rare=_RARE)
        keep = _telling(templates, troubles, units)
        if not relevance.specific:
            keep |= {row for row in troubles if row not in keep}
        keep |= named_rows(relevance, lines, strong_lines=20)
        keep |= _paths_asked(lines, relevance)
        keep |= {row for row, head in units.items() if head in keep}
        keep = (keep | ends) - spare - going.keys()
        others = {*range(total)}.difference(keep, *steps)
        alone = 2 * len(others) < sum(map(len, steps))  # besides whole steps few lines can go
        keep |= others if alone else set()

        def note(first: int, last: int) -> str:
            inside = [0 if row in spare else troubles.get(row, 0) for row in range(first, last + 1)]
            counts = ((inside.count(FAILURE), "errors"), (inside.count(WARNING), "warnings"))
            told = ", ".join(f"{count} {word}" for count, word in counts if count)
            if succeeded := pip_steps.told(lines, steps, first, last):
                return f"{succeeded}, {told}" if told else succeeded
            return told

        pieces = elide(lines, keep, note=note)
        if keeps_nearly_all(pieces, text):
            return None
        if spare:  # what the sorts of line are is told by the gaps, as far as anybody asks
            transform = "build:steps" if alone else "build:errors"
            return finish(pieces, self.kind, transform, head=[diagnoses(text)], apart=apart)
        masked = masked_lines(text)
        others_of = Counter([masked[row] for row in units])
        head = _summary(text, templates, _SUMMARIES, others_of)
        return finish(pieces, self.kind, "build:errors", head=head, apart=apart)

    def explains(self, text: str, lines: list[str]) -> bool:
        """Whether each line is the last state of a progress line, or a finding of several places under its file."""
        return super().explains(text, lines) or finding_groups.explained(text, lines)


def _without_progress(
    text: str, going: Mapping[int, str], steps: Sequence[range], apart: re.Pattern[str] | None
) -> Rendition | None:
    """Leave out lines of progress; None where so much else is left that it has to go, too."""
    lines = lines_of(text)
    rest = sum([len(line) + 1 for row, line in enumerate(lines) if row not in going])
    if steps or (rest > _REST_SHARE * len(text) and rest > _REST_CHARS):
        return None
    kept = {*range(len(lines))}.difference(going)
    pieces = brief(elide(lines, kept, min_chars=BRIEF_CHARS, few_chars=BRIEF_CHARS))
    if keeps_nearly_all(pieces, text):
        return None
    above = [diagnoses(text)] if len(severities(lines)) >= _MANY_TROUBLES else []
    return finish(pieces, Build.kind, "build:progress", head=[*above, progress.note(going)], apart=apart)


def _paths_asked(lines: Sequence[str], relevance: Relevance) -> set[int]:
    """Rows with nothing but a path in which a word of a question for files stands as a part: ``zod`` in ``node_modules/zod/a.ts``.

    All of them where nothing is asked for: each is a result, as no step of a build is.
    """
    if not relevance.specific:
        return {row for row, line in enumerate(lines) if _PATH.fullmatch(line)}
    if _OF_FILES.search(relevance.wording) is None:
        return set()
    words = {word for word in _WORD.findall(relevance.wording) if not is_plain(word)}
    parts = {row: words & {*_WORD.findall(line.lower())} for row, line in enumerate(lines) if _PATH.fullmatch(line)}
    times = Counter(word for found in parts.values() for word in found)
    return {row for row, found in parts.items() if any(2 * times[word] < len(parts) for word in found)}


def _listed(
    text: str, details: listed_errors.Details, relevance: Relevance, apart: re.Pattern[str] | None
) -> Rendition | None:
    """Keep the errors with their places, other trouble and the ends; one note tells how much goes with errors or warns."""
    lines = lines_of(text)
    ends = closing_rows(lines)
    gone = details.gone() - {*ends}
    keep = (
        details.stays
        | severities(lines).keys()
        | _unnamed(lines).keys()
        | {*ends, *range(_ENDS), *range(len(lines) - _ENDS - 1, len(lines))}
    )
    keep |= named_rows(relevance, lines, strong_lines=20, words=False)
    pieces = without(elide(lines, keep | gone), gone)
    if keeps_nearly_all(pieces, text):
        return None
    left_out = {row for piece in pieces if isinstance(piece, Gap) for row in range(piece.first - 1, piece.last)}
    head = [diagnoses(text), details.note(left_out)]
    return finish(pieces, Build.kind, "build:listed", head=head, apart=apart)


def _unnamed(lines: Sequence[str]) -> dict[int, int]:
    """Rows of errors and warnings that say so with a letter, or not at all; what many lines say is no error of a compiler."""
    found: dict[int, int] = {}
    placed: list[int] = []
    for row, line in enumerate(lines):
        if (match := _UNNAMED.match(line)) is not None:
            if match["letter"]:
                found[row] = WARNING if match["letter"] == "w" else FAILURE
            else:
                placed.append(row)
    return found | dict.fromkeys(placed, FAILURE if len(placed) <= _MOST_UNNAMED else WARNING)


def _units(lines: Sequence[str], troubles: dict[int, int]) -> dict[int, int]:
    """Map each line that belongs to a diagnostic (its snippet, caret, notes, "In function") to the diagnostic's row."""
    units: dict[int, int] = {}
    for row in troubles:
        if row in units:
            continue
        at = row - 1
        while at >= 0 and at not in units and at not in troubles and row - at <= 4 and _LEAD.match(lines[at]):
            units[at] = row
            at -= 1
        at = row + 1
        while at < len(lines) and at not in troubles and at - row <= _TRAIL_LINES and _TRAIL.match(lines[at]):
            units[at] = row
            at += 1
    return units


def _telling(templates: Templates, troubles: dict[int, int], units: dict[int, int]) -> set[int]:
    """Errors, a few warnings of each kind, rare lines, first and last of each sort of line."""
    keep = {row for row, severity in troubles.items() if severity == FAILURE}
    seen: Counter[int] = Counter()
    for row, template in enumerate(templates.ids):
        if row in units:
            continue
        seen[template] += 1
        limit = _OF_A_KIND if row in troubles else 1
        if templates.counts[template] <= _RARE or seen[template] <= limit or row == templates.last[template]:
            keep.add(row)
    keep.update(templates.rare_variants)
    return keep


def _summary(text: str, templates: Templates, most: int, others: Mapping[str, int] | None = None) -> list[str]:
    """Counts of errors and warnings, of their codes, and of the commonest sorts of line, all over the whole output."""
    return [diagnoses(text), *template_labels.commonest(templates, most, others)]


COMPRESSORS: tuple[Compressor, ...] = (Build(),)
