"""Whatever happened to a day's calls, the log, /stats, /metrics and the history tell the same sums."""

import json
import math
import tempfile
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from headroom.accounts import report, savings_view
from headroom.accounts.accounts import Accounts
from headroom.accounts.events import read as read_events
from headroom.accounts.journal import Journal
from headroom.accounts.pricing import Prices
from headroom.accounts.savings_file import Keeper
from headroom.settings import Settings
from headroom.store.memory import MemoryStore
from tests.accounts.exchanges import WALL, exchange, mixes

PRICES = Prices()


class Clock:
    """Set by the test to the time of each call."""

    def __init__(self) -> None:
        self.now = WALL

    def __call__(self) -> float:
        return self.now


def books(folder: Path, clock: Clock, store=None) -> Accounts:
    made = Accounts(
        Settings(),
        PRICES,
        journal=Journal(folder / "log.jsonl"),
        keeper=Keeper(folder / "proxy_savings.json", events=folder / "events.jsonl", wall=clock),
        wall=clock,
    )
    if store is not None:
        made.share(store, since=0.0)
    return made


def scraped(accounts: Accounts) -> dict[str, float]:
    """Sums over all labels, by sample name."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(accounts.metrics.exposition().decode()):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return sums


def near(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def percents(value, path=""):
    """Every figure that calls itself a percentage."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from percents(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from percents(inner, path)
    elif isinstance(value, int | float) and (path.endswith(("percent", "_pct", "hit_rate"))):
        yield path, value


def check_same_sums(accounts: Accounts, rows: list[dict], history) -> None:
    accounts.refresh()
    shown = report.payload(accounts.stats)
    cost = report.cost(accounts.stats)
    tokens, requests = shown["tokens"], shown["requests"]
    metrics = scraped(accounts)

    def total(name: str) -> float:
        return sum(row[name] for row in rows)

    # the log = /stats
    assert requests["total"] == len(rows)
    assert tokens["input"] == total("tokens_after")
    assert tokens["saved"] == total("tokens_saved")
    assert tokens["net_saved"] == total("net_tokens_saved")
    assert tokens["output"] == total("output_tokens")
    assert tokens["total_before_compression"] == total("tokens_before")
    assert near(cost["total_cost_usd"], total("cost_usd"))
    assert near(cost["compression_savings_usd"], total("saved_usd"))
    for outcome in ("ok", "cached", "rate_limited", "failed", "aborted", "refused"):
        assert requests[outcome] == sum(row["outcome"] == outcome for row in rows)
    # within /stats
    assert tokens["saved"] == tokens["proxy_compression_saved"] + tokens["cli_filtering_saved"]
    assert tokens["total_before_compression"] == tokens["input"] + tokens["saved"]
    net = shown["savings"]["net"]
    assert net["tokens"] == tokens["saved"] - net["retrieved_tokens"] - net["cache_lost_tokens"]
    assert near(net["usd"], net["gross_usd"] - net["retrieval_usd"] - net["cache_lost_usd"])
    assert sum(requests["by_model"].values()) == sum(requests["by_provider"].values()) == requests["total"]
    assert sum(m["tokens_saved"] for m in cost["per_model"].values()) == tokens["saved"]
    assert near(sum(m["cost_usd"] for m in cost["per_model"].values()), cost["total_cost_usd"])
    assert near(cost["basis"]["measured_usd"] + cost["basis"]["estimated_usd"], cost["total_cost_usd"])
    # /metrics = /stats
    assert metrics.get("headroom_requests_total", 0) == requests["total"]
    added = metrics.get("headroom_tokens_added_total", 0)
    assert metrics.get("headroom_tokens_saved_total", 0) - added == tokens["saved"]
    assert metrics.get("headroom_tokens_input_total", 0) == tokens["input"]
    assert metrics.get("headroom_tokens_output_total", 0) == tokens["output"]
    assert near(metrics.get("headroom_cost_usd_total", 0), cost["total_cost_usd"])
    added_usd = metrics.get("headroom_compression_added_usd_total", 0)
    assert near(metrics.get("headroom_compression_savings_usd_total", 0) - added_usd, cost["compression_savings_usd"])
    assert metrics.get("headroom_latency_ms_count", 0) == requests["total"]
    assert metrics["headroom_cache_hits_total"] == requests["cached"]
    cache = shown["prefix_cache"]["totals"]
    assert metrics.get("headroom_cache_read_tokens_total", 0) == cache["cache_read_tokens"]
    assert metrics.get("headroom_cache_write_tokens_total", 0) == cache["cache_write_tokens"]
    # the history = /stats
    assert history["requests"] == requests["total"]
    assert history["tokens_saved"] == tokens["saved"]
    assert history["net_tokens_saved"] == tokens["net_saved"]
    assert history["total_input_tokens"] == tokens["input"]
    assert near(history["total_cost_usd"], cost["total_cost_usd"])
    everything = {"stats": shown, "summary": report.summary(accounts.stats, mode="token"), "history": history}
    for path, value in percents(everything):
        assert 0 <= value <= 100, path


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mixes())
def test_log_stats_metrics_and_history_tell_the_same_sums(mix):
    with tempfile.TemporaryDirectory() as name:
        folder, clock = Path(name), Clock()
        accounts = books(folder, clock)
        for one in mix:
            clock.now = one.wall
            accounts.started(one)
            accounts.finished(one)
            accounts.finished(one)  # both ends of a call may break: it is booked once
        accounts.close()
        rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
        state = Keeper(folder / "proxy_savings.json", wall=clock)
        history = state.view(lambda s: savings_view.totals(s.lifetime))
        check_same_sums(accounts, rows, history)
        for series in savings_view.SERIES:
            if series == "hourly":
                continue  # hours are kept for a month only
            shown = state.view(lambda s, series=series: savings_view.rows(s, series))
            assert sum(row["tokens_saved"] for row in shown) == history["tokens_saved"]
            assert sum(row["requests"] for row in shown) == history["requests"]
            if shown:
                assert shown[-1]["total_tokens_saved"] == history["tokens_saved"]
        points = state.view(lambda s: list(s.history))
        assert not points or points[-1].saved == history["tokens_saved"]
        events = list(read_events(folder / "events.jsonl")) if mix else []
        assert sum(event.saved for event in events) == history["tokens_saved"]
        assert len(events) == history["requests"]

        assert accounts.inflight() == (0, 0)
        state.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mixes(), st.integers(1, 3))
