"""What a room answers when it does not let a call through."""

from __future__ import annotations

from dataclasses import dataclass

from headroom.wire.dialect import Refusal


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a call must not go on; ``headers`` go out with the refusal."""

    refusal: Refusal
    message: str
    headers: tuple[tuple[str, str], ...] = ()
