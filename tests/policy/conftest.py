"""A clock and stores that fail on command."""

import pytest

from headroom.errors import StoreError
from headroom.store.memory import MemoryStore

NOON = 1_750_000_000.0


class FakeClock:
    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> float:
        self.now += seconds
        return self.now


class FaultyStore:
    """Fails at the N-th call, before or after it took effect, or at every call while ``down``."""

    def __init__(self, store, *, fail_at=0, after=False):
        self._store = store
        self.fail_at = fail_at
        self.after = after
        self.down = False
        self.calls = 0

    def __getattr__(self, name):
        attribute = getattr(self._store, name)
        if not callable(attribute):
            return attribute

        def call(*arguments, **more):
            self.calls += 1
            if self.down or (self.calls == self.fail_at and not self.after):
                raise StoreError("injected fault")
            answer = attribute(*arguments, **more)
            if self.calls == self.fail_at:
                raise StoreError("injected fault, after the fact")
            return answer

        return call


@pytest.fixture(scope="module", autouse=True)
def patience():
    """Let SQLite take its time: the machine that runs the tests may be busy."""
    with pytest.MonkeyPatch.context() as patch:
        for wait in ("WAIT_BUCKET", "WAIT_BUDGET", "WAIT_PUT"):
            patch.setattr(f"headroom.store.sqlite.{wait}", 20)
        yield


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(clock) -> MemoryStore:
    return MemoryStore(now=clock)


@pytest.fixture
def faulty(store) -> FaultyStore:
    return FaultyStore(store)


@pytest.fixture
def make_faulty(clock):
    def make(**more) -> FaultyStore:
        return FaultyStore(MemoryStore(now=clock), **more)

    return make