def test_workers_that_share_a_store_all_show_the_sums_of_all(mix, number):
    with tempfile.TemporaryDirectory() as name:
        folder, clock, store = Path(name), Clock(), MemoryStore(now=lambda: WALL)
        workers = [books(folder, clock, store) for _ in range(number)]
        for one, worker in zip(mix, cycle(workers), strict=False):
            clock.now = one.wall
            worker.finished(one)
        for worker in workers:
            worker.refresh()
            assert worker.stats.all.requests == len(mix)
        for worker in workers:
            worker.close()
        rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
        state = Keeper(folder / "proxy_savings.json", wall=clock)
        history = state.view(lambda s: savings_view.totals(s.lifetime))
        for worker in workers:
            check_same_sums(worker, rows, history)
        state.close()


def test_a_reset_of_one_worker_is_a_reset_of_all():
    store, clock = MemoryStore(now=lambda: WALL), Clock()
    first, second = (Accounts(Settings(), PRICES, wall=clock) for _ in range(2))
    first.share(store, since=0.0)
    second.share(store, since=0.0)
    first.finished(exchange(1))
    second.finished(exchange(2))
    first.reset()
    second.finished(exchange(3))
    for worker in (first, second):
        worker.refresh()
        assert worker.stats.all.requests == 1
        worker.close()
    assert first.keeper.view(lambda s: s.lifetime.requests) == 1  # lifetime is not reset
    # counters of Prometheus never fall
    assert scraped(first)["headroom_requests_total"] == 3


def test_a_worker_that_starts_later_knows_what_this_run_booked_and_nothing_older():
    store, clock = MemoryStore(now=lambda: WALL), Clock()
    old = Accounts(Settings(), PRICES, wall=clock)
    old.share(store, since=0.0)
    old.finished(exchange(1))
    clock.now = WALL + 100
    first = Accounts(Settings(), PRICES, wall=clock)
    first.share(store, since=WALL + 50)
    first.finished(exchange(2))
    late = Accounts(Settings(), PRICES, wall=clock)
    late.share(store, since=WALL + 50)
    late.refresh()
    assert late.stats.all.requests == 1
    for worker in (old, first, late):
        worker.close()


def test_open_calls_of_all_workers_are_counted():
    store, clock = MemoryStore(now=lambda: WALL), Clock()
    first, second = (Accounts(Settings(), PRICES, wall=clock) for _ in range(2))
    first.share(store, since=0.0)
    second.share(store, since=0.0)
    first.started(exchange(1))
    assert first.shared is not None
    first.shared.live(1, 2, now=clock.now)
    second.refresh()
    assert second.inflight() == (1, 2)
    clock.now += 60  # the other one has died
    assert second.inflight() == (0, 0)
    for worker in (first, second):
        worker.close()


@pytest.mark.parametrize("amount", [0, 1, 100])
def test_nothing_at_all_is_zero_and_not_an_error(amount):
    accounts = Accounts(Settings(), PRICES)
    for number in range(amount):
        accounts.finished(exchange(number, tokens_before=0, tokens_after=0, usage=None, verdicts=[], body_in=b""))
    shown = report.payload(accounts.stats) | report.summary(accounts.stats, mode="token")
    assert all(0 <= value <= 100 for _, value in percents(shown))
    json.dumps(shown)
