"""Jupyter notebooks as cells: sources as they are, outputs shortened, pictures named by type and size."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from headroom.compress.folding import SIGIL, escape, unescape
from headroom.compress.must_keep import severities
from headroom.compress.notebook_text import Line, Placed, Spans, lines_in, read, shown_as, strings_in
from headroom.compress.once import once
from headroom.compress.query import Relevance
from headroom.compress.rendition import Gap, Hints, Rendition, joined_pieces

_WORTH = 0.85
_CLOSE = 0.6
"""Cells that fit a question nearly as well as the best one are about it, too."""
_MIN_GAP_ROWS = 4
_MIN_GAP_CHARS = 160
_WIDE = 2_000
"""Characters of a line of output that is left out."""
_FAILURES = 6
_PLAIN = "text/plain"
_OUTLINE = re.compile(r"\s*(?:(?:async\s+)?def |class |import |from \S+ import|%%|#{1,6} |\w+ *<- *function\b)")
_FRAME = re.compile(
    r"-+> *\d+|(?:Cell|File|Input) \S.*\bline \d|File \S+:\d+|<ipython-input|(?:\w+\.)*\w*(?:Error|Exception|Warning|Interrupt|Exit)\b"
)
"""Of a traceback: where each frame is, the line that failed, and what was raised."""


@dataclass(frozen=True, slots=True)
class _Share:
    """How many lines of a long part stay at its top and bottom, and from how many lines on it is long."""

    long: int
    top: int
    bottom: int


_OUTPUT, _OTHER_OUTPUT = _Share(24, 10, 6), _Share(12, 4, 3)
_TRACE = _Share(24, 3, 6)
_OTHER_SOURCE = _Share(30, 8, 2)


class Notebook:
    """``.ipynb`` files: JSON with ``cells`` and ``nbformat``."""

    kind = "json"

    def lossless(self, text: str, hints: Hints) -> Rendition | None:
        """Leave it to the forms of JSON."""
        del text, hints
        return None

    def decode(self, encoded: str) -> str:
        """Refuse all: there is no lossless form."""
        del encoded
        raise ValueError("not a text of ours")

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Show each cell under a line with its number and kind; of cells that a question is not about only parts."""
        cells = _cells(text)
        if cells is None:
            return None
        out = _Writer(text)
        out.say(f"notebook of {len(cells)} cells; JSON's syntax and metadata are left out")
        about = _about(cells, Relevance.from_hints(hints))
        for number, cell in enumerate(cells, 1):
            _write(out, number, cell, whole=about is None or number in about)
        pieces = out.pieces()
        if sum(len(piece) for piece in pieces if isinstance(piece, str)) > _WORTH * len(text):
            return None
        return Rendition(tuple(pieces), self.kind, "json:notebook", lossless=False)

    def explains(self, text: str, lines: list[str]) -> bool:
        """Whether ``lines`` are, in this order, lines of the notebook's sources and outputs."""
        cells = _cells(text)
        if cells is None:
            return False
        known = iter([line.text for cell in cells for line in cell.lines()])
        return all(unescape(line) in known for line in lines)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an output: lines, or what is only named."""

    label: str
    """An error's name, or a stream's but for the usual one."""
    lines: Sequence[Line] = ()
    named: str = ""
    held: Sequence[Placed] = ()
    """Texts of what is only named."""
    trace: bool = False


@dataclass(frozen=True, slots=True)
class _Cell:
    """What is shown of a cell."""

    head: str
    attached: Sequence[Placed]
    source: Sequence[Line]
    parts: Sequence[_Part]

    def lines(self) -> Iterator[Line]:
        """Yield all lines that may be shown, in the order in which they are."""
        yield from self.source
        for part in self.parts:
            yield from part.lines


@once
def _cells(text: str) -> list[_Cell] | None:
    """The cells of a notebook; None for other texts."""
    if '"nbformat"' not in text or '"cells"' not in text:
        return None
    book = read(text)
    found = book.get("cells") if isinstance(book, dict) and isinstance(book.get("nbformat"), int) else None
    cells = [_cell(cell) for cell in found] if isinstance(found, list) else []
    known = [cell for cell in cells if cell is not None]
    return known if known and len(known) == len(cells) else None


def _cell(cell: object) -> _Cell | None:
    if not isinstance(cell, dict):
        return None
    kind, run, name = cell.get("cell_type"), cell.get("execution_count"), cell.get("id")
    source = lines_in(cell.get("source"))
    outputs = cell.get("outputs", [])
    if source is None or not isinstance(kind, str) or not kind.isprintable() or not isinstance(outputs, list):
        return None
    if not all(isinstance(output, dict) for output in outputs):
        return None
    head = kind
    if isinstance(run, int) or kind == "code":
        head += f", run {run}" if isinstance(run, int) else ", not run"
    if isinstance(name, str) and name.isprintable():
        head += f", id {name}"
    parts = [part for output in outputs for part in _parts(output)]
    return _Cell(head, list(strings_in(cell.get("attachments"))), source, parts)


def _parts(output: Mapping[str, object]) -> Iterator[_Part]:
    """Take an output apart, in the order of the source."""
    label = output.get("ename" if output.get("output_type") == "error" else "name")
    if not isinstance(label, str) or not label.isprintable() or label == "stdout":
        label = "output"
    data = output.get("data")
    if isinstance(data, dict):
        plain = _PLAIN in data
        for mime, value in data.items():
            lines = shown_as(value)
            shown = mime == _PLAIN or (not plain and mime.startswith("text/"))
            if lines is not None and (shown or sum(len(line.text) for line in lines) < _MIN_GAP_CHARS):
                yield _Part(label, lines)
            else:
                yield _Part(label, named=mime, held=list(strings_in(value)))
    for key in ("evalue", "text", "traceback"):
        if key != "evalue" or not output.get("traceback"):
            lines = shown_as(output.get(key), broken=key == "traceback")
            if lines:
                yield _Part(label, lines, trace=key == "traceback")


def _about(cells: Sequence[_Cell], relevance: Relevance) -> set[int] | None:
    """Numbers of the cells, from 1, that a question is about; None where it is about none more than another."""
    if not relevance.specific:
        return None
    scores = relevance.score_lines([" ".join(line.text for line in cell.lines()) for cell in cells])
    least = max(relevance.threshold, _CLOSE * max(scores))
    return {number for number, score in enumerate(scores, 1) if score >= least} or None


def _write(out: _Writer, number: int, cell: _Cell, *, whole: bool) -> None:
    out.say(f"cell {number}: {cell.head}")
    if cell.attached:
        out.name("attachments", cell.attached)
    out.show(cell.source, None if whole else _ends(cell.source, _OTHER_SOURCE, _OUTLINE))
    told = ""
    for (label, named, trace), run in groupby(cell.parts, key=lambda part: (part.label, part.named, part.trace)):
        if label != told:
            out.say(f"{label}:")
            told = label
        if named:
            for part in run:
                out.name(named, part.held)
            continue
        lines = [line for part in run for line in part.lines]
        out.show(lines, _ends(lines, _TRACE, _FRAME) if trace else _ends(lines, _OUTPUT if whole else _OTHER_OUTPUT))


def _ends(lines: Sequence[Line], share: _Share, telling: re.Pattern[str] | None = None) -> set[int] | None:
    """Rows to keep of what is long: its ends, failures, and lines that begin as told; None for all."""
    narrow = [row for row, line in enumerate(lines) if len(line.text) <= _WIDE]
    if len(lines) <= share.long and len(narrow) == len(lines):
        return None
    keep = set(range(share.top)) | set(range(len(lines) - share.bottom, len(lines)))
    if telling is not None:
        keep.update(row for row in narrow if telling.match(lines[row].text))
    else:
        keep.update(sorted(severities([line.text[:_WIDE] for line in lines]))[:_FAILURES])
    return keep.intersection(narrow)


class _Writer:
    """Pieces of a rendition, in which the gaps of each unit stand in the order of the source."""

    def __init__(self, text: str) -> None:
        self._spans = Spans(text)
        self._out: list[str | Gap] = []
        self._reached = {"lines": 0, "chars": 0}

    def say(self, words: str) -> None:
        """Write a line of ours."""
        self._out.append(f"{SIGIL}{words}]\n")

    def show(self, lines: Sequence[Line], keep: set[int] | None) -> None:
        """Write lines, with gaps in place of those that are not kept."""
        at = 0
        while at < len(lines):
            behind = at
            kept = keep is None or at in keep
            while behind < len(lines) and (keep is None or behind in keep) == kept:
                behind += 1
            run = lines[at:behind]
            if kept or not self._gap(run, self._note(run)):
                self._out.extend(f"{escape(line.text)}\n" for line in run)
            at = behind

    def name(self, what: str, held: Sequence[Placed]) -> None:
        """Write what something is, and how large, in place of it."""
        size = sum(map(len, held))
        said = f"{what}, {size / 1024:.0f} KB" if size >= 1024 else f"{what}, {size} characters"
        said = said if said.isprintable() else "data"
        parts = [Line("", text.start, text.end) for text in held]
        if not parts or not self._gap(parts, said, least=False):
            self.say(f"{said} left out")

    def _note(self, run: Sequence[Line]) -> str:
        return f"{len(run)} lines" if len(run) > 1 else f"{len(run[0].text)} characters"

    def _gap(self, run: Sequence[Line], note: str, *, least: bool = True) -> bool:
        """Leave lines out, if it pays and they stand behind what was left out before."""
        wide = sum(len(line.text) for line in run)
        if least and (wide < _MIN_GAP_CHARS or (len(run) < _MIN_GAP_ROWS and wide < _WIDE)):
            return False
        for unit, first, last in self._spans.of(run[0].start, run[-1].end):
            if first > self._reached[unit]:
                self._reached[unit] = last
                self._out.append(Gap(first, last, unit, note))
                return True
        return False

    def pieces(self) -> list[str | Gap]:
        """What was written, runs of text in one piece."""
        return joined_pieces(self._out)


COMPRESSORS = (Notebook(),)
