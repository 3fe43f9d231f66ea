"""Counting tokens without a network.

Only OpenAI publishes its tokenizers. Every other model is counted with o200k_base, which is an estimate; within one
ratio both sides are always counted the same way.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import lru_cache

from headroom.accounts import tokenizers

BYTES_A_TOKEN = 4
"""Of JSON as agents send it, where nothing was counted; rather too many, so that a prompt seems small."""

_CL100K_MODELS = re.compile(r"(^|/)(gpt-4(?!o|\.1|\.5)|gpt-3\.5|text-embedding)")
_PIECE = 32_768
"""Characters a call of the tokenizer gets: bounds its memory, and how long it holds a core."""
_MATCHED = 2 * _PIECE
"""Characters looked through at a time: the matcher does not let other threads run, and megabytes take it half a second."""
_SOLID = 2_000
"""Longest run without white space given to it whole; merging is superlinear in such runs."""
_TRIED = 100
"""Line ends looked at before a piece is cut just anywhere; a token too many is no more than that."""
_loading = threading.Lock()


def encoding_name(model: str | None) -> str:
    """Name of the encoding that counts a model's tokens."""
    return "cl100k_base" if model and _CL100K_MODELS.search(model) else "o200k_base"


def _tokenizer(name: str) -> tokenizers.Tokenizer:
    # Several threads may meet the first request together: one loads, the others wait for it.
    with _loading:
        return _loaded(name)


@lru_cache(maxsize=4)
def _loaded(name: str) -> tokenizers.Tokenizer:
    return tokenizers.load(name)


_RUNS = re.compile(rf"\S{{{_SOLID}}}|(?:\s*\S{{1,{_SOLID - 1}}}(?!\S))+\s*|\s+|\S+")


_SPACE = re.compile(r"\s")
_HALF = _SOLID // 2


def _at_lines(text: str) -> list[str]:
    """Pieces that begin at a line's first letter or digit, where no token of either encoding reaches across."""
    pieces: list[str] = []
    start = 0
    while len(text) - start > _PIECE:
        end = start + _PIECE
        for _ in range(_TRIED):
            end = text.rfind("\n", start + 1, end - 1) + 1
            if not end or text[end].isalnum():
                break
        if not end or not text[end].isalnum():
            end = start + _PIECE
        pieces.append(text[start:end])
        start = end
    return [*pieces, text[start:]]


def _pieces(text: str) -> list[str]:
    if len(text) <= _SOLID:
        return [text]
    # A solid run holds at least one of these stretches whole. Most texts have none, which is found out in no time.
    if all(_SPACE.search(text, start, start + _HALF) for start in range(0, len(text) - _HALF + 1, _HALF)):
        return _at_lines(text)
    pieces: list[str] = []
    for start in range(0, len(text), _MATCHED):
        for run in _RUNS.findall(text, start, start + _MATCHED):
            pieces += [run[i : i + _PIECE] for i in range(0, len(run), _PIECE)]
    return pieces


def count(text: str, model: str | None = None) -> int:
    """Tokens of a text; special tokens in it count as ordinary text. Other threads run meanwhile."""
    counted = _tokenizer(encoding_name(model)).count
    if len(text) <= _SOLID:
        return counted(text)
    return counted(*_pieces(text))


def ids(text: str) -> Iterator[int]:
    """Token ids of a text by o200k_base, special tokens in it as ordinary text."""
    encode = _tokenizer("o200k_base").encode
    for piece in _pieces(text):
        yield from encode(piece)


_SIGNS = r"[^\sA-Za-z0-9\0]{1,4}+\n*+"
_UNIT = (
    rf"[a-z]{{1,12}}+| (?:[A-Z]?+[a-z]{{1,12}}+|{_SIGNS})|[0-9]{{1,3}}+|[/._-][A-Z]?+[a-z]{{1,12}}+"
    rf"|[A-Z](?:[a-z]{{1,12}}+|[A-Z]{{0,2}}+)|[^\x00-\x7f]{{1,2}}+|{_SIGNS}|\s+(?= )|\s++|\0"
)
_AT_ONCE = 12
_UNITS = re.compile(rf"(?>{_UNIT})" * (_AT_ONCE - 1) + f"({_UNIT})|{_UNIT}")
"""Several units a match, as making a match takes longer than finding a unit; the group is empty where it is but one."""
_WINDOW = 224
_WINDOWS = 12
_MANY_WINDOWS = 100


def _units(text: str) -> int:
    found = _UNITS.findall(text)
    single = found.count("")
    return _AT_ONCE * (len(found) - single) + single


def estimate(text: str) -> int:
    """Tokens of a text, roughly (within about 15 % of o200k_base on tool outputs); needs nothing loaded.

    Long texts are sampled at fixed positions, so the cost is bounded and the result depends on the text alone.
    """
    return _sampled(text, _WINDOWS)


def estimate_closely(text: str) -> int:
    """Do the same from eight times the sample, where a few percent decide; takes a millisecond."""
    return _sampled(text, _MANY_WINDOWS)


def _sampled(text: str, windows: int) -> int:
    size = len(text)
    if size <= _WINDOW * windows:
        return _units(text.replace("\0", "\1"))
    step = (size - _WINDOW) / (windows - 1)
    # Looked at in one go, which is faster: what parts them is a unit of its own, and any other such sign counts as another.
    parts = [text[(at := int(i * step)) : at + _WINDOW].replace("\0", "\1") for i in range(windows)]
    return max(1, int((_units("\0".join(parts)) - windows + 1) * size / (_WINDOW * windows)))
