"""Images of a message that was never seen before: scaled to what the provider looks at, or named when they came before.

A verdict depends on the messages up to the image and on the model's family, as ``Vision.rule`` names it. What depends on
the place in the conversation is pinned under the place; the smaller image itself under its source, once for all.
"""

from __future__ import annotations

import logging
import threading
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from headroom.accounts.tokens import BYTES_A_TOKEN, estimate
from headroom.compress.images import VERSION, ImageSize, downscale, read_size
from headroom.errors import StoreError
from headroom.exchange import Edit, Verdict
from headroom.pipeline.conversation import EVERYTHING
from headroom.pipeline.digest import digest
from headroom.pipeline.eligibility import Protector, hints_for
from headroom.pipeline.ledger import Entry, Ledger
from headroom.pipeline.node import Node, Picture, is_dropped
from headroom.pipeline.plan import Plan
from headroom.pipeline.seen import label
from headroom.settings import Settings
from headroom.wire.body import literal
from headroom.wire.dialect import ImagePart, Message
from headroom.wire.images import beginning, payload

log = logging.getLogger("headroom.pipeline")

DOWNSCALE: Final = "image:downscale"
REPEAT: Final = "image:repeat"
LEAST: Final = 16 * 1024
"""Characters of base64 from which a smaller image is worth a rewrite: nothing but bytes is gained."""
PIXELS_A_SECOND: Final = 20_000_000
"""About what one core decodes, scales and writes; an image that would take longer than there is time is not begun."""
_WHOLE: Final = "whole"
"""Pinned for a place: the image itself is sent there, as it would be in any other."""
_PASSING: Final = frozenset({"deadline", "no_decoder", "protected", "barred"})
"""Reasons that are not the image's own and may not hold the next time: pinned for the place, and for no other."""


