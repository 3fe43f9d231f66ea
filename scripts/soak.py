"""Memory over time: mixed load on several workers, an overload that passes, ten thousand flows under mitmweb.

Everything runs on loopback, bounded in time and number. What counts is the slope at the end, not the level.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import secrets
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
from aiohttp import web

from headroom.testing import GatewayProcess

ANTHROPIC = {"x-api-key": "sk-soak", "anthropic-version": "2023-06-01"}
USAGE = {"input_tokens": 500, "output_tokens": 12, "cache_read_input_tokens": 2_000, "cache_creation_input_tokens": 300}
WORDS = (
    "the",
    "disk",
    "was",
    "full",
    "and",
    "the",
    "job",
    "stopped",
    "so",
    "nothing",
    "was",
    "written",
    "after",
    "that",
)


# -- the provider --------------------------------------------------------------------------------------------------------
async def provider(trouble: float, rng: random.Random) -> tuple[web.AppRunner, str]:
    """Answers Messages, Chat Completions and Gemini at once; ``trouble`` is the share of calls that go wrong."""

    async def answer(request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        streams = "stream" in request.path
        with suppress(ValueError):
            streams = streams or bool(json.loads(raw).get("stream"))
        luck = rng.random()
        if luck < trouble / 2:
            return web.json_response(
                {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}, status=529
            )
        gemini = "generateContent" in request.path or "GenerateContent" in request.path
        if not streams:
            body = (
                {"candidates": [{"content": {"role": "model", "parts": [{"text": "Done."}]}, "finishReason": "STOP"}],
                 "usageMetadata": {"promptTokenCount": 500, "candidatesTokenCount": 12, "totalTokenCount": 512}}
                if gemini
                else {"id": "c", "object": "chat.completion", "model": "gpt-5", "choices": [
                    {"index": 0, "message": {"role": "assistant", "content": "Done."}, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 500, "completion_tokens": 12, "total_tokens": 512}}
                if "chat/completions" in request.path
                else {"id": "m", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
                      "content": [{"type": "text", "text": "Done."}], "stop_reason": "end_turn", "usage": USAGE}
            )  # fmt: skip
            return web.json_response(body)
        reply = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await reply.prepare(request)
        with suppress(ConnectionError):  # some clients leave
            for number, event in enumerate(events(gemini=gemini)):
                if luck > 1 - trouble / 2 and number == 4 and request.transport is not None:
                    request.transport.close()
                    return reply
                await reply.write(event)
                await asyncio.sleep(0.002)
            await reply.write_eof()
        return reply

    app = web.Application(client_max_size=1 << 28)
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    return runner, f"http://127.0.0.1:{port}"


def events(*, gemini: bool) -> list[bytes]:
    """A streamed answer."""
    if gemini:
        parts: list[dict[str, object]] = [
            {"candidates": [{"content": {"role": "model", "parts": [{"text": f"{w} "}]}}]} for w in WORDS
        ]
        parts.append({"candidates": [{"content": {"role": "model", "parts": [{"text": "."}]}, "finishReason": "STOP"}],
                      "usageMetadata": {"promptTokenCount": 500, "candidatesTokenCount": 12, "totalTokenCount": 512}})  # fmt: skip
        return [f"data: {json.dumps(part)}\r\n\r\n".encode() for part in parts]
    message = {"id": "m", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "content": [],
               "stop_reason": None, "usage": USAGE}  # fmt: skip
    made = [("message_start", {"message": message})]
    made += [("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}})]
    made += [("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": f"{w} "}}) for w in WORDS]
    made += [("content_block_stop", {"index": 0})]
    made += [("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 12}})]
    made += [("message_stop", {})]
    return [f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode() for name, data in made]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# -- the load --------------------------------------------------------------------------------------------------------------
class Conversation:
    """An agent's growing conversation, started anew after some turns."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.begin()

    def begin(self) -> None:
        """Start over."""
        self.turns = self.rng.randrange(5, 25)
        ask = f"Find out why job {self.rng.randrange(10**6)} failed."
        self.messages: list[dict[str, object]] = [{"role": "user", "content": ask}]

    def next(self) -> bytes:
        """The next request's body."""
        rng = self.rng
        if len(self.messages) > 2 * self.turns:
            self.begin()
        number = len(self.messages)
        lines = "\n".join(
            f"2026-11-21 10:{i // 60 % 60:02}:{i % 60:02} INFO worker-{rng.randrange(8)} job {rng.randrange(10**6)} done in {rng.randrange(90)} ms"
            for i in range(rng.randrange(10, 150))
        )
        use = {"type": "tool_use", "id": f"t{number}", "name": "Bash", "input": {"command": f"make t{number}"}}
        self.messages.append({"role": "assistant", "content": [use]})
        result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": lines}
        self.messages.append({"role": "user", "content": [result]})
        tools = [{"name": "Bash", "description": "Runs a command.", "input_schema": {"type": "object"}}]
        body = {"model": "claude-sonnet-4-5", "max_tokens": 100, "tools": tools, "messages": self.messages}
        return json.dumps(body | ({"stream": True} if rng.random() < 0.6 else {})).encode()


