import gzip
import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner

from headroom.cli.replay import replay as command
from headroom.exchange import Usage
from headroom.replay.capture import BadCapture, read
from headroom.replay.report import lines, page, summary
from headroom.replay.run import replay
from tests.replay.generated import Session


def save(calls, path, **more):
    rows = [
        {
            "session": call.session,
            "t": call.t,
            "method": call.method,
            "path": call.path,
            "headers": call.headers,
            "body": json.loads(call.body),
            "status": 200,
            **more,
        }
        for call in calls
    ]
    raw = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


@pytest.fixture(scope="module")
def calls():
    return Session(8, turns=10).run()


@pytest.mark.parametrize("name", ["s.jsonl", "s.jsonl.gz"])
def test_json_lines_are_read_as_they_were_written(tmp_path, calls, name):
    usage = {"input": 1, "read": 2, "write_5m": 3, "write_1h": 4, "output": 5}
    found = read(save(calls, tmp_path / name, usage=usage))
    assert [(c.t, c.path, json.loads(c.body)) for c in found] == [(c.t, c.path, json.loads(c.body)) for c in calls]
    assert found[0].usage == Usage(1, 2, 3, 4, 5)


def test_har_is_read(tmp_path, calls):
    entries = [
        {
            "startedDateTime": f"2026-11-21T10:00:{n:02}Z",
            "request": {
                "method": "POST",
                "url": "https://api.anthropic.com/v1/messages",
                "headers": [{"name": k, "value": v} for k, v in call.headers],
                "postData": {"text": call.body.decode()},
            },
            "response": {"status": 200},
        }
        for n, call in enumerate(calls)
    ]
    path = tmp_path / "s.har"
    path.write_text(json.dumps({"log": {"entries": entries}}))
    found = read(path)
    assert [c.body for c in found] == [c.body for c in calls]
    assert len(replay(found, ("off",)).runs["off"].turns) == len(calls)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", "{}\n"),
        ("b.jsonl", "no json\n"),
        ("c.har", "{}"),
        ("d.har", "["),
        ("e.jsonl", '{"method": "POST"}'),
        ("f.jsonl", '{"method": "POST", "path": "/v1/messages", "t": NaN}'),
        ("g.jsonl", "[" * 100_000),
    ],
    ids=["no fields", "no JSON", "no log", "broken", "no path", "no time", "nested without end"],
)
def test_what_is_no_recording_is_refused_with_its_place(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(BadCapture, match=name):
        read(path)


def test_a_damaged_gzip_file_is_refused_with_its_name(tmp_path, calls):
    path = save(calls, tmp_path / "s.jsonl.gz")
    packed = bytearray(path.read_bytes())
    packed[len(packed) // 2 : len(packed) // 2 + 64] = b"\xff" * 64
    path.write_bytes(packed)
    with pytest.raises(BadCapture, match=r"s\.jsonl\.gz"):
        read(path)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/messages", {"messages": [{"role": "user"}]}),
        ("/v1/messages", {"messages": [{"role": "user", "content": None}]}),
        ("/v1/messages", {"messages": [{"role": "user", "content": ["hi"]}]}),
        ("/v1/messages", {"messages": [{"role": "user", "content": "hi"}], "tools": {"a": 1}}),
        ("/v1/messages", {"messages": [{"role": "user", "content": "hi"}], "thinking": "x"}),
        ("/v1/responses", {"input": ["hi"]}),
        ("/v1/responses", {"input": [{"role": "user", "content": ["hi"]}]}),
        ("/v1beta/models/gemini-2.5-pro:generateContent", {"contents": [{"parts": ["hi"]}]}),
    ],
    ids=lambda given: given if isinstance(given, str) else json.dumps(given)[:60],
)
def test_a_body_of_another_shape_is_left_out_and_said(calls, path, body):
    odd = replace(calls[0], path=path, body=json.dumps({"model": "claude-sonnet-4-5", **body}).encode())
    report = replay([*calls, odd], ("off", "token"))
    assert len(report.runs["token"].turns) == len(calls)
    assert report.skipped == {"a body that no provider takes": 1}


def test_what_cannot_be_replayed_is_left_out_and_said(calls):
    odd = [
        type(calls[0])("s", 0, "GET", "/v1/models", (), b""),
        type(calls[0])("s", 0, "POST", "/v1/messages", calls[0].headers, b"{not json"),
        type(calls[0])("s", 0, "POST", "/v1/messages", calls[0].headers, calls[0].body, 529),
        type(calls[0])("s", 0, "WS", "/v1/responses", (), b""),
    ]
    report = replay([*calls, *odd], ("off",))
    assert len(report.runs["off"].turns) == len(calls)
    assert sum(report.skipped.values()) == 4


def test_the_report_adds_up(calls):
    report = replay(calls, ("off", "lossless", "token"))
    data = summary(report)
    for mode, run in report.runs.items():
        shown = data["modes"][mode]
        assert shown["dollars"] == pytest.approx(sum(c["dollars"] for c in shown["conversations"].values()), abs=1e-5)
        parts = sum(shown["earned_dollars"].values()) + shown["other_dollars"]
        assert parts == pytest.approx(report.runs["off"].dollars - run.dollars, abs=1e-4)
    assert data["modes"]["token"]["input_tokens"] < data["modes"]["off"]["input_tokens"]
    assert data["modes"]["lossless"]["markers"] == 0
    text = "\n".join(lines(report, turns=True))
    assert "token" in text
    assert data["unpriced_models"] == []
    assert "no known price" not in text
    shown = page(report)
    assert shown.count("<svg") >= 3
    assert "http" not in shown.replace("http-equiv", "")


