"""When to try again, and after how long. Pure: randomness and the clock are arguments."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

_FIRST_WAIT = 1.0
_LONGEST_WAIT = 30.0
_PERMANENT = frozenset({501, 505})
"""Server errors that a second attempt can't mend."""
_THROTTLED = frozenset({429, 529})
"""The provider is full: only it knows when to come back."""

type Random = Callable[[float, float], float]
"""``random.uniform`` or a stand-in."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Bounds of all attempts together; ``limit`` in seconds."""

    attempts: int = 3
    limit: float = 300.0


def backoff(failures: int, uniform: Random) -> float:
    """Seconds to wait after the ``failures``-th failure: exponential, capped, with full jitter around it."""
    return min(_FIRST_WAIT * 2.0 ** min(failures - 1, 16), _LONGEST_WAIT) * uniform(0.5, 1.5)


def retry_after(headers: Iterable[tuple[bytes, bytes]], wall: float) -> float | None:
    """Seconds asked for by ``retry-after-ms`` or ``Retry-After`` (seconds or date); None when absent or unreadable."""
    found: float | None = None
    for name, value in headers:
        key = name.lower()
        text = value.decode("latin-1").strip()
        if key == b"retry-after-ms":
            milliseconds = _number(text)
            if milliseconds is not None:
                return milliseconds / 1000.0
        elif key == b"retry-after":
            found = _number(text)
            if found is None:
                try:
                    found = max(0.0, parsedate_to_datetime(text).timestamp() - wall)
                except (ValueError, OverflowError):
                    found = None
    return found


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def after_status(
    status: int,
    headers: Iterable[tuple[bytes, bytes]],
    *,
    failures: int,
    remaining: float,
    policy: RetryPolicy,
    uniform: Random,
    wall: float,
) -> float | None:
    """Seconds to wait before another attempt, or None to hand this answer on as it is.

    ``failures`` counts this one; ``remaining`` is what is left of the limit. 429 and 529 wait only as the provider says
    (``Retry-After``); other 4xx are final; 5xx wait for the longer of our back-off and ``Retry-After``.
    """
    if failures >= policy.attempts:
        return None
    fields = list(headers)
    asked = retry_after(fields, wall)
    if any(name.lower() == b"x-should-retry" and value.strip().lower() == b"false" for name, value in fields):
        return None
    if status in _THROTTLED:
        wait = asked
    elif status >= 500 and status not in _PERMANENT:
        wait = max(backoff(failures, uniform), asked or 0.0)
    else:
        return None
    return wait if wait is not None and wait < remaining else None


def after_error(*, failures: int, remaining: float, policy: RetryPolicy, uniform: Random) -> float | None:
    """Seconds to wait after a connection or read failure, or None to give up."""
    if failures >= policy.attempts:
        return None
    wait = backoff(failures, uniform)
    return wait if wait < remaining else None
