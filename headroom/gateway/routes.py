"""Control routes that need more than their own room: they wait for the books, speak for all workers, empty the cache."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from headroom.accounts.accounts import Accounts
from headroom.control.http import ControlReply, ControlRequest, Handler, Route, json_reply
from headroom.control.siblings import Siblings
from headroom.errors import StoreError
from headroom.policy.response_cache import ResponseCache


def in_the_books(accounts: Accounts, routes: Iterable[Route]) -> Iterator[Route]:
    """The routes, each answering only when all calls that have ended are booked."""
    for route in routes:

        async def handle(request: ControlRequest, *, inner: Handler = route.handler) -> ControlReply:
            await asyncio.to_thread(accounts.catch_up)
            reply = inner(request)
            return reply if isinstance(reply, ControlReply) else await reply

        yield replace(route, handler=handle)


def of_all(siblings: Siblings | None, routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """The details of this worker's requests, or of all workers'."""
    return routes if siblings is None else siblings.routes(routes[0], routes[1:])


def clearing(cache: ResponseCache | None) -> Callable[[ControlRequest], ControlReply]:
    """What empties the response cache."""

    def clear(_request: ControlRequest) -> ControlReply:
        if cache is None:
            return json_reply({"status": "cache disabled"})
        try:
            return json_reply({"status": "cleared", "entries": cache.clear()})
        except StoreError as error:
            return json_reply({"detail": str(error)}, 503)

    return clear
