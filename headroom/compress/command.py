"""What a command line is about to print: read from the program names, without running or expanding anything."""

from __future__ import annotations

import re

_PROGRAMS: dict[str, str] = {
    **dict.fromkeys(("rg", "grep", "egrep", "fgrep", "ag", "ack", "zgrep"), "search"),
    **dict.fromkeys(
        ("ls", "find", "fd", "tree", "du", "exa", "eza", "locate", "stat", "tar", "unzip", "zipinfo"), "listing"
    ),
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
            "prove",
            "tap",
            "borp",
            "minitest",
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
            *("black", "prettier", "shellcheck", "golangci-lint", "terraform", "helm"),
        ),
        "build",
    ),
    **dict.fromkeys(("journalctl", "dmesg", "logcat", "stern", "adb"), "log"),
    "ansible-playbook": "playbook",
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
        for sub in (
            "log",
            "whatchanged",
            "status",
            "reflog",
            "branch",
            "shortlog",
            "blame",
            "annotate",
            "stash",
            "tag",
            "remote",
        )
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
    "zipfile": "listing",
    "tarfile": "listing",
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
        "watch",
    )
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_XARGS_READER = re.compile(r"\bxargs\b[^|]*\b(?:cat|head|tail|sed|bat)\b")
_TOKEN = re.compile(r"[|&;]+|(?:[^ \t\r|&;'\"\\]+|'[^']*'|\"(?:[^\"\\]|\\.)*+\"|\\.)++", re.DOTALL)
"""A word as a POSIX shell reads it, or a run of signs between commands; as `shlex` does, in a tenth of its time."""
_UNQUOTED = re.compile(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"|\\(.)", re.DOTALL)
_WORD_LIMIT = 400
_MOST_CHARS = 2_000


def read_command(command: str) -> tuple[str | None, str | None]:
    """Return (content kind, path of the file it prints), either may be None.

    The last step that prints decides: ``cd x && rg foo | head`` is a search. A reader (``cat``, ``sed -n``) gives the path.
    """
    kind: str | None = None
    path: str | None = None
    for pipeline in _steps(command[:_MOST_CHARS]):
        for words in pipeline:
            program = words[0].rsplit("/", 1)[-1]
            if program in _READERS and words is pipeline[0]:
                found = next((word for word in reversed(words[1:]) if _looks_like_path(word)), None)
                if found:
                    kind, path = None, found
                continue
            if kind == "listing" and words[0] == "xargs" and _XARGS_READER.search(" ".join(words)):
                kind, path = None, next((word for word in pipeline[0] if _looks_like_pattern(word)), None)
                continue
            if program in _PASSING:
                continue
            step_kind = _kind(program, words[1:])
            if step_kind:
                kind, path = step_kind, None
    return kind, path


def _steps(command: str) -> list[list[list[str]]]:
    """Split a command line into steps, each a pipeline of word lists; quotes are respected where they are balanced."""
    line = command.replace("\n", " ; ")
    quoted = "'" in line or '"' in line or "\\" in line
    if quoted and _TOKEN.sub("", line).strip(" \t\r"):  # a quote that is not closed
        tokens = re.sub(r"([|&;]+)", r" \1 ", command).split()[:_WORD_LIMIT]
    elif not quoted:
        tokens = _TOKEN.findall(line)[:_WORD_LIMIT]
    else:
        tokens = [_UNQUOTED.sub(_plain, token) for token in _TOKEN.findall(line)[:_WORD_LIMIT]]
    steps: list[list[list[str]]] = [[[]]]
    for token in tokens:
        if token in {"|", "|&"}:
            steps[-1].append([])
        elif token and not token.strip("|&;"):
            steps.append([[]])
        else:
            steps[-1][-1].append(token)
    bare = [[_bare(words) for words in step] for step in steps]
    return [[words for words in step if words] for step in bare]


def _plain(quoted: re.Match[str]) -> str:
    """Return what a quoted part of a word stands for; between double quotes a backslash quotes itself and the quote only."""
    single, double, char = quoted.groups()
    if double is not None:
        return re.sub(r"\\([\"\\])", r"\1", double)
    return single if single is not None else char


def _bare(words: list[str]) -> list[str]:
    """Drop assignments and programs that only start another one."""
    while words and (
        _ASSIGNMENT.match(words[0])
        or words[0] in _LEADING
        or (words[0].startswith("-") or words[0].isdigit())
        or (words[0] == "xargs" and not _XARGS_READER.search(" ".join(words)))
    ):
        words = words[1:]
    return words


def _kind(program: str, rest: list[str]) -> str | None:
    if program.startswith("python") or program == "py":
        module = rest[rest.index("-m") + 1] if "-m" in rest[:-1] else ""
        return _MODULES.get(module)
    plain = _plain_words(rest)
    if program == "kubectl" and any(word in {"yaml", "-oyaml"} for word in rest):
        return "config"
    for word in plain[:2]:
        if (program, word) in _SUBCOMMANDS:
            return _SUBCOMMANDS[program, word]
    if program in {"npm", "pnpm", "yarn", "bun"} and any(word.startswith("test") for word in plain[:2]):
        return "tests"
    if program == "find" and "-exec" in rest:
        return None
    if program == "sqlite3" and "-json" in rest:
        return "json"
    if program == "node" and "--test" in rest:
        return "tests"
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


def _looks_like_pattern(word: str) -> bool:
    return word.startswith("*.") and word[2:].isalnum()


def _looks_like_path(word: str) -> bool:
    return not word.startswith("-") and ("/" in word or re.search(r"\.\w{1,10}$", word) is not None)
