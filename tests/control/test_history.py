"""GET /stats-history and the durable savings behind it."""

import csv
import io
import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.accounts import savings_view
from headroom.accounts.events import Event, report
from headroom.accounts.savings import MAX_POINTS, Entry, Savings
from headroom.accounts.savings_file import Keeper, read, savings_path
from tests.accounts.exchanges import WALL, exchange
from tests.control.books import House

HOUR, DAY = 3_600.0, 86_400.0


def entry(wall: float, saved: int = 100, **fields) -> Entry:
    base = {
        "provider": "anthropic",
        "model": "m",
        "client": None,
        "project": None,
        "before": 2 * saved,
        "saved": saved,
        "saved_usd": saved / 1e6,
        "net": saved - 1,
        "net_usd": saved / 1e6,
        "input_tokens": saved,
        "input_usd": 0.001,
        "cost_usd": 0.002,
    }
    return Entry(wall, **(base | fields))


def state(*entries: Entry) -> Savings:
    made = Savings()
    for one in entries:
        made.add(one)
    return made


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


# -- the route -------------------------------------------------------------------------------------------------------------
async def test_the_whole_payload():
    house = House()
    house.book(exchange(1))
    house.book(exchange(2))
    shown = await house.get("/stats-history")
    assert {"schema_version", "generated_at", "lifetime", "display_session", "history", "series"} <= set(shown)
    assert shown["history_summary"] == {
        "mode": "compact",
        "stored_points": 2,
        "returned_points": 2,
        "compacted": False,
    }
    assert set(shown["series"]) == {"hourly", "daily", "weekly", "monthly"}
    assert shown["exports"]["available_series"] == ["history", "hourly", "daily", "weekly", "monthly"]
    assert [p["total_tokens_saved"] for p in shown["history"]] == [6_000, 12_000]  # cumulative
    assert "total_input_tokens" not in shown["history"][0]
    assert all(p["timestamp"].endswith("Z") for p in shown["history"])


@pytest.mark.parametrize(
    ("mode", "points", "full"), [("compact", 500, False), ("full", 600, True), ("none", None, None)]
)
async def test_the_three_modes(mode, points, full):
    house = House()
    for number in range(600):
        house.accounts.keeper.add(entry(WALL + number))
    shown = await house.get("/stats-history", history_mode=mode)
    if points is None:
        assert "history" not in shown
        assert shown["history_summary"]["returned_points"] == 0
        assert shown["series"]["daily"]
        return
    assert len(shown["history"]) == points == shown["history_summary"]["returned_points"]
    assert shown["history_summary"]["compacted"] is (mode == "compact")
    assert ("total_input_tokens" in shown["history"][0]) is full
    assert shown["history"][0]["total_tokens_saved"] == 100
    assert shown["history"][-1]["total_tokens_saved"] == 60_000
    times = [p["timestamp"] for p in shown["history"]]
    assert times == sorted(times)


async def test_points_of_one_second_are_all_kept():
    house = House()
    for _ in range(5):
        house.accounts.keeper.add(entry(WALL))
    assert len((await house.get("/stats-history", history_mode="full"))["history"]) == 5


@pytest.mark.parametrize(
    ("name", "value"), [("format", "xml"), ("series", "yearly"), ("history_mode", "all"), ("format", "")]
)
async def test_a_bad_value_is_told_by_name(name, value):
    answer = await House().reply("/stats-history", **{name: value})
    assert answer.status == 422
    assert json.loads(answer.body)["detail"][0]["loc"] == ["query", name]


COLUMNS = {
    "history": "timestamp,total_tokens_saved,compression_savings_usd,total_input_tokens,total_input_cost_usd,provider,model",
    "daily": "timestamp,tokens_saved,compression_savings_usd_delta,total_tokens_saved,compression_savings_usd,"
    "total_input_tokens_delta,total_input_tokens,total_input_cost_usd_delta,total_input_cost_usd",
}


@pytest.mark.parametrize("series", ["history", "hourly", "daily", "weekly", "monthly"])
async def test_csv_is_an_attachment_with_the_columns_of_its_series(series):
    house = House()
    house.book(exchange(1, model="=HYPERLINK()"))
    answer = await house.reply("/stats-history", format="csv", series=series)
    headers = dict(answer.headers)
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert headers["Content-Disposition"] == f'attachment; filename="headroom-stats-history-{series}.csv"'
    head, *rows = csv.reader(io.StringIO(answer.body.decode()))
    assert ",".join(head) == COLUMNS.get(series, COLUMNS["daily"])
    assert len(rows) == 1
    assert not any(cell.startswith("=") for cell in rows[0])


