"""What tokens cost: an operator's own table first, then genai-prices, then a flagged conservative fallback.

No model is ever free: a budget that an unknown name could walk past would be none.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from headroom.exchange import Exchange, Usage

log = logging.getLogger("headroom.pricing")

Source = Literal["override", "table", "fallback"]


@dataclass(frozen=True, slots=True)
class Rates:
    """USD per million tokens, by kind."""

    input: float
    output: float
    cache_read: float
    cache_write_5m: float
    cache_write_1h: float
    source: Source

    def cost(self, usage: Usage) -> float:
        """Dollars for a usage."""
        return (
            usage.input * self.input
            + usage.output * self.output
            + usage.cache_read * self.cache_read
            + usage.cache_write_5m * self.cache_write_5m
            + usage.cache_write_1h * self.cache_write_1h
        ) / 1e6

    def times(self, factor: float) -> Rates:
        """The same prices, all of them by a factor."""
        return Rates(
            self.input * factor,
            self.output * factor,
            self.cache_read * factor,
            self.cache_write_5m * factor,
            self.cache_write_1h * factor,
            self.source,
        )


FALLBACK: dict[str, Rates] = {
    # The dearest widely used model of each maker, so that an unknown name errs towards caution.
    "anthropic": Rates(15.0, 75.0, 1.5, 18.75, 30.0, "fallback"),
    "openai": Rates(10.0, 40.0, 2.5, 12.5, 12.5, "fallback"),
    "gemini": Rates(4.0, 18.0, 0.4, 4.0, 4.0, "fallback"),
}
BATCH = 0.5
"""Share of the plain price that the requests of a message batch cost (Anthropic's price list)."""
PROVIDER_IDS = {"gemini": "google", "bedrock": "aws"}
"""Our names for providers → those of genai-prices, where they differ."""
_PROBE = 1_000_000


def _float(value: Decimal | float | None) -> float:
    return float(value or 0)


def _table_rates(model: str, provider: str) -> Rates | None:
    from genai_prices import Usage as TableUsage
    from genai_prices import calc_price

    def price(**tokens: int) -> float:
        found = calc_price(TableUsage(**tokens), model, provider_id=PROVIDER_IDS.get(provider, provider))
        return _float(found.total_price)

    small = 1_000  # below every tier's threshold, so that the base price is read
    try:
        new = price(input_tokens=small)
        out = price(output_tokens=small)
        read = price(input_tokens=small, cache_read_tokens=small)
        write = price(input_tokens=small, cache_write_tokens=small)
        hour = price(input_tokens=small, cache_write_tokens=small, cache_write_1h_tokens=small)
    except (LookupError, ValueError, TypeError) as error:
        log.debug("no price for %s/%s: %s", provider, model, error)
        return None
    if new <= 0:
        return None
    scale = _PROBE / small
    return Rates(
        new * scale, out * scale, read * scale, (write or new) * scale, (hour or write or new) * scale, "table"
    )


@lru_cache(maxsize=512)
def _table(model: str, provider: str) -> Rates | None:
    rates = _table_rates(model, provider)
    if rates is None and "/" in model:
        return _table_rates(model.rsplit("/", 1)[1], provider)
    return rates


class Prices:
    """Prices by model, with an operator's overrides from a JSON file.

    The file maps a model name to ``{"input": 3, "output": 15, "cache_read": 0.3, "cache_write_5m": 3.75,
    "cache_write_1h": 6}`` in USD per million tokens; input and output are required.
    """

    def __init__(self, overrides: Mapping[str, Rates] | None = None) -> None:
        self._overrides = overrides or {}

    @classmethod
    def load(cls, path: Path | None, known: Mapping[str, Rates] | None = None) -> Prices:
        """Read the overrides, which come before what is ``known``. Raises ``ValueError`` saying what is wrong with the file."""
        known = known or {}
        if path is None:
            return cls(known)
        try:
            table = json.loads(path.expanduser().read_text("utf-8"))
        except OSError as error:
            raise ValueError(f"prices file {path} can't be read: {error.strerror}") from None
        except ValueError as error:
            raise ValueError(f"prices file {path} is not JSON: {error}") from None
        if not isinstance(table, dict):
            raise ValueError(f"prices file {path} must hold one object of model names")  # noqa: TRY004 - bad file, not type
        return cls({**known, **{name: _override(path, name, row) for name, row in table.items()}})

    def rates(self, model: str, provider: str) -> Rates:
        """The rates of a model; ``source`` tells how sure they are."""
        found = self._overrides.get(model) or _table(model, provider)
        return found or FALLBACK.get(provider, FALLBACK["anthropic"])

    @staticmethod
    def warm() -> None:
        """Load the table now (half a second) instead of at the first call."""
        _table("claude-sonnet-4-5", "anthropic")

    def cost(self, model: str, provider: str, usage: Usage) -> float:
        """Dollars for one usage of a model."""
        return self.rates(model, provider).cost(usage)

    def of(self, exchange: Exchange) -> Rates:
        """The prices that hold for one call."""
        rates = self.rates(exchange.model, exchange.provider)
        return rates.times(BATCH) if exchange.obstacle == "batch" else rates


def _override(path: Path, name: str, row: Any) -> Rates:
    try:
        new, out = float(row["input"]), float(row["output"])
        return Rates(
            new,
            out,
            float(row.get("cache_read", new)),
            float(row.get("cache_write_5m", new)),
            float(row.get("cache_write_1h", row.get("cache_write_5m", new))),
            "override",
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ValueError(
            f"prices file {path}: {name!r} needs numbers for input and output, in USD per million tokens"
        ) from None
