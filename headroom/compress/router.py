"""From a block of text to the text that is sent: detect, re-encode without loss, leave out what can be fetched, verify."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from headroom.compress import holes, json_cut, json_open, law, segments
from headroom.compress.absent import not_there
from headroom.compress.assembly import bared_tiers, cut_tiers, framed_tiers, mixed_tiers, opened_tiers, parted_tiers
from headroom.compress.detect import Guess, detect, likeliest
from headroom.compress.encoded import is_encoded
from headroom.compress.envelope import open_strings
from headroom.compress.framing import Frame, frame
from headroom.compress.legends import to_end
from headroom.compress.numbered import Numbered, unnumber, words_above
from headroom.compress.once import remembering
from headroom.compress.prose import Prose, ProseScorer
from headroom.compress.rendition import CountTokens, Gap, Hints, Rendition
from headroom.compress.tiers import Policy, Run, Tiers, pays, try_kinds
from headroom.compress.tool_words import said_around

POLICY_ID = "2026.11.24.2"
"""Changes with any algorithm or threshold; part of every ledger key, so that old renditions replay unchanged."""

MARGIN_SHARE = 0.05
MARGIN_TOKENS = 32
"""A rendition must save the larger of the two, or the source goes out."""
_CLOSE = (0.85, 1.05)
"""Shares of its source's tokens between which a re-encoding is counted once more, closely."""
MAX_CHARS = 16_000_000
"""A larger block goes out as it is: no time for it."""
_FRAMED = frozenset({"json", "table"})
_OF_FOLDERS = frozenset({"search", "listing", "counts"})
"""Kinds that a line of words in front or behind makes unreadable."""
_UNKNOWN = frozenset({"", "lines"})
_FRAMED_SHARE = 0.75
"""Data that takes more than this share of its text when re-encoded may not be what the text is made of."""
_MOST_SAID = 3
"""So many layers of words around an output are looked through."""
_HEADED = frozenset({"tests", "markdown", "diff", "code", "prose", "html"})
"""Kinds with headings of their own."""
_LEAST_SECTION = 300
_UNSURE = 0.72
"""Below this confidence a text is tried as a mix of kinds."""


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


