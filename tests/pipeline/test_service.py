import asyncio
import threading

import pytest

from headroom.compress.router import Outcome
from headroom.exchange import Usage, Wire
from headroom.pipeline.service import PipelineService
from headroom.pipeline.workers import Workers
from headroom.wire import dialect_for
from tests.pipeline.conversations import body, exchange, turns
from tests.pipeline.test_pipeline import make, memory, results, send


class Held(Workers):
    """A worker that comes back only when told, with a compressed block."""

    def __init__(self):
        super().__init__()
        self.release = threading.Event()
        self.done = threading.Event()

    def run(self, job, seconds):
        self.release.wait(60)
        self.done.set()
        return Outcome(
            text="short", kind="log", transform="late", lossless=True, gaps=(), tokens_before=9, tokens_after=1, why=""
        )


def service(pipeline, seconds=60.0, remote=False):
    return PipelineService(pipeline, seconds=seconds, remote=remote, wall=lambda: 1.0)


async def test_prepares_and_counts():
    pipeline, _ = make()
    room = service(pipeline)
    ex = exchange(Wire.ANTHROPIC, body(Wire.ANTHROPIC, turns(7, 8)))
    await room.prepare(ex, dialect_for(Wire.ANTHROPIC))
    await room.count(ex)
    assert len(ex.body_out) < len(ex.body_in)
    assert 0 < ex.tokens_after < ex.tokens_before
    room.close()


async def test_a_worker_that_never_comes_back_in_time_changes_nothing_later():
    store = memory()
    held = Held()
    pipeline, _ = make(store, workers=held)
    room = service(pipeline, seconds=0.05)
    raw = body(Wire.ANTHROPIC, turns(7, 6))
    ex = exchange(Wire.ANTHROPIC, raw)
    await room.prepare(ex, dialect_for(Wire.ANTHROPIC))
    sent = results(Wire.ANTHROPIC, ex.body_out)
    assert "short" not in sent
    held.release.set()
    await asyncio.to_thread(held.done.wait, 10)
    again = exchange(Wire.ANTHROPIC, raw)
    await room.prepare(again, dialect_for(Wire.ANTHROPIC))
    assert results(Wire.ANTHROPIC, again.body_out) == sent
    room.close()


@pytest.mark.parametrize("returns", [True, False], ids=["in time", "too late"])
async def test_giving_up_waits_for_no_store_on_the_loop(returns):
    held, told = Held(), threading.Event()
    pipeline, _ = make(workers=held)
    room = service(pipeline, seconds=0.05)
    abandon, threads = pipeline.abandon, []

    def slowly(plan):
        threads.append(threading.get_ident())
        if not returns:
            told.wait(60)
        return abandon(plan)

    pipeline.abandon = slowly
    raw = body(Wire.ANTHROPIC, turns(7, 6))
    ex = exchange(Wire.ANTHROPIC, raw)
    await room.prepare(ex, dialect_for(Wire.ANTHROPIC))
    assert threads != [threading.get_ident()]
    assert len(threads) == 1
    assert bool(ex.verdicts) == returns
    assert returns or ex.passthrough_reason == "deadline"
    sent = results(Wire.ANTHROPIC, ex.body_out or raw)
    for event in (held.release, told):
        event.set()
    room._late.shutdown(wait=True)
    if returns:
        again, _ = send(pipeline, Wire.ANTHROPIC, raw)
        assert results(Wire.ANTHROPIC, again.body_out) == sent
    room.close()


async def test_a_cold_start_takes_nothing_from_the_time_of_the_first_blocks():
    pipeline, _ = make()
    told = threading.Event()
    pipeline.load = lambda: told.wait(60)
    ticks = iter(range(10**6))
    room = PipelineService(pipeline, seconds=5.0, remote=False, wall=lambda: 1.0, clock=lambda: 0.001 * next(ticks))
    ex = exchange(Wire.ANTHROPIC, body(Wire.ANTHROPIC, turns(7, 8)))
    prepared = asyncio.create_task(room.prepare(ex, dialect_for(Wire.ANTHROPIC)))
    done, _ = await asyncio.wait({prepared}, timeout=0.05)
    assert not done
    assert pipeline.plan(exchange(Wire.ANTHROPIC, ex.body_in), now=1.0).known == 0  # no block was looked at yet
    told.set()
    await prepared
    assert "deadline" not in {verdict.why for verdict in ex.verdicts}
    assert len(ex.body_out) < len(ex.body_in)
    assert room._loading.done()
    room.close()


