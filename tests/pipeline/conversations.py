"""Conversations as agents build them: one more call and result a turn, everything resent, in all four formats."""

import json
import random

from headroom.exchange import Exchange, Wire

TOOLS = ("Bash", "Read", "Grep", "mcp__db__query")


def rows(rng, count):
    return json.dumps(
        [
            {
                "id": 1000 + i,
                "name": f"user-{rng.randrange(9999)}",
                "state": rng.choice(["active", "idle"]),
                "score": rng.random(),
            }
            for i in range(count)
        ],
        indent=2,
    )


def log(rng, count):
    out = []
    for i in range(count):
        level = "ERROR" if rng.random() < 0.01 else "INFO"
        out.append(
            f"2026-11-21 10:{i // 60 % 60:02}:{i % 60:02},{rng.randrange(999):03} {level} worker-{rng.randrange(8)} processed job {i} in {rng.randrange(90)} ms"
        )
    return "\n".join(out) + "\n"


def hits(rng, count):
    return "".join(
        f"src/pkg/module_{rng.randrange(9)}.py:{i * 7 + 1}:    value = compute_{rng.randrange(50)}(index)\n"
        for i in range(count)
    )


def result(rng):
    maker = rng.choice([rows, log, hits])
    return maker(rng, rng.choice([1, 12, 60, 250]))


def turns(seed, count):
    """(tool, arguments, result, error?) of each turn."""
    rng = random.Random(seed)
    out = []
    for i in range(count):
        tool = rng.choice(TOOLS)
        arguments = {
            "Bash": {"command": f"make check-{i}"},
            "Read": {"file_path": f"/repo/a{i}.py"},
            "Grep": {"pattern": "compute_7"},
            "mcp__db__query": {"sql": f"select {i}"},
        }[tool]
        repeat = out and rng.random() < 0.15
        text = rng.choice(out)[2] if repeat else result(rng)
        out.append((tool, arguments, text, rng.random() < 0.05))
    return out


def body(wire, steps, *, tools=True, marked=True):
    """The request an agent sends when ``steps`` turns lie behind it."""
    ask = "Why does compute_7 fail for user-17? Look at the jobs and fix the rule."
    if wire is Wire.ANTHROPIC:
        messages = [{"role": "user", "content": ask}]
        for i, (tool, arguments, text, error) in enumerate(steps):
            messages.append(
                {
                    "role": "assistant",
                    "content": [
                        {"type": "text", "text": f"Step {i}."},
                        {"type": "tool_use", "id": f"toolu_{i}", "name": tool, "input": arguments},
                    ],
                }
            )
            block = {
                "type": "tool_result",
                "tool_use_id": f"toolu_{i}",
                "content": text if i % 2 else [{"type": "text", "text": text}],
            }
            if error:
                block["is_error"] = True
            messages.append({"role": "user", "content": [block]})
        if marked and steps:
            messages[-1]["content"][-1]["cache_control"] = {"type": "ephemeral"}
        request = {"model": "claude-sonnet-4-5", "max_tokens": 1000, "system": "You fix things.", "messages": messages}
        if tools:
            request["tools"] = [
                {"name": t, "description": f"Runs {t}.", "input_schema": {"type": "object", "properties": {}}}
                for t in TOOLS
            ]
    elif wire is Wire.OPENAI_CHAT:
        messages = [{"role": "system", "content": "You fix things."}, {"role": "user", "content": ask}]
        for i, (tool, arguments, text, _) in enumerate(steps):
            messages.append(
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": f"call_{i}",
                            "type": "function",
                            "function": {"name": tool, "arguments": json.dumps(arguments)},
                        }
                    ],
                }
            )
            messages.append({"role": "tool", "tool_call_id": f"call_{i}", "content": text})
        request = {"model": "gpt-4.1", "messages": messages}
        if tools:
            request["tools"] = [
                {"type": "function", "function": {"name": t, "parameters": {"type": "object", "properties": {}}}}
                for t in TOOLS
            ]
    elif wire is Wire.OPENAI_RESPONSES:
        items = [{"role": "user", "content": [{"type": "input_text", "text": ask}]}]
        for i, (tool, arguments, text, _) in enumerate(steps):
            items.append(
                {"type": "function_call", "call_id": f"call_{i}", "name": tool, "arguments": json.dumps(arguments)}
            )
            items.append({"type": "function_call_output", "call_id": f"call_{i}", "output": text})
        request = {"model": "gpt-5.1", "instructions": "You fix things.", "input": items, "store": False}
        if tools:
            request["tools"] = [
                {"type": "function", "name": t, "parameters": {"type": "object", "properties": {}}} for t in TOOLS
            ]
    else:
        contents = [{"role": "user", "parts": [{"text": ask}]}]
        for tool, arguments, text, _ in steps:
            contents.append({"role": "model", "parts": [{"functionCall": {"name": tool, "args": arguments}}]})
            contents.append(
                {"role": "user", "parts": [{"functionResponse": {"name": tool, "response": {"output": text}}}]}
            )
        request = {"contents": contents, "systemInstruction": {"parts": [{"text": "You fix things."}]}}
        if tools:
            request["tools"] = [
                {
                    "functionDeclarations": [
                        {"name": t, "description": "x", "parameters": {"type": "OBJECT", "properties": {}}}
                        for t in TOOLS
                    ]
                }
            ]
    return json.dumps(request, ensure_ascii=False).encode()


PROVIDER = {
    Wire.ANTHROPIC: "anthropic",
    Wire.OPENAI_CHAT: "openai",
    Wire.OPENAI_RESPONSES: "openai",
    Wire.GEMINI: "gemini",
}
PATH = {
    Wire.ANTHROPIC: "/v1/messages",
    Wire.OPENAI_CHAT: "/v1/chat/completions",
    Wire.OPENAI_RESPONSES: "/v1/responses",
    Wire.GEMINI: "/v1beta/models/gemini-2.5-pro:generateContent",
}


def exchange(wire, raw):
    return Exchange("hr_1", 0.0, 0.0, wire, PROVIDER[wire], "POST", PATH[wire], "http://upstream", body_in=raw)
