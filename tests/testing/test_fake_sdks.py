"""The fake speaks well enough for the official SDKs, unmodified."""

import asyncio

import anthropic
import openai
import pytest
from google import genai
from google.genai import types

from headroom.testing import Call, ScriptedLLM, Text, Thinking

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

CLAUDE, GPT, GEMINI = "claude-sonnet-4-5", "gpt-5.4", "gemini-2.5-pro"
LOOK = [Thinking("The files will tell."), Text("Looking."), Call("ls", {"path": "/srv", "depth": 2}), Call("pwd", {})]
ANTHROPIC_TOOLS = [{"name": n, "input_schema": {"type": "object"}} for n in ("ls", "pwd")]
CHAT_TOOLS = [{"type": "function", "function": {"name": n, "parameters": {"type": "object"}}} for n in ("ls", "pwd")]
RESPONSES_TOOLS = [
    {"type": "function", "name": n, "parameters": {"type": "object"}, "strict": False} for n in ("ls", "pwd")
]
GEMINI_TOOLS = [
    types.Tool(
        function_declarations=[
            types.FunctionDeclaration(name=n, parameters_json_schema={"type": "object"}) for n in ("ls", "pwd")
        ]
    )
]


@pytest.fixture
async def llm():
    async with ScriptedLLM() as server:
        yield server


def thought(role="user"):
    return {"type": "enabled", "budget_tokens": 1024}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_anthropic_tool_loop(llm, stream):
    async with anthropic.AsyncAnthropic(api_key="k", base_url=llm.base_url, max_retries=0) as client:
        llm.queue(LOOK, "All done.")
        messages = [{"role": "user", "content": "What is there?"}]
        ask = {"model": CLAUDE, "max_tokens": 4000, "thinking": thought(), "tools": ANTHROPIC_TOOLS}

        async def create():
            if not stream:
                return await client.messages.create(messages=messages, **ask)
            async with client.messages.stream(messages=messages, **ask) as events:
                return await events.get_final_message()

        first = await create()
        assert [block.type for block in first.content] == ["thinking", "text", "tool_use", "tool_use"]
        assert first.stop_reason == "tool_use"
        assert first.content[2].input == {"path": "/srv", "depth": 2}
        assert first.usage.output_tokens == llm.last.usage.output
        messages.append(
            {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in first.content]}
        )
        for block in messages[-1]["content"]:
            block.pop("parsed_output", None)
        results = [{"type": "tool_result", "tool_use_id": block.id, "content": "a b c"} for block in first.content[2:]]
        messages.append({"role": "user", "content": results})
        last = await create()
        assert last.content[0].text == "All done."
        assert last.stop_reason == "end_turn"
        assert llm.last.conversation.client_results == 2


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_chat_tool_loop(llm, stream):
    async with openai.AsyncOpenAI(api_key="k", base_url=f"{llm.base_url}/v1", max_retries=0) as client:
        llm.queue(LOOK, "All done.")
        messages = [{"role": "user", "content": "What is there?"}]

        async def create():
            if not stream:
                return await client.chat.completions.create(model=GPT, messages=messages, tools=CHAT_TOOLS)
            async with client.chat.completions.stream(
                model=GPT, messages=messages, tools=CHAT_TOOLS, stream_options={"include_usage": True}
            ) as events:
                async for _ in events:
                    pass
                return await events.get_final_completion()

        first = await create()
        message = first.choices[0].message
        assert message.content == "Looking."
        assert [call.function.name for call in message.tool_calls] == ["ls", "pwd"]
        assert first.choices[0].finish_reason == "tool_calls"
        assert first.usage.completion_tokens == llm.last.usage.output
        assert first.usage.completion_tokens_details.reasoning_tokens > 0
        calls = [
            {"id": c.id, "type": "function", "function": {"name": c.function.name, "arguments": c.function.arguments}}
            for c in message.tool_calls
        ]
        messages.append({"role": "assistant", "content": message.content, "tool_calls": calls})
        messages += [{"role": "tool", "tool_call_id": call["id"], "content": "a b c"} for call in calls]
        last = await create()
        assert last.choices[0].message.content == "All done."