class Pictures:
    """Decides images. Thread-safe."""

    def __init__(self, settings: Settings, ledger: Ledger, monotonic: Callable[[], float]) -> None:
        self._settings = settings
        self._ledger = ledger
        self._smaller_ones = ledger.of_images()
        self._clock = monotonic
        self._protector = Protector.of(settings.protect_tool_results, settings.exclude_tools)
        self._decoding = threading.Lock()
        """One at a time: a decoded image takes much memory."""

    def adopt(self, settings: Settings) -> None:
        """Use other settings from the next message on; only hot ones may differ."""
        self._settings = settings

    def enter(self, plan: Plan, node: Node, raw: bytes, message: Message, ends: float) -> list[Edit]:
        """Decide a message's images by the time ``ends`` into ``node.pictures``; the edits, relative to the message."""
        edits: list[Edit] = []
        taken = spent = 0
        for number, image in enumerate(message.images):
            size = _size(raw, image)
            tokens = plan.vision.tokens(size, image.detail) if size is not None else 0
            picture, new = self._decide(plan, node, raw, message, number, size, tokens, ends)
            node.pictures = (*node.pictures, picture)
            taken += image.end - image.start - BYTES_A_TOKEN * tokens
            spent += BYTES_A_TOKEN * (tokens - picture.verdict.tokens_after)
            if new is not None and picture.cites and image.text is not None:
                edits.append(Edit(image.start, image.end, image.text[0] + new + image.text[1]))
            elif new is not None:
                edits.append(Edit(*image.data, new))
        # What a message weighs is what it takes of the window, and images take by their pixels.
        node.size -= taken
        node.sent -= taken + spent
        return edits

    def pay(self, *, now: float) -> None:
        """Write the verdicts that the store did not take. May wait. Raises ``StoreError``."""
        self._smaller_ones.pay(now=now)

    def touch(self, keys: list[str], *, now: float) -> None:
        """Keep the smaller images of a live conversation from being evicted."""
        self._smaller_ones.touch(keys, now=now)

    def overruled(self) -> set[str]:
        """As the ledger's: of images."""
        return self._smaller_ones.overruled()

    def retract(self, picture: Picture, *, now: float) -> None:
        """The upstream refused what was sent in an image's place. Raises ``StoreError``."""
        ledger = self._smaller_ones if picture.own else self._ledger
        ledger.retract(picture.key, Entry("raw", "upstream_refused"), now=now)

    def _decide(
        self,
        plan: Plan,
        node: Node,
        raw: bytes,
        message: Message,
        number: int,
        size: ImageSize | None,
        tokens: int,
        ends: float,
    ) -> tuple[Picture, bytes | None]:
        """The picture, and what is sent in place of its block (a text's literal) or of its data."""
        image = message.images[number]
        call = node.call(image.call_id)
        hints = hints_for(call.name if call else None, call.arguments if call else "", "")
        name = label(hints, node.depth) if image.call_id is not None else f"the user's image (message {node.depth})"
        if len(message.images) > 1:
            name += f", image {number + 1}"
        alone = digest(b"image", VERSION, plan.vision.rule.encode(), image.digest).hex()
        place = digest(b"image here", node.key, number.to_bytes(4, "big"), alone.encode()).hex()
        began = self._clock()
        earlier = _earlier(node, image.digest)
        try:
            entry, key, fresh = self._entry(plan, raw, message, image, size, tokens, earlier, alone, place, ends)
        except StoreError as error:
            # Without a ledger a verdict can't be held to.
            if "ledger" not in plan.exchange.notes:
                log.warning("ledger: %s", error)
            plan.exchange.notes["ledger"] = str(error)
            entry, key, fresh = Entry("raw", "ledger"), alone, True
            self._smaller_ones.owe(key, entry)
        verdict = Verdict(
            kind=entry.kind,
            why=entry.why,
            message=plan.at,
            tool=call.name if call else None,
            content_kind="image",
            tokens_before=tokens,
            tokens_after=entry.tokens_after if entry.cites else tokens,
            lossless=entry.lossless,
            fresh=fresh,
            began=began if fresh else 0.0,
            seconds=self._clock() - began if fresh else 0.0,
        )
        cites = entry.cites[0][0] if entry.cites else 0
        return Picture(image.digest, verdict, key, name, key == alone, cites), entry.literal

    def _entry(
        self,
        plan: Plan,
        raw: bytes,
        message: Message,
        image: ImagePart,
        size: ImageSize | None,
        tokens: int,
        earlier: tuple[int, str] | None,
        alone: str,
        place: str,
        ends: float,
    ) -> tuple[Entry, str, bool]:
        """The verdict, its key, and whether it was reached just now."""
        pinned = self._ledger.get(place)
        if pinned is not None and pinned.why != _WHOLE:
            return pinned, place, False
        if pinned is None:
            why = self._why_not(plan, message)
            if why is not None:
                return self._ledger.settle(place, Entry("raw", why), now=plan.now), place, True
            if earlier is not None:
                entry = self._citation(plan, image, tokens, earlier)
                entry = self._ledger.settle(place, entry, now=plan.now)
                if entry.why != _WHOLE:
                    return entry, place, True
        entry, fresh = self._smaller(plan, raw, image, size, alone, ends)
        if entry.why in _PASSING:
            return self._ledger.settle(place, entry, now=plan.now), place, True
        return entry, alone, fresh

    def _why_not(self, plan: Plan, message: Message) -> str | None:
        conversation = plan.conversation
        if not self._settings.image_optimize:
            return "off"
        if not conversation.current:
            return "older_policy"
        if EVERYTHING in conversation.barred:
            return "barred"
        if message.signed:
            return "signed"
        return "lossless" if plan.lossless else None

    @staticmethod
    def _citation(plan: Plan, image: ImagePart, tokens: int, earlier: tuple[int, str]) -> Entry:
        """An earlier copy named, or ``_WHOLE`` where that can't be done or gains nothing."""
        depth, name = earlier
        said = f"[~ the same image as {name} above]"
        cost = estimate(said)
        if image.text is None or plan.request.forgets or REPEAT in plan.conversation.barred or tokens <= cost:
            return Entry("raw", _WHOLE)
        return Entry("compressed", REPEAT, "image", literal(said), True, None, tokens, cost, ((depth, 0),))

    def _smaller(
        self, plan: Plan, raw: bytes, image: ImagePart, size: ImageSize | None, alone: str, ends: float
    ) -> tuple[Entry, bool]:
        """The verdict on the image by itself."""
        if size is None or image.media.removeprefix("image/").replace("jpg", "jpeg") != size.format:
            return Entry("raw", "unknown_format"), True
        target = plan.vision.free_size(size, image.detail) if min(size.width, size.height) > 0 else None
        if target is None:
            return Entry("raw", "small_enough"), True
        if image.data.end - image.data.start < LEAST:
            return Entry("raw", "too_small"), True
        if DOWNSCALE in plan.conversation.barred:
            return Entry("raw", "barred"), True
        standing = self._smaller_ones.get(alone)
        if standing is not None:
            return standing, False
        if self._is_protected(plan, image):
            return Entry("raw", "protected"), True
        left = ends - self._clock()
        if size.width * size.height > PIXELS_A_SECOND * left or not self._decoding.acquire(timeout=left):
            return Entry("raw", "deadline"), True
        try:
            if plan.abandoned:
                return Entry("raw", "deadline"), True
            data = payload(raw, image)
            done = downscale(data, target) if data is not None else None
        finally:
            self._decoding.release()
        if self._clock() > ends or plan.abandoned:
            return Entry("raw", "deadline"), True
        if done is None:
            return Entry("raw", "unreadable"), True
        if done.why == "no_decoder":
            return Entry("raw", done.why), True
        entry = Entry("raw", done.why)
        if done.data is not None:
            entry = Entry("compressed", DOWNSCALE, "image", b64encode(done.data), lossless=False)
        return self._smaller_ones.settle(alone, entry, now=plan.now), True  # never again the same work in vain

    def _is_protected(self, plan: Plan, image: ImagePart) -> bool:
        """Whether the operator wants a tool's results without loss. That agents read files exactly is no matter here."""
        call = plan.node.call(image.call_id)
        return call is not None and self._protector.is_named(call.name)


def _size(raw: bytes, image: ImagePart) -> ImageSize | None:
    """What the header says; of JPEG files it may lie far behind."""
    head = beginning(raw, image)
    if head is None:
        return None
    size = read_size(head)
    if size is None and head.startswith(b"\xff\xd8"):
        whole = payload(raw, image)
        size = read_size(whole) if whole is not None else None
    return size if size is not None and size.width > 0 and size.height > 0 else None


def _earlier(node: Node, wanted: bytes) -> tuple[int, str] | None:
    """Depth and label of the same image further up, where it is sent and nothing stands between it and the model.

    ``node`` is the message's own, with the pictures decided so far.
    """
    at: Node | None = node
    while at is not None:
        if not is_dropped(node, at.depth):
            for picture in at.pictures:
                if picture.digest == wanted and not picture.cites:
                    return at.depth, picture.label
        at = at.parent if at.depth > node.summary else None
    return None


def again(pictures: Iterable[Picture]) -> list[Verdict]:
    """The verdicts as they stand on later turns."""
    return [replace(picture.verdict, fresh=False) for picture in pictures]


def named(nodes: Iterable[Node]) -> frozenset[int]:
    """Depths of the messages whose images others name: they must stay."""
    return frozenset(picture.cites for node in nodes for picture in node.pictures if picture.cites)
