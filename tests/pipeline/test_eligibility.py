import json

import pytest

from headroom.pipeline.eligibility import Protection, Protector, bare_name, hints_for, unwrap


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Read", "read"),
        ("mcp__github__list_issues", "list_issues"),
        ("mcp_Github_search", "search"),
        ("functions.exec_command", "exec_command"),
        ("read_file", "read_file"),
    ],
)
def test_bare_name(name, bare):
    assert bare_name(name) == bare


@pytest.mark.parametrize(
    ("names", "tool", "command", "level"),
    [
        ((), "Read", None, Protection.EXACT),
        ((), "mcp__fs__read_file", None, Protection.EXACT),
        ((), "my_retrieve", None, Protection.EXACT),
        ((), "Grep", None, Protection.LOSSLESS),
        ((), "WebFetch", None, Protection.LOSSLESS),
        ((), "Bash", "cat src/main.py", Protection.LOSSLESS),
        ((), "Bash", "cd /repo && sed -n '1,200p' src/main.rs", Protection.LOSSLESS),
        ((), "Bash", "head -50 lib/util.ts", Protection.LOSSLESS),
        ((), "Bash", "head -50 README.md", Protection.FREE),
        ((), "Bash", "cat k8s/*.yaml", Protection.FREE),
        ((), "Bash", "cat package-lock.json", Protection.FREE),
        ((), "Bash", "cat server.log", Protection.FREE),
        ((), "Bash", "cat a.py | grep x", Protection.FREE),
        ((), "Bash", "pytest -q", Protection.FREE),
        ((), "Bash", None, Protection.FREE),
        (("bash",), "Bash", "pytest", Protection.LOSSLESS),
        (("mcp__*",), "mcp__db__query", None, Protection.LOSSLESS),
        (("query",), "mcp__db__query", None, Protection.LOSSLESS),
        (("other",), "mcp__db__query", None, Protection.FREE),
    ],
)
def test_protection(names, tool, command, level):
    assert Protector.of(names).level(tool, command) is level


@pytest.mark.parametrize(
    ("tool", "level"),
    [
        ("mcp__db__query", Protection.EXACT),
        ("Grep", Protection.EXACT),
        ("Bash", Protection.LOSSLESS),
        ("LS", Protection.FREE),
    ],
)
def test_excluded_tools_are_left_alone_byte_for_byte(tool, level):
    protector = Protector.of(["bash", "grep"], ["QUERY", "gr*"])
    assert protector.level(tool, None) is level
    assert protector.is_named(tool) is (level is not Protection.FREE)


@pytest.mark.parametrize(
    ("arguments", "command", "path"),
    [
        ({"command": "ls -l"}, "ls -l", None),
        ({"command": ["bash", "-lc", "rg -n x"]}, "rg -n x", None),
        ({"cmd": ["git", "diff"]}, "git diff", None),
        ({"action": {"type": "exec", "command": ["bash", "-lc", "make"]}}, "make", None),
        ({"file_path": "/a/b.py"}, None, "/a/b.py"),
        ({"absolute_path": "/a/b.py"}, None, "/a/b.py"),
        ({"n": 1}, None, None),
    ],
)
def test_hints_from_arguments(arguments, command, path):
    hints = hints_for("Tool", json.dumps(arguments), "why?")
    assert (hints.command, hints.path, hints.query) == (command, path, "why?")


@pytest.mark.parametrize("arguments", ["", "not json", "[1]", '"text"', "{", "null"])
def test_odd_arguments_give_plain_hints(arguments):
    assert hints_for("Bash", arguments, "").command is None


def test_wrapped_calls_are_looked_through():
    assert unwrap("tool_call", json.dumps({"name": "Bash", "arguments": {"command": "ls"}}))[0] == "Bash"
    assert (
        hints_for("use_mcp_tool", json.dumps({"tool_name": "sh", "arguments": {"command": "ls"}}), "").command == "ls"
    )
    assert unwrap("tool_call", "{}") == ("tool_call", "{}")
