"""One option: how it is spelled and explained, and which values it takes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from headroom.spellings import parse_bool


@dataclass(frozen=True, slots=True)
class Option:
    """How one setting is spelled, checked and explained."""

    section: str
    help: str
    flag: str | None = None
    short: str | None = None
    env: str | None = None
    choices: tuple[str, ...] | None = None
    least: float | None = None
    most: float | None = None
    above: float | None = None
    """Exclusive lower bound."""
    inverted: bool = False
    """The flag and the variable say "not": given, the setting becomes false."""
    off_flag: str | None = None
    """A second flag that switches the setting off explicitly."""
    hidden: bool = False
    secret: bool = False
    hot: bool = False
    """May be changed while running (POST /admin/runtime-env)."""
    missing: bool = False
    """The feature does not exist in this version: asking for it is refused."""
    metavar: str | None = None
    parse: Callable[[str], Any] | None = None


def option(default: Any, section: str, text: str, **kind: Any) -> Any:
    """A field of a table of options."""
    return field(default=default, metadata={"option": Option(section, text, **kind)})


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the table: a field of ``Settings`` with its option and Python type."""

    name: str
    option: Option
    type: type
    optional: bool
    default: Any


def _entry(spec: Field[Any], hint: Any) -> Entry:
    args = [a for a in get_args(hint) if a is not type(None)] if get_origin(hint) is not tuple else []
    optional = type(None) in get_args(hint)
    kind = tuple if get_origin(hint) is tuple else (args[0] if optional and args else hint)
    default = spec.default if spec.default is not MISSING else None
    return Entry(spec.name, spec.metadata["option"], kind, optional, default)


def entries(table: type) -> tuple[Entry, ...]:
    """The rows of a dataclass whose fields are options."""
    hints = get_type_hints(table)
    return tuple(_entry(spec, hints[spec.name]) for spec in fields(table))


def _number(entry: Entry, text: str) -> int | float:
    try:
        value = int(text) if entry.type is int else float(text)
    except ValueError:
        raise ValueError("needs a whole number" if entry.type is int else "needs a number") from None
    if not math.isfinite(value):
        raise ValueError("needs a finite number")
    option = entry.option
    if option.least is not None and value < option.least:
        raise ValueError(f"must be at least {option.least:g}")
    if option.above is not None and value <= option.above:
        raise ValueError(f"must be more than {option.above:g}")
    if option.most is not None and value > option.most:
        raise ValueError(f"must be at most {option.most:g}")
    return value


def parse_value(entry: Entry, text: str) -> Any:
    """Read one value from text and check it. Raises ``ValueError`` saying what is allowed."""
    option = entry.option
    if option.parse is not None:
        return option.parse(text)
    if entry.type is bool:
        return parse_bool(text)
    if entry.type in {int, float}:
        return _number(entry, text)
    if entry.type is Path:
        return Path(text).expanduser()
    if option.choices is not None:
        word = text.strip().lower()
        if word not in option.choices:
            raise ValueError("use " + ", ".join(option.choices))
        return word
    return text.strip()
