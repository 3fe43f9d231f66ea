import pytest

from headroom.exchange import Wire
from headroom.wire import ANTHROPIC, BEDROCK, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES
from headroom.wire.route import Family, dialect_of, envelope_for, provider_of, recognise

GENERATIONS = {
    "/v1/messages": (Family.MESSAGES, Wire.ANTHROPIC, "anthropic"),
    "/v1/messages?beta=true": (Family.MESSAGES, Wire.ANTHROPIC, "anthropic"),
    "/v1/messages/": (Family.MESSAGES, Wire.ANTHROPIC, "anthropic"),
    "/api/anthropic/v1/messages": (Family.MESSAGES, Wire.ANTHROPIC, "anthropic"),
    "/v1/chat/completions": (Family.CHAT, Wire.OPENAI_CHAT, "openai"),
    "/chat/completions": (Family.CHAT, Wire.OPENAI_CHAT, "openai"),
    "/openai/deployments/gpt-5/chat/completions?api-version=2026-01-01": (Family.CHAT, Wire.OPENAI_CHAT, "openai"),
    "/v1beta/openai/chat/completions": (Family.CHAT, Wire.OPENAI_CHAT, "gemini"),
    "/v1/responses": (Family.RESPONSES, Wire.OPENAI_RESPONSES, "openai"),
    "/responses": (Family.RESPONSES, Wire.OPENAI_RESPONSES, "openai"),
    "/v1/codex/responses": (Family.RESPONSES, Wire.OPENAI_RESPONSES, "openai"),
    "/backend-api/responses": (Family.RESPONSES, Wire.OPENAI_RESPONSES, "openai"),
    "/backend-api/codex/responses": (Family.RESPONSES, Wire.OPENAI_RESPONSES, "openai"),
    "/v1beta/models/gemini-2.5-pro:generateContent": (Family.GEMINI, Wire.GEMINI, "gemini"),
    "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse": (Family.GEMINI, Wire.GEMINI, "gemini"),
    "/v1/models/gemini-2.5-pro:generateContent": (Family.GEMINI, Wire.GEMINI, "gemini"),
    "/v1beta/tunedModels/mine:generateContent": (Family.GEMINI, Wire.GEMINI, "gemini"),
    "/v1internal:generateContent": (Family.CODE_ASSIST, Wire.GEMINI, "gemini"),
    "/v1/v1internal:streamGenerateContent?alt=sse": (Family.CODE_ASSIST, Wire.GEMINI, "gemini"),
    "/v1/projects/p/locations/us-east5/publishers/google/models/gemini-2.5-pro:streamGenerateContent": (
        Family.VERTEX_GOOGLE,
        Wire.GEMINI,
        "vertex",
    ),
    "/v1beta1/projects/p/locations/global/publishers/anthropic/models/claude-x@20260101:rawPredict": (
        Family.VERTEX_ANTHROPIC,
        Wire.ANTHROPIC,
        "vertex",
    ),
    "/model/us.anthropic.claude-x-v1%3A0/invoke": (Family.BEDROCK, Wire.ANTHROPIC, "bedrock"),
    "/model/arn:aws:bedrock:us-east-1:1:inference-profile/x/invoke-with-response-stream": (
        Family.BEDROCK,
        Wire.ANTHROPIC,
        "bedrock",
    ),
}


@pytest.mark.parametrize(("path", "want"), GENERATIONS.items(), ids=GENERATIONS.keys())
def test_generation_routes(path, want):
    route = recognise("POST", path, {})
    assert (route.family, route.wire, route.provider) == want
    assert route.generation
    assert route.spends
    assert dialect_of(route).wire is route.wire
    assert (dialect_of(route) is BEDROCK) == (route.provider == "bedrock")
    other = recognise("GET", path, {})
    assert other is None or not other.generation


