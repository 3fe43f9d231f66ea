"""From a block of text to the text that is sent: detect, re-encode without loss, leave out what can be fetched, verify."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from headroom.compress import law, segments
from headroom.compress.any_lines import AnyLines, RepeatedLines
from headroom.compress.code import Code
from headroom.compress.detect import detect, likeliest
from headroom.compress.encoded import is_encoded
from headroom.compress.framing import Frame, frame
from headroom.compress.numbered import Numbered, unnumber
from headroom.compress.once import lines_of, remembering
from headroom.compress.prose import Prose, ProseScorer
from headroom.compress.registry import compressors
from headroom.compress.rendition import Compressor, CountTokens, Gap, Hints, Rendition
from headroom.compress.voi import CALLS, CONTEXT, allow_lossy, prior_of

POLICY_ID = "2026.11.5"
"""Changes with any algorithm or threshold; part of every ledger key, so that old renditions replay unchanged."""

MARGIN_SHARE = 0.05
MARGIN_TOKENS = 32
"""A rendition must save the larger of the two, or the source goes out."""
MAX_CHARS = 16_000_000
"""A larger block goes out as it is: no time for it."""
_ANY_LINES = AnyLines()
_REPEATED_LINES = RepeatedLines()
_TRIES = 3
_UNRIVALLED = 0.7
"""A lossy text of at most this share of what a lossless one likely takes may spare the re-encoding."""
_LIKELY_LOSSLESS = {
    "log": 0.6,
    "tests": 0.7,
    "build": 0.65,
    "search": 0.7,
    "listing": 0.5,
    "json": 0.45,
    "table": 0.6,
    "html": 0.65,
    "diff": 0.9,
    "vcs": 0.9,
    "config": 0.9,
    "markdown": 1.0,
    "code": 0.95,
    "prose": 1.0,
    "dense": 1.0,
    "lines": 0.8,
}
"""Share of the source that a good lossless text takes, by kind, measured; where it is anybody's guess, it is made."""
_MARKER_CHARS = 60
_READ_CLOSELY = frozenset({"code", "diff", "markdown", "prose", "trace", "tests", "build"})
"""Kinds of which each line may matter, whether it looks like others or not."""
_WITHOUT_LEGEND = frozenset({"table", "listing"})
"""Kinds that get no legend of phrases where they have no layout; nor does a text of no kind."""
_SAID_ONCE = 0.8
"""Runs of equal lines are written once where that leaves less than this share of a text; a few spoil its reading only."""
_EVERY_LINE_STAYS = frozenset({"markdown", "html"})
"""Kinds whose own lossless form writes equal lines again and again."""
_FRAMED = frozenset({"json", "table"})
"""Kinds that a line of words in front or behind makes unreadable."""
_FRAMED_SHARE = 0.75
"""Data that takes more than this share of its text when re-encoded may not be what the text is made of."""
_LINES = frozenset({"lines"})
_MIN_LINES = 40
"""From so many lines on, patterns are looked for in a text of no known kind."""
_UNSURE = 0.72
"""Below this confidence a text is tried as a mix of kinds."""


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
    target_ratio: float | None = None
    """Part of the prose to keep, 0..1; None lets the text decide."""
    context: int = CONTEXT
    """Tokens in front of the block, which a retrieval would make the provider read once more."""
    calls: int = CALLS
    """Calls that are expected to carry the block."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a block."""

    text: str | None
    """The text to send, or None: send the source."""
    kind: str
    transform: str
    lossless: bool
    gaps: tuple[Gap, ...]
    tokens_before: int
    tokens_after: int
    why: str
    """Empty where ``text`` is given. Else the reason: protected, too_small, too_big, unknown_kind, no_gain, roundtrip,
    law, deadline, or error:TYPE of an exception in a compressor. After a fallback it names what was given up."""


@dataclass(slots=True)
class _Run:
    """One call's fixed circumstances, and what went wrong on the way."""

    policy: Policy
    prose: Prose
    deadline: Callable[[], bool] | None
    lossy: bool
    density: float
    """Tokens a character."""
    why: list[str] = field(default_factory=list)
    encoded: tuple[Compressor, str, Rendition | None] | None = None
    """The last lossless answer, where the law has asked for it before its turn."""

    def late(self) -> bool:
        return self.deadline is not None and self.deadline()


@dataclass(frozen=True, slots=True)
class _Tiers:
    """The best of each tier for one text; the lossless one has been decoded, the lossy one keeps the law."""

    kind: str = ""
    lossless: Rendition | None = None
    lossy: Rendition | None = None


