"""Screenshots through the running proxy, in every format, with a restart in the middle of the conversation."""

import json
import urllib.request

import aiohttp
import pytest

from headroom.compress.images import has_decoder, read_size
from headroom.exchange import Wire
from headroom.pipeline.vision import vision_for
from headroom.testing import GatewayProcess, ScriptedLLM
from tests.pipeline.screenshots import MODEL, body, images, screenshot, sizes

CALM = {"HEADROOM_COMPRESSION_DEADLINE_SECONDS": "30"}
PATH = {
    Wire.ANTHROPIC: "/v1/messages",
    Wire.OPENAI_CHAT: "/v1/chat/completions",
    Wire.OPENAI_RESPONSES: "/v1/responses",
    Wire.GEMINI: "/v1beta/models/gemini-2.5-pro:generateContent",
}
HEADERS = {
    Wire.ANTHROPIC: {"x-api-key": "k", "anthropic-version": "2023-06-01"},
    Wire.OPENAI_CHAT: {"authorization": "Bearer k"},
    Wire.OPENAI_RESPONSES: {"authorization": "Bearer k"},
    Wire.GEMINI: {"x-goog-api-key": "k"},
}


async def post(gateway, wire, raw):
    async with aiohttp.ClientSession() as session:
        url = gateway.base_url + PATH[wire]
        headers = {"content-type": "application/json"} | HEADERS[wire]
        async with session.post(url, data=raw, headers=headers) as answer:
            said = await answer.read()
            assert answer.status == 200, said[:500]
            return answer.headers


def get(gateway, path):
    with urllib.request.urlopen(gateway.base_url + path, timeout=60) as answer:
        return answer.read().decode()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("wire", list(Wire))
async def test_a_session_with_screenshots(wire, tmp_path):
    one, two = screenshot(1), screenshot(2, 600, 400)
    shots = [one, two, [one, "the same?"], "nothing new", two]
    sent, said = [], []
    async with ScriptedLLM() as llm:
        for turns in (range(1, 4), range(4, len(shots) + 1)):
            with GatewayProcess(llm.base_url, tmp_path, ["--no-rate-limit"], environment=CALM) as gateway:
                for count in turns:
                    raw = body(wire, shots[:count])
                    said.append(await post(gateway, wire, raw))
                    sent.append((raw, llm.requests[-1].body))
                if turns.start > 1:
                    checks = json.loads(get(gateway, "/readyz"))["checks"]["images"]
                    metrics = get(gateway, "/metrics")
        assert [(r.path, r.refusal) for r in llm.requests if r.refusal] == []
    assert checks["state"] == ("on" if has_decoder() else "repeats only")
    assert f'headroom_degraded{{part="images"}} {float(not has_decoder())}' in metrics
    raw, last = sent[-1]
    assert len(images(wire, raw)) == 4
    assert len(images(wire, last)) == 2
    assert last.count(b"the same image as") == 2
    saved = int(said[-1]["x-headroom-tokens-before"]) - int(said[-1]["x-headroom-tokens-after"])
    assert saved > 0
    assert "image:repeat" in said[-1]["x-headroom-transforms"]
    vision = vision_for(MODEL[wire], wire)
    free = vision.free_size(read_size(one), "")
    if free is not None and has_decoder():
        assert sizes(wire, last)[0] == free
        assert "image:downscale" in said[-1]["x-headroom-transforms"]
        assert len(last) < len(raw) / 2
    before: list = []
    for _, forwarded in sent:
        value = json.loads(forwarded.replace(b',"cache_control":{"type":"ephemeral"}', b""))  # our own marks move on
        messages = value.get("messages") or value.get("input") or value["contents"]
        assert messages[: len(before)] == before
        before = messages


@pytest.mark.timeout(120)
async def test_switched_off_every_byte_of_an_image_is_the_client_s(tmp_path):
    wire, one = Wire.ANTHROPIC, screenshot(1)
    raw = body(wire, [one, one])
    async with ScriptedLLM() as llm:
        flags = ["--no-rate-limit", "--no-image-optimize"]
        with GatewayProcess(llm.base_url, tmp_path, flags, environment=CALM) as gateway:
            await post(gateway, wire, raw)
            state = json.loads(get(gateway, "/readyz"))["checks"]["images"]["state"]
        assert llm.requests[-1].body == raw
    assert state == "off"
