"""What a running proxy records can be replayed, costs the same, and holds no credential."""

import json
import logging
import stat
from dataclasses import replace

import httpx
import pytest

from headroom.accounts.pricing import Prices
from headroom.exchange import Exchange, Usage, Wire
from headroom.replay.capture import read
from headroom.replay.record import Recorder, line
from headroom.replay.run import replay
from headroom.testing.gateway import GatewayProcess
from headroom.testing.server import ScriptedLLM
from tests.replay.generated import Session

KEY = "sk-ant-api03-" + "s3cr3t" * 6


def ended(**more):
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": f'my key is {KEY} \\ "x"'}]}).encode()
    made = Exchange(
        "r", 1000.5, 0.0, Wire.ANTHROPIC, "anthropic", "POST", "/v1/messages?key=hidden-value", "http://u",
        headers={"x-api-key": KEY, "cookie": "session=abc", "user-agent": "test/1", "x-company": "secret"},
        body_in=body, body_out=body, credential="0123456789abcdef", status=200,
    )  # fmt: skip
    made.usage = Usage(1, 2, 3, 0, 5)
    return replace(made, **more)


@pytest.mark.parametrize("bodies", [False, True], ids=["without bodies", "with bodies"])
def test_no_credential_is_recorded(bodies):
    written = json.dumps(line(ended(), bodies=bodies))
    for secret in (KEY, "s3cr3t", "session=abc", "hidden-value", "x-company"):
        assert secret not in written
    assert ("body" in json.loads(written)) is bodies
    if bodies:
        assert json.loads(json.loads(written)["body"])["messages"][0]["content"] == 'my key is [redacted] \\ "x"'
    assert json.loads(written)["usage"] == {"input": 1, "read": 2, "write_5m": 3, "write_1h": 0, "output": 5}


@pytest.mark.parametrize("before", ["", "KEY=", "\n", "\r\n", "\t", '"', "\u001b", "\u00e9"], ids=ascii)
def test_keys_of_others_are_not_recorded_wherever_they_stand(before):
    text = "".join(f". {before}{key} " for key in (f"sk-proj-{'0a1B' * 6}", f"Bearer {'x7' * 12}", f"ghp_{'0aB1' * 6}"))
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
    written = line(ended(body_in=body), bodies=True)["body"]
    assert written.count("[redacted]") == 3
    assert not any(secret in written for secret in ("0a1B", "x7x7", "0aB1"))
    json.loads(written)


def test_a_recording_is_its_owners_and_can_be_read(tmp_path):
    path = tmp_path / "deep" / "calls.jsonl"
    recorder = Recorder(path, bodies=True)
    recorder.heard(ended())
    recorder.heard(ended(generation=False))
    recorder.close()
    recorder.heard(ended())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (call,) = read(path)
    assert (call.t, call.path, call.status, call.usage) == (1000.5, "/v1/messages", 200, Usage(1, 2, 3, 0, 5))
    assert call.fields["x-api-key"] == "recorded-0123456789ab"
    assert json.loads(call.body)["model"] == "m"


def test_a_recording_is_bounded(tmp_path, caplog):
    path = tmp_path / "calls.jsonl"
    recorder = Recorder(path, bodies=True, max_bytes=900)
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            recorder.heard(ended())
    assert path.stat().st_size <= 900
    assert "is full" in caplog.text


def test_calls_without_bodies_are_told_of(tmp_path):
    recorder = Recorder(tmp_path / "calls.jsonl")
    recorder.heard(ended())
    recorder.close()
    report = replay(read(tmp_path / "calls.jsonl"))
    assert report.skipped == {"recorded without its body": 1}


async def test_a_recording_of_the_running_proxy_costs_what_it_cost(tmp_path):
    session = Session(8, turns=8)
    path = tmp_path / "calls.jsonl"
    async with ScriptedLLM(foreign=True) as llm:
        llm.play(lambda *_: "ok")
        options = ["--no-rate-limit", "--no-cache", "--capture", str(path), "--capture-bodies"]
        unhurried = {"HEADROOM_COMPRESSION_DEADLINE_SECONDS": "20"}
        with GatewayProcess(llm.base_url, tmp_path / "home", options, environment=unhurried) as gateway:
            async with httpx.AsyncClient(base_url=gateway.base_url, timeout=30, trust_env=False) as client:
                for call in session.run():
                    headers = {name: value for name, value in call.headers if name != "Host"}
                    sent = {**headers, "content-type": "application/json"}
                    assert (await client.post(call.path, content=call.body, headers=sent)).status_code == 200
        live = replace(llm.usage, output=0)
    calls = read(path)
    assert calls
    run = replay(calls, ("token",)).runs["token"]
    rates = Prices().rates(session.model, "anthropic")
    assert rates.cost(replace(run.usage, output=0)) == pytest.approx(rates.cost(live), abs=0.005)
