"""The steps without loss that any line-oriented text can take: repeated blocks once, a legend for what comes often.

Kinds with a layout of their own take these steps after it. Everything here assumes escaped lines (`folding.escape`),
so a line that starts with the sigil is ours.
"""

from __future__ import annotations

from collections.abc import Sequence

from headroom.compress import phrases
from headroom.compress.folding import SIGIL, fold_repeats, number_blocks, unfold_repeats, unnumber_blocks


_BLOCK = f"{SIGIL}block "


def pack(lines: list[str], head: Sequence[str] = ()) -> str | None:
    """Write escaped ``lines`` shorter, with the summary lines ``head``, or None where neither step spares anything.

    The legend comes first, then ``head`` as it is, then the text.
    """
    legend, body, changed = _steps(lines)
    return "\n".join([*legend, *head, body]) if changed else None


def pack_lines(lines: list[str], head: Sequence[str] = ()) -> list[str]:
    """Do the same for lines that stay lines; as they are, below ``head``, where nothing is spared."""
    legend, body, changed = _steps(lines)
    return [*legend, *head, *(body.split("\n") if changed else lines)]


def _steps(lines: list[str]) -> tuple[list[str], str, bool]:
    folded = fold_repeats(lines) or lines
    folded = number_blocks(folded) or folded
    legend, body = phrases.encode("\n".join(folded))
    return legend, body, bool(legend) or folded is not lines


def unpack(encoded: str) -> list[str]:
    """Invert `pack`: the escaped lines. Summary lines are skipped; text that was not packed comes back as it is."""
    legend, body = phrases.split(encoded)
    while body.startswith(SIGIL) and not body.startswith(_BLOCK):
        line, newline, rest = body.partition("\n")
        if not newline:
            break
        body = rest
    return unfold_repeats(unnumber_blocks(phrases.decode(legend, body).split("\n")))
