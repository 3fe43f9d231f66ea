"""What an engine runs: windows of tokens in, one score a token out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from headroom.compress.kompress.words import Tokenizer


class Backend(Protocol):
    """One model on one device. Called from one thread at a time."""

    @property
    def name(self) -> str:
        """``torch``, ``onnx`` or ``vllm``."""

    @property
    def device(self) -> str:
        """``cpu``, ``cuda``, ``mps`` or the address of a server."""

    @property
    def precision(self) -> str:
        """``float32``, ``bfloat16``, ``float16`` or ``int8``."""

    @property
    def identity(self) -> str:
        """Names the weights: the beginning of their checksum."""

    @property
    def batch(self) -> int:
        """The most windows that it is worth running at once."""

    def run(self, windows: Sequence[Sequence[int]]) -> list[list[float]]:
        """Final scores, one list a window, one number a token. May raise anything."""

    def close(self) -> None:
        """Release the device."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a loader hands to the engine."""

    tokenizer: Tokenizer
    backend: Backend
    model: str
    """Its name, for people."""


Loader = Callable[[], Loaded]
"""Loads a model; runs on the engine's thread. Raises ``ModelError`` with a sentence for people."""
