"""What the model was told is digested once, and goes on from there; hidden rounds are found as if it were done anew."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.exchange import Wire
from headroom.retrieval.hidden import ContextDigest
from headroom.wire.dialect import PartKind

from .house import House
from .test_hidden import ROUNDS

PARTS = st.tuples(st.sampled_from(list(PartKind)), st.binary(min_size=16, max_size=16))
MESSAGES = st.lists(st.lists(PARTS, max_size=3), min_size=1, max_size=12).map(
    lambda all_: [SimpleNamespace(parts=[SimpleNamespace(kind=k, digest=d) for k, d in parts]) for parts in all_]
)


@given(MESSAGES, st.booleans(), st.lists(st.integers(0, 12), max_size=6), st.lists(st.integers(0, 12), max_size=6))
def test_going_on_gives_the_digests_that_starting_anew_gives(messages, continued, asked, then):
    first = ContextDigest(messages, continued=continued)
    for index in asked:
        first.at(index)
    count = len(messages) // 2
    resumed = ContextDigest(messages, continued=continued, known=first.up_to(count))
    for index in then:
        assert resumed.at(index) == ContextDigest(messages, continued=continued).at(index)


def test_what_was_told_under_a_kept_answer_is_not_what_was_told_without():
    kept = ContextDigest([], continued=True)
    assert (
        ContextDigest([], continued=False, known=kept).at(0) == ContextDigest([], continued=False).at(0) != kept.at(0)
    )


@pytest.mark.parametrize("wire", list(Wire))
async def test_a_hidden_round_is_found_where_a_request_goes_on_from_an_earlier_one(wire):
    house = House(wire, stream=True)
    await house.start()
    context, since, found = None, 0, []
    for turn, answer in enumerate([["I see."], ["Nothing."], ROUNDS, ["Good."]]):
        house.client.user(f"Go on {turn}.")
        body = house.encode()
        request = house.dialect.outline(body)
        messages = [house.dialect.message(body[m.start : m.end]) for m in request.messages]
        resumed = house.hidden.restore(body, request, messages, now=0.0, since=since, context=context)
        anew = house.hidden.restore(body, request, messages, now=0.0)
        assert (resumed.edits, resumed.any) == (anew.edits, anew.any)
        found.append(resumed.any)
        since, context = len(messages), resumed.context.up_to(len(messages))
        house.upstream.queue(*answer)
        await house.ask()
    assert found == [False, False, False, True]


@pytest.mark.parametrize(
    "escape", [lambda name: name, lambda name: name.replace("_", r"\u005f")], ids=["plain", "escaped"]
)
async def test_a_call_of_ours_is_seen_in_a_whole_answer_however_its_name_is_written(escape):
    house = House(Wire.ANTHROPIC, stream=False)
    await house.start()
    house.upstream.queue(*ROUNDS)
    send = house.upstream.send

    async def written(body):
        reply = await send(body)
        return replace(reply, body=reply.body.replace(b"headroom_retrieve", escape("headroom_retrieve").encode()))

    house.upstream.send = written
    reading = await house.ask()
    assert reading.text == "It is so."
    assert house.turn.rounds == 1
