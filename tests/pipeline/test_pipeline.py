import json
import random
from dataclasses import replace
from hashlib import sha256

import pytest

from headroom.compress.rendition import Gap
from headroom.compress.router import Outcome
from headroom.exchange import Wire
from headroom.pipeline import conversation as conversation_module
from headroom.pipeline.conversation import Conversations
from headroom.pipeline.counts import Counts
from headroom.pipeline.ledger import Ledger
from headroom.pipeline.pipeline import Pipeline
from headroom.pipeline.workers import Workers
from headroom.retrieval.markers import parse
from headroom.retrieval.originals import SPACE, Originals
from headroom.retrieval.view import View
from headroom.settings import Settings
from headroom.store.memory import MemoryStore
from headroom.wire import dialect_for
from headroom.wire.body import text_of
from headroom.wire.dialect import PartKind
from tests.pipeline.conversations import body, exchange, log, turns

KEY = b"k" * 32


def memory():
    return MemoryStore(now=lambda: 1.0)


class Broken(MemoryStore):
    """A store that can't be written."""

    def put_once_many(self, space, items, *, now, ttl=None):
        from headroom.errors import StoreError

        if space == self.broken:
            raise StoreError("disk full")
        return super().put_once_many(space, items, now=now, ttl=ttl)


def make(store=None, *, workers=None, promises=True, **options):
    settings = Settings(**options)
    store = store if store is not None else memory()
    originals = Originals(store, key=KEY, ttl=1e6, max_bytes=1 << 28, now=0.0)
    return Pipeline(
        settings,
        ledger=Ledger(store),
        originals=originals,
        conversations=Conversations(settings, store, promises=promises),
        workers=workers or Workers(),
        counts=Counts(lambda text, _model: len(text) // 4),
    ), originals


def send(pipeline, wire, raw, *, seconds=30.0, now=1.0):
    ex = exchange(wire, raw)
    plan = pipeline.plan(ex, now=now)
    if plan.fresh:
        pipeline.work(plan, seconds=seconds)
    pipeline.finish(plan)
    pipeline.count(plan)
    return ex, plan


def results(wire, raw):
    """The texts of all tool results of a body."""
    dialect = dialect_for(wire)
    found = []
    for piece in dialect.outline(raw).messages:
        message = raw[piece.start : piece.end]
        found += [
            text_of(message[p.start : p.end]) for p in dialect.message(message).parts if p.kind is PartKind.TOOL_RESULT
        ]
    return found


ALL = pytest.mark.parametrize("wire", list(Wire))


@ALL
def test_compresses_what_it_may_and_keeps_the_rest(wire):
    pipeline, _ = make()
    steps = turns(7, 12)
    raw = body(wire, steps)
    ex, _ = send(pipeline, wire, raw)
    assert ex.tokens_after < ex.tokens_before
    assert ex.body_in == raw
    json.loads(ex.body_out)
    for (tool, _, text, _), sent in zip(steps, results(wire, ex.body_out), strict=True):
        if tool == "Read" and not sent.startswith("[~ the same"):
            assert sent == text


@ALL
def test_nothing_to_compress_forwards_the_same_bytes(wire):
    pipeline, _ = make(ccr_inject_tool=False)
    raw = body(wire, [("Bash", {"command": "pwd"}, "/repo", False)], tools=False)
    ex, _ = send(pipeline, wire, raw)
    assert sha256(ex.body_out).digest() == sha256(raw).digest()
    assert ex.body_out is ex.body_in


@ALL
def test_each_turn_extends_the_one_before_through_restart_and_second_worker(wire):
    store = memory()
    pipeline, _ = make(store)
    other, _ = make(store)
    steps = turns(3, 24)
    before = None
    for count in range(1, len(steps) + 1):
        if count % 8 == 0:
            pipeline, _ = make(store)  # restarted: nothing in memory
        sender = other if count % 3 == 0 else pipeline
        ex, _ = send(sender, wire, body(wire, steps[:count], marked=False))
        sent = results(wire, ex.body_out)
        if before is not None:
            assert sent[: len(before)] == before
        before = sent


@ALL
def test_same_request_again_sends_the_same_bytes_without_work(wire):
    pipeline, _ = make()
    raw = body(wire, turns(5, 10))
    first, _ = send(pipeline, wire, raw)
    again = exchange(wire, raw)
    plan = pipeline.plan(again, now=2.0)
    assert not plan.fresh
    pipeline.finish(plan)
    assert again.body_out == first.body_out
    assert not any(v.fresh for v in again.verdicts)


def test_a_moved_cache_mark_changes_no_verdict():
    pipeline, _ = make()
    steps = turns(11, 9)
    marked, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps[:5], marked=True))
    later, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps, marked=True))
    assert results(Wire.ANTHROPIC, later.body_out)[:5] == results(Wire.ANTHROPIC, marked.body_out)
    assert not any(v.fresh for v in later.verdicts[:5])


