"""Who may come in, and what the others are told."""

import asyncio

import pytest

from headroom.accounts import report
from headroom.testing import faults
from tests.addons.conftest import ask

TOKEN = "open-sesame"


@pytest.fixture
def distant(monkeypatch):
    """All callers come from another machine."""
    monkeypatch.setattr("headroom.policy.access.is_loopback", lambda _address: False)


LOCAL = ["/stats/reset", "/v1/retrieve/stats", "/transformations/feed"]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/health", "/healthz"])
async def test_health_needs_no_token(llm, gateway, client, distant, path):
    gate = await gateway(llm, proxy_token=TOKEN)
    assert (await client.get(gate.url + path)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"x-headroom-proxy-token": "wrong"}, 401),
        ({"x-headroom-proxy-token": TOKEN}, 200),
        ({"authorization": f"Bearer {TOKEN}"}, 200),
        ({"authorization": f"bearer {TOKEN}"}, 200),
        ({"authorization": f"Basic {TOKEN}"}, 401),
    ],
    ids=["none", "wrong", "own header", "bearer", "small letters", "another scheme"],
)
@pytest.mark.parametrize("path", ["/v1/messages", "/stats", "/v1/unknown"])
async def test_other_machines_need_the_token_everywhere(llm, gateway, client, distant, headers, status, path):
    gate = await gateway(llm, proxy_token=TOKEN)
    if path == "/stats":
        answer = await client.get(gate.url + path, headers=headers)
    else:
        answer = await client.post(gate.url + path, json=ask(), headers=headers)
    if path == "/v1/unknown" and status == 200:
        status = 404  # the fake's own word
    assert answer.status_code == status
    if status == 401:
        assert answer.headers["www-authenticate"] == 'Bearer realm="headroom"'
        assert not llm.requests
        if path == "/stats":
            assert answer.json() == {"error": "unauthorized"}
        else:
            assert answer.json()["error"]["type"] == "authentication_error"


async def test_without_the_token_compress_refuses_in_the_shape_of_its_errors(llm, gateway, client, distant):
    gate = await gateway(llm, proxy_token=TOKEN)
    answer = await client.post(f"{gate.url}/v1/compress", json={})
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authentication_error")
    assert answer.headers["www-authenticate"] == 'Bearer realm="headroom"'


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({"x-headroom-proxy-token": TOKEN, "authorization": "Bearer sk-ant-provider"}, "Bearer sk-ant-provider"),
        ({"authorization": f"Bearer {TOKEN}"}, None),
    ],
    ids=["a provider's key beside it", "the token itself"],
)
async def test_the_token_stays_here_and_a_providers_key_goes_on(llm, gateway, client, distant, headers, kept):
    gate = await gateway(llm, proxy_token=TOKEN)
    for path in ("/v1/messages", "/v1/unheard/of"):
        await client.post(gate.url + path, json=ask(), headers=headers)
        assert llm.last.header("authorization") == kept
        assert TOKEN not in str(llm.last.headers)


async def test_callers_on_this_machine_need_none(llm, gateway, client):
    gate = await gateway(llm, proxy_token=TOKEN)
    assert (await client.post(f"{gate.url}/v1/messages", json=ask())).status_code == 200


@pytest.mark.parametrize("path", LOCAL)
async def test_local_routes_do_not_exist_for_other_machines(llm, gateway, client, distant, path):
    gate = await gateway(llm, proxy_token=TOKEN)
    known = await client.get(gate.url + path, headers={"x-headroom-proxy-token": TOKEN})
    unknown = await client.get(f"{gate.url}/admin/nothing", headers={"x-headroom-proxy-token": TOKEN})
    assert (
        (known.status_code, known.content) == (unknown.status_code, unknown.content) == (404, b'{"detail":"Not Found"}')
    )
    assert (await client.get(gate.url + path)).status_code == 401


@pytest.mark.parametrize(
    ("headers", "local", "view"),
    [
        ({}, 200, 200),
        ({"host": "localhost:1"}, 200, 200),
        ({"host": "[::1]"}, 200, 200),
        ({"host": "evil.example"}, 404, 404),
        ({"host": "127.0.0.1.evil.example"}, 404, 404),
        ({"origin": "http://evil.example"}, 404, 404),
        ({"origin": "null"}, 404, 404),
        ({"origin": "http://localhost:3000"}, 200, 200),
        ({"sec-fetch-site": "cross-site"}, 404, 404),
        ({"sec-fetch-site": "same-origin"}, 200, 200),
        ({"x-forwarded-for": "127.0.0.1"}, 200, 200),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
async def test_pages_of_other_sites_see_nothing(llm, gateway, client, headers, local, view):
    gate = await gateway(llm)
    assert (await client.get(f"{gate.url}/transformations/feed", headers=headers)).status_code == local
    assert (await client.get(f"{gate.url}/stats", headers=headers)).status_code == view


async def test_forwarding_headers_make_nobody_local(llm, gateway, client, distant):
    gate = await gateway(llm)
    headers = {"x-forwarded-for": "127.0.0.1", "forwarded": "for=127.0.0.1", "x-real-ip": "127.0.0.1"}
    assert (await client.get(f"{gate.url}/transformations/feed", headers=headers)).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/admin/x",
        "/stats/x",
        "/debug/x",
        "/dashboard/x/y",
        "/transformations/x",
        "/cache/x",
        "/v1/compress/x",
        "/admin",
    ],
)
async def test_a_typo_below_our_paths_never_reaches_a_provider(llm, gateway, client, path):
    gate = await gateway(llm)
    for method in ("GET", "POST", "DELETE"):
        answer = await client.request(method, gate.url + path)
        assert answer.status_code == 404
    assert not llm.requests


