"""The model among the rooms: opened from the settings, its state hung into /stats, /readyz, the metrics and the banner."""

from __future__ import annotations

from collections.abc import Mapping

from headroom.accounts.accounts import Accounts
from headroom.compress.kompress.blocks import BlockScorer
from headroom.compress.kompress.opening import open_engine
from headroom.compress.kompress.status import Status
from headroom.control.health import Check
from headroom.settings import Settings


def open_scorer(
    settings: Settings, environ: Mapping[str, str], accounts: Accounts, *, durable: bool, warnings: list[str]
) -> BlockScorer:
    """The scorer for the pipeline, its engine not started yet. ``durable``: verdicts outlive this process.

    What is wrong is added to ``warnings``: without a model everything else works.
    """
    metrics = accounts.metrics

    def told(status: Status) -> None:
        metrics.degraded.labels("kompress").set(status.enabled and not status.ready)

    engine = open_engine(settings, environ, told=told)
    if not durable and not isinstance(engine, Status):
        # What a model decided once can't be computed again to the byte, so a restart would change what was sent.
        engine = Status("off", "the store is in memory, and the verdicts of a model must outlive a restart")
    if isinstance(engine, Status):
        if engine.state == "failed":
            warnings.append(f"Kompress: {engine.reason}")
            told(engine)
    elif settings.workers > 1 and settings.kompress_url is None:
        warnings.append(
            f"each of the {settings.workers} workers loads the Kompress model for itself; "
            "`headroom kompress serve` and HEADROOM_KOMPRESS_URL share one"
        )
    return BlockScorer(
        engine,
        observed=lambda device, seconds: metrics.kompress_seconds.labels(device).observe(seconds),
        fell_back=lambda device: metrics.kompress_fallbacks.labels(device).inc(),
    )


def check(scorer: BlockScorer, *, required: bool) -> Check:
    """The part ``kompress`` of /readyz. Without a model it is disabled, and ready; unless one is required."""
    status = scorer.status()
    return Check(
        enabled=status.enabled or required,
        ready=status.ready,
        required=required,
        facts={"device": status.device, "state": status.state},
        private={
            "reason": status.reason,
            "model": status.model,
            "backend": status.backend,
            "precision": status.precision,
        },
    )


def banner(scorer: BlockScorer, settings: Settings) -> str:
    """One line: whether the model serves, on what, and what to do if it does not."""
    status = scorer.status()
    if status.state == "off":
        return f"off: {status.reason}"
    if status.enabled and status.state != "failed":
        where = settings.kompress_url or f"device {settings.kompress_device}"
        return f"on ({where}); loading now, rules serve until it is ready"
    return f"{status.state}: {status.reason}"