def marked_twice(steps):
    value = json.loads(body(Wire.ANTHROPIC, steps, marked=False))
    for message in value["messages"][-3::2]:
        message["content"][-1]["cache_control"] = {"type": "ephemeral"}
    return json.dumps(value).encode()


def test_a_block_behind_a_moved_cache_mark_is_new_only_once():
    pipeline, _ = make()
    steps = turns(3, 6)
    fresh = [0] * len(steps)
    for count in range(2, len(steps) + 1):
        ex, _ = send(pipeline, Wire.ANTHROPIC, marked_twice(steps[:count]))
        fresh = [had + verdict.fresh for had, verdict in zip(fresh, ex.verdicts, strict=False)] + fresh[count:]
    assert fresh == [1] * len(steps)


@pytest.mark.parametrize("more", range(0, 160, 20))
def test_a_moved_cache_mark_changes_no_verdict_after_a_restart_either(more):
    """The size of a conversation has a say in verdicts, in steps: what a mark takes must not count."""
    store = memory()
    step = 4 * ((15_000 + 22_000) // 2 - 16_000)
    steps = [("Bash", {"command": "make"}, "x" * (step - 640 + more), False), *turns(3, 4)]
    for count in range(2, len(steps) + 1):
        ex, _ = send(make(store)[0], Wire.ANTHROPIC, marked_twice(steps[:count]))
        assert count == 2 or not any(v.fresh for v in ex.verdicts[: count - 1])


def test_overrun_is_pinned_raw():
    store = memory()
    pipeline, _ = make(store)
    raw = body(Wire.ANTHROPIC, turns(2, 6))
    late, _ = send(pipeline, Wire.ANTHROPIC, raw, seconds=0.0)
    assert {v.why for v in late.verdicts} <= {"deadline", "protected", "too_small", "dedupe:repeat"}
    unhurried, _ = make(store)
    again, _ = send(unhurried, Wire.ANTHROPIC, raw)
    assert again.body_out == late.body_out


def test_lossy_only_where_the_tool_is(monkeypatch):
    text = log(__import__("random").Random(1), 400)
    steps = [("Bash", {"command": "make"}, text, False)]
    for tools, lossy in ((True, True), (False, False)):
        pipeline, _ = make()
        ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps, tools=tools))
        assert ex.retrieve_offered is tools
        assert (b"headroom_retrieve" in ex.body_out) is tools
        if not lossy:
            assert all(v.lossless for v in ex.verdicts)
            assert ex.handles == []


def test_every_marker_is_redeemable_before_the_request_leaves():
    pipeline, originals = make()
    text = log(__import__("random").Random(1), 900)
    ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, [("Bash", {"command": "make"}, text, False)]))
    assert ex.handles, "the log was expected to be compressed with loss"
    assert originals.get(ex.handles[0], now=2.0).text == text


def test_a_lost_original_is_kept_again():
    store = memory()
    pipeline, originals = make(store)
    text = log(__import__("random").Random(1), 900)
    raw = body(Wire.ANTHROPIC, [("Bash", {"command": "make"}, text, False)])
    ex, _ = send(pipeline, Wire.ANTHROPIC, raw)
    store.clear("originals")
    pipeline, originals = make(store)
    ex, plan = send(pipeline, Wire.ANTHROPIC, raw)
    pipeline.keep_promises(plan)
    assert originals.get(ex.handles[0], now=2.0).text == text


