"""What was asked back lately, so that the next condensing of related content keeps it from the start.

Words of the model's own searches are added to what a compressor takes for relevant. They count only where a block is
condensed for the first time; the verdict is then pinned like any other, and nothing already sent changes.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict, deque
from typing import NamedTuple

MAX_AGE = 300.0
"""Seconds for which a search tells what a conversation is about (compression.md 2.7)."""

_MOST = 8
_PROJECTS = 1_000
_WORD = re.compile(r"[\w.@/-]{3,60}")


class _Search(NamedTuple):
    tool: str
    words: tuple[str, ...]
    at: float


class Wanted:
    """Recent searches by project; another project's never show. Bounded; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._searches: OrderedDict[str, deque[_Search]] = OrderedDict()

    def note(self, project: str | None, tool: str, pattern: str, *, now: float) -> None:
        """A search was made in the original of a result of ``tool``."""
        words = tuple(dict.fromkeys(_WORD.findall(pattern)))[:_MOST]
        if not words:
            return
        with self._lock:
            kept = self._searches.setdefault(project or "", deque(maxlen=_MOST))
            self._searches.move_to_end(project or "")
            kept.append(_Search(tool, words, now))
            while len(self._searches) > _PROJECTS:
                self._searches.popitem(last=False)

    def words(self, project: str | None, tool: str, *, now: float) -> str:
        """The words of recent searches in results of the same tool, for ``Hints.lately``."""
        with self._lock:
            searches = list(self._searches.get(project or "", ()))
        found = [
            word for search in searches if search.tool == tool and now - search.at <= MAX_AGE for word in search.words
        ]
        return " ".join(dict.fromkeys(found))