@pytest.mark.parametrize("stored", [True, False], ids=["previous response id", "own history"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_responses_tool_loop(llm, stream, stored):
    async with openai.AsyncOpenAI(api_key="k", base_url=f"{llm.base_url}/v1", max_retries=0) as client:
        llm.queue(LOOK, "All done.")
        ask = {
            "model": GPT,
            "tools": RESPONSES_TOOLS,
            "store": stored,
            "include": ["reasoning.encrypted_content"],
            "reasoning": {"effort": "low", "summary": "auto"},
        }

        async def create(items, **more):
            if not stream:
                return await client.responses.create(input=items, **ask, **more)
            async with client.responses.stream(input=items, **ask, **more) as events:
                numbers = [event.sequence_number async for event in events if hasattr(event, "sequence_number")]
                assert numbers == sorted(set(numbers))
                return await events.get_final_response()

        history = [{"role": "user", "content": "What is there?"}]
        first = await create(history)
        assert [item.type for item in first.output] == ["reasoning", "message", "function_call", "function_call"]
        assert first.output[0].summary[0].text == "The files will tell."
        outputs = [
            {"type": "function_call_output", "call_id": item.call_id, "output": "a b c"} for item in first.output[2:]
        ]
        if stored:
            last = await create(outputs, previous_response_id=first.id)
        else:
            kept = [item.model_dump(exclude_none=True) for item in first.output]
            for item in kept:
                item.pop("parsed_arguments", None)
                for part in item.get("content") or ():
                    part.pop("parsed", None)
            last = await create([*history, *kept, *outputs])
        assert last.output_text == "All done."
        assert llm.last.conversation.client_results == 2
        assert last.usage.input_tokens > first.usage.input_tokens


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_gemini_tool_loop(llm, stream):
    client = genai.Client(api_key="k", http_options=types.HttpOptions(base_url=llm.base_url))
    llm.queue(LOOK, "All done.")
    contents = [types.Content(role="user", parts=[types.Part(text="What is there?")])]
    config = types.GenerateContentConfig(tools=GEMINI_TOOLS)

    async def create():
        if not stream:
            answer = await client.aio.models.generate_content(model=GEMINI, contents=contents, config=config)
            return answer.candidates[0].content.parts, answer.usage_metadata
        parts = []
        async for chunk in await client.aio.models.generate_content_stream(
            model=GEMINI, contents=contents, config=config
        ):
            parts += chunk.candidates[0].content.parts or []
            usage = chunk.usage_metadata
        return parts, usage

    parts, usage = await create()
    calls = [part for part in parts if part.function_call]
    assert [part.function_call.name for part in calls] == ["ls", "pwd"]
    assert calls[0].thought_signature
    assert not calls[1].thought_signature
    assert usage.thoughts_token_count > 0
    contents.append(types.Content(role="model", parts=[part for part in parts if not part.thought]))
    contents.append(
        types.Content(
            role="user",
            parts=[
                types.Part(
                    function_response=types.FunctionResponse(
                        id=part.function_call.id, name=part.function_call.name, response={"output": "a b c"}
                    )
                )
                for part in calls
            ],
        )
    )
    parts, _ = await create()
    assert "".join(part.text for part in parts) == "All done."
    await client.aio.aclose()


async def test_sync_clients(llm):
    claude = anthropic.Anthropic(api_key="k", base_url=llm.base_url, max_retries=0)
    gpt = openai.OpenAI(api_key="k", base_url=f"{llm.base_url}/v1", max_retries=0)
    gemini = genai.Client(api_key="k", http_options=types.HttpOptions(base_url=llm.base_url))

    def calls():
        with claude, gpt:
            yield (
                claude.messages.create(model=CLAUDE, max_tokens=9, messages=[{"role": "user", "content": "hi"}])
                .content[0]
                .text
            )
            yield (
                gpt.chat.completions.create(model=GPT, messages=[{"role": "user", "content": "hi"}])
                .choices[0]
                .message.content
            )
            yield gpt.responses.create(model=GPT, input="hi").output_text
            yield gemini.models.generate_content(model=GEMINI, contents="hi").text
            with claude.messages.stream(
                model=CLAUDE, max_tokens=9, messages=[{"role": "user", "content": "hi"}]
            ) as events:
                yield "".join(events.text_stream)

    assert await asyncio.to_thread(lambda: list(calls())) == ["Done."] * 5


async def test_counts_models_embeddings(llm):
    async with (
        anthropic.AsyncAnthropic(api_key="k", base_url=llm.base_url, max_retries=0) as claude,
        openai.AsyncOpenAI(api_key="k", base_url=f"{llm.base_url}/v1", max_retries=0) as gpt,
    ):
        told = await claude.messages.count_tokens(model=CLAUDE, messages=[{"role": "user", "content": "one two three"}])
        assert told.input_tokens == 5
        assert CLAUDE in [model.id async for model in claude.models.list()]
        assert GPT in [model.id async for model in gpt.models.list()]
        assert (await gpt.models.retrieve(GPT)).id == GPT
        assert (
            (await gpt.embeddings.create(model="text-embedding-3-small", input="x", encoding_format="float"))
            .data[0]
            .embedding
        )
    client = genai.Client(api_key="k", http_options=types.HttpOptions(base_url=llm.base_url))
    assert (await client.aio.models.count_tokens(model=GEMINI, contents="one two three")).total_tokens > 3
    await client.aio.aclose()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (429, "RateLimitError"),
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (529, "OverloadedError"),
        (500, "InternalServerError"),
        (413, "ContentTooLargeError"),
    ],
)
async def test_errors_raise_what_the_sdk_documents(llm, fault, error):
    from headroom.testing import faults

    llm.fail(faults.status(fault), times=2)
    async with anthropic.AsyncAnthropic(api_key="k", base_url=llm.base_url, max_retries=0) as claude:
        with pytest.raises(anthropic.APIStatusError) as caught:
            await claude.messages.create(model=CLAUDE, max_tokens=9, messages=[{"role": "user", "content": "hi"}])
    assert type(caught.value).__name__ == error
    assert caught.value.body["type"] == "error"
    async with openai.AsyncOpenAI(api_key="k", base_url=f"{llm.base_url}/v1", max_retries=0) as gpt:
        with pytest.raises(openai.APIStatusError) as caught:
            await gpt.responses.create(model=GPT, input="hi")
    assert caught.value.status_code == (503 if fault == 529 else fault)
    assert caught.value.body["message"]
