"""What the scripted model says, as data: blocks, replies, and the rules that choose among them.

A reply is a tuple of blocks, rendered into whichever wire format the request came in. Replies are picked in this
order: the first rule whose ``When`` fits, then the queue, then the brain (a function of the request), then one short
text. Everything has a JSON form, so that another process can script the fake over HTTP.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from headroom.exchange import Usage, Wire
from headroom.testing.faults import Fault
from headroom.testing.record import RecordedRequest

Stop = Literal["auto", "length", "refusal", "pause"]


@dataclass(frozen=True, slots=True)
class Text:
    """Words for the user."""

    text: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """Reasoning, which the fake signs in the provider's way. Chat Completions shows only its token count."""

    text: str
    redacted: bool = False
    """Anthropic: send it as ``redacted_thinking``."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call. Without ``id`` the fake makes one."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Retrieve:
    """A call of headroom's retrieve tool, for a hash the request itself shows (the last one by default).

    When the request shows no hash or offers no retrieve tool this block is left out of the reply, and ``otherwise``
    takes its place.
    """

    lines: str | None = None
    rows: str | None = None
    pattern: str | None = None
    pick: Literal["first", "last"] = "last"
    hash: str | None = None
    otherwise: str = "There is nothing to retrieve."


type Block = Text | Thinking | Call | Retrieve


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the model, or one failure of the provider."""

    blocks: tuple[Block, ...] = ()
    stop: Stop = "auto"
    """``auto`` is a tool stop when there are calls, else the natural end."""
    fault: Fault | None = None
    usage: Literal["cache", "omit"] | Usage = "cache"
    """``cache`` bills by the prefix-cache model; ``omit`` sends none; a Usage is sent as it stands, odd values too."""
    piece: int = 24
    """Characters in each streamed delta."""
    pause: float = 0.0
    """Seconds between streamed events."""
    headers: tuple[tuple[str, str], ...] = ()
    """Extra response headers."""


def as_reply(what: Reply | Block | str | Fault | Iterable[Block | str]) -> Reply:
    """Make a Reply from a text, a block, several of them, or a fault.

    A fault alone spoils whatever would be said next; one that says nothing itself (a status, a reset, an empty answer)
    leaves that for the request after it.
    """
    if isinstance(what, Reply):
        return what
    if isinstance(what, Fault):
        return Reply(fault=what)
    if isinstance(what, str):
        return Reply((Text(what),))
    if isinstance(what, (Text, Thinking, Call, Retrieve)):
        return Reply((what,))
    return Reply(tuple(Text(item) if isinstance(item, str) else item for item in what))


_WORDLESS = frozenset({"status", "reset", "close", "empty", "empty_body"})

OUR_MARK = re.compile(rb"\[~ |hr:[0-9a-f]{24}|headroom_retrieve|<<ccr:[0-9a-f]{12,24}")
"""What a body shows only after headroom rewrote it."""


@dataclass(frozen=True, slots=True)
class When:
    """Which requests a rule is for; every field that is set must hold."""

    wire: Wire | None = None
    path: str | None = None
    """A part of the path."""
    model: str | None = None
    """A part of the model's name."""
    contains: str | None = None
    """A text that occurs in the decoded body, as JSON writes it."""
    lacks: str | None = None
    """A text that does not occur."""
    tool: str | None = None
    """The name, or the end of the name, of a tool that is offered."""
    stream: bool | None = None
    turn: int | None = None
    """How many client tool results the request carries, those of the retrieve tool not counted."""
    rewritten: bool | None = None
    """Whether the body shows headroom's own marks, or differs from ``original_sha256`` when that is given."""
    original_sha256: str | None = None
    check: Callable[[RecordedRequest], bool] | None = None
    """Any other test; only inside one process."""

    def fits(self, request: RecordedRequest) -> bool:
        """Whether all that is set holds for ``request``."""
        body = request.body
        view = request.conversation
        tools = view.tools if view else ()
        return (
            (self.wire is None or request.wire == self.wire)
            and (self.path is None or self.path in request.path)
            and (self.model is None or self.model in request.model)
            and (self.contains is None or self.contains.encode() in body)
            and (self.lacks is None or self.lacks.encode() not in body)
            and (self.tool is None or any(name.endswith(self.tool) for name in tools))
            and (self.stream is None or self.stream == request.stream)
            and (self.turn is None or (view is not None and view.client_results == self.turn))
            and (self.rewritten is None or self.rewritten == self._rewritten(body))
            and (self.check is None or self.check(request))
        )

    def _rewritten(self, body: bytes) -> bool:
        if self.original_sha256 is not None:
            return hashlib.sha256(body).hexdigest() != self.original_sha256
        return OUR_MARK.search(body) is not None


