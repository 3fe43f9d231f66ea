"""The renditions that a text has: both tiers of the likeliest kind's compressors, each held to its law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from headroom.compress import law
from headroom.compress.any_lines import AnyLines, RepeatedLines
from headroom.compress.code import Code
from headroom.compress.delimited import has_broken_cells, read
from headroom.compress.once import lines_of
from headroom.compress.prose import Prose
from headroom.compress.registry import compressors
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.voi import CALLS, CONTEXT, SURE, allow_lossy, prior_of

_ANY_LINES = AnyLines()
_REPEATED_LINES = RepeatedLines()
_TRIES = 3
_UNRIVALLED = 0.7
"""A lossy text of at most this share of what a lossless one likely takes may spare the re-encoding."""
_SMALL = 8_000
_RECORDS = frozenset({"json", "table"})
"""Kinds whose lossless texts differ most in size; of so many characters one is soon made, and no guess is needed."""
_LIKELY_LOSSLESS = {
    "log": 0.45,
    "playbook": 0.6,
    "tests": 0.7,
    "build": 0.65,
    "search": 0.7,
    "listing": 0.5,
    "json": 0.45,
    "table": 0.6,
    "html": 0.65,
    "snapshot": 0.75,
    "diff": 0.9,
    "vcs": 0.9,
    "config": 0.9,
    "markdown": 1.0,
    "code": 0.95,
    "prose": 1.0,
    "dense": 1.0,
    "enumeration": 1.0,
    "lines": 0.8,
}
"""Share of the source that a good lossless text takes, by kind, measured; where it is anybody's guess, it is made."""
_TEXT_ALONE = frozenset({"html:text"})
"""All text of a page without its markup: a re-encoding keeps that text too, and a sign at least for each run of tags."""
_MARKER_CHARS = 60
_READ_CLOSELY = frozenset({"code", "diff", "markdown", "prose", "trace", "tests", "build", "snapshot", "playbook"})
"""Kinds of which each line may matter, whether it looks like others or not."""
_WITHOUT_LEGEND = frozenset({"table", "listing"})
"""Kinds that get no legend of phrases where they have no layout; nor does a text of no kind."""
_SAID_ONCE = 0.8
"""Runs of equal lines are written once where that leaves less than this share of a text; a few spoil its reading only."""
_EVERY_LINE_STAYS = frozenset({"markdown", "html"})
"""Kinds whose own lossless form writes equal lines again and again."""
_COLUMNS_SUFFICE = 0.85
_MUCH_LESS = 0.9
"""Shares of a table's text that columns of one value leave, and of those that a legend of phrases leaves in their place."""
_MIN_LINES = 40
"""From so many lines on, patterns are looked for in a text of no known kind."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be done to a block. Fixed for a conversation and part of the ledger key."""

    lossy: bool = False
    """The caller can keep a retrieval promise for this block."""
    code_aware: bool = False
    """Source code may be cut to its signatures even where the question names nothing in it."""
    protect: Literal["none", "lossless", "exact"] = "none"
    """``exact``: leave every byte; ``lossless``: re-encode at most."""
    min_tokens_lossless: int = 200
    min_tokens_lossy: int = 500
    min_tokens_sure: int = 250
    """From here on text may be left out, too, where its chance of being asked back is at most `voi.SURE`."""
    target_ratio: float | None = None
    """Part of the prose to keep, 0..1; None lets the text decide."""
    context: int = CONTEXT
    """Tokens in front of the block, which a retrieval would make the provider read once more."""
    calls: int = CALLS
    """Calls that are expected to carry the block."""


@dataclass(slots=True)
class Run:
    """One call's fixed circumstances, and what went wrong on the way."""

    policy: Policy
    prose: Prose
    deadline: Callable[[], bool] | None
    lossy: bool
    density: float
    """Tokens a character."""
    sure: bool = False
    """Only what is hardly ever asked back may be left out: the text is small."""
    why: list[str] = field(default_factory=list)
    encoded: tuple[Compressor, str, Rendition | None] | None = None
    """The last lossless answer, where the law has asked for it before its turn."""

    def late(self) -> bool:
        """Whether the time is up."""
        return self.deadline is not None and self.deadline()


