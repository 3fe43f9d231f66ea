"""Clients that hold one conversation through a gateway: our own, and the official SDKs as agents use them.

An SDK's next turn is built from the objects that it returned, and its stream helpers read every event. What the SDK
shows is collected in ``shown``, the bytes it read in ``raw``.
"""

import json
from dataclasses import dataclass, field

import anthropic
import httpx
import httpx2
import openai
from google import genai
from google.genai import errors, types

from headroom.exchange import Usage, Wire
from headroom.testing.agent import MODELS
from headroom.testing.clients import CLIENTS, Reading
from headroom.testing.clients.protocol import ToolRequest

SCHEMA = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
NAME, WORDS = "Bash", "Run a command"
KEY = "sk-test"


@dataclass
class Talk:
    """One conversation; ``history`` is in the client's own terms."""

    url: str
    wire: Wire
    stream: bool
    system: str
    history: list = field(default_factory=list)
    status: int = 0
    headers: dict = field(default_factory=dict)
    raw: bytes = b""
    """The body of the last answer, as far as it was read."""
    shown: str = ""
    """All that the client made of answers so far."""
    raised: Exception | None = None
    """What the SDK raised at the last answer."""

    def __post_init__(self):
        """Connect."""

    def user(self, text):
        """Add what the user says."""
        self.history.append({"role": "user", "content": text})

    def results(self, outputs):
        """Add the results of all calls of the last answer: (call, text) each."""
        raise NotImplementedError

    async def answer(self):
        """Ask, keep the answer in the history, and return a Reading."""
        raise NotImplementedError

    def move(self, url):
        """Talk to another gateway from now on."""
        self.url = url

    async def close(self):
        """Let go of connections."""

    async def ask(self):
        """Ask; an error that the client raises becomes a Reading that is not complete."""
        self.raised, self.raw = None, b""
        try:
            return await self.answer()
        except self.errors as error:
            self.raised = error
            self.shown += f"{error!r} {getattr(error, 'body', '')}"
            return Reading("", (), None, complete=False, error=str(error))

    errors = ()


class OwnTalk(Talk):
    """The project's own clients over plain HTTP: they read every event by the letter."""

    def __post_init__(self):
        tools = [(NAME, WORDS, SCHEMA)]
        self.client = CLIENTS[self.wire](MODELS[self.wire], self.system, tools, stream=self.stream)
        self.user, self.results = self.client.user, self.client.results
        self.http = httpx.AsyncClient(timeout=60, trust_env=False)

    async def answer(self):
        headers = {"content-type": "application/json", **self.client.headers(KEY)}
        url = self.url + self.client.url
        async with self.http.stream("POST", url, content=self.client.encode(), headers=headers) as answer:
            self.status, self.headers = answer.status_code, answer.headers
            async for piece in answer.aiter_bytes():
                self.raw += piece
        self.shown += self.raw.decode()
        if self.status != 200:
            return Reading("", (), None, complete=False, error=self.raw.decode())
        return self.client.read(self.raw)

    async def close(self):
        await self.http.aclose()


class _Recorded(httpx2.AsyncByteStream):
    def __init__(self, stream, talk):
        self.stream, self.talk = stream, talk

    async def __aiter__(self):
        async for piece in self.stream:
            self.talk.raw += piece
            yield piece

    async def aclose(self):
        await self.stream.aclose()


class _Recording(httpx2.AsyncHTTPTransport):
    """The SDK's own transport, which keeps what passes."""

    def __init__(self, talk):
        super().__init__()
        self.talk = talk

    async def handle_async_request(self, request):
        request.headers["accept-encoding"] = "identity"
        response = await super().handle_async_request(request)
        self.talk.status, self.talk.headers = response.status_code, response.headers
        response.stream = _Recorded(response.stream, self.talk)
        return response


class SdkTalk(Talk):
    """What the SDKs have in common."""

    def __post_init__(self):
        self.http = httpx2.AsyncClient(transport=_Recording(self), timeout=60, trust_env=False)
        self.connect()

    def move(self, url):
        self.url = url
        self.connect()

    def show(self, *objects):
        """Keep what a user of the SDK could see of its objects."""
        self.shown += "".join(made.model_dump_json() for made in objects)

    async def close(self):
        await self.http.aclose()


