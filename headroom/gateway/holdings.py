"""What this process holds in memory, cache by cache, for /stats."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headroom.shares import Shares

_STATM = Path("/proc/self/statm")


def resident() -> int | None:
    """Bytes of memory that this process takes; None where the system does not tell."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


@dataclass(slots=True)
class Holdings:
    """The caches of one process, each with its bound in bytes."""

    shares: Shares
    conversations: Callable[[], dict[str, int]]
    """Bytes by the names of ``shares``."""
    others: dict[str, tuple[Callable[[], int], int]] = field(default_factory=dict)
    """Caches with bounds of their own: what they hold, and at most."""

    def shown(self) -> dict[str, Any]:
        """As /stats shows it."""
        caches = {
            name: {"bytes": held, "max_bytes": getattr(self.shares, name)}
            for name, held in self.conversations().items()
        }
        caches |= {name: {"bytes": held(), "max_bytes": most} for name, (held, most) in self.others.items()}
        return {"pid": os.getpid(), "resident_bytes": resident(), "caches": caches}
