"""What a log's gaps say of the lines that they leave out: of which levels these are, all of them where the gaps are few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from headroom.compress import omissions
from headroom.compress.folding import SIGIL
from headroom.compress.log_levels import TROUBLE
from headroom.compress.rendition import Gap

_FEW = 6
"""Of more gaps with levels each tells of warnings and worse alone, which is said once."""
_BRIEF = 3
"""Gaps that tell nothing, from which on a line that says so for all is shorter."""
_LEVELS = 4


def told(pieces: Sequence[str | Gap], of_line: Sequence[str]) -> tuple[list[str | Gap], list[str]]:
    """The pieces, whose gaps tell the levels of their lines, and summary lines that say what the gaps do not.

    Of several gaps that have nothing to tell the range alone stands in their place.
    """
    levels = {gap: _levels(gap, of_line) for gap in pieces if isinstance(gap, Gap) and gap.unit == "lines"}
    many = sum(map(bool, levels.values())) > _FEW
    if many:
        levels = {
            gap: {level: count for level, count in counts.items() if TROUBLE.match(level)}
            for gap, counts in levels.items()
        }
    noted = [_noted(piece, levels.get(piece, {})) if isinstance(piece, Gap) else piece for piece in pieces]
    said = [f"{SIGIL}gaps count only warnings and worse]"] if many else []
    bare = [gap for gap, counts in levels.items() if not counts]
    if len(bare) < _BRIEF:
        return noted, said
    brief = set(bare)
    noted = [replace(piece, brief=True) if isinstance(piece, Gap) and piece in brief else piece for piece in noted]
    if many:
        others = "; other gaps count only these" if len(bare) < len(levels) else ""
        return noted, [omissions.note(f"log lines, none marked as a warning or worse{others}")]
    return noted, [omissions.note("log lines")]


def _noted(gap: Gap, counts: Mapping[str, int]) -> Gap:
    """The gap with these counts, of the commonest levels."""
    listed = sorted(counts.items(), key=lambda item: -item[1])[:_LEVELS]
    return replace(gap, note=", ".join(f"{count} {level}" for level, count in listed)) if listed else gap


def _levels(gap: Gap, of_line: Sequence[str]) -> dict[str, int]:
    counts = Counter(of_line[gap.first - 1 : gap.last])
    del counts[""]
    return counts
