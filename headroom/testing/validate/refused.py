"""A request the provider would not take."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


class Refused(Exception):
    """Why a request is invalid. ``param`` and ``code`` are used by the OpenAI envelope alone."""

    def __init__(self, message: str, *, status: int = 400, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.param = param
        self.code = code


def is_count(value: object, least: int = 0) -> bool:
    """Whether a JSON value is an integer of at least ``least`` (booleans are none)."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def extras(value: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """The keys that ``known`` does not list."""
    return [key for key in value if key not in known]


def words(text: str) -> frozenset[str]:
    """The words of a text: how these modules write their lists of known fields."""
    return frozenset(text.split())
