"""For how long another process's lock has been in the way of writing; not thread-safe, no clock of its own."""

from __future__ import annotations

from headroom.errors import StoreError

FORGIVEN = 0.1
"""Seconds of waiting for a lock that are forgotten in each second without one: it may come and go, too."""
MOST = 1.0
"""Seconds of waiting that are remembered once it is gone."""


class Hindrance:
    """What is in the way, since when, and how long such things were in the way before."""

    def __init__(self) -> None:
        self.error: StoreError | None = None
        """What is said of it."""
        self._since: float | None = None
        self._freed, self._debt = 0.0, 0.0

    @property
    def there(self) -> bool:
        """Whether something is in the way."""
        return self._since is not None

    def lost(self, now: float) -> float:
        """Seconds for which something was in the way lately."""
        return 0.0 if self._since is None else now - self._since

    def begins(self, error: StoreError, now: float) -> None:
        """A lock is in the way; what was lost to one before, and is not forgotten yet, counts too."""
        self._since = now - max(0.0, self._debt - FORGIVEN * (now - self._freed))
        self.error = error

    def gone(self, error: StoreError | None, now: float) -> None:
        """The file itself is gone, and nothing can be written until there is another."""
        self._since, self.error = now, error

    def ends(self, now: float) -> None:
        """Nothing is in the way any more."""
        if self._since is not None:
            self._freed = now
            self._debt = min(now - self._since, MOST)
            self._since = self.error = None
