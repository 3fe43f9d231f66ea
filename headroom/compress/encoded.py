"""Whether a text is already what one of the compressors makes of another: shortening it once more would only obscure it."""

from __future__ import annotations

from headroom.compress.folding import SIGIL, same_but_for_notes
from headroom.compress.legends import to_top
from headroom.compress.registry import KINDS, compressors
from headroom.compress.rendition import Hints


def is_encoded(text: str, hints: Hints) -> bool:
    """Whether the whole text is the lossless rendition of some source, of an older release, too; a forged line of ours does not make it one."""
    if not text.startswith(SIGIL):
        return False
    text = to_top(text)
    for kind in KINDS:
        for compressor in compressors(kind):
            try:
                source = compressor.decode(text)
                found = compressor.lossless(source, hints) if source != text else None
            except (ValueError, KeyError, IndexError):  # another compressor's, or forged
                continue
            if found is not None and same_but_for_notes(found.text, text):
                return True
    return False
