"""Signatures on thinking, as the providers make them: opaque to clients, and broken by any change.

The sealed text travels inside the seal, so nothing has to be remembered to verify one: a restart of the fake keeps
old conversations valid. Secrecy is no goal here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import zlib

_MAC = 32


class Seal:
    """Issues and checks signatures under one secret key."""

    def __init__(self, key: bytes = b"headroom-testing") -> None:
        self._key = key

    def sign(self, purpose: str, text: str) -> str:
        """Return a base64 signature over ``text``; ``purpose`` keeps dialects and block kinds apart."""
        packed = zlib.compress(text.encode("utf-8", "surrogatepass"), 1)
        return base64.b64encode(self._mac(purpose, packed) + packed).decode("ascii")

    def unseal(self, purpose: str, signature: str) -> str | None:
        """Return the signed text, or None when this key never issued the signature for this purpose."""
        try:
            raw = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return None
        mac, packed = raw[:_MAC], raw[_MAC:]
        if not hmac.compare_digest(mac, self._mac(purpose, packed)):
            return None
        return zlib.decompress(packed).decode("utf-8", "surrogatepass")

    def _mac(self, purpose: str, packed: bytes) -> bytes:
        return hmac.digest(self._key, purpose.encode() + b"\0" + packed, hashlib.sha256)
