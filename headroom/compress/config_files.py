"""Several files one below the other, each under its path: where they are, and which of them a question names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_SIGNS = frozenset("-#=>$:")
_HEAD = re.compile(
    r"(?:(?:-{2,}+|#++|={2,}+>?|>{2,}+|:{2,}+)[ \t]*+)++(?:(?:file|path|source):?[ \t]++)?[\"'`]?"
    r"((?:[\w.@~+-]*+/)*+(?:[\w.@+-]+\.[a-z]\w{0,11}|\.[a-z]\w{0,30}|[\w-]*(?:file|rc|env|ignore)))"
    r"[\"'`]?[ \t]*+:?[ \t]*+(?:-{2,}+|#++|<?={2,}+|<{2,}+|:{2,}+)?[ \t]*+$"
    r"|\$ cat[ \t]++([\w./@~+-]++)[ \t]*+$",
    re.IGNORECASE,
)
"""``--- # a/b.yaml``, ``# ---- tox.ini``, ``==> a.yml <==``, ``$ cat a.toml``"""
_SETTINGS = re.compile(
    r"\.(?:ya?ml|toml|ini|cfg|conf|cnf|properties|env|service|tf|hcl|editorconfig)$|/\.?\w*(?:rc|env)$", re.IGNORECASE
)
FILE = re.compile(r"[\w./-]*\w\.(?:ya?ml|toml|ini|cfg|conf|env|tf)(?![\w/])", re.IGNORECASE)
"""A file of settings that a question names."""
_MARKED = re.compile(r"---[ \t]+#|#+[ \t]*[-=#]{2,}|={2,}|-{3,}[ \t]+\w|\$|>{2,}|:{2,}")
"""What more than a remark begins with."""
_NAME = re.compile(r"name:[ \t]+[\"']?([^\"'#\n]{2,60}?)[\"']?[ \t]*(?:#.*)?$")
_PARTED = re.compile(r"(?m)^[ \t]*(?:- )?([A-Za-z]+(?:[-_][A-Za-z]+){1,3})[ \t]*[:=]")
_LONGEST = 240
"""Characters of a line with a path."""
_LOOK = 4
"""Lines of a file among which its own name may stand."""
_KIND = r"workflow|file|config(?:uration)?|pipeline|manifest|playbook|chart"


def file_rows(lines: Sequence[str], first: int, last: int) -> dict[int, str]:
    """Rows at which a file's path stands above it, with the path; empty for fewer than two."""
    found = {row: path for row in range(first, last + 1) if lines[row][:1] in _SIGNS and (path := _path(lines[row]))}
    return found if len(found) > 1 else {}


def are_settings(text: str) -> bool:
    """Whether several files stand in a text, each under its path, and all of them are settings by their names."""
    paths = [path for line in text.split("\n") if line[:1] in _SIGNS and (path := _path(line))]
    return len(paths) > 1 and all(map(_SETTINGS.search, paths))


def named_files(lines: Sequence[str], files: Sequence[tuple[int, str]], query: str) -> list[tuple[int, list[str]]]:
    """Rows of the files that a question calls by path, by name, or by what the file calls itself, with the words it uses."""
    names = [list(_names(lines, row, path)) for row, path in files]
    wording = query.lower()
    wording = wording.replace("’", "'").replace("'s ", " ")
    exact = [[name for name in own if "." in name and _stands(name, wording)] for own in names]
    if any(exact):
        # Of two files of one name the one is meant whose folder is told, too.
        told = [sum(_stands(part, wording) for part in _parts_of(path)) for _, path in files]
        most: dict[str, int] = {}
        for own, count, asked in zip(names, told, exact, strict=True):
            if asked:
                most[own[0]] = max(count, most.get(own[0], 0))
        chosen = [
            asked if asked and count == most[own[0]] else []
            for own, asked, count in zip(names, exact, told, strict=True)
        ]
    else:
        chosen = [[name for name in own if "." not in name and _is_called(name, query)] for own in names]
    return [
        (row, [*own, *(part for part in _parts_of(path) if _stands(part, wording))])
        for (row, path), own in zip(files, chosen, strict=True)
        if own
    ]


def spoken(lines: Sequence[str], first: int, last: int) -> str:
    """What a file says, and the names of its keys as people speak of them: "python versions" of ``python-version``."""
    text = "\n".join(lines[first : last + 1])
    keys = {re.sub(r"[-_]", " ", key) for key in _PARTED.findall(text)}
    return "\n".join([text, *(f"{key} {key}s" for key in sorted(keys))])


def _path(line: str) -> str:
    if len(line) > _LONGEST or _MARKED.match(line) is None or (found := _HEAD.match(line)) is None:
        return ""
    return found[1] or found[2]


def _names(lines: Sequence[str], row: int, path: str) -> Iterator[str]:
    base = path.rpartition("/")[2].lower()
    yield base
    if stem := base.rpartition(".")[0]:
        yield stem
    for line in lines[row + 1 : row + 1 + _LOOK]:
        if own := _NAME.match(line):
            yield own[1].lower()


def _parts_of(path: str) -> list[str]:
    """A folder's own name, without the version that is part of many."""
    return [re.sub(r"-\d[\w.]*$", "", part).lower() for part in path.split("/")[:-1] if part not in {".", ".."}]


def _stands(name: str, wording: str) -> bool:
    return bool(name) and re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", wording) is not None


def _is_called(name: str, query: str) -> bool:
    """Whether a word or two are a file's name in a question: "the test workflow", or written with a capital within a sentence."""
    escaped = re.escape(name)
    if re.search(
        rf"(?<![\w.-]){escaped}\s+(?:{_KIND})\b|\b(?:{_KIND})\s+[`\"']?{escaped}(?![\w-])", query, re.IGNORECASE
    ):
        return True
    capital = re.escape(name.title()) if " " in name else re.escape(name[0].upper() + name[1:])
    return re.search(rf"(?<=[a-z,] )(?<![\w.-]){capital}(?![\w.-])", query) is not None
