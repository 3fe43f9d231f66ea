import pytest

from headroom.retrieval import originals as room
from headroom.retrieval.originals import Originals
from headroom.store.memory import MemoryStore

START = 1_700_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    store = MemoryStore(now=clock)
    store.configure(room.limits(64 * 1024 * 1024, 1800.0))
    return store


@pytest.fixture
def originals(store, clock):
    return Originals(store, key=b"k" * 32, ttl=1800.0, max_bytes=64 * 1024 * 1024, now=clock.now)
