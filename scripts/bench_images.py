#!/usr/bin/env python3
"""A made session of an agent that looks at screenshots, with and without headroom's handling of images, turn by turn.

    scripts/bench_images.py [--turns N] [--model NAME] [--edge WIDTHxHEIGHT] [--json FILE]

Every fourth screenshot is one that came before, as when an agent looks whether its change has an effect; every fifth is a JPEG.
Bytes are those of all requests together, since each turn sends the whole conversation again; tokens are the provider's published
formula for images and o200k_base for texts. The time is CPU time of this process for deciding what is new, for each image.
"""

import argparse
import json
import sys
import time
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image, ImageDraw

from headroom.compress.images import ImageSize
from headroom.exchange import Exchange, Wire
from headroom.pipeline.conversation import Conversations
from headroom.pipeline.counts import Counts
from headroom.pipeline.ledger import Ledger
from headroom.pipeline.pipeline import Pipeline
from headroom.pipeline.vision import vision_for
from headroom.pipeline.workers import Workers
from headroom.settings import Settings
from headroom.store.memory import MemoryStore


def screenshot(seed: int, width: int, height: int, kind: str) -> bytes:
    """A page as a browser shows it: boxes, lines of text, and one photograph."""
    random = Random(seed)
    image = Image.new("RGB", (width, height), (250, 250, 250))
    pen = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = random.randrange(width), random.randrange(height)
        colour = tuple(random.randrange(160, 255) for _ in range(3))
        pen.rectangle((x, y, x + random.randrange(width // 3), y + random.randrange(height // 6)), fill=colour)
    for line in range(0, height, 22):
        words = " ".join(f"{random.choice(WORDS)}{random.randrange(99)}" for _ in range(width // 90))
        pen.text((20, line), words, fill=(20, 20, 40))
    photograph = Image.effect_noise((width // 4, height // 4), 60).convert("RGB")
    image.paste(photograph, (width // 2, height // 2))
    out = BytesIO()
    image.save(out, kind, **({"compress_level": 6} if kind == "PNG" else {"quality": 90}))
    return out.getvalue()


WORDS = [
    "total",
    "user",
    "order",
    "amount",
    "shipped",
    "pending",
    "review",
    "column",
    "setting",
    "save",
    "cancel",
    "error",
    "field",
    "value",
    "name",
]


def request(model: str, shots: list[tuple[bytes, str]]) -> bytes:
    """What the agent sends with these screenshots behind it."""
    messages: list[dict[str, object]] = [{"role": "user", "content": "Make the table of orders fit the page."}]
    for turn, (data, kind) in enumerate(shots):
        call = {"type": "tool_use", "id": f"t{turn}", "name": "screenshot", "input": {"n": turn}}
        source = {"type": "base64", "media_type": f"image/{kind.lower()}", "data": b64encode(data).decode()}
        content = [{"type": "image", "source": source}]
        messages.append({"role": "assistant", "content": [{"type": "text", "text": "Let me look."}, call]})
        messages.append(
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"t{turn}", "content": content}]}
        )
    return json.dumps({"model": model, "max_tokens": 1000, "messages": messages}).encode()


def session(turns: int, width: int, height: int) -> list[tuple[bytes, str]]:
    """The screenshots of a session."""
    shots: list[tuple[bytes, str]] = []
    for turn in range(turns):
        kind = "JPEG" if turn % 5 == 4 else "PNG"
        shots.append(shots[turn - 2] if turn % 4 == 3 else (screenshot(turn, width, height, kind), kind))
    return shots


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=12)
    parser.add_argument("--model", default="claude-sonnet-4-5")
    parser.add_argument("--edge", default="2560x1440")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    width, height = map(int, asked.edge.split("x"))
    shots = session(asked.turns, width, height)
    settings, store = Settings(), MemoryStore(now=time.time)
    pipeline = Pipeline(
        settings,
        ledger=Ledger(store),
        originals=None,
        conversations=Conversations(settings, store, promises=False),
        workers=Workers(),
        counts=Counts(),
    )
    pipeline.load()
    bytes_in = bytes_out = tokens_in = tokens_out = 0
    seconds: list[float] = []
    for turn in range(1, asked.turns + 1):
        raw = request(asked.model, shots[:turn])
        exchange = Exchange("bench", 0.0, 0.0, Wire.ANTHROPIC, "anthropic", "POST", "/v1/messages", "", body_in=raw)
        plan = pipeline.plan(exchange, now=time.time())
        assert plan is not None
        began = time.process_time()
        pipeline.work(plan, seconds=60.0)
        seconds.append(time.process_time() - began)
        pipeline.finish(plan)
        pipeline.count(plan)
        bytes_in += len(raw)
        bytes_out += len(exchange.body_out)
        tokens_in += exchange.tokens_before
        tokens_out += exchange.tokens_after
        fresh = [verdict for verdict in exchange.verdicts if verdict.fresh and verdict.content_kind == "image"]
        print(
            f"turn {turn:>3}  {len(raw):>12,} -> {len(exchange.body_out):>12,} bytes  "
            f"{exchange.tokens_before:>7,} -> {exchange.tokens_after:>7,} tokens  {seconds[-1] * 1e3:>5.0f} ms  "
            + ", ".join(verdict.why for verdict in fresh)
        )
    free = vision_for(asked.model, Wire.ANTHROPIC).free_size(ImageSize("png", width, height), "")
    figures = {
        "model": asked.model,
        "screenshot": [width, height],
        "sent as": free or [width, height],
        "bytes": [bytes_in, bytes_out],
        "tokens": [tokens_in, tokens_out],
        "cpu_ms_an_image": round(1e3 * sum(seconds) / len(seconds), 1),
    }
    print(
        f"\nall turns: {bytes_in:,} -> {bytes_out:,} bytes ({1 - bytes_out / bytes_in:.0%} less), "
        f"{tokens_in:,} -> {tokens_out:,} tokens ({1 - tokens_out / tokens_in:.1%} less); of {width}x{height} the model sees "
        f"{'x'.join(map(str, free)) if free else 'all'}"
    )
    if asked.json is not None:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