class Load:
    """Sends requests of many sorts at a rate, and counts how they end."""

    def __init__(self, base: str, seed: int) -> None:
        self.base = base
        self.rng = random.Random(seed)
        self.ended: Counter[str] = Counter()
        self.agents = [Conversation(self.rng) for _ in range(20)]

    async def one(self, session: aiohttp.ClientSession) -> None:
        """One request."""
        rng, luck = self.rng, self.rng.random()
        try:
            if luck < 0.60:
                await self._post(session, "/v1/messages", rng.choice(self.agents).next())
            elif luck < 0.70:
                body = {"model": "gpt-5", "messages": [{"role": "user", "content": f"hello {rng.randrange(10**9)}"}]}
                await self._post(
                    session, "/v1/chat/completions", json.dumps(body).encode(), {"authorization": "Bearer sk-x"}
                )
            elif luck < 0.80:
                body = {"contents": [{"role": "user", "parts": [{"text": f"hello {rng.randrange(10**9)}"}]}]}
                path = "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
                await self._post(session, path, json.dumps(body).encode(), {"x-goog-api-key": "k" * 20})
            elif luck < 0.88:
                key = {"x-api-key": f"sk-{secrets.token_hex(16)}"}
                await self._post(session, "/v1/messages", Conversation(rng).next(), key)
            elif luck < 0.92:
                await self._leave(session, rng.choice(self.agents).next())
            elif luck < 0.95:
                await self._post(session, "/v1/messages", b'{"model": "claude-sonnet-4-5", "messages": [{"role": ')
            elif luck < 0.97:
                big = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [
                    {"role": "user", "content": f"{rng.randrange(10**9)} " + "x" * 1_000_000}]}  # fmt: skip
                await self._post(session, "/v1/messages", json.dumps(big).encode())
            else:
                path = rng.choice(["/stats", "/metrics", "/stats-history", "/health", "/dashboard/requests"])
                async with session.get(self.base + path) as answer:
                    await answer.read()
                    self.ended[f"view {answer.status}"] += 1
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.ended[type(error).__name__] += 1

    async def _post(
        self, session: aiohttp.ClientSession, path: str, body: bytes, headers: dict[str, str] | None = None
    ) -> None:
        fields = {"content-type": "application/json", **(ANTHROPIC | (headers or {}))}
        async with session.post(self.base + path, data=body, headers=fields) as answer:
            await answer.read()
            self.ended[str(answer.status)] += 1

    async def _leave(self, session: aiohttp.ClientSession, body: bytes) -> None:
        body = json.dumps(json.loads(body) | {"stream": True}).encode()
        fields = {"content-type": "application/json", **ANTHROPIC}
        async with session.post(self.base + "/v1/messages", data=body, headers=fields) as answer:
            await answer.content.read(50)
        self.ended["left"] += 1


async def at_rate(load: Load, per_second: float, until: Callable[[], bool], *, most: int = 64) -> None:
    """Send until told to stop, at most ``most`` at once."""
    running: set[asyncio.Task[None]] = set()
    limits = aiohttp.TCPConnector(limit=most)
    async with aiohttp.ClientSession(connector=limits, timeout=aiohttp.ClientTimeout(total=60)) as session:
        due = time.monotonic()
        while not until():
            if len(running) < most:
                task = asyncio.ensure_future(load.one(session))
                running.add(task)
                task.add_done_callback(running.discard)
            due = max(due + 1 / per_second, time.monotonic() - 1)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        if running:
            await asyncio.wait(running, timeout=60)


# -- the memory ------------------------------------------------------------------------------------------------------------
def family(pid: int) -> list[int]:
    """A process and what descends from it."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            with suppress(OSError):
                waiting += [int(child) for child in task.read_text().split()]
    return found


def resident(pid: int) -> float:
    """Megabytes that a process and its children hold; what they share is counted once."""
    return sum(map(alone, family(pid)))


def alone(pid: int) -> float:
    """Megabytes that a process holds; of what it shares with others, its part."""
    with suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


async def caches(base: str) -> str:
    """What the caches of one process hold of their bounds, the largest first; with several workers, of one of them."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session,
            session.get(base + "/stats") as answer,
        ):
            shown = (await answer.json())["memory"]["caches"]
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError) as error:
        return f"caches unknown ({type(error).__name__})"
    rows = sorted(shown.items(), key=lambda row: -row[1]["bytes"])
    full = "  ".join(f"{name} {row['bytes'] / 2**20:.1f}/{row['max_bytes'] / 2**20:.1f}" for name, row in rows)
    return f"caches {sum(row['bytes'] for _, row in rows) / 2**20:.1f} MB: {full}"


