"""Files that are looked for by their names in a listing that has none of them: so much can be said of it, and little is to see."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from headroom.compress.asks import asking
from headroom.compress.elsewhere import NAME, names_elsewhere
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints

_STEM = 3
"""Characters of a name without its ending from which on another file of that name may be meant."""


def is_elsewhere(hints: Hints, text: str, paths: Iterable[str]) -> bool:
    """Whether a question is where some files are, and a listing has such files, but none of the name in whatever folder or form.

    Who looks for anything but a file may find by a listing where it could be.
    """
    if not names_elsewhere(hints, text):
        return False
    named = Relevance(asking(hints.query), hints.arguments).named
    files = [PurePosixPath(term.text) for term in named if term.weight >= NAME]
    endings = {PurePosixPath(path.lower()).suffix for path in paths}
    lowered = text.lower()
    return all(file.suffix and file.suffix in endings and not _is_there(file.name, lowered) for file in files)


def _is_there(name: str, lowered: str) -> bool:
    stem = name.lstrip(".").partition(".")[0]
    return name in lowered or (len(stem) >= _STEM and stem in lowered)
