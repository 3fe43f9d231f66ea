"""``git status``, short or long: files changed always stay, of many untracked ones of a folder a few, of one that is not meant none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from headroom.compress.folding import SIGIL
from headroom.compress.naming import named_rows
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints, Rendition
from headroom.compress.selecting import elide, finish

LINE = re.compile(r"([ MADRCUT?!]{2}) (\S.*)")
_SHUT_OUT = re.compile(
    r"\b(?:outside(?: of)?|except(?: for| in)?|other than|apart from|besides|not (?:in|under|inside|below)|excluding|ignoring"
    r"|außerhalb(?: von)?|außer(?: in)?|en dehors de|sauf|fuera de|excepto) (?:the )?[`\"']?([\w./-]+)",
    re.IGNORECASE,
)
"""The folder of which a question says that it is not meant."""
_STAGED = re.compile(r"(?<!not )(?<!n't )\b(?:staged|to be committed|in the index)\b", re.IGNORECASE)
_CHANGED = re.compile(
    r"\b(?:not|n't|un)[ -]?staged|\b(?:un(?:staged|committed)|modified|changed|changes|edited|deleted|tracked|all|everything|dirty|else)\b",
    re.IGNORECASE,
)
"""Words for files that may be changed and not staged."""
_HEADINGS = {
    "Changes to be committed:": "staged",
    "Changes not staged for commit:": "not staged",
    "Unmerged paths:": "unmerged",
    "Untracked files:": "untracked",
    "Ignored files:": "ignored",
}
_LOOSE = ("untracked", "ignored")
_UNTRACKED = 6
"""Up to this many untracked files of one folder stay; of more, the first and the last two."""


def is_long(lines: Sequence[str]) -> bool:
    """Whether this is ``git status`` in words, with files below headings."""
    return any(line in _HEADINGS for line in lines)


def lossy(lines: Sequence[str], hints: Hints) -> Rendition | None:
    """Leave out untracked files, counted by the first folder of their path."""
    sections = _sections(lines) if is_long(lines) else {}
    untracked = _untracked_of(sections) if sections else _untracked(lines)
    folders: dict[str, list[int]] = {}
    for row, (code, path) in untracked.items():
        folders.setdefault(f"{code} {path.split('/', 1)[0] if '/' in path else ''}/", []).append(row)
    drop: set[int] = set()
    for rows in folders.values():
        if len(rows) > _UNTRACKED:
            drop.update(rows[2:-2])
    drop -= named_rows(Relevance.from_hints(hints), lines, strong_lines=12)
    shut_out = set(_inside(_SHUT_OUT.findall(hints.query), untracked))
    drop |= shut_out

    def note(first: int, last: int) -> str:
        return ", ".join(
            f"{count} {name}" for name, rows in folders.items() if (count := sum(first <= row <= last for row in rows))
        )

    if shut_out and drop == shut_out:  # all else is there, and each gap is told
        others = _of_other_state(lines, sections, hints.query)
        folders |= {"not staged": [row for row in sorted(others) if not lines[row].startswith("  (")]} if others else {}
        kept = set(range(len(lines))) - drop - others
        return finish(elide(lines, kept, note=note), "vcs", "vcs:outside")
    head = _counted(sections) if sections else _head(lines)
    return finish(elide(lines, set(range(len(lines))) - drop, note=note), "vcs", "vcs:status", head=[head])


def _of_other_state(lines: Sequence[str], sections: Mapping[str, Mapping[int, str]], query: str) -> set[int]:
    """Rows of files changed but not staged, where the question is for those that are staged."""
    if not _STAGED.search(query) or _CHANGED.search(query):
        return set()
    if sections:
        rows = set(sections.get("not staged", ()))
        first = min(rows, default=0)
        while first and lines[first - 1].startswith("  ("):  # how to stage them
            first -= 1
            rows.add(first)
        return rows
    return {row for row, line in enumerate(lines) if line[:1] == " " and LINE.fullmatch(line)}


def _untracked(lines: Sequence[str]) -> dict[int, tuple[str, str]]:
    """Sign and path of each untracked or ignored file, by row."""
    return {row: (line[:2], line[3:]) for row, line in enumerate(lines) if line.startswith(("?? ", "!! "))}


def _sections(lines: Sequence[str]) -> dict[str, dict[int, str]]:
    """The files below each heading of the long form: their paths by row."""
    found: dict[str, dict[int, str]] = {}
    heading = ""
    for row, line in enumerate(lines):
        if line in _HEADINGS:
            heading = _HEADINGS[line]
        elif heading and line.startswith("\t"):
            found.setdefault(heading, {})[row] = line.strip()
        elif not line:
            heading = ""
    return found


def _untracked_of(sections: Mapping[str, Mapping[int, str]]) -> dict[int, tuple[str, str]]:
    return {row: (word, path) for word in _LOOSE for row, path in sections.get(word, {}).items()}


def _counted(sections: Mapping[str, Mapping[int, str]]) -> str:
    return f"{SIGIL}{', '.join(f'{len(files)} {word}' for word, files in sections.items())}]"


def _head(lines: Sequence[str]) -> str:
    """Count the files of each state; states that differ in their column only stand in quotes."""
    codes = Counter(line[:2] for line in lines if LINE.fullmatch(line))
    alike = Counter(code.strip() for code in codes)
    listed = [
        f"{count} {code.strip()}" if alike[code.strip()] == 1 else f'{count} "{code}"'
        for code, count in codes.most_common()
    ]
    return f"{SIGIL}{', '.join(listed)}]"


def _inside(folders: Collection[str], untracked: Mapping[int, tuple[str, str]]) -> Iterator[int]:
    """Yield the rows of those of the untracked files that are below one of these folders."""
    names = [folder.removeprefix("./").rstrip(".").strip("/") for folder in folders]
    wanted = [f"/{name}/" for name in names if name]
    for row, (_, path) in untracked.items():
        bare = path.strip('"')
        if any(folder in f"/{bare}" for folder in wanted):
            yield row
