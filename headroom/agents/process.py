"""Processes by id and start time, so that a recycled id is not mistaken for the one that had it before."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_PS_SECONDS = 5.0


def started(pid: int) -> str | None:
    """When a process started, in the system's own words; None when it does not run (or is dead and not yet collected)."""
    if pid <= 0:
        return None
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            # The name in parentheses may hold anything; the fields after it are plain. Field 3 is the state, 22 the start.
            fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in {"Z", "X"} else fields[19]
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PS_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    state, _, since = done.stdout.strip().partition(" ")
    return None if state.startswith("Z") else since.strip() or None


def lives(pid: int, since: str | None) -> bool:
    """Whether that very process still runs."""
    found = started(pid)
    return found is not None and (since is None or found == since)


def own() -> tuple[int, str | None]:
    """This process."""
    return os.getpid(), started(os.getpid())