IN_THE_PATH = {
    "/v1beta/models/gemini-2.5-pro:generateContent": ("gemini-2.5-pro", False, None),
    "/v1beta/models/gemini-2.5-pro:streamGenerateContent": ("gemini-2.5-pro", True, None),
    "/v1internal:streamGenerateContent": (None, True, "cloudcode-pa.googleapis.com"),
    "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-x@1:streamRawPredict": (
        "claude-x@1",
        True,
        "us-east5-aiplatform.googleapis.com",
    ),
    "/v1/projects/p/locations/global/publishers/google/models/gemini-x:generateContent": (
        "gemini-x",
        False,
        "aiplatform.googleapis.com",
    ),
    "/model/us.anthropic.claude-x-v1%3A0/invoke": ("us.anthropic.claude-x-v1:0", False, None),
    "/model/a%2Fb/invoke-with-response-stream": ("a/b", True, None),
    "/v1/messages": (None, None, None),
    "/backend-api/codex/responses": (None, None, "chatgpt.com"),
}


@pytest.mark.parametrize(("path", "want"), IN_THE_PATH.items(), ids=IN_THE_PATH.keys())
def test_what_the_path_tells(path, want):
    route = recognise("POST", path, {})
    assert (route.model, route.stream, route.host) == want


UNREAD = {
    ("POST", "/v1/messages/count_tokens"): "anthropic",
    ("GET", "/v1/messages/batches"): "anthropic",
    ("GET", "/v1/messages/batches/b1/results"): "anthropic",
    ("POST", "/v1/messages/batches/b1/cancel"): "anthropic",
    ("POST", "/anthropic/v1/messages/count_tokens"): "anthropic",
    ("GET", "/v1/responses/resp_1"): "openai",
    ("POST", "/v1/responses/resp_1/cancel"): "openai",
    ("POST", "/v1/responses/compact"): "openai",
    ("POST", "/v1/batches"): "openai",
    ("POST", "/v1/embeddings"): "openai",
    ("POST", "/v1/audio/speech"): "openai",
    ("POST", "/v1beta/models/gemini-x:countTokens"): "gemini",
    ("POST", "/v1beta/models/gemini-x:batchEmbedContents"): "gemini",
    ("GET", "/v1beta/models"): "gemini",
    ("POST", "/v1beta/cachedContents"): "gemini",
    ("POST", "/v1internal:loadCodeAssist"): "gemini",
    ("POST", "/v1/projects/p/locations/us-east5/publishers/google/models/g:countTokens"): "vertex",
    ("POST", "/v1/projects/p/locations/us-east5/publishers/mistralai/models/m:rawPredict"): "vertex",
    ("POST", "/model/m/converse"): "bedrock",
    ("GET", "/backend-api/me"): "openai",
}


@pytest.mark.parametrize(("call", "provider"), UNREAD.items(), ids=[" ".join(call) for call in UNREAD])
def test_routes_whose_bodies_pass_unread(call, provider):
    route = recognise(*call, {})
    assert (route.wire, route.provider, route.generation, route.spends) == (None, provider, False, False)
    assert dialect_of(route) is None


def test_a_batch_spends_but_its_answer_is_no_message():
    route = recognise("POST", "/v1/messages/batches", {})
    assert (route.family, route.wire, route.generation, route.spends) == (
        Family.MESSAGE_BATCH,
        Wire.ANTHROPIC,
        False,
        True,
    )


@pytest.mark.parametrize(
    "path", ["/", "/favicon.ico", "/v1", "/health", "/v2/messages", "/v1/message", "/model/invoke"]
)
def test_other_paths_are_nobodys(path):
    assert recognise("POST", path, {}) is None


@pytest.mark.parametrize("location", ["evil.test%2f", "us-east5.evil.test", "a@b", "US", "x" * 64, "a%00", "..", "a_b"])
@pytest.mark.parametrize("publisher", ["google", "anthropic", "other"])
def test_a_location_never_names_a_foreign_host(location, publisher):
    path = f"/v1/projects/p/locations/{location}/publishers/{publisher}/models/m:generateContent"
    route = recognise("POST", path, {})
    assert route.host is None
    assert not route.generation
    assert "location" in route.problem
    assert envelope_for(path, {}) is (ANTHROPIC if publisher == "anthropic" else GEMINI)


