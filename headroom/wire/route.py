"""Which calls are LLM calls, in which wire format and for which provider (surface.md 8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import unquote

from headroom.exchange import Wire
from headroom.wire import ANTHROPIC, BEDROCK, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES, dialect_for
from headroom.wire.dialect import Dialect
from headroom.wire.headers import get


class Family(StrEnum):
    """What kind of route a path is."""

    MESSAGES = "messages"
    MESSAGE_BATCH = "message_batch"
    CHAT = "chat"
    RESPONSES = "responses"
    GEMINI = "gemini"
    CODE_ASSIST = "code_assist"
    VERTEX_GOOGLE = "vertex_google"
    VERTEX_ANTHROPIC = "vertex_anthropic"
    BEDROCK = "bedrock"
    OTHER = "other"
    """A provider's route whose body we do not read: models, files, embeddings, token counts."""


@dataclass(frozen=True, slots=True)
class Route:
    """What a method and path mean."""

    family: Family
    provider: str
    """anthropic, openai, gemini, vertex or bedrock."""
    wire: Wire | None = None
    """None: the body passes unread."""
    generation: bool = False
    """It produces model output, so it is compressed, limited and booked."""
    spends: bool = False
    """It counts against rate and budget: every generation route, and the creation of a batch."""
    model: str | None = None
    """The model, where the path names it."""
    stream: bool | None = None
    """Whether the answer is a stream, where the path says so; else the body does."""
    host: str | None = None
    """The host that serves this route, where it is not the provider's configured upstream."""
    websocket: bool = False
    problem: str | None = None
    """Set when the path must not be routed; answer 400 (``Refusal.INVALID``) with this message."""


_LOCATION: Final = re.compile(r"[a-z0-9-]{1,63}")
_VERSION: Final = r"/v[0-9][0-9a-z]*"
_VERTEX: Final = re.compile(
    _VERSION + r"/projects/[^/]+/locations/(?P<location>[^/]+)/publishers/(?P<publisher>[^/]+)"
    r"/models/(?P<model>[^/:]+):(?P<method>\w+)"
)
_GEMINI: Final = re.compile(r"(?:/.*)?" + _VERSION + r"/(?:models|tunedModels)/(?P<model>[^/:]+):(?P<method>\w+)")
_CODE_ASSIST: Final = re.compile(r"(?:/v1)?/v1internal:(?P<method>\w+)")
_BEDROCK: Final = re.compile(r"/model/(?P<model>.+)/(?P<method>[a-z-]+)")
_MESSAGES: Final = re.compile(r"(?:/.*)?/v1/messages")
_CHAT: Final = re.compile(r"(?:/.*)?/chat/completions")
_RESPONSES: Final = re.compile(r"(?:/.*)?/responses")
_CHATGPT: Final = re.compile(r"/backend-api(?:/.*)?")
_GEMINI_PREFIX: Final = re.compile(r"/v1beta(?:/.*)?")
_ANTHROPIC_OTHER: Final = re.compile(r"(?:/.*)?/v1/messages/.+")
_BY_CREDENTIALS: Final = re.compile(r"/v1/(?:models|files)(?:/.*)?")
_OPENAI_OTHER: Final = re.compile(
    r"/v1/(?:responses|batches|embeddings|moderations|images|audio|completions|conversations|uploads|vector_stores)"
    r"(?:/.*)?"
)

_SPELLED: Final = re.compile(r"[%;#\\]|//|/\.")
"""What a path has in it when it may be another spelling of a plain one."""

_GENERATES: Final[Mapping[str, bool]] = {"generateContent": False, "streamGenerateContent": True}
"""Google's generating methods, and whether each one streams."""

_PREDICTS: Final[Mapping[str, bool]] = {"rawPredict": False, "streamRawPredict": True}
_INVOKES: Final[Mapping[str, bool]] = {"invoke": False, "invoke-with-response-stream": True}
_CODE_ASSIST_HOST: Final = "cloudcode-pa.googleapis.com"
_CHATGPT_HOST: Final = "chatgpt.com"


def recognise(method: str, path: str, headers: Mapping[str, str]) -> Route | None:
    """What a call is; ``path`` may have a query, but no project prefix. None for calls no provider is known to have.

    Another spelling of a path that spends is that path: a provider may read both alike, and the limits hold for both.
    """
    bare = path.partition("?")[0]
    found = _recognise(method, bare, path, headers)
    if _SPELLED.search(bare) is None or (found is not None and (found.spends or found.problem is not None)):
        return found
    meant = _recognise(method, _plain(bare), path, headers)
    return meant if meant is not None and (meant.spends or meant.problem is not None) else found


def _plain(path: str) -> str:
    """A path without percent-encoding, parameters, fragment, empty and dot segments (RFC 3986, sections 3.3 and 6.2.2)."""
    segments: list[str] = []
    for segment in unquote(path.partition("#")[0]).replace("\\", "/").split("/"):
        name = segment.partition(";")[0]
        if name == "..":
            del segments[-1:]
        elif name not in {"", "."}:
            segments.append(name)
    return "/" + "/".join(segments)


