"""The verdict on a block that was never seen before."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from headroom.accounts.tokens import estimate
from headroom.compress import dedupe
from headroom.compress.dedupe import Repeat
from headroom.compress.detect import kind_of_path
from headroom.compress.envelope import CARRIED
from headroom.compress.kompress.blocks import BlockScorer
from headroom.compress.rendition import Hints
from headroom.compress.router import MARGIN_SHARE, MARGIN_TOKENS, Outcome, Policy
from headroom.compress.voi import allow_lossy, prior_of
from headroom.errors import StoreError
from headroom.pipeline.block import Job
from headroom.pipeline.conversation import EVERYTHING
from headroom.pipeline.counts import AHEAD_BYTES, Counts
from headroom.pipeline.digest import digest
from headroom.pipeline.eligibility import Protection, Protector
from headroom.pipeline.ledger import Entry
from headroom.pipeline.lifecycle import access_of
from headroom.pipeline.plan import Plan
from headroom.pipeline.result import Result
from headroom.pipeline.stake import Stake, stake_at
from headroom.pipeline.workers import Workers
from headroom.retrieval.feedback import Gates
from headroom.retrieval.markers import SIGIL, handles
from headroom.retrieval.original import About
from headroom.retrieval.originals import Originals
from headroom.settings import Settings
from headroom.wire.body import literal
from headroom.wire.dialect import Message, ToolCall

log = logging.getLogger("headroom.pipeline")

_RESHAPED = 0.75
"""Data inside a response is sent as a string in its place only where it takes at most this share of the tokens."""

ERROR_BYTES = 8 * 1024
"""Error results up to this size never lose a line."""
PARTS = "dedupe:lines"
REPEAT = "dedupe:repeat"
_MOSTLY = 0.5
"""A block that citing makes this much shorter is not compressed otherwise."""
_WHOLE = 1.3
"""Citing leaves nothing out, so it may be this much longer than a text with gaps."""
_MAX_BLOCK = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Known:
    """A block of which parts stand word for word in earlier results."""

    text: str
    repeats: tuple[Repeat, ...]
    places: tuple[tuple[int, int], ...]
    """Depth and number of the results that hold them."""


class Judge:
    """Decides blocks. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        *,
        originals: Originals | None,
        workers: Workers,
        scorer: BlockScorer | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        counts: Counts | None = None,
    ) -> None:
        self._settings = settings
        self._scorer = scorer
        self._originals = originals
        self._workers = workers
        self._clock = monotonic
        self._counts = counts
        self._protector = Protector.of(settings.protect_tool_results, settings.exclude_tools)

    def adopt(self, settings: Settings) -> None:
        """Use other settings from the next block on; only hot ones may differ."""
        self._settings = settings

    def judge(
        self,
        plan: Plan,
        result: Result,
        hints: Hints,
        known: Known | str | None,
        message: Message,
        ends: float,
        *,
        lossy: bool = True,
        model: bool = True,
        deep: bool = False,
        stake: Stake | None = None,
    ) -> Entry:
        """The verdict on a block never seen before. ``known``: its parts that were, or what to call an earlier copy.

        ``stake``: at which its text was judged before, where not what it is here.

        ``model``: the model may have a say in it; not so where the block itself was sent before.
        """
        settings, conversation = self._settings, plan.conversation
        part, size = result.part, result.size
        if not conversation.current:
            return Entry("raw", "older_policy")
        if EVERYTHING in conversation.barred:
            return Entry("raw", "barred")
        if message.signed:
            return Entry("raw", "signed")
        if result.broken:
            return Entry("raw", "half_character")
        protection = Protection.FREE if deep else self._protector.level(hints.tool or "", hints.command)
        large = size >= settings.intercept_read_min_chars
        outlined = large and protection is Protection.EXACT and self._intercepts(plan, hints)
        if outlined:
            protection = Protection.FREE
        if plan.request.forgets:
            known = None  # the provider may clear the copy that would be cited
        if isinstance(known, str):
            if not plan.lossless:
                return citation(result.text, known)
            known = None
        cited = _cited(known) if known is not None and PARTS not in conversation.barred else None
        if cited is not None and (
            protection is Protection.EXACT or cited.tokens_after <= cited.tokens_before * _MOSTLY
        ):
            return cited
        if ends - self._clock() <= 0 and size >= dedupe.MIN_CHARS:
            return Entry("raw", "deadline")  # no time to look for parts that were sent before
        if protection is Protection.EXACT:
            return Entry("raw", "protected")
        if size < settings.min_tokens * 2:
            return Entry("raw", "too_small")
        if size > _MAX_BLOCK:
            return Entry("raw", "too_large")
        remaining = ends - self._clock()
        if remaining <= 0:
            return Entry("raw", "deadline")
        text = result.text
        # One sign is looked for far faster than three, and most texts lack it.
        if SIGIL[1] in text and SIGIL in text and self._is_ours(text, plan.now):
            return Entry("raw", "own_output")
        stake = stake or stake_at(plan.node.sent, plan.node.depth)
        lossy = (
            lossy
            and conversation.promise
            and not plan.request.forced_tool
            and protection is Protection.FREE
            and not (part.is_error and size <= ERROR_BYTES)
            and self._originals is not None
        )
        handle = self._originals.hash(text) if lossy and self._originals is not None else None
        policy = Policy(
            lossy=lossy,
            code_aware=settings.code_aware or deep or outlined,
            protect="lossless" if protection is Protection.LOSSLESS else "none",
            min_tokens_lossless=settings.min_tokens,
            min_tokens_lossy=max(500, settings.min_tokens),
            min_tokens_sure=max(250, settings.min_tokens),
            target_ratio=plan.target_ratio,
            context=0 if deep else stake.context,
            calls=stake.calls,
        )
        scores = None
        if self._scorer is not None and lossy and model:
            # Asked here and not in the worker: the model lives in this process, and a verdict without it is final, too.
            scores = self._scorer(text, hints, remaining, plan.model)
            remaining = ends - self._clock()
        outcome = self._workers.run(Job(text, hints, policy, handle, scores), remaining)
        why = outcome.why
        if not outcome.lossless and _is_wanted_back(conversation.gates, hints.tool or "", outcome):
            # Earlier conversations asked for such text again: it goes out whole, or in a form that loses nothing.
            outcome = self._workers.run(Job(text, hints, replace(policy, lossy=False)), ends - self._clock())
            why = outcome.why if outcome.why == "deadline" else "wanted_back"
        if outlined and (outcome.text is None or not outcome.transform.startswith("code:")):
            return cited or Entry("raw", "protected")
        rival = outcome.tokens_after * (1.0 if outcome.lossless else _WHOLE)
        if cited is not None and (outcome.text is None or cited.tokens_after <= rival):
            return cited
        if outcome.text is None:
            return Entry("raw", why, outcome.kind, tokens_before=outcome.tokens_before)
        if outcome.transform in conversation.barred:
            return Entry("raw", "barred", outcome.kind, tokens_before=outcome.tokens_before)
        said = outcome.text
        shown = literal(said)
        if not result.is_string:
            # What was data becomes a string in it: the signs that escape its quotes and newlines count, too.
            after = estimate(shown.decode())
            if after > _RESHAPED * outcome.tokens_before:
                return Entry("raw", "no_gain", outcome.kind, tokens_before=outcome.tokens_before)
            outcome = replace(outcome, tokens_after=after)
        if self._counts is not None and plan.counted_at_once and len(shown) >= AHEAD_BYTES:
            self._counts.ahead(digest(shown), said, plan.request.model)
        if not outcome.lossless:
            if handle is None or self._originals is None:
                return Entry("raw", "no_promise", outcome.kind)
            try:
                about = About(
                    kind=outcome.kind,
                    tool=hints.tool or "",
                    arguments=hints.arguments,
                    tokens=outcome.tokens_before,
                    shown_tokens=outcome.tokens_after,
                    project=plan.exchange.project,
                    carried=outcome.transform.endswith(CARRIED),
                )
                self._originals.keep(text, about, now=plan.now, handle=handle)
            except StoreError as error:
                log.warning("originals: %s", error)
                return Entry("raw", "no_store", outcome.kind)
        return Entry(
            "compressed",
            outcome.transform,
            outcome.kind,
            shown,
            outcome.lossless,
            None if outcome.lossless else handle,
            outcome.tokens_before,
            outcome.tokens_after,
        )

    def _intercepts(self, plan: Plan, hints: Hints) -> bool:
        """Whether this is a source file, read whole for the first time: who reads it again, or in part, wants its text."""
        if not self._settings.intercept_tool_results:
            return False
        read = access_of(ToolCall("", hints.tool or "", hints.arguments))
        if read is None or read.kind != "read" or read.span or kind_of_path(read.path) != "code":
            return False
        calling = plan.node  # the message with the call itself
        seen = calling.parent.up() if calling.parent is not None else ()
        return all(access.path != read.path for node in seen for access in node.accesses.values())

    def _is_ours(self, text: str, now: float) -> bool:
        """Whether a text is what we made of another: it names an original of ours, which a forged marker can't."""
        named = handles(text)
        return bool(named) and self._originals is not None and len(self._originals.touch(named, now=now)) < len(named)


