"""Stack traces: repeated frames and repeated traces once; with loss the frames of libraries and runtimes counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from headroom.compress.folding import escape
from headroom.compress.must_keep import severities
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of, once
from headroom.compress.packing import LineCompressor, pack
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Hints, Rendition
from headroom.compress.selecting import elide, finish

_FRAME = re.compile(
    r"[ \t]*(?:File \"[^\"\n]+\", line \d+"  # Python
    r"|at \S"  # Node, Java, C#, Rust's second line
    r"|from \S+:\d+:in "  # Ruby
    r"|\d+: +\S"  # Rust
    r"|[\w./*()-]+\.go:\d+"  # Go's second line
    r"|(?:[\w-]{1,80}[./]){1,20}(?:\(\*?\w+\)\.)?[\w\[\].]{1,80}\((?:0x|\{|\)|\.\.\.))"  # Go's first
)
_HEAD = re.compile(
    r"[ \t]*(?:Traceback \(most recent call last\)|goroutine \d+ \[|panic: |stack backtrace:|Caused by: |\[cause\]: "
    r"|(?:[\w$]{1,80}\.){0,12}[A-Z][\w$]{0,80}(?:Error|Exception|Panic|Fault)\b|Unhandled |Exception in thread|Uncaught "
    r"|thread '[^']*' panicked)"
)
_LIBRARY = re.compile(
    r"site-packages|dist-packages|node_modules|node:internal|internal/(?:modules|process|timers)|lib/python\d"
    r"|(?:^|\s)at (?:java|javax|jdk|sun|com\.sun|org\.(?:springframework|apache|junit|hibernate|eclipse|postgresql|slf4j|aspectj|gradle|jboss|mockito)"
    r"|com\.(?:zaxxer|fasterxml|mysql)|ch\.qos|reactor|kotlinx?|scala|io\.(?:netty|micrometer|reactivex|grpc)"
    r"|System|Microsoft)\b|/usr/local/go/src|/usr/lib/go|\bruntime[./]|/rustc/|(?:core|std|alloc)(?:\[[0-9a-f]{16}\])?::|tokio::|[0-9a-f] - (?:__rust|__libc|_start$|clone3?$|start_thread$|<unknown>$)|(?:sysdeps|nptl)/|<frozen |\.cargo/registry"
)
_RUST = re.compile(r"[ \t]*\d+: +\S")
"""The first line of Rust's frame: what is called; where it is stands on the second."""
_SOURCE = re.compile(r"\s+\S")
_WIDTH = 600
"""What a frame is shows within so many characters."""
_FOLDED = 0.5
"""Traces that fold to this share of their length without loss are shown whole."""
_EDGE_FRAMES = 3
"""Frames that stay at either end of a run of library frames."""
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
        framed = {line for line in set(lines) if _FRAME.match(line[:_WIDTH])}  # a recursion's are alike
        frames = [row for row, line in enumerate(lines) if line in framed]
        drop = _library_frames(lines, set(frames))
        if not drop or len(self.encode(text) or text) < _FOLDED * len(text):
            return None
        keep = set(range(len(lines))) - drop | set(severities(lines)) - set(frames)
        keep |= named_rows(Relevance.from_hints(hints), lines, strong_lines=12)

        def note(first: int, last: int) -> str:
            return f"{sum(first <= row <= last for row in frames)} library frames"

        return finish(elide(lines, keep, note=note), self.kind, "trace:frames")


def own_frames(lines: Sequence[str]) -> set[int]:
    """Rows of the program's own frames, and the source below them, at the ends of each trace among other lines: of like traces once.

    Only indented lines are taken for frames, two at least in a row.
    """
    if _BLANKS.isdisjoint({line[:1] for line in lines}):
        return set()
    indented = [row for row, line in enumerate(lines) if line[:1] in _BLANKS and _FRAME.match(line[:_WIDTH])]
    found: set[int] = set()
    seen: set[tuple[str, ...]] = set()
    for run in _runs(lines, indented):
        ours = [row for row in run if not _LIBRARY.search(lines[row][:_WIDTH])]
        told = tuple([lines[row] for row in ours])
        if len(run) > 1 and told not in seen:
            if len(seen) == _TRACES:
                break
            seen.add(told)
            ends = ours if len(ours) <= 2 * _EDGE_FRAMES else [*ours[:_EDGE_FRAMES], *ours[-_EDGE_FRAMES:]]
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
    return bool(line.strip()) and deeper and not _FRAME.match(line[:_WIDTH])


@once
def _folded(text: str) -> str | None:
    return pack(lines_of(escape(text)))


def _is_place(lines: Sequence[str], row: int) -> bool:
    """Whether this is the second line of a frame of Rust's."""
    return row < len(lines) and lines[row].lstrip(" \t")[:3] == "at " and _RUST.match(lines[row - 1]) is not None


def _library_frames(lines: Sequence[str], frames: set[int]) -> set[int]:
    """Frames inside runs of library frames, with the source lines below them, but for the ends of a run."""
    drop: set[int] = set()
    run: list[int] = []
    libraries = {line for line in {lines[row] for row in frames} if _LIBRARY.search(line[:_WIDTH])}
    for row, line in enumerate([*lines, ""]):
        if row in frames:
            # What a program calls may well be made of a library's types; where it stands tells whose it is.
            ours = lines[row + 1 if _is_place(lines, row + 1) else row] not in libraries
        else:
            ours = not run or not _SOURCE.match(line) or _HEAD.match(line[:_WIDTH]) is not None
        if not ours:
            run.append(row)
            continue
        if len(run) > 2 * _EDGE_FRAMES:
            inner = run[_EDGE_FRAMES:-_EDGE_FRAMES]
            drop.update(inner[_is_place(lines, inner[0]) : len(inner) - _is_place(lines, run[-_EDGE_FRAMES])])
        run = []
    return drop


COMPRESSORS: tuple[Compressor, ...] = (Trace(),)
