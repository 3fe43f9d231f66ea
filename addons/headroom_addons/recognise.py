"""Decides what a flow is, as soon as its head is there: ours, a provider's, or none of our business."""

from __future__ import annotations

from urllib.parse import quote

from mitmproxy import http
from mitmproxy.proxy.mode_specs import ReverseMode

from headroom.errors import Unreadable
from headroom.policy.access import Caller, names_loopback
from headroom.upstream.intake import split_project, take_in
from headroom.wire import ANTHROPIC
from headroom.wire.body import decode_body
from headroom.wire.dialect import Refusal
from headroom.wire.route import Family, envelope_for
from headroom_addons.calls import Call, Kind, attach, call_of, lower_names, respond_error
from headroom_addons.intercept import RESERVED_HOST, granted
from headroom_addons.services import Services


class Recognise:
    """Makes the ``Call``, and for LLM calls the ``Exchange``."""

    fails_closed = True

    def __init__(self, services: Services) -> None:
        self._services = services

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Classify by method, path and headers."""
        if flow.response is not None or call_of(flow) is not None:
            return
        request = flow.request
        headers = lower_names(request.headers)
        peer = str(flow.client_conn.peername[0]) if flow.client_conn.peername else ""
        reverse = isinstance(flow.client_conn.proxy_mode, ReverseMode)
        headers["host"] = headers.get("host") or request.authority or request.pretty_host
        if request.authority and names_loopback(headers["host"]):
            # A target in absolute form names a host, too (RFC 9112, section 3.2.2); both must be this machine's.
            headers["host"] = request.authority
        if not reverse:
            if granted(flow.client_conn):
                headers.setdefault("proxy-authorization", granted(flow.client_conn))
            if request.host == RESERVED_HOST:
                headers["host"] = "localhost"  # whoever chose us as their proxy means this very process
        caller = Caller(peer, headers, proxied=not reverse)
        project, path = split_project(request.path)
        if self._services.router.owns(path.partition("?")[0]) and (reverse or self._to_us(request)):
            if project is not None:
                headers.setdefault("x-headroom-project", quote(project))
            attach(flow, Call(Kind.CONTROL, caller, path))
            return
        services = self._services
        own = None if reverse else f"{request.scheme}://{request.host}:{request.port}"
        try:
            intake = take_in(
                method=request.method,
                path=request.path,
                headers=headers,
                peer=peer,
                settings=services.settings,
                key=services.key,
                request_id=services.ids(services.wall()),
                wall=services.wall(),
                now=services.monotonic(),
                own_upstream=own,
            )
        except ValueError as error:
            attach(flow, Call(Kind.PROVIDER, caller, path))
            dialect = envelope_for(path, headers)
            message = f"Headroom: {error}"
            request_id = services.ids(services.wall())
            told = [("x-headroom-request-id", request_id)]
            respond_error(flow, dialect.error(Refusal.INVALID, message, request_id, extra=told), close=True)
            return
        # Whoever offers another protocol with a call that spends (h2c, say) is answered in this one: limits hold for it.
        upgrade = "upgrade" in headers and intake is not None and not intake.route.spends
        native = intake is None or intake.route.websocket or upgrade
        attach(flow, Call(Kind.NATIVE if native else Kind.PROVIDER, caller, path, intake))

    def _to_us(self, request: http.Request) -> bool:
        return request.host == RESERVED_HOST or self._services.own.is_at(request.host, request.port)

    def request(self, flow: http.HTTPFlow) -> None:
        """Read what the body says: model and stream. A body we can't read is passed on as it is."""
        call = call_of(flow)
        if flow.response is not None or call is None or call.intake is None or call.kind is not Kind.PROVIDER:
            return
        exchange, route = call.intake.exchange, call.intake.route
        exchange.started = self._services.monotonic()
        call.raw = flow.request.raw_content or b""
        exchange.body_in = exchange.body_out = call.raw
        if route.wire is None or not route.spends:
            return
        try:
            limit = self._services.settings.max_body_mb * 1024 * 1024
            exchange.body_in = decode_body(call.raw, call.caller.headers.get("content-encoding", ""), limit)
            exchange.body_out = exchange.body_in
            if route.family is Family.MESSAGE_BATCH:
                exchange.outline = batch = ANTHROPIC.batch(exchange.body_in)
                exchange.model = batch.model or "unknown"
                return
            outline, marks = self._services.outlines.read(call.intake.dialect, exchange.body_in)
        except Unreadable as error:
            exchange.passthrough_reason = error.reason
            return
        exchange.outline = outline
        exchange.prefix = tuple((mark.count, mark.digest) for mark in marks)
        exchange.model = route.model or outline.model or "unknown"
        exchange.stream = outline.stream if route.stream is None else route.stream
