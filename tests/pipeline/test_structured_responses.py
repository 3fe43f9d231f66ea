"""Gemini's function responses are objects: data in them is compressed as one block, and stays an object's value."""

import json
import random

import pytest

from headroom.exchange import Wire
from headroom.retrieval.markers import handles
from tests.pipeline.conversations import body
from tests.pipeline.test_pipeline import make, memory, send

TOOL = "mcp__db__query"


def records(count):
    chance = random.Random(5)
    return [
        {
            "id": 4000 + n,
            "customer": f"user-{chance.randrange(500)}",
            "state": chance.choice(["active", "idle", "closed"]),
            "total": round(chance.random() * 900, 2),
        }
        for n in range(count)
    ]


def request(*responses, tool=TOOL, indent=None):
    """A conversation in which each call of a function got such a response."""
    whole = json.loads(
        body(Wire.GEMINI, [(tool, {"file_path": f"/data/{n}"}, "", False) for n in range(len(responses))])
    )
    for content, response in zip(whole["contents"][2::2], responses, strict=True):
        content["parts"][0]["functionResponse"]["response"] = response
    return json.dumps(whole, indent=indent).encode()


def responses(raw):
    return [content["parts"][0]["functionResponse"]["response"] for content in json.loads(raw)["contents"][2::2]]


def test_data_in_a_response_becomes_a_shorter_string_in_its_place():
    pipeline, originals = make()
    data = records(300)
    ex, _ = send(pipeline, Wire.GEMINI, request({"count": 300, "result": data, "next": None}))
    (sent,) = responses(ex.body_out)
    assert list(sent) == ["count", "result", "next"]
    assert (sent["count"], sent["next"]) == (300, None)
    assert isinstance(sent["result"], str)
    assert len(sent["result"]) < 0.5 * len(json.dumps(data))
    assert ex.tokens_after < ex.tokens_before
    (handle,) = set(handles(sent["result"]))
    assert json.loads(originals.get(handle, now=1.0).text) == data


def test_without_loss_every_value_is_there():
    pipeline, _ = make(lossless=True)
    data = records(120)
    ex, _ = send(pipeline, Wire.GEMINI, request({"result": data}))
    (sent,) = responses(ex.body_out)
    assert isinstance(sent["result"], str)
    for record in data:
        assert str(record["id"]) in sent["result"]
        assert json.dumps(record["total"]) in sent["result"]


@pytest.mark.parametrize(
    "response",
    [
        pytest.param({"result": records(4)}, id="little data"),
        pytest.param({"result": [[random.Random(n).random() for n in range(400)]]}, id="data that gets no shorter"),
        pytest.param({"result": [*records(80), {"mimeType": "image/png", "data": "QUJD"}]}, id="data with an image"),
    ],
)
def test_what_does_not_pay_goes_out_as_it_came(response):
    pipeline, _ = make(ccr_inject_tool=False)
    raw = request(response)
    ex, _ = send(pipeline, Wire.GEMINI, raw)
    assert ex.body_out == raw


def test_each_turn_extends_the_one_before_through_a_restart():
    store = memory()
    all_of_them = [{"result": records(60 + 40 * n)} for n in range(5)]
    before = []
    for count in range(1, 6):
        pipeline, _ = make(store)
        ex, _ = send(pipeline, Wire.GEMINI, request(*all_of_them[:count]), now=float(count))
        sent = responses(ex.body_out)
        assert sent[: count - 1] == before
        before = sent


def test_the_same_data_again_is_cited():
    pipeline, _ = make()
    chance = random.Random(3)
    data = {"result": [[chance.random() for _ in range(40)] for _ in range(12)]}
    ex, _ = send(pipeline, Wire.GEMINI, request(data, {"result": records(3)}, data))
    first, _, third = responses(ex.body_out)
    assert first == data
    assert third["result"].startswith("[~ the same")


@pytest.mark.parametrize("tool", ["Read", TOOL], ids=["a protected tool", "another tool"])
def test_lines_of_data_are_never_cited(tool):
    # How its lines fall is the client's writing: the model is not shown them.
    pipeline, _ = make(lossless=False, ccr_inject_tool=False)
    chance = random.Random(8)
    data = [{"id": n, "key": f"{chance.getrandbits(160):x}"} for n in range(60)]
    ex, _ = send(pipeline, Wire.GEMINI, request({"result": data}, {"result": data[:40]}, tool=tool, indent=1))
    first, second = responses(ex.body_out)
    assert "same" not in str(first["result"])
    if tool == "Read":
        assert (first, second) == ({"result": data}, {"result": data[:40]})
    assert "[~ lines" not in json.dumps(second)
    assert "same as" not in json.dumps(second)