def compress(
    text: str,
    hints: Hints,
    policy: Policy,
    count: CountTokens,
    *,
    render: Callable[[Gap], str],
    recount: CountTokens | None = None,
    trailer: str = "",
    prose: ProseScorer | None = None,
    deadline: Callable[[], bool] | None = None,
) -> Outcome:
    """Shorten one block of text, or say why not. Never raises on text; deterministic but for ``deadline``.

    ``render`` words a gap as one line, its indentation included, ``trailer`` ends a lossy text. ``deadline`` returns True
    once time is up: then the source goes out. ``recount`` counts closer than ``count``, for a re-encoding that gains little
    or nothing.
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
    run = Run(
        policy,
        Prose(prose, policy.target_ratio),
        deadline,
        lossy=policy.lossy
        and policy.protect == "none"
        and before >= min(policy.min_tokens_sure, policy.min_tokens_lossy),
        density=before / len(text),
        sure=before < policy.min_tokens_lossy,
    )
    try:
        if is_encoded(text, hints):
            return _left(before, "no_gain")
        opened = open_strings(text)
        with remembering():
            tiers = opened_tiers(opened, hints, run, _said_tiers) if opened else _said_tiers(text, hints, run)
    except Exception as error:  # the detector or the glue: our bug costs the saving, never the turn
        return _left(before, f"error:{type(error).__name__}")
    if run.late():
        return _left(before, "deadline")
    source = text if opened is None else opened.text
    return _choose(text, source, hints, tiers, before, run, count, recount or count, render, trailer)


def _left(before: int, why: str, kind: str = "") -> Outcome:
    return Outcome(None, kind, "", lossless=True, gaps=(), tokens_before=before, tokens_after=before, why=why)


def _choose(
    text: str,
    source: str,
    hints: Hints,
    tiers: Tiers,
    before: int,
    run: Run,
    count: CountTokens,
    recount: CountTokens,
    render: Callable[[Gap], str],
    trailer: str,
) -> Outcome:
    """Take the smallest text that gains enough: lossy if its risk pays, else lossless, else the source.

    ``source`` is the text as it was read: with its long strings spelled out, where it is JSON that carries such.
    """
    enough = _enough(before)
    best: Outcome | None = None
    if tiers.lossless is not None:
        encoded = _with_notes_below(tiers.lossless.text, tiers.lossless.kind)
        after = count(encoded)
        if _CLOSE[0] < after / before < _CLOSE[1]:
            before, after = recount(text), recount(encoded)
            enough = _enough(before)
        if after < enough and encoded.strip():
            best = Outcome(encoded, tiers.lossless.kind, tiers.lossless.transform, True, (), before, after, "")
    if tiers.lossy is not None and not run.late():
        shown = not_there(hints, source) + _render(
            law.escape_source(source, tiers.lossy.pieces), tiers.lossy.kind, render, trailer
        )
        after = count(shown)
        rival = best.tokens_after if best else before
        if after < enough and shown.strip() and pays(tiers.lossy, rival, after, run.policy):
            lossy = tiers.lossy
            return Outcome(shown, lossy.kind, lossy.transform, False, lossy.gaps, before, after, "")
    if best is not None:
        return best
    why = run.why[0] if run.why else ("no_gain" if tiers.kind else "unknown_kind")
    return _left(before, why, tiers.kind)


def _enough(before: int) -> float:
    return before - max(MARGIN_TOKENS, MARGIN_SHARE * before)


def _render(pieces: Iterable[str | Gap], kind: str, render: Callable[[Gap], str], trailer: str) -> str:
    out: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            out.append(piece)
            continue
        if out and not out[-1].endswith("\n"):
            out.append("\n")
        out.append(f"{render(piece)}\n")
    text = _with_notes_below("".join(out), kind)
    if not trailer:
        return text
    return f"{text}{'' if text.endswith('\n') else '\n'}{trailer}"


def _with_notes_below(text: str, kind: str) -> str:
    """Move a legend to the end of a long text, but for folders, which stand above what they hold."""
    return text if kind in _OF_FOLDERS else to_end(text)


def _said_tiers(text: str, hints: Hints, run: Run, depth: int = 0) -> Tiers:
    """Treat an output apart from what its tool says around it, and from what stands before all of its lines."""
    if depth == _MOST_SAID:
        return _all_tiers(text, hints, run)

    def inner(text: str, hints: Hints, run: Run) -> Tiers:
        return _said_tiers(text, hints, run, depth + 1)

    if (framed := said_around(text)) is not None:
        return framed_tiers(framed, inner(framed.core, hints, run))
    return bared_tiers(text, hints, run, inner, _all_tiers) or _all_tiers(text, hints, run)


def _all_tiers(text: str, hints: Hints, run: Run) -> Tiers:
    """Treat a text as a whole; where it is of no known kind so, part it where its tool says that something is missing."""
    whole = _numbered_tiers(text, hints, run)
    gains = whole.lossless is not None or whole.lossy is not None
    if (gains and whole.kind not in _UNKNOWN) or (parts := holes.split(text)) is None:
        return whole
    found = parted_tiers(parts, hints, run, _numbered_tiers)
    if found is None or (found.lossy is None and whole.lossy is not None):
        return whole
    if found.lossless is None or (whole.lossless is not None and len(whole.lossless.text) <= len(found.lossless.text)):
        return replace(found, lossless=whole.lossless)
    return found


def _numbered_tiers(text: str, hints: Hints, run: Run) -> Tiers:
    """Treat a text without its margin of line numbers, and say that they were left out."""
    numbered = unnumber(text)
    if numbered is None:
        above = words_above(text)
        if above is None:
            return _tiers_of(text, hints, run)
        framed = Frame(text[:above], text[above:], "")
        return framed_tiers(framed, _numbered_tiers(framed.core, hints, run))
    tiers = _tiers_of(numbered.bare, hints, run)
    bare = tiers.lossless.text if tiers.lossless else numbered.bare
    return Tiers(
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


def _tiers_of(text: str, hints: Hints, run: Run) -> Tiers:
    """Treat data apart from the words that its tool puts around it; any text, where there are none."""
    framed = frame(text)
    if framed is None:
        return _bare_tiers(text, hints, run)
    if framed.any_kind:
        return framed_tiers(framed, _bare_tiers(framed.core, hints, run))
    if likeliest(framed.core, hints, _FRAMED) < _UNSURE:
        return _bare_tiers(text, hints, run)
    bare: Tiers | None = None
    if likeliest(text, hints, _FRAMED) >= _UNSURE:
        # Data with its words is data still, such as a drawn table with a count of its rows.
        bare = _bare_tiers(text, hints, run)
        if bare.kind in _FRAMED and (bare.lossy is not None or (bare.lossless is not None and not run.lossy)):
            return bare
        if bare.lossless is not None and bare.lossless.transform == "table:cells":
            return bare  # its titles stand in what looked like words
    guess = detect(framed.core, hints)
    if guess.kinds and guess.kinds[0] in _FRAMED and guess.confidence >= _UNSURE:
        tiers = framed_tiers(framed, try_kinds(framed.core, guess.kinds[:1], hints, run, as_lines=False))
        lossless = tiers.lossless
        if tiers.lossy is not None or (lossless is not None and len(lossless.text) < _FRAMED_SHARE * len(text)):
            return tiers
        bare = bare or _bare_tiers(text, hints, run)
        better = lossless is not None and (bare.lossless is None or len(lossless.text) < len(bare.lossless.text))
        return tiers if better and bare.lossy is None else bare
    return bare or _bare_tiers(text, hints, run)


def _bare_tiers(text: str, hints: Hints, run: Run) -> Tiers:
    cut = json_cut.mend(text) or json_open.open_front(text)
    if cut is not None and (tiers := cut_tiers(cut, hints, run, _whole_tiers)) is not None:
        return tiers
    return _whole_tiers(text, hints, run)


def _whole_tiers(text: str, hints: Hints, run: Run) -> Tiers:
    guess = detect(text, hints)
    if (several := _several_tiers(text, guess, hints, run)) is not None:
        return several
    if guess.confidence < _UNSURE or ("<" in text and " <==\n" in text and "==> " in text):
        parts = segments.cut(text)
        if len({part.kind for part in parts}) > 1:
            return mixed_tiers(parts, hints, run)
    return try_kinds(text, guess.kinds, hints, run)


def _several_tiers(text: str, guess: Guess, hints: Hints, run: Run) -> Tiers | None:
    """Treat the outputs of several commands each as what it is, where they have headings and are not of one kind."""
    bare = replace(hints, path=None, command=None, mime=None)
    if guess.kinds[:1] == ("build",) and (listed := segments.before_paths(text)) is not None:
        return parted_tiers(listed, bare, run, _all_tiers)
    if (guess.kinds and guess.kinds[0] in _HEADED) or (parts := segments.sections(text)) is None:
        return None
    kinds = {
        detect(part.text, bare).kinds[:1] for part in parts if not part.notice and len(part.text) >= _LEAST_SECTION
    }
    if len(kinds) == 0 or kinds == {guess.kinds[:1]}:
        return None
    return parted_tiers(parts, bare, run, _all_tiers)


__all__: Final = ["MARGIN_SHARE", "MARGIN_TOKENS", "MAX_CHARS", "POLICY_ID", "Outcome", "Policy", "compress"]
