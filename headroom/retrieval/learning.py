"""What retrievals are told to: the counts that make gates, and the words that are wanted lately."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from headroom.errors import StoreError
from headroom.retrieval.feedback import BACK_OFF, MIN_SAMPLES, Feedback, Gates, Made, refetches
from headroom.retrieval.tally import Retrieval
from headroom.retrieval.wanted import Wanted

log = logging.getLogger("headroom.retrieval")

READ_SECONDS = 5.0
"""How old the rates in the statistics may be."""

_SHOWN = 50


class Condensed(NamedTuple):
    """A tool result that something was left out of."""

    tool: str
    kind: str
    handle: str
    tokens: int
    """What was left out."""


class Learning:
    """Learns from what the model asks back. Thread-safe; never raises: what can't be noted is told to the log."""

    def __init__(self, feedback: Feedback, wanted: Wanted | None = None) -> None:
        self.feedback = feedback
        self._wanted = wanted

    @property
    def expands(self) -> bool:
        """Whether what was asked back lately is kept in related results."""
        return self._wanted is not None

    def heard(self, retrieval: Retrieval) -> None:
        """The model, or a client, asked for an original."""
        if self._wanted is not None and retrieval.type in {"pattern", "outline"}:
            self._wanted.note(retrieval.project, retrieval.tool, retrieval.query, now=retrieval.wall)
        try:
            self.feedback.retrieved(retrieval.tool, retrieval.kind, retrieval.hash, now=retrieval.wall)
        except StoreError as error:
            log.warning("a retrieval could not be counted: %s", error)

    def condensed(self, fresh: Iterable[Condensed], *, now: float) -> None:
        """Results of which something was left out for the first time."""
        try:
            for one in fresh:
                self.feedback.offered(one.tool, one.kind, one.handle, tokens=one.tokens, now=now)
            self.feedback.read(now=now, at_most_old=READ_SECONDS)
        except StoreError as error:
            log.warning("condensed results could not be counted: %s", error)

    def called(self, calls: Sequence[Made], groups: dict[str, tuple[str, str]], *, since: int, now: float) -> None:
        """The last calls of a conversation, of which those from turn ``since`` on are new; ``groups`` by handle."""
        try:
            for handle in refetches(calls, since=since):
                self.feedback.refetched(*groups[handle], handle, now=now)
        except StoreError as error:
            log.warning("calls made again could not be counted: %s", error)

    def words(self, project: str | None, tool: str, *, now: float) -> str:
        """What was searched for lately in results of this tool; empty without proactive expansion."""
        return self._wanted.words(project, tool, now=now) if self._wanted is not None else ""

    def starting(self, *, now: float) -> Gates:
        """The table for a new conversation; none while the store is away."""
        try:
            return self.feedback.gates(now=now)
        except StoreError as error:
            log.warning("gates could not be made: %s", error)
            return Gates()

    def pinned(self, version: str) -> Gates:
        """The table a conversation was started with. When it is lost, its version still names the old verdicts."""
        try:
            return self.feedback.pinned(version) or Gates(version)
        except StoreError as error:
            log.warning("gates could not be read: %s", error)
            return Gates(version)

    def figures(self) -> dict[str, object]:
        """For ``/stats``: what was asked back, the most often condensed groups first."""
        rates = sorted(self.feedback.rates().items(), key=lambda item: (-item[1].offered, item[0]))
        return {
            "proactive_expansion": self.expands,
            "backs_off_from": BACK_OFF,
            "least_samples": MIN_SAMPLES,
            "groups": [
                {
                    "tool": tool,
                    "kind": kind,
                    "condensed": rate.offered,
                    "tokens_left_out": rate.tokens,
                    "retrieved": rate.retrieved,
                    "refetched": rate.refetched,
                    "retrieval_rate": round(rate.retrieved / rate.offered, 4) if rate.offered else 0.0,
                    "refetch_rate": round(rate.refetched / rate.offered, 4) if rate.offered else 0.0,
                    "backs_off": rate.backs_off,
                }
                for (tool, kind), rate in rates[:_SHOWN]
            ],
        }

    async def keep_current(self, wall: Callable[[], float] = time.time) -> None:
        """Go on taking in what other workers learn, until cancelled; the figures ask no store."""
        while True:
            await asyncio.to_thread(self.read, now=wall())
            await asyncio.sleep(READ_SECONDS)

    def read(self, *, now: float) -> None:
        """Take in what other workers learnt."""
        try:
            self.feedback.read(now=now, at_most_old=READ_SECONDS / 2)
        except StoreError as error:
            log.warning("feedback could not be read: %s", error)