def test_a_refusal_after_a_restart_takes_back_only_what_was_new():
    store = memory()
    rng = __import__("random").Random(1)
    steps = [("Bash", {"command": f"make {n}"}, log(rng, 900), False) for n in range(2)]
    accepted, _ = send(make(store)[0], Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps[:1]))
    pipeline, _ = make(store)
    _, plan = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps))
    pipeline.refused(plan)
    ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps))
    assert results(Wire.ANTHROPIC, ex.body_out) == [*results(Wire.ANTHROPIC, accepted.body_out), steps[1][2]]


@pytest.mark.parametrize("wire", [Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES])
def test_of_calls_with_one_id_the_nearest_and_first_is_meant(wire):
    """Ids that come twice are the client's mistake, but whose result is whose must be the same on every turn."""
    text = "x = 1\n" * 400
    steps = [("Bash", {"command": "make"}, text, False), ("Read", {"file_path": "/a"}, "y = 2\n" * 400, False)]
    raw = body(wire, steps).replace(b"call_1", b"call_0")
    pipeline, _ = make()
    ex, plan = send(pipeline, wire, raw)
    assert [v.tool for v in ex.verdicts] == ["Bash", "Read"]
    assert plan.node.call("call_0").name == "Read"
    assert plan.node.call("call_1") is plan.node.call(None) is None


def test_failing_originals_store_means_no_loss():
    store = Broken(now=lambda: 1.0)
    store.broken = "originals"
    pipeline, _ = make(store)
    text = log(__import__("random").Random(1), 900)
    ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, [("Bash", {"command": "make"}, text, False)]))
    assert ex.handles == []
    assert all(v.lossless for v in ex.verdicts)


def test_failing_ledger_forwards_raw():
    store = Broken(now=lambda: 1.0)
    store.broken = "ledger"
    pipeline, _ = make(store)
    ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, turns(3, 4)))
    assert all(v.kind == "raw" for v in ex.verdicts)
    assert ex.notes["ledger"] == "disk full"


def test_refused_rewrite_is_taken_back_and_barred():
    store = memory()
    pipeline, _ = make(store)
    steps = [("Bash", {"command": "make"}, log(__import__("random").Random(s), 300), False) for s in (1, 2)]
    ex, plan = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps[:1]))
    assert ex.transforms
    pipeline.refused(plan)
    for maker in (pipeline, make(store)[0]):
        ex, _ = send(maker, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps))
        assert results(Wire.ANTHROPIC, ex.body_out) == [s[2] for s in steps]


def test_refused_rewrite_bars_no_other_conversation_with_the_same_system_message():
    store = memory()
    pipeline, _ = make(store)
    wire = Wire.OPENAI_CHAT
    step = ("Bash", {"command": "make"}, log(__import__("random").Random(1), 300), False)
    raw = body(wire, [step])
    ex, plan = send(pipeline, wire, raw)
    assert ex.transforms
    pipeline.refused(plan)
    for maker in (pipeline, make(store)[0]):
        barred, _ = send(maker, wire, raw)
        assert results(wire, barred.body_out) == [step[2]]
        other, _ = send(maker, wire, raw.replace(b"Why does compute_7 fail", b"Why is compute_7 slow"))
        assert other.transforms


def test_refused_without_anything_new_leaves_the_conversation_alone():
    pipeline, _ = make()
    raw = body(Wire.ANTHROPIC, turns(3, 4))
    send(pipeline, Wire.ANTHROPIC, raw)
    _, plan = send(pipeline, Wire.ANTHROPIC, raw)
    pipeline.refused(plan)
    ex, _ = send(pipeline, Wire.ANTHROPIC, raw)
    assert ex.body_out == raw
    assert not ex.retrieve_offered
    assert ex.tokens_after == ex.tokens_before > 0
    assert ex.passthrough_reason == "barred"


