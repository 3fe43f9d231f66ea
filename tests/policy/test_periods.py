"""Budget periods across midnights, months and daylight saving."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.policy.periods import Period, window

ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana"),
    *("Africa/Cairo", "Asia/Beirut", "Pacific/Apia", "America/Sao_Paulo", "Pacific/Kiritimati"),
)


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("period", "zone", "now", "since", "resets"),
    [
        pytest.param("daily", "UTC", "2025-06-15T12:00Z", "2025-06-15T00:00Z", "2025-06-16T00:00Z", id="a plain day"),
        pytest.param("daily", "UTC", "2025-06-15T00:00Z", "2025-06-15T00:00Z", "2025-06-16T00:00Z", id="at midnight"),
        pytest.param(
            "daily", "Asia/Kathmandu", "2025-06-15T18:30Z", "2025-06-15T18:15Z", "2025-06-16T18:15Z", id="+05:45"
        ),
        pytest.param(
            "daily", "Europe/Berlin", "2025-03-30T12:00Z", "2025-03-29T23:00Z", "2025-03-30T22:00Z", id="23 hours"
        ),
        pytest.param(
            "daily", "Europe/Berlin", "2025-10-26T12:00Z", "2025-10-25T22:00Z", "2025-10-26T23:00Z", id="25 hours"
        ),
        pytest.param(
            "daily", "America/Havana", "2025-11-02T05:30Z", "2025-11-02T04:00Z", "2025-11-03T05:00Z", id="two midnights"
        ),
        pytest.param(
            "daily", "Africa/Cairo", "2025-04-25T10:00Z", "2025-04-24T22:00Z", "2025-04-25T21:00Z", id="no midnight"
        ),
        pytest.param(
            "daily", "Pacific/Apia", "2011-12-30T09:00Z", "2011-12-29T10:00Z", "2011-12-30T10:00Z", id="eve of no day"
        ),
        pytest.param("monthly", "UTC", "2025-02-10T00:00Z", "2025-02-01T00:00Z", "2025-03-01T00:00Z", id="a month"),
        pytest.param("monthly", "UTC", "2025-12-31T23:59Z", "2025-12-01T00:00Z", "2026-01-01T00:00Z", id="december"),
        pytest.param(
            "monthly", "America/New_York", "2025-03-20T00:00Z", "2025-03-01T05:00Z", "2025-04-01T04:00Z", id="with dst"
        ),
        pytest.param("hourly", "UTC", "2025-06-15T12:34Z", "2025-06-15T11:34Z", None, id="rolling hour"),
    ],
)
def test_windows(period, zone, now, since, resets):
    found = window(Period(period), at(now), ZoneInfo(zone))
    assert found.since == at(since)
    assert found.resets_at == (None if resets is None else at(resets))


@pytest.mark.parametrize("period", [Period.DAILY, Period.MONTHLY])
@settings(max_examples=150)
@given(now=st.integers(min_value=1_000_000_000, max_value=2_500_000_000), zone=st.sampled_from(ZONES))
def test_every_moment_lies_in_its_window(period, now, zone):
    tz = ZoneInfo(zone)
    found = window(period, now, tz)
    assert found.since <= now < found.resets_at
    # All moments of a window agree on it, and the next window begins where it ends.
    for other in (found.since, found.resets_at - 1):
        assert window(period, other, tz) == found
    assert window(period, found.resets_at, tz).since == found.resets_at


def test_no_zone_means_this_machines(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        found = window(Period.DAILY, at("2025-06-15T18:30Z"))
        assert datetime.fromtimestamp(found.since, UTC) == datetime.fromisoformat("2025-06-15T18:15Z")
    finally:
        monkeypatch.undo()
        time.tzset()