def slope(points: list[tuple[float, float]]) -> float:
    """Megabytes a minute, by least squares over the last two thirds of the points."""
    points = points[len(points) // 3 :]
    middle = sum(t for t, _ in points) / len(points)
    level = sum(mb for _, mb in points) / len(points)
    spread = sum((t - middle) ** 2 for t, _ in points)
    return 60 * sum((t - middle) * (mb - level) for t, mb in points) / spread if spread else 0.0


# -- the three soaks ---------------------------------------------------------------------------------------------------------
async def mixed(minutes: float, workers: int, rate: float, redis: str | None, memory: int, warm: float) -> int:
    """Mixed load on several workers; before that ``warm`` minutes that do not count."""
    rng = random.Random(1)
    runner, url = await provider(0.02, rng)
    with tempfile.TemporaryDirectory() as folder:
        flags = ["--workers", str(workers), "--rpm", "100000000", "--tpm", "2000000000", "--budget", "100000"]
        flags += ["--log-file", f"{folder}/requests.jsonl", *(["--store", redis] if redis else [])]
        bound = {"HEADROOM_MEMORY_MB": str(memory)}  # small, so that ten minutes are enough to fill it
        with GatewayProcess(url, Path(folder) / "workspace", flags, environment=bound, patience=120) as gateway:
            load = Load(gateway.base_url, 2)
            points: list[tuple[float, float]] = []
            if warm:
                print(f"filling the caches for {warm:g} min, at three times the rate", flush=True)
                await at_rate(load, 3 * rate, _after(60 * warm))
                print(await caches(gateway.base_url), flush=True)
            began = time.monotonic()
            ends = began + 60 * minutes

            async def watch() -> None:
                while time.monotonic() < ends:
                    await asyncio.sleep(min(10.0, 6 * minutes))
                    points.append((time.monotonic() - began, resident(gateway.pid)))
                    if len(points) % 6 == 0:
                        total = sum(load.ended.values())
                        each = " + ".join(f"{alone(pid):.1f}" for pid in family(gateway.pid))
                        print(
                            f"{points[-1][0] / 60:5.1f} min  {total:7,} calls  {points[-1][1]:7.1f} MB = {each}",
                            flush=True,
                        )
                        print(f"           {await caches(gateway.base_url)}", flush=True)

            await asyncio.gather(at_rate(load, rate, lambda: time.monotonic() >= ends), watch())
            grows = slope(points)
            print(f"how calls ended: {dict(load.ended.most_common())}")
            print(f"{workers} workers and their supervisor: {points[0][1]:.1f} MB at first, {points[-1][1]:.1f} MB at last, "
                  f"{grows:+.2f} MB/min over the last two thirds")  # fmt: skip
    await runner.cleanup()
    return 0


async def overload(connections: int, bodies: int, rounds: int) -> int:
    """Five hundred connections and a hundred bodies of a megabyte; then quiet."""
    runner, url = await provider(0.0, random.Random(1))
    with tempfile.TemporaryDirectory() as folder:
        flags = ["--no-rate-limit", "--limit-concurrency", "50"]
        with GatewayProcess(url, Path(folder) / "workspace", flags, patience=60) as gateway:
            load = Load(gateway.base_url, 3)
            await at_rate(load, 30, _after(10))  # everything lazy is loaded
            await asyncio.sleep(3)
            idle = resident(gateway.pid)
            most = 0.0
            for _ in range(rounds):
                ended: Counter[int] = Counter()
                unlimited = aiohttp.TCPConnector(limit=connections + bodies)
                async with aiohttp.ClientSession(connector=unlimited) as session:

                    async def send(
                        size: int, session: aiohttp.ClientSession = session, ended: Counter[int] = ended
                    ) -> None:
                        text = f"{secrets.token_hex(8)} " + "x" * size
                        body = {
                            "model": "claude-sonnet-4-5",
                            "max_tokens": 9,
                            "messages": [{"role": "user", "content": text}],
                        }
                        try:
                            async with session.post(
                                gateway.base_url + "/v1/messages", json=body, headers=ANTHROPIC
                            ) as answer:
                                await answer.read()
                                ended[answer.status] += 1
                        except (aiohttp.ClientError, OSError):
                            ended[0] += 1

                    tasks = [asyncio.ensure_future(send(10)) for _ in range(connections)]
                    tasks += [asyncio.ensure_future(send(1_000_000)) for _ in range(bodies)]
                    while not all(task.done() for task in tasks):
                        most = max(most, resident(gateway.pid))
                        await asyncio.sleep(0.1)
                print(
                    f"{connections} small and {bodies} large at once: statuses {dict(ended)}, "
                    f"{resident(gateway.pid):.1f} MB",
                    flush=True,
                )
            for _ in range(30):
                await asyncio.sleep(1)
                after = resident(gateway.pid)
                if after <= 1.2 * idle:
                    break
            print(f"idle {idle:.1f} MB, at most {most:.1f} MB, afterwards {after:.1f} MB ({after / idle:.2f} x idle)")
    await runner.cleanup()
    return 0


def _after(seconds: float) -> Callable[[], bool]:
    ends = time.monotonic() + seconds
    return lambda: time.monotonic() >= ends


async def flows(count: int, *, plain: bool, memory: int, kept: int) -> int:
    """Many flows in mitmweb mode, which keeps flows to look at; or in the plain one, to compare."""
    runner, url = await provider(0.0, random.Random(1))
    with tempfile.TemporaryDirectory() as folder:
        shown = [] if plain else ["--web", "--web-port", str(free_port()), "--no-web-open"]
        flags = [*shown, "--no-rate-limit"]
        bound = {"HEADROOM_MEMORY_MB": str(memory), "HEADROOM_WEB_MEMORY_MB": str(kept)}
        with GatewayProcess(url, Path(folder) / "workspace", flags, environment=bound, patience=60) as gateway:
            load = Load(gateway.base_url, 4)
            points: list[tuple[float, float]] = []
            step = max(1, count // 20)
            limits = aiohttp.TCPConnector(limit=8)
            async with aiohttp.ClientSession(connector=limits, timeout=aiohttp.ClientTimeout(total=60)) as session:
                done = 0
                while done < count:
                    seen: list[float] = []  # bodies in flight and what was just let go come and go: the least counts
                    for number in range(0, step, 8):
                        await asyncio.gather(*(load.one(session) for _ in range(8)))
                        done += 8
                        if number % 40 == 0:
                            seen.append(resident(gateway.pid))
                    points.append((done, min(seen)))
                    print(f"{done:6,} flows  {min(seen):7.1f} to {max(seen):7.1f} MB", flush=True)
                    if len(points) % 5 == 0:
                        print(f"              {await caches(gateway.base_url)}", flush=True)
            grows = slope(points) / 60 * 1_000
            print(f"{grows:+.2f} MB per 1,000 flows over the last two thirds, by the least of each step")
    await runner.cleanup()
    return 0


def main() -> int:
    """Run one soak."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    one = kinds.add_parser("mixed", help="mixed load on several workers")
    one.add_argument("--minutes", type=float, default=10.0)
    one.add_argument("--workers", type=int, default=4)
    one.add_argument("--rate", type=float, default=40.0, help="calls a second")
    one.add_argument("--memory", type=int, default=6, help="HEADROOM_MEMORY_MB of each worker")
    one.add_argument(
        "--warm", type=float, default=1.0, help="minutes at three times the rate first, to fill the caches"
    )
    one.add_argument("--redis", help="redis://... instead of the SQLite file")
    two = kinds.add_parser("overload", help="more at once than there is room for, then quiet")
    two.add_argument("--connections", type=int, default=500)
    two.add_argument("--bodies", type=int, default=100)
    two.add_argument("--rounds", type=int, default=3)
    three = kinds.add_parser("web", help="many flows under mitmweb")
    three.add_argument("--flows", type=int, default=10_000)
    three.add_argument("--memory", type=int, default=6, help="HEADROOM_MEMORY_MB")
    three.add_argument("--kept", type=int, default=48, help="HEADROOM_WEB_MEMORY_MB: small, so that it is full soon")
    three.add_argument("--plain", action="store_true", help="without mitmweb, to see what is not its doing")
    given = parser.parse_args()
    if given.kind == "mixed":
        return asyncio.run(mixed(given.minutes, given.workers, given.rate, given.redis, given.memory, given.warm))
    if given.kind == "overload":
        return asyncio.run(overload(given.connections, given.bodies, given.rounds))
    return asyncio.run(flows(given.flows, plain=given.plain, memory=given.memory, kept=given.kept))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    sys.exit(main())
