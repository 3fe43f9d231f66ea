"""What ``addons/suite.py`` loads into a stock mitmdump or mitmweb."""

from __future__ import annotations

import logging
import os
from typing import Any

from headroom.precedence import resolve
from headroom_addons import build
from headroom_addons.compose import compose

log = logging.getLogger("headroom")


def addons_from_environment() -> list[Any]:
    """The addons, with settings from variables only. Raises ``HeadroomError``, which stops mitmproxy's start."""
    resolved = resolve({}, os.environ)
    services, warnings = compose(resolved.settings, os.environ)
    services.keep_bodies = True
    for warning in (*resolved.warnings, *warnings):
        log.warning(warning)
    return build(services)
