"""From an output to its renditions: what tools put around it is taken off layer by layer, and what is inside treated as its kind.

The layers, outermost first: words of a tool or a margin before each line, line numbers, words around data, an end that
is cut off, several outputs in one. Each hands on what is inside it and puts back what it took off.
"""

from __future__ import annotations

from dataclasses import replace

from headroom.compress import holes, json_cut, json_open, segments
from headroom.compress.assembly import bared_tiers, cut_tiers, framed_tiers, mixed_tiers, parted_tiers
from headroom.compress.detect import Guess, detect, likeliest
from headroom.compress.framing import Frame, frame
from headroom.compress.numbered import Numbered, unnumber, words_above
from headroom.compress.rendition import Hints, Rendition
from headroom.compress.tiers import Run, Tiers, try_kinds
from headroom.compress.tool_words import said_around

_FRAMED = frozenset({"json", "table"})
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


def unwrapped_tiers(text: str, hints: Hints, run: Run, depth: int = 0) -> Tiers:
    """Treat an output apart from what its tool says around it, and from what stands before all of its lines.

    ``depth`` counts the layers that were taken off to come to this text.
    """
    if depth == _MOST_SAID:
        return _all_tiers(text, hints, run)

    def inner(text: str, hints: Hints, run: Run) -> Tiers:
        return unwrapped_tiers(text, hints, run, depth + 1)

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
