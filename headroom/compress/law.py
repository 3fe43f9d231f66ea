"""The law of every lossy text: each line is verbatim source, exactly invertible, or carries our sigil."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from headroom.compress import legends
from headroom.compress.folding import SIGIL, escape, has_sigil, unescape
from headroom.compress.once import lines_of
from headroom.compress.rendition import Gap, Rendition
from headroom.compress.stamp_starts import put_back_below

_MISSES = 4
"""So many strings are looked for in vain; the lines of all others are looked up one by one."""


@runtime_checkable
class Explaining(Protocol):
    """A compressor whose lossy lines are neither whole source lines nor lines of its lossless text.

    A page's text, or a sentence cut out of a line, is verbatim in another sense; only its compressor can say which.
    """

    def explains(self, text: str, lines: list[str]) -> bool:
        """Whether each of ``lines``, without our legend, is text of the source that nobody re-typed."""


@runtime_checkable
class ExplainingRest(Explaining, Protocol):
    """One that can also look at no more than what the gaps leave of the source, which is mostly far less."""

    def explains_rest(self, text: str, gaps: Sequence[Gap], lines: list[str]) -> bool:
        """Whether each of ``lines`` is text of the source outside the gaps; False may also say that it is not sure."""


def holds(text: str, rendition: Rendition, reencoded: Sequence[str] = (), explaining: Explaining | None = None) -> bool:
    """Whether a lossy rendition of ``text`` keeps the law.

    ``reencoded`` are lines of the lossless text of the same source. A legend is spelled out first, and what lines begin with is put back. Gaps must lie in the
    source, in order, without overlap.
    """
    if not _gaps_in_order(text, rendition):
        return False
    strings = [piece for piece in rendition.pieces if isinstance(piece, str)]
    if strings and strings[0].startswith(SIGIL):  # maybe a legend
        lines = put_back_below(legends.decode(*legends.split("\n".join(strings))).split("\n"))
    else:
        rest = _not_copied(text, strings)
        if not rest:
            return True
        lines = "\n".join(rest).split("\n")
    if isinstance(explaining, ExplainingRest) and _is_explained(text, rendition.gaps, lines, explaining):
        return True
    known = (lines_of(text), reencoded, ("",))
    unknown = set(lines).difference(*known)
    if marked := [line for line in unknown if "~ " in line]:
        plain = {line: unescape(line) for line in marked if not _ours(line)}
        foreign = set(plain.values()).difference(*known) if plain else set()
        unknown.difference_update(line for line in marked if plain.get(line) not in foreign)
    if not unknown:
        return True
    strange = [line for line in lines if line in unknown]
    if isinstance(explaining, ExplainingRest) and explaining.explains_rest(text, rendition.gaps, strange):
        return True
    return explaining is not None and explaining.explains(text, strange)


def _is_explained(text: str, gaps: Sequence[Gap], lines: Sequence[str], explaining: ExplainingRest) -> bool:
    """Whether all lines but ours are explained, whole source lines among them: then no line has to be looked up."""
    strange = [line for line in lines if not _ours(line)]
    return not any("~ " in line for line in strange) and explaining.explains_rest(text, gaps, strange)


def escape_source(text: str, pieces: tuple[str | Gap, ...]) -> tuple[str | Gap, ...]:
    """Escape the source lines among the pieces that look like our own; what the compressor wrote itself stays."""
    if not has_sigil(text):
        return pieces
    forged = {line for line in lines_of(text) if _ours(line)}
    if not forged:
        return pieces
    return tuple(
        "\n".join(escape(line) if line in forged else line for line in piece.split("\n"))
        if isinstance(piece, str)
        else piece
        for piece in pieces
    )


def _not_copied(text: str, strings: list[str]) -> list[str]:
    """Leave out the strings that are whole lines of the source, one run behind the other; such runs are found very fast."""
    rest: list[str] = []
    at = 0  # where a line starts
    for string in strings:
        start = at
        if not text.startswith(string, at):
            start = text.find(f"\n{string}", max(0, at - 1)) + 1 if len(rest) < _MISSES else 0
        end = start + len(string)
        if (start or not at) and text.startswith(string, start) and (string.endswith("\n") or end == len(text)):
            at = end
        else:
            rest.append(string)
    return rest


def _ours(line: str) -> bool:
    return line.lstrip(" \t").startswith(SIGIL)


def _gaps_in_order(text: str, rendition: Rendition) -> bool:
    ends = {"lines": text.count("\n") + 1, "chars": len(text)}
    last: dict[str, int] = {}
    for gap in rendition.gaps:
        if gap.first < 1 or gap.last < gap.first or gap.first <= last.get(gap.unit, 0):
            return False
        if gap.last > ends.get(gap.unit, gap.last) or "\n" in gap.note or "\n" in gap.indent:
            return False
        last[gap.unit] = gap.last
    return True
