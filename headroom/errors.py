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


class UpstreamFailure(HeadroomError):
    """An upstream gave no answer, or not to its end. ``retried`` has the reason of each attempt beyond the first."""

    retried: tuple[str, ...] = ()


class UpstreamUnreachable(UpstreamFailure):
    """No connection to the upstream could be made, or it broke before the response head."""


class UpstreamTimeout(UpstreamFailure):
    """The upstream did not answer within the configured time."""


class StoreError(HeadroomError):
    """The state store can't be used; the message says why and what was done instead."""
