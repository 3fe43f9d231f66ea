"""One tree of exceptions; each message says what to do."""

from __future__ import annotations


class HeadroomError(Exception):
    """Base of every error we raise on purpose."""


class SettingsError(HeadroomError):
    """An option has a value that can't be used; the message names the flag or variable."""


class Unreadable(HeadroomError):
    """A body we must not edit: invalid JSON, duplicate keys, an unknown shape or over a limit. ``reason`` is a short tag."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UpstreamUnreachable(HeadroomError):
    """No connection to the upstream could be made, or it broke before the response head."""


class UpstreamTimeout(HeadroomError):
    """The upstream did not answer within the configured time."""


class StoreError(HeadroomError):
    """The state store can't be used; the message says why and what was done instead."""
