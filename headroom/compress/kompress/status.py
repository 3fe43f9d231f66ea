"""The state of the model as everybody sees it: banner, /readyz, /stats, metrics, the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["off", "not installed", "no model", "loading", "ready", "failed", "stalled", "unreachable", "closed"]
"""``off``: by choice. ``not installed``: the extra is missing. ``no model``: no weights on this machine. ``failed``: it could
not be loaded, or broke too often in a row. ``stalled``: a run takes far too long. ``unreachable``: the server does not answer."""


@dataclass(frozen=True, slots=True)
class Status:
    """A snapshot."""

    state: State
    reason: str = ""
    """One sentence for people, empty when all is well."""
    backend: str | None = None
    device: str | None = None
    precision: str | None = None
    model: str | None = None
    identity: str | None = None
    words_per_second: float | None = None
    """As measured; what admission reckons with."""
    batch: int | None = None
    queued: int = 0
    """Tokens that wait."""

    @property
    def enabled(self) -> bool:
        """Whether a model is meant to serve here."""
        return self.state not in {"off", "not installed", "no model"}

    @property
    def ready(self) -> bool:
        """Whether it serves now."""
        return self.state == "ready"

    @property
    def settled(self) -> bool:
        """Whether warming up has ended, well or not."""
        return self.state != "loading"


@dataclass(frozen=True, slots=True)
class Scores:
    """One quantised score a word."""

    values: tuple[float, ...]
    seconds: float
    """From asking to having."""


@dataclass(frozen=True, slots=True)
class Missed:
    """No scores, and the short reason: loading, busy, too_slow, deadline, stalled, failed, unreachable, error:TYPE, closed."""

    why: str


Answer = Scores | Missed
