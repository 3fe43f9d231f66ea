"""POST /v1/compress: the pipeline without a provider. Every original can be fetched back over HTTP."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from headroom.control.http import ControlReply, ControlRequest, Route, Rule, json_reply
from headroom.errors import StoreError, Unreadable
from headroom.exchange import Exchange, Wire
from headroom.pipeline.pipeline import Pipeline
from headroom.pipeline.plan import Plan
from headroom.settings import Settings
from headroom.spellings import TRUE_WORDS
from headroom.upstream.intake import project_named

log = logging.getLogger("headroom.control")

_TOP = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANTHROPIC_BLOCKS = (b'"tool_result"', b'"tool_use"')
_CONFIG_TYPES: dict[str, tuple[type, str]] = {
    "compress_user_messages": (bool, "true or false"),
    "target_ratio": (float, "a number above 0 and at most 1"),
    "protect_recent": (int, "a whole number"),
    "protect_analysis_context": (bool, "true or false"),
    "lossless": (bool, "true or false"),
}
_NO_EFFECT = ("compress_user_messages", "protect_recent", "protect_analysis_context")
"""Known from other proxies and taken, but ours never touches what they are about; the answer says so."""


class Refused(Exception):
    """A request that can't be done, with its status and type."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.reply = json_reply({"error": {"type": kind, "message": message}}, status)


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked request."""

    exchange: Exchange
    target_ratio: float | None
    lossless: bool
    bypass: bool
    budget: int | None
    ignored: tuple[str, ...]
    """Fields that were given and have no effect."""


def _invalid(message: str) -> Refused:
    return Refused(400, "invalid_request", message)


def _field(top: dict[str, msgspec.Raw], name: str, kind: Any, wanted: str) -> Any:
    if name not in top:
        return None
    try:
        return msgspec.json.decode(top[name], type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _invalid(f"{name} must be {wanted}") from None


def wire_of(messages: bytes) -> Wire:
    """Whose shape messages have: Anthropic's when they hold its tool blocks, else OpenAI's."""
    return Wire.ANTHROPIC if any(mark in messages for mark in _ANTHROPIC_BLOCKS) else Wire.OPENAI_CHAT


def read(request: ControlRequest, *, max_bytes: int, wall: float, now: float) -> Asked:
    """Check a request. Raises ``Refused``."""
    body = request.body
    if len(body) > max_bytes:
        raise Refused(413, "request_too_large", f"The body is larger than {max_bytes // (1024 * 1024)} MiB")
    try:
        top = _TOP.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _invalid(f"The body must be a JSON object: {error}") from None
    for name in ("messages", "model"):
        if name not in top:
            raise _invalid(f"Missing required field: {name}")
    _field(top, "messages", list[dict[str, msgspec.Raw]], "a list of message objects")
    model = _field(top, "model", str, "a string")
    budget = _field(top, "token_budget", int | None, "a whole number")
    if budget is not None and budget <= 0:
        raise _invalid("token_budget must be above 0")
    config = _field(top, "config", dict[str, Any] | None, "an object") or {}
    if unknown := sorted(set(config) - set(_CONFIG_TYPES)):
        raise _invalid(f"config has unknown fields: {', '.join(unknown)}; known are {', '.join(sorted(_CONFIG_TYPES))}")
    for name, value in config.items():
        kind, wanted = _CONFIG_TYPES[name]
        fits = isinstance(value, int | float) if kind is float else isinstance(value, kind)
        if value is not None and (not fits or (kind is not bool and isinstance(value, bool))):
            raise _invalid(f"config.{name} must be {wanted}")
    ratio = config.get("target_ratio")
    if ratio is not None and not 0 < ratio <= 1:
        raise _invalid("config.target_ratio must be a number above 0 and at most 1")
    ignored = [f"config.{name}" for name in _NO_EFFECT if config.get(name) is not None]
    messages = bytes(top["messages"])
    wire = wire_of(messages)
    exchange = Exchange(
        request_id="",
        wall=wall,
        started=now,
        wire=wire,
        provider="anthropic" if wire is Wire.ANTHROPIC else "openai",
        method="POST",
        path="/v1/compress",
        upstream="",
        model=model,
        body_in=body,
        body_out=body,
        project=project_named(request.headers),
    )
    return Asked(
        exchange,
        target_ratio=float(ratio) if ratio is not None else None,
        lossless=bool(config.get("lossless", False)),
        bypass=_bypassed(request),
        budget=budget,
        ignored=tuple(ignored),
    )


def _bypassed(request: ControlRequest) -> bool:
    """Whether the caller wants the messages as they are, in one of the ways that hold for all routes."""
    asked = request.headers.get("x-headroom-bypass", "").strip().lower() in TRUE_WORDS
    return asked or request.headers.get("x-headroom-mode", "").strip().lower() == "passthrough"


async def _at_once() -> None:
    pass


@dataclass(slots=True)
class Compress:
    """The handler with what it needs."""

    pipeline: Pipeline
    settings: Callable[[], Settings]
    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    calls: Callable[[], None] = lambda: None
    """Told of every call that was answered."""
    ready: Callable[[], Awaitable[None]] = _at_once
    """Waits until what compression needs is loaded; the time of a call counts from then."""

    def routes(self) -> tuple[Route, ...]:
        """The one route."""
        return (Route("POST", "/v1/compress", self.handle, Rule.LOOPBACK),)

    async def handle(self, request: ControlRequest) -> ControlReply:
        """Compress a list of messages."""
        settings = self.settings()
        try:
            asked = read(
                request,
                max_bytes=settings.max_body_mb * 1024 * 1024,
                wall=self.wall(),
                now=self.monotonic(),
            )
            plan = await self._run(asked, settings.compression_timeout)
        except Refused as refused:
            return refused.reply
        self.calls()
        done = None if asked.bypass or not settings.optimize else plan
        return _reply(asked, done)

    async def _run(self, asked: Asked, seconds: float) -> Plan | None:
        plan: Plan | None = None

        def work() -> None:
            nonlocal plan
            plan = self.pipeline.plan(
                asked.exchange,
                now=self.wall(),
                redeemable=True,
                target_ratio=asked.target_ratio,
                lossless=asked.lossless,
                budget=asked.budget,
            )
            assert plan is not None, "only a quick plan can be refused"
            if not asked.bypass:
                self.pipeline.work(plan, seconds=seconds)
                self.pipeline.finish(plan)
                self.pipeline.keep_promises(plan)
                self.pipeline.learn(plan)
            self.pipeline.count(plan)

        if not asked.bypass:
            await self.ready()
        try:
            await asyncio.wait_for(asyncio.to_thread(work), timeout=seconds + 1.0)
        except TimeoutError:
            if plan is not None:
                plan.abandoned = True
            raise Refused(503, "compression_timeout", f"Compression took longer than {seconds:g} s") from None
        except asyncio.CancelledError:
            if plan is not None:
                plan.abandoned = True
            raise
        except Unreadable as error:
            raise _invalid(f"The messages can't be read: {error.reason}") from None
        except StoreError as error:
            raise Refused(503, "compression_error", str(error)) from None
        except Exception as error:
            log.exception("compression failed")
            raise Refused(503, "compression_error", f"Compression failed: {type(error).__name__}") from error
        return plan


def _reply(asked: Asked, plan: Plan | None) -> ControlReply:
    exchange = asked.exchange
    body = exchange.body_out if plan is not None else exchange.body_in
    before = exchange.tokens_before
    after = exchange.tokens_after if plan is not None else before
    counted = Counter(exchange.transforms)
    facts: dict[str, Any] = {
        "tokens_before": before,
        "tokens_after": after,
        "tokens_saved": before - after,
        "compression_ratio": round(after / before, 4) if before else 1.0,
        "transforms_applied": list(counted),
        "transforms_summary": dict(counted),
        "ccr_hashes": exchange.handles,
    }
    unheeded = asked.budget is not None and not (plan is not None and plan.impure)
    if ignored := [*["token_budget"] * unheeded, *asked.ignored]:
        facts["ignored"] = ignored
    # The messages are cut out of the body as they stand: nothing that was not compressed is written anew.
    messages = bytes(_TOP.decode(body)["messages"])
    text = b'{"messages":' + messages + b"," + msgspec.json.encode(facts)[1:]
    return ControlReply(200, (("Content-Type", "application/json"),), text)
