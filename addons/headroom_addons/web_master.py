"""The master of ``headroom proxy --web``: mitmweb's own, with our addons. Apart from ``master``, as it imports tornado."""

from __future__ import annotations

from collections import deque

from mitmproxy import options
from mitmproxy.tools.web.master import WebMaster

from headroom_addons import build
from headroom_addons.master import Stopping, only_theirs, quiet, refuse_unknown_options
from headroom_addons.services import Services

MOST_EVENTS = 1_000
"""Lines of its log that mitmweb keeps to show; its own bound of 10,000 is 10 MB, and ours goes to a file anyway."""


class HeadroomWebMaster(Stopping, WebMaster):
    """mitmweb with the same addons; flows keep their bodies for people to look at."""

    def __init__(self, opts: options.Options, services: Services) -> None:
        super().__init__(opts, with_termlog=False)
        services.keep_bodies = True
        self.events.data = deque(maxlen=MOST_EVENTS)
        if (check := self.addons.get("errorcheck")) is not None:
            only_theirs(check)
        self.addons.add(*build(services))
        quiet()

    async def running(self) -> None:
        """The port is bound."""
        refuse_unknown_options(self.options)
        await super().running()  # type: ignore[no-untyped-call]
