"""A conversation that outgrows its model's window: which old tool results become stubs. Pure.

Order: what can be compressed further, then whole results, lowest score first; the newest stay as they are. It clears
down to well below the window in one go, so that the provider's cache breaks rarely.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from headroom.accounts.pricing import PROVIDER_IDS

CLEAR_TO: Final = 0.6
"""Share of the window that is left in use after clearing (hysteresis)."""
NEWEST: Final = 10
"""Latest tool results that are never masked (observation masking, arXiv 2508.21433, keeps about as many)."""
RESERVE: Final = 4_000
"""Tokens for the answer when the request names no limit."""
LONG_CONTEXT: Final = 1_000_000
"""Window of Anthropic's models when the request carries the beta ``context-1m``."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A tool result that could be masked. ``order`` counts tool results from the oldest."""

    order: int
    tokens: int
    stub: int
    """Tokens of what would stand for it."""
    is_error: bool = False
    mentions: int = 0
    """Later calls that name the same file or command."""


@lru_cache(maxsize=512)
def context_size(model: str, provider: str) -> int | None:
    """A model's window in tokens by the table of genai-prices, or None when it is not known; never guessed."""
    from genai_prices import data_snapshot

    try:
        _, found = data_snapshot.get_snapshot().find_provider_model(
            model, None, PROVIDER_IDS.get(provider, provider), None
        )
    except LookupError:
        return None
    size: Any = getattr(found, "context_window", None)
    return int(size) if size else None


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of models: an operator's word comes before the table."""

    own: Mapping[str, int] = field(default_factory=dict)

    def of(self, model: str | None, provider: str, headers: Mapping[str, str]) -> int | None:
        """The window that applies to one request; None where it is not known."""
        if not model:
            return None
        if (own := self.own.get(model)) is not None:
            return own
        size = context_size(model, provider)
        if size is not None and "context-1m" in headers.get("anthropic-beta", ""):
            return max(size, LONG_CONTEXT)
        return size


def room(window: int, max_output: int | None) -> int:
    """Tokens that a prompt may take beside the answer."""
    return window - min(max_output or RESERVE, window // 2)


def surplus(used: int, window: int, max_output: int | None) -> int:
    """Tokens that do not fit beside the answer."""
    return max(0, used - room(window, max_output))


def excess(used: int, window: int | None, max_output: int | None) -> int:
    """Tokens to be cleared: 0 while the request fits, else down to ``CLEAR_TO`` of the window."""
    if window is None:
        return 0
    if not surplus(used, window, max_output):
        return 0
    return used - int(CLEAR_TO * window)


def score(one: Observation, count: int, *, scoring: bool) -> float:
    """How much an observation is worth keeping, from fixed inputs only: age, error, later mentions."""
    age = count - one.order
    if not scoring:
        return -float(age)
    recency = math.exp(-0.1 * age)
    return recency + 0.3 * one.is_error + min(0.6, 0.2 * math.log1p(one.mentions))


def mask(observations: Sequence[Observation], clear: int, *, scoring: bool) -> list[Observation]:
    """The observations to mask, lowest score first, until ``clear`` tokens are free or none is left to take."""
    count = len(observations)
    old = [one for one in observations if one.order < count - NEWEST and one.tokens > 2 * one.stub]
    taken: list[Observation] = []
    for one in sorted(old, key=lambda o: (score(o, count, scoring=scoring), o.order)):
        if clear <= 0:
            break
        taken.append(one)
        clear -= one.tokens - one.stub
    return taken
