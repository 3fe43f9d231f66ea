"""How the memory for conversations is shared out: what each cache of a process may take of ``HEADROOM_MEMORY_MB``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

_PERCENT = {
    "lineage": 20,
    "ledger": 17,
    "seen": 14,
    "outlines": 17,
    "tools": 4,
    "counts": 8,
    "hidden": 5,
    "originals": 4,
    "doctor": 4,
    "conversations": 3,
    "sightings": 2,
    "prefixes": 2,
}


class Held(Protocol):
    """A cache that says what it takes."""

    @property
    def held(self) -> int:
        """Bytes of memory, roughly."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Bytes for each cache. What falls out of one is read from the store, the request or the tokenizer again."""

    lineage: int
    """Messages seen, with their decisions."""
    ledger: int
    """Verdicts on blocks, as the store has them."""
    seen: int
    """Lines sent whole, to be cited by later copies."""
    outlines: int
    """Where the messages of the last bodies lay, and the newest bodies themselves."""
    tools: int
    """Arrays of tools, as they came and as they are sent."""
    counts: int
    """Token counts of pieces."""
    hidden: int
    """Which answers have hidden rounds in front of them."""
    originals: int
    """Originals known to be in the store."""
    doctor: int
    """What stood before the messages, to say who broke a provider's cache."""
    conversations: int
    """What was fixed when a conversation began."""
    sightings: int
    """What providers reported of their caches."""
    prefixes: int
    """What each conversation's newest call left in the provider's cache."""

    @classmethod
    def of(cls, megabytes: int) -> Shares:
        """Share out mebibytes; the sum of all shares is at most that."""
        return cls(**{name: megabytes * 1024 * 1024 * part // 100 for name, part in _PERCENT.items()})
