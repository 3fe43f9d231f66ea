"""A message that was never seen before: its node in the chain, with a pinned verdict on each of its tool results."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from headroom.compress.rendition import Hints
from headroom.errors import StoreError
from headroom.exchange import Edit, Verdict
from headroom.pipeline.along import Copies
from headroom.pipeline.beside_results import around, asked_after
from headroom.pipeline.counts import AHEAD_BYTES, Counts
from headroom.pipeline.digest import digest
from headroom.pipeline.economics import hour_long
from headroom.pipeline.eligibility import hints_for
from headroom.pipeline.judge import REPEAT, Judge, Known, citation
from headroom.pipeline.ledger import Entry, Ledger
from headroom.pipeline.lifecycle import accesses, edited_since_read
from headroom.pipeline.node import Node, results_of
from headroom.pipeline.pages import Page, page_in
from headroom.pipeline.pictures import Pictures
from headroom.pipeline.plan import Plan
from headroom.pipeline.result import Result
from headroom.pipeline.revise import Reviser
from headroom.pipeline.seen import Seen
from headroom.pipeline.seen import label as cited_as
from headroom.pipeline.stake import Stake, stake_at
from headroom.pipeline.vision import NO_RULE
from headroom.pipeline.worth import Worth
from headroom.retrieval.learning import Learning
from headroom.wire.dialect import Message, PartKind, TextPart

log = logging.getLogger("headroom.pipeline")

CITE_CHARS = 400
"""Shortest repeated result that is cited instead of sent again."""


class FirstSight:
    """Enters new messages into the chain. Thread-safe."""

    def __init__(
        self,
        judge: Judge,
        worth: Worth,
        ledger: Ledger,
        reviser: Reviser | None,
        monotonic: Callable[[], float],
        learning: Learning | None = None,
        *,
        seen: Seen | None = None,
        pictures: Pictures,
        counts: Counts | None = None,
    ) -> None:
        self._counts = counts
        self._copies = Copies()
        self._pictures = pictures
        self._learning = learning
        self._seen = seen or Seen()
        self._judge = judge
        self._worth = worth
        self._ledger = ledger
        self._reviser = reviser
        self._clock = monotonic

    def enter(self, plan: Plan, raw: bytes, message: Message, ends: float) -> Node:
        """Decide a message's tool results by the time ``ends``; its node, not yet in the lineage."""
        parent = plan.node
        ask, words = asked_after(raw, message, parent)
        # Models of another family look at other sizes, so with the first image their conversation goes its own way.
        vision = (plan.vision.rule,) if message.images and plan.vision.rule else ()
        node = Node(
            key=digest(parent.key, message.canonical, *(rule.encode() for rule in vision)),
            parent=parent,
            depth=parent.depth + 1,
            message=message,
            calls=message.calls,
            ask=ask,
            words=words,
            accesses=accesses(message.calls),
            turns=parent.turns + bool(message.calls),
            hour=parent.hour or hour_long(around(raw, message)),
            revised=parent.revised,
            dropped=parent.dropped,
            size=parent.size + message.size,
            sent=parent.sent + message.size,
            offered=parent.offered,
            vision=plan.vision.rule or NO_RULE if message.images else parent.vision,
            summary=parent.depth + 1 if message.compacted else parent.summary,
        )
        edits: list[Edit] = []
        verdicts: list[Verdict] = []
        keys: list[str] = []
        pages: dict[int, Page] = {}
        for number, part in enumerate(message.parts):
            if part.kind is not PartKind.TOOL_RESULT:
                continue
            result = Result(raw, part)
            key, entry, verdict = self._decide(plan, node, result, message, number, ends)
            if (page := page_in(result, node.call(part.call_id))) is not None:
                pages[len(verdicts)] = page
            keys.append(key)
            verdicts.append(verdict)
            if entry.literal is not None:
                edits.append(Edit(part.start, part.end, entry.literal))
                node.sent += len(entry.literal) - (part.end - part.start)
            node.offered = node.offered or entry.handle is not None
        if message.images:
            edits += self._pictures.enter(plan, node, raw, message, ends)
        node.edits = tuple(edits)
        node.verdicts = tuple(verdicts)
        node.keys = tuple(keys)
        node.pages = pages
        if all(verdict.fresh for verdict in verdicts) and all(one.verdict.fresh for one in node.pictures):
            node.kept = plan.now  # just written
        if self._reviser is not None and plan.conversation.promise:
            self._reviser.recall(node, plan.exchange)
        return node

    def _decide(
        self, plan: Plan, node: Node, result: Result, message: Message, number: int, ends: float
    ) -> tuple[str, Entry, Verdict]:
        part = result.part
        call = node.call(part.call_id)
        parent = plan.node
        query = f"{parent.ask}\n{parent.words}"
        hints = hints_for(call.name if call else None, call.arguments if call else "", query)
        current = plan.conversation.current
        # What was cut once is worth cutting again: at another stake it might go out whole, though a part was told.
        before = self._copies.stake(parent, part.digest) if current else None
        stake = before or stake_at(parent.sent, parent.depth)
        key = digest(
            (plan.conversation.policy + plan.conversation.gates.version).encode(),
            b"lossy" if plan.conversation.promise else b"lossless",
            repr(plan.target_ratio).encode(),
            (call.name if call else "").encode(),
            (call.arguments if call else "").encode(),
            query.encode(),
            repr(stake).encode(),
            part.digest,
        )
        # A conversation that began under an older policy goes on as it began.
        label = self._copies.cited(parent, part.digest, gone=current) if result.size >= CITE_CHARS else None
        gone = any(rewrite.digest == part.digest for rewrite in parent.revised.values())
        if gone:
            label = None  # the copy that would be cited is no longer there
        anew = current and call is not None and edited_since_read(parent, call)
        if anew:
            label = None
        if label is not None:
            key = digest(b"again", parent.key, number.to_bytes(4, "big"), key)
        if plan.conversation.deferred and not node.offered:
            key = digest(b"unoffered", parent.key, number.to_bytes(4, "big"), key)
        alone = key
        known: Known | None = None
        if label is None and not anew:
            late = ends - self._clock() <= 0
            known = None if late else self._known(plan, result, hints)
            if late or known is not None:
                key = digest(b"in part", parent.key, number.to_bytes(4, "big"), key)
        began = self._clock()
        entry, pinned, fresh = self._entry(
            plan, node, key.hex(), alone.hex(), result, hints, known or label, message, ends, stake
        )
        cut = digest(b"cut", part.digest, entry.literal or b"") if entry.handle is not None else None
        if cut is not None and current and not (gone or anew):
            label = self._copies.cited(parent, cut)
            if label is not None:
                key = digest(b"cut again", parent.key, number.to_bytes(4, "big"), key)
                entry, pinned, fresh = self._cut_again(plan, node, key.hex(), result, entry, label)
        called = cited_as(hints, node.depth, alone=len(results_of(node)) == 1)
        if entry.kind == "raw" or (entry.lossless and entry.why != REPEAT):
            node.literals[part.digest] = called
        elif cut is not None and entry.handle is not None:
            node.literals[cut] = called
            node.stakes[part.digest] = stake
        if entry.cites:
            node.cites = (*node.cites, *entry.cites)
        verdict = Verdict(
            kind=entry.kind,
            why=entry.why,
            message=plan.at,
            tool=call.name if call else None,
            content_kind=entry.content_kind or None,
            tokens_before=entry.tokens_before,
            tokens_after=entry.tokens_after,
            lossless=entry.lossless,
            handle=entry.handle,
            fresh=fresh,
            began=began if fresh else 0.0,
            seconds=self._clock() - began if fresh else 0.0,
        )
        return pinned, entry, verdict

    def _entry(
        self,
        plan: Plan,
        node: Node,
        key: str,
        alone: str,
        result: Result,
        hints: Hints,
        known: Known | str | None,
        message: Message,
        ends: float,
        stake: Stake,
    ) -> tuple[Entry, str, bool]:
        """The verdict, its key, and whether it was reached just now: a moved cache mark or a restart makes no block new.

        ``alone`` is the key of the block without regard to earlier copies: it stands there when time was up. Where it is
        up now and nobody can look for copies (``known`` is None), what stands under either key was decided in time.
        """
        try:
            standing = self._ledger.get(key)
            if standing is not None:
                return standing, key, False
            if alone != key:
                standing = self._ledger.get(alone)
                if standing is not None and standing.why == "deadline":
                    return standing, alone, False
                if standing is not None and known is None:
                    # Elsewhere or here, in time: from now on it holds here, whatever a later look finds.
                    return self._ledger.settle(key, standing, now=plan.now), key, False
            if known is None:
                key = alone
            if self._learning is not None and hints.tool is not None:
                # Only here, where the verdict is about to be pinned: what was sent once never follows later searches.
                hints = replace(hints, lately=self._learning.words(plan.exchange.project, hints.tool, now=plan.now))
            if self._counts is not None and plan.counted_at_once and result.size >= AHEAD_BYTES:
                self._counts.ahead(result.part.digest, result.text, plan.request.model)
            entry = self._judge.judge(plan, result, hints, known, message, ends, stake=stake)
            if entry.handle is not None and not self._worth.offering(plan, node, entry):
                entry = self._judge.judge(plan, result, hints, known, message, ends, lossy=False)
            if entry.literal is not None and not self._worth.cacheable(plan, node, result.part, entry):
                entry = Entry("raw", "cache_minimum", entry.content_kind, tokens_before=entry.tokens_before)
            if plan.abandoned:
                return Entry("raw", "deadline"), key, True
            return self._ledger.settle(key, entry, now=plan.now), key, True
        except StoreError as error:
            # Without a ledger a verdict can't be held to, so only what is a pure function of the block may be sent.
            if "ledger" not in plan.exchange.notes:
                log.warning("ledger: %s", error)
            plan.exchange.notes["ledger"] = str(error)
            entry = Entry("raw", "ledger")
            self._ledger.owe(key, entry)
            return entry, key, True

    def _cut_again(
        self, plan: Plan, node: Node, key: str, result: Result, entry: Entry, label: str
    ) -> tuple[Entry, str, bool]:
        """The same of a text that came before and was cut before to the same words: it is named, and not sent again."""
        try:
            standing = self._ledger.get(key)
            if standing is not None:
                return standing, key, False
            named = citation(result.text, label)
            if plan.request.forgets or not self._worth.cacheable(plan, node, result.part, named):
                named = entry
            return self._ledger.settle(key, named, now=plan.now), key, True
        except StoreError as error:
            plan.exchange.notes["ledger"] = str(error)
            self._ledger.owe(key, entry)
            return entry, key, True

    def _known(self, plan: Plan, result: Result, hints: Hints) -> Known | None:
        """The parts of a new result that the reader has seen word for word, where they are worth a citation."""
        if plan.lossless or (hints.tool or "").endswith("_retrieve"):
            return None  # what was asked for again is wanted again
        if not result.is_string:
            return None  # data, of whose lines the model sees nothing
        repeats = self._seen.repeats(plan, result.text)
        if not repeats:
            return None
        places = {self._seen.place(plan, repeat) for repeat in repeats}
        return Known(result.text, repeats, tuple(sorted(place for place in places if place is not None)))

    def rejudge(self, plan: Plan, node: Node, part: TextPart, left: float, *, deep: bool = False) -> Entry | None:
        """What a block that went out raw would become today; None when that is nothing better.

        ``deep``: with everything that compression can do, whatever the block is worth and whichever tool made it.
        """
        message, parent = node.message, node.parent
        if message is None or parent is None:
            return None
        call = node.call(part.call_id)
        query = f"{parent.ask}\n{parent.words}"
        hints = hints_for(call.name if call else None, call.arguments if call else "", query)
        piece = plan.request.messages[node.depth - 1]
        raw = plan.exchange.body_in[piece.start : piece.end]
        # The model has no part in it: that it arrived meanwhile must not change what was sent.
        result = Result(raw, part)
        entry = self._judge.judge(plan, result, hints, None, message, self._clock() + left, model=False, deep=deep)
        return entry if entry.literal is not None else None
