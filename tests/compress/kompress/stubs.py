"""Backends that do as they are told, and a tokenizer without a library."""

import threading
from dataclasses import dataclass, field

from headroom.compress.kompress.backend import Loaded
from headroom.compress.kompress.engine import Engine
from headroom.compress.kompress.words import Tokenizer


@dataclass
class Encoding:
    ids: list
    word_ids: list


class OneTokenAWord:
    """Token ids are word lengths, so that a backend can score by them."""

    def encode(self, sequence, *, is_pretokenized):
        return Encoding([1, *(len(word) + 10 for word in sequence), 2], [None, *range(len(sequence)), None])


@dataclass
class Stub:
    """Scores a token by its id; ``do`` is called before, with the batch."""

    batch: int = 4
    do: object = lambda batch: None
    name: str = "stub"
    device: str = "cpu"
    precision: str = "float32"
    identity: str = "stub"
    batches: list = field(default_factory=list)
    closed: bool = False

    def run(self, windows):
        self.batches.append(len(windows))
        changed = self.do(windows)
        return [[(token % 10) / 10 for token in window] for window in windows] if changed is None else changed

    def close(self):
        self.closed = True


def started(stub, *, most_words=350, limits=None, **kind):
    """An engine over a stub, ready."""
    tokenizer = Tokenizer(OneTokenAWord(), most_words=most_words)
    engine = Engine(lambda: Loaded(tokenizer, stub, "stub"), limits=limits, nice=False, **kind)
    engine.start()
    return engine


class Gate:
    """Lets the warm-up through, then holds every run until it is opened."""

    def __init__(self, warm_ups=3):
        self.opened = threading.Event()
        self.entered = threading.Event()
        self.warm_ups = warm_ups

    def __call__(self, _windows):
        if self.warm_ups:
            self.warm_ups -= 1
            return
        self.entered.set()
        assert self.opened.wait(100)
