"""What a command line is about to print: read from the program names, without running or expanding anything."""

from __future__ import annotations

import re
import shlex

_PROGRAMS: dict[str, str] = {
    **dict.fromkeys(("rg", "grep", "egrep", "fgrep", "ag", "ack", "zgrep"), "search"),
    **dict.fromkeys(("ls", "find", "fd", "tree", "du", "exa", "eza", "locate", "stat"), "listing"),
    **dict.fromkeys(
        (
            "pytest",
            "jest",
            "vitest",
            "mocha",
            "rspec",
            "phpunit",
            "ctest",
            "tox",
            "nox",
            "nosetests",
            "ava",
            "gotestsum",
        ),
        "tests",
    ),
    **dict.fromkeys(
        (
            *(
                "make",
                "gmake",
                "cmake",
                "ninja",
                "gcc",
                "g++",
                "cc",
                "c++",
                "clang",
                "clang++",
                "rustc",
                "javac",
                "tsc",
            ),
            *("webpack", "vite", "rollup", "esbuild", "eslint", "ruff", "mypy", "flake8", "pylint", "pyright", "bazel"),
            *(
                "gradle",
                "gradlew",
                "mvn",
                "mvnw",
                "pip",
                "pip3",
                "uv",
                "poetry",
                "npm",
                "pnpm",
                "yarn",
                "apt",
                "apt-get",
            ),
            *(
                "docker",
                "podman",
                "dotnet",
                "msbuild",
                "swift",
                "xcodebuild",
                "brew",
                "conda",
                "bundle",
                "composer",
                "sbt",
            ),
            *("black", "prettier", "shellcheck", "golangci-lint", "terraform", "ansible-playbook", "helm"),
        ),
        "build",
    ),
    **dict.fromkeys(("journalctl", "dmesg", "logcat", "stern", "adb"), "log"),
    **dict.fromkeys(("jq", "gh"), "json"),
    **dict.fromkeys(
        ("sqlite3", "psql", "mysql", "ps", "df", "top", "netstat", "ss", "lsof", "column", "duckdb"), "table"
    ),
    **dict.fromkeys(("diff", "colordiff", "interdiff"), "diff"),
    **dict.fromkeys(("xmllint", "pandoc"), "html"),
}
_SUBCOMMANDS: dict[tuple[str, str], str] = {
    **{("git", sub): "diff" for sub in ("diff", "show", "format-patch", "range-diff")},
    **{
        ("git", sub): "vcs"
        for sub in ("log", "status", "reflog", "branch", "shortlog", "blame", "stash", "tag", "remote")
    },
    ("git", "grep"): "search",
    ("git", "ls-files"): "listing",
    ("git", "ls-tree"): "listing",
    **{("go", sub): "build" for sub in ("build", "vet", "install", "mod", "get", "generate")},
    ("go", "test"): "tests",
    **{("cargo", sub): "build" for sub in ("build", "check", "clippy", "install", "fetch", "update", "doc")},
    ("cargo", "test"): "tests",
    ("cargo", "nextest"): "tests",
    **{
        (npm, "test"): "tests"
        for npm in ("npm", "pnpm", "yarn", "dotnet", "swift", "mvn", "gradle", "bazel", "mix", "deno", "bun")
    },
    **{
        ("docker", sub): kind
        for sub, kind in (("logs", "log"), ("ps", "table"), ("images", "table"), ("inspect", "json"))
    },
    **{
        ("kubectl", sub): kind
        for sub, kind in (("logs", "log"), ("get", "table"), ("describe", "config"), ("top", "table"))
    },
    ("npm", "ls"): "listing",
    ("npm", "view"): "json",
    ("pip", "list"): "table",
}
_MODULES = {
    "pytest": "tests",
    "unittest": "tests",
    "pip": "build",
    "mypy": "build",
    "ruff": "build",
    "json.tool": "json",
}
_READERS = frozenset(
    ("cat", "head", "tail", "sed", "awk", "less", "more", "bat", "nl", "tac", "zcat", "view", "type", "Get-Content")
)
_PASSING = frozenset(
    ("sort", "uniq", "head", "tail", "tee", "cut", "less", "more", "cat", "tr", "sed", "awk", "wc", "column")
)
_LEADING = frozenset(
    (
        "sudo",
        "time",
        "timeout",
        "nice",
        "env",
        "npx",
        "bunx",
        "uvx",
        "exec",
        "command",
        "stdbuf",
        "nohup",
        "xargs",
        "watch",
    )
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_WORD_LIMIT = 400
_SPLIT = re.compile(r"&&|\|\||;|\n")


def read_command(command: str) -> tuple[str | None, str | None]:
    """Return (content kind, path of the file it prints), either may be None.

    The last step that prints decides: ``cd x && rg foo | head`` is a search. A reader (``cat``, ``sed -n``) gives the path.
    """
    kind: str | None = None
    path: str | None = None
    for step in _SPLIT.split(command[:8_000]):
        pipeline = [words for part in step.split("|") if (words := _words(part))]
        for words in pipeline:
            program = words[0].rsplit("/", 1)[-1]
            if program in _READERS and len(pipeline) >= 1 and words is pipeline[0]:
                found = next((word for word in reversed(words[1:]) if _looks_like_path(word)), None)
                if found:
                    kind, path = None, found
                continue
            if program in _PASSING:
                continue
            step_kind = _kind(program, words[1:])
            if step_kind:
                kind, path = step_kind, None
    return kind, path


def _words(part: str) -> list[str]:
    try:
        words = shlex.split(part, comments=False)[:_WORD_LIMIT]
    except ValueError:
        words = part.split()[:_WORD_LIMIT]
    while words and (
        _ASSIGNMENT.match(words[0]) or words[0] in _LEADING or (words[0].startswith("-") or words[0].isdigit())
    ):
        words = words[1:]
    return words


def _kind(program: str, rest: list[str]) -> str | None:
    if program.startswith("python") or program == "py":
        module = rest[rest.index("-m") + 1] if "-m" in rest[:-1] else ""
        return _MODULES.get(module)
    plain = _plain_words(rest)
    for word in plain[:2]:
        if (program, word) in _SUBCOMMANDS:
            return _SUBCOMMANDS[program, word]
    if program in {"npm", "pnpm", "yarn", "bun"} and any(word.startswith("test") for word in plain[:2]):
        return "tests"
    if program == "kubectl" and any(word in {"yaml", "-oyaml"} for word in rest):
        return "config"
    if program == "find" and any(word in {"-exec", "xargs"} for word in rest):
        return None
    if program == "sqlite3" and "-json" in rest:
        return "json"
    return _PROGRAMS.get(program)


def _plain_words(rest: list[str]) -> list[str]:
    """Words that are neither options nor the value of git's and docker's leading options."""
    plain: list[str] = []
    skip = False
    for word in rest:
        if skip:
            skip = False
        elif word in {"-c", "-C", "--context", "-n", "--namespace"}:
            skip = True
        elif not word.startswith("-"):
            plain.append(word)
    return plain


def _looks_like_path(word: str) -> bool:
    return not word.startswith("-") and ("/" in word or re.search(r"\.\w{1,10}$", word) is not None)
