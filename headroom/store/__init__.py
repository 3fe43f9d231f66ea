"""Shared state behind one protocol: blobs with byte bounds, token buckets, the budget, append-only streams."""

from headroom.store.open import open_store
from headroom.store.protocol import (
    Charge,
    Reserved,
    Row,
    SpaceLimits,
    SpaceUsage,
    Store,
    Taken,
)

__all__ = ["Charge", "Reserved", "Row", "SpaceLimits", "SpaceUsage", "Store", "Taken", "open_store"]
