"""Recorded calls through the pipeline, in process and offline, once for each mode, with what providers would bill.

Deterministic: the times are the record's, the key of the originals is fixed, and no deadline can pass.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from headroom.accounts.pricing import Prices
from headroom.compress.voi import prior_of
from headroom.errors import Unreadable
from headroom.exchange import Exchange, Usage, Wire
from headroom.pipeline.alignment import Aligner
from headroom.pipeline.conversation import Conversations
from headroom.pipeline.counts import Counts
from headroom.pipeline.digest import digest
from headroom.pipeline.history import History
from headroom.pipeline.ledger import Ledger
from headroom.pipeline.pipeline import Pipeline
from headroom.pipeline.window import Windows
from headroom.pipeline.workers import Workers
from headroom.replay.capture import Call
from headroom.replay.earned import Earnings
from headroom.replay.outcome import WITHOUT_BODY, Report, Run, Turn
from headroom.replay.prompts import Histories, Prompts
from headroom.replay.simulator import Simulator, texts_of
from headroom.retrieval.originals import Originals
from headroom.settings import Settings
from headroom.store.memory import MemoryStore
from headroom.store.protocol import Store
from headroom.testing.tokens import Tokens
from headroom.upstream.intake import Intake, take_in

MODES: Final = ("off", "lossless", "cache", "token", "aligned")
"""``aligned`` is ``token`` with the cache aligner, which is opt-in."""
USUAL: Final = MODES[:4]
_KEY: Final = b"replay".ljust(32, b"\0")
_UNHURRIED: Final = 1e6
_LARGE: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class _Known:
    """A call that can be replayed."""

    call: Call
    intake: Intake
    conversation: str


def replay(
    calls: Iterable[Call],
    modes: Sequence[str] = USUAL,
    *,
    settings: Settings | None = None,
    prices: Prices | None = None,
    windows: Windows | None = None,
    tokens: Tokens | None = None,
    store: Callable[[], Store] | None = None,
) -> Report:
    """Run calls through each mode. ``off`` is going direct. Raises ``ValueError`` for an unknown mode."""
    if unknown := [mode for mode in modes if mode not in MODES]:
        raise ValueError(f"unknown mode {unknown[0]!r}: use {', '.join(MODES)}")
    base = settings or Settings()
    skipped: dict[str, int] = defaultdict(int)
    known = list(_known(calls, base, skipped))
    runs: dict[str, Run] = {}
    counter = tokens or Tokens()
    for mode in modes:
        moment = [0.0]
        kept = store() if store is not None else MemoryStore(now=lambda: moment[0])  # noqa: B023 - used within this turn of the loop
        runs[mode] = _run(mode, known, _settings(base, mode), prices or Prices(), windows, counter, kept, moment)
    return Report(runs, dict(skipped))


def _settings(base: Settings, mode: str) -> Settings:
    return replace(
        base,
        mode="token" if mode in {"token", "aligned"} else "cache",
        cache_aligner=mode == "aligned" or base.cache_aligner,
        lossless=mode == "lossless" or base.lossless,
        optimize=mode != "off",
        shadow=False,
    )


def _known(calls: Iterable[Call], settings: Settings, skipped: dict[str, int]) -> Iterator[_Known]:
    for number, call in enumerate(calls):
        headers = call.fields
        try:
            intake = take_in(
                method=call.method,
                path=call.path,
                headers=headers,
                peer="",
                settings=settings,
                key=_KEY,
                request_id=f"replay_{number:06d}",
                wall=call.t,
                now=0.0,
            )
        except ValueError as error:
            skipped[f"refused: {error}"] += 1
            continue
        if call.method.startswith("WS") or headers.get("upgrade", "").lower() == "websocket":
            skipped["websocket"] += 1
            continue
        if intake is None or not intake.route.spends:
            skipped["not a generation call"] += 1
            continue
        if not call.body:
            skipped[WITHOUT_BODY] += 1
            continue
        if call.status >= 400:
            skipped[f"answered with {call.status}"] += 1
            continue
        try:
            request = intake.dialect.outline(call.body)
            first = request.messages[0] if request.messages else None
            opening = intake.dialect.message(call.body[first.start : first.end]).canonical if first else b""
            parsed = json.loads(call.body)
        except (Unreadable, ValueError, RecursionError) as error:
            skipped[f"unreadable body: {error}"] += 1
            continue
        if not _billable(intake.exchange.wire, parsed):
            skipped["a body that no provider takes"] += 1
            continue
        if intake.exchange.wire is Wire.OPENAI_RESPONSES and parsed.get("store") is not False:
            opening = b""  # the provider keeps the history: each call holds a new item alone
        place = digest(call.session.encode(), intake.exchange.wire.encode(), opening)
        yield _Known(call, intake, f"{call.session or 'conversation'} {place.hex()[:6]}")


def _billable(wire: Wire, body: Mapping[str, Any]) -> bool:
    """Whether a body has the shape of a prompt. What is wrong with one that was recorded is for its provider to say."""
    try:
        texts_of(wire, *_prompt(wire, body, Histories(), ""))
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    return True


def _prompt(
    wire: Wire, body: Mapping[str, Any], histories: Histories, session: str
) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """The prompt in a body, and of Responses all items that the provider reads with it."""
    items = histories.items(session, body) if wire is Wire.OPENAI_RESPONSES else []
    return body.get("request", body) if wire is Wire.GEMINI else body, items


def pipeline_for(
    settings: Settings,
    store: Store,
    *,
    now: float = 0.0,
    prices: Prices | None = None,
    windows: Windows | None = None,
) -> Pipeline:
    """A pipeline that needs nothing but a store, and is never in a hurry."""
    return Pipeline(
        settings,
        ledger=Ledger(store),
        originals=Originals(store, key=_KEY, ttl=1e9, max_bytes=settings.ccr_max_mb << 20, now=now),
        conversations=Conversations(settings, store, prices=prices),
        workers=Workers(large=_LARGE),
        counts=Counts(),
        history=History(store),
        prices=prices,
        windows=windows,
        aligner=Aligner(settings, store),
        monotonic=lambda: 0.0,
    )


def _run(
    mode: str,
    known: Sequence[_Known],
    settings: Settings,
    prices: Prices,
    windows: Windows | None,
    tokens: Tokens,
    store: Store,
    moment: list[float],
) -> Run:
    simulator, prompts, histories, earnings = Simulator(tokens), Prompts(), Histories(), Earnings()
    pipeline = pipeline_for(settings, store, prices=prices, windows=windows)
    run = Run(mode)
    try:
        for one in known:
            moment[0] = one.call.t
            exchange = replace(
                one.intake.exchange,
                body_in=one.call.body,
                body_out=one.call.body,
                mode=settings.mode,
                verdicts=[],
                judged=None,
                transforms=[],
                handles=[],
                notes={},
                stages={},
                tags={},
            )
            _prepare(pipeline, exchange, settings, one)
            body = json.loads(exchange.body_out)
            inner, items = _prompt(exchange.wire, body, histories, one.call.session)
            texts = texts_of(exchange.wire, inner, items)
            scope = f"{one.call.session}\0{exchange.credential}\0{exchange.upstream}"
            usage = simulator.bill(exchange.wire, exchange.model, inner, texts, scope=scope, now=one.call.t)
            usage = replace(usage, output=one.call.usage.output if one.call.usage else 0)
            exchange.usage, exchange.usage_measured, exchange.status = usage, True, 200
            if settings.optimize:
                pipeline.observed(exchange, now=one.call.t)
                pipeline.write_observed(now=one.call.t)
            number, diverges = prompts.counts[one.conversation], prompts.diverges(one.conversation, texts)
            run.turns.append(_turn(one, exchange, usage, prices, number, diverges, earnings))
    finally:
        pipeline.close()
    return run


def _prepare(pipeline: Pipeline, exchange: Exchange, settings: Settings, one: _Known) -> None:
    request = one.intake.dialect.outline(exchange.body_in)
    exchange.outline = request
    exchange.model = request.model or exchange.model
    if not settings.optimize:
        exchange.passthrough_reason = "no_optimize"
        return
    plan = pipeline.plan(exchange, now=one.call.t)
    assert plan is not None, "only a quick plan can be refused"
    exchange.plan = plan
    pipeline.work(plan, seconds=_UNHURRIED)
    pipeline.finish(plan)
    pipeline.count(plan)
    pipeline.keep_promises(plan)


def _turn(
    one: _Known,
    exchange: Exchange,
    usage: Usage,
    prices: Prices,
    number: int,
    diverges: int | None,
    earnings: Earnings,
) -> Turn:
    rates = prices.rates(exchange.model, exchange.provider)
    lossy = [v for v in exchange.verdicts if v.handle is not None]
    gates: list[str] = []
    for name in ("rewrites", "refusals"):
        noted = exchange.notes.get(name)
        if isinstance(noted, dict):
            gates += [
                str(value.get("sentence", value)) if isinstance(value, dict) else str(value) for value in noted.values()
            ]
    return Turn(
        conversation=one.conversation,
        number=number,
        t=one.call.t,
        model=exchange.model,
        usage=usage,
        dollars=rates.cost(usage),
        tokens_before=exchange.tokens_before,
        tokens_after=exchange.tokens_after,
        bytes_sent=len(exchange.body_out),
        diverges=diverges,
        markers=len(lossy),
        expected_retrievals=sum(prior_of(v.content_kind or "", v.why) for v in lossy if v.fresh),
        gates=tuple(gates),
        earned=earnings.of(one.conversation, exchange, usage, rates),
        unpriced=rates.source == "fallback",
        why=exchange.passthrough_reason,
    )
