"""What the official SDKs make of woven answers."""

import asyncio
import json

import pytest

from headroom.exchange import Wire
from headroom.retrieval.turns.parts import UNSAID
from headroom.testing.script import Call, Retrieve, Text, Thinking

from .house import House

anthropic = pytest.importorskip("anthropic")
openai = pytest.importorskip("openai")
genai = pytest.importorskip("google.genai")

STORY = [
    [Thinking("hm"), Text("Let me see, é😀. "), Retrieve(lines="200-201"), Retrieve(pattern="request 7 ")],
    [Thinking("So."), Text("It took 2 ms — fine. "), Retrieve(lines="3")],
    [Text("Next."), Call("Look", {"path": "é"}), Call("Bash", {"command": "ls"})],
]
MIXED = [[Text("Two: "), Call("Look", {"path": "a"}), Retrieve(lines="9"), Call("Bash", {"command": "b"})]]
SILENT = [[Retrieve(lines="3")], [Text("Next."), Call("Look", {"path": "é"}), Call("Bash", {"command": "ls"})]]
"""Of the first round nothing is shown."""
ENDLESS = [[Retrieve(lines="3")]] * 9
"""Nothing is shown at all, and the limit ends the turn."""
SAID = {"endless": UNSAID, "silent": "Next.", "rounds": "Let me see, é😀. It took 2 ms — fine. Next.", "mixed": "Two: "}
TOLD = {"rounds": STORY, "mixed": MIXED, "silent": SILENT, "endless": ENDLESS}
CALLED = {name: [] if name == "endless" else ["Look", "Bash"] for name in TOLD}
stories = pytest.mark.parametrize(("name", "story"), TOLD.items(), ids=list(TOLD))


def raw_of(wire, story, *, stream=True):
    async def play():
        house = House(wire, stream=stream, size=50)
        await house.start()
        house.upstream.queue(*story)
        reading = await house.ask()
        return house.raw, reading.usage

    return asyncio.run(play())


def http_client(library, raw, content_type="text/event-stream"):
    """An HTTP client of the kind the SDK uses, whose every request gets ``raw``."""
    name = type(library.DefaultHttpxClient()).__mro__[1].__module__.split(".")[0]
    http = __import__(name)
    answer = lambda request: http.Response(200, headers={"content-type": content_type}, content=raw)  # noqa: E731
    return http.Client(transport=http.MockTransport(answer))


@stories
def test_anthropic_stream(name, story):
    raw, usage = raw_of(Wire.ANTHROPIC, story)
    client = anthropic.Anthropic(api_key="x", http_client=http_client(anthropic, raw), max_retries=0)
    with client.messages.stream(model="m", max_tokens=9, messages=[{"role": "user", "content": "x"}]) as stream:
        message = stream.get_final_message()
    assert "".join(block.text for block in message.content if block.type == "text") == SAID[name]
    assert [block.name for block in message.content if block.type == "tool_use"] == CALLED[name]
    assert [block.type for block in message.content if block.type == "thinking"] == ["thinking"] * (
        2 * (name == "rounds")
    )
    assert message.stop_reason == ("tool_use" if CALLED[name] else "end_turn")
    assert message.usage.output_tokens == usage.output
    assert message.usage.input_tokens == usage.input


@stories
def test_openai_chat_stream(name, story):
    raw, usage = raw_of(Wire.OPENAI_CHAT, story)
    client = openai.OpenAI(api_key="x", http_client=http_client(openai, raw), max_retries=0)
    with client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "x"}]) as stream:
        for _ in stream:
            pass
        done = stream.get_final_completion()
    [choice] = done.choices
    assert choice.message.role == "assistant"
    assert choice.message.content == SAID[name]
    called = choice.message.tool_calls or []
    assert [call.function.name for call in called] == CALLED[name]
    assert all(json.loads(call.function.arguments)["path"] in {"é", "a"} for call in called[:1])
    assert choice.finish_reason == ("tool_calls" if called else "stop")
    assert done.usage.completion_tokens == usage.output
    assert done.usage.prompt_tokens == usage.total_input


@stories
def test_openai_responses_stream(name, story):
    raw, usage = raw_of(Wire.OPENAI_RESPONSES, story)
    client = openai.OpenAI(api_key="x", http_client=http_client(openai, raw), max_retries=0)
    with client.responses.stream(model="m", input="x") as stream:
        events = list(stream)
        done = stream.get_final_response()
    assert events[-1].type == "response.completed"
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert done.output_text == SAID[name]
    assert [item.name for item in done.output if item.type == "function_call"] == CALLED[name]
    assert done.usage.output_tokens == usage.output
    assert done.usage.input_tokens == usage.total_input


