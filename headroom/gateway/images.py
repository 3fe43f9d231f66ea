"""Images among the rooms: whether they can be scaled, hung into /readyz, the metrics and the banner."""

from __future__ import annotations

from headroom.compress.images import has_decoder
from headroom.control.health import Check
from headroom.settings import Settings

MISSING = "Pillow is not installed; `pip install 'headroom-gateway[images]'` lets large images be scaled down"


def wanted(settings: Settings) -> bool:
    """Whether images are to be scaled."""
    return settings.optimize and settings.image_optimize and not settings.lossless


def missing(settings: Settings) -> bool:
    """Whether they are to be, and can't."""
    return wanted(settings) and not has_decoder()


def check(settings: Settings) -> Check:
    """The part ``images`` of /readyz: never in the way, since an image can always go out as it came."""
    lacking = missing(settings)
    state = "repeats only" if lacking else "on" if wanted(settings) else "off"
    reason = {"reason": MISSING} if lacking else {}
    return Check(enabled=state == "on", required=False, facts={"state": state}, private=reason)


def banner(settings: Settings) -> str:
    """One line."""
    if not wanted(settings):
        return "as they come"
    return f"repeats are named; {MISSING}" if missing(settings) else "repeats are named, large ones scaled down"
