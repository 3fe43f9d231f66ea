"""What the client did not see, put back into its later requests."""

from __future__ import annotations

from headroom.retrieval.hidden.book import LIMITS, SPACE, Hidden, Restored
from headroom.retrieval.hidden.told import Told

__all__ = ["LIMITS", "SPACE", "Hidden", "Restored", "Told"]
