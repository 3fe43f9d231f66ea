"""Source code without the bodies of its functions, where the rest still parses as well as the source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec

from headroom.compress.code_items import Item, header_end
from headroom.compress.code_python import skeleton_of_python
from headroom.compress.rendition import Hints

_LONG_BODY = 6
_TELLING = re.compile(r"\s*(?:raise|throw|return|panic!?)\b|.*\b(?:TODO|FIXME|XXX)\b")
_NOTHING = re.compile(r"(?!)")
_FUNCTION = re.compile(
    r"\b(?:def|func|fn|fun|function|sub)\b|\)\s*(?:const|throws [\w., ]+|->.*|:.*)?\s*\{\s*$|=>\s*\{?\s*$"
)


def skeleton_rows(lines: Sequence[str], items: Sequence[Item], text: str, hints: Hints) -> set[int] | None:
    """Rows without the bodies of functions; None unless the rest still parses as well as the source.

    The gate of every cut by syntax: Python by its own parser, other languages by tree-sitter where installed.
    """
    language = _language(hints.path, text)
    if language == "python":
        return skeleton_of_python(lines, text, _LONG_BODY)
    if language is None or find_spec("ast_grep_py") is None:
        return None
    errors = _errors(text, language)
    # A line that tells something may open a bracket that another line closes: then it goes, too.
    for telling in (_TELLING, _NOTHING):
        keep = set(range(len(lines))).difference(_bodies(lines, items, telling))
        if len(keep) < len(lines):
            shown = "\n".join(line if row in keep else "" for row, line in enumerate(lines))
            if _errors(shown, language) <= errors:
                return keep
    return None


def _bodies(lines: Sequence[str], items: Sequence[Item], telling: re.Pattern[str]) -> Iterator[int]:
    """Rows of the functions' bodies, but for what tells something."""
    for item in items:
        end = header_end(lines, item)
        if (
            item.container
            or item.last - end <= _LONG_BODY
            or not any(_FUNCTION.search(lines[row]) for row in range(item.head, end + 1))
        ):
            continue
        body = range(end + 1, item.last + (1 if lines[item.last].strip()[:1] not in "})]e" else 0))
        yield from (row for row in body if not telling.match(lines[row]))


def _errors(text: str, language: str) -> int:
    root = import_module("ast_grep_py").SgRoot(text, language).root()
    return len(root.find_all(kind="ERROR"))


_EXTENSIONS = {
    "python": "py pyi",
    "javascript": "js mjs cjs jsx",
    "typescript": "ts mts cts",
    "tsx": "tsx",
    "java": "java",
    "go": "go",
    "rust": "rs",
    "c": "c h",
    "cpp": "cc cpp cxx hh hpp",
    "csharp": "cs",
    "kotlin": "kt kts",
    "swift": "swift",
    "ruby": "rb",
    "php": "php",
    "lua": "lua",
    "scala": "scala",
    "elixir": "ex exs",
    "haskell": "hs",
    "bash": "sh bash",
}
_LANGUAGES = {extension: language for language, known in _EXTENSIONS.items() for extension in known.split()}


def _language(path: str | None, text: str) -> str | None:
    if path and "." in path:
        return _LANGUAGES.get(path.rpartition(".")[2].lower())
    return "python" if re.search(r"^(?:def|class) \w+.*:\s*$", text, re.MULTILINE) else None
