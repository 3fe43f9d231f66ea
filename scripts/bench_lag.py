"""How late the event loop is while large bodies are compressed: /livez every 50 ms from outside, and the loop's own figures.

Each row is a fresh proxy under the same light load of growing agent conversations; the rows after the first add bodies
whose one tool result is new each time. Machines are noisy: compare the rows of one run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import aiohttp

from headroom.testing import GatewayProcess, LLMProcess

HEADERS = {"x-api-key": "sk-bench", "anthropic-version": "2023-06-01", "content-type": "application/json"}
EVERY = 0.05


def body(size: int, rng: random.Random) -> bytes:
    """A request whose tool result is about ``size`` bytes of JSON rows."""
    rows = [
        {"id": i, "name": f"user-{rng.randrange(10**6)}", "note": "x" * (i % 40), "at": rng.random()}
        for i in range(size // 90)
    ]
    messages = [
        {"role": "user", "content": f"list the users of {rng.randrange(10**9)} please"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "mcp__db__q", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": json.dumps(rows)}]},
    ]
    tools = [{"name": "mcp__db__q", "input_schema": {"type": "object"}}]
    return json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 9, "tools": tools, "messages": messages}).encode()


def at(share: float, values: list[float]) -> float:
    """A percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


async def row(size: int, seconds: float, provider: str) -> None:
    """One proxy, probed while bodies of ``size`` bytes come one after the other; none with 0."""
    rng = random.Random(1)
    large = [body(size, rng) for _ in range(8)] if size else []
    small = [body(20_000, rng) for _ in range(200)]
    with (
        tempfile.TemporaryDirectory() as folder,
        GatewayProcess(provider, Path(folder), ["--no-rate-limit"], patience=60) as gateway,
    ):
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:

            async def send(raw: bytes) -> None:
                url = gateway.base_url + "/v1/messages"
                async with session.post(url, data=raw, headers=HEADERS) as answer:
                    await answer.read()

            async def keep_sending(bodies: list[bytes], pause: float) -> int:
                count = 0
                while time.monotonic() < ends:
                    await send(bodies[count % len(bodies)].replace(b"please", b"please %d" % count))
                    count += 1
                    await asyncio.sleep(pause)
                return count

            await send(small[0])  # what is loaded on first use
            async with session.post(gateway.base_url + "/stats/reset") as answer:
                answer.raise_for_status()
            took: list[float] = []
            ends = time.monotonic() + seconds
            load = [asyncio.ensure_future(keep_sending(small, 0.1))]
            if large:
                load.append(asyncio.ensure_future(keep_sending(large, 0.1)))
            while time.monotonic() < ends:
                began = time.monotonic()
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(gateway.base_url + "/livez") as answer:
                        await answer.read()
                took.append(1e3 * (time.monotonic() - began))
                await asyncio.sleep(max(0.0, EVERY - (time.monotonic() - began)))
            counts = await asyncio.gather(*load)
            async with session.get(gateway.base_url + "/stats") as answer:
                lag = (await answer.json())["event_loop"]["lag"]
    what = f"and {counts[1]} of {size / 1e6:g} MB" if size else ""
    print(
        f"| {counts[0]:4} of 20 KB {what:14} | {at(0.5, took):7.1f} {at(0.99, took):7.1f} {max(took):7.1f} "
        f"| {lag['p50_ms']:7.1f} {lag['p99_ms']:7.1f} {lag['max_ms']:7.1f} |",
        flush=True,
    )


def main() -> int:
    """Run all rows."""
    parser = argparse.ArgumentParser(prog="scripts/bench lag", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="for each row")
    parser.add_argument("--size", type=int, action="append", help="bytes of the large bodies; may be given again")
    asked = parser.parse_args()
    print("| bodies                      | /livez p50, p99, max ms | loop lag p50, p99, max ms |")
    print("|-----------------------------|-------------------------|---------------------------|")
    with LLMProcess(patience=60) as provider:
        for size in [0, *(asked.size or [1_000_000, 5_000_000])]:
            asyncio.run(row(size, asked.seconds, provider.base_url))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
