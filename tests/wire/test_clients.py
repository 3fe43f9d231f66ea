import pytest

from headroom.wire.clients import client_of

AGENTS = {
    "claude-cli/2.1.197 (external, sdk-cli)": "claude-code",
    "claude-code/1.0": "claude-code",
    "codex_exec/0.169.0 (Debian 12.0.0; x86_64) dumb (codex_exec; 0.169.0)": "codex",
    "Cursor/1.2": "cursor",
    "aider/0.86": "aider",
    "Zed/0.200": "zed",
    "opencode/1.18.33 ai-sdk/provider-utils/4.0.46 runtime/bun/1.3.14": "opencode",
    "GitHub-Copilot/1.0": "copilot",
    "copilot-cli 1.0": "copilot",
    "antigravity/1.0": "antigravity",
    "GeminiCLI-tui/0.61.0/gemini-2.5-pro (linux; x64; terminal)": "gemini",
    "OpenAI/Python 2.54.0": None,
    "": None,
}


@pytest.mark.parametrize(("agent", "want"), AGENTS.items(), ids=AGENTS.keys())
def test_by_user_agent(agent, want):
    assert client_of(agent, "") == want


@pytest.mark.parametrize(
    ("label", "want"),
    [
        ("My-Agent.2", "my-agent.2"),
        ("  x ", "x"),
        ("", "codex"),
        ("a b", "codex"),
        ("x" * 65, "codex"),
        ('a"\n', "codex"),
    ],
    ids=["a word", "with spaces around", "empty", "two words", "too long", "unsafe"],
)
def test_a_label_of_its_own_comes_first(label, want):
    assert client_of("codex/1", label) == want
