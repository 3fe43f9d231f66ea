"""Our lossless JSON texts read back, with tables or without: a head line, marks, values said once, the document."""

from __future__ import annotations

import re

from headroom.compress import aliases, json_layout, json_repeats, json_text

_HEAD = re.compile(r"\[~ json ((?:\"(?:[^\"\\]|\\.)*\"|[^;\"])*?)(?:; marks: (\d+))?(?:; said once: (\d+))?(?:; .*)?\]")
_MARKS = re.compile(r"; marks: (\d+)(?=[;\]])")


def source_of(encoded: str) -> str:
    """The source of what `JsonTable` or `JsonValues` wrote without loss; raises ValueError on other text."""
    lines = encoded.split("\n")
    match = _HEAD.fullmatch(lines[0])
    if match is None:
        raise ValueError("not a JSON document of ours")
    first = 1 + int(match[2] or 0)
    body = aliases.decode(lines[1:first], "\n".join(lines[first:])).split("\n")
    said = int(match[3] or 0)
    return json_layout.restore(
        json_layout.parse(match[1]), json_repeats.spell_out(body[:said], json_text.read(body[said:]))
    )


def without_marks(encoded: str) -> str:
    """Spell out the marks of a lossless text, `JsonTable`'s or `JsonValues`', which then reads well below another one."""
    lines = encoded.split("\n")
    match = _MARKS.search(lines[0])
    if match is None:
        return encoded
    first = 1 + int(match[1])
    head = lines[0][: match.start()] + lines[0][match.end() :]
    return "\n".join([head, aliases.decode(lines[1:first], "\n".join(lines[first:]))])
