"""Taking up a conversation where a body seen before ended changes nothing in what is sent."""

import json
import random
from dataclasses import replace

import pytest

from headroom.exchange import Edit, Exchange, Judged, Wire
from headroom.pipeline.conversation import Conversations
from headroom.pipeline.counts import Counts
from headroom.pipeline.history import History
from headroom.pipeline.ledger import Ledger
from headroom.pipeline.lineage import Tips
from headroom.pipeline.node import Node
from headroom.pipeline.pipeline import Pipeline
from headroom.pipeline.workers import Workers
from headroom.retrieval.hidden import ContextDigest, Restored
from headroom.retrieval.originals import Originals
from headroom.settings import Settings
from headroom.store.memory import MemoryStore
from headroom.wire import dialect_for
from headroom.wire.resume import Outlines

TOOLS = [{"name": "Bash", "description": "Runs a command.", "input_schema": {"type": "object"}}]


class House:
    """A pipeline, with or without places to go on from."""

    def __init__(self, *, resumes, hidden=None):
        store = MemoryStore(now=lambda: 0.0)
        settings = Settings()
        self.resumes = resumes
        self.outlines = Outlines()
        self.pipeline = Pipeline(
            settings,
            ledger=Ledger(store),
            originals=Originals(store, key=b"k" * 32, ttl=3_600.0, max_bytes=1 << 26, now=lambda: 0.0),
            conversations=Conversations(settings, store),
            workers=Workers(large=1 << 30),
            counts=Counts(),
            history=History(store),
            hidden=hidden,
        )

    def plan(self, raw):
        exchange = Exchange(
            "r", 0.0, 0.0, Wire.ANTHROPIC, "anthropic", "POST", "/v1/messages", "http://u", body_in=raw, body_out=raw,
            headers={"x-api-key": "k"},
        )  # fmt: skip
        exchange.outline, marks = self.outlines.read(dialect_for(Wire.ANTHROPIC), raw)
        if self.resumes:
            exchange.prefix = tuple((mark.count, mark.digest) for mark in marks)
        plan = self.pipeline.plan(exchange, now=0.0)
        exchange.plan = plan
        return plan

    def send(self, raw):
        plan = self.plan(raw)
        self.pipeline.work(plan, seconds=60.0)
        self.pipeline.finish(plan)
        return plan


def rows(rng, count):
    return json.dumps([{"id": i, "state": rng.choice(["open", "shut"]), "score": rng.random()} for i in range(count)])


def body(turns, *, marked=False, said=None):
    messages = [{"role": "user", "content": "Find out why job 17 failed."}]
    for number, text in enumerate(turns):
        use = {"type": "tool_use", "id": f"t{number}", "name": "Bash", "input": {"command": f"make t{number}"}}
        words = [{"type": "text", "text": said[number]}] if said else []
        messages.append({"role": "assistant", "content": [*words, use]})
        result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": text}
        messages.append({"role": "user", "content": [result]})
    for message in messages[-3:] if marked else ():
        if message["role"] == "user" and isinstance(message["content"], list):
            message["content"][-1]["cache_control"] = {"type": "ephemeral"}
    return json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 9, "tools": TOOLS, "messages": messages}).encode()


def outputs(seed, count):
    rng = random.Random(seed)
    return [rows(rng, 60) for _ in range(count)]


def test_growth_forks_and_retries_send_what_they_would_have_sent():
    with_tips, without = House(resumes=True), House(resumes=False)
    turns, other = outputs(1, 24), outputs(2, 24)
    grown = [turns[:k] for k in range(10, 25)]
    forks = [[*turns[:k], *other[k : k + 2]] for k in (12, 18, 23)]
    for one in (*grown, *forks, turns, turns[:11], *grown[-2:]):
        raw = body(one)
        here, there = with_tips.send(raw), without.send(raw)
        assert here.exchange.body_out == there.exchange.body_out
        assert here.known == there.known
        assert [node.key for node in here.nodes] == [node.key for node in there.nodes]
        assert here.exchange.handles == there.exchange.handles


