"""The loopback rule, the token rule and the digest of credentials."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.policy.access import (
    Caller,
    Decision,
    Reach,
    check_token,
    credential_digest,
    decide,
    from_other_site,
    host_of,
    is_local,
    is_loopback,
    is_signed,
    names_loopback,
)

KEY = b"k" * 32
TOKEN = "s3cret-token"


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.10",
        "::1",
        "localhost",
        "LOCALHOST",
        "::ffff:127.0.0.1",
        "::1%lo",
        "[::1]",
        "::FFFF:7f00:1",
    ],
)
def test_loopback_addresses(address):
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    [
        *("192.168.1.5", "10.0.0.1", "8.8.8.8", "::", "fe80::1%eth0", "::ffff:10.0.0.1", "", "localhost.evil.com"),
        *("127.0.0.1.evil.com", "127.1", "0x7f.0.0.1", "2130706433", "0.0.0.0", "127.0.0.1 ", "not an address"),
    ],
)
def test_other_addresses(address):
    assert not is_loopback(address)


@pytest.mark.parametrize(
    "authority", ["localhost", "localhost:8787", "LocalHost:1", "127.0.0.1:8787", "127.9.9.9", "[::1]", "[::1]:8787"]
)
def test_host_headers_that_name_this_machine(authority):
    assert names_loopback(authority)


@pytest.mark.parametrize(
    "authority",
    [
        *(None, "", "evil.com", "evil.com:8787", "127.0.0.1.evil.com", "localhost.evil.com:8787", "user@127.0.0.1"),
        *("127.0.0.1@evil.com", "127.0.0.1/../x", "127.0.0.1:80:80", "127.0.0.1 evil.com", "127.0.0.1,evil.com"),
        *("[::1", "::1", "192.168.0.1:8787", "[::ffff:10.0.0.1]", "localhost:port", "127.0.0.1\\evil.com"),
    ],
)
def test_host_headers_that_do_not(authority):
    assert not names_loopback(authority)


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_any_host_header_is_read_without_harm(text):
    host = host_of(text)
    assert host is None or host == host.lower()


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"origin": "http://localhost:3000"}, False),
        ({"origin": "https://127.0.0.1"}, False),
        ({"origin": "http://[::1]:8787"}, False),
        ({"origin": "https://evil.com"}, True),
        ({"origin": "null"}, True),
        ({"origin": ""}, True),
        ({"origin": "http://[::1"}, True),
        ({"origin": "file://localhost"}, True),
        ({"origin": "http://localhost.evil.com"}, True),
        ({"origin": "http://localhost@evil.com"}, True),
        ({"origin": "https://box.example"}, False),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "http://localhost"}, True),
    ],
)
def test_pages_of_other_sites(headers, foreign):
    assert from_other_site(headers, {"box.example"}) is foreign


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_known_origin_may_read_the_views_but_not_what_is_local(site):
    page = {"host": "127.0.0.1:8787", "origin": "http://localhost:3000", "sec-fetch-site": site}
    assert decide(Reach.VIEW, Caller("127.0.0.1", page)) is Decision.ALLOW
    assert decide(Reach.LOCAL, Caller("127.0.0.1", page)) is Decision.NOT_FOUND
    assert decide(Reach.VIEW, Caller("127.0.0.1", {**page, "origin": "https://evil.com"})) is Decision.NOT_FOUND


LOCAL = {"host": "127.0.0.1:8787"}


@pytest.mark.parametrize(
    ("peer", "headers", "local"),
    [
        pytest.param("127.0.0.1", LOCAL, True, id="this machine"),
        pytest.param("::ffff:127.0.0.1", {"host": "localhost"}, True, id="mapped"),
        pytest.param("192.168.1.9", LOCAL, False, id="a neighbour who claims to be local"),
        pytest.param("127.0.0.1", {"host": "evil.com"}, False, id="a rebound name"),
        pytest.param("127.0.0.1", {}, False, id="no host"),
        pytest.param("127.0.0.1", {**LOCAL, "origin": "https://evil.com"}, False, id="a foreign page"),
        pytest.param("127.0.0.1", {**LOCAL, "sec-fetch-site": "cross-site"}, False, id="a cross-site request"),
        pytest.param("8.8.8.8", {**LOCAL, "x-forwarded-for": "127.0.0.1"}, False, id="forwarded for is ignored"),
    ],
)
def test_the_loopback_rule(peer, headers, local):
    assert is_local(Caller(peer, headers)) is local


REMOTE, HERE = "192.0.2.7", "127.0.0.1"
WITH = {"x-headroom-proxy-token": TOKEN}


@pytest.mark.parametrize(
    ("reach", "peer", "headers", "want"),
    [
        pytest.param(Reach.HEALTH, REMOTE, {}, Decision.ALLOW, id="health is open"),
        pytest.param(Reach.PROVIDER, REMOTE, {}, Decision.UNAUTHORIZED, id="remote without token"),
        pytest.param(Reach.PROVIDER, REMOTE, WITH, Decision.ALLOW, id="remote with token"),
        pytest.param(Reach.PROVIDER, HERE, {}, Decision.ALLOW, id="loopback is exempt"),
        pytest.param(Reach.PROVIDER, HERE, {"host": "api.openai.com"}, Decision.ALLOW, id="loopback by another name"),
        pytest.param(Reach.VIEW, REMOTE, {}, Decision.UNAUTHORIZED, id="views need the token"),
        pytest.param(Reach.VIEW, REMOTE, {**WITH, "host": "box:8787"}, Decision.ALLOW, id="remote view"),
        pytest.param(Reach.VIEW, HERE, {"host": "evil.com"}, Decision.NOT_FOUND, id="view under a rebound name"),
        pytest.param(Reach.VIEW, HERE, {"host": "box.example:1"}, Decision.ALLOW, id="view under our own name"),
        pytest.param(
            Reach.VIEW, HERE, {**LOCAL, "sec-fetch-site": "cross-site"}, Decision.NOT_FOUND, id="view from a page"
        ),
        pytest.param(Reach.LOCAL, REMOTE, {}, Decision.UNAUTHORIZED, id="local routes without token"),
        pytest.param(Reach.LOCAL, REMOTE, {**WITH, **LOCAL}, Decision.NOT_FOUND, id="local routes with token"),
        pytest.param(Reach.LOCAL, HERE, LOCAL, Decision.ALLOW, id="local routes from here"),
        pytest.param(Reach.LOCAL, HERE, {"host": "evil.com"}, Decision.NOT_FOUND, id="local routes rebound"),
    ],
)
def test_the_gate(reach, peer, headers, want):
    assert decide(reach, Caller(peer, headers), token=TOKEN, own_names={"box.example"}) is want


def test_the_gate_without_a_token():
    assert decide(Reach.PROVIDER, Caller(REMOTE, {})) is Decision.ALLOW
    assert decide(Reach.LOCAL, Caller(REMOTE, LOCAL)) is Decision.NOT_FOUND


def test_the_gate_of_a_forward_proxy_asks_for_the_proxy_password():
    assert decide(Reach.PROVIDER, Caller(REMOTE, {}, proxied=True), token=TOKEN) is Decision.PROXY_AUTH_REQUIRED
    good = {"proxy-authorization": basic(f"headroom:{TOKEN}")}
    assert decide(Reach.PROVIDER, Caller(REMOTE, good, proxied=True), token=TOKEN) is Decision.ALLOW


@pytest.mark.parametrize(
    ("headers", "proxied", "carried"),
    [
        pytest.param({"x-headroom-proxy-token": TOKEN}, False, ("x-headroom-proxy-token",), id="dedicated header"),
        pytest.param({"authorization": f"Bearer {TOKEN}"}, False, ("authorization",), id="bearer"),
        pytest.param({"authorization": f"bearer  {TOKEN} "}, False, ("authorization",), id="bearer, sloppy"),
        pytest.param(
            {"x-headroom-proxy-token": TOKEN, "authorization": "Bearer sk-provider"},
            *(False, ("x-headroom-proxy-token",)),
            id="a provider key stays",
        ),
        pytest.param(
            {"x-headroom-proxy-token": "wrong", "authorization": f"Bearer {TOKEN}"},
            *(False, ("authorization",)),
            id="either will do",
        ),
        pytest.param(
            {"proxy-authorization": basic(f"headroom:{TOKEN}")}, True, ("proxy-authorization",), id="proxy password"
        ),
        pytest.param({"proxy-authorization": basic(f"headroom:{TOKEN}")}, False, (), id="only for a forward proxy"),
        pytest.param({"proxy-authorization": basic(f"root:{TOKEN}")}, True, (), id="another user"),
        pytest.param({"proxy-authorization": "Basic %%%"}, True, (), id="not base64"),
        pytest.param({"proxy-authorization": "Basic /w=="}, True, (), id="not text"),
        pytest.param({"x-headroom-proxy-token": TOKEN + "x"}, False, (), id="too long"),
        pytest.param({"x-headroom-proxy-token": TOKEN[:-1]}, False, (), id="too short"),
        pytest.param({"x-headroom-proxy-token": ""}, False, (), id="empty"),
        pytest.param({"authorization": f"Basic {TOKEN}"}, False, (), id="another scheme"),
        pytest.param({"authorization": "Bearer \udcff"}, False, (), id="not unicode"),
    ],
)
def test_who_carries_the_token(headers, proxied, carried):
    check = check_token(TOKEN, Caller(REMOTE, headers, proxied=proxied))
    assert (check.allowed, check.carried_by) == (bool(carried), carried)


def test_an_exempt_callers_token_is_removed_too():
    check = check_token(TOKEN, Caller(HERE, {"authorization": f"Bearer {TOKEN}"}))
    assert (check.allowed, check.carried_by) == (True, ("authorization",))


@pytest.mark.parametrize("token", [None, ""])
def test_no_token_no_rule(token):
    assert check_token(token, Caller(REMOTE, {})).allowed


# -- credentials -----------------------------------------------------------------------------------------------------------
CREDENTIALS = [
    ({"x-api-key": "sk-ant-1"}, "/v1/messages"),
    ({"authorization": "Bearer sk-1"}, "/v1/messages"),
    ({"x-goog-api-key": "AIza1"}, "/v1beta/x"),
    ({"api-key": "azure1"}, "/openai/x"),
    ({}, "/v1beta/x?key=AIza1"),
    ({}, "/v1beta/x?alt=sse&key=AIza2"),
    ({"x-api-key": "sk-ant-1", "authorization": "Bearer sk-1"}, "/v1/messages"),
    ({"x-api-key": "sk-ant-2"}, "/v1/messages"),
    ({"authorization": "Basic sk-1"}, "/v1/messages"),
    ({"authorization": "AWS4-HMAC-SHA256 Credential=AKIA1/20250101/us-east-1/bedrock/aws4_request, Signature=a"}, "/"),
]


def test_every_credential_has_its_own_digest():
    digests = [credential_digest(headers, path, KEY) for headers, path in CREDENTIALS]
    assert len(set(digests)) == len(CREDENTIALS)
    assert all(len(digest) == 32 for digest in digests)


def test_the_digest_is_of_the_whole_credential_and_keyed():
    long = "sk-ant-api03-" + "x" * 80
    assert credential_digest({"x-api-key": long + "a"}, "/", KEY) != credential_digest(
        {"x-api-key": long + "b"}, "/", KEY
    )
    assert credential_digest({"x-api-key": long}, "/", KEY) != credential_digest({"x-api-key": long}, "/", b"j" * 32)
    assert credential_digest({"x-api-key": long}, "/a", KEY) == credential_digest({"x-api-key": f" {long}"}, "/b", KEY)
    assert "sk-ant" not in credential_digest({"x-api-key": "sk-ant"}, "/", KEY)


def test_no_credential_no_digest():
    assert credential_digest({"user-agent": "x"}, "/v1?keys=1&key=", KEY) == ""


def test_signatures_of_one_access_key_count_as_one_caller():
    def signed(key, signature):
        return {"authorization": f"AWS4-HMAC-SHA256 Credential={key}/20250101/x/y/aws4_request, Signature={signature}"}

    assert credential_digest(signed("AKIA1", "aa"), "/", KEY) == credential_digest(signed("AKIA1", "bb"), "/", KEY)
    assert credential_digest(signed("AKIA1", "aa"), "/", KEY) != credential_digest(signed("AKIA2", "aa"), "/", KEY)
    assert is_signed(signed("AKIA1", "aa"))
    assert not is_signed({"authorization": "Bearer x"})
