"""Complete answers and continued requests, one file a wire format."""

from __future__ import annotations

from headroom.exchange import Wire
from headroom.retrieval.turns.anthropic import AnthropicTurns
from headroom.retrieval.turns.gemini import GeminiTurns
from headroom.retrieval.turns.openai_chat import OpenAIChatTurns
from headroom.retrieval.turns.openai_responses import OpenAIResponsesTurns
from headroom.retrieval.turns.parts import Block, Kind, Result, Round, Turns

ANTHROPIC = AnthropicTurns()
OPENAI_CHAT = OpenAIChatTurns()
OPENAI_RESPONSES = OpenAIResponsesTurns()
GEMINI = GeminiTurns()


def turns_for(wire: Wire) -> Turns:
    """The answers of a wire format; stateless and shared."""
    match wire:
        case Wire.ANTHROPIC:
            return ANTHROPIC
        case Wire.OPENAI_CHAT:
            return OPENAI_CHAT
        case Wire.OPENAI_RESPONSES:
            return OPENAI_RESPONSES
        case Wire.GEMINI:
            return GEMINI


__all__ = ["Block", "Kind", "Result", "Round", "Turns", "turns_for"]
