"""Sessions of agents that drive a browser: after each action the whole page, as Playwright's or Chrome's server tells it."""

import random

from tests.replay.generated import Session

MODELS = (
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-opus-4-5"),
    ("openai", "gpt-4o"),
    ("openai", "gpt-5.6"),
    ("responses", "gpt-5.1"),
)
MARKS = ("one", "two", "last messages", "none")
"""Where Anthropic's clients lay their marks: on the last result, on the last two, on the last two messages, nowhere."""
WORDS = (
    "oak",
    "steel",
    "blue",
    "red",
    "chair",
    "table",
    "lamp",
    "shelf",
    "mug",
    "paper",
    "order",
    "stock",
    "review",
    "gift",
)
PLAYWRIGHT = ("browser_navigate", "browser_click", "browser_type", "browser_snapshot", "browser_wait_for")
DEVTOOLS = ("navigate_page", "click", "fill", "take_snapshot", "wait_for")


def page(rng, url, size, *, style, serial, first=0):
    """A page's tree of about ``size`` bytes. ``first``: its elements' first handle; a browser may count on or anew."""
    lines, length, n = [], 0, first
    while length < size:
        what = f"{rng.choice(WORDS)} {rng.choice(WORDS)} {rng.randrange(9999)}"
        if style == "ref":
            lines += [
                f"      - listitem [ref=e{n}]:",
                f'        - link "{what}" [ref=e{n + 1}] [cursor=pointer]:',
                f"          - /url: /item/{rng.randrange(10**6)}",
                f'        - button "Add to cart" [ref=e{n + 2}] [cursor=pointer]',
            ]
        else:
            lines += [
                f"  uid={serial}_{n} listitem",
                f'    uid={serial}_{n + 1} link "{what}" url="https://shop.example/item/{rng.randrange(10**6)}"',
                f'    uid={serial}_{n + 2} button "Add to cart"',
            ]
        n += 3
        length += sum(len(line) + 1 for line in lines[-4:])
    if style == "ref":
        head = ["### Page state", f"- Page URL: {url}", "- Page Title: Shop", "- Page Snapshot:", "```yaml"]
        return "\n".join([*head, "  - main [ref=e1]:", "    - list [ref=e2]:", *lines, "```"]) + "\n"
    return "\n".join([f'## Page content\nuid={serial}_a RootWebArea "Shop" url="{url}"', *lines]) + "\n"


class Browsing(Session):
    """A browser agent at work."""

    def __init__(self, seed, *, turns=None):
        super().__init__(seed, turns=turns)
        self.rng = rng = random.Random(seed * 7919 + 1)
        self.wire, self.model = MODELS[seed % len(MODELS)]
        self.turns = turns or rng.choice((10, 14, 20, 30, 45, 60))
        self.style = rng.choice(("ref", "uid"))
        self.tools = [f"mcp__browser__{name}" for name in (PLAYWRIGHT if self.style == "ref" else DEVTOOLS)]
        self.told = "x" * rng.choice((20, 900, 3000))
        self.where = rng.choice(MARKS)
        self.marks = self.where != "none"
        self.size = rng.choice((9_000, 20_000, 40_000, 90_000))
        self.sites = rng.choice((1, 2, 5, 40))
        self.grows = rng.random() < 0.5
        self.seen = {}
        self.pause = rng.choice((0.02, 0.1))

    def run(self):
        lane = self.opening(0)
        for turn in range(self.turns):
            self.send(lane)
            if self.rng.random() < 0.05:
                self.t += 2
                self.send(lane)
            self.step(lane, turn)
            if self.rng.random() < 0.08:
                lane.append(("user", f"Good. Now compare it with offer {turn}."))
            self.t += self.rng.choice((4, 9, 20, 45)) if self.rng.random() > self.pause else self.rng.uniform(60, 3600)
        self.send(lane)
        return self.calls

    def step(self, lane, turn):
        rng = self.rng
        self.serial += 1
        url = f"https://shop.example/page/{rng.randrange(self.sites)}"
        name = rng.choice(self.tools)
        if rng.random() < 0.1:
            text = "### Result\nThe dialog was closed.\n"
        elif rng.random() < 0.15 and url in self.seen:
            text = self.seen[url]  # nothing has changed
        else:
            first = self.serial * 3000 if self.grows else 10
            text = page(
                random.Random(url) if rng.random() < 0.7 else rng,
                url,
                self.size * rng.uniform(0.4, 1.4),
                style=self.style,
                serial=self.serial,
                first=first,
            )
            self.seen[url] = text
        given = {} if "snapshot" in name else {"element": f"button {turn}", "target": f"e{turn}"}
        lane.append(("call", f"c{self.serial}", name, given, f"Step {turn}: I go on with the list, then the cart."))
        lane.append(("result", f"c{self.serial}", name, text))

    def _anthropic(self, lane):
        body = super()._anthropic(lane)
        body["tools"] = [{"name": t, "description": self.told, "input_schema": {"type": "object"}} for t in self.tools]
        if self.where in {"one", "last messages"}:
            for message in body["messages"]:
                for block in message["content"]:
                    block.pop("cache_control", None)
            for message in body["messages"][-1 if self.where == "one" else -2 :]:
                message["content"][-1]["cache_control"] = {"type": "ephemeral", **self.ttl}
        return body

    def _openai(self, lane):
        body = super()._openai(lane)
        function = {"description": self.told, "parameters": {"type": "object"}}
        body["tools"] = [{"type": "function", "function": {"name": t, **function}} for t in self.tools]
        return body

    def _responses(self, lane):
        body = super()._responses(lane)
        body["tools"] = [
            {"type": "function", "name": t, "description": self.told, "parameters": {"type": "object"}}
            for t in self.tools
        ]
        return body
