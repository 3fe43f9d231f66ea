"""Reads that go, reads that stay, and what a conversation looks like after its cache has died."""

import json
from dataclasses import replace

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from headroom.accounts.pricing import Prices
from headroom.exchange import Exchange, Usage, Wire
from headroom.pipeline.conversation import Conversations
from headroom.pipeline.counts import Counts
from headroom.pipeline.history import History
from headroom.pipeline.ledger import Ledger
from headroom.pipeline.lifecycle import access_of, outdated
from headroom.pipeline.pipeline import Pipeline
from headroom.pipeline.workers import Workers
from headroom.retrieval.markers import handles
from headroom.retrieval.originals import Originals
from headroom.settings import Settings
from headroom.store.memory import MemoryStore
from headroom.wire.dialect import ToolCall

LONG = "You fix things, one at a time, and say what you did. " * 400


def source(state, lines=120):
    return "".join(f"{i + 1}\tdef rule_{i}(value): return value * {i * 7 + state}\n" for i in range(lines))


class House:
    """A pipeline on a store that outlives it."""

    def __init__(self, *, windows=None, **options):
        self.settings, self.windows = Settings(**options), windows
        self.store = MemoryStore(now=lambda: 0.0)
        self.start()

    def start(self):
        self.originals = Originals(self.store, key=b"k" * 32, ttl=1e9, max_bytes=1 << 28, now=0.0)
        self.pipeline = Pipeline(
            self.settings,
            ledger=Ledger(self.store),
            originals=self.originals,
            conversations=Conversations(self.settings, self.store),
            workers=Workers(large=1 << 30),
            counts=Counts(),
            history=History(self.store),
            prices=Prices(),
            windows=self.windows,
        )

    def send(self, raw, now, usage=None, seconds=60.0, rounds=(), *, noted=True):
        exchange = Exchange(
            "r", now, now, Wire.ANTHROPIC, "anthropic", "POST", "/v1/messages", "http://u", body_in=raw, body_out=raw,
            mode=self.settings.mode, headers={"x-api-key": "k"},
        )  # fmt: skip
        plan = self.pipeline.plan(exchange, now=now)
        exchange.plan = plan
        self.pipeline.work(plan, seconds=seconds)
        self.pipeline.finish(plan)
        self.pipeline.count(plan)
        exchange.usage, exchange.status = sum(rounds, Usage()) if rounds else usage or Usage(0, 5000, 1000), 200
        exchange.round_usages = tuple(rounds)
        if noted:
            self.pipeline.observed(exchange, now=now)
            self.pipeline.write_observed(now=now)
        return exchange


def body(steps, *, marked=True, model="claude-sonnet-4-5", system=LONG):
    messages = [{"role": "user", "content": "Fix rule_7, please."}]
    for i, (name, given, text) in enumerate(steps):
        use = {"type": "tool_use", "id": f"t{i}", "name": name, "input": given}
        messages.append({"role": "assistant", "content": [{"type": "text", "text": f"Step {i}."}, use]})
        messages.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"t{i}", "content": text}]})
    if marked:
        messages[-1]["content"][-1]["cache_control"] = {"type": "ephemeral"}
    names = ("Bash", "Read", "Edit", "Write")
    tools = [{"name": n, "description": f"Runs {n}.", "input_schema": {"type": "object"}} for n in names]
    request = {"model": model, "max_tokens": 1000, "system": system, "tools": tools, "messages": messages}
    return json.dumps(request).encode()


def results(raw):
    return [
        block["content"]
        for message in json.loads(raw)["messages"]
        if message["role"] == "user" and isinstance(message["content"], list)
        for block in message["content"]
        if block["type"] == "tool_result"
    ]


READ = ("Read", {"file_path": "/repo/a.py"})
EDIT = ("Edit", {"file_path": "/repo/a.py", "old_string": "a", "new_string": "b"}, "The file was changed.")
DONE = ("Bash", {"command": "true"}, "")
PART = ("Read", {"file_path": "/repo/a.py", "offset": 1, "limit": 40})
OTHER = ("Read", {"file_path": "/repo/b.py"}, source(5))


