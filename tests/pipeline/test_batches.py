"""Message batches: every request is compressed by itself, without loss, and what can't be read stays as it is."""

import json
import random

import pytest

from headroom.exchange import Wire
from headroom.pipeline import batches
from headroom.wire import ANTHROPIC
from tests.pipeline.conversations import body, exchange, rows
from tests.pipeline.test_pipeline import make, results

ROWS = rows(random.Random(4), 80)
STEPS = (
    [("Bash", {"command": "make"}, ROWS, False)],
    [("Read", {"file_path": "/repo/a.json"}, ROWS, False)],
    [("mcp__db__query", {"sql": "select 1"}, ROWS, False), ("Bash", {"command": "make"}, ROWS, False)],
)


def batch_of(*requests):
    return json.dumps(
        {"requests": [{"custom_id": f"n{number}", "params": params} for number, params in enumerate(requests)]},
        indent=1,
    ).encode()


def request_of(steps):
    return json.loads(body(Wire.ANTHROPIC, steps))


def run(raw, *, seconds=30.0, **options):
    ex = exchange(Wire.ANTHROPIC, raw)
    ex.obstacle = "batch"
    prepared = batches.prepare(make(**options)[0], ex, ANTHROPIC.batch(raw), now=1.0, seconds=seconds)
    prepared.fill(ex)
    return ex


def sent(raw):
    return [results(Wire.ANTHROPIC, json.dumps(one["params"]).encode()) for one in json.loads(raw)["requests"]]


def test_each_request_is_compressed_and_nothing_is_left_out():
    raw = batch_of(*map(request_of, STEPS))
    ex = run(raw)
    (first,), (read,), (query, second) = sent(ex.body_out)
    assert read == ROWS
    assert len(first) < 0.5 * len(ROWS)
    assert first == query
    assert second.startswith("[~ the same") or second == first
    assert b"omitted" not in ex.body_out
    assert b"headroom_retrieve" not in ex.body_out
    assert ex.tokens_after < ex.tokens_before
    assert ex.transforms
    assert not ex.handles
    assert not ex.retrieve_offered
    before, after = json.loads(raw), json.loads(ex.body_out)
    for one in (*before["requests"], *after["requests"]):
        del one["params"]["messages"]
    assert after == before


def test_a_request_that_cannot_be_read_stays_and_the_others_do_not():
    odd = {"model": "m", "max_tokens": 5, "messages": "none"}
    raw = batch_of(odd, request_of(STEPS[0]))
    ex = run(raw)
    assert json.loads(ex.body_out)["requests"][0]["params"] == odd
    assert len(ex.body_out) < len(raw)
    assert ex.passthrough_reason is None


@pytest.mark.parametrize(
    ("requests", "seconds", "why"),
    [
        (STEPS[:1], 0.0, "deadline"),
        (STEPS[1:2], 30.0, "nothing_to_gain"),
        ([[]], 30.0, "no_compressible_content"),
    ],
    ids=["no time", "byte-exact", "no results"],
)
def test_a_batch_of_which_nothing_became_less_keeps_its_bytes(requests, seconds, why):
    raw = batch_of(*map(request_of, requests))
    ex = run(raw, seconds=seconds)
    assert ex.body_out is ex.body_in
    assert ex.passthrough_reason == why
    assert ex.tokens_after == ex.tokens_before > 0
    assert ("deadline" in ex.notes) == (why == "deadline")


def test_shadow_counts_and_changes_nothing():
    raw = batch_of(*map(request_of, STEPS))
    ex = run(raw, shadow=True)
    assert ex.body_out is ex.body_in
    assert ex.notes["shadow_bytes"] == len(run(raw).body_out)
    assert ex.tokens_after < ex.tokens_before
