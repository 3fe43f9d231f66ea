"""What the fake provider remembers of what it issued: which thinking went with which call, and stored responses.

Everything is bounded by count; the oldest entries go first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from headroom.testing.seal import Seal

_LIMIT = 20_000


@dataclass(slots=True)
class StoredResponse:
    """A Responses API response: the input that led to it, and the whole response object."""

    input: list[dict[str, Any]]
    response: dict[str, Any]


@dataclass(slots=True)
class Ledger:
    """The provider's memory.

    With ``foreign`` it takes signatures and ids that it never issued, as replays of recorded traffic need, but still
    insists that a signature always comes with the same text.
    """

    seal: Seal = field(default_factory=Seal)
    foreign: bool = False
    _pinned: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _sealed_calls: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _responses: OrderedDict[str, StoredResponse] = field(default_factory=OrderedDict)

    def intact(self, purpose: str, signature: str, text: str) -> bool:
        """Whether ``signature`` belongs to exactly this text."""
        signed = self.seal.unseal(purpose, signature)
        if signed is not None:
            return signed == text
        if not self.foreign:
            return False
        pinned = self._pinned.setdefault(f"{purpose}\0{signature}", text)
        _trim(self._pinned)
        return pinned == text

    def genuine(self, purpose: str, signature: str) -> bool:
        """Whether this provider issued ``signature``, whatever it was attached to."""
        return self.foreign or self.seal.unseal(purpose, signature) is not None

    def seal_call(self, call_id: str, token: str) -> None:
        """Remember that a call was issued together with a signature, or a reasoning item's id."""
        self._sealed_calls[call_id] = token
        _trim(self._sealed_calls)

    def sealed_with(self, call_id: str) -> str | None:
        """What a call was issued with, or None."""
        return self._sealed_calls.get(call_id)

    def store(self, response_id: str, items: list[dict[str, Any]], response: dict[str, Any]) -> None:
        """Keep a response for ``previous_response_id`` and GET."""
        self._responses[response_id] = StoredResponse(items, response)
        _trim(self._responses)

    def response(self, response_id: str) -> StoredResponse | None:
        """A stored response, or None."""
        return self._responses.get(response_id)

    def forget(self, response_id: str) -> bool:
        """Delete a stored response; False when there was none."""
        return self._responses.pop(response_id, None) is not None

    def item(self, item_id: str) -> Mapping[str, Any] | None:
        """An output item of any stored response, for item references."""
        for stored in reversed(self._responses.values()):
            for item in stored.response.get("output", ()):
                if item.get("id") == item_id:
                    return dict(item)
        return None


def _trim(table: OrderedDict[str, Any]) -> None:
    while len(table) > _LIMIT:
        table.popitem(last=False)
