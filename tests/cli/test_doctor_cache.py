"""``headroom doctor --cache`` names who broke the provider's cache, from what a running proxy has seen."""

import json

import httpx
import pytest
from click.testing import CliRunner

from headroom.cli.doctor import doctor
from headroom.cli.doctor_cache import lines
from headroom.testing.gateway import GatewayProcess
from headroom.testing.server import ScriptedLLM
from tests.conftest import PATIENT

LONG = "You fix things, one at a time, and say what you did. " * 400


def test_a_run_without_calls_says_so():
    assert list(lines({"prefix_cache": {"totals": {"requests": 0}}})) == [
        "no call of this run reported what the provider's cache held"
    ]


def test_causes_come_with_figures_and_advice():
    stats = {
        "prefix_cache": {
            "totals": {"requests": 3, "hit_rate": 40.0, "cache_read_tokens": 10, "cache_write_tokens": 20_000},
            "miss_attribution": {
                "by_cause": {
                    "ttl_expiry": {"misses": 1, "tokens": 9_000},
                    "client_system": {"misses": 2, "tokens": 30_000},
                }
            },
        },
        "recent_requests": [{"timestamp": "T", "model": "m", "history": {"cache_diagnosis": {"sentence": "told why"}}}],
    }
    said = list(lines(stats))
    assert said[1].startswith("2 × the client changed the system prompt: 30,000 tokens")
    assert "clocks" in said[2]
    assert said[-1] == "T  m: told why"


@pytest.mark.parametrize(
    ("aligner", "says", "not_said"),
    [
        ({"enabled": False}, "--cache-aligner", "is on"),
        ({"enabled": True, "calls": 0}, "moved nothing yet", "--cache-aligner"),
        (
            {"enabled": True, "calls": 1_200, "switched": 2, "lines": {"timestamp": 1_200, "uuid": 3}},
            "in 1,200 calls (1200 × timestamp, 3 × uuid); 2 times",
            "--cache-aligner",
        ),
    ],
    ids=["off", "on, nothing yet", "on"],
)
def test_the_aligner_is_told_of_or_named(aligner, says, not_said):
    causes = {"client_system": {"misses": 2, "tokens": 30_000}}
    cache = {"totals": {"requests": 3}, "aligner": aligner, "miss_attribution": {"by_cause": causes}}
    said = "\n".join(lines({"prefix_cache": cache}))
    assert says in said
    assert not_said not in said


async def talk(gateway, turns):
    async with httpx.AsyncClient(base_url=gateway.base_url, timeout=30, trust_env=False) as client:
        for number in turns:
            ask = {"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral"}}
            messages = [{"role": "user", "content": [ask]}]
            for word in range(number):
                messages += [{"role": "assistant", "content": "ok"}, {"role": "user", "content": f"More {word}"}]
            body = {
                "model": "claude-sonnet-4-5", "max_tokens": 10, "messages": messages,
                "system": f"{LONG}\nIt is 10:{number:02}.",
            }  # fmt: skip
            headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
            answer = await client.post("/v1/messages", json=body, headers=headers)
            assert answer.status_code == 200, answer.text


async def test_lines_are_moved_in_a_running_proxy_and_after_its_restart(tmp_path):
    async with ScriptedLLM() as llm:
        llm.play(lambda *_: "ok")
        options = ["--no-rate-limit", "--no-cache", "--cache-aligner"]
        with GatewayProcess(llm.base_url, tmp_path, options, environment=PATIENT) as gateway:
            await talk(gateway, range(4))
        with GatewayProcess(llm.base_url, tmp_path, options, environment=PATIENT) as gateway:
            await talk(gateway, range(4, 6))
            port = str(httpx.URL(gateway.base_url).port)
            told = CliRunner().invoke(doctor, ["--cache", "--port", port], standalone_mode=False)
        fronts = [json.loads(request.body)["system"] for request in llm.generations]
    assert [front.endswith(f"It is 10:{n:02}.") for n, front in enumerate(fronts)] == [True] * 2 + [False] * 4
    assert len(set(fronts[2:])) == 1
    assert (
        "the cache aligner is on: it moved lines in 2 calls (2 × timestamp); 0 times for the first time" in told.output
    )


async def test_it_tells_of_a_running_proxy(tmp_path):
    async with ScriptedLLM() as llm:
        llm.play(lambda *_: "ok")
        with GatewayProcess(llm.base_url, tmp_path, ["--no-rate-limit", "--no-cache"], environment=PATIENT) as gateway:
            async with httpx.AsyncClient(base_url=gateway.base_url, timeout=30, trust_env=False) as client:
                for number in range(3):
                    system = [
                        {
                            "type": "text",
                            "text": f"It is 10:{number:02}. {LONG}",
                            "cache_control": {"type": "ephemeral"},
                        }
                    ]
                    body = {
                        "model": "claude-sonnet-4-5", "max_tokens": 10, "system": system,
                        "messages": [{"role": "user", "content": "Hello"}],
                    }  # fmt: skip
                    headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
                    answer = await client.post("/v1/messages", json=body, headers=headers)
                    assert answer.status_code == 200, answer.text
            port = str(httpx.URL(gateway.base_url).port)
            plain = CliRunner().invoke(doctor, ["--cache", "--port", port], standalone_mode=False)
            told = CliRunner().invoke(doctor, ["--cache", "--json", "--port", port], standalone_mode=False)
    assert "2 × the client changed the system prompt" in plain.output
    assert "looks like a timestamp" in plain.output
    causes = json.loads(told.output)["prefix_cache"]["miss_attribution"]["by_cause"]
    assert causes["client_system"]["misses"] == 2
