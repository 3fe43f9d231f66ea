"""One process's rooms: what the addons call and what tells of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from headroom.accounts.accounts import Accounts
from headroom.compress.kompress.blocks import BlockScorer
from headroom.control.health import Check
from headroom.control.http import Route
from headroom.control.siblings import Siblings
from headroom.control.stats import Figures
from headroom.gateway.answers import AnswersService
from headroom.gateway.holdings import Holdings
from headroom.gateway.lag import Lag
from headroom.gateway.limits import LimitsService
from headroom.gateway.retrieval import RetrievalService
from headroom.pipeline.service import PipelineService
from headroom.retrieval.learning import Learning
from headroom.retrieval.originals import Originals
from headroom.retrieval.tally import Stats
from headroom.store.protocol import Store


@dataclass(slots=True)
class Rooms:
    """One process's rooms, ready to be called by the addons."""

    store: Store
    key: bytes
    """Keys the digests of credentials and the hashes of originals."""
    accounts: Accounts
    pipeline: PipelineService
    limits: LimitsService
    answers: AnswersService | None
    retrieval: RetrievalService
    originals: Originals
    originals_stats: Callable[[], Stats]
    """With the counters of all workers; may raise ``StoreError``."""
    learning: Learning
    scorer: BlockScorer
    """The model; not started yet."""
    figures: Figures
    holdings: Holdings
    lag: Lag
    siblings: Siblings | None
    """The other workers of this machine; None where there are none."""
    routes: tuple[Route, ...]
    checks: dict[str, Callable[[], Check]]
    warnings: list[str] = field(default_factory=list)
    store_faults: tuple[str, ...] = ()
    """Those of the warnings that say what is wrong with the store."""
    notes: list[tuple[str, str]] = field(default_factory=list)
    """Lines for the banner."""

    def close(self) -> None:
        """Flush and release everything, after the last flow has ended."""
        self.accounts.close()
        self.pipeline.close()
        self.limits.close()
        if self.answers is not None:
            self.answers.close()
        self.pipeline.pipeline.close()
        self.scorer.close()
        self.store.close()
