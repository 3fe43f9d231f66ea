"""The HTTPS proxy's policy: who may use it, where it leads, and which connections are opened."""

from __future__ import annotations

import asyncio
import logging
import socket
from urllib.parse import urlsplit

from mitmproxy import connection, http, tls
from mitmproxy.proxy.layer import NextLayer
from mitmproxy.proxy.layers import ClientTLSLayer, HttpLayer, TCPLayer
from mitmproxy.proxy.mode_specs import RegularMode
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from headroom.agents.hosts import LlmHosts, plain
from headroom.agents.pinned import Pinned, Program, program
from headroom.control.http import ControlReply, detail, json_reply
from headroom.policy.access import Caller, check_token, is_loopback
from headroom.policy.destination import unsafe_address, unsafe_host
from headroom.upstream.outward import DEFAULT_PORTS
from headroom_addons.calls import Call, Kind, attach, lower_names, respond
from headroom_addons.services import Services

log = logging.getLogger("headroom.intercept")

RESERVED_HOST = "headroom.local"
"""Names us to programs that use us as their proxy."""

_AUTHORIZATION = "headroom_proxy_authorization"
_RESOLVE_SECONDS = 10.0


def granted(client: connection.Client) -> str:
    """The proxy password that opened a connection; requests inside it do not repeat it."""
    return str(getattr(client, _AUTHORIZATION, ""))


class Intercept:
    """Looks at the connections of the HTTPS_PROXY listener only; anything doubtful passes unopened."""

    name = "headroomintercept"
    """mitmproxy has an addon called intercept."""

    def __init__(self, services: Services) -> None:
        self._services = services
        settings = services.settings
        self._hosts = LlmHosts(settings.intercept_hosts)
        self._routes = {host: url for pair in settings.intercept_routes for host, _, url in [pair.partition("=")]}
        targets = (urlsplit(url) for url in self._routes.values())
        self._targets = {(parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]) for parts in targets}
        self._pinned = Pinned(services.monotonic)
        self._greetings: dict[str, tuple[Program, str]] = {}

    # -- who, and where to ---------------------------------------------------------------------------------------------
    def http_connect(self, flow: http.HTTPFlow) -> None:
        """Let a tunnel be dug, or say why not."""
        if not _ours(flow.client_conn):
            return
        given = flow.request.headers.get("proxy-authorization", "")
        if given:
            setattr(flow.client_conn, _AUTHORIZATION, given)
        refused = self._refused(_caller(flow), flow.request.host, flow.request.port)
        if refused is not None:
            _answer(flow, refused)

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """A request inside an opened tunnel, or a plain one; those to other hosts are none of our business."""
        if flow.response is not None or not _ours(flow.client_conn):
            return
        request = flow.request
        host = plain(request.host)
        if host == RESERVED_HOST or self._services.own.is_at(host, request.port):
            return
        caller = _caller(flow)
        refused = self._refused(caller, host, request.port)
        if refused is not None:
            _answer(flow, refused)
        elif host not in self._hosts:
            request.headers.pop("proxy-authorization", None)
            attach(flow, Call(Kind.NATIVE, caller, request.path))
        elif host in self._routes:
            parts = urlsplit(self._routes[host])
            request.scheme, request.host = parts.scheme, parts.hostname or ""
            request.port = parts.port or DEFAULT_PORTS[parts.scheme]
            request.path = parts.path + request.path

    def _refused(self, caller: Caller, host: str, port: int) -> ControlReply | None:
        token = self._services.settings.proxy_token
        if not check_token(token, caller).allowed or (not token and not is_loopback(caller.peer)):
            return json_reply({"error": "unauthorized"}, 407, [("Proxy-Authenticate", 'Basic realm="headroom"')])
        if (host, port) in self._targets:
            return None
        why = unsafe_host(f"[{host}]" if ":" in host and not host.startswith("[") else host)
        return None if why is None else detail(f"Headroom: {host} is not reached through this proxy: {why}", 403)

    async def server_connect(self, data: ServerConnectionHookData) -> None:
        """A public name may have a private address: look before the connection is made."""
        server = data.server
        if (
            not _ours(data.client)
            or server.address is None
            or server.via is not None
            or server.address in self._targets
        ):
            return
        host, port = server.address[0], server.address[1]
        if plain(host) == RESERVED_HOST:
            return
        try:
            async with asyncio.timeout(_RESOLVE_SECONDS):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, TimeoutError):
            return  # mitmproxy meets the same error and words it for the client
        if any(unsafe_address(str(entry[4][0])) for entry in found):
            server.error = f"{host} has a private address; it is not reached through this proxy"

    # -- what is opened ------------------------------------------------------------------------------------------------
    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        """Open a connection only when both its CONNECT and its greeting name a host that serves models."""
        client, server = data.context.client, data.context.server
        if not _ours(client):
            return
        host = plain(server.address[0]) if server.address else ""
        sni = plain(data.client_hello.sni or "")
        peer = str(client.peername[0]) if client.peername else ""
        extensions = (number for number, _ in data.client_hello.extensions)
        who = program(peer, data.client_hello.cipher_suites, extensions)
        if host not in self._hosts or sni not in self._hosts or self._pinned.passes(who, sni):
            data.ignore_connection = True
        else:
            self._greetings[client.id] = who, sni

    def tls_established_client(self, data: tls.TlsData) -> None:
        """The client took our certificate."""
        self._greetings.pop(data.context.client.id, None)

    def tls_failed_client(self, data: tls.TlsData) -> None:
        """The client did not: pass its next tries through, or it could never reach its provider."""
        greeting = self._greetings.pop(data.context.client.id, None)
        if greeting is not None:
            who, host = greeting
            self._pinned.refused(who, host)
            log.warning(
                "a client does not trust our authority for %s; its calls pass unopened now (headroom certs)", host
            )

    def client_disconnected(self, client: connection.Client) -> None:
        """Forget what was kept of a connection."""
        self._greetings.pop(client.id, None)

    def next_layer(self, nextlayer: NextLayer) -> None:
        """What runs in a tunnel and is not TLS passes unread."""
        context, chosen = nextlayer.context, nextlayer.layer
        if not isinstance(chosen, (HttpLayer, TCPLayer)) or not _ours(context.client):
            return
        outer = [layer for layer in context.layers if layer is not chosen]
        in_tunnel = any(isinstance(layer, HttpLayer) for layer in outer)
        if in_tunnel and not any(isinstance(layer, ClientTLSLayer) for layer in outer):
            context.layers[:] = outer
            nextlayer.layer = TCPLayer(context, ignore=True)

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Frames that have passed are not kept."""
        if flow.websocket is not None and not self._services.keep_bodies:
            del flow.websocket.messages[:-1]


def _ours(client: connection.Client) -> bool:
    return isinstance(client.proxy_mode, RegularMode)


def _caller(flow: http.HTTPFlow) -> Caller:
    client = flow.client_conn
    headers = lower_names(flow.request.headers)
    headers.setdefault("proxy-authorization", granted(client))
    return Caller(str(client.peername[0]) if client.peername else "", headers, proxied=True)


def _answer(flow: http.HTTPFlow, reply: ControlReply) -> None:
    headers = tuple((name.encode(), value.encode()) for name, value in reply.headers)
    assert isinstance(reply.body, bytes)
    respond(flow, reply.status, (*headers, (b"Connection", b"close")), reply.body)
