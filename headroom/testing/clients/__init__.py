"""What real clients do, one file a wire format: build the next request from the history, read the answer, keep it."""

from headroom.exchange import Wire
from headroom.testing.clients.anthropic import AnthropicClient
from headroom.testing.clients.gemini import GeminiClient
from headroom.testing.clients.openai_chat import ChatClient
from headroom.testing.clients.openai_responses import ResponsesClient
from headroom.testing.clients.protocol import Client, Reading, ToolRequest

CLIENTS: dict[Wire, type[Client]] = {
    Wire.ANTHROPIC: AnthropicClient,
    Wire.OPENAI_CHAT: ChatClient,
    Wire.OPENAI_RESPONSES: ResponsesClient,
    Wire.GEMINI: GeminiClient,
}

__all__ = ["CLIENTS", "Client", "Reading", "ToolRequest"]
