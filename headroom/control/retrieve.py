"""The HTTP face of retrieval: /v1/retrieve and what lies below it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headroom.accounts import tokens
from headroom.control.http import ControlReply, ControlRequest, Route, Rule, detail, json_reply
from headroom.errors import StoreError
from headroom.retrieval import http
from headroom.retrieval.originals import Originals
from headroom.retrieval.tally import Stats


@dataclass(slots=True)
class Retrieve:
    """The handlers with what they read from."""

    originals: Originals
    wall: Callable[[], float] = time.time
    figures: Callable[[], Stats] | None = None
    """The statistics of all workers; None where this process is the only one. May raise ``StoreError``."""

    def routes(self) -> tuple[Route, ...]:
        """The routes of this file; the fixed path comes before the one with a hash."""
        return (
            Route("GET", "/v1/retrieve/stats", self.stats, Rule.LOOPBACK),
            Route("POST", "/v1/retrieve/tool_call", self.tool_call, Rule.LOOPBACK),
            Route("POST", "/v1/retrieve", self.retrieve, Rule.LOOPBACK),
            Route("GET", "/v1/retrieve/{hash}", self.by_hash, Rule.LOOPBACK),
        )

    async def _in_thread(self, work: Callable[[], tuple[int, Any]]) -> ControlReply:
        """Unpacking and searching megabytes is not for the event loop."""
        try:
            status, value = await asyncio.to_thread(work)
        except StoreError as error:
            return detail(str(error), 503)
        return json_reply(value, status)

    async def retrieve(self, request: ControlRequest) -> ControlReply:
        """An original by its hash, whole or searched."""
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            return detail('The body must be JSON, such as {"hash": "..."}', 400)
        return await self._in_thread(lambda: http.retrieve(self.originals, body, count=tokens.count, now=self.wall()))

    async def by_hash(self, request: ControlRequest) -> ControlReply:
        """The same by GET, with ``lines``, ``rows``, ``pattern`` or ``query``."""
        return await self._in_thread(
            lambda: http.retrieve_by_hash(
                self.originals,
                request.params["hash"],
                request.query,
                count=tokens.count,
                now=self.wall(),
            )
        )

    async def stats(self, _request: ControlRequest) -> ControlReply:
        """How full the store of originals is, and what was fetched."""
        return await self._in_thread(lambda: http.stats((self.figures or self.originals.stats)()))

    async def tool_call(self, request: ControlRequest) -> ControlReply:
        """Answer a model's call of the tool for a client that runs its own loop."""
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            return detail("The body must be JSON with tool_call and provider", 400)
        return await self._in_thread(lambda: http.tool_call(self.originals, body, count=tokens.count, now=self.wall()))
