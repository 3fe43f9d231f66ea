"""Unmodified agents run by ``headroom wrap``: by base URL, and by interception under the provider's real host name.

With HEADROOM_TEST_WRITE=1 the table in docs/agents.md is written from what was seen.
"""

import asyncio
import json
import os
import random
import re
import sys
from dataclasses import dataclass, field

import pytest

from headroom.agents import probe
from headroom.testing import ScriptedLLM, free_port
from tests.conftest import PATIENT, ROOT
from tests.e2e.agents import find
from tests.e2e.test_agents import ASK, END, brain, log

HOSTS = {
    "anthropic": "api.anthropic.com",
    "openai": "api.openai.com",
    "gemini": "generativelanguage.googleapis.com",
    "opencode": "opencode.ai",
}
TITLES = {
    "claude": "Claude Code",
    "codex": "Codex",
    "gemini": "Gemini CLI",
    "copilot": "GitHub Copilot CLI",
    "opencode": "opencode",
    "aider": "aider",
}
SEEN: dict[tuple[str, str], str] = {}


@dataclass
class Recipe:
    arguments: list[str]
    env: dict[str, str]
    tool: tuple[str, str]
    files: dict[str, str] = field(default_factory=dict)


def recipe(name, way):
    """How a user runs it headless; base URLs are not his business."""
    if name == "claude":
        env = {"ANTHROPIC_API_KEY": "sk-ant-test", "IS_SANDBOX": "1", "DISABLE_AUTOUPDATER": "1"}
        env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1"
        words = ["-p", ASK, "--dangerously-skip-permissions", "--model", "claude-sonnet-4-5"]
        return Recipe(words, env, ("Bash", "command"))
    if name == "codex":
        words = ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "-m", "gpt-5.1", ASK]
        env = {"OPENAI_API_KEY": "sk-test"}
        files = {".codex/auth.json": json.dumps({"auth_mode": "apikey", "OPENAI_API_KEY": "sk-test"})}
        if way == "intercept":
            # Its WebSocket passes as it is; over HTTP the conversation is compressed.
            words = ["-c", 'model_provider="direct"', "-c", "model_providers.direct=" + DIRECT, *words]
        return Recipe(words, env, ("exec_command", "cmd"), files)
    if name == "gemini":
        settings = {
            "security": {"auth": {"selectedType": "gemini-api-key"}},
            "privacy": {"usageStatisticsEnabled": False},
            "telemetry": {"enabled": False},
        }
        env = {"GEMINI_API_KEY": "test", "GEMINI_CLI_TRUST_WORKSPACE": "true"}
        files = {".gemini/settings.json": json.dumps(settings)}
        words = ["-p", ASK, "--yolo", "-m", "gemini-2.5-pro"]
        return Recipe(words, env, ("run_shell_command", "command"), files)
    if name == "copilot":
        env = {"ANTHROPIC_API_KEY": "k", "COPILOT_MODEL": "claude-sonnet-4-5"}
        if way == "intercept":
            env |= {"COPILOT_PROVIDER_TYPE": "anthropic", "COPILOT_PROVIDER_API_KEY": "k"}
            env["COPILOT_PROVIDER_BASE_URL"] = "https://api.anthropic.com"
        return Recipe(["-p", ASK, "--allow-all-tools"], env, ("bash", "command"))
    if name == "aider":
        words = ["--model", "anthropic/claude-sonnet-4-5", "--edit-format", "whole", "--yes-always", "--no-git"]
        words += ["--no-check-update", "--no-show-model-warnings", "--analytics-disable", "--no-detect-urls"]
        words += ["--map-tokens", "0", "--auto-test", "--test-cmd", "./check", "--message", ASK, "notes.txt"]
        return Recipe(words, {"ANTHROPIC_API_KEY": "k"}, ("", ""))
    env = {"ANTHROPIC_API_KEY": "k"}
    env["OPENCODE_CONFIG_CONTENT"] = json.dumps({"model": "anthropic/claude-sonnet-4-5", "autoupdate": False})
    return Recipe(["run", ASK], env, ("bash", "command"))


def aider_brain(seen):
    """aider has no tools: the model answers with the whole file, and a test's output comes back as the user's words."""

    def answer(request):
        seen.append(request)
        words = "Not yet." if len(seen) == 1 else END
        return f"Here it is.\n\nnotes.txt\n```\n{words}\n```\n"

    return answer


DIRECT = '{name="OpenAI",base_url="https://api.openai.com/v1",env_key="OPENAI_API_KEY",wire_api="responses"}'


