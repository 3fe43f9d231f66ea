"""Words to windows of tokens and back: no word is lost, whatever it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from headroom.compress.kompress.config import WINDOW_TOKENS, WINDOW_WORDS
from headroom.compress.kompress.errors import ModelError

_LARGEST = 64 << 20


@dataclass(frozen=True, slots=True)
class Window:
    """A run of words as the model sees it."""

    first: int
    """Index of its first word in the text."""
    count: int
    """How many words it covers; windows follow one another without gap or overlap."""
    ids: tuple[int, ...]
    """Token ids, with the special ones at both ends."""
    owners: tuple[int | None, ...]
    """To which word of the window a token belongs; None for special ones."""


class Encoding(Protocol):
    """What a tokenizer says about one run of words."""

    @property
    def ids(self) -> list[int]:
        """Token ids."""

    @property
    def word_ids(self) -> list[int | None]:
        """Index of the word each token comes from."""


class Encoder(Protocol):
    """The part of ``tokenizers.Tokenizer`` that is used."""

    def encode(self, sequence: list[str], *, is_pretokenized: bool) -> Encoding:
        """Tokens of words, with special ones."""


class Tokenizer:
    """Cuts words into windows. Thread-safe, as the library is."""

    def __init__(self, encoder: Encoder, *, most_words: int = WINDOW_WORDS, most_tokens: int = WINDOW_TOKENS) -> None:
        self._encoder = encoder
        self._words = most_words
        self._tokens = most_tokens

    @classmethod
    def load(cls, path: Path, *, vocabulary: int | None = None) -> Tokenizer:
        """From ``tokenizer.json``. Raises ``ModelError``; ``vocabulary`` is the number of tokens the model knows."""
        try:
            from tokenizers import Tokenizer as Library
        except ImportError:
            raise ModelError(
                "the library tokenizers is missing; install it: pip install 'headroom-gateway[ml]'"
            ) from None
        try:
            if path.stat().st_size > _LARGEST:
                raise ModelError(f"{path} is larger than 64 MiB, which no tokenizer is; fetch the model again")
        except OSError:
            raise ModelError(f"{path} is missing; fetch the model again: headroom kompress pull") from None
        try:
            library: Any = Library.from_file(str(path))
        except Exception as error:
            raise ModelError(
                f"{path} is damaged ({str(error)[:120]}); fetch the model again: headroom kompress pull"
            ) from None
        if vocabulary is not None and library.get_vocab_size() > vocabulary:
            raise ModelError(
                f"{path} has {library.get_vocab_size()} tokens but the model knows {vocabulary}; they are of different models"
            )
        library.no_truncation()
        library.no_padding()
        return cls(library)

    def windows(self, words: Sequence[str]) -> Iterator[Window]:
        """Windows of at most 350 words and 512 tokens that cover all words in order.

        Where the words of a window make too many tokens, those that do not fit whole begin the next one. A single word
        that is too long is cut: its first tokens speak for it.
        """
        at = 0
        while at < len(words):
            run = [_plain(word) for word in words[at : at + self._words]]
            encoding = self._encoder.encode(run, is_pretokenized=True)
            ids, owners = encoding.ids, encoding.word_ids
            if len(ids) <= self._tokens:
                yield Window(at, len(run), tuple(ids), tuple(owners))
                at += len(run)
                continue
            count = _fitting(owners, self._tokens)
            if count:
                again = self._encoder.encode(run[:count], is_pretokenized=True)
                if len(again.ids) <= self._tokens:
                    yield Window(at, count, tuple(again.ids), tuple(again.word_ids))
                    at += count
                    continue
            alone = self._encoder.encode(run[:1], is_pretokenized=True)
            yield _cut(alone, at, self._tokens)
            at += 1


def _plain(word: str) -> str:
    """A word that can be written as UTF-8."""
    return word.encode("utf-8", "replace").decode()


def _fitting(owners: Sequence[int | None], most: int) -> int:
    """How many whole words stand before the cut; one special token is to follow."""
    beyond = next((owner for owner in owners[most - 1 :] if owner is not None), None)
    return beyond or 0


def _cut(encoding: Encoding, at: int, most: int) -> Window:
    """The beginning of one overlong word, its special tokens kept."""
    ids, owners = encoding.ids, encoding.word_ids
    behind = 0
    while behind < len(owners) and owners[-1 - behind] is None:
        behind += 1
    room = most - behind
    tail = len(ids) - behind
    return (
        Window(at, 1, tuple(ids[:room]) + tuple(ids[tail:]), tuple(owners[:room]) + tuple(owners[tail:]))
        if len(ids) > most
        else Window(at, 1, tuple(ids), tuple(owners))
    )
