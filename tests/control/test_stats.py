"""/stats, /metrics and /stats/reset."""

import json
import logging

import pytest
from prometheus_client.parser import text_string_to_metric_families

from headroom.accounts.accounts import Accounts
from headroom.accounts.metrics import CONTENT_TYPE
from headroom.accounts.pricing import Prices, Rates
from headroom.control.stats import Figures
from headroom.errors import StoreError
from headroom.exchange import Outcome, Usage, Verdict
from headroom.policy.budget import BudgetStatus
from headroom.policy.periods import Period
from headroom.settings import Settings
from tests.accounts.exchanges import WALL, exchange
from tests.control.books import House

TOP = {
    *("generated_at", "cached", "version", "uptime_seconds", "requests", "tokens", "savings", "summary"),
    *("display_session", "persistent_savings", "savings_history", "prefix_cache", "cost", "latency", "overhead"),
    *("ttfb", "pipeline_timing", "compressions_by_strategy", "tokens_saved_by_strategy", "waste_signals", "kompress"),
    *("log_full_messages",),
}
PRIVATE = {"recent_requests", "request_logs", "config"}


async def test_every_block_is_there_and_an_empty_house_is_all_zeros():
    shown = await House().get("/stats")
    assert set(shown) >= TOP | PRIVATE
    assert shown["summary"]["headline"] == "no requests yet"
    assert shown["tokens"]["savings_percent"] == 0
    assert shown["display_session"]["requests"] == 0
    assert shown["generated_at"].endswith("Z")


async def test_strangers_see_no_paths_settings_or_requests(tmp_path):
    house = House()
    house.book(exchange(1))
    shown = await house.get("/stats", local=False)
    assert not PRIVATE & set(shown)
    assert "storage_path" not in json.dumps(shown)
    assert "storage_path" in (await house.get("/stats"))["persistent_savings"]


async def test_cached_is_at_most_five_seconds_old_and_says_so():
    house = House()
    first = await house.get("/stats", cached="true")
    assert first["cached"] is True
    house.book(exchange(1))
    house.tick = 4.9
    assert (await house.get("/stats", cached="1"))["requests"]["total"] == 0
    house.tick = 5.1
    assert (await house.get("/stats", cached="1"))["requests"]["total"] == 1
    assert (await house.get("/stats"))["cached"] is False


async def test_net_is_what_was_saved_less_what_came_back_and_less_what_was_lost():
    house = House()
    notes = {"retrieved_tokens": 1_500, "restored_bytes": 2_000, "tool_tokens": 300}
    house.book(exchange(1, notes=notes, rounds=1))
    shown = await house.get("/stats")
    net = shown["savings"]["net"]
    assert shown["tokens"]["saved"] == 6_000
    assert net["gross_tokens"] == 6_300  # before our tool's definition was added
    assert net["retrieved_tokens"] == 2_000
    assert net["tokens"] == shown["tokens"]["net_saved"] == 4_000
    assert net["usd"] < net["gross_usd"]
    assert shown["cost"]["savings_usd"] == pytest.approx(net["usd"])
    assert "4,000 tokens saved net (40 %" in shown["summary"]["headline"]


async def test_a_cache_we_broke_is_held_against_the_savings_and_one_that_ran_out_is_not():
    house = House()
    trails = {"a": ("t1",), "b": ("t2", "t1"), "c": ("t3", "t2", "t1")}
    house.accounts._trail = lambda e: trails[e.tags["turn"]]
    house.book(exchange(1, tags={"turn": "a"}, usage=Usage(input=10, cache_write_5m=50_000, output=1)))
    lost = Usage(input=10, cache_write_5m=60_000, output=1)
    house.book(exchange(2, tags={"turn": "b"}, usage=lost, notes={"rewrote": True}))
    house.book(exchange(3, tags={"turn": "c"}, wall=WALL + 900, usage=Usage(input=10, cache_write_5m=70_000, output=1)))
    cache = (await house.get("/stats"))["prefix_cache"]
    assert cache["miss_attribution"] == {"ttl_expiry": 1, "prefix_change": 1, "unknown": 0, "by_cause": {}}
    assert cache["compression_vs_cache"]["tokens_lost_to_cache_bust"] == 50_000
    assert cache["compression_vs_cache"]["cache_bust_count"] == 1
    tokens = (await house.get("/stats"))["tokens"]
    assert tokens["net_saved"] == 3 * 6_000 - 50_000
    assert tokens["net_savings_percent"] == 0  # a loss is a loss, not a negative percentage


