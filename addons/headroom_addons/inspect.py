"""Under mitmweb: views of what was done to a request, a comment and a mark on each flow, commands, bounded memory."""

# mypy: disable-error-code="no-untyped-call, untyped-decorator"
# mitmproxy leaves many of its own functions without annotations.
from __future__ import annotations

import asyncio
import json
import logging
import urllib.request
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from mitmproxy import command, contentviews, ctx, exceptions, flow, http
from mitmproxy.proxy.mode_specs import ReverseMode
from mitmproxy.types import Path as FilePath

from headroom.control import explain
from headroom.control.trimmed import Trimmed
from headroom.exchange import Exchange, Outcome
from headroom_addons.answer import AsyncBody
from headroom_addons.calls import call_of
from headroom_addons.inspect_views import VIEWS
from headroom_addons.services import Services

log = logging.getLogger("headroom.inspect")

MOST_BYTES = 256 * 1024 * 1024
MOST_FLOWS = 2000
_FLOW_BYTES = 16 * 1024
_VERDICT_BYTES = 300
"""What a flow takes beside its bodies, and each decision on it."""
_MOST_ANSWER = 4 * 1024 * 1024
"""Bytes kept of one streamed answer."""
_EXPENSIVE = 0.10
"""Dollars from which a call is marked with money; mitmweb finds them by ``~marker money``."""
_REPLAY_SECONDS = 600


class Inspect:
    """After ``Account``, so that every figure is there."""

    name = "headroominspect"

    def __init__(self, services: Services, *, most_bytes: int = MOST_BYTES) -> None:
        self._services = services
        self._kept: Trimmed[http.HTTPFlow] = Trimmed(most_bytes, MOST_FLOWS)
        self._answers: dict[str, bytearray] = {}
        self._replays: set[asyncio.Task[None]] = set()

    @property
    def held(self) -> int:
        """Bytes that the kept flows take, roughly."""
        return self._kept.bytes

    def load(self, _loader: object) -> None:
        """Register the views."""
        for view in VIEWS:
            contentviews.add(view)

    async def request(self, flow: http.HTTPFlow) -> None:
        """Keep a copy of a streamed answer while it passes."""
        if flow.response is not None and isinstance(flow.response.stream, AsyncBody):
            kept = self._answers[flow.id] = bytearray()
            flow.response.stream = AsyncBody(_copied(flow.response.stream, kept))

    def response(self, flow: http.HTTPFlow) -> None:
        """Say what was done, and make room."""
        answer = self._answers.pop(flow.id, None)
        if answer is not None and flow.response is not None:
            flow.response.data.content = bytes(answer)
        self._end(flow)

    def error(self, flow: http.HTTPFlow) -> None:
        """The same for a flow that broke off."""
        self._answers.pop(flow.id, None)
        self._end(flow)

    def _end(self, flow: http.HTTPFlow) -> None:
        size = sum(len(m.data.content or b"") for m in (flow.request, flow.response) if m is not None) + _FLOW_BYTES
        exchange = _exchange(flow)
        if exchange is not None:
            exchange.outline = exchange.plan = None
            size += len(exchange.body_out) if exchange.body_out is not exchange.body_in else 0
            size += _VERDICT_BYTES * len(exchange.verdicts)
            flow.comment = explain.comment(exchange)
            flow.marked = _mark(exchange)
            flow.metadata["headroom"] = {"request_id": exchange.request_id, "cost": explain.cost(exchange)}
        view = getattr(ctx.master, "view", None)
        for old in self._kept.add(flow, size):
            if view is not None:
                view.remove([old])  # also one that a filter hides; several at once would be announced

    # -- commands ------------------------------------------------------------------------------------------------------
    @command.command("headroom.explain")
    def explain_flow(self, selected: flow.Flow) -> str:
        """Say what was done to a request, and why."""
        exchange = _exchange(selected)
        if exchange is None:
            raise exceptions.CommandError("headroom has nothing to say about this flow: it is no model call")
        return explain.cost(exchange)

    @command.command("headroom.bypass")
    def bypass(self, on: bool) -> None:  # noqa: FBT001 - commands are called by position
        """From now on forward every request as it came (true), or compress again (false)."""
        self._services.settings = replace(self._services.settings, optimize=not on)

    @command.command("headroom.replay.original")
    def replay_original(self, flows: Sequence[flow.Flow]) -> None:
        """Send the client's own bytes of the selected requests once more, uncompressed; each becomes a new flow."""
        for one in flows:
            exchange = _exchange(one)
            if not isinstance(one, http.HTTPFlow) or exchange is None:
                raise exceptions.CommandError("select model calls only")
            if not isinstance(one.client_conn.proxy_mode, ReverseMode):
                raise exceptions.CommandError("only calls that came to a base URL can be sent again")
            base = f"http://127.0.0.1:{self._services.own.port}"
            headers = {n: v for n, v in one.request.headers.items() if n.lower() not in {"host", "content-length"}}
            headers["X-Headroom-Bypass"] = "true"
            again = urllib.request.Request(base + exchange.path, one.request.raw_content, headers)  # noqa: S310 - our own address
            task = asyncio.ensure_future(asyncio.to_thread(_send, again))
            self._replays.add(task)
            task.add_done_callback(self._replays.discard)

    @command.command("headroom.export")
    def export(self, flows: Sequence[flow.Flow], path: FilePath) -> None:
        """Write the selected calls as JSON lines for `headroom replay`, without credentials."""
        rows = [explain.record(exchange) for one in flows if (exchange := _exchange(one)) is not None]
        target = Path(path).expanduser()
        try:
            target.touch(mode=0o600)
            target.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
        except (OSError, UnicodeEncodeError) as error:
            raise exceptions.CommandError(f"{target}: {error}") from None
        log.info("%d calls written to %s", len(rows), target)


async def _copied(body: AsyncBody, kept: bytearray) -> AsyncIterator[bytes]:
    try:
        async for piece in body.pieces:
            if len(kept) < _MOST_ANSWER:
                kept += piece
            yield piece
    finally:
        await body.aclose()


def _send(request: urllib.request.Request) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_REPLAY_SECONDS) as answer:
            answer.read()
    except OSError as error:
        log.warning("replaying failed: %s", error)


def _exchange(one: flow.Flow) -> Exchange | None:
    call = call_of(one) if isinstance(one, http.HTTPFlow) else None
    return call.intake.exchange if call is not None and call.intake is not None and call.intake.route.spends else None


def _mark(exchange: Exchange) -> str:
    if exchange.outcome not in {Outcome.OK, Outcome.CACHED, Outcome.BYPASS} or exchange.rescued:
        return ":warning:"
    if exchange.cost_usd >= _EXPENSIVE:
        return ":money_with_wings:"
    return ":scissors:" if exchange.tokens_after < exchange.tokens_before else ""
