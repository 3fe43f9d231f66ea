import os

import pytest

from headroom.errors import StoreError
from headroom.retrieval import originals as room
from headroom.retrieval.original import About, Miss, Original
from headroom.retrieval.originals import Originals
from headroom.retrieval.tally import Retrieval
from headroom.store.memory import MemoryStore

TEXTS = {
    "plain": "hello\nworld\n",
    "empty": "",
    "lone surrogate": "a\ud800b",
    "base64": "QUJD" * 5000,
    "crlf, tabs, bom": "\ufeffa\tb\r\nc\r\n",
    "emoji": "😀" * 100,
    "five megabytes": "0123456789abcdef" * (5 * 1024 * 1024 // 16),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_what_was_kept_comes_back_to_the_letter(originals, clock, text):
    name = originals.keep(text, About(), now=clock.now)
    assert len(name) == 24
    found = originals.get(name.upper(), now=clock.now)
    assert isinstance(found, Original)
    assert found.text == text


@pytest.mark.parametrize(
    "given",
    ["", "^", "abc", "9f2c41d07ab3", "g" * 24, "../../etc/passwd", "9f2c41d07ab3e5c8d1f00a2b00", "%2e%2e", "\x00" * 24],
)
def test_anything_else_is_a_miss_and_no_error(originals, clock, given):
    assert originals.get(given, now=clock.now) == Miss("malformed")


@pytest.mark.parametrize("around", ["hr:{}", '"{}"', " {} ", "hash={}", "[hr:{}]", "`{}`"])
def test_a_hash_may_carry_what_models_put_around_it(originals, clock, around):
    name = originals.keep("text", About(), now=clock.now)
    assert isinstance(originals.get(around.format(name), now=clock.now), Original)


def test_the_hash_depends_on_text_and_key_only(store, clock):
    one = Originals(store, key=b"1" * 32, ttl=10, max_bytes=10_000_000, now=0)
    same = Originals(store, key=b"1" * 32, ttl=99, max_bytes=10_000_000, now=5)
    other = Originals(store, key=b"2" * 32, ttl=10, max_bytes=10_000_000, now=0)
    assert one.hash("x") == same.hash("x") != other.hash("x")
    assert one.hash("x") != one.hash("y")


def test_it_expires_when_unseen_and_says_so(originals, clock):
    name = originals.keep("text", About(), now=clock.now)
    clock.now += 1801
    assert originals.get(name, now=clock.now) == Miss("expired", 1801.0)
    assert originals.get("0" * 24, now=clock.now) == Miss("unknown")
    stats = originals.stats()
    assert (stats.expired, stats.misses, stats.hits) == (1, 2, 0)


def test_a_store_that_only_reads_still_has_it(originals, clock, monkeypatch):
    name = originals.keep("text", About(), now=clock.now)

    def full(space, keys, *, now):
        raise StoreError("the server refused: out of memory")

    monkeypatch.setattr(originals._store, "touch", full)
    assert originals.get(name, now=clock.now).text == "text"


def test_being_seen_in_traffic_prolongs_it(originals, clock):
    name = originals.keep("text", About(), now=clock.now)
    for _ in range(5):
        clock.now += 1000
        assert originals.touch([name], now=clock.now) == frozenset()
    assert isinstance(originals.get(name, now=clock.now), Original)


def test_what_was_confirmed_a_moment_ago_is_seen_without_asking_the_store(originals, clock, monkeypatch):
    name = originals.keep("text", About(), now=clock.now)
    asked = []
    look, tell = originals._store.get_many, originals._store.touch
    monkeypatch.setattr(originals._store, "get_many", lambda *given: asked.append("look") or look(*given))
    monkeypatch.setattr(originals._store, "touch", lambda *given, **at: asked.append("tell") or tell(*given, **at))
    for _ in range(59):
        clock.now += 1
        assert originals.settled([name], now=clock.now)
        assert originals.touch([name], now=clock.now) == frozenset()
    assert asked == []
    clock.now += 1799  # the time to live counts from the last time it was seen, all the same
    assert not originals.settled([name], now=clock.now)
    assert originals.touch([name, "0" * 24], now=clock.now) == {"0" * 24}
    assert asked == ["look", "tell"]
    assert not originals.settled(["0" * 24], now=clock.now)


def test_touch_tells_what_is_gone_and_keeping_it_again_revives_it(originals, clock):
    name = originals.keep("text", About(), now=clock.now)
    clock.now += 5000
    assert originals.touch([name, "0" * 24], now=clock.now) == {name, "0" * 24}
    assert originals.keep("text", About(), now=clock.now) == name
    assert isinstance(originals.get(name, now=clock.now), Original)
    assert originals.touch([name], now=clock.now) == frozenset()


def test_after_a_restart_the_time_to_live_starts_anew(store, clock):
    def again():
        return Originals(store, key=b"k" * 32, ttl=1800.0, max_bytes=10_000_000, now=clock.now)

    name = again().keep("text", About(), now=clock.now)
    clock.now += 1700
    later = again()
    clock.now += 1700
    assert isinstance(later.get(name, now=clock.now), Original)


def test_a_marker_made_with_a_lost_key_can_be_kept_under_its_own_hash(store, clock):
    old = Originals(store, key=b"1" * 32, ttl=1800.0, max_bytes=10_000_000, now=clock.now)
    new = Originals(store, key=b"2" * 32, ttl=1800.0, max_bytes=10_000_000, now=clock.now)
    name = old.hash("text")
    assert new.keep("text", About(), now=clock.now, handle=name) == name
    with pytest.raises(StoreError, match="another text"):
        new.keep("other", About(), now=clock.now, handle=name)


def test_no_promise_without_the_store(clock):
    class Broken(MemoryStore):
        def put_once_many(self, *args, **kind):
            raise StoreError("the disk is full")

    originals = Originals(Broken(now=clock), key=b"k" * 32, ttl=10, max_bytes=10_000_000, now=clock.now)
    with pytest.raises(StoreError):
        originals.keep("text", About(), now=clock.now)


def test_no_promise_for_what_would_fill_the_space(store, clock):
    originals = Originals(store, key=b"k" * 32, ttl=10, max_bytes=4000, now=clock.now)
    with pytest.raises(StoreError, match="too large"):
        originals.keep(os.urandom(2000).hex(), About(), now=clock.now)


def test_many_are_kept_in_one_write_and_each_is_told_apart(clock, monkeypatch):
    writes = []

    class Counting(MemoryStore):
        def put_once_many(self, space, items, **kind):
            writes.append((space, len(items)))
            if len(writes) == 3:
                raise StoreError("the disk is full")
            return super().put_once_many(space, items, **kind)

    monkeypatch.setattr(room, "_AT_ONCE", 3)
    originals = Originals(Counting(now=clock), key=b"k" * 32, ttl=1800.0, max_bytes=40_000, now=clock.now)
    huge = os.urandom(10_000).hex()
    texts = ["one", huge, "two", "three", "four", "five", "six"]
    names = originals.keep_all([(text, About(project="p")) for text in texts], now=clock.now)
    assert [name is not None for name in names] == [True, False, True, False, False, False, True]
    assert writes == [
        ("originals", 2),
        ("originals_made", 2),
        ("originals", 3),
        ("originals", 1),
        ("originals_made", 1),
    ]
    for name, text in zip(names, texts, strict=True):
        if name is not None:
            assert name == originals.hash(text)
            assert originals.get(name, now=clock.now).text == text
            assert isinstance(originals.get(name, now=clock.now, project="another"), Miss)
    originals.keep_all([("one", About())], now=clock.now)
    assert originals.get(names[0], now=clock.now, project="another").text == "one"


def test_no_promise_when_everything_kept_is_still_in_use(clock):
    store = MemoryStore(now=clock)
    store.configure(room.limits(200_000, 1800.0))
    originals = Originals(store, key=b"k" * 32, ttl=1800.0, max_bytes=200_000, now=clock.now)
    kept = []
    with pytest.raises(StoreError):  # noqa: PT012
        for _ in range(20):
            kept += [originals.keep(os.urandom(15_000).hex(), About(), now=clock.now)]
    assert kept
    assert all(isinstance(originals.get(name, now=clock.now), Original) for name in kept)


def test_another_project_gets_a_miss(originals, clock):
    name = originals.keep("text", About(project="a"), now=clock.now)
    assert isinstance(originals.get(name, now=clock.now, project="a"), Original)
    assert originals.get(name, now=clock.now, project="b") == Miss("unknown")
    originals.keep("text", About(project="b"), now=clock.now)
    assert isinstance(originals.get(name, now=clock.now, project="b"), Original)
    assert isinstance(originals.get(name, now=clock.now), Original)


def test_statistics(originals, clock):
    name = originals.keep("text", About(tokens=100, shown_tokens=10), now=clock.now)
    originals.keep("text", About(tokens=100, shown_tokens=10), now=clock.now)
    originals.get(name, now=clock.now)
    originals.tally.retrieved(Retrieval(name, "x" * 1000, 1, 2, "Bash", "range", clock.now))
    stats = originals.stats()
    assert (stats.entries, stats.hits, stats.retrievals, stats.original_tokens) == (1, 1, 1, 100)
    assert len(stats.recent[0].query) == 200
    assert stats.backend == "memory"
