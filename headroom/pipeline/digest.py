"""Names made of content: digests that stand in the store, and quicker ones for memory only."""

from __future__ import annotations

from hashlib import blake2b, sha256


def digest(*parts: bytes) -> bytes:
    """A 16-byte digest of parts, each counted with its length."""
    h = blake2b(digest_size=16)
    for part in parts:
        h.update(len(part).to_bytes(8, "big"))
        h.update(part)
    return h.digest()


def name_of(message: bytes) -> bytes:
    """What tells a message from any other, byte for byte; for memory only.

    Many processors have this one built in, which then takes less than half the time of ``digest``.
    """
    return sha256(message).digest()[:16]