def compress(
    text: str,
    hints: Hints,
    policy: Policy,
    count: CountTokens,
    *,
    render: Callable[[Gap], str],
    trailer: str = "",
    prose: ProseScorer | None = None,
    deadline: Callable[[], bool] | None = None,
) -> Outcome:
    """Shorten one block of text, or say why not. Never raises on text; deterministic but for ``deadline``.

    ``render`` words a gap as one line, ``trailer`` ends a lossy text. ``deadline`` returns True once time is up: then the
    source goes out.
    """
    if policy.protect == "exact":
        return _left(0, "protected")
    if len(text) > MAX_CHARS:
        return _left(0, "too_big")
    # No text has more tokens than UTF-8 bytes, so tiny blocks need no count.
    if len(text) < policy.min_tokens_lossless or text.isspace():
        return _left(0, "too_small")
    before = count(text)
    if before < policy.min_tokens_lossless:
        return _left(before, "too_small")
    run = _Run(
        policy,
        Prose(prose, policy.target_ratio),
        deadline,
        lossy=policy.lossy and policy.protect == "none" and before >= policy.min_tokens_lossy,
        density=before / len(text),
    )
    try:
        if is_encoded(text, hints):
            return _left(before, "no_gain")
        with remembering():
            tiers = _numbered_tiers(text, hints, run)
    except Exception as error:  # the detector or the glue: our bug costs the saving, never the turn
        return _left(before, f"error:{type(error).__name__}")
    if run.late():
        return _left(before, "deadline")
    return _choose(text, tiers, before, run, count, render, trailer)


def _left(before: int, why: str, kind: str = "") -> Outcome:
    return Outcome(None, kind, "", lossless=True, gaps=(), tokens_before=before, tokens_after=before, why=why)


def _choose(
    text: str,
    tiers: _Tiers,
    before: int,
    run: _Run,
    count: CountTokens,
    render: Callable[[Gap], str],
    trailer: str,
) -> Outcome:
    """Take the smallest text that gains enough: lossy if its risk pays, else lossless, else the source."""
    enough = before - max(MARGIN_TOKENS, MARGIN_SHARE * before)
    best: Outcome | None = None
    if tiers.lossless is not None:
        encoded = tiers.lossless.text
        after = count(encoded)
        if after < enough and encoded.strip():
            best = Outcome(encoded, tiers.lossless.kind, tiers.lossless.transform, True, (), before, after, "")
    if tiers.lossy is not None and not run.late():
        shown = _render(law.escape_source(text, tiers.lossy.pieces), render, trailer)
        after = count(shown)
        rival = best.tokens_after if best else before
        if after < enough and shown.strip() and _pays(tiers.lossy, rival, after, run.policy):
            lossy = tiers.lossy
            return Outcome(shown, lossy.kind, lossy.transform, False, lossy.gaps, before, after, "")
    if best is not None:
        return best
    why = run.why[0] if run.why else ("no_gain" if tiers.kind else "unknown_kind")
    return _left(before, why, tiers.kind)


def _render(pieces: Iterable[str | Gap], render: Callable[[Gap], str], trailer: str) -> str:
    out: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            out.append(piece)
            continue
        if out and not out[-1].endswith("\n"):
            out.append("\n")
        out.append(f"{piece.indent}{render(piece)}\n")
    if trailer:
        if out and not out[-1].endswith("\n"):
            out.append("\n")
        out.append(trailer)
    return "".join(out)


def _numbered_tiers(text: str, hints: Hints, run: _Run) -> _Tiers:
    """Treat a text without its margin of line numbers, and say that they were left out."""
    numbered = unnumber(text)
    if numbered is None:
        return _tiers_of(text, hints, run)
    tiers = _tiers_of(numbered.bare, hints, run)
    bare = tiers.lossless.text if tiers.lossless else numbered.bare
    return _Tiers(
        tiers.kind or "numbered",
        lossless=Rendition(
            (f"{numbered.note}\n{bare}",),
            tiers.lossless.kind if tiers.lossless else tiers.kind or "numbered",
            tiers.lossless.transform if tiers.lossless else "numbered:bare",
            lossless=True,
        ),
        lossy=_headed(tiers.lossy, numbered) if tiers.lossy else None,
    )


def _headed(lossy: Rendition, numbered: Numbered) -> Rendition:
    return replace(lossy, pieces=(f"{numbered.note}\n", *lossy.pieces))


