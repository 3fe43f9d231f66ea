"""Markup with its commonest runs of tags written short, exactly invertible: ``<A>`` for ``<code class="x"><span>``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from string import ascii_uppercase

from headroom.compress import legends
from headroom.compress.folding import SIGIL

_ONE = r"</?[A-Za-z][^<>\n]*+>"
_RUN = re.compile(rf"({_ONE}(?:{_ONE})*+)")  # not (?:...)++, before which the matcher would not look for brackets
_SHORT = re.compile(r"(<[A-Z][1-9]?>)")
_TOKEN = re.compile(r"[A-Za-z]{1,7}|\d{1,3}|[^\sA-Za-z0-9]{1,2}")
_HEADER = re.compile(r"\[~ (\d+) short tags (?:for longer ones|stand for the longer ones behind them):\]")
_MOST = 60
_SHORT_TOKENS = 2
_ENTRY_TOKENS = 4
_MIN_GAIN = 12
_GAIN_PER_CHARS = 12_000
"""An entry must spare this many tokens, and one more for so many characters of text: a long legend is hard to read."""


def encode(text: str) -> str | None:
    """Write ``text`` with short tags and their list on top, or None where none is worth it. Inverted by `decode`."""
    parts = _RUN.split(text)
    counts = Counter(parts[1::2])
    floor = max(_MIN_GAIN, len(text) // _GAIN_PER_CHARS)
    gains = [
        (gain, run)
        for run, count in counts.items()
        if count > 2 and len(run) > 8 and (gain := _gain(run, count)) >= floor
    ]
    gains.sort(key=lambda item: (-item[0], item[1]))
    names = _names("".join(counts))  # every tag is in a run
    short = {run: f"<{next(names)}>" for _, run in gains[:_MOST]}
    if not short:
        return None
    runs = parts[1::2]
    parts[1::2] = map(short.get, runs, runs)
    body = "".join(parts)
    legend = [f"{name}={run}" for run, name in short.items()]
    return "\n".join([f"{SIGIL}{len(short)} short tags for longer ones:]", *legend, body])


def split(encoded: str) -> tuple[list[str], str]:
    """Part a text that may start with a list of short tags into its lines and the rest."""
    return legends.split(encoded, _HEADER)


def decode(encoded: str) -> str:
    """Invert `encode`."""
    head, body = split(encoded)
    if not head:
        return encoded
    long = dict(entry.split("=", 1) for entry in head[1:])
    parts = _SHORT.split(body)
    names = parts[1::2]
    parts[1::2] = map(long.get, names, names)
    return "".join(parts)


def _gain(run: str, count: int) -> int:
    tokens = len(_TOKEN.findall(run))
    return count * (tokens - _SHORT_TOKENS) - tokens - _ENTRY_TOKENS


def _names(text: str) -> Iterator[str]:
    """Names that no tag of the text has, whatever its case."""
    taken = {name.lower() for name in re.findall(r"</?([A-Za-z]\w?)>", text)}
    for name in [*ascii_uppercase, *(f"{first}{digit}" for digit in range(1, 10) for first in ascii_uppercase)]:
        if name.lower() not in taken:
            yield name
