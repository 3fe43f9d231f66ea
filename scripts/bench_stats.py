"""Time the books and their views at full size: 5,000 history points, 50 projects, 100 models.

    scripts/bench stats [--rounds 50]

Prints the median and the worst time of booking one call, and of answering /stats, /stats-history and /metrics. Beside
each, how late a stream's next piece would be: a task on the same event loop wants to run every millisecond, and its
worst delay while the route is asked all the time is printed; the first line is the same with nobody asking.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from headroom.accounts.accounts import Accounts
from headroom.accounts.journal import Journal
from headroom.accounts.pricing import Prices
from headroom.accounts.savings_file import Keeper
from headroom.control.history import StatsHistory
from headroom.control.http import ControlRequest, Router
from headroom.control.stats import Figures
from headroom.exchange import Exchange, Usage, Verdict, Wire
from headroom.settings import Settings

CALLS = 6_250


def call(number: int, rng: random.Random) -> Exchange:
    before = rng.randrange(1_000, 200_000)
    return Exchange(
        request_id=f"hr_{number}",
        wall=1.79e9 + 600 * number,
        started=0.0,
        wire=Wire.ANTHROPIC,
        provider="anthropic",
        method="POST",
        path="/v1/messages",
        upstream="https://upstream.example",
        model=f"model-{number % 100}",
        project=f"project-{number % 50}",
        client="claude-code",
        status=200,
        tokens_before=before,
        tokens_after=before // 2,
        verdicts=[Verdict("compressed", "log", 0, "Bash", "log", before, before // 2)] * 20,
        transforms=["log"] * 20,
        usage=Usage(input=before // 2, cache_read=before, output=200),
        ended=1.0,
        stages={"compress": 0.002},
    )


def told(name: str, seconds: list[float], more: str = "") -> None:
    print(f"{name:<36} median {1e3 * statistics.median(seconds):7.2f} ms  worst {1e3 * max(seconds):7.2f} ms  {more}")


class Stream:
    """A stream whose pieces are due every millisecond. Notes how late they are, in seconds."""

    def __init__(self) -> None:
        self.late: list[float] = []

    async def run(self) -> None:
        while True:
            due = time.perf_counter() + 0.001
            await asyncio.sleep(0.001)
            self.late.append(max(0.0, time.perf_counter() - due))

    def told(self) -> str:
        late, self.late = sorted(self.late), []
        return (
            f"a stream is late by {1e3 * late[len(late) * 99 // 100]:6.2f} ms (p99), {1e3 * late[-1]:6.2f} ms (worst)"
        )


async def timed(rounds: int, ask: Callable[[], Awaitable[object]]) -> list[float]:
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        await ask()
        took.append(time.perf_counter() - began)
    return took


async def main(rounds: int) -> None:
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        keeper = Keeper(Path(folder) / "proxy_savings.json", events=Path(folder) / "events.jsonl")
        accounts = Accounts(Settings(), Prices(), journal=Journal(Path(folder) / "log.jsonl"), keeper=keeper)
        accounts.prices.warm()
        booked = []
        for number in range(CALLS):
            one = call(number, rng)
            began = time.perf_counter()
            accounts.finished(one)
            booked.append(time.perf_counter() - began)
        told("book one call (on the event loop)", booked)
        figures = Figures(accounts, time.time, time.monotonic)
        router = Router((*figures.routes(), *StatsHistory(keeper, time.time).routes()))
        points = keeper.view(lambda s: len(s.history))
        projects = keeper.view(lambda s: len(s.projects))
        print(f"{points:,} history points, {projects} projects")
        stream = Stream()
        streaming = asyncio.create_task(stream.run())
        await asyncio.sleep(1)
        print(f"{'nobody asks':<80}{stream.told()}")
        for path, query in (
            ("/stats", {}),
            ("/stats", {"cached": "1"}),
            ("/metrics", {}),
            ("/stats-history", {}),
            ("/stats-history", {"history_mode": "full"}),
            ("/stats-history", {"format": "csv"}),
        ):
            asked = ControlRequest("GET", path, query)
            name = path + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")
            took = await timed(rounds, lambda asked=asked: router.dispatch(asked))
            told(name, took, stream.told())
        streaming.cancel()
        began = time.perf_counter()
        accounts.close()
        print(f"closing wrote the rest in {1e3 * (time.perf_counter() - began):.1f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=50)
    sys.setswitchinterval(0.001)  # as the proxy sets it once it has started
    asyncio.run(main(parser.parse_args().rounds))