class AnthropicTalk(SdkTalk):
    """``messages.stream`` and ``messages.create``."""

    errors = (anthropic.APIError,)

    def connect(self):
        self.sdk = anthropic.AsyncAnthropic(api_key=KEY, base_url=self.url, max_retries=0, http_client=self.http)

    def results(self, outputs):
        blocks = [{"type": "tool_result", "tool_use_id": call.id, "content": text} for call, text in outputs]
        self.history.append({"role": "user", "content": blocks})

    async def answer(self):
        ask = {
            "model": MODELS[self.wire],
            "max_tokens": 8000,
            "thinking": {"type": "enabled", "budget_tokens": 4000},
            "system": [{"type": "text", "text": self.system, "cache_control": {"type": "ephemeral"}}],
            "tools": [{"name": NAME, "description": WORDS, "input_schema": SCHEMA}],
            "messages": self.history,
        }
        said = None
        if self.stream:
            said = ""
            async with self.sdk.messages.stream(**ask) as events:
                async for event in events:
                    self.show(event)
                    said += event.text if event.type == "text" else ""
                message = await events.get_final_message()
        else:
            message = await self.sdk.messages.create(**ask)
        self.show(message)
        text = "".join(block.text for block in message.content if block.type == "text")
        assert said in {None, text}
        self.history.append({"role": "assistant", "content": message.content})
        calls = [block for block in message.content if block.type == "tool_use"]
        assert message.stop_reason == ("tool_use" if calls else "end_turn")
        usage = message.usage
        return Reading(
            text,
            tuple(ToolRequest(call.id, call.name, call.input) for call in calls),
            Usage(
                input=usage.input_tokens,
                cache_read=usage.cache_read_input_tokens or 0,
                cache_write_5m=usage.cache_creation_input_tokens or 0,
                output=usage.output_tokens,
            ),
            complete=True,
        )


def _openai_usage(prompt, output, details):
    read, write = details.cached_tokens or 0, getattr(details, "cache_write_tokens", 0) or 0
    return Usage(input=prompt - read - write, cache_read=read, cache_write_5m=write, output=output)


class OpenAITalk(SdkTalk):
    """What both OpenAI formats have in common."""

    errors = (openai.APIError,)

    def connect(self):
        self.sdk = openai.AsyncOpenAI(api_key=KEY, base_url=f"{self.url}/v1", max_retries=0, http_client=self.http)


class ChatTalk(OpenAITalk):
    """``chat.completions.stream`` and ``chat.completions.create``."""

    def __post_init__(self):
        super().__post_init__()
        self.history.append({"role": "system", "content": self.system})

    def results(self, outputs):
        self.history += [{"role": "tool", "tool_call_id": call.id, "content": text} for call, text in outputs]

    async def answer(self):
        function = {"name": NAME, "description": WORDS, "parameters": SCHEMA}
        ask = {
            "model": MODELS[self.wire],
            "messages": self.history,
            "tools": [{"type": "function", "function": function}],
        }
        said = None
        if self.stream:
            said = ""
            options = {"include_usage": True}
            async with self.sdk.chat.completions.stream(**ask, stream_options=options) as events:
                async for event in events:
                    self.show(event)
                    said += event.delta if event.type == "content.delta" else ""
                done = await events.get_final_completion()
        else:
            done = await self.sdk.chat.completions.create(**ask)
        self.show(done)
        (choice,) = done.choices
        assert said in {None, choice.message.content or ""}
        self.history.append(choice.message)
        calls = choice.message.tool_calls or []
        assert choice.finish_reason == ("tool_calls" if calls else "stop")
        return Reading(
            choice.message.content or "",
            tuple(ToolRequest(call.id, call.function.name, json.loads(call.function.arguments)) for call in calls),
            _openai_usage(done.usage.prompt_tokens, done.usage.completion_tokens, done.usage.prompt_tokens_details),
            complete=True,
        )


