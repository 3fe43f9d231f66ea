"""Builds the rooms of one process from its settings: the only place that knows which implementation serves which."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from headroom.accounts.accounts import Accounts
from headroom.accounts.events import events_path
from headroom.accounts.journal import Journal
from headroom.accounts.savings_file import Keeper, savings_path
from headroom.control.admin_upstream import AdminUpstream
from headroom.control.compress import Compress
from headroom.control.dashboard import page
from headroom.control.detail import MAX_BYTES, Details
from headroom.control.history import StatsHistory
from headroom.control.http import Route, Rule
from headroom.control.retrieve import Retrieve
from headroom.control.siblings import SOCKETS, Siblings
from headroom.control.stats import Figures
from headroom.errors import SettingsError, StoreError
from headroom.exchange import Exchange
from headroom.gateway import code, kompress
from headroom.gateway.answers import AnswersService
from headroom.gateway.exporters import attach
from headroom.gateway.holdings import Holdings
from headroom.gateway.lag import Lag
from headroom.gateway.limits import LimitsService
from headroom.gateway.models import models_of
from headroom.gateway.originals import of_all_workers
from headroom.gateway.retrieval import RetrievalService
from headroom.gateway.rooms import Rooms
from headroom.gateway.routes import clearing, in_the_books, of_all
from headroom.gateway.shown import show
from headroom.pipeline import alignment, conversation, history, ledger
from headroom.pipeline.conversation import Conversations
from headroom.pipeline.counts import Counts
from headroom.pipeline.history import History
from headroom.pipeline.ledger import Ledger
from headroom.pipeline.pipeline import Pipeline
from headroom.pipeline.plan import Plan
from headroom.pipeline.service import PipelineService
from headroom.pipeline.workers import Workers
from headroom.policy.budget import Budget
from headroom.policy.periods import Period
from headroom.policy.response_cache import ResponseCache
from headroom.replay.record import Recorder
from headroom.retrieval import feedback, hidden, originals
from headroom.retrieval.feedback import Feedback
from headroom.retrieval.hidden import Hidden
from headroom.retrieval.install_key import install_key
from headroom.retrieval.learning import Learning
from headroom.retrieval.originals import Originals
from headroom.retrieval.wanted import Wanted
from headroom.settings import Settings
from headroom.shares import Shares
from headroom.store.open import open_store
from headroom.store.protocol import SpaceLimits, Store

_MIB = 1024 * 1024


def build(settings: Settings) -> Rooms:
    """Open the store and make the rooms. Raises ``SettingsError`` for what can't be used at all."""
    warnings: list[str] = []
    workspace = None if settings.stateless else settings.workspace
    store, said = open_store(settings.store, workspace=workspace, now=time.time, workers=settings.workers)
    warnings += said
    store.configure(
        {
            ledger.SPACE: ledger.LIMITS,
            ledger.IMAGES: ledger.LIMITS,
            conversation.SPACE: conversation.LIMITS,
            conversation.BARRED: SpaceLimits(max_bytes=4 * _MIB, idle_seconds=30 * 86_400),
            history.SIGHTINGS: history.SIGHTING_LIMITS,
            history.REVISIONS: history.REVISION_LIMITS,
            alignment.SPACE: alignment.LIMITS,
            hidden.SPACE: hidden.LIMITS,
            feedback.SPACE: feedback.LIMITS,
            **originals.limits(settings.ccr_max_mb * _MIB, settings.ccr_ttl_seconds),
        }
    )
    key = _key(settings, store, warnings)
    store_faults = tuple(warnings)
    prices, windows = models_of(settings)
    journal = Journal(settings.log_file) if settings.log_file is not None else None
    if journal is not None and journal.failures:
        warnings.append(f"--log-file {settings.log_file} can't be written; the request log is kept in memory only")
    shares = Shares.of(settings.memory_mb)
    accounts = Accounts(
        settings,
        prices,
        journal=journal,
        keeper=_keeper(settings, warnings),
        trail=_trail,
        later=True,
        prefix_bytes=shares.prefixes,
    )
    if settings.workers > 1 or store.remote:
        # One supervisor starts all workers: when it began is when their common books begin.
        accounts.share(store, since=float(os.environ.get("HEADROOM_RUN_STARTED") or time.time()))
    kept = Originals(
        store,
        key=key,
        ttl=settings.ccr_ttl_seconds,
        max_bytes=settings.ccr_max_mb * _MIB,
        now=time.time(),
        memory=shares.originals,
    )
    kept_stats = of_all_workers(kept, accounts)
    unseen = Hidden(store, max_bytes=shares.hidden)
    learning = Learning(Feedback(store), Wanted() if settings.ccr_proactive_expansion else None)
    kept.tally.listeners.append(learning.heard)
    scorer = kompress.open_scorer(settings, os.environ, accounts, durable=store.durable, warnings=warnings)
    if (lacking := code.warning(settings)) is not None:
        warnings.append(lacking)
    pipeline = Pipeline(
        settings,
        scorer=scorer,
        ledger=Ledger(store, max_bytes=shares.ledger),
        originals=kept,
        conversations=Conversations(settings, store, prices=prices, learning=learning, max_bytes=shares.conversations),
        workers=Workers(),
        counts=Counts(windows=windows, max_bytes=shares.counts),
        hidden=unseen,
        history=History(store, max_bytes=shares.sightings),
        learning=learning,
        prices=prices,
        windows=windows,
        aligner=alignment.Aligner(settings, store),
    )
    budget = Budget(store, limit_usd=settings.budget, period=Period(settings.budget_period))
    limited = settings.rate_limit
    limits = LimitsService(
        store,
        prices,
        budget,
        capped=settings.budget is not None,
        rpm=settings.rpm if limited else None,
        tpm=settings.tpm if limited else None,
        unreported=settings.unreported_usage,
    )
    cache = (
        ResponseCache(
            store,
            ttl=settings.cache_ttl,
            max_entries=settings.cache_max_entries,
            any_temperature=settings.cache_any,
        )
        if settings.cache
        else None
    )
    answers = (
        AnswersService(cache, remote=store.remote, wait_seconds=settings.request_timeout) if cache is not None else None
    )
    figures = Figures(
        accounts,
        time.time,
        time.monotonic,
        started=time.monotonic(),
        budget=lambda: budget.status(now=time.time()),
    )
    details, siblings = Details(), _siblings(os.environ)
    accounts.sinks.append(details.take)
    holdings = Holdings(shares, pipeline.held)
    holdings.others["prefixes"] = (lambda: accounts.prefixes.held, shares.prefixes)
    holdings.others["details"] = (lambda: details.bytes, MAX_BYTES)
    figures.blocks["memory"] = holdings.shown
    lag = Lag(time.monotonic, lambda: accounts.stats.loop_lag)
    figures.blocks["event_loop"] = lag.shown
    figures.blocks["retrieval_feedback"] = learning.figures
    figures.blocks |= attach(accounts, settings, os.environ, warnings)
    service = PipelineService(pipeline, seconds=settings.compression_deadline, remote=store.remote)
    accounts.learners.append(service.observed)
    accounts.sinks.append(limits.booked)
    accounts.batch_ends += [service.write_observed, limits.write_spent]
    if settings.capture is not None:
        try:
            recorder = Recorder(settings.capture, bodies=settings.capture_bodies)
        except OSError as error:
            raise SettingsError(f"--capture {settings.capture} can't be written: {error.strerror}") from None
        accounts.learners.append(recorder.heard)
        accounts.closers.append(recorder.close)
    rooms = Rooms(
        store=store,
        key=key,
        accounts=accounts,
        pipeline=service,
        limits=limits,
        answers=answers,
        retrieval=RetrievalService(kept, unseen),
        originals=kept,
        originals_stats=kept_stats,
        learning=learning,
        scorer=scorer,
        figures=figures,
        holdings=holdings,
        lag=lag,
        siblings=siblings,
        routes=(
            *figures.routes(),
            *in_the_books(accounts, StatsHistory(accounts.keeper, time.time).routes()),
            *AdminUpstream(lambda: settings).routes(),
            *Compress(pipeline, lambda: settings, calls=accounts.compress_call, ready=service.load).routes(),
            *Retrieve(kept, figures=kept_stats).routes(),
            *page.routes(),
            *of_all(siblings, tuple(in_the_books(accounts, details.routes()))),
            Route("POST", "/cache/clear", clearing(cache), Rule.LOOPBACK),
        ),
        checks={},
        warnings=warnings,
        store_faults=store_faults,
    )
    show(rooms, settings, cache)
    return rooms


