"""What is composed follows the settings."""

import json
import time

import pytest

from headroom.accounts.shared import Shared
from headroom.control.http import ControlRequest, Router
from headroom.gateway.build import build
from headroom.precedence import resolve
from headroom.settings import Settings
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


async def test_retrievals_are_told_of_all_workers():
    rooms = build(Settings(stateless=True, store="memory"))
    try:
        rooms.accounts.share(rooms.store, since=0.0)
        other = Shared(rooms.store, since=0.0, book=print, event=print, reset=print)
        other.tally("originals.retrievals", 7, now=time.time())
        other.tally("originals.hits", 3, now=time.time())
        rooms.originals.get("no hash", now=0.0)
        router = Router(rooms.routes)
        rooms.accounts.refresh()
        said = json.loads((await router.dispatch(ControlRequest("GET", "/v1/retrieve/stats"))).body)["store"]
        assert (said["total_retrievals"], said["hits"], said["misses"], said["hit_rate"]) == (7, 3, 1, 0.75)
        told = json.loads((await router.dispatch(ControlRequest("GET", "/stats"))).body)
        assert told["compression"]["ccr_retrievals"] == 7
        text = (await router.dispatch(ControlRequest("GET", "/metrics"))).body.decode()
        assert "headroom_ccr_retrievals_total 7.0" in text
    finally:
        rooms.close()


@pytest.mark.parametrize(
    ("options", "environ"),
    [
        ({}, {"HEADROOM_LANGFUSE_ENABLED": "1"}),
        ({"log_file": "log"}, {}),
        ({}, {"HEADROOM_SAVINGS_PATH": "savings"}),
    ],
    ids=["langfuse without keys", "a log file that is a folder", "a savings file that is a folder"],
)
async def test_what_is_wrong_elsewhere_is_not_said_of_the_store(tmp_path, options, environ):
    options = {name: tmp_path / value for name, value in options.items()}
    environ = {name: str(tmp_path / value) if value.islower() else value for name, value in environ.items()}
    for name in ("log", "savings"):
        (tmp_path / name).mkdir()
    rooms = build(resolve({"workspace_dir": tmp_path / "ws", **options}, environ).settings)
    try:
        check = rooms.checks["store"]().shown(local=True)
        assert (len(rooms.warnings), check["degraded"], check["error"]) == (1, False, None)
        assert dict(rooms.notes)["state"] == "sqlite"
        reply = await Router(rooms.routes).dispatch(ControlRequest("GET", "/metrics"))
        assert b'headroom_degraded{part="store"} 0.0' in reply.body
    finally:
        rooms.close()