def _recognise(method: str, bare: str, path: str, headers: Mapping[str, str]) -> Route | None:
    bare = bare.rstrip("/")
    post = method.upper() == "POST"
    if found := _VERTEX.fullmatch(bare):
        return _vertex(found, post=post)
    if found := _CODE_ASSIST.fullmatch(bare):
        return _google(found["method"], Family.CODE_ASSIST, "gemini", post=post, host=_CODE_ASSIST_HOST)
    if found := _GEMINI.fullmatch(bare):
        return _google(found["method"], Family.GEMINI, "gemini", post=post, model=unquote(found["model"]))
    if found := _BEDROCK.fullmatch(bare):
        return _bedrock(found, post=post)
    if _MESSAGES.fullmatch(bare) and post:
        return Route(Family.MESSAGES, "anthropic", Wire.ANTHROPIC, generation=True, spends=True)
    if bare == "/v1/messages/batches" and post:
        return Route(Family.MESSAGE_BATCH, "anthropic", Wire.ANTHROPIC, spends=True)
    if _CHAT.fullmatch(bare) and post:
        provider = "gemini" if _GEMINI_PREFIX.fullmatch(bare) else "openai"
        return Route(Family.CHAT, provider, Wire.OPENAI_CHAT, generation=True, spends=True)
    if _RESPONSES.fullmatch(bare):
        host = _CHATGPT_HOST if _CHATGPT.fullmatch(bare) else None
        if post:
            return Route(Family.RESPONSES, "openai", Wire.OPENAI_RESPONSES, generation=True, spends=True, host=host)
        if get(headers, "upgrade").lower() == "websocket":
            return Route(
                Family.RESPONSES,
                "openai",
                Wire.OPENAI_RESPONSES,
                generation=True,
                spends=True,
                host=host,
                websocket=True,
            )
    return _other(bare, path, headers)


def provider_of(path: str, headers: Mapping[str, str]) -> str:
    """Whose upstream a call goes to when its path does not say: by the kind of credential, else openai."""
    if get(headers, "x-goog-api-key") or re.search(r"[?&]key=", path):
        return "gemini"
    if get(headers, "x-api-key") or get(headers, "anthropic-version"):
        return "anthropic"
    if get(headers, "authorization").lower().startswith("bearer sk-ant-"):
        return "anthropic"
    if "claude" in get(headers, "user-agent").lower():
        return "anthropic"
    return "openai"


def envelope_for(path: str, headers: Mapping[str, str]) -> Dialect:
    """The dialect in whose error envelope a call to this path is refused, whether we read its body or not."""
    route = recognise("POST", path, headers)
    if route is None:
        return _ENVELOPES[provider_of(path, headers)]
    if route.family is Family.BEDROCK:
        return BEDROCK
    if route.wire is Wire.OPENAI_CHAT:
        return OPENAI_CHAT
    if route.wire is Wire.OPENAI_RESPONSES:
        return OPENAI_RESPONSES
    if route.family is Family.VERTEX_ANTHROPIC:
        return ANTHROPIC
    return _ENVELOPES[route.provider]


def dialect_of(route: Route) -> Dialect | None:
    """The dialect that reads a route's bodies, answers and streams; None when they pass unread."""
    return None if route.wire is None else dialect_for(route.wire, route.provider)


_ENVELOPES: Final[Mapping[str, Dialect]] = {
    "anthropic": ANTHROPIC,
    "openai": OPENAI_CHAT,
    "gemini": GEMINI,
    "vertex": GEMINI,
    "bedrock": BEDROCK,
}


def _google(
    method: str, family: Family, provider: str, *, post: bool, model: str | None = None, host: str | None = None
) -> Route:
    if not post or method not in _GENERATES:
        return Route(Family.OTHER, provider, model=model, host=host)
    return Route(
        family,
        provider,
        Wire.GEMINI,
        generation=True,
        spends=True,
        model=model,
        stream=_GENERATES[method],
        host=host,
    )


def _vertex(found: re.Match[str], *, post: bool) -> Route:
    location, publisher, method = found["location"], found["publisher"], found["method"]
    if _LOCATION.fullmatch(location) is None:
        # The location becomes part of a host name: anything else could send the caller's token elsewhere.
        family = Family.VERTEX_ANTHROPIC if publisher == "anthropic" else Family.OTHER
        return Route(family, "vertex", problem="The location in the path must be letters, digits and hyphens.")
    prefix = "" if location == "global" else f"{location}-"
    host = f"{prefix}aiplatform.googleapis.com"
    model = unquote(found["model"])
    if publisher == "google":
        return _google(method, Family.VERTEX_GOOGLE, "vertex", post=post, model=model, host=host)
    if publisher == "anthropic" and post and method in _PREDICTS:
        return Route(
            Family.VERTEX_ANTHROPIC,
            "vertex",
            Wire.ANTHROPIC,
            generation=True,
            spends=True,
            model=model,
            stream=_PREDICTS[method],
            host=host,
        )
    return Route(Family.OTHER, "vertex", model=model, host=host)


def _bedrock(found: re.Match[str], *, post: bool) -> Route:
    model, method = unquote(found["model"]), found["method"]
    if not post or method not in _INVOKES:
        return Route(Family.BEDROCK, "bedrock", model=model)
    return Route(
        Family.BEDROCK,
        "bedrock",
        Wire.ANTHROPIC,
        generation=True,
        spends=True,
        model=model,
        stream=_INVOKES[method],
    )


def _other(bare: str, path: str, headers: Mapping[str, str]) -> Route | None:
    if _CHATGPT.fullmatch(bare):
        return Route(Family.OTHER, "openai", host=_CHATGPT_HOST)
    if _GEMINI_PREFIX.fullmatch(bare):
        return Route(Family.OTHER, "gemini")
    if _MESSAGES.fullmatch(bare) or _ANTHROPIC_OTHER.fullmatch(bare):
        return Route(Family.OTHER, "anthropic")
    if _OPENAI_OTHER.fullmatch(bare) or _RESPONSES.fullmatch(bare) or _CHAT.fullmatch(bare):
        return Route(Family.OTHER, "openai")
    if _BY_CREDENTIALS.fullmatch(bare):
        return Route(Family.OTHER, provider_of(path, headers))
    return None
