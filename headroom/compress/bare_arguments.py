"""pytest: arguments of a failed call of which no more is shown than that they are objects, ``self = <cart.Cart object at 0x7f…>``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from headroom.compress import omissions

_ASKED = re.compile(
    r"\b(?:args?|arguments?|parameters?|fixtures?|objects?|instances?|self|address\w*|variables?|locals|full|whole|entire|verbatim)\b",
    re.IGNORECASE,
)
"""Words of a question for what would go."""
_OBJECT = r"\w++ = <[\w.]++ object at 0x[0-9a-f]++>"
_BARE = re.compile(rf"{_OBJECT}(?:, {_OBJECT})*+")
NOTE: Final = omissions.note("arguments shown as bare objects")


def spare(lines: Sequence[str], query: str) -> set[int]:
    """Rows with nothing but such arguments."""
    if _ASKED.search(query) is not None:
        return set()
    return {row for row, line in enumerate(lines) if line[-1:] == ">" and _BARE.fullmatch(line)}
