"""Writing files so that a crash leaves the old content or the new one, never half of either."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path


def write(path: Path, data: bytes, mode: int | None = None) -> None:
    """Replace a file by way of a temporary one beside it. Follows symlinks, keeps the mode (0600 for a new file)."""
    target = path.resolve()
    if mode is None:
        try:
            mode = stat.S_IMODE(target.stat().st_mode)
        except FileNotFoundError:
            mode = 0o600
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    passing = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        passing.replace(target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            passing.unlink()
        raise
    sync(target.parent)


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_private(folder: Path) -> Path:
    """The folder, made for its owner only where it is not there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
