"""The steps without loss that any line-oriented text can take: repeated blocks once, a legend for what comes often.

Kinds with a layout of their own take these steps after it. Everything here assumes escaped lines (`folding.escape`),
so a line that starts with the sigil is ours.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import chain, islice, pairwise

from headroom.compress import legends, phrase_search, phrases
from headroom.compress.folding import (
    BLOCKS,
    SIGIL,
    fold_repeats,
    has_sigil,
    last_state,
    number_blocks,
    same_but_for_notes,
    unescape,
    unfold_repeats,
    unnumber_blocks,
)
from headroom.compress.rendition import Hints, Rendition

_TEXT_FOLLOWS = f"{SIGIL}text:]"
"""Parts the summary lines from a text whose own first line starts with the sigil."""


def pack(
    lines: list[str],
    head: Sequence[str] = (),
    *,
    always: bool = False,
    margin: bool = True,
    apart: re.Pattern[str] | None = None,
) -> str | None:
    """Write escaped ``lines`` shorter, with the summary lines ``head``, or None where neither step spares anything.

    The legend comes first, then ``head`` as it is, then the text. With ``always`` there is always a result. With
    ``margin`` False the first character of each line counts: it stays, and so does every line.
    No mark spans what ``apart`` finds.
    """
    legend, body, changed = _steps(lines, margin=margin, apart=apart)
    return "\n".join([*legend, *_above(head, body), body]) if changed or always else None


def pack_lines(
    lines: list[str], head: Sequence[str] = (), *, margin: bool = True, apart: re.Pattern[str] | None = None
) -> list[str]:
    """Do the same for lines that stay lines; as they are, below ``head``, where nothing is spared."""
    legend, body, changed = _steps(lines, margin=margin, quick=True, apart=apart)
    return [*legend, *head, *(body.split("\n") if changed else lines)]


def join(lines: Sequence[str], head: Sequence[str] = ()) -> str:
    """Write escaped ``lines`` below the summary lines as they are; `unpack` reads that, too."""
    body = "\n".join(lines)
    return "\n".join([*_above(head, body), body])


def told_above(encoded: str, head: Sequence[str]) -> str:
    """Put further summary lines into what `pack` or `join` made, below its legend."""
    legend, body = legends.split(encoded)
    return "\n".join([*legend, *head, body])


def unpack(encoded: str) -> tuple[list[str], list[str]]:
    """Invert `pack` and `join`: return the summary lines and the escaped lines."""
    head, body = _spelled_out(encoded)
    return head, _unfolded(body) if has_sigil(body) else body.split("\n")


def _spelled_out(encoded: str) -> tuple[list[str], str]:
    """The summary lines, and the text below them without its legend."""
    legend, body = legends.split(encoded)
    head: list[str] = []
    while body.startswith(SIGIL):
        line, newline, rest = body.partition("\n")
        if not newline:
            break
        body = rest
        if line == _TEXT_FOLLOWS:
            break
        head.append(line)
    return head, legends.decode(legend, body)


def _unfolded(body: str) -> list[str]:
    lines = body.split("\n")
    if BLOCKS in body:
        lines = unnumber_blocks(lines)
    return unfold_repeats(lines) if f"{SIGIL}the " in body else lines


class LineCompressor(ABC):
    """What the compressors of line-oriented kinds share: the lossless tier from an ``encode`` and its ``decode``."""

    kind: str
    layout: str
    """Name of what ``encode`` does, for the transform's name."""

    @abstractmethod
    def encode(self, text: str) -> str | None:
        """Return a shorter text that ``decode`` maps back, or None. The source's own sigils are escaped."""

    def encode_for(self, text: str, hints: Hints) -> str | None:
        """Return what ``encode`` does, where the question makes a difference."""
        del hints
        return self.encode(text)

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``."""
        body = _spelled_out(encoded)[1]
        return unescape("\n".join(_unfolded(body)) if has_sigil(body) else body)

    def lossless(self, text: str, hints: Hints) -> Rendition | None:
        """Re-encode without loss, or None; also None for a text that is itself such an encoding."""
        if self._is_encoded(text, hints):
            return None
        encoded = self.encode_for(text, hints)
        if encoded is None:
            return None
        return Rendition((encoded,), self.kind, f"{self.kind}:{self.layout}", lossless=True)

    def explains(self, text: str, lines: list[str]) -> bool:
        """Whether each line is the last state of a progress line of the source."""
        known = {last_state(line) for line in text.split("\n") if "\r" in line}
        return all(line in known or unescape(line) in known for line in lines)

    def _is_encoded(self, text: str, hints: Hints) -> bool:
        """Whether the whole text is what ``encode`` makes of some source; a forged line does not pass."""
        if not has_sigil(text) or not (text.startswith(SIGIL) or f"\n{SIGIL}" in text):
            return False
        try:
            encoded = self.encode_for(self.decode(text), hints)
        except (ValueError, KeyError, IndexError):
            return False
        return encoded is not None and same_but_for_notes(encoded, text)


def _steps(
    lines: list[str], *, margin: bool, quick: bool = False, apart: re.Pattern[str] | None = None
) -> tuple[list[str], str, bool]:
    folded = lines
    if margin:
        folded = fold_repeats(lines) or lines
        folded = number_blocks(folded) or folded
    text = "\n".join(folded)
    found = [match.span() for match in apart.finditer(text)] if apart is not None else []
    if found:
        legend, body = _with_legend_apart(text, found, margin=margin, quick=quick)
    else:
        legend, body = phrases.encode(text, margin=margin, quick=quick)
    return legend, body, bool(legend) or folded is not lines


def _with_legend_apart(
    text: str, found: Sequence[tuple[int, int]], *, margin: bool, quick: bool
) -> tuple[list[str], str]:
    """Give a text a legend, and let no phrase hold what stands at the places ``found``."""
    edges = [0, *chain.from_iterable(found), len(text)]
    parts = [text[start:end] for start, end in pairwise(edges)]
    between = parts[::2]
    legend, body = phrases.encode("\n".join(between), margin=margin, quick=quick)
    # No phrase holds a line's end, so as many come back.
    rest = iter(body.split("\n"))
    for place, part in enumerate(between):
        parts[2 * place] = "\n".join(islice(rest, part.count("\n") + 1))
    phrase_of = {entry[:2]: entry[3:] for entry in legend[1:]}
    for place in range(0, len(parts) - 1, 2) if legend else ():
        part = parts[place]
        phrase = phrase_of.get(part[-2:], "") if part[-3:-2] != part[-2:-1] else ""
        if phrase and phrase_search.bars_edge(parts[place + 1][0], phrase):  # a mark would run into what stays
            parts[place] = part[:-2] + phrase
    if legend and any(legend[1][0] in part for part in parts[1::2]) and legends.decode(legend, "".join(parts)) != text:
        return phrases.encode(text, margin=margin, quick=quick)  # what stays would be taken for a mark
    return legend, "".join(parts)


def _above(head: Sequence[str], body: str) -> list[str]:
    return [*head, _TEXT_FOLLOWS] if body.startswith(SIGIL) else list(head)
