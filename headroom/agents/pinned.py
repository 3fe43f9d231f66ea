"""Clients that do not trust our authority: after a refusal, the same program's calls to that host pass unopened for a while.

A program is told by what it offers in its TLS greeting, so that one without the authority does not switch off another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

SECONDS = 600.0
_MOST = 1024

type Program = tuple[str, tuple[int, ...], tuple[int, ...]]


def program(peer: str, ciphers: Iterable[int], extensions: Iterable[int]) -> Program:
    """What a greeting says about its program; the random values of RFC 8701 and the order of extensions do not count."""
    return peer, tuple(c for c in ciphers if not _grease(c)), tuple(sorted(e for e in extensions if not _grease(e)))


def _grease(value: int) -> bool:
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF


class Pinned:
    """Who refused our certificate for which host."""

    def __init__(self, now: Callable[[], float], seconds: float = SECONDS) -> None:
        self._now = now
        self._seconds = seconds
        self._until: dict[tuple[Program, str], float] = {}

    def refused(self, who: Program, host: str) -> None:
        """Remember a refusal."""
        while len(self._until) >= _MOST:
            del self._until[next(iter(self._until))]
        self._until[who, host] = self._now() + self._seconds

    def passes(self, who: Program, host: str) -> bool:
        """Whether calls of this program to the host are left unopened."""
        until = self._until.get((who, host))
        if until is not None and until <= self._now():
            del self._until[who, host]
            until = None
        return until is not None