class ResponsesTalk(OpenAITalk):
    """``responses.stream`` and ``responses.create``, the history kept by the client."""

    def results(self, outputs):
        self.history += [{"type": "function_call_output", "call_id": call.id, "output": text} for call, text in outputs]

    async def answer(self):
        ask = {
            "model": MODELS[self.wire],
            "instructions": self.system,
            "input": self.history,
            "tools": [{"type": "function", "name": NAME, "description": WORDS, "parameters": SCHEMA, "strict": False}],
            "reasoning": {"effort": "medium", "summary": "auto"},
            "store": False,
            "include": ["reasoning.encrypted_content"],
        }
        said = None
        if self.stream:
            said, numbers = "", []
            async with self.sdk.responses.stream(**ask) as events:
                async for event in events:
                    self.show(event)
                    numbers.append(event.sequence_number)
                    said += event.delta if event.type == "response.output_text.delta" else ""
                done = await events.get_final_response()
            assert numbers == sorted(set(numbers))
        else:
            done = await self.sdk.responses.create(**ask)
        self.show(done)
        assert said in {None, done.output_text}
        assert done.status == "completed"
        self.history += done.output
        return Reading(
            done.output_text,
            tuple(
                ToolRequest(item.call_id, item.name, json.loads(item.arguments))
                for item in done.output
                if item.type == "function_call"
            ),
            _openai_usage(done.usage.input_tokens, done.usage.output_tokens, done.usage.input_tokens_details),
            complete=True,
        )


class GeminiTalk(SdkTalk):
    """``generate_content_stream`` and ``generate_content``."""

    errors = (errors.APIError, errors.UnknownApiResponseError, httpx2.HTTPError)

    def connect(self):
        options = types.HttpOptions(base_url=self.url, httpx_async_client=self.http)
        self.sdk = genai.Client(api_key=KEY, http_options=options)

    def user(self, text):
        self.history.append(types.Content(role="user", parts=[types.Part(text=text)]))

    def results(self, outputs):
        answers = [
            types.FunctionResponse(id=call.id or None, name=call.name, response={"output": text})
            for call, text in outputs
        ]
        self.history.append(types.Content(role="user", parts=[types.Part(function_response=made) for made in answers]))

    async def answer(self):
        declared = types.FunctionDeclaration(name=NAME, description=WORDS, parameters_json_schema=SCHEMA)
        ask = {
            "model": MODELS[self.wire],
            "contents": self.history,
            "config": types.GenerateContentConfig(
                system_instruction=self.system,
                tools=[types.Tool(function_declarations=[declared])],
                thinking_config=types.ThinkingConfig(include_thoughts=True),
            ),
        }
        parts, told, finish = [], None, None
        if self.stream:
            async for chunk in await self.sdk.aio.models.generate_content_stream(**ask):
                self.show(chunk)
                told = chunk.usage_metadata or told
                for candidate in chunk.candidates or ():
                    finish = candidate.finish_reason or finish
                    parts += (candidate.content and candidate.content.parts) or ()
            if finish is None:  # the SDK itself takes a stream that just ends for a whole one
                return Reading("", (), None, complete=False, error="The stream ended without a finish reason.")
            content = types.Content(role="model", parts=parts)
        else:
            done = await self.sdk.aio.models.generate_content(**ask)
            self.show(done)
            told, content, finish = done.usage_metadata, done.candidates[0].content, done.candidates[0].finish_reason
        assert finish is types.FinishReason.STOP
        self.history.append(content)
        calls = [part.function_call for part in content.parts if part.function_call]
        read = told.cached_content_token_count or 0
        return Reading(
            "".join(part.text for part in content.parts if part.text and not part.thought),
            tuple(ToolRequest(call.id or "", call.name, call.args or {}) for call in calls),
            Usage(
                input=told.prompt_token_count - read,
                cache_read=read,
                output=(told.candidates_token_count or 0) + (told.thoughts_token_count or 0),
            ),
            complete=True,
        )

    async def close(self):
        await self.sdk.aio.aclose()
        await super().close()


SDKS = {
    Wire.ANTHROPIC: AnthropicTalk,
    Wire.OPENAI_CHAT: ChatTalk,
    Wire.OPENAI_RESPONSES: ResponsesTalk,
    Wire.GEMINI: GeminiTalk,
}
