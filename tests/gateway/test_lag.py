"""How late the event loop is."""

import asyncio
import time

import pytest

from headroom.accounts.sums import Timing
from headroom.gateway.lag import Lag


@pytest.mark.parametrize(
    ("late", "noted"),
    [
        (0.0, [0]),
        (-0.001, [0]),
        (0.02, [20]),
        (0.05, [50, 0]),
        (0.32, [320, 270, 220, 170, 120, 70, 20]),
    ],
    ids=["in time", "early", "late", "by a whole look", "by many looks"],
)
def test_looks_that_a_stop_left_out_count_as_late_ones(late, noted):
    seen = Timing()
    lag = Lag(time.monotonic, lambda: seen, every=0.05)
    lag.late(late)
    assert list(seen.recent) == pytest.approx(noted, abs=1e-6)


def test_a_machine_that_slept_for_a_day_is_noted_in_bounded_time():
    seen = Timing()
    lag = Lag(time.monotonic, lambda: seen)
    lag.late(86_400.0)
    assert seen.most == 86_400_000
    assert seen.count < 3_000


async def test_what_stops_the_loop_is_seen():
    seen = Timing()
    lag = Lag(time.monotonic, lambda: seen, every=0.001)
    watching = asyncio.ensure_future(lag.watch())
    while not seen.count:
        await asyncio.sleep(0.001)
    began = time.monotonic()
    while time.monotonic() - began < 0.1:
        pass  # work that does not let go of the loop
    looks = seen.count
    while seen.count == looks:
        await asyncio.sleep(0.001)
    watching.cancel()
    assert lag.shown()["lag"]["max_ms"] >= 90
