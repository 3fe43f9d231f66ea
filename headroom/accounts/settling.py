"""What a call cost: the provider's report where there is one that can be true, else an estimate that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from headroom.accounts.pricing import Prices, Rates
from headroom.accounts.tokens import BYTES_A_TOKEN
from headroom.exchange import Exchange, Outcome, Usage

STREAM_BYTES_PER_TOKEN = 16
"""Rough size of a token in an event stream, framing included."""

type Basis = Literal["measured", "estimated", "none"]


def saved_dollars(exchange: Exchange, rates: Rates, saved: int) -> float:
    """What the tokens left out would have cost, at the price each would have had; an estimate.

    A block first seen now would have been written to the provider's cache (or billed in full); one seen before would
    have been read from it, when this call read anything at all.
    """
    if saved == 0:
        return 0.0
    judged = exchange.adds_up
    fresh = sum(max(0, verdict.tokens_before - verdict.tokens_after) for verdict in judged.fresh)
    share = fresh / judged.gained if judged.gained else 1.0
    new = new_price(exchange.usage or Usage(), rates)
    old = rates.cache_read if exchange.usage is not None and exchange.usage.cache_read else new
    return saved * (share * new + (1 - share) * old) / 1e6


def new_price(usage: Usage, rates: Rates) -> float:
    """Dollars a million tokens that no cache held cost in this call."""
    if not usage.cache_write:
        return rates.input
    return rates.cache_write_1h if usage.cache_write_1h > usage.cache_write_5m else rates.cache_write_5m


def usage_estimate(exchange: Exchange) -> Usage:
    """What to book when the provider reported nothing: our count in, what was seen going out."""
    if exchange.outcome in {Outcome.RATE_LIMITED, Outcome.BUDGET, Outcome.REFUSED, Outcome.CACHED}:
        return Usage()
    if exchange.status >= 400 or exchange.status == 0:
        return Usage()
    own = exchange.rescued or "shadow_bytes" in exchange.notes  # the client's own body was sent
    sent = exchange.tokens_before if own else exchange.tokens_after
    return Usage(input=sent or len(exchange.body_out) // BYTES_A_TOKEN, output=_output_seen(exchange))


def _output_seen(exchange: Exchange) -> int:
    if exchange.response_text:
        return len(exchange.response_text) // BYTES_A_TOKEN
    noted = exchange.notes.get("output_bytes")
    size = STREAM_BYTES_PER_TOKEN if exchange.stream else BYTES_A_TOKEN
    return int(noted) // size if isinstance(noted, int) else 0


@dataclass(frozen=True, slots=True)
class Settled:
    """What an exchange cost, and how sure that is."""

    usage: Usage
    basis: Basis
    cost_usd: float
    input_cost_usd: float
    rates: Rates

    @property
    def cost_basis(self) -> Literal["measured", "estimated"]:
        """``measured`` only where both the usage and the price are known."""
        return "measured" if self.basis != "estimated" and self.rates.source != "fallback" else "estimated"


def settle(exchange: Exchange, prices: Prices) -> Settled:
    """Usage and cost of an exchange; estimated, and said to be, where the provider's report is missing or odd."""
    rates = prices.of(exchange)
    if exchange.cache_hit:
        return Settled(Usage(), "none", 0.0, 0.0, rates)
    usage, basis = _usage(exchange)
    paid = usage
    discarded = exchange.notes.get("discarded_usage")
    if isinstance(discarded, Usage):  # answers that were paid for and thrown away, such as a rescued one
        paid += _clean(discarded)
    output = paid.output * rates.output / 1e6
    return Settled(usage, basis, rates.cost(paid), max(0.0, rates.cost(paid) - output), rates)


def _usage(exchange: Exchange) -> tuple[Usage, Basis]:
    reported = exchange.usage
    if reported is None or (reported.total_input <= 0 and exchange.status < 400):
        # Nothing, or an answer that claims to have read nothing: it was not free.
        guess = usage_estimate(exchange)
        if reported is not None and reported.output > guess.output:
            guess = Usage(input=guess.input, output=reported.output)
        return guess, "none" if guess == Usage() else "estimated"
    clean = _clean(reported)
    if clean != reported:
        return clean, "estimated"
    if exchange.truncated or exchange.outcome is Outcome.ABORTED:
        # The final count never came: what was seen going out is closer than the provider's opening figure.
        return _at_least(clean, exchange), "estimated"
    return clean, "measured"


def _at_least(usage: Usage, exchange: Exchange) -> Usage:
    output = max(usage.output, _output_seen(exchange))
    return Usage(usage.input, usage.cache_read, usage.cache_write_5m, usage.cache_write_1h, output)


def _clean(usage: Usage) -> Usage:
    """The same without negative numbers, which some gateways report."""
    return Usage(
        max(0, usage.input),
        max(0, usage.cache_read),
        max(0, usage.cache_write_5m),
        max(0, usage.cache_write_1h),
        max(0, usage.output),
    )


def premium(usage: Usage, rates: Rates) -> float:
    """Dollars that writing to the provider's cache cost beyond the plain price."""
    return (
        usage.cache_write_5m * max(0.0, rates.cache_write_5m - rates.input)
        + usage.cache_write_1h * max(0.0, rates.cache_write_1h - rates.input)
    ) / 1e6