def test_a_websocket_on_the_responses_path():
    route = recognise("GET", "/v1/responses", {"Upgrade": "WebSocket"})
    assert (route.wire, route.websocket, route.generation) == (Wire.OPENAI_RESPONSES, True, True)


CREDENTIALS = {
    "an Anthropic key": ({"x-api-key": "sk-ant-1"}, "anthropic"),
    "an Anthropic version": ({"Anthropic-Version": "2023-06-01"}, "anthropic"),
    "an Anthropic token": ({"Authorization": "Bearer sk-ant-oat01-x"}, "anthropic"),
    "Claude": ({"User-Agent": "claude-cli/2.1", "authorization": "Bearer x"}, "anthropic"),
    "a Google key": ({"X-Goog-Api-Key": "AIza"}, "gemini"),
    "an OpenAI key": ({"Authorization": "Bearer sk-proj-x"}, "openai"),
    "nothing": ({}, "openai"),
}


@pytest.mark.parametrize(("headers", "want"), CREDENTIALS.values(), ids=CREDENTIALS.keys())
def test_the_credential_tells_the_provider(headers, want):
    assert provider_of("/v1/models", headers) == want
    assert recognise("GET", "/v1/models", headers).provider == want
    assert recognise("GET", "/v1/models/some-model", headers).provider == want


def test_a_key_in_the_query_is_googles():
    assert provider_of("/v1/models?key=AIza", {}) == "gemini"
    assert provider_of("/v1/models?monkey=1", {}) == "openai"


ENVELOPES = {
    "/v1/messages": ANTHROPIC,
    "/v1/messages/count_tokens": ANTHROPIC,
    "/v1/chat/completions": OPENAI_CHAT,
    "/v1beta/openai/chat/completions": OPENAI_CHAT,
    "/v1/responses": OPENAI_RESPONSES,
    "/v1/embeddings": OPENAI_CHAT,
    "/v1beta/models": GEMINI,
    "/v1beta/models/g:generateContent": GEMINI,
    "/v1internal:generateContent": GEMINI,
    "/model/m/invoke": BEDROCK,
    "/model/m/converse": BEDROCK,
    "/v1/projects/p/locations/l/publishers/google/models/g:generateContent": GEMINI,
    "/v1/projects/p/locations/l/publishers/anthropic/models/c:rawPredict": ANTHROPIC,
    "/no/such/path": OPENAI_CHAT,
}


@pytest.mark.parametrize(("path", "dialect"), ENVELOPES.items(), ids=ENVELOPES.keys())
def test_every_path_has_an_error_envelope(path, dialect):
    assert envelope_for(path, {}) is dialect


def test_an_unknown_path_is_refused_in_the_callers_words():
    assert envelope_for("/no/such/path", {"x-api-key": "k"}) is ANTHROPIC
    assert envelope_for("/no/such/path?key=k", {}) is GEMINI


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("/v1/%6dessages", "/v1/messages"),
        ("/v1%2Fmessages?beta=true", "/v1/messages"),
        ("/v1/./messages", "/v1/messages"),
        ("/x/../v1/messages/", "/v1/messages"),
        ("/v1//messages", "/v1/messages"),
        ("/v1/messages;a=b", "/v1/messages"),
        ("/v1/messages#a", "/v1/messages"),
        ("/v1/messages%2fbatches", "/v1/messages/batches"),
        ("/v1/chat/completion%73", "/v1/chat/completions"),
        ("/v1/%72esponses", "/v1/responses"),
        ("/v1beta/models/gemini-2.5-pro%3AgenerateContent", "/v1beta/models/gemini-2.5-pro:generateContent"),
    ],
)
def test_another_spelling_of_a_path_that_spends_is_that_path(path, plain):
    assert recognise("POST", path, {}) == recognise("POST", plain, {})
    assert recognise("POST", path, {}).spends


@pytest.mark.parametrize("path", ["/v1/models/%6d", "/v1/messages/../models", "/v1/files/a%2Fb", "/%zz", "/..//.."])
def test_other_spellings_that_spend_nothing_stay_what_they_were(path):
    route = recognise("POST", path, {})
    assert route is None or not route.spends
