"""Stack traces: repeated frames and repeated traces once; with loss the frames of libraries and runtimes counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from headroom.compress import again_counts
from headroom.compress.folding import escape
from headroom.compress.frames import FRAME, WIDTH, cut, is_library, stacks_of
from headroom.compress.must_keep import severities
from headroom.compress.once import lines_of, once
from headroom.compress.packing import LineCompressor, pack, told_above
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.selecting import elide, finish

_OWN_ENDS = 3
"""Of a trace's own frames among other lines, those that stay at either end."""
_TRACES = 40
"""Different traces among other lines that are told of."""
_BLANKS = frozenset(" \t")


class Trace(LineCompressor):
    """Tracebacks and stack dumps of Python, Node, Java, Go, Rust, C# and Ruby."""

    kind = "trace"
    layout = "folded"

    def encode(self, text: str) -> str | None:
        """Write a cycle of frames once with its count, a trace that comes again as its number, then a legend."""
        return _folded(text)

    def lossy(self, text: str, hints: Hints) -> Rendition | None:
        """Keep messages, causes, the program's own frames and the ends of each trace; drop repeats and library frames."""
        lines = lines_of(text)
        stacks = stacks_of(lines)
        found = cut(lines, stacks)
        drop = found.rows()
        if not drop:
            return None
        framed = {row for stack in stacks for frame in stack for row in frame.rows}
        keep = set(range(len(lines))) - drop | set(severities(lines)) - framed
        keep |= found.asked(lines, Relevance.from_hints(hints), most=12)

        def note(first: int, last: int) -> str:
            return ", ".join(found.told(first, last))

        return finish(elide(lines, keep, note=note), self.kind, "trace:frames")


def own_frames(lines: Sequence[str]) -> set[int]:
    """Rows of the program's own frames, and the source below them, at the ends of each trace among other lines: of like traces once.

    Only indented lines are taken for frames, two at least in a row.
    """
    if _BLANKS.isdisjoint({line[:1] for line in lines}):
        return set()
    indented = [row for row, line in enumerate(lines) if line[:1] in _BLANKS and FRAME.match(line[:WIDTH])]
    found: set[int] = set()
    seen: set[tuple[str, ...]] = set()
    for run in _runs(lines, indented):
        ours = [row for row in run if not is_library(lines[row])]
        told = tuple([lines[row] for row in ours])
        if len(run) > 1 and told not in seen:
            if len(seen) == _TRACES:
                break
            seen.add(told)
            ends = ours if len(ours) <= 2 * _OWN_ENDS else [*ours[:_OWN_ENDS], *ours[-_OWN_ENDS:]]
            found.update(ends)
            found.update(row + 1 for row in ends if row + 1 < len(lines) and _is_source(lines, row + 1))
    return found


def _runs(lines: Sequence[str], frames: Sequence[int]) -> Iterator[list[int]]:
    """Frames with nothing but a line of source between them."""
    run: list[int] = []
    for row in frames:
        if run and not (row == run[-1] + 1 or (row == run[-1] + 2 and _is_source(lines, row - 1))):
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _is_source(lines: Sequence[str], row: int) -> bool:
    """Whether the line below a frame is its source: indented deeper, and itself no frame."""
    line, above = lines[row], lines[row - 1]
    deeper = len(line) - len(line.lstrip()) > len(above) - len(above.lstrip())
    return bool(line.strip()) and deeper and not FRAME.match(line[:WIDTH])


@once
def _folded(text: str) -> str | None:
    encoded = pack(lines_of(escape(text)))
    return told_above(encoded, again_counts.told(text, encoded)) if encoded is not None else None


COMPRESSORS: tuple[Compressor, ...] = (Trace(),)
