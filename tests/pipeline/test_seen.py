"""Lines that the model has been sent before are cited, and what is cited stands there word for word."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.exchange import Wire
from headroom.pipeline import seen
from tests.pipeline.conversations import body
from tests.pipeline.test_pipeline import ALL, make, memory, results, send

SOURCE = [f"    value_{n} = compute_{n * 7 % 31}(index, {n})  # step {n}" for n in range(120)]
CITED = re.compile(r"\[~ (\d+) lines \(L(\d+)-(\d+)\): the same as lines (\d+)-(\d+) of the result of (.+) above\]")


def read(first, last, path="/repo/a.py"):
    text = "\n".join(f"{n:>6}→{line}" for n, line in enumerate(SOURCE[first:last], first + 1))
    return ("Read", {"file_path": path, "offset": first}, text, False)


def restored(sent):
    """The texts as they were, rebuilt from what was sent: a citation names its message, a message one result here."""
    whole = []
    for text in sent:
        lines = []
        for line in text.split("\n"):
            if (cited := CITED.fullmatch(line)) is None:
                lines.append(line)
                continue
            depth = int(re.search(r"\(message (\d+)\)$", cited[6])[1])
            earlier = whole[depth // 2 - 1].split("\n")
            lines += earlier[int(cited[4]) - 1 : int(cited[5])]
        whole.append("\n".join(lines))
    return whole


def test_a_read_that_overlaps_an_earlier_one_cites_it():
    pipeline, _ = make()
    steps = [read(0, 80), read(40, 120)]
    ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps))
    first, second = results(Wire.ANTHROPIC, ex.body_out)
    assert first == steps[0][2]
    assert second.startswith(
        "[~ 40 lines (L1-40): the same as lines 41-80 of the result of read /repo/a.py (message 3)"
    )
    assert second.endswith("\n".join(steps[1][2].split("\n")[40:]))
    assert [v.why for v in ex.verdicts] == ["protected", "dedupe:lines"]
    assert ex.verdicts[1].lossless


def test_what_was_compressed_is_not_cited():
    text = "\n".join(f"2026-11-21 10:00:{n % 60:02} INFO worker {n % 5} did job {n}" for n in range(400))
    part = "\n".join(text.split("\n")[100:140])
    steps = [("Bash", {"command": "cat a.log"}, text, False), ("Read", {"file_path": "/b.log"}, part, False)]
    pipeline, _ = make()
    ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps))
    assert ex.verdicts[0].kind == "compressed"
    assert results(Wire.ANTHROPIC, ex.body_out)[1] == part


def test_a_lossless_wish_gets_texts_that_stand_for_themselves():
    pipeline, _ = make(lossless=True)
    steps = [read(0, 80), read(40, 120)]
    ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps))
    assert results(Wire.ANTHROPIC, ex.body_out)[1] == steps[1][2]


def test_another_branch_is_never_cited():
    pipeline, _ = make()
    send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, [read(5, 6), read(0, 80)]))
    ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, [read(7, 8), read(40, 120)]))
    assert results(Wire.ANTHROPIC, ex.body_out)[1] == read(40, 120)[2]


def test_what_is_asked_for_again_is_given_again():
    steps = [read(0, 80), ("headroom_retrieve", {"hash": "ab"}, read(40, 120)[2], False)]
    pipeline, _ = make()
    ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps))
    assert results(Wire.ANTHROPIC, ex.body_out)[1] == steps[1][2]


@ALL
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(10, 60)), min_size=2, max_size=7))
@settings(max_examples=25, deadline=None)
def test_citations_lead_to_the_very_lines(wire, spans):
    pipeline, _ = make()
    steps = [read(first, first + count) for first, count in spans]
    ex, _ = send(pipeline, wire, body(wire, steps))
    sent = results(wire, ex.body_out)
    for number, (text, step) in enumerate(zip(sent, steps, strict=True)):
        if text.startswith("[~ the same"):
            sent[number] = step[2]
    if wire is Wire.ANTHROPIC:  # one message a call and one a result, behind the question
        assert restored(sent) == [step[2] for step in steps]


@pytest.mark.parametrize("renew", ["same process", "restart", "lost index"])
def test_the_next_turn_sends_the_same_bytes(renew, monkeypatch):
    store = memory()
    pipeline, _ = make(store)
    steps = [read(0, 80), read(40, 120), read(10, 70), read(20, 110)]
    before = []
    for count in range(1, len(steps) + 1):
        if renew == "restart":
            pipeline, _ = make(store)
        if renew == "lost index":
            monkeypatch.setattr(seen, "MAX_BYTES", 1)
            pipeline._first_sight._seen = seen.Seen(max_bytes=1)
        ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps[:count], marked=False))
        now = results(Wire.ANTHROPIC, ex.body_out)
        assert now[: len(before)] == before
        before = now
    alone, _ = make()
    ex, _ = send(alone, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps, marked=False))
    assert results(Wire.ANTHROPIC, ex.body_out) == before, "the same in one go as turn by turn"


def test_a_block_left_raw_for_want_of_time_stays_raw_after_a_restart():
    store = memory()
    pipeline, _ = make(store)
    raw = body(Wire.ANTHROPIC, [read(0, 80), read(40, 120)], marked=False)
    ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, [read(0, 80)], marked=False))
    ex, _ = send(pipeline, Wire.ANTHROPIC, raw, seconds=0.0)
    assert ex.body_out == raw
    again, _ = make(store)
    ex, _ = send(again, Wire.ANTHROPIC, raw)
    assert ex.body_out == raw


def test_memory_is_bounded():
    pipeline, _ = make()
    index = pipeline._first_sight._seen = seen.Seen(max_bytes=60_000)
    for n in range(12):
        steps = [read(n, n + 80, f"/repo/{n}.py"), read(n + 40, n + 90, f"/repo/{n}.py")]
        raw = body(Wire.ANTHROPIC, steps).replace(b"Why does", b"Why %d does" % n)
        ex, _ = send(pipeline, Wire.ANTHROPIC, raw)
        assert [v.why for v in ex.verdicts] == ["protected", "dedupe:lines"]
    assert 0 < index._total <= 60_000


def test_a_citation_stands_where_a_restart_leaves_no_time_to_look_for_it_again():
    store = memory()
    pipeline, _ = make(store)
    raw = body(Wire.ANTHROPIC, [read(0, 80), read(40, 120)])
    before, _ = send(pipeline, Wire.ANTHROPIC, raw)
    again, _ = make(store)
    after, _ = send(again, Wire.ANTHROPIC, raw, seconds=0.0)
    assert [v.why for v in before.verdicts] == ["protected", "dedupe:lines"]
    assert after.body_out == before.body_out
    assert not any(v.fresh for v in after.verdicts)


def test_what_is_cited_does_not_depend_on_branches_that_came_before():
    """Of lines that all look alike, other branches may hold hundreds of copies."""
    alike = ("Read", {"file_path": "/repo/a.txt"}, "| ------------------------------------------ |\n" * 100, False)
    ours = [("Bash", {"command": "pwd"}, "/repo", False), read(0, 80), alike]
    ours.append(("Read", {"file_path": "/repo/b.txt"}, "Title\n" + alike[2], False))
    store = memory()
    pipeline, _ = make(store)
    send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, [read(0, 80), alike, read(40, 80)]))
    before, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, ours))
    after, _ = send(make(store)[0], Wire.ANTHROPIC, body(Wire.ANTHROPIC, ours))
    assert after.body_out == before.body_out
    assert before.verdicts[-1].why == "dedupe:lines"


def test_what_the_upstream_refused_to_take_shorter_can_be_cited_from_then_on():
    text = "\n".join(f"2026-11-21 10:00:{n % 60:02} INFO worker {n % 5} did job {n}" for n in range(400))
    steps = [("Bash", {"command": "make"}, text, False), read(0, 80)]
    store = memory()
    pipeline, _ = make(store)
    _, plan = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps))
    pipeline.refused(plan)
    steps.append(("Read", {"file_path": "/b.log"}, "\n".join(text.split("\n")[100:140]), False))
    before, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps))
    after, _ = send(make(store)[0], Wire.ANTHROPIC, body(Wire.ANTHROPIC, steps))
    assert [v.why for v in before.verdicts] == ["upstream_refused", "protected", "dedupe:lines"]
    assert after.body_out == before.body_out


def test_a_third_copy_names_the_first_and_not_the_second_which_only_names_it():
    pipeline, _ = make()
    ex, _ = send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, [read(0, 80)] * 3))
    _, second, third = results(Wire.ANTHROPIC, ex.body_out)
    assert second == third
    assert second.startswith("[~ the same ")
    assert second.endswith("(message 3) above]")


def test_what_stands_elsewhere_holds_here_when_there_was_no_time_to_look_for_copies():
    """Another branch had the same read, with nothing in front of it that could be cited."""
    store = memory()
    pipeline, _ = make(store, ccr_inject_tool=False)
    elsewhere = [("Bash", {"command": "pwd"}, "/repo", False), read(40, 120)]
    send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, elsewhere))
    send(pipeline, Wire.ANTHROPIC, body(Wire.ANTHROPIC, [read(0, 80)]))
    raw = body(Wire.ANTHROPIC, [read(0, 80), read(40, 120)])
    before, _ = send(pipeline, Wire.ANTHROPIC, raw, seconds=0.0)
    after, _ = send(make(store, ccr_inject_tool=False)[0], Wire.ANTHROPIC, raw)
    assert after.body_out == before.body_out