async def test_csv_without_history_is_its_head():
    house = House()
    house.book(exchange(1))
    answer = await house.reply("/stats-history", format="csv", history_mode="none")
    assert answer.body.decode().strip() == COLUMNS["history"]


async def test_only_this_machine_sees_the_path(tmp_path):
    keeper = Keeper(tmp_path / "s.json")
    house = House(keeper=keeper)
    assert (await house.get("/stats-history"))["storage_path"] == str(tmp_path / "s.json")
    assert str(tmp_path) not in json.dumps(await house.get("/stats-history", local=False))
    keeper.close()


# -- buckets ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("series", "starts"),
    [
        ("hourly", ["2026-02-28T23:00:00Z", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"]),
        ("daily", ["2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"]),
        ("weekly", ["2026-02-23T00:00:00Z", "2026-03-02T00:00:00Z"]),
        ("monthly", ["2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"]),
    ],
)
def test_buckets_begin_where_utc_says(series, starts):
    found = state(entry(at("2026-02-28T23:59:59")), entry(at("2026-03-01T00:00:00")), entry(at("2026-03-02T00:30:00")))
    rows = savings_view.rows(found, series)
    assert [row["timestamp"] for row in rows] == starts
    assert sum(row["tokens_saved"] for row in rows) == rows[-1]["total_tokens_saved"] == 300


def test_daylight_saving_changes_no_bucket(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    import time

    time.tzset()
    try:
        hours = [entry(at("2026-03-29T00:00:00") + i * HOUR) for i in range(24)]
        rows = savings_view.rows(state(*hours), "hourly")
        assert len(rows) == 24
        assert len(savings_view.rows(state(*hours), "daily")) == 1
    finally:
        monkeypatch.undo()
        time.tzset()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 300 * DAY), st.integers(-500, 5_000)), max_size=40))
def test_every_series_adds_up_whatever_the_clock_did(moves):
    found = state(*[entry(WALL + offset, saved) for offset, saved in moves])
    total = sum(saved for _, saved in moves)
    assert found.lifetime.saved == total
    for series in ("daily", "weekly", "monthly"):
        rows = savings_view.rows(found, series)
        assert sum(row["tokens_saved"] for row in rows) == total
        assert [row["timestamp"] for row in rows] == sorted(row["timestamp"] for row in rows)
        assert not rows or rows[-1]["total_tokens_saved"] == total
        assert sum(sum(p["tokens_saved"] for p in row["by_model"].values()) for row in rows) == total


def test_history_is_bounded_and_keeps_its_end():
    found = state(*[entry(WALL + i) for i in range(MAX_POINTS + 3_000)])
    assert len(found.history) <= MAX_POINTS
    assert found.history[-1].saved == found.lifetime.saved
    assert found.history[0].saved == 100


def test_what_is_older_than_a_year_goes_and_the_lifetime_stays():
    found = state(entry(WALL), *[entry(WALL + DAY * i) for i in range(1, 420)])
    assert found.history[0].wall >= WALL + 54 * DAY
    assert len(found.daily) <= 367
    assert found.lifetime.requests == 420
    assert savings_view.rows(found, "daily")[-1]["total_tokens_saved"] == 42_000


# -- the display session -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("times", "requests"),
    [
        ([0, 59 * 60], 2),
        ([0, 60 * 60], 2),
        ([0, 60 * 60 + 1], 1),
        ([0, 59 * 60, 118 * 60], 3),
        ([0, -30 * 60], 2),
        ([0, -5 * 3_600, -5 * 3_600 + 60], 3),
    ],
    ids=["within the hour", "on the hour", "after it", "each within", "clock set back a little", "set back far"],
)
def test_the_session_ends_after_an_hour_without_a_request(times, requests):
    assert state(*[entry(WALL + t) for t in times]).session.totals.requests == requests


def test_a_far_step_back_does_not_keep_a_session_alive():
    found = state(entry(WALL), entry(WALL - 10 * HOUR))
    assert found.session.over(WALL - 10 * HOUR + 2 * HOUR)


def test_a_session_that_is_over_is_shown_empty():
    found = state(entry(WALL, project="demo"))
    assert savings_view.session(found, WALL + 60)["projects"]["demo"]["requests"] == 1
    assert savings_view.session(found, WALL + 2 * HOUR)["requests"] == 0


