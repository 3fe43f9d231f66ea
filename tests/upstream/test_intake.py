import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.exchange import Wire
from headroom.settings import Settings
from headroom.upstream.intake import RequestIds, default_upstream, label, split_project, take_in, upstream_of
from headroom.wire.route import recognise

KEY = b"k" * 32


def take(path, method="POST", headers=None, settings=None, **more):
    return take_in(
        method=method,
        path=path,
        headers=headers or {},
        peer="127.0.0.1",
        settings=settings or Settings(),
        key=KEY,
        request_id="hr_1_000001",
        wall=1.0,
        now=2.0,
        **more,
    )


@pytest.mark.parametrize(
    ("path", "project", "rest"),
    [
        ("/p/demo/v1/messages", "demo", "/v1/messages"),
        ("/p/my%20app/v1/messages?x=1", "my app", "/v1/messages?x=1"),
        ("/p/a%2Fb/v1/models", "a/b", "/v1/models"),
        ("/p/%00%0a/v1/models", None, "/v1/models"),
        ("/p/" + "x" * 300 + "/v1/models", "x" * 128, "/v1/models"),
        ("/p/demo", None, "/p/demo"),
        ("/p//v1", None, "/p//v1"),
        ("/pp/demo/v1", None, "/pp/demo/v1"),
        ("/v1/messages", None, "/v1/messages"),
    ],
)
def test_a_project_prefix_is_taken_off(path, project, rest):
    assert split_project(path) == (project, rest)


@given(st.text(max_size=200))
def test_a_label_is_one_short_line(text):
    got = label(text)
    assert got is None or (0 < len(got) <= 128 and not re.search(r"[\x00-\x1f\x7f]", got))


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("/v1/messages", "https://api.anthropic.com"),
        ("/v1/chat/completions", "https://api.openai.com"),
        ("/v1beta/models/gemini-3-pro:generateContent", "https://generativelanguage.googleapis.com"),
        ("/v1internal:generateContent", "https://cloudcode-pa.googleapis.com"),
        ("/backend-api/codex/responses", "https://chatgpt.com"),
        (
            "/v1/projects/p/locations/europe-west1/publishers/google/models/m:generateContent",
            "https://europe-west1-aiplatform.googleapis.com",
        ),
    ],
)
def test_each_route_goes_to_its_own_host(path, base):
    assert take(path).exchange.upstream == base


@pytest.mark.parametrize("path", ["/v1internal:generateContent", "/v1beta/models/m:generateContent"])
def test_an_operators_upstream_comes_before_a_routes_own_host(path):
    settings = replace(Settings(), gemini_api_url="https://gateway.example/g")
    assert take(path, settings=settings).exchange.upstream == "https://gateway.example/g"


def test_an_intercepted_call_goes_where_it_was_going():
    intake = take("/v1/messages", own_upstream="https://llm.corp.example:8443")
    assert intake.exchange.upstream == "https://llm.corp.example:8443"


def test_a_route_without_an_upstream_is_left_alone():
    route = recognise("POST", "/model/anthropic.claude/invoke", {})
    assert upstream_of(route, Settings()) is None
    assert take("/model/anthropic.claude/invoke") is None


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({"x-api-key": "k"}, "https://api.anthropic.com"),
        ({"x-goog-api-key": "k"}, "https://generativelanguage.googleapis.com"),
        ({"authorization": "Bearer sk-1"}, "https://api.openai.com"),
    ],
)
def test_what_no_route_explains_goes_by_credential(headers, base):
    assert default_upstream("/unheard/of", headers, Settings()) == base


def test_a_location_that_could_lead_elsewhere_is_refused():
    with pytest.raises(ValueError, match="location"):
        take("/v1/projects/p/locations/evil.example%2F/publishers/google/models/m:generateContent")


def test_what_the_headers_say_is_kept():
    headers = {
        "x-api-key": "sk-ant-secret",
        "user-agent": "claude-cli/2.0",
        "x-headroom-user-id": "me",
        "x-headroom-session-id": "s1",
        "x-headroom-project": "my%20app",
        "x-headroom-stack": "ci_build",
        "x-headroom-tag-team": "core",
        "x-headroom-extra": "value",
        "x-headroom-bypass": "TRUE",
        "x-headroom-no-cache": "true",
    }
    exchange = take("/p/other/v1/messages", headers=headers).exchange
    assert (exchange.client, exchange.user_id, exchange.session_id) == ("claude-code", "me", "s1")
    assert (exchange.project, exchange.stack, exchange.bypass) == ("my app", "ci_build", True)
    assert exchange.tags == {"team": "core", "extra": "value"}
    assert exchange.path == "/v1/messages"
    assert exchange.wire is Wire.ANTHROPIC
    assert exchange.credential
    assert "secret" not in exchange.credential
    assert "secret" not in repr(exchange)


def test_credentials_are_told_apart_whole_and_by_key():
    def digest(secret):
        return take("/v1/messages", headers={"x-api-key": secret}).exchange.credential

    common = "sk-ant-api03-" + "a" * 40
    assert digest(common + "1") != digest(common + "2")
    assert digest(common) == digest(common)
    assert take("/v1/messages").exchange.credential == ""


@pytest.mark.parametrize(
    ("path", "headers", "subscription"),
    [
        ("/v1/messages", {"authorization": "Bearer sk-ant-oat01-x"}, True),
        ("/v1/messages", {"x-api-key": "sk-ant-api03-x"}, False),
        ("/v1/responses", {"authorization": "Bearer eyJ", "chatgpt-account-id": "a"}, True),
        ("/v1/responses", {"authorization": "Bearer sk-proj-x"}, False),
    ],
)
def test_logins_are_told_apart_from_api_keys(path, headers, subscription):
    assert take(path, headers=headers).exchange.subscription is subscription


@pytest.mark.parametrize(
    ("path", "headers", "obstacle"),
    [
        ("/v1/messages", {}, None),
        ("/v1/messages/batches", {}, "batch"),
        (
            "/v1/messages",
            {"authorization": "AWS4-HMAC-SHA256 Credential=AKIA/x, SignedHeaders=a, Signature=b"},
            "signed",
        ),
    ],
)
def test_where_a_retrieval_could_not_be_answered_is_known(path, headers, obstacle):
    assert take(path, headers=headers).exchange.obstacle == obstacle


def test_request_ids_count_up_and_name_the_second():
    ids = RequestIds()
    assert [ids(1_800_000_000.9), ids(1_800_000_001.0)] == ["hr_1800000000_000001", "hr_1800000001_000002"]
    assert RequestIds("_77")(5.0) == "hr_5_000001_77"


@given(path=st.text(max_size=60).map(lambda text: "/" + text), method=st.sampled_from(["GET", "POST", "PUT"]))
def test_whatever_the_path_the_upstream_is_one_the_operator_knows(path, method):
    try:
        intake = take(path, method)
    except ValueError:
        return
    known = {"api.anthropic.com", "api.openai.com", "generativelanguage.googleapis.com", "chatgpt.com"}
    if intake is not None:
        host = intake.exchange.upstream.removeprefix("https://")
        assert host in known or re.fullmatch(r"([a-z0-9-]+-)?(aiplatform|cloudcode-pa)\.googleapis\.com", host)
