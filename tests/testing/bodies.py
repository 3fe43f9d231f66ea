"""One good request a wire format, with signed thinking, a tool call and its answer."""

from headroom.testing.ledger import Ledger
from headroom.testing.validate import anthropic, gemini, openai_responses

LEDGER = Ledger()
SIGNED = LEDGER.seal.sign(anthropic.THINKING, "hm")
REASONED = LEDGER.seal.sign(openai_responses.REASONING, "hm")
CALL_ARGS = {"path": "/"}
THOUGHT = LEDGER.seal.sign(gemini.THOUGHT, gemini.sealed_call("ls", CALL_ARGS))

MESSAGES = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 2000,
    "system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
    "tools": [{"name": "ls", "description": "list", "input_schema": {"type": "object"}}],
    "messages": [
        {"role": "user", "content": "What is there?"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": SIGNED},
                {"type": "text", "text": "Looking."},
                {"type": "tool_use", "id": "toolu_1", "name": "ls", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "a b"}]},
                {"type": "text", "text": "Go on.", "cache_control": {"type": "ephemeral"}},
            ],
        },
    ],
}
CHAT = {
    "model": "gpt-5.4",
    "tools": [{"type": "function", "function": {"name": "ls", "parameters": {"type": "object"}}}],
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "What is there?"}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "ls", "arguments": "{}"}},
                {"id": "call_2", "type": "function", "function": {"name": "ls", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_2", "content": "b"},
        {"role": "tool", "tool_call_id": "call_1", "content": "a"},
    ],
}
RESPONSES = {
    "model": "gpt-5.4",
    "instructions": "Be kind.",
    "store": False,
    "tools": [{"type": "function", "name": "ls", "parameters": {"type": "object"}}, {"type": "web_search"}],
    "input": [
        {"role": "user", "content": "What is there?"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": REASONED},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "ls", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "a b"},
    ],
}
GENERATE = {
    "systemInstruction": {"parts": [{"text": "Be kind."}]},
    "tools": [{"functionDeclarations": [{"name": "ls", "parameters": {"type": "OBJECT"}}]}],
    "contents": [
        {"role": "user", "parts": [{"text": "What is there?"}]},
        {
            "role": "model",
            "parts": [
                {"functionCall": {"id": "f1", "name": "ls", "args": CALL_ARGS}, "thoughtSignature": THOUGHT},
                {"functionCall": {"id": "f2", "name": "ls", "args": {}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": "f1", "name": "ls", "response": {"output": "a"}}},
                {"functionResponse": {"id": "f2", "name": "ls", "response": {"output": "b"}}},
            ],
        },
    ],
}
