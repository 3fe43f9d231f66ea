"""Versions that a diff of a lock file changes, told in one line: its hunks are mostly addresses and checksums."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from headroom.compress.diff_parse import File, Hunk
from headroom.compress.folding import SIGIL
from headroom.compress.query import Relevance

_NAME_THEN_VERSION = (
    (  # npm
        re.compile(r'\s+"(?:(?P<name>node_modules/[^"]+|[\w@./-]+)": \{)$'),
        re.compile(r'\s+"version": "(?P<version>[^"]+)",?$'),
    ),
    (  # Cargo, Poetry, uv, Composer
        re.compile(r'\s*"?name"?(?: =|:) "(?P<name>[^"]+)",?$'),
        re.compile(r'\s*"?version"?(?: =|:) "(?P<version>[^"]+)",?$'),
    ),
    (  # yarn
        re.compile(r'"?(?P<name>@?[^@\s"]+)@[^\n]{1,400}:$'),
        re.compile(r'  version:? "?(?P<version>[^"\s]+)"?$'),
    ),
)
_BOTH = (
    re.compile(r"(?P<name>[^\s/]++/\S++) (?P<version>v[\d.]+[\w.+-]*) h1:\S+$"),  # go.sum
    re.compile(r"  '?/?(?P<name>@?[^@\s'()]++)@(?P<version>\d[^\s:'()]*)[^\n:]{0,200}:$"),  # pnpm
    re.compile(r" {4}(?P<name>[\w.-]+) \((?P<version>\d[\w.-]*)\)$"),  # bundler
)
_FORMS: Mapping[str, tuple[int, bool]] = {
    "package-lock.json": (0, False),
    "npm-shrinkwrap.json": (0, False),
    "Cargo.lock": (1, False),
    "poetry.lock": (1, False),
    "uv.lock": (1, False),
    "composer.lock": (1, False),
    "yarn.lock": (2, False),
    "go.sum": (0, True),
    "pnpm-lock.yaml": (1, True),
    "Gemfile.lock": (2, True),
}
"""Place of a file's form, and whether name and version stand on one line."""
_SIZES = re.compile(r"@@ -\d+(?:,(?P<old>\d+))? \+\d+(?:,(?P<new>\d+))? @@")
_MODULES = "node_modules/"
_ASKED = re.compile(
    r"\b(?:versions?|packages?|dependenc\w+|deps|lock ?files?|upgrad\w+|downgrad\w+|bump\w*|updat\w+|install\w*|librar\w+|modules?)\b"
)
_WORD = re.compile(r"[\w@./-]+")
_LOOKED_AT = 600
"""Lines of a file without a name by which its form is told."""
_MOST = 80
_MANY = 40
"""Of more packages those that the question names come first."""


def told(
    lines: Sequence[str], files: Sequence[File], shown: set[int], relevance: Relevance, *, alone: bool
) -> list[str]:
    """One line a lock file of which hunks are left out, where its packages are asked for or nothing else is (``alone``).

    ``shown`` are the first rows of the hunks that stay.
    """
    words = {word.strip(".") for word in _WORD.findall(relevance.wording)}
    said: list[str] = []
    for file in files:
        form = _FORMS.get(file.path.rpartition("/")[2]) if file.path else _likeliest(lines, file)
        if form is None or all(hunk.first in shown for hunk in file.hunks):
            continue
        before, after = ({pair for hunk in file.hunks for pair in _pairs(lines, hunk, sign, form)} for sign in "-+")
        changes = _changes(before - after, after - before)
        named = [name for name in changes if name.lower() in words]
        if not changes or not (alone or named or _ASKED.search(relevance.wording)):
            continue
        first = [*named, *(name for name in changes if name not in named)] if len(changes) > _MANY else [*changes]
        more = f"; {len(first) - _MOST} more" if len(first) > _MOST else ""
        more += "" if all(_is_whole(lines, hunk) for hunk in file.hunks) else "; not of the hunk that is cut off"
        said.append(
            f"{SIGIL}{file.path or 'a lock file not named here'}: {'; '.join(changes[name] for name in first[:_MOST])}{more}]"
        )
    return said


def _likeliest(lines: Sequence[str], file: File) -> tuple[int, bool] | None:
    """The form in which most packages are told, of a file whose name stands above the text."""
    hunks = [hunk for hunk in file.hunks if hunk.end - file.first <= _LOOKED_AT] or file.hunks[:1]
    found = {
        form: sum([1 for hunk in hunks for sign in "-+" for _ in _pairs(lines, hunk, sign, form)])
        for form in dict.fromkeys(_FORMS.values())
    }
    form, most = max(found.items(), key=lambda item: item[1])
    return form if most else None


def _pairs(lines: Sequence[str], hunk: Hunk, sign: str, form: tuple[int, bool]) -> Iterator[tuple[str, str]]:
    """Name and version of each package that one side of a hunk tells, where it tells both."""
    place, at_once = form
    name = ""
    if not _is_whole(lines, hunk):
        return  # what came for what went may stand behind the end
    for line in lines[hunk.first + 1 : hunk.end]:
        if line[:1] not in {" ", sign}:
            continue
        if at_once:
            if (match := _BOTH[place].match(line, 1)) is not None:
                yield match["name"], match["version"]
            continue
        heads, versions = _NAME_THEN_VERSION[place]
        if (match := heads.match(line, 1)) is not None:
            name = match["name"].removeprefix(_MODULES).replace(f"/{_MODULES}", " > ")
        elif name and (match := versions.match(line, 1)) is not None:
            yield name, match["version"]
            name = ""


def _is_whole(lines: Sequence[str], hunk: Hunk) -> bool:
    """Whether a hunk has as many lines as its heading says."""
    match = _SIZES.match(lines[hunk.first])
    signs = [line[:1] for line in lines[hunk.first + 1 : hunk.end]]
    return match is not None and all(
        signs.count(" ") + signs.count(sign) >= int(size or 1)
        for sign, size in (("-", match["old"]), ("+", match["new"]))
    )


def _changes(gone: set[tuple[str, str]], come: set[tuple[str, str]]) -> dict[str, str]:
    """What became of each package, by its name: ``axios added 1.7.2``, ``qs 6.5.3 to 6.11.0``; in the order of names."""
    sides: dict[str, tuple[list[str], list[str]]] = {}
    for place, pairs in enumerate((gone, come)):
        for name, version in sorted(pairs):
            sides.setdefault(name, ([], []))[place].append(version)
    return {name: _change(name, *sides[name]) for name in sorted(sides)}


def _change(name: str, old: Sequence[str], new: Sequence[str]) -> str:
    before, after = ", ".join(old), ", ".join(new)
    if not old:
        return f"{name} added {after}"
    return f"{name} {before} to {after}" if new else f"{name} removed {before}"
