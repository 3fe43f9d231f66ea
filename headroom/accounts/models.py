"""What an operator says of models: their context windows and prices, before what the built-in table knows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headroom.accounts.pricing import Rates

FILE = "models.json"


@dataclass(frozen=True, slots=True)
class Models:
    """By the model's name as requests give it."""

    windows: Mapping[str, int] = field(default_factory=dict)
    """Tokens a model takes, question and answer together."""
    prices: Mapping[str, Rates] = field(default_factory=dict)

    @classmethod
    def load(cls, said: str | None, folder: Path) -> Models:
        """Read what is ``said``: JSON, or the path of a file of it; where nothing is, ``models.json`` of a folder if it is there.

        One object with ``context_limits`` (model to tokens) and ``pricing`` (model to ``{"input": 3, "output": 15,
        "cached_input": 0.3}`` or ``[3, 15]``, in USD per million tokens), or such objects by the provider's name, as
        headroom-ai's HEADROOM_MODEL_LIMITS. Raises ``ValueError`` saying what is wrong and where.
        """
        if said and said.lstrip().startswith("{"):
            return cls._of(said, "its value")
        path = Path(said).expanduser() if said else folder / FILE
        if not said and not path.exists():
            return cls()
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ValueError(f"{path} can't be read: {reason}") from None
        return cls._of(text, str(path))

    @classmethod
    def _of(cls, text: str, where: str) -> Models:
        try:
            table = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{where} is not JSON: {error}") from None
        windows: dict[str, int] = {}
        prices: dict[str, Rates] = {}
        for part in _parts(table, where):
            for name, tokens in _rows(part, "context_limits", where):
                if not isinstance(tokens, int) or isinstance(tokens, bool) or tokens < 1:
                    raise ValueError(
                        f"{where}: context_limits of {name!r} must be a whole number of tokens, not {tokens!r}"
                    )
                windows[name] = tokens
            for name, row in _rows(part, "pricing", where):
                prices[name] = _rates(name, row, where)
        return cls(windows, prices)


def _parts(table: Any, where: str) -> Iterator[dict[str, Any]]:
    if isinstance(table, dict) and not table.keys().isdisjoint({"context_limits", "pricing"}):
        yield table
        return
    parts = list(table.values()) if isinstance(table, dict) else [table]
    if not all(isinstance(part, dict) for part in parts):
        raise ValueError(f"{where} must hold an object with context_limits and pricing, or such objects by provider")
    yield from parts


def _rows(part: dict[str, Any], key: str, where: str) -> Iterator[tuple[str, Any]]:
    rows = part.get(key, {})
    if not isinstance(rows, dict):
        raise ValueError(f"{where}: {key} must be an object of model names")  # noqa: TRY004 - bad value, not type
    yield from rows.items()


def _rates(name: str, row: Any, where: str) -> Rates:
    try:
        told = row if isinstance(row, dict) else dict(zip(("input", "output"), row, strict=True))
        new, out = float(told["input"]), float(told["output"])
        read = float(told.get("cached_input", new))
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"{where}: pricing of {name!r} needs numbers for input and output, in USD per million tokens"
        ) from None
    if min(new, out, read) < 0:
        raise ValueError(f"{where}: pricing of {name!r} must not be negative")
    return Rates(new, out, read, new, new, "override")
