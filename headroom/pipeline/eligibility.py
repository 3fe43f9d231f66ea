"""Which tool results may be compressed, how far, and what is known about them. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from fnmatch import translate

from headroom.compress.rendition import Hints


class Protection(IntEnum):
    """How much may be done to a tool's results."""

    FREE = 0
    LOSSLESS = 1
    """Re-encoding without loss only."""
    EXACT = 2
    """Not a byte may change: an agent edits files by quoting what it read."""


EXACT_TOOLS = frozenset({
    "read", "view", "view_file", "read_file", "readfile", "read_many_files", "open_file", "write", "write_file",
    "create_file", "edit", "edit_file", "multiedit", "multi_edit", "notebookedit", "notebookread", "replace",
    "str_replace_editor", "str_replace_based_edit_tool", "apply_patch", "applypatch", "create", "insert", "skill",
    "headroom_retrieve", "memory_save", "memory_search", "memory", "todowrite", "todoread", "todo_write",
})  # fmt: skip
LOSSLESS_TOOLS = frozenset({
    "grep", "glob", "grep_search", "search_file_content", "search_files", "file_search", "codebase_search", "ripgrep",
    "websearch", "web_search", "webfetch", "web_fetch", "google_web_search",
})  # fmt: skip
SHELL_TOOLS = frozenset({
    "bash", "shell", "local_shell", "exec_command", "run_shell_command", "execute_command", "run_command",
    "run_terminal_cmd", "run_in_terminal", "terminal", "powershell", "cmd", "write_stdin", "bashoutput",
})  # fmt: skip

_SOURCE = (
    r"c|h|cc|cpp|cxx|hh|hpp|cs|css|scss|dart|ex|exs|go|gradle|groovy|hs|java|jl|js|jsx|kt|kts|less|lua|m|mjs|cjs|ml|"
    r"php|pl|pm|proto|py|pyi|r|rb|rs|scala|sh|sql|svelte|swift|tf|ts|tsx|vue|zig"
)
"""Code. Of documents, settings and data that a shell prints, parts that the question names can stand for the whole."""
_PRINTS_FILE = re.compile(
    r"^\s*(?:cd\s+\S+\s*&&\s*)?(?:sudo\s+)?(?:cat|bat|head|tail|nl|less|more|sed\s+-n|awk\s+'NR)\b[^|;&]*"
    rf"[\w./~*-]+\.(?:{_SOURCE})['\"]?\s*(?:\|\s*(?:cat|head|tail|nl|sed\s+-n)\b[^|;&]*)?$"
)
_MCP = re.compile(r"^mcp_(?:_)?[A-Za-z0-9-]+?__?(?=[A-Za-z])")
_COMMAND_KEYS = ("command", "cmd", "script", "commandLine", "command_line")
_PATH_KEYS = ("file_path", "path", "filePath", "absolute_path", "filename", "file", "target_file", "relative_path")


def bare_name(name: str) -> str:
    """A tool's own name, lower-cased, without the prefix that an MCP client puts before it."""
    if name.startswith("mcp__"):
        return name.rsplit("__", 1)[-1].lower()
    if name.startswith("mcp_"):
        return _MCP.sub("", name).lower()
    return name.rsplit(".", 1)[-1].lower()


def unwrap(name: str, arguments: str) -> tuple[str, str]:
    """Look through wrappers that carry another tool's call (``tool_call`` with name and arguments)."""
    if bare_name(name) not in {"tool_call", "call_tool", "use_mcp_tool", "invoke_tool"}:
        return name, arguments
    try:
        inner = json.loads(arguments)
    except ValueError:
        return name, arguments
    if not isinstance(inner, dict):
        return name, arguments
    called = inner.get("name") or inner.get("tool_name") or inner.get("tool")
    if not isinstance(called, str) or not called:
        return name, arguments
    given = inner.get("arguments", inner.get("input", inner.get("args", {})))
    return called, given if isinstance(given, str) else json.dumps(given)


@dataclass(frozen=True, slots=True)
class Protector:
    """Decides the protection of a tool's results: the built-in sets plus what the operator named."""

    lossless: re.Pattern[str] | None = None
    exact: re.Pattern[str] | None = None

    @classmethod
    def of(cls, lossless: Iterable[str], exact: Iterable[str] = ()) -> Protector:
        """Build from names or globs, matched without regard to case: of ``--protect-tool-results``, and of those left alone."""
        return cls(_any_of(lossless), _any_of(exact))

    def is_named(self, name: str) -> bool:
        """Whether the operator named the tool."""
        return _matches(self.lossless, name) or _matches(self.exact, name)

    def level(self, name: str, command: str | None) -> Protection:
        """The protection of one call's result."""
        bare = bare_name(name)
        if bare in EXACT_TOOLS or bare.endswith("_retrieve") or _matches(self.exact, name):
            return Protection.EXACT
        if _matches(self.lossless, name):
            return Protection.LOSSLESS
        if bare in LOSSLESS_TOOLS or (command is not None and _PRINTS_FILE.match(command)):
            return Protection.LOSSLESS
        return Protection.FREE


def _any_of(names: Iterable[str]) -> re.Pattern[str] | None:
    parts = [translate(name.lower()) for name in names]
    return re.compile("|".join(f"(?:{part})" for part in parts)) if parts else None


def _matches(pattern: re.Pattern[str] | None, name: str) -> bool:
    return pattern is not None and bool(pattern.match(name.lower()) or pattern.match(bare_name(name)))


def _command_of(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        words = [str(part) for part in value]
        # ["bash", "-lc", "real command"] is how some agents call a shell.
        if len(words) >= 3 and words[0].rsplit("/", 1)[-1] in {"bash", "sh", "zsh"} and words[1].startswith("-"):
            return words[2]
        return " ".join(words)
    return None


def hints_for(name: str | None, arguments: str, query: str) -> Hints:
    """What the tool call tells about its result."""
    if name is None:
        return Hints(query=query)
    name, arguments = unwrap(name, arguments)
    command = path = None
    try:
        given = json.loads(arguments) if arguments.lstrip()[:1] == "{" else None
    except ValueError:
        given = None
    if isinstance(given, dict):
        for key in _COMMAND_KEYS:
            if (command := _command_of(given.get(key))) is not None:
                break
        action = given.get("action")
        if command is None and isinstance(action, dict):
            command = _command_of(action.get("command"))
        path = next((v for key in _PATH_KEYS if isinstance(v := given.get(key), str)), None)
    return Hints(tool=bare_name(name), command=command, path=path, arguments=arguments, query=query)
