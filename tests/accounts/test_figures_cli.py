"""The commands that show figures, without a running proxy."""

import csv
import io
import json
import logging
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from headroom.accounts.accounts import Accounts
from headroom.accounts.events import append
from headroom.accounts.perf import line
from headroom.accounts.pricing import Prices
from headroom.accounts.savings import Entry
from headroom.cli.main import program
from headroom.control.admin_upstream import AdminUpstream
from headroom.control.http import ControlRequest
from headroom.settings import Settings
from tests.accounts.exchanges import exchange

NO_PROXY = ["-p", "1"]


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace with two calls of today, one of last month, and a runtime log."""
    monkeypatch.setenv("HEADROOM_WORKSPACE_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "140")
    for name in ("HEADROOM_TELEMETRY", "HEADROOM_SAVINGS_EVENTS_PATH", "DO_NOT_TRACK"):
        monkeypatch.delenv(name, raising=False)
    now = datetime.now(UTC).timestamp()
    accounts = Accounts(Settings(), Prices())
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    logger = logging.getLogger("headroom.perf")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        bookings = [accounts.book(exchange(n, wall=now - 1), now=0) for n in range(2)]
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    old = Entry.of(bookings[0], wall=now - 40 * 86_400)
    append(tmp_path / "savings_events.jsonl", [old, *[Entry.of(b, wall=now) for b in bookings]])
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "proxy.log").write_text("\n".join(f"now INFO headroom.perf: {text}" for text in lines) + "\n")
    return tmp_path


def run(*arguments: str, code: int = 0, **environment: str) -> str:
    done = CliRunner().invoke(program, arguments, env=environment, standalone_mode=False)
    assert done.exception is None, done.exception
    assert (done.return_value or 0) == code
    return done.output


def test_savings_of_today_the_week_and_all_time(workspace):
    shown = json.loads(run("savings", "--json"))
    assert {"schema_version", "path", "lifetime", "windows", "by_model", "by_client"} <= set(shown)
    assert shown["windows"]["last_7_days"]["calls"] == 2
    assert shown["windows"]["all_time"]["calls"] == shown["lifetime"]["calls"] == 3
    assert shown["lifetime"]["savings_percent"] == 60
    assert shown["by_client"][0]["client"] == "claude-code"
    assert json.loads(run("savings", "--json", "--days", "7"))["lifetime"]["calls"] == 2
    text = run("savings")
    assert "Today" in text
    assert "18,000" in text


def test_what_shadow_would_have_saved_is_shown_and_older_lines_are_read(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADROOM_WORKSPACE_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("HEADROOM_SAVINGS_EVENTS_PATH", raising=False)
    now = datetime.now(UTC)
    booking = Accounts(Settings(), Prices()).book(exchange(1, wall=now.timestamp(), notes={"shadow_bytes": 7}), now=0)
    ledger = tmp_path / "savings_events.jsonl"
    ledger.write_text(f'{{"v":1,"ts":"{now.isoformat()}","before":9,"after":4,"saved":5,"cost_usd":0.5,"model":"m"}}\n')
    append(ledger, [Entry.of(booking, wall=now.timestamp())])
    (tmp_path / "logs").mkdir()
    older = line(booking).replace(" tokens_would_save=6000", "")
    assert older != line(booking)
    (tmp_path / "logs" / "proxy.log").write_text(f"{older}\n{line(booking)}\n")

    shown = json.loads(run("savings", "--json"))
    assert (shown["lifetime"]["tokens_saved"], shown["lifetime"]["tokens_would_save"]) == (5, 6_000)
    assert shown["lifetime"]["would_save_usd"] == pytest.approx(booking.would_save_usd)
    assert [row["tokens_would_save"] for row in shown["by_model"]] == [0, 6_000]
    text = run("savings")
    assert text.count("6,000") == 5  # three spans, the model, the client
    assert text.count(f"${booking.would_save_usd:,.4f}") == 3

    added = json.loads(run("perf", "--format", "json"))
    assert (added["tokens_saved"], added["tokens_would_save"]) == (0, 6_000)
    assert added["models"][0]["tokens_would_save"] == added["transforms"][0]["tokens_would_save"] == 6_000
    assert "6,000 tokens (--shadow)" in run("perf")
    assert "tokens_would_save=6000" in run("perf", "--raw")
    (row,) = csv.DictReader(io.StringIO(run("perf", "--format", "csv")))
    assert row["requests"] == "2"


def test_where_nothing_was_in_shadow_no_word_of_it(workspace):
    text = run("savings") + run("perf")
    assert "would" not in text
    assert "--shadow" not in text


def test_savings_can_be_reset_and_are_then_empty(workspace):
    run("savings", "--reset")
    run("savings", "--reset")  # nothing there is no error
    assert json.loads(run("savings", "--json"))["lifetime"]["calls"] == 0
    assert "Nothing booked yet" in run("savings")


def test_perf_as_text_json_and_csv(workspace):
    shown = json.loads(run("perf", "--format", "json"))
    assert shown["requests"] == 2
    assert shown["tokens_saved"] == 12_000
    assert shown["transforms"] == [{"transform": "log", "requests": 2, "tokens_saved": 12_000, "tokens_would_save": 0}]
    (row,) = csv.DictReader(io.StringIO(run("perf", "--format", "csv")))
    assert row["savings_pct"] == "60.0"
    raw = list(csv.DictReader(io.StringIO(run("perf", "--raw", "--format", "csv"))))
    assert [r["tokens_saved"] for r in raw] == ["6000", "6000"]
    assert len(json.loads(run("perf", "--raw", "--format", "json"))) == 2
    assert "claude-sonnet-4-5" in run("perf")
    assert "tokens_saved=6000" in run("perf", "--raw")


@pytest.mark.parametrize("hours", ["1e12", "inf"], ids=["before all calendars", "endless"])
def test_a_span_longer_than_time_is_all_of_it(workspace, hours):
    shown = json.loads(run("perf", "--format", "json", "--hours", hours))
    assert shown["requests"] == 2
    assert shown["from"].endswith("Z")
    assert shown["to"].endswith("Z")
    assert json.loads(run("savings", "--json", "--days", "99999999999"))["lifetime"]["calls"] == 3


def test_hours_that_are_no_number_are_a_usage_error(workspace):
    done = CliRunner().invoke(program, ["perf", "--hours", "nan"])
    assert done.exit_code == 2
    assert "--hours" in done.output


def test_an_empty_workspace_is_no_error(tmp_path):
    assert "No requests" in run("perf", HEADROOM_WORKSPACE_DIR=str(tmp_path / "absent"))
    assert "Nothing booked" in run("savings", HEADROOM_WORKSPACE_DIR=str(tmp_path / "absent"))
    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize(
    ("environment", "state"),
    [
        ({}, "telemetry: off"),
        ({"HEADROOM_TELEMETRY": "on"}, "telemetry: on, but nothing is sent"),
        ({"HEADROOM_TELEMETRY": "on", "DO_NOT_TRACK": "1"}, "telemetry: off"),
        ({"HEADROOM_TELEMETRY": "perhaps"}, "telemetry: off"),
        (
            {"HEADROOM_TELEMETRY": "on", "HEADROOM_TELEMETRY_ENDPOINT": "https://t.example/x"},
            "telemetry: on, sent to https://t.example/x",
        ),
    ],
    ids=["default", "no endpoint", "do not track", "an unknown word", "with an endpoint"],
)
def test_telemetry_says_what_is_true(workspace, environment, state):
    text = run("telemetry", "--show", *NO_PROXY, **environment)
    assert text.startswith(state)
    report = json.loads(text[text.index("{") :])
    assert report["requests"] == 0
    assert report["tokens_saved"] == 0


@pytest.mark.parametrize("command", ["stats", "dashboard"])
def test_without_a_proxy_the_port_is_named(command):
    done = CliRunner().invoke(program, [command, *NO_PROXY])
    assert done.exit_code == 1
    assert "port 1" in done.output


def test_admin_upstream_shows_urls_without_what_may_be_secret():
    settings = Settings(anthropic_api_url="https://user:pass@gateway.example/base?token=x")
    answer = AdminUpstream(lambda: settings).handle(ControlRequest("GET", "/admin/upstream"))
    shown = json.loads(answer.body)
    assert shown["upstream"] == shown["upstreams"]["anthropic"] == "https://gateway.example/base"
    assert set(shown) == {"backend", "upstream", "upstreams", "region"}
