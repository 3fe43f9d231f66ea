"""What the bare gaps of a text stand for, said once on top of it: ``[~ left out: library frames; headings]``.

The gaps themselves say where they are, ``[~ L45-48]``; the last line of the text says how their lines are fetched.
"""

from __future__ import annotations

from typing import Final

from headroom.compress.folding import SIGIL

HEAD: Final = f"{SIGIL}left out: "


def note(*sorts: str) -> str:
    """The line that tells all sorts of lines for which gaps stand."""
    return f"{HEAD}{'; '.join(sorts)}]"


def sorts_of(note: str) -> str:
    """What `note` was made of."""
    return note.removeprefix(HEAD).removesuffix("]")


def others(head: str) -> str:
    """A line that counts what there is, with that all of it but what is in sight is left out."""
    return f"{head.removesuffix(']')}; others left out]"
