"""The addon suite: the only code that imports mitmproxy. The order of ``build`` is the path of a request.

mitmproxy calls every addon's hook even when an earlier one has answered the flow, so each looks first. It logs what a hook
raises and goes on, so those that decide (gate, limits) catch their own faults and refuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headroom_addons.services import Services


def build(services: Services) -> list[Any]:
    """The addons in the order in which they see a request."""
    from headroom_addons.account import Account
    from headroom_addons.answer import Answer
    from headroom_addons.cache import Cache
    from headroom_addons.compress import Compress
    from headroom_addons.control import Control
    from headroom_addons.gate import Gate
    from headroom_addons.inspect import Inspect
    from headroom_addons.intercept import Intercept
    from headroom_addons.lifecycle import Lifecycle
    from headroom_addons.limits import Limits
    from headroom_addons.native import Native
    from headroom_addons.recognise import Recognise
    from headroom_addons.release import Release
    from headroom_addons.upstream import Upstream

    if services.keep_bodies and services.accounts is not None:
        services.accounts.at_once = True
    shown = []
    if services.keep_bodies:
        most = services.settings.web_memory_mb * 1024 * 1024
        shown.append(inspect := Inspect(services, most_bytes=most))
        if services.holdings is not None:
            services.holdings.others["flows"] = (lambda: inspect.held, most)
    return [
        Lifecycle(services),
        Answer(services.settings.max_body_mb * 1024 * 1024, services.settings.request_timeout),
        *([Intercept(services)] if services.settings.intercept else []),
        Recognise(services),
        Gate(services),
        Native(services),
        Control(services),
        Limits(services),
        Cache(services),
        Compress(services),
        Upstream(services),
        Account(services),
        *shown,
        Release(services),
    ]