@dataclass(frozen=True, slots=True)
class Tiers:
    """The best of each tier for one text; the lossless one has been decoded, the lossy one keeps the law."""

    kind: str = ""
    lossless: Rendition | None = None
    lossy: Rendition | None = None


def try_kinds(
    text: str,
    kinds: tuple[str, ...],
    hints: Hints,
    run: Run,
    *,
    units: frozenset[str] | None = None,
    as_lines: bool = True,
) -> Tiers:
    """Ask the compressors of the likeliest kinds, until one kind has an answer; another kind's would cut elsewhere.

    The lossy tier is asked first: where it leaves out so much that no re-encoding could rival it, re-encoding the whole
    text, most of which is not going to be sent, would be wasted work. ``units``: those in which gaps may be counted.
    ``as_lines``: what no kind takes is tried as lines that repeat.
    """
    table = kinds[:1] == ("table",)
    broken = table and has_broken_cells(text)
    if broken:
        kinds = kinds[:1]  # any other kind would cut records at their line breaks
    for kind in kinds[:_TRIES]:
        lossless: Rendition | None = None
        lossy: Rendition | None = None
        compressors_of = _compressors(kind, run)
        for compressor in compressors_of if run.lossy else ():
            if run.late():
                return Tiers(kind)
            lossy = _lossy(compressor, text, hints, run)
            if lossy is not None and units is not None and any(gap.unit not in units for gap in lossy.gaps):
                lossy = None
            if lossy is not None:
                break
        guessed = len(text) > _SMALL or kind not in _RECORDS
        if lossy is not None and guessed and _unrivalled(lossy, text, run):
            return Tiers(kind, _repeats_once(text, kind, hints, run, below=_size(lossy)), lossy)
        for compressor in compressors_of:
            if run.late():
                return Tiers(kind)
            lossless = _lossless(compressor, text, hints, run)
            if lossless is not None:
                break
        if lossless is not None or lossy is not None:
            if lossless is not None and lossless.transform == "csv:columns" and not broken and units is None:
                lossless = _with_phrases(text, hints, run, lossless)
            if lossless is None or kind in _EVERY_LINE_STAYS:
                below = len(text) if lossless is None else len(lossless.text)
                lossless = _repeats_once(text, kind, hints, run, below=below) or lossless
            return Tiers(kind, lossless, lossy)
        if kind == "code":  # read as a document or as settings it would be cut, or re-encoded, at its remarks
            break
    if as_lines and not set(kinds) & _READ_CLOSELY:
        legend = units is None and _WITHOUT_LEGEND.issuperset(kinds)
        # Rows are not told by what their lines look like: any one may be asked for next.
        cut = not (table and read(text) is not None)
        if (lines := _as_lines(text, hints, run, legend=legend, cut=cut)) is not None:
            return lines
    kind = kinds[0] if kinds else ""
    return Tiers(kind, _repeats_once(text, kind, hints, run, below=len(text)))


def _with_phrases(text: str, hints: Hints, run: Run, found: Rendition) -> Rendition:
    """The records with a legend of phrases, where columns of one value and marks for cells leave much more of them."""
    if len(found.text) < _COLUMNS_SUFFICE * len(text) or run.late():
        return found
    phrases = _lossless(_ANY_LINES, text, hints, run)
    return phrases if phrases is not None and len(phrases.text) < _MUCH_LESS * len(found.text) else found


def _repeats_once(text: str, kind: str, hints: Hints, run: Run, *, below: int) -> Rendition | None:
    """Runs of equal lines or blocks with a count, and nothing else changed, where that takes fewer characters than ``below``."""
    most = min(below, _SAID_ONCE * len(text))
    # Of a text that takes far more than that, a few lines are seen to be too much: it need not be parted into all of them.
    few = text[: int(2 * most)].split("\n")[:-1] if 2 * most < len(text) else []
    if run.late() or _each_once(few) > most or _each_once(lines_of(text)) > most:
        return None
    found = _lossless(_REPEATED_LINES, text, hints, run)
    return replace(found, kind=kind or found.kind) if found is not None and len(found.text) < most else None


