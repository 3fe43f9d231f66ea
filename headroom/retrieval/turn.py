"""One turn of the client's, however many rounds it takes upstream: limits, answers, usage, and what was hidden."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from headroom.errors import StoreError
from headroom.exchange import Usage, Wire
from headroom.retrieval.answer import EXHAUSTED, Answer
from headroom.retrieval.turns import Block, Kind, Result, Round, turns_for
from headroom.retrieval.turns.parts import UNSAID, says
from headroom.retrieval.turns.usage import add, dump
from headroom.wire import dialect_for


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one turn (compression.md 3.4)."""

    rounds: int = 4
    """Upstream calls beyond the first. In the last one no more text is given, so that the model concludes."""
    tokens: int = 32_000
    """Retrieved tokens in all."""


type Resolve = Callable[[Block, int], Awaitable[Answer]]
"""Answers one retrieve call within so many tokens."""

type Remember = Callable[[Past], Awaitable[None]]
"""Records what the client did not see, before the last bytes of the answer go out."""


class Next(Enum):
    """What follows a round."""

    SHOW = "show"
    """There is nothing of ours in it: the client gets it."""
    GO_ON = "go_on"
    """Only our calls: their results go upstream."""
    HAND_OVER = "hand_over"
    """The client's tools were called too: it gets its calls, and ours are put back into its next request."""
    STOP = "stop"
    """The limit is reached, and still the model retrieves: the turn ends here."""
    CUT = "cut"
    """The answer broke off, with our call in it: that goes, the rest is shown."""


@dataclass(frozen=True, slots=True)
class Step:
    """A round that was answered without the client."""

    round: Round
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """A turn as the model saw it, to be restored in later requests."""

    wire: Wire
    steps: tuple[Step, ...]
    last: Round
    results: tuple[Result, ...]
    """Results for our calls in the last round, when the client's tools were called as well."""
    streamed: bool
    """Whether the client saw the visible blocks of all rounds; else it saw those of the last one."""
    response_ids: tuple[str, ...] = ()


class Turn:
    """The state of one turn. Not shared between tasks."""

    def __init__(
        self,
        wire: Wire,
        body: bytes,
        resolve: Resolve,
        *,
        limits: Limits | None = None,
        remember: Remember | None = None,
        spent: Callable[[Sequence[Usage]], None] | None = None,
    ) -> None:
        """``spent`` is told what each round cost so far whenever one that retrieves, or follows one, has ended."""
        self.wire = wire
        self.body = body
        """The request that is answered, as it was sent."""
        self.steps: list[Step] = []
        self.retrieved = 0
        """Tokens retrieved so far."""
        self.counted: dict[str, object] = {}
        """The sum of all rounds' usage, in the provider's terms."""
        self.usages: list[Usage] = []
        """Usage of each round that ended, the last one included."""
        self.hidden = False
        """Whether anything was kept from the client."""
        self.unrecorded = False
        """Whether the store failed to record what was kept from the client."""
        self._resolve = resolve
        self._remember = remember
        self._spent = spent
        self._limits = limits or Limits()

    @property
    def rounds(self) -> int:
        """Upstream calls beyond the first."""
        return len(self.steps)

    def took(self, done: Round) -> Next:
        """Take a round that ended, and decide what follows."""
        self.counted = add(self.counted, done.usage)
        if (usage := _usage(self.wire, done.usage)) is not None:
            self.usages.append(usage)
        if self._spent is not None and (done.calls or self.steps) and self.usages:
            self._spent(self.usages)
        if not done.calls:
            return Next.SHOW
        self.hidden = True
        if not done.wants_tools:
            return Next.CUT
        if done.mixed:
            return Next.HAND_OVER
        return Next.GO_ON if self.rounds < self._limits.rounds else Next.STOP

    def last(self, done: Round, what: Next, *, streamed: bool) -> tuple[Round, str]:
        """The round that ends the turn as the client gets it, and words of ours where it would get nothing at all."""
        if (
            what not in {Next.STOP, Next.CUT}
            or says(done)
            or (streamed and any(says(step.round) for step in self.steps))
        ):
            return done, ""
        return replace(done, blocks=(*done.blocks, Block(Kind.TEXT, b"", UNSAID))), UNSAID

    async def answers(self, done: Round) -> tuple[Result, ...]:
        """Answer a round's retrieve calls, within what is left of the limits."""
        results: list[Result] = []
        final = self.rounds + 1 >= self._limits.rounds and not done.mixed
        for call in done.calls:
            left = self._limits.tokens - self.retrieved
            if final or left <= 0:
                results.append(Result(call, EXHAUSTED))
                continue
            answer = await self._resolve(call, left)
            self.retrieved += answer.tokens
            results.append(Result(call, answer.text))
        return tuple(results)

    def go_on(self, done: Round, results: tuple[Result, ...]) -> bytes:
        """The body of the next upstream call. Raises ``Unreadable``."""
        turns = turns_for(self.wire)
        self.body = turns.extend(self.body, done.message, turns.results(results))
        self.steps.append(Step(done, results))
        return self.body

    async def remember(
        self, last: Round, results: tuple[Result, ...] = (), *, streamed: bool, response_ids: tuple[str, ...] = ()
    ) -> None:
        """Record the turn, if the client did not see all of it."""
        if self._remember is not None and (self.steps or results):
            past = Past(self.wire, tuple(self.steps), last, results, streamed, response_ids)
            try:
                await self._remember(past)
            except StoreError:  # later requests are valid without it; the model only forgets what it looked up
                self.unrecorded = True


def _usage(wire: Wire, record: Mapping[str, object]) -> Usage | None:
    key = "usageMetadata" if wire is Wire.GEMINI else "usage"
    return dialect_for(wire).usage(dump({key: record, "candidates": []})) if record else None
