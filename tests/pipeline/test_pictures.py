import json
import sys
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headroom.compress.images import ImageSize, has_decoder
from headroom.errors import StoreError
from headroom.exchange import Wire
from headroom.pipeline import sofar
from headroom.pipeline.conversation import Conversations
from headroom.pipeline.counts import Counts
from headroom.pipeline.history import History
from headroom.pipeline.ledger import Ledger
from headroom.pipeline.pipeline import Pipeline
from headroom.pipeline.vision import HIGH_RESOLUTION, STANDARD, vision_for
from headroom.pipeline.workers import Workers
from headroom.retrieval.originals import Originals
from headroom.settings import Settings
from headroom.store.memory import MemoryStore
from tests.pipeline.conversations import exchange
from tests.pipeline.screenshots import MODEL, block, body, images, screenshot, sizes, text, user, without_images

SMALL = (600, 400)
LARGE = (2400, 1600)
WIRES = pytest.mark.parametrize("wire", list(Wire))
SCALED = pytest.mark.parametrize("wire", [wire for wire in Wire if wire is not Wire.GEMINI])
needs_pillow = pytest.mark.skipif(not has_decoder(), reason="Pillow (the images extra) is not installed")


def picture(width, height):
    return ImageSize("png", width, height)


class Store(MemoryStore):
    """A store that can fail."""

    broken = False

    def put_once(self, space, key, value, *, now, ttl=None):
        if self.broken and space in {"ledger", "images"}:
            raise StoreError("disk full")
        return super().put_once(space, key, value, now=now, ttl=ttl)