def test_what_was_earned_without_loss_is_what_was_saved(calls):
    """Nothing else is added then: neither our tool, nor marks, nor damage to the cache."""
    lossless = summary(replay(calls, ("off", "lossless")))["modes"]["lossless"]
    assert lossless["saved_dollars"] > 0
    assert abs(lossless["other_dollars"]) < 0.01 * lossless["saved_dollars"]


def test_what_was_left_out_of_a_history_that_the_provider_keeps_earns_with_each_call(calls):
    rows = json.dumps([{"id": n, "name": f"part {n % 7}", "stock": n * 37 % 101} for n in range(300)], indent=1)
    tools = [{"type": "function", "name": "stock", "description": "All rows.", "parameters": {"type": "object"}}]

    def call(number):
        item = {"type": "function_call_output", "call_id": f"c{number}", "output": rows if number == 1 else "none"}
        body = {"model": "gpt-5.4", "store": True, "tools": tools, "input": [item] if number else "What is there?"}
        body |= {"previous_response_id": f"resp_{number}"} if number else {}
        headers = (("Host", "api.openai.com"), ("authorization", "Bearer sk-test"))
        return replace(calls[0], t=float(number), path="/v1/responses", headers=headers, body=json.dumps(body).encode())

    report = replay([call(number) for number in range(6)], ("off", "lossless"))
    lossless = summary(report)["modes"]["lossless"]
    assert all(sum(turn.earned.values()) > 0 for turn in report.runs["lossless"].turns[1:])
    assert abs(lossless["other_dollars"]) < 0.05 * lossless["saved_dollars"]


def test_a_model_without_a_known_price_is_named(calls):
    named = [replace(call, body=re.sub(rb'"model": ?"[^"]+"', b'"model": "frob-9"', call.body)) for call in calls]
    report = replay(named, ("off",))
    assert summary(report)["unpriced_models"] == ["frob-9"]
    assert any("no known price: frob-9" in line for line in lines(report))
    assert "frob-9" in page(report)


def test_a_recording_without_bodies_says_what_is_missing(calls):
    report = replay([replace(call, body=b"") for call in calls], ("off", "token"))
    assert list(lines(report)) == [
        "no call that can be replayed",
        f"left out: {len(calls)} (recorded without its body; record with --capture-bodies)",
    ]


def test_what_was_left_out_of_a_prompt_that_no_cache_held_any_more_earned_the_write_price(calls):
    """An hour later all is written again, so a block left out long ago saves more than a read."""
    late = [replace(call, t=call.t + (7200.0 if call is calls[-1] else 0.0)) for call in calls]
    soon, later = (replay(some, ("token",)).runs["token"].turns[-1] for some in (calls, late))
    assert later.usage.cache_read == 0 < soon.usage.cache_read
    assert sum(later.earned.values()) > 5 * sum(soon.earned.values()) > 0


def test_the_command_prints_and_writes(tmp_path, calls):
    path, out = save(calls, tmp_path / "s.jsonl"), tmp_path / "r.html"
    found = CliRunner().invoke(command, [str(path), "--compare", "off,cache", "--html", str(out)])
    assert found.exit_code == 0, found.output
    assert "cache hit" in found.output
    assert out.read_text().startswith("<!doctype html>")
    nowhere = CliRunner().invoke(command, [str(path), "--compare", "off", "--html", str(tmp_path / "no" / "r.html")])
    assert nowhere.exit_code == 1
    assert "can't be written" in nowhere.output
    data = json.loads(CliRunner().invoke(command, [str(path), "--compare", "off,cache", "--json"]).output)
    assert set(data["modes"]) == {"off", "cache"}


def test_files_do_not_warm_each_others_cache(tmp_path, calls):
    (tmp_path / "b").mkdir()
    paths = [str(save(calls, tmp_path / name)) for name in ("s.jsonl", "t.jsonl", "b/t.jsonl")]

    def shown(*paths):
        done = CliRunner().invoke(command, [*paths, "--compare", "off", "--json"])
        return json.loads(done.output)["modes"]["off"]

    alone, together = shown(paths[0]), shown(*paths)
    assert together["dollars"] == pytest.approx(3 * alone["dollars"], abs=1e-5)
    assert len(together["conversations"]) == 3 * len(alone["conversations"])


def test_an_operators_prices_are_the_replays_too(tmp_path, calls, monkeypatch):
    path, own = save(calls, tmp_path / "s.jsonl"), tmp_path / "own.json"
    model = json.loads(calls[0].body)["model"]
    own.write_text(json.dumps({model: {"input": 2, "output": 2}}))

    def dollars(*arguments):
        done = CliRunner().invoke(command, [str(path), "--compare", "off", "--json", *arguments])
        return json.loads(done.output)["modes"]["off"]["dollars"] if done.exit_code == 0 else done.output

    monkeypatch.setenv("HEADROOM_MODEL_LIMITS", json.dumps({"pricing": {model: [1, 1]}}))
    limits = dollars()
    assert dollars("--prices", str(own)) == pytest.approx(2 * limits)
    monkeypatch.setenv("HEADROOM_MODEL_LIMITS", "[]")
    assert "HEADROOM_MODEL_LIMITS" in dollars()


@pytest.mark.parametrize("arguments", [["--compare", "fast"], ["--compare", ""]])
def test_an_unknown_mode_is_a_usage_error(tmp_path, calls, arguments):
    path = save(calls, tmp_path / "s.jsonl")
    found = CliRunner().invoke(command, [str(path), *arguments])
    assert found.exit_code == 2
    assert "off, lossless, cache, token, aligned" in found.output
