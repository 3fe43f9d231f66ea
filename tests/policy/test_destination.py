"""Where a caller may send a request: nowhere private, nothing oddly written, never back to us."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.policy.destination import (
    override_refused,
    unsafe_address,
    unsafe_base_url,
    unsafe_host,
)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com",
        "https://api.openai.com/v1",
        "https://api.openai.com:8443/v1/",
        "https://my-gateway.example.com/openai/deployments/gpt-4o",
        "https://8.8.8.8/v1",
        "https://[2606:4700:4700::1111]/v1",
    ],
)
def test_plain_public_urls_pass(url):
    assert unsafe_base_url(url) is None
    assert override_refused(url, allowed=True) is None


def test_the_override_is_off_by_default():
    assert "HEADROOM_ALLOW_BASE_URL_OVERRIDE" in override_refused("https://api.openai.com", allowed=False)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://api.openai.com", id="clear text"),
        pytest.param("ftp://api.openai.com", id="another scheme"),
        pytest.param("//api.openai.com", id="no scheme"),
        pytest.param("https://", id="no host"),
        pytest.param("", id="empty"),
        pytest.param("https://good.com@evil.com/", id="userinfo"),
        pytest.param("https://good.com#@evil.com/", id="fragment"),
        pytest.param("https://good.com\\@evil.com/", id="backslash"),
        pytest.param("https:\\\\evil.com", id="backslashes for slashes"),
        pytest.param("https://good.com?x=1", id="query"),
        pytest.param("https://good.com/a%2f..", id="escape"),
        pytest.param("https://good.com/../x", id="dot segment"),
        pytest.param("https://good.com//evil.com", id="empty segment"),
        pytest.param("https://good.com/ x", id="space"),
        pytest.param("https://good.com/\r\nHost: evil.com", id="line break"),
        pytest.param("https://go\tod.com", id="tab"),
        pytest.param("https://good.com:0/", id="port zero"),
        pytest.param("https://good.com:99999/", id="port out of range"),
        pytest.param("https://127.0.0.1/", id="loopback"),
        pytest.param("https://0177.0.0.1/", id="octal"),
        pytest.param("https://0x7f.0.0.1/", id="hexadecimal"),
        pytest.param("https://0x7f000001/", id="hexadecimal whole"),
        pytest.param("https://2130706433/", id="decimal whole"),
        pytest.param("https://127.1/", id="short form"),
        pytest.param("https://0/", id="zero"),
        pytest.param("https://127.0.0.1./", id="loopback with a dot"),
        pytest.param("https://１２７.0.0.1/", id="wide digits"),
        pytest.param("https://127。0。0。1/", id="wide dots"),
        pytest.param("https://[::1]/", id="ipv6 loopback"),
        pytest.param("https://[::]/", id="ipv6 any"),
        pytest.param("https://[::ffff:127.0.0.1]/", id="mapped"),
        pytest.param("https://[::ffff:169.254.169.254]/", id="mapped metadata"),
        pytest.param("https://[64:ff9b::7f00:1]/", id="nat64"),
        pytest.param("https://[2002:7f00:1::]/", id="6to4"),
        pytest.param("https://[fe80::1]/", id="link local"),
        pytest.param("https://[fe80::1%25eth0]/", id="scope id"),
        pytest.param("https://[fd00:ec2::254]/", id="ipv6 metadata"),
        pytest.param("https://[::1/", id="broken brackets"),
        pytest.param("https://10.1.2.3/", id="private"),
        pytest.param("https://169.254.169.254/latest/meta-data", id="metadata"),
        pytest.param("https://100.100.100.200/", id="shared address space"),
        pytest.param("https://0.0.0.0/", id="any"),
        pytest.param("https://255.255.255.255/", id="broadcast"),
        pytest.param("https://224.0.1.1/", id="multicast"),
        pytest.param("https://localhost/", id="localhost"),
        pytest.param("https://LOCALHOST./", id="localhost, dressed up"),
        pytest.param("https://x.localhost/", id="below localhost"),
        pytest.param("https://metadata.google.internal/", id="metadata name"),
        pytest.param("https://metadata.google.internal./", id="metadata name with a dot"),
        pytest.param("https://printer.local/", id="mdns"),
        pytest.param("https://intranet/", id="a bare name"),
        pytest.param("https://a..b.com/", id="empty label"),
        pytest.param("https://-a.com/", id="odd label"),
    ],
)
def test_everything_else_is_refused(url):
    assert unsafe_base_url(url)


@settings(max_examples=200)
@given(number=st.integers(min_value=0, max_value=2**32 - 1))
def test_private_addresses_are_refused_however_they_are_wrapped(number):
    inner = ipaddress.IPv4Address(number)
    forms = [
        str(inner),
        str(ipaddress.IPv6Address((0xFFFF << 32) | number)),
        str(ipaddress.IPv6Address((0x64FF9B << 96) | number)),
    ]
    if not inner.is_global:
        assert all(unsafe_address(form) for form in forms)
        assert unsafe_address(str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80))))
    elif not (inner.is_multicast or inner.is_reserved):
        assert all(unsafe_address(form) is None for form in forms)


@settings(max_examples=200)
@given(number=st.integers(min_value=0, max_value=2**32 - 1))
def test_no_odd_spelling_of_an_address_passes(number):
    octets = number.to_bytes(4)
    for odd in (
        str(number),
        hex(number),
        f"0{octets[0]:o}.{octets[1]}.{octets[2]}.{octets[3]}",
        f"0x{octets[0]:x}.{octets[1]}.{octets[2]}.{octets[3]}",
        f"{octets[0]}.{octets[1]}.{number & 0xFFFF}",
    ):
        if odd != str(ipaddress.IPv4Address(number)):
            assert unsafe_host(odd)
