import ssl

import pytest
import trustme

from headroom.errors import SettingsError
from headroom.upstream.outward import OwnAddress, WayOut, is_loopback, refuse_loop, trust, trust_bundle, way_out

OWN = OwnAddress("127.0.0.1", 8787)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("api.localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("example.com", False),
        ("localhost.example.com", False),
        ("", False),
    ],
)
def test_which_names_mean_this_machine(host, loopback):
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("own", "url", "ours"),
    [
        (OWN, "http://127.0.0.1:8787", True),
        (OWN, "http://localhost:8787/v1", True),
        (OWN, "http://[::1]:8787", True),
        (OWN, "http://127.0.0.1:8788", False),
        (OWN, "https://api.anthropic.com", False),
        (OwnAddress("0.0.0.0", 8787), "http://127.0.0.1:8787", True),
        (OwnAddress("10.1.2.3", 8787), "http://10.1.2.3:8787", True),
        (OwnAddress("10.1.2.3", 8787), "http://127.0.0.1:8787", False),
        (OwnAddress("127.0.0.1", 443), "https://127.0.0.1", True),
        (OwnAddress("127.0.0.1", 80), "http://localhost", True),
        (OWN, "http://0.0.0.0:8787", True),
    ],
)
def test_knows_its_own_address(own, url, ours):
    assert own.is_url(url) is ours


def test_an_upstream_that_is_ourselves_is_refused():
    with pytest.raises(SettingsError, match="--openai-api-url http://localhost:8787 is headroom's own address"):
        refuse_loop({"--anthropic-api-url": "https://a.example", "--openai-api-url": "http://localhost:8787"}, OWN)


@pytest.mark.parametrize(
    ("environ", "url", "proxy"),
    [
        ({}, "https://api.anthropic.com", None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "https://api.anthropic.com", "http://proxy:3128"),
        ({"https_proxy": "proxy:3128"}, "https://api.anthropic.com", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "http://api.example", None),
        ({"ALL_PROXY": "http://proxy:3128"}, "http://api.example", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "anthropic.com"}, "https://api.anthropic.com", None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "*"}, "https://api.anthropic.com", None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "other.com"}, "https://api.x.ai", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "https://localhost:9000", None),
        ({"HTTPS_PROXY": ""}, "https://api.anthropic.com", None),
    ],
)
def test_leaves_through_the_environments_proxy(environ, url, proxy):
    out, warnings = way_out(environ, OWN)
    assert out.proxy_for(url) == proxy
    assert not warnings


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"HTTPS_PROXY": "http://127.0.0.1:8787"}, "points at headroom itself"),
        ({"ALL_PROXY": "socks5://10.0.0.1:1080"}, "is not an http proxy"),
    ],
    ids=["ourselves", "socks"],
)
def test_a_proxy_that_cannot_be_used_is_told_and_left_out(environ, words):
    out, warnings = way_out(environ, OWN)
    assert out == WayOut({}, "")
    assert len(warnings) == 1
    assert words in warnings[0]


def test_upstreams_are_verified_by_name_and_chain():
    context = trust(None, {})
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_an_operators_authority_is_added_to_the_usual_ones(tmp_path):
    path = tmp_path / "corp.pem"
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(path))
    usual, more = trust(None, {}), trust(path, {})
    assert len(more.get_ca_certs()) == len(usual.get_ca_certs()) + 1
    assert authority.cert_pem.bytes() in trust_bundle(path, {})


@pytest.mark.parametrize("text", [None, "no certificate"], ids=["absent", "not a certificate"])
def test_an_unreadable_authority_stops_the_start_with_a_reason(tmp_path, text):
    path = tmp_path / "corp.pem"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingsError, match=r"--upstream-ca .*corp.pem"):
        trust(path, {})
    with pytest.raises(SettingsError, match=r"SSL_CERT_FILE=.*corp.pem"):
        trust(None, {"SSL_CERT_FILE": str(path)})