type Brain = Callable[[RecordedRequest], Reply | Block | str | Iterable[Block | str]]


@dataclass(slots=True)
class Rule:
    """A reply for all requests that fit, ``times`` times, or for ever when None."""

    when: When
    reply: Reply
    times: int | None = None


class Script:
    """The fake's part in the play; see the module's text for the order of choice."""

    def __init__(self, default: Reply | Block | str = "Done.") -> None:
        self.rules: list[Rule] = []
        self.queue: deque[Reply] = deque()
        self.brain: Brain | None = None
        self.default = as_reply(default)

    def choose(self, request: RecordedRequest) -> Reply:
        """Take the reply for ``request``, using up what is meant to be used once."""
        for rule in self.rules:
            if rule.times != 0 and rule.when.fits(request):
                if rule.times is not None:
                    rule.times -= 1
                return self._with_words(rule.reply, request)
        return self._say(request)

    def _say(self, request: RecordedRequest) -> Reply:
        if self.queue:
            return self._with_words(self.queue.popleft(), request)
        if self.brain is not None:
            return as_reply(self.brain(request))
        return self.default

    def _with_words(self, reply: Reply, request: RecordedRequest) -> Reply:
        """Give a fault that spoils an answer the answer to spoil."""
        if reply.fault is None or reply.blocks or reply.fault.kind in _WORDLESS:
            return reply
        return replace(self._say(request), fault=reply.fault)

    def clear(self) -> None:
        """Forget rules, queue and brain."""
        self.rules.clear()
        self.queue.clear()
        self.brain = None


def block_from_json(data: Mapping[str, Any]) -> Block:
    """Read ``{"text"}``, ``{"thinking"}``, ``{"call", "arguments"?, "id"?}`` or ``{"retrieve": {…}}``."""
    if "text" in data:
        return Text(str(data["text"]))
    if "thinking" in data:
        return Thinking(str(data["thinking"]), redacted=bool(data.get("redacted", False)))
    if "call" in data:
        return Call(str(data["call"]), dict(data.get("arguments", {})), data.get("id"))
    if "retrieve" in data:
        return Retrieve(**dict(data["retrieve"]))
    raise ValueError(f"a block has text, thinking, call or retrieve; this one has {sorted(data)}")


def reply_from_json(data: Mapping[str, Any] | str) -> Reply:
    """Read a reply: a text, or an object with ``blocks`` and any other field of Reply (``fault`` as an object)."""
    if isinstance(data, str):
        return as_reply(data)
    unknown = set(data) - {f.name for f in fields(Reply)}
    if unknown:
        raise ValueError(f"a reply has no {', '.join(sorted(unknown))}")
    given: dict[str, Any] = dict(data)
    given["blocks"] = tuple(
        Text(block) if isinstance(block, str) else block_from_json(block) for block in data.get("blocks", ())
    )
    if data.get("fault") is not None:
        given["fault"] = Fault.from_json(data["fault"])
    if isinstance(data.get("usage"), Mapping):
        given["usage"] = Usage(**data["usage"])
    given["headers"] = tuple((str(name), str(value)) for name, value in data.get("headers", ()))
    return Reply(**given)


def when_from_json(data: Mapping[str, Any]) -> When:
    """Read a When; ``check`` has no JSON form."""
    given = dict(data)
    if given.get("wire") is not None:
        given["wire"] = Wire(given["wire"])
    return When(**given)


def reply_to_json(reply: Reply) -> dict[str, Any]:
    """Write a reply so that ``reply_from_json`` reads it back."""
    out: dict[str, Any] = {"blocks": [_block_to_json(block) for block in reply.blocks]}
    for name in ("stop", "piece", "pause"):
        out[name] = getattr(reply, name)
    out["headers"] = [list(pair) for pair in reply.headers]
    out["fault"] = reply.fault.to_json() if reply.fault else None
    out["usage"] = (
        reply.usage
        if isinstance(reply.usage, str)
        else {f.name: getattr(reply.usage, f.name) for f in fields(reply.usage)}
    )
    return out


def when_to_json(when: When) -> dict[str, Any]:
    """Write a When so that ``when_from_json`` reads it back."""
    if when.check is not None:
        raise ValueError("a check function can't be sent to another process")
    return {f.name: value for f in fields(when) if (value := getattr(when, f.name)) is not None}


def _block_to_json(block: Block) -> dict[str, Any]:
    match block:
        case Text(text):
            return {"text": text}
        case Thinking(text, redacted):
            return {"thinking": text, "redacted": redacted}
        case Call(name, arguments, call_id):
            return {"call": name, "arguments": dict(arguments), "id": call_id}
        case Retrieve():
            return {"retrieve": {f.name: getattr(block, f.name) for f in fields(block)}}