async def test_a_prefix_of_ours_that_is_not_a_folder_passes(llm, gateway, client):
    gate = await gateway(llm)
    await client.get(f"{gate.url}/statistics")
    assert llm.last.path == "/statistics"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/stats", "GET, HEAD"),
        ("DELETE", "/livez", "GET, HEAD"),
        ("GET", "/v1/compress", "POST"),
        ("GET", "/stats/reset", "POST"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(llm, gateway, client, method, path, allow):
    gate = await gateway(llm)
    answer = await client.request(method, gate.url + path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allow


async def test_head_is_get_without_a_body(llm, gateway, client):
    gate = await gateway(llm)
    answer = await client.head(f"{gate.url}/metrics")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 100


@pytest.mark.parametrize("path", ["/livez", "/stats", "/metrics", "/admin/nothing", "/v1/compress"])
async def test_every_answer_of_ours_carries_the_guarding_headers(llm, gateway, client, path):
    gate = await gateway(llm)
    headers = (await client.get(gate.url + path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers


async def test_a_providers_answer_carries_none_of_them(llm, gateway, client):
    gate = await gateway(llm)
    headers = (await client.post(f"{gate.url}/v1/messages", json=ask())).headers
    assert "x-frame-options" not in headers
    assert len(headers.get_list("date")) == len(headers.get_list("server")) == 1


async def test_pages_of_this_machine_may_read_our_answers(llm, gateway, client):
    gate = await gateway(llm)
    origin = "http://localhost:3000"
    answer = await client.get(f"{gate.url}/stats", headers={"origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert "access-control-allow-credentials" not in answer.headers
    asked = {"origin": origin, "access-control-request-method": "GET"}
    assert (await client.options(f"{gate.url}/stats", headers=asked)).status_code == 204


async def test_named_origins_replace_the_loopback_ones(llm, gateway, client):
    gate = await gateway(llm, cors_origins=("https://panel.example",))
    for origin, allowed in (("https://panel.example", True), ("http://localhost:3000", False)):
        answer = await client.get(f"{gate.url}/stats", headers={"origin": origin})
        assert ("access-control-allow-origin" in answer.headers) is allowed


@pytest.mark.parametrize(
    ("origin", "path", "status"),
    [
        ("https://panel.example", "/stats", 204),
        ("https://evil.example", "/stats", 401),
        ("https://panel.example", "/stats/reset", 404),
        ("https://panel.example", "/v1/messages", 401),
    ],
    ids=["a named page", "another page", "a local route", "a provider's route"],
)
async def test_a_page_of_another_machine_may_ask_before_it_sends_the_token(
    llm, gateway, client, distant, origin, path, status
):
    gate = await gateway(llm, proxy_token=TOKEN, cors_origins=("https://panel.example",))
    asked = {"origin": origin, "access-control-request-method": "GET"}
    answer = await client.options(gate.url + path, headers=asked)
    assert answer.status_code == status
    if status == 204:
        assert "X-Headroom-Proxy-Token" in answer.headers["access-control-allow-headers"]
        assert (await client.get(gate.url + path, headers={"origin": origin})).status_code == 401


# -- calls in flight -----------------------------------------------------------------------------------------------------
async def test_calls_over_the_limit_are_told_at_once_and_health_is_not(llm, gateway, client):
    gate = await gateway(llm, limit_concurrency=3)
    llm.fail(faults.wait_for(4, 30), times=3)
    waiting = [asyncio.ensure_future(client.post(f"{gate.url}/v1/messages", json=ask(text=str(i)))) for i in range(3)]
    await llm.wait_for_requests(3)
    answer = await client.post(f"{gate.url}/v1/messages", json=ask())
    assert answer.status_code == 503
    assert answer.json()["error"]["type"] == "overloaded_error"
    assert answer.headers["retry-after"] == "1"
    assert (await client.get(f"{gate.url}/livez")).status_code == 200
    assert (await client.get(f"{gate.url}/v1/models")).status_code == 200
    llm.fail(faults.wait_for(4, 1), times=1)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_refused_call_is_in_the_books(llm, gateway, client):
    gate = await gateway(llm, limit_concurrency=1)
    taken = gate.services.slots.take(0)
    await client.post(f"{gate.url}/v1/messages", json=ask())
    taken.release()
    counted = report.payload(gate.services.accounts.stats)["requests"]
    assert (counted["total"], counted["refused"]) == (1, 1)