@pytest.mark.parametrize(
    ("cause", "attributed", "lost"),
    [
        ("client_system", "prefix_change", 0),
        ("client_tools", "prefix_change", 0),
        ("our_tools", "prefix_change", 50_000),
        ("unknown", "unknown", 0),
    ],
)
async def test_a_miss_counts_by_who_made_it_until_the_figures_are_reset(cause, attributed, lost):
    house = House()
    trails = {"a": ("t1",), "b": ("t2", "t1")}
    house.accounts._trail = lambda e: trails[e.tags["turn"]]
    house.book(exchange(1, tags={"turn": "a"}, usage=Usage(input=10, cache_write_5m=50_000, output=1)))
    found = {"cause": cause, "tokens": 49_000, "sentence": "49,000 tokens were processed again: …"}
    usage = Usage(input=10, cache_write_5m=60_000, output=1)
    house.book(exchange(2, tags={"turn": "b"}, usage=usage, notes={"cache_diagnosis": found}))
    cache = (await house.get("/stats"))["prefix_cache"]
    told = cache["miss_attribution"]
    assert told.pop("by_cause") == {cause: {"misses": 1, "tokens": 49_000}}
    assert told == {"ttl_expiry": 0, "prefix_change": 0, "unknown": 0} | {attributed: 1}
    assert cache["compression_vs_cache"]["tokens_lost_to_cache_bust"] == lost
    assert cache["totals"]["bust_count"] == bool(lost)
    house.accounts.reset()
    assert (await house.get("/stats"))["prefix_cache"]["miss_attribution"]["by_cause"] == {}


async def test_the_providers_cache_and_ours_are_two_things():
    house = House()
    usage = Usage(input=100, cache_read=2_000, cache_write_5m=400, cache_write_1h=200, output=24)
    house.book(exchange(1, usage=usage))
    house.book(exchange(2, outcome=Outcome.CACHED, cache_hit=True, usage=None))
    shown = await house.get("/stats")
    assert shown["requests"]["cached"] == 1
    cache = shown["prefix_cache"]
    assert cache["observed_ttl_buckets"] == {
        "5m": {"tokens": 400, "requests": 1},
        "1h": {"tokens": 200, "requests": 1},
    }
    assert cache["observed_ttl_mix"] == {"5m_pct": 66.7, "1h_pct": 33.3, "active_buckets": ["5m", "1h"]}
    row = cache["by_provider"]["anthropic"]
    assert row["hit_rate"] == pytest.approx(100 * 2_000 / 2_700, abs=0.01)
    assert row["request_hit_rate"] == 100
    assert row["net_savings_usd"] == pytest.approx(row["savings_usd"] - row["write_premium_usd"])


async def test_no_cache_writes_no_mix():
    house = House()
    house.book(exchange(1))
    assert "observed_ttl_mix" not in (await house.get("/stats"))["prefix_cache"]


@pytest.mark.parametrize(
    ("fields", "basis", "cost_basis"),
    [
        ({}, "measured", "measured"),
        ({"usage": None}, "estimated", "estimated"),
        ({"usage": Usage()}, "estimated", "estimated"),
        ({"usage": Usage(input=-5, cache_read=100, output=3)}, "estimated", "estimated"),
        ({"usage": Usage(cache_read=5_000, output=3)}, "measured", "measured"),
        ({"truncated": True, "notes": {"output_bytes": 32_000}, "stream": True}, "estimated", "estimated"),
        ({"outcome": Outcome.ABORTED}, "estimated", "estimated"),
        ({"model": "a-model-nobody-knows"}, "measured", "estimated"),
        ({"outcome": Outcome.RATE_LIMITED, "status": 429, "usage": None}, "none", "measured"),
    ],
    ids=[
        "reported",
        "not reported",
        "all zeros",
        "negative",
        "cached only",
        "cut short",
        "client left",
        "no known price",
        "never sent",
    ],
)
def test_every_dollar_says_how_sure_it_is(fields, basis, cost_basis):
    booking = House().accounts.book(exchange(1, **fields), now=0)
    assert booking.usage_basis == basis
    assert booking.cost_basis == cost_basis
    if basis == "none":
        assert booking.cost_usd == 0
    else:
        assert booking.cost_usd > 0  # nothing that was sent is free
    if fields.get("truncated"):
        assert booking.output_tokens >= 2_000  # what was seen, not the opening figure