@pytest.mark.parametrize(
    ("steps", "gone"),
    [
        ([(*READ, source(0)), EDIT, (*READ, source(1))], [0]),
        ([(*READ, source(0)), EDIT], []),
        ([(*READ, source(0)), EDIT, (*PART, source(1, 40))], []),
        ([(*PART, source(0, 40)), EDIT, (*READ, source(1))], [0]),
        ([(*PART, source(0, 40)), EDIT, (*PART, source(1, 40))], [0]),
        ([(*READ, source(0)), OTHER], []),
        ([(*READ, source(0)), ("Write", {"file_path": "/repo/a.py", "content": "x = 1"}, "written")], [0]),
        ([(*READ, source(0)), EDIT, (*READ, source(1)), EDIT, (*READ, source(2))], [0, 2]),
        ([(*READ, source(0)), (*READ, source(0))], []),
    ],
    ids=[
        "read again in full",
        "edited only: the newest copy there is",
        "read again in part",
        "a part, then all",
        "the same part again",
        "another file",
        "written anew",
        "twice",
        "the same text again is cited, so the first copy stays",
    ],
)
def test_only_what_a_newer_copy_replaces_goes_once_the_cache_is_dead(steps, gone):
    house = House()
    house.send(body(steps), 1000.0)
    sent = house.send(body([*steps, DONE]), 1000.0 + 3600.0)
    for number, text in enumerate(results(sent.body_out)[: len(steps)]):
        if number in gone:
            assert len(text) < 500
            (handle,) = handles(text)
            assert house.originals.get(handle, now=5000.0).text == steps[number][2]
            assert sent.retrieve_offered
        elif steps[number][0] == "Read" and not text.startswith("[~ the same"):
            assert text == steps[number][2]
    assert bool(gone) == ("rewrites" in sent.notes)


ELSEWHERE = ("Edit", {"file_path": "/repo/b.py", "old_string": "a", "new_string": "b"}, "The file was changed.")
PATCH = ("apply_patch", {"input": "*** Update File: /repo/a.py\n-a\n+b"}, "Done.")


@pytest.mark.parametrize(
    ("between", "whole"),
    [
        ([], False),
        ([EDIT], True),
        ([PATCH], True),
        ([("mcp__files__edit_file", {"path": "/repo/a.py"}, "ok")], True),
        ([ELSEWHERE], False),
        ([("Bash", {"command": "grep -n rule /repo/a.py"}, "one line")], False),
        ([EDIT, (*READ, source(0))], False),
    ],
    ids=[
        "read twice",
        "edited",
        "patched",
        "edited through MCP",
        "another file was edited",
        "only looked at",
        "edited, and read since",
    ],
)
def test_what_is_read_again_after_an_edit_goes_out_whole(between, whole):
    sent = House().send(body([(*READ, source(0)), *between, (*READ, source(0)), DONE]), 1000.0)
    text = results(sent.body_out)[len(between) + 1]
    assert (text == source(0)) is whole
    assert text.startswith("[~ the same") is not whole


def test_of_a_file_that_was_edited_no_part_is_cited_either():
    changed = source(0).replace("rule_60", "rule_sixty")
    steps = [(*READ, source(0)), ("Bash", {"command": "true"}, "x"), (*READ, changed), DONE]
    assert "the same as lines" in results(House().send(body(steps), 1000.0).body_out)[2]
    steps[1] = EDIT
    assert results(House().send(body(steps), 1000.0).body_out)[2] == changed


FILES = st.sampled_from(["a.py", "b.py"])
USES = st.one_of(
    st.tuples(
        st.just("Read"), FILES.map(lambda path: {"file_path": path}), st.sampled_from([source(0), source(1), "x"])
    ),
    st.tuples(st.just("Read"), FILES.map(lambda path: {"file_path": path, "limit": 40}), st.just(source(1, 40))),
    st.tuples(st.just("Write"), FILES.map(lambda path: {"file_path": path, "content": "x"}), st.just("written")),
    st.tuples(st.just("Bash"), st.just({"command": "ls"}), st.just("a.py  b.py")),
)


@settings(max_examples=40, deadline=None)
@for_all(st.lists(USES, min_size=1, max_size=8), st.lists(st.integers(1, 17), max_size=8))
def test_a_chain_that_is_gone_on_with_has_the_same_outdated_reads_as_one_read_afresh(steps, asked):
    """Asked after any of its messages, in any order, as forks and repeats do."""
    house = House()
    nodes = house.send(body(steps), 1000.0).plan.nodes
    for end in (*asked, *range(1, len(nodes) + 1, 2), *asked):
        chain = nodes[: min(end, len(nodes))]
        assert outdated(chain) == outdated([replace(node, reads=None) for node in chain])


