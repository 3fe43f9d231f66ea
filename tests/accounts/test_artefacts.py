"""One run with canary keys: nothing it leaves behind or shows has them, and all of it tells the same."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from headroom.testing import ScriptedLLM
from headroom.testing.gateway import GatewayProcess
from tests.conftest import PATIENT

HEADER_KEY = "sk-ant-canary-header-0123456789"
BEARER_KEY = "canary-bearer-without-a-known-form-42"
QUERY_KEY = "canary-query-key-abcdefghij"
KEYS = (HEADER_KEY, BEARER_KEY, QUERY_KEY)
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
RESULT = "\n".join(f"2026-11-21T00:00:{i % 60:02d} INFO worker heartbeat ok sequence {i}" for i in range(800))


def call(url: str, body: dict, headers: dict) -> tuple[int, bytes]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json", **headers})
    try:
        with DIRECT.open(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def get(url: str) -> bytes:
    with DIRECT.open(url, timeout=60) as answer:
        return answer.read()


def agent_body(stream: bool, extra: str = "") -> dict:
    """A turn with a tool result that is worth compressing."""
    return {
        "model": "claude-sonnet-4-5",
        "max_tokens": 100,
        "stream": stream,
        "tools": [{"name": "Bash", "description": "run", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": f"What failed? {extra}"},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "cat log"}}],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": RESULT}]},
        ],
    }


@pytest.fixture
async def run(tmp_path):
    """The gateway after a day's traffic, its workspace, and its port."""
    async with ScriptedLLM() as llm:
        arguments = ["--log-file", str(tmp_path / "ws" / "requests.jsonl"), "--log-messages", "--no-rate-limit"]
        gateway = GatewayProcess(llm.base_url, tmp_path / "ws", arguments, environment=PATIENT)

        def traffic() -> None:
            gateway.start()
            url = gateway.base_url
            auth = {"x-api-key": HEADER_KEY, "anthropic-version": "2023-06-01", "user-agent": "claude-cli/2.0"}
            assert call(f"{url}/p/demo/v1/messages", agent_body(False), auth)[0] == 200
            assert call(f"{url}/p/demo/v1/messages", agent_body(True), auth)[0] == 200
            # the key in the content too: it is the caller's, so it is blanked wherever it is logged
            assert call(f"{url}/v1/messages", agent_body(True, f"my key is {HEADER_KEY}"), auth)[0] == 200
            chat = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
            bearer = {"authorization": f"Bearer {BEARER_KEY}", "x-headroom-tag-note": f"Bearer {BEARER_KEY}"}
            assert call(f"{url}/v1/chat/completions", chat, bearer)[0] == 200
            gemini = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
            path = f"/v1beta/models/gemini-2.5-pro:generateContent?key={QUERY_KEY}"
            assert call(url + path, gemini, {})[0] == 200
            call(f"{url}/stats/nothing-here?key={QUERY_KEY}", {}, auth)
            call(f"{url}/v1/retrieve", {"hash": "0123456789ab"}, auth)

        import asyncio

        await asyncio.to_thread(traffic)
        # refused by the provider: it wants a version header
        small = {"model": "claude-sonnet-4-5", "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}]}
        status, _ = await asyncio.to_thread(call, f"{gateway.base_url}/v1/messages", small, {"x-api-key": HEADER_KEY})
        assert status == 400
        yield gateway, tmp_path / "ws"
        await asyncio.to_thread(gateway.stop)


def settle(workspace: Path, lines: int) -> list[dict]:
    """The request log once it has all its lines."""
    ends = time.monotonic() + 60
    while True:
        text = (workspace / "requests.jsonl").read_text()
        if text.count("\n") >= lines:
            return [json.loads(line) for line in text.splitlines()]
        assert time.monotonic() < ends, text
        time.sleep(0.05)


def cli(workspace: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "headroom.cli", *arguments],
        env={"HEADROOM_WORKSPACE_DIR": str(workspace), "PATH": "/usr/bin:/bin", "COLUMNS": "160", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def test_no_key_in_any_artefact_and_one_truth_in_all(run):
    gateway, workspace = run
    url = gateway.base_url
    rows = settle(workspace, 6)
    shown = {
        path: get(url + path)
        for path in (
            "/stats",
            "/stats?cached=1",
            "/metrics",
            "/stats-history?history_mode=full",
            "/stats-history?format=csv",
            "/transformations/feed?all=1&limit=100",
            "/admin/upstream",
            "/health",
        )
    }
    stats = json.loads(shown["/stats"])
    history = json.loads(shown["/stats-history?history_mode=full"])
    assert stats["requests"]["total"] == len(rows) == history["lifetime"]["requests"] == 6
    assert stats["requests"]["failed"] == 1
    assert stats["tokens"]["saved"] == sum(row["tokens_saved"] for row in rows) == history["lifetime"]["tokens_saved"]
    assert stats["tokens"]["saved"] > 0
    assert stats["summary"]["headline"].startswith(f"{stats['tokens']['net_saved']:,} tokens saved")
    assert stats["savings"]["per_project"]["demo"]["requests"] == 2
    assert stats["display_session"]["projects"]["demo"]["requests"] == 2

    # the log has what was asked and answered, JSON and SSE
    json_row, sse_row = rows[0], rows[1]
    assert json_row["stream"] is False
    assert sse_row["stream"] is True
    assert json_row["response_content"]
    assert sse_row["response_content"]
    assert json_row["request_messages"]["messages"][2]["content"][0]["content"] == RESULT
    shorter = [row for row in rows if row["transforms_applied"]]
    assert shorter
    assert all(row["compressed_messages"] != row["request_messages"] for row in shorter)
    feed = json.loads(shown["/transformations/feed?all=1&limit=100"])
    assert feed["log_full_messages"] is True
    assert feed["transformations"][-1]["request_id"] == json_row["request_id"]
    assert feed["transformations"][-1]["response_content"] == json_row["response_content"]

    # the command line tells the same
    told = json.loads(cli(workspace, "stats", "--json", "-p", str(gateway.port)))
    assert told["tokens"]["saved"] == stats["tokens"]["saved"]
    assert "tokens saved net" in cli(workspace, "stats", "-p", str(gateway.port))
    perf = json.loads(cli(workspace, "perf", "--format", "json"))
    assert perf["requests"] == 6
    assert perf["tokens_saved"] == stats["tokens"]["saved"]
    assert cli(workspace, "perf", "--format", "csv").splitlines()[0].startswith("model,requests,tokens_before")
    assert len(cli(workspace, "perf", "--raw", "--format", "csv").splitlines()) == 7
    report = cli(workspace, "telemetry", "--show", "-p", str(gateway.port))
    assert report.startswith("telemetry: off")
    assert f"http://127.0.0.1:{gateway.port}/dashboard" in cli(
        workspace, "dashboard", "--no-open", "-p", str(gateway.port)
    )

    gateway.stop()
    savings = json.loads(cli(workspace, "savings", "--json"))
    assert savings["lifetime"]["calls"] == 6
    assert savings["windows"]["all_time"]["tokens_saved"] == stats["tokens"]["saved"]
    log = (workspace / "logs" / "proxy.log").read_text()
    assert '"event": "headroom_admin_audit"' in log
    assert '"path": "/v1/retrieve"' in log
    assert log.count(" PERF timestamp=") == 6

    artefacts = {str(path): path.read_bytes() for path in workspace.rglob("*") if path.is_file()}
    names = {Path(path).name for path in artefacts}
    assert {"requests.jsonl", "proxy_savings.json", "savings_events.jsonl", "proxy.log", "headroom.db"} <= names
    artefacts |= shown | {"output": gateway.output.encode(), "report": report.encode()}
    for name, content in artefacts.items():
        for key in KEYS:
            assert key.encode() not in content, f"{key} is in {name}"
    for path in workspace.rglob("*"):
        if path.name in {"requests.jsonl", "proxy_savings.json", "savings_events.jsonl", "proxy.log"}:
            assert path.stat().st_mode & 0o077 == 0, path


async def test_stateless_leaves_nothing_and_still_counts(tmp_path):
    import asyncio

    async with ScriptedLLM() as llm:
        gateway = GatewayProcess(
            llm.base_url, tmp_path / "absent", ["--stateless", "--log-file", str(tmp_path / "x.jsonl")]
        )

        def go() -> dict:
            with gateway:
                call(f"{gateway.base_url}/v1/messages", agent_body(False), {"x-api-key": HEADER_KEY})
                shown = json.loads(get(f"{gateway.base_url}/stats"))
                history = json.loads(get(f"{gateway.base_url}/stats-history"))
                assert history["lifetime"]["requests"] == 1
                assert "storage_path" not in history
                return shown

        shown = await asyncio.to_thread(go)
        assert shown["requests"]["total"] == 1
        assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
async def test_whichever_worker_answers_tells_the_sums_of_all(tmp_path):
    import asyncio

    async with ScriptedLLM() as llm:
        log = tmp_path / "ws" / "requests.jsonl"
        arguments = ["--workers", "2", "--no-rate-limit", "--no-cache", "--log-file", str(log)]
        gateway = GatewayProcess(llm.base_url, tmp_path / "ws", arguments, environment=PATIENT)
        auth = {"x-api-key": HEADER_KEY, "anthropic-version": "2023-06-01"}

        def rows() -> list[dict]:
            return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

        def until(true, seconds: float = 60) -> None:
            ends = time.monotonic() + seconds
            while not true():
                assert time.monotonic() < ends
                time.sleep(0.1)

        def go() -> None:
            with gateway:
                url, sent, seen = gateway.base_url, 0, set()
                until(lambda: seen.add(json.loads(get(f"{url}/health"))["config"]["pid"]) or len(seen) == 2)
                while len({row["pid"] for row in rows()}) < 2:
                    assert sent < 150
                    call(f"{url}/v1/messages", agent_body(sent % 2 == 0, str(sent)), auth)
                    sent += 1
                until(lambda: len(rows()) == sent)

                def asked() -> set[tuple[int, ...]]:
                    told = set()
                    for _ in range(8):
                        stats, history = json.loads(get(f"{url}/stats")), json.loads(get(f"{url}/stats-history"))
                        life = history["lifetime"]
                        told.add((stats["requests"]["total"], stats["tokens"]["saved"]))
                        told.add((life["requests"], life["tokens_saved"]))
                    return told

                until(lambda: asked() == {(sent, sum(row["tokens_saved"] for row in rows()))})

        await asyncio.to_thread(go)
