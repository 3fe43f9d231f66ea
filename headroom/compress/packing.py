"""The steps without loss that any line-oriented text can take: repeated blocks once, a legend for what comes often.

Kinds with a layout of their own take these steps after it. Everything here assumes escaped lines (`folding.escape`),
so a line that starts with the sigil is ours.
"""

from __future__ import annotations

from collections.abc import Sequence

from headroom.compress import phrases
from headroom.compress.folding import SIGIL, fold_repeats, unfold_repeats



def pack(lines: list[str], head: Sequence[str] = ()) -> str | None:
    """Write escaped ``lines`` shorter, with the summary lines ``head``, or None where neither step spares anything.

    The legend comes first, then ``head`` as it is, then the text.
    """
    folded = fold_repeats(lines)
    body = "\n".join(lines if folded is None else folded)
    legend, body = phrases.encode(body)
    if folded is None and not legend:
        return None
    return "\n".join([*legend, *head, body])


def unpack(encoded: str) -> list[str]:
    """Invert `pack`: the escaped lines. Summary lines are skipped; text that was not packed comes back as it is."""
    legend, body = phrases.split(encoded)
    while body.startswith(SIGIL):
        line, newline, rest = body.partition("\n")
        if not newline:
            break
        body = rest
    return unfold_repeats(phrases.decode(legend, body).split("\n"))