def _is_wanted_back(gates: Gates, tool: str, outcome: Outcome) -> bool:
    """Whether a lossy text is likely to cost more in retrievals than it saves, by what was measured on this machine."""
    if gates.backs_off(tool, outcome.kind):
        return True
    prior = prior_of(outcome.kind, outcome.transform)
    chance = gates.chance(tool, outcome.kind, prior)
    # The compressor weighed the prior itself: only a higher chance is news.
    return chance > prior and not allow_lossy(outcome.kind, outcome.tokens_before, outcome.tokens_after, prior=chance)


def _cited(known: Known) -> Entry | None:
    """The block with its known parts cited, or None where that gains too little."""
    text = dedupe.cite(known.text, known.repeats)
    before, after = estimate(known.text), estimate(text)
    if after > before - max(MARGIN_TOKENS, MARGIN_SHARE * before):
        return None
    return Entry("compressed", PARTS, "repeat", literal(text), True, None, before, after, known.places)


def citation(text: str, label: str) -> Entry:
    """What is sent for a text that a result in front of it holds whole, or that was cut there to the same words."""
    lines = text.count("\n") + (not text.endswith("\n"))
    cited = f"[~ the same {lines:,} lines as the result of {label} above]"
    return Entry("compressed", REPEAT, "repeat", literal(cited))
