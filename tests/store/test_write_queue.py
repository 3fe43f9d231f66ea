"""What may wait to be written, and what of it is taken next."""

import pytest

from headroom.errors import StoreError
from headroom.store import write_queue
from headroom.store.write_queue import Call, State, WriteQueue


def job(_connection):
    """Write nothing."""


def call(bears=1.0, not_before=0.0):
    return Call(job, bears, not_before)


def test_calls_beyond_the_bound_are_refused_and_those_before_stay(monkeypatch):
    monkeypatch.setattr(write_queue, "MAX_QUEUE", 2)
    queue, waiting = WriteQueue(), [call(), call()]
    for one in waiting:
        queue.call(one)
    with pytest.raises(StoreError, match="too many writes are waiting"):
        queue.call(call())
    assert queue.take() == (waiting, [])


@pytest.mark.parametrize(
    ("sizes", "left"),
    [
        pytest.param([40, 60], 2, id="as much as there is room for"),
        pytest.param([40, 60, 1], 2, id="the oldest goes"),
        pytest.param([10, 20, 30, 100], 1, id="all before a large one go"),
        pytest.param([500], 1, id="the newest stays, however large"),
    ],
)
def test_the_oldest_posts_are_dropped_and_counted(monkeypatch, sizes, left):
    monkeypatch.setattr(write_queue, "MAX_POSTS_BYTES", 100)
    queue = WriteQueue()
    jobs = [lambda _connection, number=number: number for number in range(len(sizes))]
    for one, size in zip(jobs, sizes, strict=True):
        queue.post(one, size)
    gone = len(sizes) - left
    assert (queue.posted, queue.settled, queue.dropped) == (len(sizes), gone, gone)
    assert queue.take() == ([], jobs[gone:])
    queue.post(job, 100)  # what was taken takes no room any more
    queue.post(job, 0)
    assert len(queue.posts) == 2


def test_calls_are_taken_in_batches_without_those_that_were_given_up(monkeypatch):
    monkeypatch.setattr(write_queue, "MAX_BATCH", 2)
    queue, calls = WriteQueue(), [call() for _ in range(5)]
    for one in calls:
        queue.call(one)
    calls[1].state = State.GIVEN_UP
    assert [queue.take()[0] for _ in range(3)] == [[calls[0], calls[2]], calls[3:], []]
    assert [one.state for one in calls] == [State.RUNNING, State.GIVEN_UP, *[State.RUNNING] * 3]


@pytest.mark.parametrize(
    ("bears", "not_before", "late"),
    [
        pytest.param(0.4, 0.0, True, id="it bears less"),
        pytest.param(0.5, 9.0, True, id="exactly as much, at the very moment"),
        pytest.param(0.6, 0.0, False, id="it bears more"),
        pytest.param(0.4, 9.1, False, id="its grace is not over"),
    ],
)
def test_calls_that_bear_a_lock_no_longer_are_taken_out(bears, not_before, late):
    queue, one, given_up = WriteQueue(), call(bears, not_before), call()
    given_up.state = State.GIVEN_UP
    queue.call(given_up)
    queue.call(one)
    assert queue.take_late(0.5, 9.0) == [one] * late
    assert list(queue.calls) == [one] * (not late)
    assert one.state is (State.DONE if late else State.WAITING)


def test_at_the_end_nothing_waits_any_more():
    queue, calls = WriteQueue(), [call(), call()]
    for one in calls:
        queue.call(one)
        queue.post(job, 1)
    calls[0].state = State.GIVEN_UP
    assert queue.clear() == calls[1:]
    assert calls[1].state is State.DONE
    assert (queue.settled, queue.dropped) == (2, 2)
    assert queue.take() == ([], [])
