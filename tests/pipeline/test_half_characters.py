"""Half of an escaped surrogate pair is JSON, though no text: what holds it stays, and all else goes on as usual."""

import json
import random

import httpx
import pytest

from headroom.exchange import Wire
from headroom.wire import dialect_for
from headroom.wire.body import mended
from headroom.wire.outline import elements, members, string
from tests.addons.conftest import HEADERS, gateway, llm
from tests.pipeline.conversations import body, log
from tests.pipeline.test_pipeline import make, results, send

__all__ = ["gateway", "llm"]

HALVES = [b"\\ud800", b"\\uDC00 x", b"\\ud83d\\u0041", b"\\udead\\ud800"]


@pytest.mark.parametrize(
    ("given", "want"),
    [
        (rb'"\ud800"', rb'"\ue000"'),
        (rb'"\uDFff\ud83d"', rb'"\ue7ff\ue03d"'),
        (rb'"\ud83d\ud83d\ude00"', rb'"\ue03d\ud83d\ude00"'),
        (rb'"\n\ud800\\"', rb'"\n\ue000\\"'),
        (rb'"\\\udc00"', rb'"\\\ue400"'),
        (rb'"\ud83d\ude00"', None),
        (rb'"\\ud800"', None),
        (rb'"plain"', None),
    ],
)
def test_a_half_is_found_wherever_it_stands(given, want):
    assert mended(given) == want
    if want is not None:
        assert len(want) == len(given)
        json.loads(want).encode()


def test_places_and_names_are_those_of_the_text_itself():
    text = rb' {"a\ud800" : ["\udc00", 1], "b":"x\ud800"} '
    spans = members(text)
    assert [text[a:b] for a, b in spans.values()] == [rb'["\udc00", 1]', rb'"x\ud800"']
    assert list(spans) == ["a\ue000", "b"]
    assert [text[a:b] for a, b in elements(text, *spans["a\ue000"])] == [rb'"\udc00"', b"1"]
    assert string(text, spans["b"]) == "x\ue000"
    inner = b"[" + text + b"]"
    assert members(inner, 2, len(inner) - 2) == {name: (a + 1, b + 1) for name, (a, b) in spans.items()}


def steps(word):
    rng = random.Random(5)
    return [("Bash", {"command": f"make {word if i == 1 else ''}{i}"}, log(rng, 300), False) for i in range(3)]


PLACES = {
    "arguments": lambda raw, half: raw.replace(b"make here", b"make " + half),
    "the user's words": lambda raw, half: raw.replace(b"Why does", b"Why does " + half),
    "the system prompt": lambda raw, half: raw.replace(b"You fix", half + b"You fix"),
    "a tool's name": lambda raw, half: raw.replace(b'"Bash"', b'"Bash' + half + b'"'),
    "the model": lambda raw, half: raw.replace(b'"model": "', b'"model": "' + half),
}


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("wire", list(Wire))
def test_only_the_result_with_it_stays_as_it_came(wire, half):
    raw = body(wire, steps("here"))
    job = b"processed job 7 in"
    first = raw.index(job, raw.index(b"make here"))
    raw = raw[:first] + half + raw[first:]
    pipeline, _ = make()
    ex, plan = send(pipeline, wire, raw)
    pipeline.count(plan)
    assert [verdict.why for verdict in ex.verdicts if verdict.kind == "raw"] == ["half_character"]
    before, after = results(wire, raw), results(wire, ex.body_out)
    assert [given == sent for given, sent in zip(before, after, strict=True)] == [False, True, False]
    assert half + job in ex.body_out
    assert 0 < ex.tokens_after < ex.tokens_before


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("wire", list(Wire))
def test_anywhere_else_it_hinders_nothing(wire, place):
    raw = PLACES[place](body(wire, steps("here")), HALVES[0])
    pipeline, _ = make()
    ex, plan = send(pipeline, wire, raw)
    pipeline.count(plan)
    pipeline.keep_promises(plan)
    pipeline.learn(plan)
    assert len(ex.verdicts) == 3
    assert all(verdict.kind == "compressed" for verdict in ex.verdicts)
    assert ex.body_out.count(HALVES[0]) == raw.count(HALVES[0])
    dialect_for(wire).outline(ex.body_out)
    again, _ = send(pipeline, wire, raw)
    assert again.body_out == ex.body_out


async def test_a_call_with_it_goes_through_all_rooms(llm, gateway, tmp_path):
    gate = await gateway(llm, cache=True, log_file=tmp_path / "log.jsonl", log_messages=True, rate_limit=True)
    raw = PLACES["arguments"](body(Wire.ANTHROPIC, steps("here")), HALVES[0])
    raw = PLACES["the user's words"](raw, HALVES[1]).replace(b'"max_tokens"', b'"temperature": 0, "max_tokens"')
    async with httpx.AsyncClient(headers=HEADERS, timeout=30, trust_env=False) as client:
        answers = [await client.post(f"{gate.url}/v1/messages", content=raw) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert int(answers[0].headers["x-headroom-tokens-saved"]) > 0
    assert "x-headroom-compression-failed" not in answers[0].headers
    assert answers[1].headers["x-headroom-cached"] == "true"
    assert all(HALVES[0] in request.wire_body for request in llm.requests)
