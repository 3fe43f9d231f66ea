"""Streams with retrieval rounds woven in, one file a wire format."""

from __future__ import annotations

from headroom.exchange import Wire
from headroom.retrieval.weave.anthropic import AnthropicWeaver
from headroom.retrieval.weave.gemini import GeminiWeaver
from headroom.retrieval.weave.openai_chat import OpenAIChatWeaver
from headroom.retrieval.weave.openai_responses import OpenAIResponsesWeaver
from headroom.retrieval.weave.weaver import Weaver


def weaver_for(wire: Wire) -> Weaver:
    """A fresh weaver for one turn."""
    match wire:
        case Wire.ANTHROPIC:
            return AnthropicWeaver()
        case Wire.OPENAI_CHAT:
            return OpenAIChatWeaver()
        case Wire.OPENAI_RESPONSES:
            return OpenAIResponsesWeaver()
        case Wire.GEMINI:
            return GeminiWeaver()


__all__ = ["Weaver", "weaver_for"]
