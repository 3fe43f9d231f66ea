"""Agent sessions as they really go: retries, forks, idle hours, compaction by the client, subagents side by side."""

import json
import random

from headroom.replay.capture import Call

MODELS = (
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-opus-4-1"),
    ("anthropic", "claude-haiku-4-5"),
    ("openai", "gpt-4o"),
    ("openai", "gpt-5.1"),
    ("openai", "gpt-5.6"),
    ("responses", "gpt-5.1"),
    ("gemini", "gemini-2.5-pro"),
)
TOOLS = ("Bash", "Read", "Edit", "mcp__db__query")
RULES = "\n".join(
    f"{i}. When part {i} of the work is done, say in one sentence what was learnt and which file it changed."
    for i in range(300)
).splitlines(keepends=True)


def _rows(rng):
    return json.dumps(
        [
            {"id": 100 + i, "name": f"user-{rng.randrange(99)}", "state": rng.choice(("active", "idle")), "score": i}
            for i in range(rng.choice((4, 20, 45)))
        ],
        indent=2,
    )


def _log(rng):
    return "".join(
        f"2026-11-21 10:{i // 60:02}:{i % 60:02} {'ERROR' if rng.random() < 0.02 else 'INFO'} worker-{i % 4} processed job {i}\n"
        for i in range(rng.choice((5, 40, 120)))
    )


def _source(rng, revision):
    return "".join(
        f"{i + 1}\tdef rule_{i}(x): return x + {i * 7 + revision}\n" for i in range(rng.choice((10, 40, 90)))
    )


def _notes(rng):
    return f"exit status {rng.randrange(3)}\n" + "nothing to report\n" * rng.randrange(3)


