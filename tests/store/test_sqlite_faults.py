"""What SQLite, its disk and other processes can do to us, and what must still hold."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlite_utils

from headroom.errors import StoreError
from headroom.store import open_store
from headroom.store.owed import Owed
from headroom.store.schema import APPLICATION_ID, MIGRATIONS, migrate
from headroom.store.sqlite import SqliteStore
from headroom.store.sqlite_file import DatabaseFile, connect

CHILD = Path(__file__).with_name("sqlite_child.py")
ROOT = Path(__file__).parents[2]


def start_child(*arguments):
    return subprocess.Popen(
        [sys.executable, str(CHILD), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.fixture
def child():
    """Start children; whatever still runs at the end is killed, by its own handle."""
    children = []

    def start(*arguments):
        children.append(start_child(*arguments))
        return children[-1]

    yield start
    for process in children:
        process.kill()
        process.communicate(timeout=90)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "workspace" / "headroom.db"


# -- the file ----------------------------------------------------------------------------------------------------------
def test_files_and_folders_are_private(path, clock):
    old = os.umask(0)
    try:
        store = SqliteStore(path, now=clock)
        store.put("s", "key", b"value", now=clock())
        modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()}
        store.close()
    finally:
        os.umask(old)
    assert set(modes) == {f"headroom.db{end}" for end in ("", "-wal", "-shm", ".lock")}
    assert set(modes.values()) == {0o600}
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)] == [0o700, 0o700]


def test_folders_that_exist_keep_their_mode(tmp_path, clock):
    (tmp_path / "shared").mkdir(mode=0o755)
    SqliteStore(tmp_path / "shared" / "headroom.db", now=clock).close()
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o755


def test_state_is_there_after_a_restart(path, clock):
    store = SqliteStore(path, now=clock)
    store.put("s", "key", b"value", now=clock())
    store.reserve("a", 5, limit_usd=10, since=0, now=clock())
    store.settle("b", 3, now=clock())
    store.append("journal", b"row", now=clock())
    store.take("bucket", 60, capacity=60, per_second=1, now=clock())
    store.close()
    store = SqliteStore(path, now=clock)
    assert store.get("s", "key") == b"value"
    assert (store.spent(since=0), store.held(now=clock())) == (3, 5)
    assert [row.body for row in store.rows("journal")] == [b"row"]
    assert not store.take("bucket", 1, capacity=60, per_second=1, now=clock()).allowed
    store.close()


def test_closing_leaves_no_write_ahead_log(path, clock):
    store = SqliteStore(path, now=clock)
    store.put("s", "key", b"value", now=clock())
    store.get("s", "key")
    store.close()
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["headroom.db", "headroom.db.lock"]


# -- schema --------------------------------------------------------------------------------------------------------------
def test_every_older_schema_migrates_to_the_newest(tmp_path):
    steps = [*MIGRATIONS, ("ALTER TABLE blobs ADD COLUMN kind TEXT",), ("CREATE TABLE extra (x)",)]
    fresh = sqlite3.connect(tmp_path / "fresh.db", isolation_level=None)
    migrate(fresh, steps)
    want = sqlite_utils.Database(fresh).schema
    for version in range(1, len(steps)):
        old = sqlite3.connect(tmp_path / f"v{version}.db", isolation_level=None)
        migrate(old, steps[:version])
        old.execute("INSERT INTO blobs (space, key, size, used, value) VALUES ('s', 'k', 1, 0, x'00')")
        migrate(old, steps)
        assert sqlite_utils.Database(old).schema == want
        assert old.execute("SELECT entries, bytes FROM spaces").fetchall() == [(1, 1)]
        assert old.execute("PRAGMA user_version").fetchone()[0] == len(steps)
        old.close()
    fresh.close()


def test_a_migration_that_fails_leaves_the_old_schema(tmp_path):
    database = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    migrate(database)
    with pytest.raises(sqlite3.Error):
        migrate(database, [*MIGRATIONS, ("CREATE TABLE fine (x)", "CREATE TABLE blobs (x)")])
    assert database.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
    assert "fine" not in sqlite_utils.Database(database).table_names()
    database.close()


def test_a_newer_schema_is_left_alone(path, clock):
    SqliteStore(path, now=clock).close()
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    database.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"newer headroom \(schema 2, this one knows 1\); upgrade"):
        SqliteStore(path, now=clock)
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*corrupt*"))
    store, warnings = open_store(f"sqlite://{path}", workspace=path.parent, now=clock)
    assert store.name == "memory"
    assert "upgrade headroom" in warnings[0]
    assert "serving from memory" in warnings[0]


def test_another_programs_database_is_left_alone(tmp_path, clock):
    path = tmp_path / "places.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE bookmarks (url)")
    other.commit()
    other.close()
    with pytest.raises(StoreError, match="another program"):
        SqliteStore(path, now=clock)
    assert sqlite_utils.Database(str(path)).table_names() == ["bookmarks"]


def test_our_files_carry_our_mark(path, clock):
    SqliteStore(path, now=clock).close()
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    database.close()


# -- corruption ------------------------------------------------------------------------------------------------------------
def overwrite(path, offset, junk):
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(junk)


def filled(path, clock):
    store = SqliteStore(path, now=clock)
    for number in range(50):
        store.put("s", f"k{number}", b"v" * 2000, now=clock())
    store.close()


@pytest.mark.parametrize(
    ("offset", "size"), [(0, 16), (4096, 3000), (0, 50_000)], ids=["header", "a page inside", "most of it"]
)
def test_a_corrupt_file_is_set_aside_and_kept(path, clock, offset, size):
    filled(path, clock)
    overwrite(path, offset, b"\xa5" * size)
    damaged = path.read_bytes()
    store, warnings = open_store("sqlite", workspace=path.parent, now=clock)
    assert store.name == "sqlite"
    assert len(warnings) == 1
    assert "was corrupt; set aside as headroom.db.corrupt-20250615T150640Z" in warnings[0]
    assert (path.parent / "headroom.db.corrupt-20250615T150640Z").read_bytes() == damaged
    store.put("s", "key", b"value", now=clock())
    assert store.get("s", "key") == b"value"
    store.close()


def test_no_earlier_wreck_is_overwritten(path, clock):
    for junk in (b"first", b"second"):
        filled(path, clock)
        overwrite(path, 0, junk * 5)
        SqliteStore(path, now=clock).close()
    wrecks = sorted(entry.name for entry in path.parent.glob("*.corrupt-*"))
    assert wrecks == ["headroom.db.corrupt-20250615T150640Z", "headroom.db.corrupt-20250615T150640Z.2"]


def test_damage_seen_while_running_is_told_and_checked_at_the_next_start(path, clock, monkeypatch):
    monkeypatch.setattr("headroom.store.sqlite_file.CHECKED_BYTES", 0)
    filled(path, clock)
    size = path.stat().st_size
    overwrite(path, 8192, b"\xa5" * (size - 8192))
    store = SqliteStore(path, now=clock)  # a large file is not read whole at every start
    with pytest.raises(StoreError, match="corrupt; restart headroom, which sets it aside"):
        store.get_many("s", [f"k{number}" for number in range(50)])
    store.close()
    store = SqliteStore(path, now=clock)
    assert "was corrupt" in store.notices[0]
    store.close()


def test_a_corrupt_file_in_use_elsewhere_is_not_moved_away(path, clock, child, monkeypatch):
    monkeypatch.setattr("headroom.store.sqlite_file.OPEN_SECONDS", 0.2)
    filled(path, clock)
    other = child("hold-open", path)
    assert other.stdout.readline() == "open\n"
    overwrite(path, 0, b"\xa5" * 16)
    with pytest.raises(StoreError, match="corrupt"):
        SqliteStore(path, now=clock)
    assert not list(path.parent.glob("*corrupt*"))


def test_an_empty_file_becomes_a_store(path, clock):
    path.parent.mkdir(parents=True)
    path.touch()
    store = SqliteStore(path, now=clock)
    assert store.notices == []
    store.put("s", "key", b"value", now=clock())
    store.close()


# -- disks -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("where", ["/proc/headroom/x", "/dev/null/x"], ids=["not writable", "under a file"])
def test_a_place_that_cannot_be_written_degrades_to_memory(where, clock):
    store, warnings = open_store("sqlite", workspace=Path(where), now=clock)
    assert store.name == "memory"
    assert "check the path" in warnings[0]
    assert "serving from memory" in warnings[0]


def test_a_database_that_turns_read_only_is_told(path, clock):
    store = SqliteStore(path, now=clock)
    store.put("s", "key", b"value", now=clock())
    store._writer.call(lambda db: None, wait=5)
    store._writer._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match="read-only; make it writable"):
        store.put("s", "other", b"value", now=clock())
    assert store.get("s", "key") == b"value"
    store.close()


def test_a_full_disk_is_told_and_loses_nothing(path, child):
    process = child("fill", path)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert "refused" in output
    assert "disk" in output
    assert "still there True" in output


# -- a file that goes away --------------------------------------------------------------------------------------------------
def rid_of(path, *suffixes):
    for suffix in suffixes:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@pytest.mark.parametrize(
    "suffixes", [("",), ("", "-wal", "-shm"), ("", "-wal", "-shm", ".lock")], ids=["alone", "with its log", "all"]
)
def test_a_file_deleted_under_a_running_store_is_written_anew(path, clock, monkeypatch, suffixes):
    monkeypatch.setattr("headroom.store.sqlite.LOOK", 0.0)
    store = SqliteStore(path, now=clock)
    store.put("s", "before", b"value", now=clock())
    store.settle("a", 3, now=clock())
    assert store.get("s", "before") == b"value"
    rid_of(path, *suffixes)
    assert "the file is gone" in store.trouble
    assert seen_free(store)
    assert path.exists()
    assert "was deleted under the running proxy" in store.notices[0]
    store.put("s", "after", b"value", now=clock())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    other = SqliteStore(path, now=clock)
    assert [other.get("s", key) for key in ("before", "after")] == [b"value"] * 2
    assert other.spent(since=0) == store.spent(since=0) == 3
    for one in (store, other):
        one.close()
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["headroom.db", "headroom.db.lock"]
    assert sqlite_utils.Database(str(path)).execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_workers_go_over_to_the_file_that_one_of_them_wrote_anew(path, clock, monkeypatch):
    monkeypatch.setattr("headroom.store.sqlite.LOOK", 0.0)
    stores = [SqliteStore(path, now=clock) for _ in range(3)]
    stores[0].put("s", "before", b"value", now=clock())
    rid_of(path, "", "-wal", "-shm")
    assert all(store.trouble for store in stores)
    assert all(seen_free(store) for store in stores)
    for number, store in enumerate(stores):
        store.put("s", f"k{number}", b"value", now=clock())
    assert all(len(store.get_many("s", ["before", "k0", "k1", "k2"])) == 4 for store in stores)
    for store in stores:
        store.close()


def test_a_file_that_can_not_be_written_anew_is_told_and_served_from_what_is_open(path, clock, monkeypatch):
    store = SqliteStore(path, now=clock)
    store.put("s", "before", b"value", now=clock())
    monkeypatch.setattr("headroom.store.sqlite.LOOK", 0.0)
    rid_of(path, "", "-wal", "-shm")
    path.mkdir()  # something else lies there now
    ends = time.monotonic() + 60
    while "could not be written anew" not in (store.trouble or "") and time.monotonic() < ends:
        time.sleep(0.01)
    assert "could not be written anew" in store.trouble
    store.put("s", "after", b"value", now=clock())
    path.rmdir()
    assert seen_free(store)
    assert store.get_many("s", ["before", "after"]) == {"before": b"value", "after": b"value"}
    store.close()


def test_what_lies_there_and_goes_in_the_moment_of_renewal_loses_nothing(path, clock, monkeypatch):
    monkeypatch.setattr("headroom.store.sqlite.LOOK", 0.0)
    store = SqliteStore(path, now=clock)
    store.put("s", "before", b"value", now=clock())
    rid_of(path, "", "-wal", "-shm")
    path.mkdir()
    copy = DatabaseFile._copy

    def copy_and_go(self, old):
        copy(self, old)
        if path.is_dir():
            path.rmdir()

    monkeypatch.setattr(DatabaseFile, "_copy", copy_and_go)
    assert store.trouble
    assert seen_free(store)
    assert store.get("s", "before") == b"value"
    store.close()


# -- other processes --------------------------------------------------------------------------------------------------------
def test_a_lock_held_elsewhere_hangs_nobody(path, clock, child, monkeypatch):
    store = SqliteStore(path, now=clock)
    store.put("s", "key", b"value", now=clock())
    locker = child("lock", path)
    assert locker.stdout.readline() == "locked\n"
    for wait in ("WAIT_BUCKET", "WAIT_BUDGET", "WAIT_PUT", "BEARS_BUDGET"):
        monkeypatch.setattr(f"headroom.store.sqlite.{wait}", 0.1)
    calls = {
        "put": lambda: store.put("s", "never", b"value", now=clock()),
        "settle": lambda: store.settle("a", 1, now=clock()),
        "reserve": lambda: store.reserve("b", 1, limit_usd=10, since=0, now=clock()),
        "take": lambda: store.take("b", 1, capacity=60, per_second=1, now=clock()),
    }
    for call in calls.values():
        with pytest.raises(StoreError, match="another process has it locked"):
            call()
    store.append("journal", b"row", now=clock())  # statistics wait in memory
    store.touch("s", ["key"], now=clock())
    assert store.get("s", "key") == b"value"  # readers are not hindered
    locker.stdin.write("\n")
    locker.stdin.flush()
    assert locker.stdout.readline() == "released\n"
    monkeypatch.undo()
    assert seen_free(store)
    store.put("s", "later", b"value", now=clock())
    assert [row.body for row in store.rows("journal")] == [b"row"]
    # A call that was given up never took effect behind the caller's back.
    assert store.get("s", "never") is None
    assert (store.spent(since=0), store.held(now=clock())) == (0, 0)
    store.close()


def seen_free(store):
    """Wait until the store says that nothing is in its way."""
    ends = time.monotonic() + 60
    while store.trouble is not None and time.monotonic() < ends:
        time.sleep(0.01)
    return store.trouble is None


def test_a_lock_that_was_waited_for_once_is_not_waited_for_with_every_write(path, clock, child, monkeypatch):
    for wait in ("WAIT_BUDGET", "WAIT_PUT"):
        monkeypatch.setattr(f"headroom.store.sqlite.{wait}", 3600.0)  # who waited for this would not come back
    store = SqliteStore(path, now=clock)
    assert store.trouble is None
    locker = child("lock", path)
    assert locker.stdout.readline() == "locked\n"
    for number in range(50):
        with pytest.raises(StoreError, match="another process has it locked"):
            store.put_once("s", f"k{number}", b"value", now=clock())
    with pytest.raises(StoreError, match="another process has it locked"):
        store.settle("a", 1, now=clock())
    assert store.rows("journal") == []
    assert "another process has it locked" in store.trouble
    locker.communicate("\n", timeout=90)
    assert seen_free(store), "noticed without anybody asking for a write"
    store.put("s", "later", b"value", now=clock())
    assert [key for key in ("k0", "k49", "later") if store.get("s", key)] == ["later"]
    store.close()


def test_what_is_owed_is_written_once_and_overrides_nothing(path, clock, child):
    store = SqliteStore(path, now=clock)
    owed = Owed(store, "s")
    locker = child("lock", path)
    assert locker.stdout.readline() == "locked\n"
    for key in ("a", "b"):
        owed.add(key, b"ours")
    owed.add("a", b"later")
    with pytest.raises(StoreError):
        owed.pay(now=clock())
    assert (owed.get("a"), owed.held > 0) == (b"ours", True)
    locker.communicate("\n", timeout=90)
    assert seen_free(store)
    store.put("s", "b", b"theirs", now=clock())
    owed.pay(now=clock())
    assert store.get_many("s", ["a", "b"]) == {"a": b"ours", "b": b"theirs"}
    assert (owed.get("a"), owed.held) == (None, 0)
    store.close()


def test_a_lock_held_elsewhere_does_not_hang_opening(path, clock, child, monkeypatch):
    monkeypatch.setattr("headroom.store.sqlite_file.OPEN_SECONDS", 0.2)
    SqliteStore(path, now=clock).close()
    locker = child("lock", path)
    assert locker.stdout.readline() == "locked\n"
    with pytest.raises(StoreError, match="another process has it locked"):
        SqliteStore(path, now=clock)
    locker.communicate("\n", timeout=90)
    SqliteStore(path, now=clock).close()


def test_statistics_are_dropped_oldest_first_when_the_database_stays_locked(path, clock, child, monkeypatch):
    monkeypatch.setattr("headroom.store.write_queue.MAX_POSTS_BYTES", 5 * 300)
    store = SqliteStore(path, now=clock)
    locker = child("lock", path)
    assert locker.stdout.readline() == "locked\n"
    for number in range(20):
        store.append("journal", b"%100d" % number, now=clock())
    assert store.dropped == 15
    locker.communicate("\n", timeout=90)
    assert [int(row.body) for row in store.rows("journal")] == [15, 16, 17, 18, 19]
    store.close()


def test_several_workers_open_a_new_store_at_once(path, clock):
    barrier = threading.Barrier(6)
    opened, failures = [], []

    def start():
        barrier.wait(timeout=60)
        try:
            opened.append(SqliteStore(path, now=clock))
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    opened[0].put("s", "key", b"value", now=clock())
    assert all(store.get("s", "key") == b"value" for store in opened)
    for store in opened:
        store.close()


# -- kill -9 ---------------------------------------------------------------------------------------------------------------
def check_promises(path, output):
    """What was told before the kill is there; at most what was in flight is there beside it."""
    told = [line.split() for line in output.splitlines() if line.count(" ") == 1]
    puts = [number for word, number in told if word == "put"]
    settles = [number for word, number in told if word == "settle"]
    store = SqliteStore(path, now=lambda: 1_750_000_000.0)
    assert store.notices == []
    found = store.get_many("originals", [f"k{number}" for number in puts])
    assert len(found) == len(puts)
    assert all(value == b"v" * 3000 for value in found.values())
    spent = store.spent(since=0)
    assert spent in {0.25 * len(settles), 0.25 * (len(settles) + 1)}
    usage = store.usage("originals")
    assert usage.entries in {len(puts), len(puts) + 1}
    database = connect(path)
    assert database.execute("SELECT count(*), sum(size) FROM blobs").fetchone() == (
        usage.entries,
        usage.bytes or None,
    )
    database.close()
    store.close()
    return len(told)


def test_promises_survive_kill_nine(path, child):
    process = child("write", path)
    head = [process.stdout.readline() for _ in range(150)]
    process.kill()
    tail, _ = process.communicate(timeout=90)
    assert check_promises(path, "".join(head) + tail) >= 150


@pytest.mark.parametrize("statement", [1, 4, 9, 22, 25, 27, 29, 31, 33, 36, 40, 47, 52, 60])
def test_death_at_any_write_point_breaks_no_promise(path, child, statement):
    process = child("die", path, statement)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == -9
    check_promises(path, output)


# -- the N-th statement fails -----------------------------------------------------------------------------------------------
class Failing(sqlite3.Connection):
    """Raises at the N-th statement, once."""

    left = 0
    error = sqlite3.SQLITE_IOERR

    def execute(self, *arguments):
        Failing.left -= 1
        if Failing.left == 0:
            failure = sqlite3.OperationalError("injected fault")
            failure.sqlite_errorcode = Failing.error
            raise failure
        return super().execute(*arguments)


def failing_connect(path):
    connection = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False, factory=Failing)
    connection.execute("PRAGMA busy_timeout = 50")
    return connection


@pytest.mark.parametrize("error", [sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY])
@pytest.mark.parametrize("n", range(1, 46))
def test_whatever_statement_fails_books_stay_right(path, clock, n, error):
    Failing.left = 0
    store = SqliteStore(path, now=clock, connect=failing_connect)
    Failing.left, Failing.error = n, error
    sure = {"spent": 0.0, "blobs": set()}
    for number in range(3):
        try:
            store.put("s", f"k{number}", b"value", now=clock())
            sure["blobs"].add(f"k{number}")
        except StoreError:
            pass
        try:
            store.settle(f"h{number}", 1.0, now=clock())
        except StoreError:
            store.settle(f"h{number}", 1.0, now=clock())  # an unsure caller repeats, and is not booked twice
        sure["spent"] += 1.0
    Failing.left = 0
    assert store.spent(since=0) == sure["spent"]
    assert set(store.get_many("s", ["k0", "k1", "k2"])) == sure["blobs"]
    assert store.usage("s").entries == len(sure["blobs"])
    store.close()


def test_one_bad_job_spoils_only_itself(path, clock):
    store = SqliteStore(path, now=clock)
    gate, blocking = threading.Event(), threading.Event()

    def block(db):
        blocking.set()
        gate.wait(60)

    blocker = threading.Thread(target=lambda: store._writer.call(block, wait=20))
    blocker.start()
    assert blocking.wait(60)
    outcomes = {}

    def bad(db):
        db.execute("INSERT INTO holds VALUES ('ghost', 1, 1e12)")
        db.execute("SELECT * FROM no_such_table")

    def run(name, job):
        try:
            outcomes[name] = store._writer.call(job, wait=20)
        except StoreError as error:
            outcomes[name] = error

    jobs = {
        "first": lambda db: db.execute("INSERT INTO holds VALUES ('a', 1, 1e12)").rowcount,
        "bad": bad,
        "last": lambda db: db.execute("INSERT INTO holds VALUES ('b', 2, 1e12)").rowcount,
    }
    threads = [threading.Thread(target=run, args=item) for item in jobs.items()]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 60
    while len(store._writer._queue.calls) < 3 and time.monotonic() < deadline:
        time.sleep(0.005)
    gate.set()
    for thread in [*threads, blocker]:
        thread.join(timeout=60)
    assert (outcomes["first"], outcomes["last"]) == (1, 1)
    assert isinstance(outcomes["bad"], StoreError)
    assert store.held(now=clock()) == 3e-9
    store.close()
