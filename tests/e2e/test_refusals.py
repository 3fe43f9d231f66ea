"""Every refusal of ours, as the official SDKs see it: the right exception class, streamed or not."""

import asyncio
from dataclasses import dataclass

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors, types

from headroom.testing import Reply, Text, faults
from tests.addons.conftest import client, free_port, gateway, llm, until

__all__ = ["client", "gateway", "llm"]

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning"), pytest.mark.timeout(120)]


# -- four ways to ask ------------------------------------------------------------------------------------------------------
async def messages(url, stream, text):
    async with anthropic.AsyncAnthropic(api_key="sk-a", base_url=url, max_retries=0) as sdk:
        asked = {"model": "claude-sonnet-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": text}]}
        if not stream:
            return await sdk.messages.create(**asked)
        async with sdk.messages.stream(**asked) as answer:
            return await answer.get_final_message()


async def chat(url, stream, text):
    async with openai.AsyncOpenAI(api_key="sk-o", base_url=f"{url}/v1", max_retries=0) as sdk:
        answer = await sdk.chat.completions.create(
            model="gpt-5", messages=[{"role": "user", "content": text}], stream=stream
        )
        return [piece async for piece in answer] if stream else answer


async def responses(url, stream, text):
    async with openai.AsyncOpenAI(api_key="sk-o", base_url=f"{url}/v1", max_retries=0) as sdk:
        answer = await sdk.responses.create(model="gpt-5", input=text, stream=stream)
        return [piece async for piece in answer] if stream else answer


async def gemini(url, stream, text):
    sdk = genai.Client(api_key="g", http_options=types.HttpOptions(base_url=url)).aio
    if not stream:
        return await sdk.models.generate_content(model="gemini-3-pro", contents=text)
    return [piece async for piece in await sdk.models.generate_content_stream(model="gemini-3-pro", contents=text)]


WAYS = {"messages": messages, "chat": chat, "responses": responses, "gemini": gemini}


# -- what may be refused, and as what ---------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Case:
    """One refusal: how the proxy is set up, and what each SDK calls it."""

    settings: dict
    status: int
    anthropic_error: type[Exception]
    openai_error: type[Exception]
    openai_code: str
    gemini_status: str
    google: type[Exception]
    words: str


CASES = {
    "budget": Case(
        {"budget": 0.0},
        429,
        anthropic.RateLimitError,
        openai.RateLimitError,
        "budget_exceeded",
        "RESOURCE_EXHAUSTED",
        errors.ClientError,
        "Headroom budget of $0.00 per day reached",
    ),
    "rate": Case(
        {"rate_limit": True, "tpm": 1, "rpm": 1000},
        429,
        anthropic.RateLimitError,
        openai.RateLimitError,
        "rate_limit_exceeded",
        "RESOURCE_EXHAUSTED",
        errors.ClientError,
        "Headroom rate limit of 1 input tokens per minute",
    ),
    "concurrency": Case(
        {"limit_concurrency": 1},
        503,
        anthropic.InternalServerError,
        openai.InternalServerError,
        "overloaded",
        "UNAVAILABLE",
        errors.ServerError,
        "too many calls are in flight",
    ),
    "body too large": Case(
        {"max_body_mb": 1},
        413,
        anthropic.APIStatusError,
        openai.APIStatusError,
        "request_too_large",
        "INVALID_ARGUMENT",
        errors.ClientError,
        "exceeds 1 MiB",
    ),
    "no upstream": Case(
        {},
        502,
        anthropic.InternalServerError,
        openai.InternalServerError,
        "upstream_unreachable",
        "UNAVAILABLE",
        errors.ServerError,
        "can't be reached",
    ),
    "a silent upstream": Case(
        {"request_timeout": 1.0, "retry_max_attempts": 1},
        504,
        anthropic.InternalServerError,
        openai.InternalServerError,
        "upstream_timeout",
        "DEADLINE_EXCEEDED",
        errors.ServerError,
        "did not answer",
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_each_sdk_raises_its_own_class(llm, gateway, name):
    case = CASES[name]
    upstream = f"http://127.0.0.1:{free_port()}" if name == "no upstream" else llm
    gate = await gateway(upstream, **({"retry_max_attempts": 1} | case.settings))
    text = "x" * 1_200_000 if name == "body too large" else "hello there"
    holder = None
    if name in {"concurrency", "a silent upstream"}:
        llm.hold()
    if name == "concurrency":
        holder = asyncio.ensure_future(messages(gate.url, False, "first"))
        await llm.wait_for_requests(1)
    for way, call in WAYS.items():
        for stream in (False, True):
            if name == "rate":  # the first call of a key fills its bucket beyond the brim, the next is refused
                for _ in range(2):
                    refused = await _caught(call, gate.url, stream, text)
                    if refused is not None:
                        break
            else:
                refused = await _caught(call, gate.url, stream, text)
            _check(refused, case, way, f"{name}: {way}{', streamed' if stream else ''}")
    llm.release()
    if holder is not None:
        await holder


async def _caught(call, url, stream, text):
    try:
        await call(url, stream, text)
    except (anthropic.APIStatusError, openai.APIStatusError, errors.APIError) as error:
        return error
    return None


def _check(refused, case, way, label):
    if way == "messages":
        assert isinstance(refused, case.anthropic_error), label
        assert refused.status_code == case.status, label
        assert refused.body["type"] == "error", label
        assert refused.body["request_id"].startswith("hr_"), label
        message = refused.body["error"]["message"]
    elif way == "gemini":
        assert isinstance(refused, case.google), label
        assert (refused.code, refused.status) == (case.status, case.gemini_status), label
        message = refused.message
    else:
        assert isinstance(refused, case.openai_error), label
        assert (refused.status_code, refused.code) == (case.status, case.openai_code), label
        message = refused.body["message"]
    assert case.words in message, label


# -- what SDKs do with a refusal ---------------------------------------------------------------------------------------------
async def test_a_spent_budget_is_not_asked_again(llm, gateway):
    gate = await gateway(llm, budget=0.0)
    sdk = anthropic.AsyncAnthropic(api_key="k", base_url=gate.url, max_retries=5)
    with pytest.raises(anthropic.RateLimitError) as caught:
        await sdk.messages.create(model="claude-sonnet-4-5", max_tokens=9, messages=[{"role": "user", "content": "x"}])
    await until(lambda: gate.services.accounts.stats.recent_requests(9))
    assert len(gate.services.accounts.stats.recent_requests(9)) == 1, "x-should-retry: false is obeyed"
    assert int(caught.value.response.headers["retry-after"]) >= 1
    assert caught.value.response.headers["x-headroom-budget-reset"].endswith("Z")
    await sdk.close()


@pytest.mark.parametrize(
    ("call", "error"),
    [(messages, anthropic.APIStatusError), (chat, openai.APIError), (responses, openai.APIError)],
    ids=["messages", "chat", "responses"],
)
async def test_a_stream_that_stalls_raises_within_the_sdk(llm, gateway, call, error):
    gate = await gateway(llm, retry_max_attempts=1, request_timeout=1.0)
    llm.queue(Reply((Text("a few words that are never finished"),)))
    llm.fail(faults.stall_after(0, 30))
    with pytest.raises(error, match="stopped sending"):
        await call(gate.url, True, "hello there")
