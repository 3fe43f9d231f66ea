"""POST /admin/runtime-env: change the hot settings of a running proxy, all that are named or none."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from headroom.control.http import ControlReply, ControlRequest, Route, Rule, json_reply
from headroom.errors import StoreError
from headroom.option import Entry, parse_value
from headroom.settings import TABLE, Settings
from headroom.store.protocol import Store

log = logging.getLogger("headroom.control")

KNOWN: Mapping[str, Entry] = {entry.option.env: entry for entry in TABLE if entry.option.hot and entry.option.env}
"""The settings that may change, by variable. None of them names a path, a URL or a credential."""
SPACE = "runtime-env"
_MAX_BODY = 64 * 1024
_LOOK_SECONDS = 1.0


def changed(settings: Settings, values: Mapping[str, str]) -> Settings:
    """The settings with these variables; an empty one goes back to its default. Raises ``ValueError`` naming the bad one."""
    new: dict[str, Any] = {}
    for name, text in values.items():
        entry = KNOWN[name]
        try:
            value = parse_value(entry, text) if text.strip() else entry.default
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        new[entry.name] = not value if entry.option.inverted and text.strip() else value
    return replace(settings, **new)


def shown(settings: Settings) -> dict[str, str | None]:
    """Every known variable and its value as text, None where it is at its default."""
    return {name: _text(getattr(settings, entry.name), entry) for name, entry in KNOWN.items()}


def _text(value: Any, entry: Entry) -> str | None:
    if value == entry.default:
        return None
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class Common:
    """What the workers of one run tell each other; a later run on the same store starts afresh."""

    store: Store
    run: str

    def publish(self, values: Mapping[str, str | None], now: float) -> None:
        """Tell the others. Raises ``StoreError``."""
        self.store.put(SPACE, self.run, json.dumps(dict(values)).encode(), now=now)

    def latest(self) -> dict[str, str] | None:
        """What was told last. Raises ``StoreError``."""
        body = self.store.get(SPACE, self.run)
        if body is None:
            return None
        return {name: text or "" for name, text in json.loads(body).items() if name in KNOWN}


@dataclass(slots=True)
class RuntimeEnv:
    """The handler, and the watch for what other workers were told."""

    settings: Callable[[], Settings]
    adopt: Callable[[Settings], None]
    """Makes new settings count, as a whole, from the next request on."""
    wall: Callable[[], float]
    common: Common | None = None

    def routes(self) -> tuple[Route, ...]:
        """The one route. The router writes the audit record: names of fields, never their values."""
        return (Route("POST", "/admin/runtime-env", self.handle, Rule.LOOPBACK),)

    async def handle(self, request: ControlRequest) -> ControlReply:
        """Apply every known variable with a string value; say which were not known."""
        asked = _object(request.body)
        if asked is None:
            return json_reply({"error": "expected a JSON object of {ENV_NAME: value}"}, 400)
        values = {name: text for name, text in asked.items() if name in KNOWN and isinstance(text, str)}
        try:
            settings = changed(self.settings(), values)
        except ValueError as error:
            return json_reply({"error": str(error)}, 400)
        if self.common is not None and values:
            try:
                await asyncio.to_thread(self.common.publish, shown(settings), self.wall())
            except StoreError as error:
                return json_reply({"error": f"nothing was changed: the other workers can't be told ({error})"}, 503)
        self.adopt(settings)
        ignored = sorted(name for name in asked if name not in values)
        return json_reply({"applied": values, "runtime_env": shown(settings), "ignored": ignored})

    def watch(self) -> Awaitable[None]:
        """Follow what other workers were told, until cancelled."""
        return self._watch()

    async def _watch(self) -> None:
        if self.common is None:
            return
        while True:
            await self.follow()
            await asyncio.sleep(_LOOK_SECONDS)

    async def follow(self) -> None:
        """Adopt what was told last, if it is news."""
        assert self.common is not None
        try:
            told = await asyncio.to_thread(self.common.latest)
            if told is not None and {name: text or None for name, text in told.items()} != shown(self.settings()):
                self.adopt(changed(self.settings(), told))
        except (StoreError, ValueError) as error:
            log.debug("the common settings can't be read: %s", error)


def _object(body: bytes) -> dict[str, Any] | None:
    if len(body) > _MAX_BODY:
        return None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
