"""What is composed follows the settings."""

import json
import time

import pytest

from headroom.control.http import ControlRequest, Router
from headroom.gateway.rooms import build
from headroom.settings import Settings, resolve
from tests.accounts.exchanges import exchange


@pytest.mark.parametrize(
    ("environ", "expands"), [({}, True), ({"HEADROOM_NO_CCR_PROACTIVE_EXPANSION": "1"}, False)], ids=["default", "off"]
)
async def test_proactive_expansion_follows_its_option_and_stats_tell(environ, expands):
    rooms = build(resolve({"stateless": True, "store": "memory"}, environ).settings)
    try:
        assert rooms.learning.expands is expands
        reply = await Router(rooms.routes).dispatch(ControlRequest("GET", "/stats"))
        told = json.loads(reply.body)["retrieval_feedback"]
        assert told == {"proactive_expansion": expands, "backs_off_from": 0.5, "least_samples": 20, "groups": []}
    finally:
        rooms.close()


async def test_a_single_process_has_no_siblings(monkeypatch, tmp_path):
    rooms = build(Settings(stateless=True, store="memory"))
    assert rooms.siblings is None
    rooms.close()
    monkeypatch.setenv("HEADROOM_WORKER_SOCKETS", str(tmp_path))
    monkeypatch.setenv("HEADROOM_WORKER", "1")
    rooms = build(Settings(stateless=True, store="memory"))
    assert rooms.siblings is not None
    rooms.close()


async def test_the_caches_hits_are_those_in_the_books_of_all_workers():
    rooms = build(Settings(stateless=True, store="memory"))
    try:
        for number, hit in enumerate([False, True, True]):
            call = exchange(number, wall=time.time())
            call.cache_hit, call.notes["cache_miss"] = hit, not hit
            rooms.accounts.book(call, now=call.started)
        told = json.loads((await Router(rooms.routes).dispatch(ControlRequest("GET", "/stats"))).body)
        assert (told["cache"]["total_hits"], told["cache"]["misses"]) == (2, 1)
    finally:
        rooms.close()
