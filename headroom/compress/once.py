"""What one call works out of one text, kept until the call ends: both tiers and the law need the same parse of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps

_found: ContextVar[dict[tuple[object, object], object] | None] = ContextVar("found", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Within this block a function marked `once` is run once for each argument; what it found is dropped at the end.

    Bounded by the call: a handful of functions on one text and its parts. Of this thread (or task) alone.
    """
    token = _found.set({})
    try:
        yield
    finally:
        _found.reset(token)


def once[A, T](function: Callable[[A], T]) -> Callable[[A], T]:
    """Mark a pure function of a text, or of another hashable value, whose result nobody changes."""

    @wraps(function)
    def remembered(argument: A) -> T:
        found = _found.get()
        if found is None:
            return function(argument)
        key = (function, argument)
        if key not in found:
            found[key] = function(argument)
        return found[key]  # type: ignore[return-value]  # kept under the function that made it

    return remembered


def note[A, T](function: Callable[[A], T], argument: A, result: T) -> None:
    """Spare a function marked `once` the work: this is what it would find, known from elsewhere."""
    found = _found.get()
    if found is not None:
        found[(inspect.unwrap(function), argument)] = result


@once
def lines_of(text: str) -> list[str]:
    """Return the text split at newlines; not to be changed, as all who ask get the same list."""
    return text.split("\n")
