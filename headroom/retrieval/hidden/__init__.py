"""What the client did not see, put back into its later requests."""

from __future__ import annotations

from headroom.retrieval.hidden.book import LIMITS, SPACE, Hidden, Restored
from headroom.retrieval.hidden.context_digest import ContextDigest

__all__ = ["LIMITS", "SPACE", "ContextDigest", "Hidden", "Restored"]
