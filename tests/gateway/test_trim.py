"""Memory goes back to the system after a burst, and only then."""

import asyncio
import sys

import pytest

from headroom.gateway import trim
from headroom.policy.slots import Slots


async def rounds(monkeypatch, taken, count):
    """How often it trims while ``taken`` tells these totals, one a look."""
    trims = []
    totals = iter(taken)
    last = looks = 0

    def total():
        nonlocal last, looks
        looks += 1
        last = next(totals, last)
        return last

    monkeypatch.setattr(trim, "trimmer", lambda: lambda: trims.append(last))
    task = asyncio.ensure_future(trim.keep_small(total, every=0.0, least=100))
    async with asyncio.timeout(60):
        while looks < count + 3:  # it looks again only once a trim is done
            await asyncio.sleep(0)
    task.cancel()
    return trims


@pytest.mark.parametrize(
    ("taken", "trims"),
    [
        ([0, 0, 0, 0], []),
        ([0, 50, 60, 70, 70], []),
        ([0, 500, 500, 500], [500]),
        ([0, 500, 1_000, 1_500, 1_500, 1_500], [1_500]),
        ([0, 500, 500, 900, 900, 900], [500, 900]),
        ([0, 60, 60, 500, 500], [500]),
    ],
    ids=["nothing came", "too little", "a burst", "while it lasts", "two bursts", "most of it went late"],
)
async def test_trims_once_a_burst_is_over(monkeypatch, taken, trims):
    assert await rounds(monkeypatch, taken, len(taken)) == trims


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's allocator only")
def test_the_allocators_own_trim_is_found():
    trim.few_arenas()
    found = trim.trimmer()
    assert found is not None
    assert found() in {0, 1}


def test_bodies_that_found_no_room_count_too():
    slots = Slots(most_requests=1)
    assert slots.take(5) is not None
    assert slots.take(7) is None
    assert slots.announced_bytes == 12