STEPS = [(*READ, source(0, 400)), EDIT, (*READ, source(1, 400))]


@pytest.mark.parametrize(
    "options", [{"mode": "cache"}, {"read_lifecycle": False}, {"lossless": True}], ids=["cache mode", "off", "lossless"]
)
def test_nothing_sent_before_changes_where_it_must_not(options):
    house = House(**options)
    first = house.send(body(STEPS), 1000.0)
    later = house.send(body([*STEPS, DONE]), 9000.0)
    assert results(later.body_out)[: len(STEPS)] == results(first.body_out)
    assert "rewrites" not in later.notes


def test_while_the_cache_lives_the_gate_refuses_and_says_so():
    house = House()
    first = house.send(body(STEPS), 1000.0)
    later = house.send(body([*STEPS, DONE]), 1030.0)
    assert results(later.body_out)[: len(STEPS)] == results(first.body_out)
    assert later.notes["refusals"]["outdated reads"]["sentence"].startswith("refused outdated reads: would cost $")


def test_an_hour_of_cache_life_is_believed():
    house = House()
    house.send(body(STEPS), 1000.0, Usage(0, 5000, 0, 1000))
    assert "rewrites" not in house.send(body([*STEPS, DONE]), 2000.0, Usage(0, 5000, 0, 1000)).notes
    assert "rewrites" in house.send(body([*STEPS, DONE, DONE]), 2000.0 + 3700.0).notes


def test_a_rewrite_stands_for_its_branch_across_restarts_and_retries():
    house = House()
    house.send(body(STEPS), 1000.0)
    rewritten = house.send(body([*STEPS, DONE]), 9000.0)
    assert "rewrites" in rewritten.notes
    assert house.send(body([*STEPS, DONE]), 9001.0).body_out == rewritten.body_out
    house.start()
    assert house.send(body([*STEPS, DONE]), 9002.0).body_out == rewritten.body_out
    after = house.send(body([*STEPS, DONE, OTHER]), 9003.0)
    count = len(STEPS) + 1
    assert results(after.body_out)[:count] == results(rewritten.body_out)
    assert "rewrites" not in after.notes
    # A branch that left before the rewrite has a dead cache, too; it comes to the same bytes, which are cached by now.
    fork = house.send(body([*STEPS, OTHER]), 9004.0)
    assert results(fork.body_out)[: len(STEPS)] == results(rewritten.body_out)[: len(STEPS)]


def test_what_the_upstream_refuses_is_taken_back():
    house = House()
    house.send(body(STEPS), 1000.0)
    rewritten = house.send(body([*STEPS, DONE]), 9000.0)
    house.pipeline.refused(rewritten.plan)
    again = house.send(body([*STEPS, DONE]), 9001.0)
    assert results(again.body_out)[0] == STEPS[0][2]


@pytest.mark.parametrize("named", [False, True])
def test_what_went_out_whole_for_want_of_time_stays_where_a_later_result_names_it(named):
    house = House()
    log = "".join(f"2026-11-21 10:00:{i % 60:02} INFO worker-{i % 4} processed job {i}\n" for i in range(800))
    later = "".join(log.splitlines(keepends=True)[100:200]) if named else source(3)
    steps = [("Bash", {"command": "make check"}, log), ("Read", {"file_path": "/tmp/log"}, later)]
    house.send(body(steps[:1]), 0.0, seconds=0.0)
    sent = house.send(body(steps), 7200.0)
    assert (results(sent.body_out)[0] == log) is named
    assert results(sent.body_out)[1].startswith("[~ 100 lines") is named