# -- the file --------------------------------------------------------------------------------------------------------------------
def test_a_restart_within_the_hour_goes_on(tmp_path):
    path = tmp_path / "proxy_savings.json"
    first = Keeper(path)
    first.add(entry(WALL))
    first.close()
    second = Keeper(path)
    second.add(entry(WALL + 600))
    assert second.view(lambda s: (s.session.totals.requests, s.session.started)) == (2, WALL)
    second.close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_processes_that_share_the_file_lose_nothing(tmp_path):
    path = tmp_path / "proxy_savings.json"
    keepers = [Keeper(path, events=tmp_path / "events.jsonl") for _ in range(3)]

    def work(keeper: Keeper) -> None:
        for number in range(50):
            keeper.add(entry(WALL + number))
            if number % 10 == 0:
                keeper.sync()

    threads = [threading.Thread(target=work, args=(k,)) for k in keepers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for keeper in keepers:
        keeper.close()
    assert read(path, now=WALL).lifetime.requests == 150
    assert read(path, now=WALL).history[-1].saved == 15_000
    assert len((tmp_path / "events.jsonl").read_text().splitlines()) == 150


def test_one_process_sees_what_another_booked(tmp_path):
    first, second = Keeper(tmp_path / "s.json"), Keeper(tmp_path / "s.json")
    first.add(entry(WALL))
    assert first.sync()
    assert second.sync()
    assert second.view(lambda s: s.lifetime.requests) == 1
    first.close()
    second.close()


async def test_every_worker_shows_the_lifetime_of_all(tmp_path):
    path = tmp_path / "s.json"
    house, other = House(keeper=Keeper(path, wall=lambda: WALL)), Keeper(path)
    assert (await house.get("/stats"))["persistent_savings"]["lifetime"]["requests"] == 0
    other.add(entry(WALL))
    assert other.sync()
    written = path.stat().st_mtime_ns
    shown = await house.get("/stats")
    assert shown["persistent_savings"]["lifetime"]["requests"] == shown["display_session"]["requests"] == 1
    text = (await house.reply("/metrics")).body.decode()
    assert "headroom_persistent_savings_requests_total 1.0" in text
    assert path.stat().st_mtime_ns == written
    house.accounts.keeper.add(entry(WALL + 1))
    house.accounts.close()
    other.close()
    assert read(path, now=WALL).lifetime.requests == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"lifetime": 3}', b"\xff\xfe", b'{"schema_version": 99}'],
    ids=["empty", "torn", "another shape", "a wrong type", "no text", "a newer version"],
)
def test_a_file_that_can_not_be_read_is_put_aside(tmp_path, content, caplog):
    path = tmp_path / "proxy_savings.json"
    path.write_bytes(content)
    keeper = Keeper(path, wall=lambda: WALL)
    keeper.add(entry(WALL))
    keeper.close()
    aside = tmp_path / f"proxy_savings.json.corrupt-{int(WALL)}"
    assert aside.read_bytes() == content
    assert read(path, now=WALL).lifetime.requests == 1
    assert "corrupt" in caplog.text


async def test_what_shadow_would_save_is_kept_and_shown_in_every_scope(tmp_path):
    path = tmp_path / "s.json"
    house = House(keeper=Keeper(path, wall=lambda: WALL))
    for number in (1, 2):
        house.book(exchange(number, project="shop", notes={"shadow_bytes": 7}))
    house.accounts.close()
    again = House(keeper=Keeper(path, wall=lambda: WALL))
    again.now = WALL + 3
    shown, stats = await again.get("/stats-history", history_mode="full"), await again.get("/stats")
    dollars = shown["lifetime"]["would_save_usd"]
    assert dollars > 0
    kept = stats["persistent_savings"]
    for row in (shown["lifetime"], shown["projects"]["shop"], kept["lifetime"], stats["display_session"]):
        assert (row["tokens_saved"], row["tokens_would_save"], row["would_save_usd"]) == (0, 12_000, dollars)
    assert [point["total_tokens_would_save"] for point in shown["history"]] == [6_000, 12_000]
    for series in shown["series"].values():
        (row,) = series
        for part in (row, row["by_provider"]["anthropic"], row["by_model"]["claude-sonnet-4-5"]):
            assert (part["tokens_would_save"], part["would_save_usd_delta"]) == (12_000, dollars)
    assert any("12,000 tokens" in line and "--shadow" in line for line in stats["display_session"]["summary"])
    text = (await again.reply("/metrics")).body.decode()
    assert "headroom_persistent_savings_tokens_would_save_total 12000.0" in text


