"""What providers bill for a prompt, offline: the prompt caches of ``headroom.testing.cache`` with each model's minimum.

Output is taken from the record; it is the same whichever way the prompt went.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headroom.exchange import Usage, Wire
from headroom.pipeline.economics import cache_minimum
from headroom.testing import cache
from headroom.testing.tokens import Tokens

CHARGES_WRITES = ("gpt-5.6", "gpt-5.7", "gpt-5.8", "gpt-5.9", "gpt-6")
"""OpenAI's models that bill cache writes."""


def texts_of(wire: Wire, body: Mapping[str, Any], items: Iterable[Mapping[str, Any]] = ()) -> list[str]:
    """A prompt as its texts, in the order in which the provider reads them; cache marks left out."""
    if wire is Wire.ANTHROPIC:
        return [block.text for block in cache._blocks(body)]
    if wire is Wire.OPENAI_CHAT:
        return list(cache.chat_texts(body))
    if wire is Wire.OPENAI_RESPONSES:
        return list(cache.responses_texts(body, items))
    return list(cache.gemini_texts(body))


class Simulator:
    """One world of providers; each ``bill`` also writes their caches."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens or Tokens()
        self._anthropic: dict[int, cache.AnthropicCache] = {}
        self._openai = cache.PrefixCache(self._tokens)
        self._gemini = cache.PrefixCache(self._tokens)

    def bill(
        self, wire: Wire, model: str, body: Mapping[str, Any], texts: list[str], *, scope: str, now: float
    ) -> Usage:
        """Input side of one prompt's usage. ``texts`` are those of ``texts_of``; ``scope`` is the credential."""
        if wire is Wire.ANTHROPIC:
            minimum = cache_minimum(model)
            if minimum not in self._anthropic:
                self._anthropic[minimum] = cache.AnthropicCache(self._tokens, minimum)
            return self._anthropic[minimum].bill(body, scope, now)
        if wire is Wire.GEMINI:
            return self._gemini.bill(texts, f"{scope}\0{model}", now)
        writes = model.rsplit("/", 1)[-1].startswith(CHARGES_WRITES)
        return self._openai.bill(texts, f"{scope}\0{model}", now, writes=writes)
