"""``git status --short``: files changed always stay, of many untracked ones of a folder a few, of one that is not meant none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

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
_UNTRACKED = 6
"""Up to this many untracked files of one folder stay; of more, the first and the last two."""


def lossy(lines: Sequence[str], hints: Hints) -> Rendition | None:
    """Leave out untracked files, counted by the first folder of their path."""
    folders: dict[str, list[int]] = {}
    for row, line in enumerate(lines):
        if line.startswith(("?? ", "!! ")):
            path = line[3:]
            folders.setdefault(f"{line[:2]} {path.split('/', 1)[0] if '/' in path else ''}/", []).append(row)
    drop: set[int] = set()
    for rows in folders.values():
        if len(rows) > _UNTRACKED:
            drop.update(rows[2:-2])
    drop -= named_rows(Relevance.from_hints(hints), lines, strong_lines=12)
    shut_out = {row for rows in folders.values() for row in _inside(_SHUT_OUT.findall(hints.query), lines, rows)}
    drop |= shut_out

    def note(first: int, last: int) -> str:
        return ", ".join(
            f"{count} {name}" for name, rows in folders.items() if (count := sum(first <= row <= last for row in rows))
        )

    told = "vcs:outside" if shut_out and drop == shut_out else "vcs:status"
    return finish(elide(lines, set(range(len(lines))) - drop, note=note), "vcs", told, head=[_head(lines)])


def _head(lines: Sequence[str]) -> str:
    """Count the files of each state; states that differ in their column only stand in quotes."""
    codes = Counter(line[:2] for line in lines if LINE.fullmatch(line))
    alike = Counter(code.strip() for code in codes)
    listed = [
        f"{count} {code.strip()}" if alike[code.strip()] == 1 else f'{count} "{code}"'
        for code, count in codes.most_common()
    ]
    return f"{SIGIL}{', '.join(listed)}]"


def _inside(folders: Collection[str], lines: Sequence[str], rows: Sequence[int]) -> Iterator[int]:
    """Yield those of the rows, each of an untracked file, that are below one of these folders."""
    names = [folder.removeprefix("./").rstrip(".").strip("/") for folder in folders]
    wanted = [f"/{name}/" for name in names if name]
    for row in rows:
        path = lines[row][3:].strip('"')
        if any(folder in f"/{path}" for folder in wanted):
            yield row
