"""Prompts of one conversation side by side: where a new one leaves the earlier ones, and what a provider keeps of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

_TRACKS: Final = 256
"""Latest prompts of a conversation that a new one is compared with, so that forks and retries find their own past."""


class Prompts:
    """The latest prompts of each conversation, to see where a new one leaves them."""

    def __init__(self) -> None:
        self._seen: dict[str, list[list[str]]] = defaultdict(list)
        self.counts: dict[str, int] = defaultdict(int)

    def diverges(self, conversation: str, texts: list[str]) -> int | None:
        """The first differing byte against the prompt that shares most, or None when that one is a prefix."""
        seen = self._seen[conversation]
        best: int | None = None
        longest = -1
        for other in seen:
            same = next((i for i, (a, b) in enumerate(zip(texts, other, strict=False)) if a != b), None)
            shared = min(len(texts), len(other)) if same is None else same
            if shared > longest:
                longest = shared
                best = None if same is None else _offset(texts, other, same)
        if best is not None or longest < len(texts):
            seen.append(texts)
            del seen[:-_TRACKS]
        self.counts[conversation] += 1
        return best


def _offset(texts: list[str], other: list[str], at: int) -> int:
    before = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts[:at])
    a, b = texts[at].encode("utf-8", "surrogatepass"), other[at].encode("utf-8", "surrogatepass")
    return before + next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


class Histories:
    """Items of earlier Responses calls that the provider keeps (``previous_response_id``); their answers are not known."""

    def __init__(self) -> None:
        self._last: dict[str, list[Mapping[str, Any]]] = {}

    def items(self, session: str, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """All items that the provider reads with this call."""
        given = body.get("input")
        new: list[Mapping[str, Any]] = [{"role": "user", "content": given}] if isinstance(given, str) else given or []
        kept = self._last.get(session, []) if body.get("previous_response_id") else []
        self._last[session] = [*kept, *new]
        return self._last[session]
