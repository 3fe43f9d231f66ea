"""The contract every compressor keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

CountTokens = Callable[[str], int]
"""Counts (or estimates) tokens; the same function on both sides of a comparison."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known about a block besides its text; all of it fixed when the block is first seen."""

    tool: str | None = None
    """Name of the tool that produced the text, unwrapped of MCP prefixes."""
    command: str | None = None
    """Command line, when the tool ran one."""
    path: str | None = None
    """File path, when the tool read one."""
    mime: str | None = None
    arguments: str = ""
    """The tool call's arguments as JSON text."""
    query: str = ""
    """What the reader wants to know: last user text, assistant's words before the call, and the call's own arguments."""
    lately: str = ""
    """Words that were searched for lately in results of this tool: likely to be wanted again, though nobody asked now."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of source units left out, marked in place.

    ``first`` and ``last`` are 1-based and inclusive, counted in ``unit`` of the block's source text
    ("lines", "rows", "chars", "items"), so that a reader can ask for exactly that range.
    """

    first: int
    last: int
    unit: str = "lines"
    note: str = ""
    """What kind of content went, such as ``702x INFO, 47x DEBUG``; plain words, one line."""
    indent: str = ""
    """White space to print before the marker, so that it fits the text around it."""
    brief: bool = False
    """Whether its marker is the range alone, without a note; a line above says then what such gaps stand for."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """A shorter text for the same content.

    ``pieces`` alternate freely; strings are complete runs of text with their own newlines. Gaps are rendered by the
    caller, one line each (the caller adds the newline after a gap). A lossless rendition has exactly one string.
    """

    pieces: tuple[str | Gap, ...]
    kind: str
    """Content kind, such as ``log`` or ``json``."""
    transform: str
    """Name of what was done, such as ``json:table``; no comma in it."""
    lossless: bool

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The gaps, in order."""
        return tuple(p for p in self.pieces if isinstance(p, Gap))

    @property
    def text(self) -> str:
        """The text of a lossless rendition."""
        if not self.lossless or len(self.pieces) != 1 or not isinstance(self.pieces[0], str):
            raise ValueError("only a lossless rendition is plain text")
        return self.pieces[0]


def joined_pieces(pieces: Iterable[str | Gap]) -> list[str | Gap]:
    """The pieces with each run of texts between two gaps as one text; none is empty."""
    out: list[str | Gap] = []
    run: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            run.append(piece)
            continue
        if text := "".join(run):
            out.append(text)
        run.clear()
        out.append(piece)
    if text := "".join(run):
        out.append(text)
    return out


class Compressor(Protocol):
    """One content kind. Pure and deterministic: no I/O, clock, randomness, hash() or global state; never raises on text.

    ``lossless`` returns a rendition that ``decode`` maps back exactly (the router checks this at run time before use);
    ``lossy`` one whose every line is a verbatim source line, an invertible re-encoding of source, or a Gap. Both return
    None for "nothing better than the source". Time is linear in the text.
    """

    kind: str

    def lossless(self, text: str, hints: Hints) -> Rendition | None:
        """Re-encode without loss, or None."""

    def decode(self, encoded: str) -> str:
        """Invert ``lossless``: ``decode(lossless(x).text) == x``."""

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Leave out what the reader is unlikely to need, every gap marked, or None."""


class Unencoded:
    """The lossless tier of a kind that has none: its text has no shorter form that reads as well."""

    def lossless(self, text: str, hints: Hints) -> Rendition | None:
        """None, always."""
        del text, hints
        return None

    def decode(self, encoded: str) -> str:
        """Return the text: nothing was encoded."""
        return encoded
