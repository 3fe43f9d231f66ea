"""What the model asks back changes the next conversation, and never a byte of a running one."""

import random

import pytest

from headroom.exchange import Wire
from headroom.pipeline.conversation import Conversations
from headroom.pipeline.counts import Counts
from headroom.pipeline.ledger import Ledger
from headroom.pipeline.pipeline import Pipeline
from headroom.pipeline.workers import Workers
from headroom.retrieval.feedback import MIN_SAMPLES, REFRESH_SECONDS, Feedback
from headroom.retrieval.learning import Learning
from headroom.retrieval.originals import Originals
from headroom.retrieval.tally import Retrieval
from headroom.retrieval.wanted import Wanted
from headroom.settings import Settings
from headroom.store.memory import MemoryStore
from tests.pipeline.conversations import body, exchange, log
from tests.pipeline.test_pipeline import KEY, Broken, memory, results

LATER = 1.0 + REFRESH_SECONDS + 1
pytestmark = pytest.mark.parametrize("wire", list(Wire))


class Room:
    """One process: a pipeline that learns, on a store that others may share."""

    def __init__(self, store=None, *, wanted=True):
        self.store = store or memory()
        settings = Settings(mode="cache")
        self.learning = Learning(Feedback(self.store), Wanted() if wanted else None)
        self.originals = Originals(self.store, key=KEY, ttl=1e6, max_bytes=1 << 28, now=0.0)
        self.originals.tally.listeners.append(self.learning.heard)
        self.pipeline = Pipeline(
            settings,
            ledger=Ledger(self.store),
            originals=self.originals,
            conversations=Conversations(settings, self.store, learning=self.learning),
            workers=Workers(),
            counts=Counts(lambda text, _model: len(text) // 4),
            learning=self.learning,
        )

    def send(self, wire, steps, *, conversation=0, now=1.0):
        raw = body(wire, steps, marked=False).replace(b"fix the rule", b"fix rule %d" % conversation)
        ex = exchange(wire, raw)
        plan = self.pipeline.plan(ex, now=now)
        self.pipeline.work(plan, seconds=30)
        self.pipeline.finish(plan)
        self.pipeline.learn(plan)
        return ex

    def ask_back(self, ex, *, query="", now=1.0):
        for handle in ex.handles:
            found = self.originals.get(handle, now=now)
            kind = "pattern" if query else "full"
            self.originals.tally.retrieved(
                Retrieval(handle, query, 1, 9, found.about.tool, kind, now, kind=found.about.kind, project=None)
            )

    def rates(self):
        self.learning.feedback.read(now=1e9)
        return self.learning.feedback.rates()


def bash(seed, *, command=None, lines=250):
    return ("Bash", {"command": command or f"make check-{seed}"}, log(random.Random(seed), lines), False)


def tenants(seed):
    """Lines that are alike but for a name in each."""
    lines = log(random.Random(seed), 250).splitlines()
    text = "".join(f"{line} for tenant_{n % 125:03}_eu\n" for n, line in enumerate(lines))
    return ("Bash", {"command": f"make check-{seed}"}, text, False)


def query(seed):
    return ("mcp__db__query", {"sql": f"select {seed}"}, log(random.Random(seed + 500), 250), False)


def taught(wire, *, asked_back=MIN_SAMPLES, store=None):
    room = Room(store)
    for seed in range(MIN_SAMPLES):
        ex = room.send(wire, [bash(seed)], conversation=seed)
        assert len(ex.handles) == 1
        if seed < asked_back:
            room.ask_back(ex)
    return room


def test_what_is_condensed_asked_back_and_called_again_is_counted(wire):
    room = Room()
    ex = room.send(wire, [bash(1)])
    room.ask_back(ex)
    room.send(wire, [bash(1), bash(2, command="pytest")])
    room.send(wire, [bash(1), bash(2, command="pytest"), bash(3, command="pytest"), query(4)])
    assert {group: (r.offered, r.retrieved, r.refetched) for group, r in room.rates().items()} == {
        ("bash", "log"): (3, 1, 1),
        ("query", "log"): (1, 0, 0),
    }


def test_a_conversation_seen_again_teaches_nothing_new(wire):
    store = memory()
    steps = [bash(1, command="pytest"), bash(2, command="pytest")]
    Room(store).send(wire, steps)
    again = Room(store)
    again.send(wire, steps)
    again.send(wire, steps)
    (rate,) = again.rates().values()
    assert (rate.offered, rate.refetched) == (2, 1)


def test_results_that_are_mostly_wanted_back_stay_whole_in_the_next_conversation(wire):
    room = taught(wire)
    running = [bash(100)]
    before = room.send(wire, running, conversation=100)
    assert before.handles
    new = room.send(wire, [bash(101), query(101)], conversation=101, now=LATER)
    whys = {verdict.tool: (verdict.why, verdict.handle) for verdict in new.verdicts}
    assert whys["Bash"][1] is None  # whole, or in a form that loses nothing
    assert whys["mcp__db__query"][1] is not None  # another tool is judged by itself
    assert room.learning.figures()["groups"][0]["backs_off"]


def test_a_running_conversation_goes_on_as_it_began(wire):
    room = taught(wire)
    first = room.send(wire, [bash(100)], conversation=100)
    sent = results(wire, first.body_out)
    for other in (room, Room(room.store)):  # here, and after a restart
        more = other.send(wire, [bash(100), bash(102)], conversation=100, now=LATER)
        assert results(wire, more.body_out)[:1] == sent
        assert len(more.handles) == 2


def test_results_that_are_seldom_wanted_back_are_condensed_on(wire):
    room = taught(wire, asked_back=3)
    assert room.send(wire, [bash(101)], conversation=101, now=LATER).handles


def test_words_searched_for_are_kept_in_the_next_result_and_in_no_earlier_one(wire):
    needle = "tenant_077_eu"
    room, plain = Room(), Room(wanted=False)
    kept = []
    for one in (room, plain):
        first = one.send(wire, [tenants(1)])
        assert needle not in results(wire, first.body_out)[0]
        one.ask_back(first, query="tenant_077_eu")
        second = one.send(wire, [tenants(1), tenants(2)], now=2.0)
        shown = results(wire, second.body_out)
        assert shown[0] == results(wire, first.body_out)[0]
        kept.append(needle in shown[1])
        much_later = one.send(wire, [tenants(1), tenants(2), tenants(3)], now=1000.0)
        assert results(wire, much_later.body_out)[:2] == shown
        assert needle not in results(wire, much_later.body_out)[2]
    assert kept == [True, False]


def test_words_searched_for_earlier_are_not_said_to_be_absent_from_a_result_that_nobody_sought_them_in(wire):
    room = Room()
    first = room.send(wire, [tenants(1)])
    room.ask_back(first, query="tenant_077_us")
    shown = results(wire, room.send(wire, [tenants(1), tenants(2)], now=2.0).body_out)[1]
    assert "[~" in shown
    assert "tenant_077_us" not in shown


def test_a_store_that_fails_costs_no_request(wire):
    class Away(Broken, MemoryStore):
        broken = "gates"

        def append(self, *_args, **_kind):
            from headroom.errors import StoreError

            raise StoreError("disk full")

    room = Room(Away(now=lambda: 1.0))
    ex = room.send(wire, [bash(1)])
    assert ex.handles
    room.ask_back(ex, query="worker")
