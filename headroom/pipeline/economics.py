"""What a rewrite of history gains or costs. Pure: prices, times and token counts in, a verdict with its figures out.

The provider's cache is the economics. To cut a cached message of T tokens by D, with S cached tokens behind it, makes
the next call write T-D+S tokens at the write price w instead of reading them at r; the N calls after that read D tokens
less each. What comes in with the next call is written in either case, so it is no part of S. Hence, in units of one new input token::

    gain = r·D·N - P·(w - r)·(S + T - D)      while the cache may be alive (P is the chance)
    gain = D·(w + r·(N - 1))                   once it is dead: nothing is lost

(compression.md 7.2; derivation: keep costs r(T+S)N, rewriting costs w(T-D+S) + r(T-D+S)(N-1).)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal

from headroom.accounts.pricing import Rates
from headroom.exchange import Exchange

DEAD_AFTER = 60.0
"""Seconds beyond a cache's life after which it is surely gone."""
MOST_CALLS = 30
"""Never count on more further calls than this."""
MARGIN_USD = 0.0005
"""A gain below this is noise, and not worth the risk."""
_HOUR: Final = re.compile(rb'"ttl"[ \t\r\n]*:[ \t\r\n]*"1h"')


@dataclass(frozen=True, slots=True)
class Candidate:
    """A part of history that could be shorter. ``order`` is its place; a later one has a greater number."""

    order: int
    tokens: int
    """Of the whole message part as it is sent now."""
    removed: int
    suffix: int
    """Further tokens that are written anew when it changes, candidates included as they are now: those that are cached
    behind it, and those in front of it that the provider can't read by themselves."""


@dataclass(frozen=True, slots=True)
class Market:
    """What tokens cost in a conversation."""

    rates: Rates
    one_hour: bool = False
    """The client asks for caches that live an hour."""

    @property
    def write(self) -> float:
        """Dollars a token, written to the cache."""
        return (self.rates.cache_write_1h if self.one_hour else self.rates.cache_write_5m) / 1e6

    @property
    def read(self) -> float:
        """Dollars a token, read from the cache."""
        return self.rates.cache_read / 1e6


@dataclass(frozen=True, slots=True)
class Gate:
    """The verdict on one rewrite with everything that went into it."""

    verdict: Literal["gain", "refused"]
    what: str
    saves_usd: float
    costs_usd: float
    removed: int
    rewritten: int
    """Tokens that the next call writes anew."""
    calls: float
    alive: float

    stake_usd: float = 0.0
    """Dollars that it loses when the conversation ends with the next call."""

    @property
    def gain_usd(self) -> float:
        """Dollars the conversation is expected to gain."""
        return self.saves_usd - self.costs_usd

    def sentence(self) -> str:
        """For people: ``refused: would cost $0.021, save $0.004``; without dollars where it was no question of them."""
        head = "rewrote" if self.verdict == "gain" else "refused"
        if not self.costs_usd and not self.saves_usd:
            return f"{head} {self.what}"
        return f"{head} {self.what}: would cost ${self.costs_usd:.4f}, save ${self.saves_usd:.4f}"


CACHE_MINIMUMS: tuple[tuple[str, int], ...] = (
    # Anthropic, "Prompt caching", cache limitations: tokens below which nothing is cached.
    ("opus-4-5", 4096),
    ("opus-4-6", 4096),
    ("haiku-4-5", 4096),
    ("haiku", 2048),
)
CACHE_MINIMUM = 1_024
"""Anthropic's other models, OpenAI's and Gemini's."""
SURELY = 6
"""Bytes for each token of the smallest cached prompt from which a prompt is surely cached."""
FEW_CALLS = 10.0
"""Further calls that a session is good for when nothing is known about it yet."""


def note(exchange: Exchange, gate: Gate) -> None:
    """Record a verdict with everything that went into it, for the log and the views."""
    kept = exchange.notes.setdefault("rewrites" if gate.verdict == "gain" else "refusals", {})
    assert isinstance(kept, dict)
    kept[gate.what] = {**asdict(gate), "sentence": gate.sentence()}


