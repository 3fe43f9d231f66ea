"""From a block of text to the text that is sent: its renditions counted, and the smallest taken that gains enough.

What no rendition gains on, and what fails or runs late, goes out as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from headroom.compress import law
from headroom.compress.absent import not_there
from headroom.compress.assembly import opened_tiers
from headroom.compress.encoded import is_encoded
from headroom.compress.envelope import open_strings
from headroom.compress.legends import to_end
from headroom.compress.once import remembering
from headroom.compress.prose import Prose, ProseScorer
from headroom.compress.rendition import CountTokens, Gap, Hints
from headroom.compress.tiers import Policy, Run, Tiers, pays
from headroom.compress.unwrapping import unwrapped_tiers

POLICY_ID = "2026.11.24.4"
"""Changes with any algorithm or threshold; part of every ledger key, so that old renditions replay unchanged."""

MARGIN_SHARE = 0.05
MARGIN_TOKENS = 32
"""A rendition must save the larger of the two, or the source goes out."""
_CLOSE = (0.85, 1.05)
"""Shares of its source's tokens between which a re-encoding is counted once more, closely."""
MAX_CHARS = 16_000_000
"""A larger block goes out as it is: no time for it."""
_OF_FOLDERS = frozenset({"search", "listing", "counts"})
"""Kinds whose legend names folders: it stands above the paths that go on from them."""


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
            tiers = opened_tiers(opened, hints, run, unwrapped_tiers) if opened else unwrapped_tiers(text, hints, run)
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
    """Move a legend to the end of a long text, but for one of folders."""
    return text if kind in _OF_FOLDERS else to_end(text)


__all__: Final = ["MARGIN_SHARE", "MARGIN_TOKENS", "MAX_CHARS", "POLICY_ID", "Outcome", "Policy", "compress"]