def test_policy_upgrade_replays_old_bytes_and_leaves_new_blocks(monkeypatch):
    store = memory()
    steps = turns(9, 12)
    pipeline, _ = make(store)
    old, _ = send(pipeline, Wire.OPENAI_CHAT, body(Wire.OPENAI_CHAT, steps[:8]))
    monkeypatch.setattr(conversation_module, "POLICY_ID", "next")
    upgraded, _ = make(store)
    ex, _ = send(upgraded, Wire.OPENAI_CHAT, body(Wire.OPENAI_CHAT, steps))
    sent = results(Wire.OPENAI_CHAT, ex.body_out)
    assert sent[:8] == results(Wire.OPENAI_CHAT, old.body_out)
    assert sent[8:] == [s[2] for s in steps[8:]]


def test_shadow_forwards_the_client_bytes_and_counts():
    pipeline, _ = make(shadow=True)
    raw = body(Wire.ANTHROPIC, turns(7, 8))
    ex, _ = send(pipeline, Wire.ANTHROPIC, raw)
    assert ex.body_out is ex.body_in
    assert ex.notes["shadow_bytes"] < len(raw)
    assert ex.tokens_after < ex.tokens_before


def test_lossless_setting_offers_no_tool_and_marks_nothing():
    pipeline, _ = make(lossless=True, ccr_inject_tool=False, ccr_marker=False)
    ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, turns(7, 8)))
    assert b"headroom" not in ex.body_out
    assert b"omitted" not in ex.body_out
    assert b"condensed by" not in ex.body_out
    assert all(v.lossless for v in ex.verdicts)


def test_a_result_seen_before_is_cited():
    pipeline, _ = make()
    text = "".join(f"line {i} of something that nobody can shorten {i * 7919 % 1000}\n" for i in range(40))
    steps = [("Read", {"file_path": "/repo/a.py"}, text, False), ("Read", {"file_path": "/repo/a.py"}, text, False)]
    ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps))
    first, second = results(Wire.ANTHROPIC, ex.body_out)
    assert first == text
    assert second.startswith("[~ the same")
    assert "/repo/a.py" in second


class Stuck(Workers):
    def run(self, job, seconds):
        return Outcome(
            text=None, kind="", transform="", lossless=True, gaps=(), tokens_before=0, tokens_after=0, why="deadline"
        )


AGAIN = "[~ the same 900 lines as the result of bash make (message 3) above]"


def test_a_result_that_was_cut_before_to_the_same_words_is_named():
    store = memory()
    text = log(random.Random(1), 900)
    step = ("Bash", {"command": "make"}, text, False)
    pipeline, _ = make(store)
    before = []
    for count in (1, 2, 3):
        ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, [step] * count, marked=False))
        now = results(Wire.ANTHROPIC, ex.body_out)
        assert "lines omitted" in now[0]
        assert now[1:] == [AGAIN] * (count - 1)
        assert now[:-1] == before
        before = now
    again, _ = send(make(store)[0], Wire.ANTHROPIC, body(Wire.ANTHROPIC, [step] * 3, marked=False))
    assert again.body_out == ex.body_out


def test_a_result_that_was_cut_goes_out_whole_at_no_later_stake():
    """In a longer conversation the same loss might not be worth its risk: but part of the text was told already."""
    rng = random.Random(4)
    large, small = (("Bash", {"command": f"make {lines}"}, log(rng, lines), False) for lines in (900, 30))
    filler = [
        ("Read", {"file_path": f"/repo/f{n}.py"}, f"{n} {rng.random()} fills the context\n" * 20_000, False)
        for n in range(4)
    ]

    def last_of(steps):
        store = memory()
        pipeline, _ = make(store)
        for count in range(1, len(steps)):
            send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps[:count], marked=False))
        whole = body(Wire.ANTHROPIC, steps, marked=False)
        another = send(make(store)[0], Wire.ANTHROPIC, whole)[0].body_out  # a worker that never saw the conversation
        sent = send(pipeline, Wire.ANTHROPIC, whole)[0].body_out
        assert another == sent
        return results(Wire.ANTHROPIC, sent)

    assert "lines omitted" in last_of([large, small])[-1]
    assert "lines omitted" not in last_of([large, *filler, small])[-1]  # here it would cost more to be asked back
    assert last_of([large, small, *filler, small])[-1].startswith("[~ the same 30 lines")


