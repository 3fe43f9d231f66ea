"""Stack traces: repeated frames and repeated traces once; with loss the frames of libraries and runtimes counted."""

from __future__ import annotations

from headroom.compress import again_counts
from headroom.compress.folding import escape
from headroom.compress.frames import cut, stacks_of
from headroom.compress.must_keep import severities
from headroom.compress.once import lines_of, once
from headroom.compress.packing import LineCompressor, pack, told_above
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.selecting import elide, finish


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


@once
def _folded(text: str) -> str | None:
    encoded = pack(lines_of(escape(text)))
    return told_above(encoded, again_counts.told(text, encoded)) if encoded is not None else None


COMPRESSORS: tuple[Compressor, ...] = (Trace(),)
