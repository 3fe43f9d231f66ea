"""Two workers with one conversation, and a store that fails one of them in between: afterwards they agree again."""

import random

import pytest

from headroom.accounts.pricing import Prices
from headroom.errors import StoreError
from headroom.exchange import Usage, Wire
from headroom.pipeline.conversation import Conversations
from headroom.pipeline.counts import Counts
from headroom.pipeline.history import History
from headroom.pipeline.ledger import Ledger
from headroom.pipeline.pipeline import Pipeline
from headroom.pipeline.workers import Workers
from headroom.retrieval.originals import Originals
from headroom.settings import Settings
from tests.pipeline import test_lifecycle as lifecycle
from tests.pipeline.conversations import body, log, rows, turns
from tests.pipeline.test_pipeline import memory, results, send

READS = ("get", "get_many")
WRITES = ("put", "put_many", "put_once", "put_once_many")


class Door:
    """One worker's way to a store: some calls to some spaces fail while it is barred."""

    def __init__(self, store):
        self.store, self.barred = store, frozenset()

    def __getattr__(self, name):
        method = getattr(self.store, name)
        if name not in {*READS, *WRITES}:
            return method

        def call(space, *given, **named):
            if name in self.barred and space in {"ledger", "revisions"}:
                raise StoreError("no answer")
            return method(space, *given, **named)

        return call


class Worker:
    def __init__(self, store, mode="cache"):
        self.door = Door(store)
        settings = Settings(mode=mode)
        self.pipeline = Pipeline(
            settings,
            ledger=Ledger(self.door),
            originals=Originals(self.door, key=b"k" * 32, ttl=1e6, max_bytes=1 << 28, now=0.0),
            conversations=Conversations(settings, self.door),
            workers=Workers(large=1 << 30),
            counts=Counts(lambda text, _model: len(text) // 4),
            history=History(self.door),
            prices=Prices(),
        )

    def send(self, wire, raw, barred=()):
        self.door.barred = frozenset(barred)
        sent = results(wire, send(self.pipeline, wire, raw)[0].body_out)
        self.door.barred = frozenset()
        return sent

    def pay(self):
        self.pipeline.write_observed(now=1.0)


def steps(count):
    rng = random.Random(4)
    return [("Bash", {"command": f"make check-{i}"}, (rows if i % 2 else log)(rng, 120), False) for i in range(count)]


@pytest.mark.parametrize("barred", [READS, WRITES])
@pytest.mark.parametrize("wire", list(Wire))
def test_what_another_worker_wrote_first_stands_here_too(wire, barred):
    store = memory()
    one, other = Worker(store), Worker(store)
    talk = steps(5)
    one.send(wire, body(wire, talk[:2], marked=False))
    failed = one.send(wire, body(wire, talk[:3], marked=False), barred=barred)
    assert failed[2] == talk[2][2]  # no verdict that can't be held to
    went_on = other.send(wire, body(wire, talk[:4], marked=False))
    assert went_on[2] != failed[2]
    one.pay()
    assert one.send(wire, body(wire, talk[:4], marked=False)) == went_on
    assert one.send(wire, body(wire, talk, marked=False)) == other.send(wire, body(wire, talk, marked=False))


def test_what_is_owed_stands_where_nobody_was_first():
    store = memory()
    one, other = Worker(store), Worker(store)
    talk = steps(4)
    failed = one.send(Wire.ANTHROPIC, body(Wire.ANTHROPIC, talk[:3], marked=False), barred=WRITES)
    one.pay()
    assert one.send(Wire.ANTHROPIC, body(Wire.ANTHROPIC, talk, marked=False))[:3] == failed
    assert other.send(Wire.ANTHROPIC, body(Wire.ANTHROPIC, talk, marked=False))[:3] == failed


def test_a_copy_is_not_cited_whose_original_went_back_to_being_condensed():
    """What a worker knew of a block it sent raw does not outlive that verdict."""
    store = memory()
    one, other = Worker(store), Worker(store)
    talk = steps(2)
    talk.append(("Bash", {"command": "make again"}, talk[1][2], False))
    wire = Wire.ANTHROPIC
    one.send(wire, body(wire, talk[:2], marked=False), barred=WRITES)
    other.send(wire, body(wire, talk[:2], marked=False))
    one.pay()
    assert one.send(wire, body(wire, talk, marked=False)) == other.send(wire, body(wire, talk, marked=False))


def test_a_rewrite_that_could_not_be_looked_up_is_made_once_it_can():
    house = lifecycle.House(mode="token")
    read, edit = lifecycle.READ, lifecycle.EDIT
    talk = [(*read, lifecycle.source(0)), edit, (*read, lifecycle.source(1))]
    house.send(lifecycle.body(talk[:2]), 1000.0, Usage(0, 0, 9_000))
    rewritten = house.send(lifecycle.body([*talk]), 1000.0 + 86_400, Usage(0, 0, 9_000))
    assert rewritten.notes.get("revised")
    door = house.store = Door(house.store)
    house.start()
    door.barred = frozenset(READS)
    missed = house.send(lifecycle.body([*talk, lifecycle.DONE]), 1000.0 + 86_410)
    assert lifecycle.results(missed.body_out)[:3] != lifecycle.results(rewritten.body_out)
    door.barred = frozenset()
    house.pipeline.write_observed(now=1000.0 + 86_420)
    again = house.send(lifecycle.body([*talk, lifecycle.DONE, lifecycle.DONE]), 1000.0 + 86_430)
    assert lifecycle.results(again.body_out)[:3] == lifecycle.results(rewritten.body_out)


@pytest.mark.parametrize("mode", ["cache", "token"])
@pytest.mark.parametrize("seed", range(12))
def test_workers_agree_after_any_trouble_is_over(seed, mode):
    rng = random.Random(seed)
    wire = rng.choice(list(Wire))
    store = memory()
    workers = [Worker(store, mode), Worker(store, mode)]
    talk = turns(seed, 12)
    before = None
    for count in range(1, 13):
        calm = count > 6
        worker = workers[count % 2 if calm else rng.randrange(2)]
        barred = () if calm else rng.choice([(), READS, WRITES])
        sent = worker.send(wire, body(wire, talk[:count], marked=False), barred=barred)
        worker.pay()
        if count > 8:
            assert sent[: len(before)] == before
        before = sent
