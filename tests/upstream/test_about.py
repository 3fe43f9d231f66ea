"""What an answer's headers say of its request is what happened to it."""

import pytest

from headroom.exchange import Exchange, Wire
from headroom.upstream.fields import about


def told(*, counted=True, **facts):
    exchange = Exchange("r1", 0.0, 0.0, Wire.ANTHROPIC, "anthropic", "POST", "/v1/messages", "http://u", model="m")
    exchange.tokens_before, exchange.tokens_after = 1000, 400
    exchange.transforms = ["log:templates", "log:templates"]
    exchange.generation = True
    for name, value in facts.items():
        setattr(exchange, name, value)
    return {key.decode(): value.decode() for key, value in about(exchange, counted=counted)}


@pytest.mark.parametrize(
    ("facts", "after", "saved", "would", "transforms"),
    [
        ({}, "400", "600", None, "log:templates"),
        ({"notes": {"shadow_bytes": 9}}, "1000", "0", "600", None),
        ({"rescued": True}, "1000", "0", None, None),
        ({"status": 502}, "1000", "0", None, None),
    ],
    ids=["rewritten", "shadow", "the client's own body was sent in the end", "no provider took it"],
)
def test_only_what_was_left_out_of_what_was_sent_counts_as_saved(facts, after, saved, would, transforms):
    fields = told(**facts)
    assert fields["x-headroom-tokens-before"] == "1000"
    assert fields["x-headroom-tokens-after"] == after
    assert fields["x-headroom-tokens-saved"] == saved
    assert fields.get("x-headroom-would-save") == would
    assert fields.get("x-headroom-transforms") == transforms


@pytest.mark.parametrize(
    ("facts", "share"),
    [
        ({"context_window": 2000}, "0.20"),
        ({"context_window": 2000, "rescued": True}, "0.50"),
        ({"context_window": 0}, None),
        ({"context_window": 2000, "counted": False}, None),
    ],
    ids=["what was sent", "the client's own body", "a window nobody knows", "not counted yet"],
)
def test_how_full_the_models_window_is_with_what_was_sent(facts, share):
    assert told(**facts).get("x-headroom-context-used") == share


@pytest.mark.parametrize("facts", [{}, {"notes": {"shadow_bytes": 9}}], ids=["rewritten", "shadow"])
def test_what_was_not_counted_yet_is_not_told(facts):
    assert not [name for name in told(counted=False, **facts) if "tokens" in name or "save" in name]


def test_of_a_body_that_nobody_read_no_count_is_told():
    assert not [name for name in told(tokens_before=0, tokens_after=0) if "tokens" in name]


def test_a_bypassed_request_is_told_its_id_alone():
    assert told(bypass=True) == {"x-headroom-request-id": "r1"}