def cache_minimum(model: str) -> int:
    """Smallest prompt, in tokens, that a model's provider caches."""
    return next((size for name, size in CACHE_MINIMUMS if name in model), CACHE_MINIMUM)


def worth_staying_small(small: int, full: int, *, minimum: int, market: Market, calls: float = FEW_CALLS) -> bool:
    """Whether a prompt may be made smaller when that keeps it below the size that is cached at all.

    Below the minimum every call pays the full price for everything; a longer prompt may be cheaper. ``small`` and
    ``full`` are the whole prompt's tokens with and without the change.
    """
    if small >= minimum:
        return True
    new = market.rates.input / 1e6
    left_alone = max(full, minimum)
    return new * small * (calls + 1) <= left_alone * (market.write + market.read * calls)


def life(*, provider: str, one_hour: bool, long_retention: bool = False) -> float:
    """Seconds a provider's cache lives without being read; the longest that is documented, never guessed short."""
    if provider == "openai":
        return 86_400.0 if long_retention else 3_600.0
    if provider == "anthropic":
        return 3_600.0 if one_hour else 300.0
    return 3_600.0


def alive(idle: float | None, lives: float) -> float:
    """Chance that the cache is still there; unknown counts as alive."""
    if idle is None or idle <= lives + DEAD_AFTER:
        return 1.0
    return 0.0


def hour_long(raw: bytes) -> bool:
    """Whether a cache mark in this JSON text asks for a life of an hour."""
    # A pattern takes many times as long as a search for a word that is hardly ever there.
    return b'"1h"' in raw and _HOUR.search(raw) is not None


def further_calls(turns: int) -> float:
    """Calls still to come: about as many as there were (Lindy's rule), within a bound."""
    return float(max(1, min(MOST_CALLS, turns)))


def judge(
    what: str,
    *,
    removed: int,
    rewritten: int,
    calls: float,
    alive_chance: float,
    market: Market,
    margin: float = MARGIN_USD,
    added: int = 0,
) -> Gate:
    """Weigh one rewrite. ``rewritten`` is T-D+S: what stands from the first change on, after it.

    ``added`` tokens come in with it and are sent with each call from then on.
    """
    once, anew = market.write, 0.0
    if alive_chance > 0:
        once = market.read
        anew = alive_chance * max(0.0, market.write - market.read) * rewritten
    later = market.read * (calls - 1)
    saves = removed * (once + later)
    costs = anew + added * (market.write + later)
    stake = max(0.0, anew + added * market.write - removed * once)
    verdict: Literal["gain", "refused"] = "gain" if saves - costs > margin else "refused"
    return Gate(verdict, what, saves, costs, removed, rewritten, calls, alive_chance, stake)


@dataclass(frozen=True, slots=True)
class Cut:
    """The best set of rewrites: every candidate from ``order`` on."""

    gate: Gate
    order: int


def best_cut(
    what: str,
    candidates: Sequence[Candidate],
    *,
    calls: float,
    alive_chance: float,
    market: Market,
    added: int = 0,
    bearable: Callable[[Gate, int], bool] | None = None,
) -> Cut | None:
    """Where to begin: once a place is changed, every change behind it costs nothing more. One pass from the tail.

    ``bearable`` is asked of each cut that gains, by its gate and order; where it bears none, the best is refused. None
    when there are no candidates; else the best cut, whose gate may still refuse.
    """
    best: Cut | None = None
    removed = 0
    for candidate in sorted(candidates, key=lambda c: -c.order):
        removed += candidate.removed
        rewritten = candidate.tokens + candidate.suffix - removed
        gate = judge(
            what,
            removed=removed,
            rewritten=rewritten,
            calls=calls,
            alive_chance=alive_chance,
            market=market,
            added=added,
        )
        if bearable is not None and gate.verdict == "gain" and not bearable(gate, candidate.order):
            gate = replace(gate, verdict="refused")
        if best is None or _rank(gate) > _rank(best.gate):
            best = Cut(gate, candidate.order)
    return best


def _rank(gate: Gate) -> tuple[bool, float]:
    return gate.verdict == "gain", gate.gain_usd
