"""Texts of several parts: each is treated by itself, and the results are put together as one text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeGuard

from headroom.compress import json_cut, json_open, segments
from headroom.compress.detect import detect
from headroom.compress.envelope import CARRIED, NOTE, Opened
from headroom.compress.framing import Frame
from headroom.compress.holes import Part
from headroom.compress.json_cut import Cut
from headroom.compress.json_decode import without_marks
from headroom.compress.margins import Bare, without_colours, without_margin, without_times
from headroom.compress.query import Relevance
from headroom.compress.registry import compressors
from headroom.compress.rendition import Gap, Hints, Rendition
from headroom.compress.row_places import gaps_in_source
from headroom.compress.stamp_starts import ended
from headroom.compress.tiers import Run, Tiers, try_kinds

_LINES = frozenset({"lines"})
_LONG_REST = 2_000
"""Characters behind JSON that was cut off, such as what follows a hole in it, that are worth a look."""

_FAR_SHORTER = 0.7
"""A text with a loss that takes less than this share has no rival in a re-encoding of all, colours or times included."""
_LEAST_PART = 300
"""Characters of a part that are worth a look."""

type TiersOf = Callable[[str, Hints, Run], Tiers]


def framed_tiers(framed: Frame, tiers: Tiers) -> Tiers:
    """Put the words back; gaps count from the start of the text. Rows need no shift: those of the data are meant."""
    lossless, lossy = tiers.lossless, tiers.lossy
    if lossless is not None:
        core = _apart(_ended_like(framed.core, lossless.text), framed.tail) if framed.tail else lossless.text
        lossless = replace(lossless, pieces=(framed.head + core + framed.tail,))
    if lossy is not None:
        shifts = {"lines": framed.head.count("\n"), "chars": len(framed.head)}
        parts = [_moved(piece, shifts) for piece in lossy.pieces]
        if isinstance(parts[-1], str) and not parts[-1].endswith("\n") and framed.tail:
            parts.append("\n")
        end = ended("".join(filter(_is_text, parts))) if framed.tail.strip() else ""
        lossy = replace(lossy, pieces=tuple(part for part in (framed.head, *parts, end, framed.tail) if part))
    return Tiers(tiers.kind, lossless, lossy)


def opened_tiers(opened: Opened, hints: Hints, run: Run, tiers_of: TiersOf) -> Tiers:
    """Treat texts that JSON carries, each as what it is; gaps count from the start of the text that spells them out."""
    parts = [Part(piece.text, not piece.carried) for piece in opened.pieces]
    found = parted_tiers(parts, hints, run, tiers_of) or Tiers("json")
    plain = Rendition((opened.text,), found.kind, f"{found.kind}:spelled-out", lossless=True)
    return Tiers(
        found.kind,
        _carried(found.lossless or plain),
        _carried(found.lossy) if found.lossy is not None else None,
    )


def _carried(rendition: Rendition) -> Rendition:
    first, *rest = rendition.pieces
    top = (f"{NOTE}\n{first}",) if isinstance(first, str) else (f"{NOTE}\n", first)
    return replace(rendition, pieces=(*top, *rest), transform=f"{rendition.transform}{CARRIED}")


def bared_tiers(text: str, hints: Hints, run: Run, again: TiersOf, plain: TiersOf) -> Tiers | None:
    """Treat a text without what stands before each of its lines, and without colours; None where there is nothing such.

    ``again`` treats what is bare, ``plain`` the text as it is.
    """
    if (same := without_margin(text)) is not None and same.restore() == text:
        tiers = again(same.text, hints, run)
        found = tiers.lossless or Rendition((same.text,), tiers.kind or "lines", "lines:bare", lossless=True)
        lossless = replace(found, pieces=(f"{same.note}\n{found.text}",))
        pieces = _in_source(same, tiers.lossy)
        lossy = replace(tiers.lossy, pieces=(f"{same.note}\n", *pieces)) if tiers.lossy and pieces else None
        return Tiers(found.kind, lossless, lossy)
    if not run.lossy:
        return None
    colours = without_colours(text)
    parts = (colours,) if colours is not None else without_times(text, hints.query)
    if parts is None or not Relevance.from_hints(hints).specific:
        return None
    lossy = _without(parts, hints, run, again)
    if sum(len(piece) for piece in lossy.pieces if isinstance(piece, str)) < _FAR_SHORTER * len(text):
        return Tiers(lossy.kind, None, lossy)
    whole = plain(text, hints, run)
    return Tiers(lossy.kind, whole.lossless, lossy)


def _without(parts: Sequence[Bare], hints: Hints, run: Run, tiers_of: TiersOf) -> Rendition:
    """A text in parts without what stood before their lines, each as short as it gets."""
    sources = [f"{part.note}\n{part.text}" for part in parts]
    lossless = list(sources)
    lossy: list[tuple[str | Gap, ...]] = []
    sizes: Counter[str] = Counter()
    for row, part in enumerate(parts):
        tiers = tiers_of(part.text, hints, run) if len(part.text) >= _LEAST_PART else Tiers()
        if tiers.lossless is not None and len(tiers.lossless.text) < len(part.text):
            lossless[row] = f"{part.note}\n{_ended_like(part.text, tiers.lossless.text)}"
        pieces = _in_source(part, tiers.lossy)
        shifts = {"lines": part.first_line - 1}
        lossy.append((f"{part.note}\n", *(_moved(piece, shifts) for piece in pieces)) if pieces else ())
        sizes[tiers.kind or "lines"] += len(part.text)
    kind = max(sizes, key=lambda kind: sizes[kind])
    tiers = _together(sources, lossless, lossy, kind, f"{kind}:bare")
    shown = tiers.lossless.text if tiers.lossless is not None else "".join(sources)
    return tiers.lossy or Rendition((shown,), kind, f"{kind}:bare", lossless=False)


def _in_source(bare: Bare, lossy: Rendition | None) -> list[str | Gap]:
    """Its pieces, when all gaps can be told in the source: in lines, or in characters of its only line; else none."""
    text = bare.text
    pieces = gaps_in_source(text, lossy.pieces) if lossy is not None else None
    if pieces is None:
        return []
    if any(isinstance(piece, Gap) and piece.unit != "lines" for piece in pieces):
        if "\n" in text[:-1] or bare.first_line > 1 or not bare.width:
            return []
        pieces = [_moved(piece, {"chars": bare.width}) for piece in pieces]
    if isinstance(pieces[-1], str) and text.endswith("\n") and not pieces[-1].endswith("\n"):
        pieces.append("\n")
    return pieces


def cut_tiers(cut: Cut, hints: Hints, run: Run, tiers_of: TiersOf, above: str = "") -> Tiers | None:
    """Treat JSON of which a part is missing as what is there, closed, and what follows that; None where nothing is gained.

    ``above`` is what will stand above it: no mark may mean two things.
    """
    tiers = try_kinds(cut.core, ("json",), hints, run, as_lines=False)
    pieces = gaps_in_source(cut.core, tiers.lossy.pieces) if tiers.lossy is not None else None
    if pieces is None and tiers.lossy is not None:
        tiers = try_kinds(cut.core, ("json",), hints, replace(run, lossy=False), as_lines=False)
    if tiers.lossless is None and pieces is None:
        return None
    shown = [_in_part(_moved(piece, cut.shifts()), cut.ends()) for piece in pieces or ()]
    rest = Tiers()
    if not cut.front:  # looked for once, as each look reads all that is left
        taken = "\n".join([tiers.lossless.text if tiers.lossless else "", *filter(_is_text, shown)])
        rest = _rest_tiers(cut.rest, hints, run, tiers_of, taken)
    if pieces is None and rest.lossy is not None and tiers.lossless is not None:
        shown = [f"{tiers.lossless.text}\n"]  # what is asked for is behind the hole
    model = tiers.lossy or rest.lossy
    lossy = replace(model, pieces=_cut_pieces(cut, shown, rest)) if shown and model is not None else None
    return Tiers("json", _cut_lossless(cut, tiers.lossless, rest.lossless, above), lossy)


def _cut_lossless(cut: Cut, found: Rendition | None, rest: Rendition | None, above: str) -> Rendition | None:
    """The encoded JSON with what stands around it; None where marks would mean two things, or nothing was encoded."""
    if found is None:
        return None
    if segments.share_marks(above, found.text):
        spelled = without_marks(found.text)
        if not _stands_for(spelled, cut.core):
            return None
        found = replace(found, pieces=(spelled,))
    joined = json_cut.join(found.text, cut, _behind(found.text, cut.rest, rest))
    return replace(found, pieces=(joined,)) if json_cut.part(joined, cut)[0] == found.text else None


def _cut_pieces(cut: Cut, shown: list[str | Gap], rest: Tiers) -> tuple[str | Gap, ...]:
    """What is shown of the JSON, with what stands around it."""
    if isinstance(shown[-1], str) and not shown[-1].endswith("\n"):
        shown = [*shown, "\n"]
    words = "".join(filter(_is_text, shown))
    last = [_moved(piece, cut.ends()) for piece in rest.lossy.pieces] if rest.lossy is not None else []
    if not last or segments.share_marks(words, "".join(filter(_is_text, last))):
        last = [_behind(words, cut.rest, rest.lossless)]
    opening = (cut.opening,) if cut.opening else ()
    note = (f"{cut.note}\n",) if cut.note else ()
    return (*opening, *shown, *note, *last)


def _stands_for(encoded: str, core: str) -> bool:
    for compressor in compressors("json"):
        with suppress(ValueError):
            if compressor.decode(encoded) == core:
                return True
    return False


def _behind(above: str, source: str, encoded: Rendition | None) -> str:
    """What stands below the JSON: an encoding whose marks mean nothing else above, or its source."""
    if encoded is None or segments.share_marks(above, encoded.text):
        return source
    return encoded.text


def _rest_tiers(rest: str, hints: Hints, run: Run, tiers_of: TiersOf, above: str) -> Tiers:
    """Treat what follows JSON that was cut off: often a hole, and the end of the same."""
    again = json_open.open_front(rest) or json_cut.reopen(rest)
    if again is not None and (tiers := cut_tiers(again, hints, run, tiers_of, above)) is not None:
        return tiers
    if len(rest) < _LONG_REST:
        return Tiers()
    # What it is can't be told well from its middle: nothing of it is left out.
    return tiers_of(rest, hints, replace(run, lossy=False))


def parted_tiers(parts: Sequence[Part], hints: Hints, run: Run, tiers_of: TiersOf) -> Tiers | None:
    """Treat each part between notices of what a tool left out; None where nothing is gained."""
    sources = [part.text for part in parts]
    lossless = list(sources)
    lossy: list[tuple[str | Gap, ...]] = []
    sizes: Counter[str] = Counter()
    transforms: set[str] = set()
    cut: set[str] = set()
    shifts = {"lines": 0, "chars": 0}
    for row, part in enumerate(parts):
        tiers = Tiers() if part.notice or len(part.text) < _LEAST_PART else tiers_of(part.text, hints, run)
        if tiers.lossless is not None and len(tiers.lossless.text) < len(part.text):
            lossless[row] = _ended_like(part.text, tiers.lossless.text)
        pieces = gaps_in_source(part.text, tiers.lossy.pieces) if tiers.lossy is not None else None
        lossy.append((*(_moved(piece, shifts) for piece in pieces),) if pieces is not None else ())
        if (best := tiers.lossy if pieces is not None else tiers.lossless) is not None:
            sizes[tiers.kind] += len(part.text)
            transforms.add(best.transform)
        if tiers.lossy is not None and pieces is not None:
            cut.add(tiers.lossy.transform)
        shifts = {"lines": shifts["lines"] + part.text.count("\n"), "chars": shifts["chars"] + len(part.text)}
    if not sizes:
        return None
    kind = max(sizes, key=lambda kind: sizes[kind])
    found = _together(sources, lossless, lossy, kind, transforms.pop() if len(transforms) == 1 else f"{kind}:parts")
    if found.lossy is None or len(cut) != 1:
        return found
    # Where parts of one sort only are cut, the risk is theirs, whatever else is there.
    return replace(found, lossy=replace(found.lossy, transform=cut.pop()))


def _ended_like(source: str, text: str) -> str:
    return f"{text}\n" if source.endswith("\n") and not text.endswith("\n") else text


def mixed_tiers(parts: tuple[segments.Segment, ...], hints: Hints, run: Run) -> Tiers:
    """Treat each segment by itself; what no compressor takes, and what marks would not be clear in, stays as it is."""
    bare = replace(hints, path=None, command=None, mime=None)
    sources = [part.text for part in parts]
    lossless = list(sources)
    lossy: list[tuple[str | Gap, ...]] = []
    for row, part in enumerate(parts):
        tiers = try_kinds(part.text, detect(part.text, bare).kinds, hints, run, units=_LINES)
        if tiers.lossless and len(tiers.lossless.text) < len(part.text):
            lossless[row] = _ended_like(part.text, tiers.lossless.text)
        shifts = {"lines": part.first_line - 1}
        lossy.append(tuple(_moved(piece, shifts) for piece in tiers.lossy.pieces) if tiers.lossy else ())
    return _together(sources, lossless, lossy, "mixed", "mixed:segments")


def _together(
    sources: list[str], lossless: list[str], lossy: list[tuple[str | Gap, ...]], kind: str, transform: str
) -> Tiers:
    clear = segments.clear_of_marks(lossless, sources)
    shorter = any(text is not source for text, source in zip(clear, sources, strict=True))
    words = ["".join(filter(_is_text, pieces)) or text for pieces, text in zip(lossy, clear, strict=True)]
    told = segments.clear_of_marks(words, sources)
    shown = [cut if cut and text is word else (text,) for cut, word, text in zip(lossy, words, told, strict=True)]
    clear = [*(_apart(text, "".join(clear[row:])) for row, text in enumerate(clear[:-1], 1)), *clear[-1:]]
    ends = [ended(text) if (text := "".join(filter(_is_text, part))).endswith("\n") else "" for part in shown[:-1]]
    shown = [(*part, end) if end else part for part, end in zip(shown, [*ends, ""], strict=True)]
    pieces = [piece for part in segments.legends_first(shown) for piece in part]
    whole = "".join(
        piece for part in segments.legends_first([(text,) for text in clear]) for piece in filter(_is_text, part)
    )
    return Tiers(
        kind,
        Rendition((whole,), kind, transform, lossless=True) if shorter else None,
        Rendition(tuple(pieces), kind, transform, lossless=False) if any(isinstance(p, Gap) for p in pieces) else None,
    )


def _apart(shown: str, below: str) -> str:
    """A text that stands above another, which its own notes do not speak of."""
    return shown + ended(shown) if below.strip() and shown.endswith("\n") else shown


def _is_text(piece: str | Gap) -> TypeGuard[str]:
    return isinstance(piece, str)


def _in_part(piece: str | Gap, ends: Mapping[str, int]) -> str | Gap:
    """A gap without what was put before and behind a part of JSON to make it whole."""
    if isinstance(piece, str) or piece.unit not in ends:
        return piece
    most = ends[piece.unit] + (piece.unit == "lines")
    return replace(piece, first=max(1, piece.first), last=max(1, min(piece.last, most)))


def _moved(piece: str | Gap, shifts: Mapping[str, int]) -> str | Gap:
    if isinstance(piece, str):
        return piece
    by = shifts.get(piece.unit, 0)
    return replace(piece, first=piece.first + by, last=piece.last + by)