async def test_plain_chat_does_not_wait_for_what_it_does_not_need():
    pipeline, _ = make()
    told = threading.Event()
    pipeline.load = lambda: told.wait(60)
    room = service(pipeline)
    loading = asyncio.create_task(room.load())
    ex = exchange(Wire.ANTHROPIC, body(Wire.ANTHROPIC, [], tools=False))
    await asyncio.wait_for(room.prepare(ex, dialect_for(Wire.ANTHROPIC)), 40)
    assert not told.is_set()
    assert ex.body_out == ex.body_in
    told.set()
    await loading
    room.close()


async def test_a_loading_that_breaks_is_told_and_stops_nobody(caplog):
    pipeline, _ = make()

    def broken():
        raise ImportError("no such table")

    pipeline.load = broken
    room = service(pipeline)
    ex = exchange(Wire.ANTHROPIC, body(Wire.ANTHROPIC, turns(7, 8)))
    await room.prepare(ex, dialect_for(Wire.ANTHROPIC))
    assert len(ex.body_out) < len(ex.body_in)
    assert "no such table" in caplog.text
    room.close()


async def test_blocks_left_for_want_of_time_are_told(caplog):
    pipeline, _ = make()
    room = service(pipeline, seconds=0.0)
    ex = exchange(Wire.ANTHROPIC, body(Wire.ANTHROPIC, turns(7, 1)))
    await room.prepare(ex, dialect_for(Wire.ANTHROPIC))
    assert ex.body_out == ex.body_in
    assert ex.passthrough_reason == "deadline"
    assert ex.notes["deadline"] is True
    assert "blocks were not done within" in caplog.text
    room.close()


async def test_unreadable_bodies_pass():
    pipeline, _ = make()
    room = service(pipeline)
    for raw in (b"", b"[]", b"{", b'{"messages": 7}', b'{"messages": [], "messages": []}', b"\xff"):
        ex = exchange(Wire.ANTHROPIC, raw)
        ex.body_out = raw
        await room.prepare(ex, dialect_for(Wire.ANTHROPIC))
        assert ex.body_out is raw
        assert ex.passthrough_reason
        await room.count(ex)
    room.close()


async def test_a_remote_store_is_never_asked_on_the_loop():
    store = memory()
    loop_thread = threading.get_ident()
    asked = []
    plain = store.put_once

    def put_once(*args, **kind):
        asked.append(threading.get_ident())
        return plain(*args, **kind)

    store.put_once = put_once
    pipeline, _ = make(store)
    room = service(pipeline, remote=True)
    for _ in range(2):
        ex = exchange(Wire.ANTHROPIC, body(Wire.ANTHROPIC, turns(7, 6)))
        await room.prepare(ex, dialect_for(Wire.ANTHROPIC))
    assert asked
    assert loop_thread not in asked
    room.close()


@pytest.mark.parametrize(
    ("rounds", "told"),
    [([Usage(0, 150_000, 40_000)], True), ([Usage(0, 0, 95_000), Usage(0, 95_000, 500)], False)],
    ids=["nearly full", "two calls of half the window each"],
)
async def test_a_prompt_that_nearly_fills_the_window_is_logged(rounds, told, caplog):
    caplog.set_level("INFO", "headroom.pipeline")
    pipeline, _ = make()
    room = service(pipeline)
    ex = exchange(Wire.ANTHROPIC, body(Wire.ANTHROPIC, turns(7, 2)))
    await room.prepare(ex, dialect_for(Wire.ANTHROPIC))
    await room.count(ex)
    assert ex.context_window == 200_000
    ex.usage, ex.round_usages, ex.status = sum(rounds, Usage()), tuple(rounds), 200
    room.observed(ex)
    assert ("the prompt takes 95 % of the 200000 tokens of" in caplog.text) is told
    room.close()
