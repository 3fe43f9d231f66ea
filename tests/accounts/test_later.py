"""Work that nobody waits for: all of it is done, in order, once, whoever does it."""

import threading

import pytest

from headroom.accounts import report
from headroom.accounts.accounts import Accounts
from headroom.accounts.later import MOST_WAITING, Later
from headroom.accounts.pricing import Prices
from headroom.settings import Settings
from tests.accounts.exchanges import exchange

PATIENCE = 60.0


@pytest.fixture
def done():
    return []


def later(done, **options):
    return Later(done.extend, name="test", **options)


def test_work_is_done_by_itself(done):
    finished = threading.Event()
    queue = Later(lambda items: (done.extend(items), finished.set()), name="test")
    queue.put("a", 1)
    assert finished.wait(PATIENCE)
    assert done == ["a"]
    queue.close()


def test_whoever_needs_it_now_does_it_now_and_in_order(done):
    queue = later(done, linger=PATIENCE)
    for item in range(100):
        queue.put(item, 10)
    queue.now()
    assert done == list(range(100))
    queue.close()
    assert done == list(range(100))


def test_closing_does_what_waits_and_later_items_at_once(done):
    queue = later(done, linger=PATIENCE)
    queue.put("a", 1)
    queue.close()
    assert done == ["a"]
    queue.put("b", 1)
    assert done == ["a", "b"]


def test_large_items_do_not_linger(done):
    finished = threading.Event()
    queue = Later(lambda _items: finished.set(), name="test", linger=100 * PATIENCE)
    queue.put("large", MOST_WAITING + 1)
    assert finished.wait(PATIENCE)
    queue.close()


def test_far_too_much_is_done_by_the_one_who_brings_it():
    doing = []
    queue = Later(lambda _items: doing.append(threading.get_ident()), name="test", linger=PATIENCE)
    queue.put("huge", 4 * MOST_WAITING + 1)
    assert doing == [threading.get_ident()]
    queue.close()


def test_a_batch_that_fails_does_not_end_the_work(done):
    def work(items):
        if "bad" in items:
            raise ValueError("bad")
        done.extend(items)

    queue = Later(work, name="test", linger=PATIENCE)
    queue.put("bad", 1)
    queue.now()
    queue.put("good", 1)
    queue.now()
    assert done == ["good"]
    queue.close()


def test_batches_never_overlap():
    inside, most = [], []

    def work(_items):
        inside.append(1)
        most.append(len(inside))
        inside.pop()

    queue = Later(work, name="test", linger=0.0)
    threads = [threading.Thread(target=lambda: [(queue.put(1, 1), queue.now()) for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    queue.close()
    assert set(most) == {1}


def test_books_kept_later_are_complete_for_every_reader_and_drop_bodies():
    learned = []
    accounts = Accounts(Settings(), Prices(), later=True)
    accounts.learners.append(lambda one: learned.append(bool(one.body_in)))
    ended = [exchange(number) for number in range(30)]
    for one in ended:
        accounts.finished(one)
        accounts.finished(one)  # both ends of a call may break
    assert report.payload(accounts.stats)["requests"]["total"] == 30
    assert learned == [True] * 30
    assert not any(one.body_in or one.body_out for one in ended)
    accounts.close()


def test_books_kept_at_once_leave_the_bodies():
    accounts = Accounts(Settings(), Prices(), later=True)
    accounts.at_once = True
    one = exchange(1)
    accounts.finished(one)
    assert one.cost_usd > 0
    assert one.body_in
    accounts.close()


def test_what_can_not_be_learned_is_booked_all_the_same():
    accounts = Accounts(Settings(), Prices(), later=True)
    accounts.learners.append(lambda _one: 1 / 0)
    accounts.finished(exchange(1))
    accounts.refresh()
    assert accounts.stats.all.requests == 1
    accounts.close()
