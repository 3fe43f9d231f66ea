"""Where a block is compressed: here, or in the process for large ones."""

import os
import signal

import pytest

from headroom.compress.rendition import Hints
from headroom.compress.router import Policy
from headroom.pipeline import workers as module
from headroom.pipeline.block import Job
from headroom.pipeline.workers import LARGE, Workers, left_alone


def where(_job, _seconds):
    """Stand for the compression: say which process it runs in."""
    return left_alone(str(os.getpid()))


@pytest.fixture
def workers(monkeypatch):
    monkeypatch.setattr(module, "run", where)
    made = Workers()
    yield made
    made.close()


def place(workers, size):
    return workers.run(Job("x" * size, Hints(), Policy()), 60.0).why


def started(workers):
    """Wait for the process; its id."""
    workers._ready.result(timeout=60.0)
    return place(workers, LARGE)


HERE = str(os.getpid())


def test_a_small_block_starts_no_process(workers):
    assert place(workers, LARGE - 1) == HERE
    assert workers._pool is None


def test_the_first_large_block_does_not_wait_for_the_process(workers):
    assert place(workers, LARGE) == HERE
    other = started(workers)
    assert other not in {HERE, "deadline"}
    assert not other.startswith("error")
    assert place(workers, LARGE - 1) == HERE


def test_a_block_that_would_hold_up_streams_waits_for_the_process(workers):
    assert place(workers, 4 * LARGE) not in {HERE, "deadline"}


def test_a_process_that_was_killed_costs_one_block_its_saving_and_is_started_anew(workers):
    place(workers, LARGE)
    os.kill(int(started(workers)), signal.SIGKILL)
    broken = place(workers, LARGE)
    assert broken.startswith("error:")
    assert place(workers, LARGE) == HERE, "while the next one starts"
    assert started(workers) != HERE


def test_no_time_is_no_work(workers):
    assert workers.run(Job("x", Hints(), Policy()), 0.0).why == "deadline"