class Session:
    """One client at work; every ``call`` resends the whole history, as agents do."""

    def __init__(self, seed, *, turns=None):
        self.rng = rng = random.Random(seed)
        self.wire, self.model = MODELS[seed % len(MODELS)]
        self.turns = turns or rng.choice((10, 12, 15, 20, 30, 45, 10, 12, 25, 80 if seed % 5 else 200))
        self.seed = seed
        self.rules = "".join(RULES[: rng.choice((3, 30, 70, 300))])
        self.marks = rng.random() < 0.8
        self.ttl = {"ttl": "1h"} if rng.random() < 0.2 else {}
        self.t = 1_800_000_000.0
        self.calls = []
        self.serial = 0
        self.revisions = {}

    def run(self):
        lanes = [self.opening(lane) for lane in range(self.rng.choice((1, 1, 1, 2, 3)))]
        for turn in range(self.turns):
            lane = lanes[turn % len(lanes)]
            self.send(lane)
            if self.rng.random() < 0.1:
                self.t += 2
                self.send(lane)  # a retry
            self.step(lane, turn)
            happening = self.rng.random()
            if happening < 0.03 and len(lane) > 9:
                self.compact(lane)
            elif happening < 0.06 and len(lane) > 9:
                del lane[-2 * self.rng.randrange(1, 3) :]  # the user goes back and tries another way
                lane.append(("user", f"Try it differently, please ({turn})."))
            elif happening < 0.16 and turn % 9 == 0:
                lane.append(("user", f"Now look at part {turn} of the work."))
            self.t += self.rng.choice((8, 15, 25, 40)) if self.rng.random() < 0.94 else self.rng.uniform(60, 7200)
        for lane in lanes:
            self.send(lane)
        return self.calls

    def opening(self, lane):
        return [("user", f"Why does rule_{self.rng.randrange(30)} fail for user-17? Part {lane}, session {self.seed}.")]

    def step(self, lane, turn):
        rng = self.rng
        tool = rng.choice(TOOLS)
        path = f"/repo/mod{rng.randrange(3)}.py"
        if tool == "Bash":
            given, text = {"command": f"make check-{rng.randrange(9)}"}, rng.choice((_log, _log, _notes))(rng)
        elif tool == "Read":
            given, text = {"file_path": path}, _source(rng, self.revisions.get(path, 0))
        elif tool == "Edit":
            self.revisions[path] = self.revisions.get(path, 0) + 1
            given, text = {"file_path": path, "old_string": "a", "new_string": "b"}, "The file was changed."
        else:
            given, text = {"sql": f"select {turn}"}, _rows(rng)
        self.serial += 1
        lane.append(("call", f"c{self.serial}", tool, given, f"Step {turn}: I look at it with {tool}."))
        lane.append(("result", f"c{self.serial}", tool, text))

    @staticmethod
    def compact(lane):
        lane[:] = [("user", "Summary of the work so far: the rules were read and two of them were changed. Go on.")]

    def send(self, lane):
        body = getattr(self, f"_{self.wire}")(lane)
        path, host = {
            "anthropic": ("/v1/messages", "api.anthropic.com"),
            "openai": ("/v1/chat/completions", "api.openai.com"),
            "responses": ("/v1/responses", "api.openai.com"),
            "gemini": (f"/v1beta/models/{self.model}:generateContent", "generativelanguage.googleapis.com"),
        }[self.wire]
        headers = (("Host", host), ("Authorization", "Bearer sk-test"))
        if self.wire == "anthropic":
            headers = (("Host", host), ("x-api-key", "sk-ant-test"), ("anthropic-version", "2023-06-01"))
        self.calls.append(Call(f"s{self.seed}", self.t, "POST", path, headers, json.dumps(body).encode()))

    def _anthropic(self, lane):
        messages = []
        for entry in lane:
            if entry[0] == "user":
                block = {"type": "text", "text": entry[1]}
                if messages and messages[-1]["role"] == "user":
                    messages[-1]["content"].append(block)
                else:
                    messages.append({"role": "user", "content": [block]})
            elif entry[0] == "call":
                use = {"type": "tool_use", "id": entry[1], "name": entry[2], "input": entry[3]}
                messages.append({"role": "assistant", "content": [{"type": "text", "text": entry[4]}, use]})
            else:
                block = {"type": "tool_result", "tool_use_id": entry[1], "content": entry[3]}
                messages.append({"role": "user", "content": [block]})
        mark = {"cache_control": {"type": "ephemeral", **self.ttl}} if self.marks else {}
        if self.marks:
            for message in [m for m in messages if m["role"] == "user"][-2:]:
                message["content"][-1] = {**message["content"][-1], **mark}
        return {
            "model": self.model,
            "max_tokens": 1000,
            "system": [{"type": "text", "text": self.rules, **mark}],
            "tools": [{"name": t, "description": f"Runs {t}.", "input_schema": {"type": "object"}} for t in TOOLS],
            "messages": messages,
        }

    def _openai(self, lane):
        messages = [{"role": "system", "content": self.rules}]
        for entry in lane:
            if entry[0] == "user":
                messages.append({"role": "user", "content": entry[1]})
            elif entry[0] == "call":
                call = {"name": entry[2], "arguments": json.dumps(entry[3])}
                uses = [{"id": entry[1], "type": "function", "function": call}]
                messages.append({"role": "assistant", "content": entry[4], "tool_calls": uses})
            else:
                messages.append({"role": "tool", "tool_call_id": entry[1], "content": entry[3]})
        tools = [{"type": "function", "function": {"name": t, "parameters": {"type": "object"}}} for t in TOOLS]
        return {"model": self.model, "messages": messages, "tools": tools}

    def _responses(self, lane):
        items = []
        for entry in lane:
            if entry[0] == "user":
                items.append({"role": "user", "content": [{"type": "input_text", "text": entry[1]}]})
            elif entry[0] == "call":
                call = {"call_id": entry[1], "name": entry[2], "arguments": json.dumps(entry[3])}
                items.append({"type": "function_call", **call})
            else:
                items.append({"type": "function_call_output", "call_id": entry[1], "output": entry[3]})
        tools = [{"type": "function", "name": t, "parameters": {"type": "object"}} for t in TOOLS]
        return {"model": self.model, "instructions": self.rules, "input": items, "tools": tools, "store": False}

    def _gemini(self, lane):
        contents = []
        for entry in lane:
            if entry[0] == "user":
                contents.append({"role": "user", "parts": [{"text": entry[1]}]})
            elif entry[0] == "call":
                contents.append({"role": "model", "parts": [{"functionCall": {"name": entry[2], "args": entry[3]}}]})
            else:
                response = {"name": entry[2], "response": {"output": entry[3]}}
                contents.append({"role": "user", "parts": [{"functionResponse": response}]})
        declared = [{"name": t, "description": "x", "parameters": {"type": "OBJECT"}} for t in TOOLS]
        return {
            "contents": contents,
            "systemInstruction": {"parts": [{"text": self.rules}]},
            "tools": [{"functionDeclarations": declared}],
        }