def _siblings(environ: Mapping[str, str]) -> Siblings | None:
    folder, worker = environ.get(SOCKETS), environ.get("HEADROOM_WORKER")
    return Siblings(Path(folder), worker) if folder and worker else None


def _keeper(settings: Settings, warnings: list[str]) -> Keeper:
    if settings.stateless:
        return Keeper(None)
    path, warning = savings_path(settings.savings_path, settings.workspace)
    if warning is not None:
        warnings.append(warning)
    return Keeper(path, events=events_path(settings.savings_events_path, settings.workspace))


def _trail(exchange: Exchange) -> Iterator[str]:
    """The names of a request's prefixes, the whole first."""
    plan = exchange.plan
    if isinstance(plan, Plan):
        for node in reversed(plan.nodes):
            yield node.key.hex()


def _key(settings: Settings, store: Store, warnings: list[str]) -> bytes:
    """This installation's secret; machines that share a store over the network have one in common."""
    try:
        own = install_key(None if settings.stateless else settings.workspace)
    except StoreError as error:
        warnings.append(f"{error}; hashes of originals will differ after a restart")
        own = secrets.token_bytes(32)
    if not store.remote:
        return own
    try:
        return store.put_once("installation", "key", own, now=time.time())
    except StoreError as error:
        warnings.append(f"{error}; limits and kept answers are not shared with the other machines until a restart")
        return own