def _tiers_of(text: str, hints: Hints, run: _Run) -> _Tiers:
    """Treat data apart from the words that its tool puts around it; any text, where there are none."""
    framed = frame(text)
    if framed is None:
        return _bare_tiers(text, hints, run)
    if framed.any_kind:
        return _framed(framed, _bare_tiers(framed.core, hints, run))
    if likeliest(framed.core, hints, _FRAMED) < _UNSURE:
        return _bare_tiers(text, hints, run)
    if likeliest(text, hints, _FRAMED) >= _UNSURE:
        # Data with its words is data still, such as a drawn table with a count of its rows.
        bare = _bare_tiers(text, hints, run)
        if bare.kind in _FRAMED and (bare.lossy is not None or (bare.lossless is not None and not run.lossy)):
            return bare
    guess = detect(framed.core, hints)
    if guess.kinds and guess.kinds[0] in _FRAMED and guess.confidence >= _UNSURE:
        tiers = _framed(framed, _try_kinds(framed.core, guess.kinds[:1], hints, run, as_lines=False))
        lossless = tiers.lossless
        if tiers.lossy is not None or (lossless is not None and len(lossless.text) < _FRAMED_SHARE * len(text)):
            return tiers
        bare = _bare_tiers(text, hints, run)
        better = lossless is not None and (bare.lossless is None or len(lossless.text) < len(bare.lossless.text))
        return tiers if better and bare.lossy is None else bare
    return _bare_tiers(text, hints, run)


def _framed(framed: Frame, tiers: _Tiers) -> _Tiers:
    """Put the words back; gaps count from the start of the text. Rows need no shift: those of the data are meant."""
    lossless, lossy = tiers.lossless, tiers.lossy
    if lossless is not None:
        core = lossless.text if lossless.text.endswith("\n") or not framed.tail else f"{lossless.text}\n"
        lossless = replace(lossless, pieces=(framed.head + core + framed.tail,))
    if lossy is not None:
        shifts = {"lines": framed.head.count("\n"), "chars": len(framed.head)}
        parts = [_moved(piece, shifts) for piece in lossy.pieces]
        if isinstance(parts[-1], str) and not parts[-1].endswith("\n") and framed.tail:
            parts.append("\n")
        lossy = replace(lossy, pieces=tuple(part for part in (framed.head, *parts, framed.tail) if part))
    return _Tiers(tiers.kind, lossless, lossy)


def _moved(piece: str | Gap, shifts: Mapping[str, int]) -> str | Gap:
    if isinstance(piece, str):
        return piece
    by = shifts.get(piece.unit, 0)
    return replace(piece, first=piece.first + by, last=piece.last + by)


def _bare_tiers(text: str, hints: Hints, run: _Run) -> _Tiers:
    guess = detect(text, hints)
    if guess.confidence < _UNSURE or ("==> " in text and " <==\n" in text):
        parts = segments.cut(text)
        if len({part.kind for part in parts}) > 1:
            return _mixed_tiers(parts, hints, run)
    return _try_kinds(text, guess.kinds, hints, run)


def _mixed_tiers(parts: tuple[segments.Segment, ...], hints: Hints, run: _Run) -> _Tiers:
    """Treat each segment by itself; what no compressor takes stays as it is."""
    bare = replace(hints, path=None, command=None, mime=None)
    lossless: list[str] = []
    lossy: list[str | Gap] = []
    shorter = False
    for part in parts:
        tiers = _try_kinds(part.text, detect(part.text, bare).kinds, hints, run, units=_LINES)
        kept = tiers.lossless.text if tiers.lossless and len(tiers.lossless.text) < len(part.text) else part.text
        shorter = shorter or kept is not part.text
        lossless.append(kept if kept.endswith("\n") or not part.text.endswith("\n") else f"{kept}\n")
        shifts = {"lines": part.first_line - 1}
        lossy.extend([_moved(piece, shifts) for piece in tiers.lossy.pieces] if tiers.lossy else (lossless[-1],))
    return _Tiers(
        "mixed",
        Rendition(("".join(lossless),), "mixed", "mixed:segments", lossless=True) if shorter else None,
        Rendition(tuple(lossy), "mixed", "mixed:segments", lossless=False)
        if any(isinstance(p, Gap) for p in lossy)
        else None,
    )