class Book:
    """Hidden rounds in front of some answers, by a word in them. Written down when the answer was given."""

    def __init__(self):
        self.edition = 0
        self.asked = 0

    def restore(self, body, request, messages, *, now, since=0, context=None):
        del now
        edits = []
        for piece, message in zip(request.messages[since:], messages[since:], strict=True):
            self.asked += 1
            if message.role == "assistant" and b"LOOKED" in body[piece.start : piece.end]:
                at = body.index(b"LOOKED", piece.start)
                edits.append(Edit(at, at + len(b"LOOKED"), b"looked up"))
        return Restored(edits, bool(edits), context or ContextDigest(messages, continued=False))


def untimed(verdicts):
    return [replace(verdict, began=0.0, seconds=0.0) for verdict in verdicts]


@pytest.mark.parametrize("looks", [(), (3,), (20,), (23,)], ids=str)
@pytest.mark.parametrize("marked", [False, True], ids=["no marks", "moving marks"])
def test_all_that_is_known_of_a_request_is_the_same_wherever_it_was_taken_up(looks, marked):
    books = Book(), Book()
    with_tips, without = House(resumes=True, hidden=books[0]), House(resumes=False, hidden=books[1])
    turns, other = outputs(1, 24), outputs(2, 24)
    turns[0] = rows(random.Random(3), 900)  # large enough to lose rows, so that the tool is offered
    said = ["I LOOKED." if number in looks else "I go on." for number in range(24)]
    for step, one in enumerate(
        [*(turns[:k] for k in range(6, 25)), [*turns[:20], *other[:3]], turns[:9], turns, turns, turns[:23]]
    ):
        if step in looks:
            for book in books:
                book.edition += 1
        raw = body(one, marked=marked, said=said)
        here, there = with_tips.send(raw).exchange, without.send(raw).exchange
        assert here.retrieve_offered
        assert here.body_out == there.body_out
        assert untimed(here.verdicts) == untimed(there.verdicts)
        assert here.transforms == there.transforms
        assert here.handles == there.handles
        assert here.judged == Judged().plus(here.verdicts)
    if not looks:
        assert books[0].asked < books[1].asked / 2


def test_only_the_end_of_a_conversation_keeps_what_it_came_to():
    house = House(resumes=True)
    turns = outputs(1, 24)
    seen = {}
    for k in range(6, 25):
        seen |= {node.key: node for node in house.send(body(turns[:k], marked=True)).nodes}
    assert len({id(node.sofar) for node in seen.values() if node.sofar is not None}) <= 1


def test_a_known_beginning_is_not_looked_up_message_by_message(monkeypatch):
    house = House(resumes=True)
    turns = outputs(1, 20)
    house.send(body(turns[:19]))
    asked = []
    find = house.pipeline._lineage.find
    monkeypatch.setattr(house.pipeline._lineage, "find", lambda parent, raw: asked.append(raw) or find(parent, raw))
    assert house.plan(body(turns)).known == 2 * 19 + 1
    assert len(asked) <= 2


def test_what_the_provider_refused_is_not_taken_up_again():
    house = House(resumes=True)
    turns = outputs(1, 20)
    refused = house.send(body(turns))
    assert refused.exchange.body_out != refused.exchange.body_in
    house.pipeline.refused(refused)
    again = house.send(body(turns))
    assert again.exchange.body_out != refused.exchange.body_out


@pytest.mark.parametrize("spoil", ["another root", "a wrong depth", "forgotten"])
def test_only_whole_living_chains_are_found(spoil):
    root = Node(b"root", None, 0)
    chain, parent = [], root
    for depth in range(1, 4):
        parent = Node(b"%d" % depth, parent, depth)
        chain.append(parent)
    tips = Tips()
    tips.keep(root, [(3, b"d")], chain)
    assert tips.find(root, [(3, b"d")]) == chain
    if spoil == "another root":
        assert tips.find(Node(b"other", None, 0), [(3, b"d")]) == []
    elif spoil == "a wrong depth":
        assert tips.find(root, [(2, b"d")]) == []
    else:
        chain[0].gone = True
        assert tips.find(root, [(3, b"d")]) == []


def test_no_node_is_kept_alive():
    root = Node(b"root", None, 0)
    tips, chain = Tips(), [Node(b"1", root, 1)]
    tips.keep(root, [(1, b"d")], chain)
    chain.clear()
    assert tips.find(root, [(1, b"d")]) == []