@stories
def test_gemini_stream(name, story):
    raw, usage = raw_of(Wire.GEMINI, story)
    library = __import__(type(openai.DefaultHttpxClient()).__mro__[1].__module__.split(".")[0])
    answer = lambda request: library.Response(200, headers={"content-type": "text/event-stream"}, content=raw)  # noqa: E731
    options = genai.types.HttpOptions(
        base_url="http://gemini.invalid", httpx_client=library.Client(transport=library.MockTransport(answer))
    )
    client = genai.Client(api_key="x", http_options=options)
    text, calls, told = "", [], None
    for chunk in client.models.generate_content_stream(model="m", contents="x"):
        for part in (chunk.candidates[0].content.parts or []) if chunk.candidates[0].content else []:
            if part.text and not part.thought:
                text += part.text
            if part.function_call:
                calls.append(part.function_call.name)
        told = chunk.usage_metadata or told
    assert text == SAID[name]
    assert calls == CALLED[name]
    assert told.prompt_token_count == usage.total_input


def test_whole_answers():
    raw, usage = raw_of(Wire.ANTHROPIC, STORY, stream=False)
    client = anthropic.Anthropic(
        api_key="x", http_client=http_client(anthropic, raw, "application/json"), max_retries=0
    )
    message = client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "x"}])
    assert [block.type for block in message.content] == ["text", "tool_use", "tool_use"]
    assert message.usage.output_tokens == usage.output
    raw, usage = raw_of(Wire.OPENAI_CHAT, MIXED, stream=False)
    chat = openai.OpenAI(api_key="x", http_client=http_client(openai, raw, "application/json"), max_retries=0)
    done = chat.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
    assert [call.function.name for call in done.choices[0].message.tool_calls] == ["Look", "Bash"]
    assert done.usage.completion_tokens == usage.output
    raw, usage = raw_of(Wire.OPENAI_RESPONSES, STORY, stream=False)
    responses = openai.OpenAI(api_key="x", http_client=http_client(openai, raw, "application/json"), max_retries=0)
    answer = responses.responses.create(model="m", input="x")
    assert answer.output_text == "Next."
    assert answer.usage.input_tokens == usage.total_input


@pytest.mark.parametrize("wire", list(Wire))
def test_pings_are_nothing_to_the_sdks(wire):
    """A ping between any two events changes nothing in what is read."""
    from headroom.retrieval.weave import weaver_for
    from headroom.wire.sse import EventSplitter

    raw, _ = raw_of(wire, [[Text("Only words, but some of them. " * 3)]])
    ping = weaver_for(wire).ping()
    pinged = b"".join(event + ping for event in EventSplitter().feed(raw))
    if wire is Wire.ANTHROPIC:
        client = anthropic.Anthropic(api_key="x", http_client=http_client(anthropic, pinged), max_retries=0)
        with client.messages.stream(model="m", max_tokens=9, messages=[{"role": "user", "content": "x"}]) as stream:
            text = stream.get_final_text()
    elif wire is Wire.OPENAI_CHAT:
        client = openai.OpenAI(api_key="x", http_client=http_client(openai, pinged), max_retries=0)
        with client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "x"}]) as stream:
            text = stream.get_final_completion().choices[0].message.content
    elif wire is Wire.OPENAI_RESPONSES:
        client = openai.OpenAI(api_key="x", http_client=http_client(openai, pinged), max_retries=0)
        with client.responses.stream(model="m", input="x") as stream:
            text = stream.get_final_response().output_text
    else:
        library = __import__(type(openai.DefaultHttpxClient()).__mro__[1].__module__.split(".")[0])
        answer = lambda request: library.Response(200, headers={"content-type": "text/event-stream"}, content=pinged)  # noqa: E731
        options = genai.types.HttpOptions(
            base_url="http://gemini.invalid", httpx_client=library.Client(transport=library.MockTransport(answer))
        )
        client = genai.Client(api_key="x", http_options=options)
        text = "".join(chunk.text or "" for chunk in client.models.generate_content_stream(model="m", contents="x"))
    assert text == "Only words, but some of them. " * 3
