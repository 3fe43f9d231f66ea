"""What a question wants of a table, once it is read."""

from __future__ import annotations

from dataclasses import dataclass

SHORT = 12_000
"""Characters of a table of which nothing is shown beside the answer of its question, where it has one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What must stay in sight."""

    rows: frozenset[int]
    """Records that the question names by a value, or compares with a number; 0-based."""
    columns: frozenset[int]
    """Columns it names; where it has its answer, no more than those of which it asks for the highest, the lowest or the last."""
    highest: bool
    lowest: bool
    top: int
    """How many of the highest or lowest."""
    odd: bool
    """It asks for what is unusual, or has failed."""
    first: bool
    last: bool
    elsewhere: bool = False
    """It is about something else: the reader skims these records on the way, and its words meet them by chance at most."""
    answered: bool = False
    """Each thing it asks for is a record named surely, or the highest or lowest of a column: nothing else is needed for it."""
    figures: bool = False
    """It asks for a sum, a mean or another figure of all records."""
    missing: tuple[str, ...] = ()
    """Values by which it tells a record, where it has its answer and no record holds them."""
    odd_in: frozenset[int] | None = None
    """Columns in which it asks for what is unusual; None where that may be any one."""
