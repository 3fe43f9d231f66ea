"""The provider behind the fake's sockets: checks, bills and answers one request, without any I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from headroom.exchange import Usage, Wire
from headroom.testing import cache
from headroom.testing.clock import Clock, SystemClock
from headroom.testing.compose import Ids, compose
from headroom.testing.deliver import Outgoing, error_out, json_out
from headroom.testing.faults import Fault
from headroom.testing.intake import credential, parse
from headroom.testing.ledger import Ledger
from headroom.testing.record import Conversation, RecordedRequest
from headroom.testing.replies import anthropic as say_anthropic
from headroom.testing.replies import bedrock as say_bedrock
from headroom.testing.replies import gemini as say_gemini
from headroom.testing.replies import openai_chat as say_chat
from headroom.testing.replies.answer import Answer
from headroom.testing.replies.openai_responses import Rendered
from headroom.testing.replies.openai_responses import stream_error as responses_stream_error
from headroom.testing.routes import Route
from headroom.testing.script import Reply
from headroom.testing.tokens import Tokens
from headroom.testing.validate import Refused, anthropic, gemini, openai_chat, openai_responses

_SSE = "text/event-stream; charset=utf-8"
_CHARGES_WRITES = ("gpt-5.6", "gpt-5.7", "gpt-5.8", "gpt-5.9", "gpt-6")
_WORDS = {
    400: "The request was refused.",
    401: "invalid x-api-key",
    403: "This key may not do that.",
    404: "Not found",
    413: "Request exceeds the maximum size",
    422: "The request could not be processed.",
    429: "This request would exceed your rate limit.",
    500: "Internal server error",
    503: "The service is overloaded. Please try again later.",
    529: "Overloaded",
}


@dataclass(slots=True)
class Provider:
    """All four providers in one, sharing keys, clock and memory."""

    clock: Clock = field(default_factory=SystemClock)
    ledger: Ledger = field(default_factory=Ledger)
    tokens: Tokens = field(default_factory=Tokens)
    new_id: Ids = field(default_factory=Ids)
    auth: bool = True
    billing: bool = True
    gemini_ids: bool = True
    minimum: int = cache.MINIMUM
    anthropic_cache: cache.AnthropicCache = field(init=False)
    openai_cache: cache.PrefixCache = field(init=False)
    gemini_cache: cache.PrefixCache = field(init=False)

    def __post_init__(self) -> None:
        self.forget_caches()

    def forget_caches(self) -> None:
        """Empty all prompt caches."""
        self.anthropic_cache = cache.AnthropicCache(self.tokens, self.minimum)
        self.openai_cache = cache.PrefixCache(self.tokens, minimum=self.minimum)
        self.gemini_cache = cache.PrefixCache(self.tokens, minimum=self.minimum)

    def authorise(self, route: Route, headers: Mapping[str, str], query: Mapping[str, str]) -> Outgoing | None:
        """Refuse a request without a credential (any value is good), or without Anthropic's version header."""
        if not self.auth:
            return None
        if not credential(headers, query):
            return self.refuse(route, Refused("Missing API key in the request headers.", status=401))
        if route.wire is Wire.ANTHROPIC and not route.cloud and "anthropic-version" not in headers:
            return self.refuse(route, Refused("anthropic-version: header is required"))
        return None

    def read(self, record: RecordedRequest, route: Route, headers: Mapping[str, str]) -> dict[str, Any]:
        """Parse and check a generation or count request; fills the record. Raises ``Refused``."""
        body = parse(record, route)
        record.model = route.model or record.model or str(body.get("model") or "")
        record.stream = route.stream or body.get("stream") is True
        try:
            return self._check(record, route, body, headers)
        except (TypeError, AttributeError, KeyError, ValueError) as error:
            # A value of a type that no rule foresaw, such as a list for a role: providers refuse it by their schema.
            raise Refused(f"Invalid request: a value has the wrong type ({type(error).__name__}: {error})") from error

    def _check(
        self, record: RecordedRequest, route: Route, body: dict[str, Any], headers: Mapping[str, str]
    ) -> dict[str, Any]:
        count = route.operation == "count"
        match route.wire:
            case Wire.ANTHROPIC:
                record.conversation = anthropic.read(body, headers, self.ledger, count=count)
            case Wire.OPENAI_CHAT:
                record.conversation = openai_chat.read(body)
            case Wire.OPENAI_RESPONSES:
                reading = openai_responses.read(body, self.ledger)
                record.conversation = reading.conversation
                body = {**body, "__items": reading.items}
            case Wire.GEMINI:
                inner = body.get("generateContentRequest", body) if count else body
                record.conversation = gemini.read({k: v for k, v in inner.items() if k != "model"}, self.ledger)
        return body

    def bill(self, record: RecordedRequest, body: Mapping[str, Any], scope: str) -> Usage:
        """What the prompt costs by the provider's cache."""
        if not self.billing:
            return Usage(input=len(record.body) // 4)
        now = self.clock.now()
        match record.wire:
            case Wire.ANTHROPIC:
                return self.anthropic_cache.bill(body, scope, now)
            case Wire.OPENAI_CHAT:
                texts = cache.chat_texts(body)
            case Wire.OPENAI_RESPONSES:
                texts = cache.responses_texts(body, body["__items"])
            case _:
                return self.gemini_cache.bill(cache.gemini_texts(body), f"{scope}\0{record.model}", now)
        writes = record.model.startswith(_CHARGES_WRITES)
        return self.openai_cache.bill(texts, f"{scope}\0{record.model}", now, writes=writes)

    def answer(
        self,
        record: RecordedRequest,
        route: Route,
        body: Mapping[str, Any],
        reply: Reply,
        scope: str,
        *,
        sse: bool = True,
    ) -> Outgoing:
        """Answer a checked generation request with ``reply``."""
        rendered = self._answer(record, body, reply, scope)
        headers = (*self.headers(route.wire), *reply.headers)
        if route.cloud == "bedrock":
            return _bedrock(record, rendered, headers)
        match route.wire:
            case Wire.ANTHROPIC:
                whole, frames, broken = say_anthropic.whole, say_anthropic.stream, say_anthropic.stream_error()
            case Wire.OPENAI_CHAT:
                whole, frames, broken = say_chat.whole, say_chat.stream, say_chat.stream_error()
            case Wire.OPENAI_RESPONSES:
                return self._responses(record, body, rendered, headers)
            case Wire.GEMINI:
                return _gemini(record, route, rendered, headers, sse=sse)
        if not record.stream:
            return json_out(whole(rendered), headers)
        return Outgoing(
            200, (("Content-Type", _SSE), *headers), tuple(frames(rendered)), stream=True, error_frame=broken
        )

    def _answer(self, record: RecordedRequest, body: Mapping[str, Any], reply: Reply, scope: str) -> Answer:
        assert record.wire is not None
        request = {key: value for key, value in body.items() if key != "__items"}
        answer, record.usage = compose(
            reply,
            record.wire,
            request,
            record.conversation or Conversation(()),
            self.bill(record, body, scope),
            model=record.model,
            ledger=self.ledger,
            tokens=self.tokens,
            new_id=self.new_id,
            created=int(self.clock.now()),
            gemini_ids=self.gemini_ids,
        )
        return answer

    def render(
        self, record: RecordedRequest, body: Mapping[str, Any], reply: Reply, scope: str, *, always: bool = False
    ) -> Rendered:
        """A Responses answer as an object, stored when asked for; used by the WebSocket too."""
        return self._store(body, Rendered(self._answer(record, body, reply, scope)), always=always)

    def _store(self, body: Mapping[str, Any], rendered: Rendered, *, always: bool = False) -> Rendered:
        thought = ""
        for item in rendered.items:
            if item["type"] == "reasoning":
                thought = item["id"]
            elif thought:
                self.ledger.seal_call(item["id"], thought)
                thought = ""
        if always or body.get("store", True) is not False:
            self.ledger.store(rendered.id, list(body["__items"]), rendered.whole())
        return rendered

    def _responses(
        self, record: RecordedRequest, body: Mapping[str, Any], answer: Answer, headers: tuple[tuple[str, str], ...]
    ) -> Outgoing:
        rendered = self._store(body, Rendered(answer))
        if not record.stream:
            return json_out(rendered.whole(), headers)
        return Outgoing(
            200,
            (("Content-Type", _SSE), *headers),
            tuple(rendered.stream()),
            stream=True,
            error_frame=responses_stream_error(),
        )

    def count(self, route: Route, body: Mapping[str, Any]) -> Outgoing:
        """The number of tokens a prompt would cost."""
        if route.wire is Wire.GEMINI:
            inner = body.get("generateContentRequest", body)
            total = sum(self.tokens.count(text) for text in cache.gemini_texts(inner))
            counted: dict[str, Any] = {
                "totalTokens": total,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": total}],
            }
            return json_out(counted if not route.nested else {"response": counted}, self.headers(route.wire))
        probe = cache.AnthropicCache(self.tokens, self.minimum).bill(body, "", self.clock.now())
        return json_out({"input_tokens": probe.total_input}, self.headers(route.wire))

    def headers(self, wire: Wire) -> tuple[tuple[str, str], ...]:
        """Headers the provider adds to every answer."""
        request_id = self.new_id("req_")
        match wire:
            case Wire.ANTHROPIC:
                return (
                    ("request-id", request_id),
                    ("anthropic-ratelimit-requests-limit", "4000"),
                    ("anthropic-ratelimit-requests-remaining", "3999"),
                )
            case Wire.GEMINI:
                return (("X-Gemini-Service-Tier", "standard"),)
            case _:
                return (("x-request-id", request_id), ("openai-processing-ms", "5"), ("openai-version", "2020-10-01"))

    def refuse(self, route: Route, why: Refused) -> Outgoing:
        """An error in the provider's own envelope."""
        body, extra = self._error(route, why)
        return error_out(why.status, body, (*self.headers(route.wire), *extra))

    def fail(self, route: Route, fault: Fault) -> Outgoing:
        """The answer of a ``status`` fault."""
        code = fault.status
        if code == 529 and (route.wire is not Wire.ANTHROPIC or route.cloud == "bedrock"):
            code = 503
        extra = (("Retry-After", fault.retry_after),) if fault.retry_after is not None else ()
        headers = (*self.headers(route.wire), *extra)
        if fault.body is not None:
            return error_out(code, fault.body.encode(), headers, content_type=fault.content_type)
        body, named = self._error(route, Refused(_WORDS.get(code, "Error"), status=code))
        return error_out(code, body, (*headers, *named))

    def _error(self, route: Route, why: Refused) -> tuple[bytes, tuple[tuple[str, str], ...]]:
        if route.cloud == "bedrock":
            return say_bedrock.error(why.status, why.message)
        match route.wire:
            case Wire.ANTHROPIC:
                return say_anthropic.error(why.status, why.message, self.new_id("req_")), ()
            case Wire.GEMINI:
                return say_gemini.error(why.status, why.message), ()
            case _:
                return say_chat.error(why.status, why.message, param=why.param, code=why.code), ()


def _bedrock(record: RecordedRequest, answer: Answer, headers: tuple[tuple[str, str], ...]) -> Outgoing:
    if not record.stream:
        return json_out(say_anthropic.whole(answer), (*headers, *say_bedrock.headers(answer)))
    kind = (("Content-Type", "application/vnd.amazon.eventstream"), *headers)
    frames = tuple(say_bedrock.stream(answer))
    return Outgoing(200, kind, frames, stream=True, error_frame=say_bedrock.stream_error())


def _gemini(
    record: RecordedRequest, route: Route, answer: Answer, headers: tuple[tuple[str, str], ...], *, sse: bool
) -> Outgoing:
    def nest(data: dict[str, Any]) -> dict[str, Any]:
        return {"response": data} if route.nested else data

    if not record.stream:
        return json_out(nest(say_gemini.whole(answer)), headers)
    if not sse:
        kind = (("Content-Type", "application/json; charset=UTF-8"), *headers)
        return Outgoing(200, kind, tuple(say_gemini.array(answer, nest)), stream=True)
    kind = (("Content-Type", "text/event-stream"), *headers)
    frames = tuple(say_gemini.stream(answer, nest))
    return Outgoing(200, kind, frames, stream=True, error_frame=say_gemini.stream_error())
