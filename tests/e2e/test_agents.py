"""Real agents, unmodified, finish a tool session through the proxy; the scripted model looks something up again."""

import asyncio
import json
import os
import random
import re
import shutil

import pytest

from headroom.testing import Call, GatewayProcess, Retrieve, ScriptedLLM
from tests.conftest import PATIENT
from tests.e2e.agents import find

ASK = "Find out why job 1999 failed."
END = "The disk was full, says line two thousand and one."


def log(rng):
    lines = [
        f"2026-11-21 10:{i // 60 % 60:02}:{i % 60:02},{rng.randrange(999):03} INFO worker-{rng.randrange(8)} processed job {i} for tenant-{rng.randrange(40)} in {rng.randrange(90)} ms"
        for i in range(2000)
    ]
    lines.append("2026-11-21 11:00:00,001 ERROR worker-3 job 1999 failed: disk full")
    return "\n".join(lines) + "\n"


def claude(base, home):
    env = {
        "ANTHROPIC_BASE_URL": base,
        "ANTHROPIC_API_KEY": "sk-ant-test",
        "IS_SANDBOX": "1",
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    return ["-p", ASK, "--dangerously-skip-permissions", "--model", "claude-sonnet-4-5"], env, ("Bash", "command")


def codex(base, home):
    (home / "codex").mkdir()
    provider = f'{{name="headroom",base_url="{base}/v1",env_key="OPENAI_API_KEY",wire_api="responses"}}'
    args = [
        "exec",
        "--skip-git-repo-check",
        "--dangerously-bypass-approvals-and-sandbox",
        "-m",
        "gpt-5.1",
        "-c",
        'model_provider="headroom"',
        "-c",
        f"model_providers.headroom={provider}",
        ASK,
    ]
    return args, {"OPENAI_API_KEY": "sk-test", "CODEX_HOME": str(home / "codex")}, ("exec_command", "cmd")


def gemini(base, home):
    (home / ".gemini").mkdir()
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
    }
    (home / ".gemini" / "settings.json").write_text(json.dumps(settings))
    env = {"GEMINI_API_KEY": "test", "GOOGLE_GEMINI_BASE_URL": base, "GEMINI_CLI_TRUST_WORKSPACE": "true"}
    return ["-p", ASK, "--yolo", "-m", "gemini-2.5-pro"], env, ("run_shell_command", "command")


def copilot(base, home):
    env = {
        "COPILOT_PROVIDER_TYPE": "anthropic",
        "COPILOT_PROVIDER_BASE_URL": base,
        "COPILOT_PROVIDER_API_KEY": "k",
        "COPILOT_MODEL": "claude-sonnet-4-5",
    }
    return ["-p", ASK, "--allow-all-tools"], env, ("bash", "command")


def opencode(base, home):
    config = {
        "provider": {"anthropic": {"options": {"baseURL": base + "/v1"}}},
        "model": "anthropic/claude-sonnet-4-5",
        "autoupdate": False,
    }
    return ["run", ASK], {"ANTHROPIC_API_KEY": "k", "OPENCODE_CONFIG_CONTENT": json.dumps(config)}, ("bash", "command")


AGENTS = {"claude": claude, "codex": codex, "gemini": gemini, "copilot": copilot, "opencode": opencode}


def brain(tool, argument, seen):
    """Runs a command with a large result, looks up what was left out, runs another command, and concludes."""

    def call(command):
        given = {argument: command}
        if tool != "exec_command":
            given["description"] = "look"
        return [Call(tool, given)]

    def answer(request):
        talk = request.conversation
        if tool not in talk.tools:
            return "A title"
        may = any("headroom_retrieve" in name for name in talk.tools)
        marked = re.search(rb'hash=[\\\\]*"[0-9a-f]{24}', request.wire_body) is not None
        if talk.client_results == 0:
            return call("./jobs")
        if talk.client_results == 1 and may and marked and not talk.retrievals:
            seen.append(request)
            return [Retrieve(lines="10-12")]
        if talk.client_results == 1:
            return call("wc -l app.log")
        return END

    return answer


@pytest.mark.agents
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", AGENTS)
async def test_agent_completes_a_session_with_a_retrieval(name, tmp_path):
    program = find(name)
    home, repo = tmp_path / "home", tmp_path / "repo"
    home.mkdir()
    repo.mkdir()
    (repo / "app.log").write_text(log(random.Random(3)))
    script = repo / "jobs"
    # Copilot moves longer outputs into a file before the model sees them.
    size = 19_000 if name == "copilot" else 28_000
    script.write_text(f"#!/bin/sh\nhead -c {size} app.log; tail -n 1 app.log\n")
    script.chmod(0o755)
    seen = []
    async with ScriptedLLM() as llm:
        gateway = GatewayProcess(llm.base_url, tmp_path / "workspace", environment=PATIENT)
        with gateway:
            arguments, more, (tool, argument) = AGENTS[name](gateway.base_url, home)
            llm.play(brain(tool, argument, seen))
            env = {
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "TERM": "xterm",
                "NO_COLOR": "1",
                "LANG": "C.UTF-8",
            } | more
            process = await asyncio.create_subprocess_exec(
                program, *arguments, cwd=repo, env=env, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            try:
                out, _ = await asyncio.wait_for(process.communicate(), 200)
            except TimeoutError:
                process.kill()
                out, _ = await process.communicate()
                pytest.fail(f"{name} did not finish: {out.decode()[-2000:]}")
        text = out.decode()
        assert process.returncode == 0, text[-2000:]
        assert END in text, text[-2000:]
        assert "headroom_retrieve" not in text
        refused = [r.refusal for r in llm.generations if r.refusal]
        assert refused == []
        assert any(b"[~ " in r.wire_body for r in llm.generations), "nothing was compressed"
        if name != "copilot":  # it moves long outputs into files; what is left is worth no loss
            assert seen, "the model was expected to find a marker"
            assert any(r.conversation.retrievals for r in llm.generations)
    shutil.rmtree(home, ignore_errors=True)