def _try_kinds(
    text: str,
    kinds: tuple[str, ...],
    hints: Hints,
    run: _Run,
    *,
    units: frozenset[str] | None = None,
    as_lines: bool = True,
) -> _Tiers:
    """Ask the compressors of the likeliest kinds, until one kind has an answer; another kind's would cut elsewhere.

    The lossy tier is asked first: where it leaves out so much that no re-encoding could rival it, re-encoding the whole
    text, most of which is not going to be sent, would be wasted work. ``units``: those in which gaps may be counted.
    ``as_lines``: what no kind takes is tried as lines that repeat.
    """
    for kind in kinds[:_TRIES]:
        lossless: Rendition | None = None
        lossy: Rendition | None = None
        for compressor in _compressors(kind, run):
            if run.late():
                return _Tiers(kind)
            if lossy is None and run.lossy:
                lossy = _lossy(compressor, text, hints, run)
                if lossy is not None and units is not None and any(gap.unit not in units for gap in lossy.gaps):
                    lossy = None
                if lossy is not None and _unrivalled(lossy, text, run):
                    return _Tiers(kind, _repeats_once(text, kind, hints, run, below=_size(lossy)), lossy)
            if lossless is None:
                lossless = _lossless(compressor, text, hints, run)
        if lossless is not None or lossy is not None:
            if lossless is None or kind in _EVERY_LINE_STAYS:
                below = len(text) if lossless is None else len(lossless.text)
                lossless = _repeats_once(text, kind, hints, run, below=below) or lossless
            return _Tiers(kind, lossless, lossy)
        if kind == "code":  # read as a document or as settings it would be cut, or re-encoded, at its remarks
            break
    if as_lines and not set(kinds) & _READ_CLOSELY:
        legend = units is None and _WITHOUT_LEGEND.issuperset(kinds)
        if (lines := _as_lines(text, hints, run, legend=legend)) is not None:
            return lines
    kind = kinds[0] if kinds else ""
    return _Tiers(kind, _repeats_once(text, kind, hints, run, below=len(text)))


def _repeats_once(text: str, kind: str, hints: Hints, run: _Run, *, below: int) -> Rendition | None:
    """Runs of equal lines or blocks with a count, and nothing else changed, where that takes fewer characters than ``below``."""
    different = set(lines_of(text))
    # Each of them stays at least once, which is soon seen to be too much.
    most = min(below, _SAID_ONCE * len(text))
    if run.late() or sum(map(len, different)) + len(different) > most:
        return None
    found = _lossless(_REPEATED_LINES, text, hints, run)
    return replace(found, kind=kind or found.kind) if found is not None and len(found.text) < most else None


def _as_lines(text: str, hints: Hints, run: _Run, *, legend: bool) -> _Tiers | None:
    """Treat a text that no kind takes as lines that repeat a few patterns, whatever they are: part of a file, progress."""
    if run.late():
        return None
    lossy: Rendition | None = None
    if run.lossy and text.count("\n") >= _MIN_LINES:
        (log,) = compressors("log")
        if (found := _lossy(log, text, hints, run)) is not None:
            lossy = replace(found, kind="lines", transform="lines:templates")
    if lossy is not None and _unrivalled(lossy, text, run):
        return _Tiers("lines", _repeats_once(text, "lines", hints, run, below=_size(lossy)), lossy)
    lossless = _lossless(_ANY_LINES, text, hints, run) if legend else None
    if lossless is None:
        lossless = _repeats_once(text, "lines", hints, run, below=len(text))
    return _Tiers("lines", lossless, lossy) if lossless or lossy else None


def _pays(lossy: Rendition, rival: int, after: int, policy: Policy) -> bool:
    prior = prior_of(lossy.kind, lossy.transform)
    return allow_lossy(lossy.kind, rival, after, context=policy.context, calls=policy.calls, prior=prior)


def _unrivalled(lossy: Rendition, text: str, run: _Run) -> bool:
    """Whether the risk of this loss would pay even against a good re-encoding of the text."""
    size = _size(lossy)
    likely = _LIKELY_LOSSLESS.get(lossy.kind, 0.0) * len(text)
    return size <= _UNRIVALLED * likely and _pays(
        lossy, round(likely * run.density), round(size * run.density), run.policy
    )


def _size(rendition: Rendition) -> int:
    return sum(len(piece) if isinstance(piece, str) else len(piece.note) + _MARKER_CHARS for piece in rendition.pieces)


def _compressors(kind: str, run: _Run) -> tuple[Compressor, ...]:
    if kind == "prose":
        return (run.prose,)
    if kind == "code":
        return (Code(skeleton=run.policy.code_aware),)
    return compressors(kind)


def _encoded(compressor: Compressor, text: str, hints: Hints, run: _Run) -> Rendition | None:
    if run.encoded is None or run.encoded[0] is not compressor or run.encoded[1] is not text:
        run.encoded = (compressor, text, compressor.lossless(text, hints))
    return run.encoded[2]


def _lossless(compressor: Compressor, text: str, hints: Hints, run: _Run) -> Rendition | None:
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


def _lossy(compressor: Compressor, text: str, hints: Hints, run: _Run) -> Rendition | None:
    try:
        found = compressor.lossy(text, hints)
        if found is None:
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
