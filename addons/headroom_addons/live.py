"""Which flows have not ended yet."""

from __future__ import annotations

import asyncio


class LiveFlows:
    """A set of flow ids that can be waited for to become empty. For one event loop."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._ids)

    def begin(self, flow_id: str) -> None:
        """A flow has begun."""
        self._ids.add(flow_id)
        self._empty.clear()

    def end(self, flow_id: str) -> None:
        """A flow has ended, in whatever way; safe to call twice."""
        self._ids.discard(flow_id)
        if not self._ids:
            self._empty.set()

    async def wait_until_none(self) -> None:
        """Wait until no flow is alive."""
        await self._empty.wait()