@pytest.mark.agents
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("way", ["wrap", "intercept"])
@pytest.mark.parametrize("name", TITLES)
async def test_agent_completes_a_session(name, way, tmp_path):
    program = find(name)
    home, repo, workspace = tmp_path / "home", tmp_path / "repo", tmp_path / "workspace"
    home.mkdir()
    repo.mkdir()
    how = recipe(name, way)
    for place, text in how.files.items():
        (home / place).parent.mkdir(parents=True)
        (home / place).write_text(text)
    (repo / "app.log").write_text(log(random.Random(3)))
    script = repo / "jobs"
    size = 19_000 if name == "copilot" else 28_000
    script.write_text(f"#!/bin/sh\nhead -c {size} app.log; tail -n 1 app.log\n")
    script.chmod(0o755)
    check = repo / "check"
    check.write_text(f'#!/bin/sh\ngrep -q "disk was full" notes.txt && echo "{END}" && exit 0\n./jobs; exit 1\n')
    check.chmod(0o755)
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    port = free_port()
    seen = []
    async with ScriptedLLM() as llm:
        llm.play(aider_brain(seen) if name == "aider" else brain(*how.tool, seen))
        env = {
            "PATH": f"{os.path.dirname(program)}:{os.environ['PATH']}",
            "HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm",
            "NO_COLOR": "1",
            "LANG": "C.UTF-8",
            "HEADROOM_WORKSPACE_DIR": str(workspace),
            **PATIENT,
        } | how.env
        flags = []
        if way == "wrap":
            env |= {
                f"{provider.upper()}_TARGET_API_URL": llm.base_url for provider in ("anthropic", "openai", "gemini")
            }
        else:
            flags = ["--intercept"]
            env["HEADROOM_INTERCEPT_ROUTES"] = ",".join(f"{host}={llm.base_url}" for host in HOSTS.values())
            env["HEADROOM_INTERCEPT_PORT"] = str(free_port())
        command = [
            sys.executable,
            "-m",
            "headroom.cli",
            "wrap",
            name,
            "--port",
            str(port),
            *flags,
            "--",
            *how.arguments,
        ]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=repo, env=env, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            out, _ = await asyncio.wait_for(process.communicate(), 150)
        except TimeoutError:
            process.terminate()
            out, _ = await process.communicate()
            pytest.fail(f"{name} did not finish: {out.decode()[-2000:]}{said(workspace)}")
        text = out.decode()
        assert process.returncode == 0, text[-2000:] + said(workspace)
        assert END in text, text[-2000:] + said(workspace)
        assert [r.refusal for r in llm.generations if r.refusal] == []
        shrunk = any(b"[~ " in r.wire_body for r in llm.generations)
        if name == "aider":  # what it sends are the user's words, which stay as they are
            assert len(llm.generations) >= 2
            assert b"job 1999 failed" in llm.generations[-1].wire_body
            assert (repo / "notes.txt").read_text().strip() == END
        else:
            assert shrunk, "nothing was compressed"
        if way == "wrap" and name != "codex":
            assert {r.header("x-headroom-project") for r in llm.generations} == {None}
        turns = len(llm.generations)
        retrieved = any(r.conversation.retrievals for r in llm.generations)
    assert probe.look(port) is None, "the proxy outlived its last session"
    assert not list((workspace / "clients").glob("*/*")), "a marker was left"
    assert {path: path.read_bytes() for path in before} == before, "a file of the user's was changed"
    done = "compressed" if shrunk else "untouched: it uses no tools"
    SEEN[name, way] = f"yes: {turns} calls, {done}" + (", one hidden retrieval" if retrieved else "")


def said(workspace):
    path = workspace / "logs" / "proxy-stdio.log"
    return "\n--- proxy:\n" + path.read_text()[-2500:] if path.exists() else ""


@pytest.fixture(autouse=True, scope="module")
def table():
    yield
    if os.environ.get("HEADROOM_TEST_WRITE") != "1" or len(SEEN) < 2 * len(TITLES):
        return
    path = ROOT / "docs" / "agents.md"
    rows = ["| tool | `headroom wrap` (base URL) | `headroom wrap --intercept` |", "|---|---|---|"]
    rows += [f"| {title} | {SEEN[name, 'wrap']} | {SEEN[name, 'intercept']} |" for name, title in TITLES.items()]
    made = "\n".join(["<!-- seen:begin -->", *rows, "<!-- seen:end -->"])
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"<!-- seen:begin -->.*<!-- seen:end -->", lambda _: made, text, flags=re.DOTALL), "utf-8")
