"""Blobs behave the same in every store."""

import threading

import pytest

from headroom.errors import StoreError
from headroom.store import SpaceLimits
from headroom.store.protocol import entry_size

SIZE = entry_size("a", b"x" * 100)


def fill(store, clock, keys, *, space="s", ttl=None):
    for key in keys:
        store.put(space, key, b"x" * 100, now=clock.forward(1), ttl=ttl)


def present(store, keys, space="s"):
    return "".join(sorted(store.get_many(space, list(keys))))


@pytest.mark.parametrize("value", [b"", b"plain", bytes(range(256)), "żółć".encode(), b"\0" * 70_000])
def test_what_was_put_is_got(store, clock, value):
    store.put("s", "key", value, now=clock())
    assert store.get("s", "key") == value


def test_put_replaces(store, clock):
    store.put("s", "key", b"one", now=clock())
    store.put("s", "key", b"three", now=clock())
    assert store.get("s", "key") == b"three"
    assert (store.usage("s").entries, store.usage("s").bytes) == (1, entry_size("key", b"three"))


def test_put_many_writes_and_replaces_all_or_none(store, clock):
    store.put("s", "old", b"one", now=clock())
    store.put_many("s", {"old": b"two", "new": b"three"}, now=clock())
    store.put_many("s", {}, now=clock())
    assert store.get_many("s", ["old", "new"]) == {"old": b"two", "new": b"three"}
    store.configure({"tight": SpaceLimits(max_bytes=2 * SIZE, protect_seconds=60)})
    with pytest.raises(StoreError):
        store.put_many("tight", dict.fromkeys("abc", b"x" * 100), now=clock())
    assert store.usage("tight").entries == 0


def test_spaces_are_apart(store, clock):
    store.put("s", "key", b"one", now=clock())
    assert store.get("t", "key") is None
    assert store.clear("t") == 0
    assert store.get("s", "key") == b"one"


def test_put_once_keeps_the_first(store, clock):
    assert store.put_once("s", "key", b"first", now=clock()) == b"first"
    assert store.put_once("s", "key", b"second", now=clock()) == b"first"
    assert store.get("s", "key") == b"first"


def test_put_once_replaces_what_has_expired(store, clock):
    store.put_once("s", "key", b"first", now=clock(), ttl=10)
    clock.forward(10)
    assert store.put_once("s", "key", b"second", now=clock()) == b"second"


def test_put_once_many_tells_what_stands(store, clock):
    store.put("s", "a", b"old", now=clock())
    assert store.put_once_many("s", {"a": b"new", "b": b"new"}, now=clock()) == {"a": b"old", "b": b"new"}
    assert store.get_many("s", ["a", "b", "c"]) == {"a": b"old", "b": b"new"}
    assert store.put_once_many("s", {}, now=clock()) == {}


def test_put_once_many_writes_all_or_none(store, clock):
    store.configure({"s": SpaceLimits(max_bytes=3 * SIZE)})
    fill(store, clock, "a")
    with pytest.raises(StoreError, match="no room"):
        store.put_once_many("s", dict.fromkeys("bcde", b"x" * 100), now=clock())
    assert present(store, "abcde") == "a"
    assert store.usage("s").bytes == SIZE


def test_get_many_of_very_many(store, clock):
    items = {f"key{i}": str(i).encode() for i in range(1200)}
    store.put_once_many("s", items, now=clock())
    assert store.get_many("s", list(items)) == items
    assert store.get_many("s", []) == {}


def test_an_entry_lives_as_long_as_its_ttl(store, clock):
    store.put("s", "key", b"value", now=clock(), ttl=10)
    clock.forward(9.9)
    assert store.get("s", "key") == b"value"
    clock.forward(0.1)
    assert store.get("s", "key") is None
    assert store.get_many("s", ["key"]) == {}
    assert store.delete("s", "key") is False


def test_a_put_without_ttl_lifts_an_earlier_one(store, clock):
    store.put("s", "key", b"value", now=clock(), ttl=10)
    store.put("s", "key", b"value", now=clock())
    clock.forward(1000)
    assert store.get("s", "key") == b"value"


def test_expired_entries_make_room_by_themselves(store, clock):
    fill(store, clock, "abc", ttl=5)
    clock.forward(100)
    fill(store, clock, "d")
    assert store.usage("s").entries == 1
    assert store.usage("s").evicted == 0


def test_the_longest_unused_goes_first(store, clock):
    store.configure({"s": SpaceLimits(max_bytes=3 * SIZE)})
    fill(store, clock, "abc")
    store.touch("s", ["a"], now=clock.forward(1))
    fill(store, clock, "d")
    assert present(store, "abcd") == "acd"
    assert store.usage("s").evicted == 1


def test_reading_is_not_use(store, clock):
    store.configure({"s": SpaceLimits(max_bytes=2 * SIZE)})
    fill(store, clock, "ab")
    store.get("s", "a")
    fill(store, clock, "c")
    assert present(store, "abc") == "bc"