def test_nothing_is_cited_that_the_provider_may_clear():
    text = log(random.Random(1), 900)
    steps = [("Bash", {"command": "make"}, text, False), ("Read", {"file_path": "/a"}, text[:9000], False)] * 2
    steps.append(("Read", {"file_path": "/b"}, "more:\n" + text[:9000], False))
    raw = json.loads(body(Wire.ANTHROPIC, steps))
    cited = [
        any("the same" in sent for sent in results(Wire.ANTHROPIC, send(make()[0], Wire.ANTHROPIC, dump)[0].body_out))
        for dump in (
            json.dumps(raw).encode(),
            json.dumps(raw | {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}).encode(),
        )
    ]
    assert cited == [True, False]


def test_a_naming_of_a_cut_result_that_was_refused_is_taken_back():
    pipeline, _ = make()
    text = log(random.Random(1), 900)
    step = ("Bash", {"command": "make"}, text, False)
    send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, [step]))
    ex, plan = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, [step] * 2))
    assert results(Wire.ANTHROPIC, ex.body_out)[1] == AGAIN
    pipeline.refused(plan)
    ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, [step] * 2))
    assert results(Wire.ANTHROPIC, ex.body_out)[1] == text


def test_a_worker_that_gives_up_costs_only_the_saving():
    pipeline, _ = make(workers=Stuck())
    raw = body(Wire.ANTHROPIC, turns(7, 5), tools=False)
    ex, _ = send(pipeline, Wire.ANTHROPIC, raw)
    assert all(v.kind == "raw" or v.why == "dedupe:repeat" for v in ex.verdicts)


def test_counts_are_the_same_whether_history_was_seen_or_not():
    raw = body(Wire.ANTHROPIC, turns(21, 10))
    whole, _ = send(make()[0], Wire.ANTHROPIC, raw)
    pipeline, _ = make()
    for count in (3, 6, 9):
        send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, turns(21, 10)[:count]))
    grown, _ = send(pipeline, Wire.ANTHROPIC, raw)
    assert (grown.tokens_before, grown.tokens_after) == (whole.tokens_before, whole.tokens_after)


@pytest.mark.parametrize("wire", list(Wire))
def test_a_conversation_keeps_the_definition_of_the_tool_it_began_with(wire, monkeypatch):
    store = memory()
    steps = turns(3, 4)
    monkeypatch.setattr(conversation_module, "VERSION", 1)
    first, _ = send(make(store, mode="cache")[0], wire, body(wire, steps[:2], marked=False))
    monkeypatch.undo()
    second, _ = send(make(store, mode="cache")[0], wire, body(wire, steps, marked=False))
    other, _ = send(make(mode="cache")[0], wire, body(wire, steps, marked=False))
    arrays = []
    for ex in (first, second, other):
        place = dialect_for(wire).outline(ex.body_out).tools
        arrays.append(ex.body_out[place.start : place.end])
    assert arrays[0] == arrays[1]
    assert arrays[1] != arrays[2]


@pytest.mark.parametrize("wire", [Wire.ANTHROPIC, Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES])
def test_the_lines_of_a_text_that_json_carries_can_be_asked_for(wire):
    """Markers count in the text as it was read; that holds for an original that was lost and written again, too."""
    rng = random.Random(3)
    text = json.dumps({"output": log(rng, 900), "exit_code": 0})
    raw = body(wire, [("run", {"command": "tail app.log"}, text, False)])
    store = memory()
    pipeline, originals = make(store)
    ex, plan = send(pipeline, wire, raw)
    (verdict,) = (v for v in ex.verdicts if v.kind == "compressed")
    assert verdict.why.endswith(":carried")
    assert verdict.handle is not None
    for now in (2.0, 1000.0):
        if now > 2.0:
            store.delete(SPACE, verdict.handle)
            pipeline.keep_promises(replace(plan, now=now))
        found = originals.get(verdict.handle, now=now)
        assert found.text == text
        (shown,) = results(wire, ex.body_out)
        gap = next(mark for mark in parse(shown) if isinstance(mark, Gap))
        view = View(found.as_read)
        missing = view.cut(gap.unit, gap.first, gap.last)
        assert missing in json.loads(text)["output"] + "\n"
        assert missing not in shown