def _each_once(lines: list[str]) -> int:
    """Characters that the lines take at least, as each different one stays once."""
    different = set(lines)
    return sum(map(len, different)) + len(different)


def _as_lines(text: str, hints: Hints, run: Run, *, legend: bool, cut: bool) -> Tiers | None:
    """Treat a text that no kind takes as lines that repeat a few patterns, whatever they are: part of a file, progress."""
    if run.late():
        return None
    lossy: Rendition | None = None
    if run.lossy and cut and text.count("\n") >= _MIN_LINES:
        (log,) = compressors("log")
        if (found := _lossy(log, text, hints, run)) is not None:
            lossy = replace(found, kind="lines", transform="lines:templates")
    if lossy is not None and _unrivalled(lossy, text, run):
        return Tiers("lines", _repeats_once(text, "lines", hints, run, below=_size(lossy)), lossy)
    lossless = _lossless(_ANY_LINES, text, hints, run) if legend else None
    if lossless is None:
        lossless = _repeats_once(text, "lines", hints, run, below=len(text))
    return Tiers("lines", lossless, lossy) if lossless or lossy else None


def pays(lossy: Rendition, rival: int, after: int, policy: Policy) -> bool:
    """Whether a loss is worth its risk: ``after`` tokens in place of ``rival`` without it."""
    prior = prior_of(lossy.kind, lossy.transform)
    return allow_lossy(lossy.kind, rival, after, context=policy.context, calls=policy.calls, prior=prior)


def _unrivalled(lossy: Rendition, text: str, run: Run) -> bool:
    """Whether the risk of this loss would pay even against a good re-encoding of the text."""
    size = _size(lossy)
    if lossy.transform in _TEXT_ALONE:
        least = size + text.count("<") - text.count("><")
        if pays(lossy, round(least * run.density), round(size * run.density), run.policy):
            return True
    likely = _LIKELY_LOSSLESS.get(lossy.kind, 0.0) * len(text)
    return size <= _UNRIVALLED * likely and pays(
        lossy, round(likely * run.density), round(size * run.density), run.policy
    )


def _size(rendition: Rendition) -> int:
    return sum(len(piece) if isinstance(piece, str) else len(piece.note) + _MARKER_CHARS for piece in rendition.pieces)


def _compressors(kind: str, run: Run) -> tuple[Compressor, ...]:
    if kind == "prose":
        return (run.prose,)
    if kind == "code":
        return (Code(skeleton=run.policy.code_aware),)
    return compressors(kind)


def _encoded(compressor: Compressor, text: str, hints: Hints, run: Run) -> Rendition | None:
    if run.encoded is None or run.encoded[0] is not compressor or run.encoded[1] is not text:
        run.encoded = (compressor, text, compressor.lossless(text, hints))
    return run.encoded[2]


def _lossless(compressor: Compressor, text: str, hints: Hints, run: Run) -> Rendition | None:
    try:
        found = _encoded(compressor, text, hints, run)
        if found is None:
            return None
        if not found.lossless or compressor.decode(found.text) != text:
            run.why.append("roundtrip")
            return None
    except Exception as error:
        run.why.append(f"error:{type(error).__name__}")
        return None
    return found


def _lossy(compressor: Compressor, text: str, hints: Hints, run: Run) -> Rendition | None:
    try:
        found = compressor.lossy(text, hints)
        if found is None or (run.sure and prior_of(found.kind, found.transform) > SURE):
            return None
        explaining = compressor if isinstance(compressor, law.Explaining) else None
        if found.lossless:
            run.why.append("law")
            return None
        if not law.holds(text, found, (), explaining):
            # Lines of a re-encoded table are invertible in the lossless text of the same source.
            encoded = _encoded(compressor, text, hints, run)
            if encoded is None or not law.holds(text, found, encoded.text.split("\n"), explaining):
                run.why.append("law")
                return None
    except Exception as error:
        run.why.append(f"error:{type(error).__name__}")
        return None
    return found
