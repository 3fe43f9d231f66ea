"""Upstreams that a caller chose: no name may lead to this machine or a private network, whatever it resolves to."""

import socket
import ssl

import pytest

from headroom.errors import UpstreamUnreachable
from headroom.upstream.client import ClientLimits, Request, UpstreamClient
from headroom.upstream.guarded import GuardedResolver, UnsafeDestination
from headroom.upstream.outward import WayOut
from headroom.upstream.retry import RetryPolicy


class Names:
    """A name service of one answer."""

    def __init__(self, *addresses):
        self.addresses = addresses
        self.asked = 0

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked += 1
        return [
            {"hostname": host, "host": one, "port": port, "family": family, "proto": 0, "flags": 0}
            for one in self.addresses
        ]

    async def close(self):
        pass


BAD = [
    "127.0.0.1",
    "10.1.2.3",
    "192.168.0.9",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("address", BAD)
async def test_a_name_with_a_private_address_is_refused(address):
    with pytest.raises(UnsafeDestination, match=r"evil\.example can't be chosen"):
        await GuardedResolver(Names("8.8.8.8", address)).resolve("evil.example", 443)


async def test_public_addresses_pass():
    found = await GuardedResolver(Names("8.8.8.8", "2606:4700::1111")).resolve("api.example", 443)
    assert [one["host"] for one in found] == ["8.8.8.8", "2606:4700::1111"]


@pytest.fixture
async def client():
    made = UpstreamClient(ClientLimits(), RetryPolicy(3, 5.0), ssl.create_default_context())
    yield made
    await made.close()


async def test_a_rebound_name_is_never_connected_to(client, monkeypatch):
    names = Names("127.0.0.1")
    monkeypatch.setattr("headroom.upstream.client.ThreadedResolver", lambda: names)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    url = f"https://rebound.example.com:{listener.getsockname()[1]}/v1/messages"
    with pytest.raises(UpstreamUnreachable, match="private, local or reserved"):
        await client.send(Request("POST", url, (("x-api-key", "sk-test"),), b"{}", guarded=True))
    assert names.asked == 1, "a refused destination is not tried again"
    with pytest.raises(TimeoutError):
        listener.accept()
    listener.close()


async def test_the_operators_upstreams_may_be_private(client):
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://localhost:{listener.getsockname()[1]}/"
    listener.close()
    with pytest.raises(UpstreamUnreachable, match="Connection refused"):
        await client.send(Request("GET", url, (), retry=False))


async def test_the_check_is_not_left_to_an_outgoing_proxy(monkeypatch):
    monkeypatch.setattr("headroom.upstream.client.ThreadedResolver", lambda: Names("10.0.0.1"))
    proxied = UpstreamClient(
        ClientLimits(),
        RetryPolicy(1, 5.0),
        ssl.create_default_context(),
        WayOut({"https": "http://127.0.0.1:9"}),
    )
    with pytest.raises(UpstreamUnreachable, match="private, local or reserved"):
        await proxied.send(Request("GET", "https://inside.example.com/", (), guarded=True))
    await proxied.close()
