"""Token counts and ids by o200k_base, remembered by text, since agents send the same history again and again."""

from __future__ import annotations

import hashlib
from array import array
from collections import OrderedDict

from headroom.accounts import tokens as accounts

_LIMIT = 64 * 2**20
"""Bytes of token ids kept."""


class Tokens:
    """Counts for all providers alike: the fake needs fairness between two runs more than each one's own tokenizer."""

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._held = 0
        self._known: OrderedDict[bytes, array[int]] = OrderedDict()

    def ids(self, text: str) -> array[int]:
        """Token ids of a text."""
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
            return known
        found = array("I", accounts.ids(text))
        self._known[key] = found
        self._held += len(found) * found.itemsize
        while self._held > self._limit and len(self._known) > 1:
            _, old = self._known.popitem(last=False)
            self._held -= len(old) * old.itemsize
        return found

    def count(self, text: str) -> int:
        """Number of tokens of a text."""
        return len(self.ids(text))
