"""What replayed calls come to: one record a call, summed up by mode."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from headroom.exchange import Usage

WITHOUT_BODY: Final = "recorded without its body"
"""Why a call is left out whose recording has times and sizes alone."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One call in one mode."""

    conversation: str
    number: int
    """Of the call in its conversation, from 0."""
    t: float
    model: str
    usage: Usage
    dollars: float
    tokens_before: int
    tokens_after: int
    bytes_sent: int
    diverges: int | None
    """First byte of the prompt, as the provider reads it, that differs from the turn before; None: it only grew."""
    markers: int
    expected_retrievals: float
    """Of the lossy renditions that are new in this turn."""
    gates: tuple[str, ...]
    """Verdicts of the economic gate, as sentences."""
    earned: Mapping[str, float]
    """Transform → dollars that its cuts saved on this call, at the price each token would have had."""
    unpriced: bool = False
    """The model's price is not known: a cautious one stands for it."""
    why: str | None = None
    """Why the body went out as it came."""


@dataclass(slots=True)
class Run:
    """All turns in one mode."""

    mode: str
    turns: list[Turn] = field(default_factory=list)

    def by_conversation(self) -> dict[str, list[Turn]]:
        """Turns of each conversation, in order of time."""
        found: dict[str, list[Turn]] = defaultdict(list)
        for turn in self.turns:
            found[turn.conversation].append(turn)
        return dict(found)

    @property
    def usage(self) -> Usage:
        """Sum of all turns."""
        total = Usage()
        for turn in self.turns:
            total += turn.usage
        return total

    @property
    def dollars(self) -> float:
        """Sum of all turns."""
        return sum(turn.dollars for turn in self.turns)

    @property
    def hit_rate(self) -> float:
        """Share of the input tokens that was read from the provider's cache."""
        usage = self.usage
        return usage.cache_read / usage.total_input if usage.total_input else 0.0

    def earned(self) -> dict[str, float]:
        """Transform → dollars, over all turns."""
        total: dict[str, float] = defaultdict(float)
        for turn in self.turns:
            for name, dollars in turn.earned.items():
                total[name] += dollars
        return dict(sorted(total.items(), key=lambda pair: -pair[1]))


@dataclass(slots=True)
class Report:
    """The runs of one set of calls, and what was left out of it with the reason."""

    runs: dict[str, Run]
    skipped: dict[str, int]

    @property
    def unpriced(self) -> list[str]:
        """Models whose price is not known."""
        return sorted({turn.model for run in self.runs.values() for turn in run.turns if turn.unpriced})
