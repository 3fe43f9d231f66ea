"""Gives memory back after a burst: the allocator keeps what large bodies took, for bodies that may never come again."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys
from collections.abc import Callable

EVERY = 5.0
"""Seconds between two looks."""


_M_ARENA_MAX = -8
"""From glibc's malloc.h."""


def few_arenas(most: int = 2) -> None:
    """Have the allocator keep few heaps apart: each thread of ours would else get one, and hold on to its own free pages."""
    if not sys.platform.startswith("linux"):
        return
    try:
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, most)
    except (OSError, AttributeError):
        return


def trimmer() -> Callable[[], object] | None:
    """The allocator's own way to return free pages (glibc's malloc_trim); None where there is none."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    trim.argtypes = [ctypes.c_size_t]
    return lambda: trim(0)


async def keep_small(bytes_gone: Callable[[], int], *, every: float = EVERY, least: int = 16 * 1024 * 1024) -> None:
    """Trim, once the bodies of a burst are gone, until cancelled.

    ``bytes_gone`` tells how many bytes of bodies have come and gone since the start: those still held by calls in
    flight can't be given back yet. Below ``least`` new ones trimming is not worth its few milliseconds.
    """
    trim = trimmer()
    if trim is None:
        return
    trimmed = seen = bytes_gone()
    while True:
        await asyncio.sleep(every)
        now = bytes_gone()
        quiet, seen = now - seen < least, now
        if quiet and now - trimmed >= least:
            trimmed = now
            # mitmproxy's layers are cycles: what ended in the burst lives until a full collection. What was there at
            # the start is frozen, so this takes milliseconds.
            gc.collect()
            await asyncio.to_thread(trim)