def test_tokens_are_counted_as_they_are_sent():
    house = House()
    before = house.send(body(STEPS), 1000.0)
    after = house.send(body([*STEPS, DONE]), 9000.0)
    assert after.tokens_before >= before.tokens_before
    assert after.tokens_after < before.tokens_after - 3000


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("Read", {"file_path": "/a"}, ("read", "/a", "")),
        ("mcp__fs__read_file", {"path": "/a"}, ("read", "/a", "")),
        ("Read", {"file_path": "/a", "limit": 3, "offset": None}, ("read", "/a", '{"limit": 3}')),
        ("Write", {"file_path": "/a", "content": ""}, ("write", "/a", "")),
        ("str_replace_based_edit_tool", {"command": "view", "path": "/a"}, ("read", "/a", "")),
        ("str_replace_based_edit_tool", {"command": "str_replace", "path": "/a"}, None),
        ("Edit", {"file_path": "/a"}, None),
        ("Read", {}, None),
        ("Bash", {"command": "cat /a"}, None),
    ],
)
def test_what_a_call_does_to_a_file(name, arguments, expected):
    found = access_of(ToolCall("1", name, json.dumps(arguments)))
    assert (None if found is None else (found.kind, found.path, found.span)) == expected


def module(count=60):
    return "".join(
        f"{i * 6 + 1}\tdef rule_{i}(value):\n{i * 6 + 2}\t    total = 0\n{i * 6 + 3}\t    for step in range(value):\n"
        f"{i * 6 + 4}\t        total += step * {i} % 7\n{i * 6 + 5}\t    return total\n{i * 6 + 6}\t\n"
        for i in range(count)
    )


BIG = ("Read", {"file_path": "/repo/rules.py"}, module(200))


def test_a_large_source_file_is_outlined_on_request():
    house = House(intercept_tool_results=True)
    sent = house.send(body([BIG]), 1000.0)
    (shown,) = results(sent.body_out)
    assert sent.verdicts[0].why.startswith("code:")
    assert "def rule_7(value):" in shown
    assert len(shown) < 0.7 * len(BIG[2])
    assert house.originals.get(sent.handles[0], now=1001.0).text == BIG[2]
    assert results(House().send(body([BIG]), 1000.0).body_out) == [BIG[2]], "by default files are not touched"


@pytest.mark.parametrize(("least", "outlined"), [(0, True), (4_000, True), (100_000, False)])
def test_the_size_from_which_a_file_is_outlined_can_be_set(least, outlined):
    middling = ("Read", {"file_path": "/repo/rules.py"}, module(40))
    assert 4_000 < len(middling[2]) < 8_192
    sent = House(intercept_tool_results=True, intercept_read_min_chars=least).send(body([middling]), 1000.0)
    assert (results(sent.body_out) != [middling[2]]) is outlined


@pytest.mark.parametrize(
    "steps",
    [
        [("Read", {"file_path": "/repo/rules.py", "offset": 10, "limit": 900}, module(200))],
        [("Read", {"file_path": "/repo/notes.txt"}, module(200))],
        [("Read", {"file_path": "/repo/rules.py"}, module(20))],
        [("Edit", {"file_path": "/repo/rules.py"}, module(200))],
    ],
    ids=["a range", "no source", "short", "no read"],
)
def test_other_reads_are_not_outlined(steps):
    sent = House(intercept_tool_results=True).send(body(steps), 1000.0)
    assert results(sent.body_out) == [text for _, _, text in steps]


def test_who_reads_a_file_again_gets_its_text():
    again = module(200).replace("% 7", "% 9")
    sent = House(intercept_tool_results=True).send(
        body([BIG, ("Read", {"file_path": "/repo/rules.py"}, again)]), 1000.0
    )
    assert results(sent.body_out)[1] == again


@pytest.mark.parametrize("noted", [True, False], ids=["noted", "not noted yet"])
def test_what_the_last_call_cached_counts_before_its_answer_is_noted(noted):
    """The next request may come in while the figures of the last answer wait to be taken in."""
    house = House()
    steps = [DONE] * 12 + [(*READ, source(0)), OTHER, (*READ, source(1))]
    for count in range(1, len(steps)):
        house.send(body(steps[:count]), 1000.0 + count, noted=noted or count < len(steps) - 1)
    sent = house.send(body(steps), 1100.0)
    assert "rewrites" not in sent.notes
    [refusal] = sent.notes["refusals"].values()
    assert refusal["rewritten"] > len(source(5)) // 5


@pytest.mark.parametrize("noted", [True, False], ids=["noted", "not noted yet"])
def test_a_prefix_is_not_cold_once_it_was_sent_again(noted):
    house = House()
    steps = [(*READ, source(0)), OTHER, DONE, (*READ, source(1))]
    house.send(body(steps[:2]), 1000.0)
    house.send(body(steps[:3]), 9000.0, noted=noted)
    assert "rewrites" not in house.send(body(steps), 9001.0).notes