def test_touching_what_is_not_there_makes_nothing(store, clock):
    store.touch("s", ["ghost"], now=clock())
    store.touch("s", [], now=clock())
    fill(store, clock, "a")
    assert present(store, ["ghost", "a"]) == "a"
    assert store.usage("s").entries == 1


def test_entries_are_bounded_in_number_too(store, clock):
    store.configure({"s": SpaceLimits(max_entries=2)})
    fill(store, clock, "abc")
    assert present(store, "abc") == "bc"
    fill(store, clock, "c")
    assert present(store, "abc") == "bc"


def test_one_large_entry_may_cost_many_small_ones(store, clock):
    store.configure({"s": SpaceLimits(max_bytes=100 * SIZE)})
    fill(store, clock, [f"k{i:02}" for i in range(90)])
    store.put("s", "large", b"x" * (80 * SIZE), now=clock.forward(1))
    assert store.get("s", "large") is not None
    assert store.usage("s").bytes <= 100 * SIZE


def test_an_entry_that_grows_makes_others_give_way(store, clock):
    store.configure({"s": SpaceLimits(max_bytes=3 * SIZE)})
    fill(store, clock, "abc")
    store.put("s", "a", b"x" * (100 + SIZE), now=clock.forward(1))
    assert present(store, "abc") == "ac"
    assert store.usage("s").bytes == 3 * SIZE
    assert store.usage("s").evicted == 1


def test_what_can_never_fit_is_refused_and_costs_nobody(store, clock):
    store.configure({"s": SpaceLimits(max_bytes=2 * SIZE)})
    fill(store, clock, "ab")
    with pytest.raises(StoreError, match="no room"):
        store.put("s", "c", b"x" * 3 * SIZE, now=clock())
    assert present(store, "abc") == "ab"
    assert store.usage("s").evicted == 0


def test_protected_entries_are_never_evicted(store, clock):
    store.configure({"s": SpaceLimits(max_bytes=2 * SIZE, protect_seconds=60)})
    fill(store, clock, "ab")
    with pytest.raises(StoreError, match="no room"):
        fill(store, clock, "c")
    assert present(store, "abc") == "ab"
    clock.forward(61)
    store.touch("s", ["a"], now=clock())
    fill(store, clock, "c")
    assert present(store, "abc") == "ac"


def test_idle_entries_go(store, clock):
    store.configure({"s": SpaceLimits(idle_seconds=100)})
    fill(store, clock, "ab")
    store.touch("s", ["b"], now=clock.forward(90))
    clock.forward(20)
    fill(store, clock, "c")
    assert present(store, "abc") == "bc"


def test_delete_and_clear_count_what_was_there(store, clock):
    fill(store, clock, "abc")
    assert store.delete("s", "a") is True
    assert store.delete("s", "a") is False
    assert store.clear("s") == 2
    assert store.clear("s") == 0
    usage = store.usage("s")
    assert (usage.entries, usage.bytes) == (0, 0)


def test_usage_of_a_space_nobody_used(store):
    usage = store.usage("never")
    assert (usage.entries, usage.bytes, usage.evicted) == (0, 0, 0)


def test_threads_racing_for_one_key_agree(store, clock):
    barrier = threading.Barrier(8)
    standing = []

    def race(number):
        barrier.wait(timeout=60)
        standing.append(store.put_once("s", "key", str(number).encode(), now=clock()))

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(standing) == 8
    assert set(standing) == {store.get("s", "key")}


def test_closing_twice_is_fine(store):
    store.close()
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_a_closed_store_says_so(open_kind, clock, kind):
    store = open_kind(kind)
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.put("s", "key", b"value", now=clock())
    with pytest.raises(StoreError, match="closed"):
        store.get("s", "key")


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_another_process_sees_what_was_put(open_kind, clock, kind):
    one, two = open_kind(kind), open_kind(kind)
    one.put("s", "key", b"value", now=clock())
    assert two.get("s", "key") == b"value"
    assert two.put_once("s", "key", b"other", now=clock()) == b"value"
    assert two.usage("s") == one.usage("s")


def test_what_put_once_found_is_not_swept_away_by_the_same_call(store, clock):
    store.configure({"s": SpaceLimits(idle_seconds=100)})
    store.put("s", "idle", b"old", now=clock())
    later = clock.forward(500)
    stands = store.put_once_many("s", {"idle": b"new", "fresh": b"f"}, now=later)
    assert store.get_many("s", ["idle", "fresh"]) == stands
    again = clock.forward(90)
    assert store.put_once("s", "idle", b"third", now=again) == stands["idle"]
    store.put("s", "other", b"x", now=clock.forward(50))
    assert store.get("s", "fresh") is None, "idle for longer than allowed"
    assert store.get("s", "other") == b"x"