def test_a_file_written_before_shadow_was_counted_is_taken_up(tmp_path):
    path = tmp_path / "s.json"
    path.write_text(
        '{"schema_version":1,"lifetime":{"requests":1,"saved":5},"history":[[1.0,"openai","m",5,0.1,9,0.2,5,0.1]],'
        '"hourly":{"0":[0,1,5,0.1,9,0.2,5,0.1,{"openai":[1,5,0.1]},{"m":[1,5,0.1]}]},"daily":{}}'
    )
    keeper = Keeper(path, wall=lambda: 2.0)
    keeper.add(entry(2.0, provider="openai", would_save=4, would_save_usd=0.5))
    keeper.close()
    made = read(path, now=2.0)
    assert (made.lifetime.requests, made.lifetime.would_save) == (2, 4)
    assert [point.would_save for point in made.history] == [0, 4]
    assert (made.hourly[0].would_save, made.hourly[0].by_provider["openai"].would_save_usd) == (4, 0.5)
    assert not list(tmp_path.glob("*.corrupt-*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_can_not_be_written_costs_one_warning(tmp_path, caplog):
    tmp_path.chmod(0o500)
    try:
        keeper = Keeper(tmp_path / "s.json")
        keeper.add(entry(WALL))
        keeper.sync()
        keeper.sync()
        assert keeper.view(lambda s: s.lifetime.requests) == 1
        assert caplog.text.count("can't be kept") == 1
        keeper.close()
    finally:
        tmp_path.chmod(0o700)


def test_a_disk_that_is_away_for_days_is_tried_on(tmp_path, monkeypatch):
    paused, done = [], threading.Event()

    def pause(keeper, seconds):
        paused.append(seconds)
        done.set()

    monkeypatch.setattr(Keeper, "sync", lambda _self: False)
    monkeypatch.setattr(Keeper, "_pause", pause)
    keeper = Keeper(tmp_path / "s.json")
    keeper.failures = 5_000
    keeper.add(entry(WALL))
    assert done.wait(30)
    keeper.close()
    assert set(paused) == {30.0}


def test_a_kill_between_any_two_writes_leaves_a_whole_file(tmp_path):
    path = tmp_path / "s.json"
    script = (
        "import sys, time; from pathlib import Path\n"
        "from headroom.accounts.savings_file import Keeper\n"
        "from tests.control.test_history import entry, WALL\n"
        "k = Keeper(Path(sys.argv[1]))\n"
        "n = 0\n"
        "while True:\n"
        "    k.add(entry(WALL + n)); k.sync(); n += 1; print(n, flush=True)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        for _ in range(20):
            said = int(child.stdout.readline())
    finally:
        child.kill()
        child.wait(60)
        child.stdout.close()
    assert read(path, now=WALL).lifetime.requests >= said
    assert not list(tmp_path.glob("*.corrupt*"))


@pytest.mark.parametrize(
    ("named", "expected", "warns"),
    [(None, "w/proxy_savings.json", False), ("f.json", "f.json", False), ("d", "d/proxy_savings.json", True)],
    ids=["default", "a file", "a folder"],
)
def test_where_the_file_lies(tmp_path, named, expected, warns):
    (tmp_path / "d").mkdir()
    path, warning = savings_path(None if named is None else tmp_path / named, tmp_path / "w")
    assert path == tmp_path / expected
    assert (warning is not None) is warns


def test_without_a_path_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keeper = Keeper(None)
    keeper.add(entry(WALL))
    assert keeper.sync()
    keeper.close()
    assert list(tmp_path.iterdir()) == []


# -- the ledger ------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("now", "today"),
    [("2026-03-29T22:30:00", 0), ("2026-03-29T21:59:00", 2), ("2026-10-25T22:59:00", 2), ("2026-10-25T23:30:00", 0)],
    ids=["after a day of 23 hours", "in a day of 23 hours", "in a day of 25 hours", "after a day of 25 hours"],
)
def test_today_is_the_local_day_across_daylight_saving(now, today):
    day = now[:10]
    first = "2026-03-28T23:30:00" if day.startswith("2026-03") else "2026-10-24T22:30:00"
    lines = [Event(1, ts + "Z", 200, 100, 100, 0.1, "m") for ts in (first, f"{day}T12:00:00")]
    found = report(lines, now=datetime.fromisoformat(now + "+00:00"), days=365, tz=ZoneInfo("Europe/Berlin"))
    assert found.today.calls == today
    assert found.lifetime.calls == 2


def test_lines_that_can_not_be_read_are_left_out(tmp_path):
    from headroom.accounts.events import append
    from headroom.accounts.events import read as lines

    path = tmp_path / "e.jsonl"
    append(path, [entry(WALL)])
    with path.open("ab") as file:
        file.write(b'{"v": 1, "ts": "torn')
    assert [line.saved for line in lines(path)] == [100]
