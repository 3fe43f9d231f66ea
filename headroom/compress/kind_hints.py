"""What a tool's name, its command line, a file's name or a MIME type promise of the content."""

from __future__ import annotations

from headroom.compress.command import read_command
from headroom.compress.rendition import Hints

_EXTENSIONS: dict[str, str] = {
    **dict.fromkeys(("log", "out", "err"), "log"),
    **dict.fromkeys(("csv", "tsv", "tab", "psv"), "table"),
    **dict.fromkeys(("json", "jsonl", "ndjson", "geojson", "ipynb", "har", "map"), "json"),
    **dict.fromkeys(("md", "markdown", "mdx", "rst", "adoc", "rmd"), "markdown"),
    **dict.fromkeys(("html", "htm", "xhtml", "xml", "svg", "rss", "atom", "xsd", "plist"), "html"),
    **dict.fromkeys(("yaml", "yml", "toml", "ini", "cfg", "conf", "properties", "env", "hcl", "tf"), "config"),
    **dict.fromkeys(("diff", "patch"), "diff"),
    **dict.fromkeys(("txt", "text", "tex"), "prose"),
    **dict.fromkeys(
        (
            *("py", "pyi", "pyx", "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "java", "kt", "kts", "scala"),
            *(
                "go",
                "rs",
                "c",
                "h",
                "cc",
                "cpp",
                "cxx",
                "hh",
                "hpp",
                "hxx",
                "cs",
                "m",
                "mm",
                "swift",
                "rb",
                "php",
                "pl",
            ),
            *(
                "lua",
                "sh",
                "bash",
                "zsh",
                "fish",
                "ps1",
                "r",
                "jl",
                "hs",
                "ml",
                "ex",
                "exs",
                "erl",
                "clj",
                "dart",
                "groovy",
            ),
            *(
                "sql",
                "proto",
                "vue",
                "svelte",
                "zig",
                "nim",
                "css",
                "scss",
                "less",
                "cu",
                "glsl",
                "v",
                "vhd",
                "el",
                "lisp",
            ),
        ),
        "code",
    ),
}
_MIMES: tuple[tuple[str, str], ...] = (
    ("html", "html"),
    ("xml", "html"),
    ("json", "json"),
    ("csv", "table"),
    ("tab-separated", "table"),
    ("markdown", "markdown"),
    ("yaml", "config"),
    ("toml", "config"),
    ("javascript", "code"),
    ("typescript", "code"),
    ("x-python", "code"),
    ("x-diff", "diff"),
    ("x-patch", "diff"),
)
_TOOLS: dict[str, str] = {
    **dict.fromkeys(("grep", "search_files", "grep_search", "codebase_search", "ripgrep", "search"), "search"),
    **dict.fromkeys(
        ("glob", "ls", "list_dir", "list_directory", "list_files", "file_search", "directory_tree"), "listing"
    ),
}


def hinted_kinds(hints: Hints) -> frozenset[str]:
    """Return the kinds that the hints speak for; often none."""
    found: set[str] = set()
    path = hints.path
    if hints.command:
        kind, read = read_command(hints.command)
        if kind:
            found.add(kind)
        path = path or read
    if path and (by_path := kind_of_path(path)):
        found.add(by_path)
    if hints.mime:
        mime = hints.mime.lower()
        found.update(kind for part, kind in _MIMES if part in mime)
    if hints.tool and (by_tool := _TOOLS.get(hints.tool.lower())):
        found.add(by_tool)
    return frozenset(found)


def kind_of_path(path: str) -> str | None:
    """Content kind that a file's name promises, or None."""
    name = path.rsplit("/", 1)[-1].rsplit("\\", 1)[-1].lower()
    if name in {"makefile", "dockerfile", "jenkinsfile", "rakefile", "gemfile"}:
        return "code"
    if name in {"readme", "changelog", "history", "contributing"}:
        return "markdown"
    return _EXTENSIONS.get(name.rpartition(".")[2]) if "." in name else None
