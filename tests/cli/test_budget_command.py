"""``headroom budget`` over a store that no proxy has open, and over one that a proxy shares."""

import time

import pytest
from click.testing import CliRunner

from headroom.cli.budget import budget, set_spent
from headroom.policy.budget import Budget
from headroom.policy.periods import Period
from headroom.store.memory import MemoryStore
from headroom.store.sqlite import SqliteStore


@pytest.fixture
def books(tmp_path):
    store = SqliteStore(tmp_path / "headroom.db", now=time.time)
    yield store
    store.close()


@pytest.fixture
def run(tmp_path):
    def call(*arguments, typed=None, **env):
        environ = {"HEADROOM_WORKSPACE_DIR": str(tmp_path), "HEADROOM_BUDGET": "5"} | env
        return CliRunner().invoke(budget, list(arguments), env=environ, input=typed)

    return call


def test_shows_the_period(run, books):
    books.settle("a", 1.25, now=time.time())
    shown = run().output
    for words in ("daily", "$5.00", "$1.25", "$3.75", "resets"):
        assert words in shown
    assert "hourly" in run("--budget-period", "hourly").output
    assert "none" in run(HEADROOM_BUDGET="").output


@pytest.mark.parametrize("period", ["hourly", "daily", "monthly"])
@pytest.mark.parametrize(
    ("arguments", "after"), [(["--reset"], 0.0), (["--set-spent", "0.5"], 0.5), (["--set-spent", "3"], 3.0)]
)
def test_corrects_with_confirmation(run, books, period, arguments, after):
    books.settle("a", 1.25, now=time.time())
    cap = Budget(books, limit_usd=5.0, period=Period(period))
    asked = run(*arguments, "--budget-period", period, typed="n\n")
    assert "nothing was changed" in asked.output
    assert cap.status(now=time.time()).spent_usd == 1.25
    assert run(*arguments, "--budget-period", period, typed="y\n").exit_code == 0
    assert cap.status(now=time.time()).spent_usd == pytest.approx(after)
    assert run(*arguments, "--budget-period", period, "--yes").exit_code == 0
    assert cap.status(now=time.time()).spent_usd == pytest.approx(after)


def test_a_reset_of_the_rolling_hour_gives_no_money_twice():
    start = 1_750_000_000.0
    store = MemoryStore(now=lambda: start)
    for minute in range(50):
        store.settle(f"h{minute}", 0.1, now=start + 60 * minute)
    now = start + 60 * 50
    set_spent(store, Period.HOURLY, 0.0, now=now)
    cap = Budget(store, limit_usd=1.0, period=Period.HOURLY)
    for later in range(0, 90, 5):
        assert cap.status(now=now + 60 * later).spent_usd == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("arguments", "env", "words"),
    [
        (["--store", "memory"], {}, "memory only"),
        ([], {"HEADROOM_STATELESS": "1"}, "memory only"),
        (["--store", "redis://127.0.0.1:1/0"], {}, "127.0.0.1:1"),
        (["--store", "nosuch"], {}, "--store nosuch"),
        (["--set-spent", "-1"], {}, "--set-spent"),
        (["--reset", "--set-spent", "1"], {}, "--reset"),
        (["--budget-period", "weekly"], {}, "--budget-period"),
    ],
    ids=[
        "memory",
        "stateless",
        "a server that is down",
        "an unknown store",
        "less than nothing",
        "two wishes",
        "a week",
    ],
)
def test_what_cannot_be_done_is_told(run, arguments, env, words):
    done = run(*arguments, **env)
    assert done.exit_code in {1, 2}
    assert words in done.output
    assert "Traceback" not in done.output