def make(store=None, **options):
    options = Settings(**options)
    store = store if store is not None else Store(now=lambda: 1.0)
    return Pipeline(
        options,
        ledger=Ledger(store),
        originals=Originals(store, key=b"k" * 32, ttl=1e6, max_bytes=1 << 28, now=0.0),
        conversations=Conversations(options, store),
        workers=Workers(),
        counts=Counts(lambda text, _model: len(text) // 4),
        history=History(store),
    )


def send(pipeline, wire, raw, *, seconds=30.0, lossless=False):
    ex = exchange(wire, raw)
    ex.mode = "cache"
    plan = pipeline.plan(ex, now=1.0, lossless=lossless)
    if plan.fresh:
        pipeline.work(plan, seconds=seconds)
    pipeline.finish(plan)
    pipeline.count(plan)
    return ex, plan


def decisions(ex):
    return [v.why for v in ex.verdicts if v.content_kind == "image"]


# -- repeats ---------------------------------------------------------------------------------------------------------------
@WIRES
def test_an_image_that_came_before_is_named_and_not_sent_again(wire):
    one, two = screenshot(1, *SMALL), screenshot(2, *SMALL)
    raw = body(wire, [one, two, one])
    ex, _ = send(make(), wire, raw)
    assert images(wire, ex.body_out) == [one, two]
    assert decisions(ex) == ["small_enough", "small_enough", "image:repeat"]
    assert ex.transforms.count("image:repeat") == 1
    assert "the same image as" in ex.body_out.decode()
    assert without_images(ex.body_out) == without_images(raw)
    assert len(ex.body_out) < len(raw) - len(one)


@WIRES
def test_the_tokens_of_a_repeat_are_saved_by_the_provider_s_formula(wire):
    one = screenshot(1, *SMALL)
    first, _ = send(make(), wire, body(wire, [one]))
    ex, _ = send(make(), wire, body(wire, [one, one]))
    (repeat,) = [v for v in ex.verdicts if v.why == "image:repeat"]
    vision = vision_for(None if wire is Wire.GEMINI else MODEL[wire], wire)
    assert repeat.tokens_before == vision.tokens(picture(600, 400), "")
    assert repeat.tokens_after < 40
    assert first.tokens_before >= repeat.tokens_before
    assert ex.tokens_before - ex.tokens_after == repeat.tokens_before - repeat.tokens_after


def test_the_label_tells_which_image_is_meant():
    one, two = screenshot(1, *SMALL), screenshot(2, *SMALL)
    wire = Wire.ANTHROPIC
    raw = body(wire, [[one, two], user(wire, [block(wire, two)]), user(wire, [text(wire, "and?"), block(wire, one)])])
    ex, _ = send(make(), wire, raw)
    sent = ex.body_out.decode()
    assert "[~ the same image as screenshot (message 3), image 2 above]" in sent
    assert "[~ the same image as screenshot (message 3), image 1 above]" in sent


def test_a_repeat_keeps_the_client_s_cache_mark():
    wire, one = Wire.ANTHROPIC, screenshot(1, *SMALL)
    marked = block(wire, one) | {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    ex, _ = send(make(), wire, body(wire, [one, user(wire, [marked])]))
    last = json.loads(ex.body_out)["messages"][-1]["content"][-1]
    assert last["type"] == "text"
    assert last["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


@pytest.mark.parametrize("again", [True, False], ids=["within one message", "in the next"])
def test_two_results_at_once_may_hold_the_same_image(again):
    wire, one = Wire.ANTHROPIC, screenshot(1, *SMALL)
    ex, _ = send(make(), wire, body(wire, [[one, one]] if again else [one, one]))
    assert images(wire, ex.body_out) == [one]


def test_another_detail_is_another_image():
    wire, one = Wire.OPENAI_RESPONSES, screenshot(1, *SMALL)
    blocks = [block(wire, one) | {"detail": detail} for detail in ("low", "high", "low")]
    ex, _ = send(make(), wire, body(wire, [user(wire, [one]) for one in blocks]))
    assert decisions(ex)[:2] != ["image:repeat"] * 2
    assert decisions(ex)[1] != "image:repeat"
    assert len(images(wire, ex.body_out)) >= 2


@pytest.mark.parametrize(
    ("wire", "extra"),
    [
        pytest.param(
            Wire.ANTHROPIC,
            {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
            id="Claude clears old results",
        ),
        pytest.param(Wire.OPENAI_RESPONSES, {"truncation": "auto"}, id="Responses cuts old items"),
    ],
)
def test_where_the_provider_forgets_images_are_sent_again_and_what_was_sent_stands(wire, extra):
    one = screenshot(1, *SMALL)
    shots, store = [one, one], Store(now=lambda: 1.0)
    ex, _ = send(make(store), wire, body(wire, shots, **extra))
    assert images(wire, ex.body_out) == [one, one]
    # Without the wish, and after a restart: the second was sent whole and stays whole; a third is named.
    ex, _ = send(make(store), wire, body(wire, [*shots, one]))
    assert images(wire, ex.body_out) == [one, one]
    # And the other way round: what was named stays named.
    ex, _ = send(make(store), wire, body(wire, [*shots, one, one], **extra))
    assert images(wire, ex.body_out) == [one, one, one]


@pytest.mark.parametrize(
    ("wire", "summary"),
    [
        (Wire.ANTHROPIC, {"role": "assistant", "content": [{"type": "compaction", "content": "We looked at it."}]}),
        (Wire.OPENAI_RESPONSES, {"type": "compaction", "id": "cmp_1", "encrypted_content": "AAAA"}),
    ],
    ids=["Claude", "Responses"],
)
def test_what_stands_in_front_of_a_summary_is_sent_again(wire, summary):
    one = screenshot(1, *SMALL)
    ex, _ = send(make(), wire, body(wire, [one, summary, one, one]))
    assert images(wire, ex.body_out) == [one, one]


def test_texts_in_front_of_a_summary_are_not_cited_either():
    wire = Wire.ANTHROPIC
    said = "".join(f"{number * 7919 % 10007} came before {number * 104729 % 10009}\n" for number in range(60))
    part = said[: len(said) // 2] + "".join(f"new {number * 31 % 97} here\n" for number in range(9))
    summary = {"role": "assistant", "content": [{"type": "compaction", "content": "We looked at it."}]}
    cited, _ = send(make(), wire, body(wire, [said, said, part]))
    assert [v.why for v in cited.verdicts][1:] == ["dedupe:repeat", "dedupe:lines"]
    whole, _ = send(make(), wire, body(wire, [said, summary, said, summary, part]))
    assert not {"dedupe:repeat", "dedupe:lines"} & {v.why for v in whole.verdicts}


def test_a_conversation_that_the_client_cut_sends_the_image_again():
    wire, one = Wire.ANTHROPIC, screenshot(1, *SMALL)
    pipeline = make()
    shots = [one, screenshot(2, *SMALL), one]
    send(pipeline, wire, body(wire, shots))
    whole = json.loads(body(wire, shots))
    del whole["messages"][1:3]
    ex, _ = send(pipeline, wire, json.dumps(whole).encode())
    assert one in images(wire, ex.body_out)


# -- scaling ---------------------------------------------------------------------------------------------------------------
@needs_pillow
@SCALED
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_large_image_is_sent_in_the_size_that_the_provider_looks_at(wire, kind):
    raw = body(wire, [screenshot(1, *LARGE, kind)], media=f"image/{kind.lower()}")
    ex, _ = send(make(), wire, raw)
    vision = vision_for(MODEL[wire], wire)
    free = vision.free_size(picture(LARGE[0], LARGE[1]), "")
    assert sizes(wire, ex.body_out) == [free]
    assert decisions(ex) == ["image:downscale"]
    assert len(ex.body_out) < 0.9 * len(raw)
    assert ex.tokens_before == ex.tokens_after
    assert without_images(ex.body_out) == without_images(raw)
    other, _ = send(make(), wire, raw)
    assert other.body_out == ex.body_out


@needs_pillow
@SCALED
def test_a_scaled_image_can_be_named_too(wire):
    one = screenshot(1, *LARGE)
    ex, _ = send(make(), wire, body(wire, [one, one]))
    assert decisions(ex) == ["image:downscale", "image:repeat"]
    assert len(images(wire, ex.body_out)) == 1


@needs_pillow
@SCALED
def test_what_we_send_is_left_alone_when_it_comes_back(wire):
    ex, _ = send(make(), wire, body(wire, [screenshot(1, *LARGE), screenshot(2, *SMALL), screenshot(1, *LARGE)]))
    again, _ = send(make(), wire, ex.body_out)
    assert again.body_out is again.body_in


@pytest.mark.parametrize(
    ("wire", "model", "detail"),
    [
        pytest.param(Wire.GEMINI, None, None, id="Gemini"),
        pytest.param(Wire.OPENAI_CHAT, "llava-1.6", None, id="an unknown model"),
        pytest.param(Wire.OPENAI_CHAT, "gpt-6-astra", None, id="a model that may see the original"),
        pytest.param(Wire.OPENAI_CHAT, "gpt-4.1", "low", id="low detail"),
        pytest.param(Wire.ANTHROPIC, "claude-opus-4-7", None, id="within the bounds"),
    ],
)
def test_nothing_is_scaled_that_the_provider_would_not(wire, model, detail):
    one = block(wire, screenshot(1, 2000, 1200))
    if detail:
        one["image_url"]["detail"] = detail
    raw = body(wire, [user(wire, [one])], model=model)
    ex, _ = send(make(), wire, raw)
    assert ex.body_out is ex.body_in
    assert decisions(ex) == ["small_enough"]
    assert ex.tokens_before > 50


PNG = screenshot(1, *LARGE)


@pytest.mark.parametrize(
    ("data", "media", "why"),
    [
        pytest.param(b"\0\1\2" * 9000, "image/png", {"unknown_format"}, id="foreign bytes"),
        pytest.param(PNG[: len(PNG) // 2], "image/png", {"unreadable", "no_decoder"}, id="cut short"),
        pytest.param(PNG, "image/jpeg", {"unknown_format"}, id="named as something else"),
        pytest.param(PNG[:16] + b"\0\0\x4e\x20" * 2 + PNG[24:], "image/png", {"deadline", "too_large"}, id="a bomb"),
        pytest.param(screenshot(3, 1700, 20)[:5000], "image/png", {"too_small"}, id="hardly any bytes"),
    ],
)
def test_images_that_cannot_be_scaled_go_out_as_they_came(data, media, why):
    raw = body(Wire.ANTHROPIC, [data], media=media)
    ex, _ = send(make(), Wire.ANTHROPIC, raw)
    assert ex.body_out is ex.body_in
    assert set(decisions(ex)) <= why


@needs_pillow
def test_a_model_with_other_eyes_gets_its_own_size_and_the_first_keeps_its_own():
    wire, store = Wire.ANTHROPIC, Store(now=lambda: 1.0)
    pipeline = make(store)
    shots = [screenshot(1, 3200, 2100, "JPEG"), screenshot(2, *SMALL, "JPEG")]
    old, _ = send(pipeline, wire, body(wire, shots, model="claude-sonnet-4-5", media="image/jpeg"))
    new, _ = send(pipeline, wire, body(wire, shots, model="claude-opus-4-7", media="image/jpeg"))
    large = picture(3200, 2100)
    assert sizes(wire, old.body_out)[0] == STANDARD.free_size(large, "")
    assert sizes(wire, new.body_out)[0] == HIGH_RESOLUTION.free_size(large, "")
    for again in (pipeline, make(store)):
        back, _ = send(again, wire, body(wire, shots, model="claude-sonnet-4-5", media="image/jpeg"))
        assert back.body_out == old.body_out
        back, _ = send(again, wire, body(wire, shots, model="claude-opus-4-7", media="image/jpeg"))
        assert images(wire, back.body_out) == images(wire, new.body_out)


@needs_pillow
def test_a_model_that_scales_does_not_go_on_from_one_of_which_nothing_is_known():
    wire, store = Wire.OPENAI_RESPONSES, Store(now=lambda: 1.0)
    pipeline = make(store)
    shots = [screenshot(1), screenshot(2, *SMALL), screenshot(1)]
    unknown, _ = send(pipeline, wire, body(wire, shots, model="house-model"))
    here, _ = send(pipeline, wire, body(wire, shots, model="gpt-4o"))
    elsewhere, _ = send(make(store), wire, body(wire, shots, model="gpt-4o"))
    assert images(wire, here.body_out) == images(wire, elsewhere.body_out) != images(wire, unknown.body_out)
    back, _ = send(make(store), wire, body(wire, shots, model="house-model"))
    assert back.body_out == unknown.body_out


@needs_pillow
def test_results_that_the_operator_protects_are_not_scaled_but_files_read_by_an_agent_are():
    wire = Wire.ANTHROPIC
    ex, _ = send(make(protect_tool_results=("screen*",)), wire, body(wire, [PNG, PNG]))
    assert decisions(ex) == ["protected", "image:repeat"]
    raw = body(wire, [PNG]).replace(b'"screenshot"', b'"Read"')
    assert decisions(send(make(), wire, raw)[0]) == ["image:downscale"]


# -- held to ---------------------------------------------------------------------------------------------------------------
@WIRES
def test_each_turn_extends_the_one_before_through_restart_and_second_worker(wire):
    store = Store(now=lambda: 1.0)
    pipeline, other = make(store), make(store)
    seen = [screenshot(1, *LARGE), screenshot(2, *SMALL), screenshot(3, 900, 2500)]
    shots = [seen[0], seen[1], [seen[0], "the same?"], seen[2], "nothing to see", [seen[1], seen[2]], seen[0]]
    before = []
    for count in range(1, len(shots) + 1):
        if count % 3 == 0:
            pipeline = make(store)
        ex, _ = send(other if count % 2 else pipeline, wire, body(wire, shots[:count]))
        value = json.loads(ex.body_out)
        messages = value.get("messages") or value.get("input") or value["contents"]
        assert messages[: len(before)] == before
        before = messages


@needs_pillow
def test_an_image_without_time_stays_as_it_is_but_elsewhere_it_is_scaled():
    wire, store = Wire.ANTHROPIC, Store(now=lambda: 1.0)
    raw = body(wire, [PNG])
    ex, _ = send(make(store), wire, raw, seconds=0.0)
    assert decisions(ex) == ["deadline"]
    for pipeline in (make(store), make(store)):
        ex, _ = send(pipeline, wire, raw)
        assert ex.body_out == raw
    ex, _ = send(make(store), wire, body(wire, ["something else", PNG]))
    assert decisions(ex) == ["image:downscale"]


def test_without_pillow_repeats_are_named_and_the_rest_stays_and_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    wire, store = Wire.ANTHROPIC, Store(now=lambda: 1.0)
    ex, _ = send(make(store), wire, body(wire, [PNG, PNG]))
    assert decisions(ex) == ["no_decoder", "image:repeat"]
    assert images(wire, ex.body_out) == [PNG]
    assert ex.notes["images"] == "whole; Pillow is not installed"
    monkeypatch.undo()
    ex, _ = send(make(store), wire, body(wire, [PNG, PNG]))
    assert images(wire, ex.body_out) == [PNG]  # it was sent so


@WIRES
@pytest.mark.parametrize("how", ["off", "lossless"])
def test_switched_off_nothing_changes(wire, how):
    raw = body(wire, [PNG, PNG])
    ex, _ = send(make(image_optimize=how != "off"), wire, raw, lossless=how == "lossless")
    assert ex.body_out is ex.body_in
    assert decisions(ex) == [how, how]


def test_signed_messages_are_not_touched():
    wire, one = Wire.GEMINI, screenshot(1, *SMALL)
    signed = user(wire, [block(wire, one) | {"thoughtSignature": "AAAA"}])
    ex, _ = send(make(), wire, body(wire, [one, signed]))
    assert ex.body_out is ex.body_in
    assert decisions(ex)[-1] == "signed"


@needs_pillow
def test_what_the_upstream_refused_is_not_tried_again():
    wire, store = Wire.ANTHROPIC, Store(now=lambda: 1.0)
    pipeline = make(store)
    raw = body(wire, [PNG, PNG])
    ex, plan = send(pipeline, wire, raw)
    assert ex.body_out != raw
    pipeline.refused(plan)
    assert ex.notes["barred"] == ["image:downscale", "image:repeat"]
    for again in (pipeline, make(store)):
        ex, _ = send(again, wire, raw)
        assert images(wire, ex.body_out) == [PNG, PNG]
    ex, _ = send(pipeline, wire, body(wire, [PNG, PNG, PNG]))
    assert images(wire, ex.body_out) == [PNG, PNG, PNG]


def test_without_a_ledger_images_go_out_as_they_came():
    store = Store(now=lambda: 1.0)
    pipeline = make(store)
    store.broken = True
    raw = body(Wire.ANTHROPIC, [PNG, PNG])
    ex, _ = send(pipeline, Wire.ANTHROPIC, raw)
    assert images(Wire.ANTHROPIC, ex.body_out) == [PNG, PNG]
    assert set(decisions(ex)) <= {"ledger", "no_decoder"}
    assert "ledger" in ex.notes


# -- beside the rest of the pipeline ---------------------------------------------------------------------------------------
def test_an_image_counts_by_its_pixels_and_not_by_its_bytes():
    wire = Wire.ANTHROPIC
    pipeline = make()
    raw = body(wire, [PNG])
    ex, plan = send(pipeline, wire, raw)
    tokens = STANDARD.tokens(picture(LARGE[0], LARGE[1]), "")
    assert plan.node.size < 4 * tokens + 2000 < len(raw)
    assert plan.node.sent <= plan.node.size
    assert tokens <= ex.tokens_before < tokens + 200


def test_the_token_rate_is_charged_for_an_image_s_tokens_and_not_for_its_bytes():
    from headroom.gateway.limits import new_tokens

    wire, pipeline = Wire.ANTHROPIC, make()
    tokens = STANDARD.tokens(picture(*LARGE), "")
    for turns in (1, 2):
        shots = [screenshot(number, *LARGE) for number in range(1, turns + 1)]
        ex, plan = send(pipeline, wire, body(wire, shots))
        ex.plan = plan
        assert tokens <= new_tokens(ex) < tokens + 300


def test_a_cache_mark_can_be_added_to_a_message_that_ends_with_a_named_image():
    from headroom.pipeline.breakpoints import marks
    from headroom.wire.body import splice

    wire, one = Wire.ANTHROPIC, screenshot(1, *SMALL)
    raw = body(wire, [one, user(wire, [text(wire, "?"), block(wire, one)])])
    _, plan = send(make(), wire, raw)
    edits = list(sofar.edits(plan.nodes, plan.request.messages, plan.node.revised))
    added = marks(raw, plan.request, plan.nodes, 0)
    assert len(added) == 1
    last = json.loads(splice(raw, [*edits, *added]))["messages"][-1]["content"][-1]
    assert last["text"].startswith("[~ the same image")
    assert last["cache_control"] == {"type": "ephemeral"}


def test_a_message_whose_image_is_named_elsewhere_does_not_leave_a_full_window():
    from headroom.pipeline.counts import Counts
    from headroom.pipeline.units import observations, units_of
    from headroom.pipeline.weights import Weights

    wire, one = Wire.ANTHROPIC, screenshot(1, *SMALL)
    said = [f"{number} " * 2000 for number in range(16)]
    _, plan = send(make(), wire, body(wire, [[one, said[0]], *said[1:], one]))
    weights = Weights(Counts(), plan)
    kept = {
        d
        for unit in units_of(plan, plan.node.revised, list(observations(plan, plan.node, weights)), weights)
        for d in range(unit.first, unit.last + 1)
    }
    assert kept
    assert 3 not in kept


SHOTS = st.lists(
    st.one_of(
        st.sampled_from([screenshot(1, *SMALL), screenshot(2, *SMALL), screenshot(4, 2000, 900), b"no image" * 4000]),
        st.sampled_from(["a text", "another"]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(list(Wire)), SHOTS, st.data())
def test_only_images_change_and_every_named_one_is_there(wire, shots, data):
    store = Store(now=lambda: 1.0)
    raw = body(wire, shots)
    ex, _ = send(make(store, ccr_inject_tool=False, min_tokens=10_000_000), wire, raw)
    assert without_images(ex.body_out) == without_images(raw)
    assert len(ex.body_out) <= len(raw)
    named = ex.body_out.count(b"the same image as")
    different = {shot for shot in shots if isinstance(shot, bytes) and shot != b"no image" * 4000}
    assert len(images(wire, ex.body_out)) + named == sum(isinstance(shot, bytes) for shot in shots)
    assert len(set(images(wire, ex.body_out))) >= len(different)
    cut = data.draw(st.integers(0, len(shots)))
    send(make(store), wire, body(wire, shots[:cut]))
    again, _ = send(make(store, ccr_inject_tool=False, min_tokens=10_000_000), wire, raw)
    assert sha256(again.body_out).digest() == sha256(ex.body_out).digest()
    if ex.body_out == raw:
        assert ex.body_out is ex.body_in
