"""Wire formats: request bodies as byte spans, answers as counts, streams as whole events."""

from __future__ import annotations

from headroom.exchange import Wire
from headroom.wire.anthropic import AnthropicDialect
from headroom.wire.bedrock import BedrockDialect
from headroom.wire.dialect import Dialect
from headroom.wire.gemini import GeminiDialect
from headroom.wire.openai_chat import OpenAIChatDialect
from headroom.wire.openai_responses import OpenAIResponsesDialect

ANTHROPIC = AnthropicDialect()
BEDROCK = BedrockDialect()
GEMINI = GeminiDialect()
OPENAI_CHAT = OpenAIChatDialect()
OPENAI_RESPONSES = OpenAIResponsesDialect()


def dialect_for(wire: Wire, provider: str = "") -> Dialect:
    """The dialect of a wire format as the provider speaks it; all of them are stateless and shared."""
    match wire:
        case Wire.ANTHROPIC:
            return BEDROCK if provider == "bedrock" else ANTHROPIC
        case Wire.OPENAI_CHAT:
            return OPENAI_CHAT
        case Wire.OPENAI_RESPONSES:
            return OPENAI_RESPONSES
        case Wire.GEMINI:
            return GEMINI


__all__ = ["Dialect", "dialect_for"]
