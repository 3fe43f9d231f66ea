"""Books kept together by processes that share a real store."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from headroom.accounts.accounts import Accounts
from headroom.accounts.pricing import Prices
from headroom.accounts.shared import STREAM
from headroom.errors import StoreError
from headroom.settings import Settings
from headroom.store.memory import MemoryStore
from headroom.store.sqlite import SqliteStore
from tests.accounts.exchanges import WALL, exchange

WORKER = """
import sys
from pathlib import Path
from headroom.accounts.accounts import Accounts
from headroom.accounts.pricing import Prices
from headroom.accounts.savings_file import Keeper
from headroom.settings import Settings
from headroom.store.sqlite import SqliteStore
from tests.accounts.exchanges import exchange
folder, number = Path(sys.argv[1]), int(sys.argv[2])
store = SqliteStore(folder / "headroom.db", now=lambda: 1.79e9, shared_buckets=True)
keeper = Keeper(folder / "proxy_savings.json", events=folder / "events.jsonl")
accounts = Accounts(Settings(), Prices(), keeper=keeper)
accounts.share(store, since=0.0)
for i in range(30):
    accounts.finished(exchange(1000 * number + i))
accounts.close()
store.close()
"""


def books(store) -> Accounts:
    made = Accounts(Settings(), Prices(), wall=lambda: WALL)
    made.share(store, since=0.0)
    return made


def test_processes_with_one_sqlite_file_all_know_everything(tmp_path):
    children = [subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path), str(n)]) for n in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    store = SqliteStore(tmp_path / "headroom.db", now=lambda: WALL, shared_buckets=True)
    late = books(store)
    late.refresh()
    assert late.stats.all.requests == 60
    assert late.stats.all.saved == 60 * 6_000
    late.close()
    store.close()
    kept = json.loads((tmp_path / "proxy_savings.json").read_text())
    assert kept["lifetime"]["requests"] == 60
    assert len((tmp_path / "events.jsonl").read_text().splitlines()) == 60


def test_figures_counted_elsewhere_are_added_up_by_all_workers():
    store = MemoryStore(now=lambda: WALL)
    counts = [3, 4, 0]
    workers = [books(store) for _ in counts]
    for number, worker in enumerate(workers):
        worker.tallies["fetched"] = lambda number=number: counts[number]
    workers[0].close()  # one that has ended has counted, too
    counts[1] = 6
    workers[1].close()
    workers[2].refresh()
    assert workers[2].tally("fetched") == 9
    counts[2] = 5
    assert workers[2].tally("fetched") == 14
    workers[2].close()


def test_a_store_that_is_away_costs_no_booking(monkeypatch, caplog):
    store = MemoryStore(now=lambda: WALL)
    accounts = books(store)

    def away(*_args, **_kind):
        raise StoreError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(store, "append", away)
        patch.setattr(store, "rows", away)
        assert accounts.book(exchange(1), now=0) is not None
        accounts.book(exchange(2), now=0)
        accounts.refresh()
    assert caplog.text.count("not shared") == 1
    accounts.book(exchange(3), now=0)
    accounts.refresh()
    assert accounts.stats.all.requests >= 1
    accounts.close()


def test_rows_of_another_version_are_passed_over():
    store = MemoryStore(now=lambda: WALL)
    store.append(STREAM, b"\x93\xa1x\xa1y", now=WALL)
    store.append(STREAM, b"", now=WALL)
    accounts = books(store)
    accounts.book(exchange(1), now=0)
    accounts.refresh()
    assert accounts.stats.all.requests == 1
    accounts.close()


def test_a_reader_that_takes_long_holds_up_no_booking():
    accounts = Accounts(Settings(), Prices())
    with accounts.stats.opened():
        worker = threading.Thread(target=accounts.finished, args=(exchange(1),))
        worker.start()
        worker.join(10)
        assert not worker.is_alive()
        assert accounts.stats.all.requests == 0
    assert len(accounts.stats.recent_requests()) == 1


@pytest.mark.parametrize("how", [signal.SIGINT])
def test_stats_watch_shows_what_changes_and_ends_with_ctrl_c(how, tmp_path):
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    from tests.control.books import House

    house = House()
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            house.accounts.finished(exchange(len(asked)))
            body = json.dumps(house.figures.payload()).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = str(server.server_address[1])
    child = subprocess.Popen(
        [sys.executable, "-m", "headroom.cli", "stats", "--watch", "--interval", "0.2", "-p", port],
        stdout=subprocess.PIPE,
        env=os.environ | {"COLUMNS": "120"},
    )
    try:
        ends = time.monotonic() + 60
        while len(asked) < 3:
            assert time.monotonic() < ends
            time.sleep(0.05)
        child.send_signal(how)
        output = child.communicate(timeout=90)[0].decode()
        assert child.returncode == 130
        assert "tokens saved net" in output
        assert "/stats?cached=1" in asked
    finally:
        if child.poll() is None:
            child.kill()
            child.wait(60)
        server.shutdown()
        server.server_close()
