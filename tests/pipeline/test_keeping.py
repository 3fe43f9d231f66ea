"""Of a conversation that goes on nothing is evicted, so that a restart finds all it was sent with."""

import pytest

from headroom.exchange import Usage
from headroom.pipeline import conversation, history, ledger
from headroom.store.protocol import SpaceLimits
from tests.pipeline.test_lifecycle import DONE, EDIT, OTHER, READ, House, body, results, source

DAY = 86_400.0
LOG = "".join(f"2026-11-21 10:00:{i % 60:02} INFO worker {i % 7} finished job {i}\n" for i in range(400))


def turn(house, steps, now, **kind):
    sent = house.send(body(steps), now, Usage(0, 0, 9_000), **kind)
    house.pipeline.keep_promises(sent.plan)
    return results(sent.body_out)


def limit(house, **bounds):
    spaces = (ledger.SPACE, conversation.SPACE, history.REVISIONS)
    house.store.configure({space: SpaceLimits(**bounds) for space in spaces})


@pytest.mark.parametrize("mode", ["cache", "token"])
def test_a_conversation_older_than_what_is_kept_idle_goes_on_unchanged(mode):
    house = House(mode=mode)
    limit(house, idle_seconds=30 * DAY)
    steps = [("Bash", {"command": "make log"}, LOG), (*READ, source(0)), EDIT, (*READ, source(1))]
    turn(house, steps[:1], 1000.0, seconds=0.0)  # no time: it stays whole for good
    before = turn(house, steps, 1000.0 + DAY)
    for day in range(6, 60, 6):
        steps.append(("Bash", {"command": f"true {day}"}, ""))
        house.start()
        sent = turn(house, steps, 1000.0 + day * DAY)
        if mode == "cache" or day > 6:
            assert sent[: len(before)] == before
        before = sent


def test_it_outlives_what_others_write():
    house = House(mode="cache")
    limit(house, max_bytes=40_000)
    steps = [("Bash", {"command": "make log"}, LOG), OTHER]
    turn(house, steps[:1], 1000.0, seconds=0.0)
    before = turn(house, steps, 1010.0)
    for hour in range(1, 40):
        for other in range(4):
            text = LOG.replace("worker", f"worker-{hour}-{other}")
            turn(house, [("Bash", {"command": f"make {hour} {other}"}, text)], 1000.0 + hour * 3700)
        steps.append(DONE)
        assert turn(house, steps, 1001.0 + hour * 3700)[: len(before)] == before
    house.start()
    assert turn(house, [*steps, DONE], 1000.0 + 40 * 3700)[: len(before)] == before


def test_the_store_is_not_told_with_each_turn():
    house = House(mode="cache")
    told = []
    touch = house.store.touch
    house.store.touch = lambda space, keys, *, now: (told.append(space), touch(space, keys, now=now))
    steps = [("Bash", {"command": "make log"}, LOG)]
    for number in range(5):
        turn(house, steps, 1000.0 + number)
        steps.append(DONE)
    assert ledger.SPACE not in told
    turn(house, steps, 1000.0 + DAY)
    assert told.count(ledger.SPACE) == 1


@pytest.mark.parametrize("space", [ledger.SPACE, conversation.SPACE, history.REVISIONS])
@pytest.mark.parametrize("restarts", [False, True])
def test_all_rows_of_a_live_conversation_stay(space, restarts):
    house = House(mode="token")
    limit(house, idle_seconds=30 * DAY)
    steps = [("Bash", {"command": "make log"}, LOG), (*READ, source(0)), EDIT]
    turn(house, steps, 1000.0)
    steps.append((*READ, source(1)))
    turn(house, steps, 1000.0 + DAY)  # the cache is cold: the earlier read goes
    rows = set(house.store._spaces[space].entries)
    assert rows
    for day in range(6, 60, 6):
        steps.append(DONE)
        if restarts:
            house.start()
        turn(house, steps, 1000.0 + day * DAY)
        house.store.put(space, "another's", b"", now=1000.0 + day * DAY)  # which sweeps
    assert rows <= set(house.store._spaces[space].entries)
