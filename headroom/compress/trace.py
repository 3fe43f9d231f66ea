"""Stack traces: repeated frames and repeated traces once; with loss the frames of libraries and runtimes counted."""

from __future__ import annotations

from collections.abc import Sequence

from headroom.compress import again_counts, errors_alike, gdb_frames, memory_dumps, thread_dumps
from headroom.compress.folding import escape
from headroom.compress.frames import stacks_of
from headroom.compress.must_keep import severities
from headroom.compress.naming import named_rows
from headroom.compress.once import lines_of, once
from headroom.compress.packing import LineCompressor, pack, told_above
from headroom.compress.query import Relevance
from headroom.compress.rendition import Compressor, Gap, Hints, Rendition
from headroom.compress.selecting import elide, finish, without
from headroom.compress.spare_frames import NOTE, asks_for_whole, cut


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
        relevance = Relevance.from_hints(hints)
        alike = _threads_alike(lines, relevance)
        listed = thread_dumps.addresses(lines) if alike else set()
        errors = _errors_alike(lines, relevance) if not alike else []
        dumps = memory_dumps.spare(lines, relevance)
        dumps += gdb_frames.spare(lines, relevance) if not asks_for_whole(relevance) else []
        dumps.sort(key=memory_dumps.start)
        gone = listed.union(
            *(spare.rows for spare in dumps), *(thread.rows for thread in alike), *(error.rows for error in errors)
        )
        stacks = [stack for stack in stacks_of(lines) if stack[0].rows.start not in gone]
        found = cut(lines, stacks)
        drop = found.rows()
        unmarked = found.unmarked() if "\r" not in text else set[int]()
        if not drop and not gone and not unmarked:
            return None
        framed = {row for stack in stacks for frame in stack for row in frame.rows}
        asked = found.asked(lines, relevance, most=12)
        unmarked -= asked
        keep = (set(range(len(lines))) - drop | set(severities(lines)) - framed) - gone
        keep |= asked | unmarked

        def note(first: int, last: int) -> str:
            return ", ".join(
                [
                    *(["addresses"] if first in listed else []),
                    *thread_dumps.told(alike, first, last),
                    *errors_alike.told(errors, first, last),
                    *memory_dumps.told(dumps, first, last),
                    *found.told(first, last),
                ]
            )

        pieces = elide(lines, keep, note=note)
        head = errors_alike.listed(errors)
        if unmarked:
            pieces, head = without(pieces, unmarked), [*head, NOTE]
        alone = all(gone.issuperset(range(gap.first - 1, gap.last)) for gap in pieces if isinstance(gap, Gap))
        transform = "trace:alike" if alone and not unmarked else "trace:frames"
        return finish(pieces, self.kind, transform, head=head)


def _threads_alike(lines: Sequence[str], relevance: Relevance) -> list[thread_dumps.Alike]:
    """The threads that may go for one that stands at the same place; none where whole stacks are asked for."""
    found = thread_dumps.alike(lines) if not asks_for_whole(relevance) else []
    if not found:
        return []
    return thread_dumps.unnamed(found, named_rows(relevance, lines, strong_lines=12, words=False))


def _errors_alike(lines: Sequence[str], relevance: Relevance) -> list[errors_alike.Alike]:
    """The errors that may go for one like them; none that the question names, and none where it is for each one."""
    found = errors_alike.alike(lines) if not asks_for_whole(relevance) and "every" not in relevance.asks else []
    named = named_rows(relevance, lines, strong_lines=6, words=False) if found else set[int]()
    return [error for error in found if named.isdisjoint(error.rows)]


@once
def _folded(text: str) -> str | None:
    encoded = pack(lines_of(escape(text)))
    return told_above(encoded, again_counts.told(text, encoded)) if encoded is not None else None


COMPRESSORS: tuple[Compressor, ...] = (Trace(),)
