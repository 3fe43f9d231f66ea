"""Calls in flight, counted over the workers of one machine."""

import mmap
import tempfile

import pytest

from headroom.policy.board import Board, empty_place, size
from headroom.policy.slots import Slots


@pytest.fixture
def memory():

    with tempfile.TemporaryFile() as file:
        file.truncate(size(3))
        yield file.fileno()


def workers(fd, **limits):
    made = []
    for index in range(3):
        slots = Slots(**limits)
        slots.board = Board(fd, index, 3)
        made.append(slots)
    return made


def test_the_limit_on_calls_is_one(memory):
    one, two, three = workers(memory, most_requests=4)
    held = [one.take(0), one.take(0), two.take(0), three.take(0)]
    assert None not in held
    assert [slots.take(0) for slots in (one, two, three)] == [None] * 3
    held[0].release()
    assert three.take(0) is not None
    assert one.take(0) is None


def test_the_limit_on_bytes_is_one(memory):
    one, two, _ = workers(memory, most_bytes=100)
    held = one.take(60)
    assert two.take(60) is None
    assert two.take(40) is not None
    held.release()
    assert two.take(60) is not None


def test_what_a_dead_worker_held_is_free_again(memory):
    one, two, _ = workers(memory, most_requests=1)
    assert one.take(0) is not None
    assert two.take(0) is None
    empty_place(mmap.mmap(memory, size(3)), 0)
    assert two.take(0) is not None