def test_cached_input_alone_costs_its_read_price():
    prices = Prices({"m": Rates(3, 15, 0.3, 3.75, 6, "override")})
    booking = Accounts(Settings(), prices).book(
        exchange(1, model="m", usage=Usage(cache_read=1_000_000, output=0)), now=0
    )
    assert booking.cost_usd == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("fields", "saved"),
    [
        ({}, 6_000),
        ({"rescued": True}, 0),
        ({"outcome": Outcome.FAILED, "status": 500}, 0),
        ({"outcome": Outcome.CACHED, "cache_hit": True}, 0),
        ({"outcome": Outcome.ABORTED}, 6_000),
        ({"outcome": Outcome.ABORTED, "status": 0}, 0),
        ({"notes": {"shadow_bytes": 9}}, 0),
    ],
    ids=["sent", "rescued with the original", "failed", "from our cache", "left later", "left before", "shadow"],
)
def test_only_what_a_provider_took_shorter_is_saved(fields, saved):
    booking = House().accounts.book(exchange(1, **fields), now=0)
    assert booking.tokens_saved == saved
    assert booking.tokens_before - booking.tokens_after == saved
    if "notes" in fields:
        assert booking.would_save_tokens == 6_000


@pytest.mark.parametrize(
    ("fields", "sent"),
    [({}, 4_000), ({"rescued": True}, 10_000), ({"notes": {"shadow_bytes": 9}}, 10_000)],
    ids=["rewritten", "rescued with the original", "shadow"],
)
def test_without_the_providers_word_what_was_sent_is_what_is_paid(fields, sent):
    booking = House().accounts.book(exchange(1, usage=None, **fields), now=0)
    assert (booking.input_tokens, booking.usage_basis) == (sent, "estimated")


async def test_a_rewrite_that_was_taken_back_counts_for_no_strategy():
    house = House()
    house.book(exchange(1, rescued=True))
    shown = await house.get("/stats")
    assert shown["tokens"]["saved"] == 0
    assert shown["tokens_saved_by_strategy"] == shown["tokens_saved_by_kind"] == shown["waste_signals"] == {}
    assert shown["compressions_by_strategy"] == {}
    house.book(exchange(2))
    assert (await house.get("/stats"))["tokens_saved_by_strategy"] == {"log": 6_000}


async def test_the_budget_is_shown_and_a_store_that_is_away_is_no_error():
    house = House(Settings(budget=5.0))
    status = BudgetStatus(5.0, Period.DAILY, 0.03, 0.01, WALL + 60)
    house.figures.budget = lambda: status
    cost = (await house.get("/stats"))["cost"]
    assert cost["budget_limit_usd"] == 5
    assert cost["budget_remaining_usd"] == pytest.approx(4.97)
    assert cost["budget_resets_at"].endswith("Z")

    def away() -> BudgetStatus:
        raise StoreError("gone")

    house.figures.budget = away
    assert (await house.get("/stats"))["cost"]["budget_spent_usd"] is None
    assert (await house.reply("/metrics")).status == 200


async def test_a_room_that_can_not_tell_does_not_take_the_page_with_it():
    house = House()
    house.figures.blocks["cache"] = lambda: 1 / 0
    shown = await house.get("/stats")
    assert shown["cache"] is None
    assert shown["requests"]["total"] == 0


