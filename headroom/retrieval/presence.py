"""Which originals were in the store a moment ago, so that it need not be asked again for each request."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

_CONFIRM_SECONDS = 60.0
"""How long the presence of an original is believed before the store is asked again, and told again of its use."""
_CONFIRM_PART = 10
"""At most this part of the time to live, so that none runs out in the meantime."""


class Presence:
    """When each original was last seen in traffic, and last found in the store. Thread-safe."""

    def __init__(self, *, ttl: float, most: int) -> None:
        self._believed = min(_CONFIRM_SECONDS, ttl / _CONFIRM_PART)
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()  # hash → (last seen, last confirmed)

    def __len__(self) -> int:
        return len(self._known)

    def unsure(self, hashes: Iterable[str], *, now: float) -> list[str]:
        """Note that these were seen, and return those not confirmed lately, each once."""
        late = now - self._believed
        unsure = []
        with self._lock:
            for name in dict.fromkeys(hashes):
                seen, confirmed = self._known.get(name, (0.0, float("-inf")))
                if confirmed < late:
                    unsure.append(name)
                else:
                    self._known[name] = (max(now, seen), confirmed)
                    self._known.move_to_end(name)
        return unsure

    def confirm(self, name: str, *, now: float) -> bool:
        """Note that it is in the store; whether it was known before."""
        with self._lock:
            before = self._known.pop(name, None)
            self._known[name] = (max(now, before[0]) if before else now, now)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return before is not None

    def seen(self, name: str) -> float:
        """When it was last seen in traffic, as far as this process knows; else 0."""
        with self._lock:
            return self._known.get(name, (0.0, 0.0))[0]

    def forget(self, name: str) -> None:
        """It is gone from the store."""
        with self._lock:
            self._known.pop(name, None)