async def test_reset_zeroes_the_session_and_nothing_else(caplog):
    house = House()
    house.book(exchange(1))
    with caplog.at_level(logging.INFO, "headroom.audit"):
        answer = await house.reply("/stats/reset", method="POST")
    assert json.loads(answer.body) == {"status": "reset"}
    event = json.loads(caplog.records[-1].message)
    assert (event["event"], event["action"], event["status_code"]) == ("headroom_admin_audit", "/stats/reset", 200)
    shown = await house.get("/stats", cached="1")
    assert shown["requests"]["total"] == 0
    assert shown["savings_history"] == []
    assert shown["persistent_savings"]["lifetime"]["requests"] == 1
    assert shown["display_session"]["requests"] == 1


async def test_a_compress_call_is_no_request():
    house = House()
    house.accounts.compress_call()
    requests = (await house.get("/stats"))["requests"]
    assert requests["compress_calls"] == 1
    assert requests["total"] == 0


async def test_labels_are_bounded():
    house = House()
    for number in range(250):
        house.book(exchange(number, model=f"m{number}", client=f"c{number}", project=f"p{number}", stack=f"s{number}"))
    shown = await house.get("/stats")
    assert len(shown["requests"]["by_model"]) <= 201
    assert sum(shown["requests"]["by_model"].values()) == 250
    assert len(shown["savings"]["per_project"]) <= 50
    assert len(shown["persistent_savings"]["projects"]) <= 50
    assert len(shown["requests"]["by_stack"]) <= 33
    text = (await house.reply("/metrics")).body.decode()
    labels = {s.labels.get("model") for f in text_string_to_metric_families(text) for s in f.samples} - {None}
    clients = {s.labels.get("client") for f in text_string_to_metric_families(text) for s in f.samples} - {None}
    assert len(labels) <= 101
    assert "other" in labels
    assert len(clients) <= 33


async def test_the_exposition_is_what_prometheus_reads():
    house = House(Settings(budget=5.0))
    house.figures.budget = lambda: BudgetStatus(5.0, Period.DAILY, 0.03, 0.0, None)
    house.book(exchange(1, retries=2, notes={"retried": ("503", "503")}))
    house.book(exchange(2, outcome=Outcome.RATE_LIMITED, status=429, usage=None, notes={"rate_kind": "tpm"}))
    house.accounts.started(exchange(3))
    answer = await house.reply("/metrics")
    assert dict(answer.headers)["Content-Type"] == CONTENT_TYPE
    found = {}
    for family in text_string_to_metric_families(answer.body.decode()):
        for sample in family.samples:
            found[sample.name, *sorted(sample.labels.items())] = sample.value
    said = {name for name, *_ in found}
    assert found["headroom_rate_limited_total", ("kind", "tpm"), ("source", "headroom")] == 1
    assert found["headroom_upstream_retries_total", ("provider", "anthropic"), ("reason", "503")] == 2
    assert found["headroom_budget_spent_usd", ("period", "daily")] == pytest.approx(0.03)
    assert found[("headroom_inflight_requests",)] == 1
    assert found[("headroom_persistent_savings_tokens_saved_total",)] == 6_000
    assert {"headroom_requests_total", "headroom_tokens_saved_total", "headroom_cost_usd_total"} <= said
    assert {"headroom_latency_ms_sum", "headroom_latency_ms_bucket", "headroom_compression_ratio_bucket"} <= said
    assert "headroom_build_info" in said
    assert not any("/v1/messages" in str(key) for key in found)


async def test_reasons_for_leaving_blocks_alone_are_counted():
    house = House()
    verdicts = [Verdict("raw", "too_small", 0), Verdict("raw", "too_small", 0), Verdict("raw", "old", 0, fresh=False)]
    house.book(exchange(1, tokens_after=10_000, verdicts=verdicts, passthrough_reason="too_small", transforms=[]))
    shown = await house.get("/stats")
    assert shown["blocks_left_alone"] == {"too_small": 2}
    assert shown["summary"]["uncompressed_requests"] == {"too_small": 1}


def test_figures_can_be_made_twice_over_the_same_books():
    house = House()
    assert Figures(house.accounts, house.wall, lambda: 0.0).payload()["requests"]["total"] == 0
