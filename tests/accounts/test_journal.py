"""The request log on disk, the PERF lines, and what is taken out of both."""

import json
import logging
import os
from datetime import UTC, datetime

import pytest

from headroom.accounts import perf
from headroom.accounts.accounts import Accounts
from headroom.accounts.contents import Content
from headroom.accounts.journal import Journal
from headroom.accounts.pricing import Prices
from headroom.accounts.redact import Redacting, credentials, redact
from headroom.exchange import Outcome
from headroom.settings import Settings
from tests.accounts.exchanges import exchange

FIELDS = (
    "timestamp request_id schema provider endpoint method model stream backend mode status outcome tokens_before "
    "tokens_after tokens_saved savings_percent input_tokens output_tokens cache_read_tokens cache_write_tokens "
    "cache_write_5m_tokens cache_write_1h_tokens latency_ms overhead_ms ttfb_ms cost_usd cost_basis saved_usd "
    "transforms_applied ccr_hashes passthrough_reason semantic_cache_hit retries client project user_id turn_id tags "
    "waste_signals error"
)


def booked(**fields):
    return Accounts(Settings(), Prices()).book(exchange(1, **fields), now=0)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_has_every_field_and_no_query(tmp_path):
    journal = Journal(tmp_path / "deep" / "er" / "log.jsonl")
    journal.write(booked(path="/v1/messages?key=canary-0123456789"))
    journal.flush()
    (row,) = lines(journal.path)
    assert set(FIELDS.split()) <= set(row)
    assert row["endpoint"] == "/v1/messages"
    assert row["timestamp"].endswith("Z")
    assert row["latency_ms"] == 1_000
    assert row["savings_percent"] == 60
    assert journal.path.stat().st_mode & 0o777 == 0o600
    journal.close()


@pytest.mark.parametrize("way", ["moved", "removed", "hang-up"])
def test_rotation_from_outside_loses_no_line(tmp_path, way):
    journal = Journal(tmp_path / "log.jsonl")
    journal.write(booked())
    journal.flush()
    old = tmp_path / "log.jsonl.1"
    if way == "removed":
        journal.path.unlink()
    else:
        journal.path.rename(old)
    if way == "hang-up":
        journal.reopen()
        assert journal.path.exists()
    journal.write(booked())
    journal.flush()
    assert len(lines(journal.path)) == 1
    assert way == "removed" or len(lines(old)) == 1
    journal.close()


def test_two_writers_of_one_file_tear_no_line(tmp_path):
    one, two = Journal(tmp_path / "log.jsonl"), Journal(tmp_path / "log.jsonl")
    long = Content(json.dumps({"text": "x y " * 20_000}).encode(), b"{}", "answer")
    for _ in range(20):
        one.write(booked(), long)
        two.write(booked(), long)
    one.close()
    two.close()
    assert len(lines(one.path)) == 40


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_log_that_can_not_be_written_costs_one_warning(tmp_path, caplog):
    tmp_path.chmod(0o500)
    journal = Journal(tmp_path / "log.jsonl")
    journal.write(booked())
    journal.write(booked())
    journal.flush()
    tmp_path.chmod(0o700)
    assert caplog.text.count("can't be written") == 1
    journal.write(booked())  # and it goes on once that is mended
    journal.close()
    assert len(lines(journal.path)) == 1


def test_too_much_content_goes_out_without_it(tmp_path, monkeypatch):
    monkeypatch.setattr("headroom.accounts.journal.MAX_WAITING_BYTES", 10)
    journal = Journal(tmp_path / "log.jsonl")
    journal.write(booked(), Content(b'{"large": "body"}', b"{}", None))
    journal.close()
    assert "request_messages" not in lines(journal.path)[0]
    journal.write(booked())  # closed: nothing happens
    assert len(lines(journal.path)) == 1


# -- PERF ------------------------------------------------------------------------------------------------------------------------
def test_a_perf_line_is_read_back_as_it_was_written():
    booking = booked(model="a model = odd", client="my client", transforms=["log", "json:table+x"])
    record = perf.parse(f"2026-11-21 12:00:00,123 INFO headroom.perf: {perf.line(booking)}")
    assert record.values["tokens_saved"] == booking.tokens_saved
    assert record.values["model"] == "a_model_odd"
    assert record.values["client"] == "my_client"
    assert record.values["transforms"] == ["log", "json:table_x"]
    assert record.values["ttfb_ms"] == booking.ttfb_ms
    assert record.when.tzinfo is not None


@pytest.mark.parametrize(
    "text",
    ["", "hello", "INFO x: PERF", "PERF timestamp=now", "PERF timestamp=2026-11-21T00:00:00Z request_id=a"],
    ids=["empty", "another line", "no pairs", "no time", "torn"],
)
def test_other_lines_are_no_records(text):
    assert perf.parse(text) is None


def test_records_of_rotated_logs_and_of_a_span(tmp_path):
    booking = booked()
    for name in ("proxy.log", "proxy.log.1", "proxy-stdio.log"):
        (tmp_path / name).write_text(f"x {perf.line(booking)}\nnoise\n" if "stdio" not in name else "noise\n")
    now = datetime.fromisoformat(booking.timestamp)
    assert len(list(perf.records(tmp_path, now=now, hours=1))) == 2
    later = datetime.fromtimestamp(now.timestamp() + 7_200, UTC)
    assert list(perf.records(tmp_path, now=later, hours=1)) == []
    assert len(list(perf.records(tmp_path, now=later, hours=0))) == 2
    shown = perf.Summary.of(perf.records(tmp_path, now=now, hours=1)).shown(Prices())
    assert shown["tokens_saved"] == 2 * booking.tokens_saved
    assert shown["models"][0]["list_price_per_mtok"] == 3
    assert shown["savings_pct"] == 60
    assert list(perf.records(tmp_path / "absent", now=now, hours=1)) == []


def test_a_failed_call_has_a_perf_line_too(caplog):
    with caplog.at_level(logging.INFO, "headroom.perf"):
        booked(outcome=Outcome.FAILED, status=502, usage=None, first_byte=None)
    record = perf.parse(caplog.records[-1].message)
    assert record.values["ttfb_ms"] is None


# -- credentials --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdefgh12345678",
        "GET /v1/models?key=abcdefgh12345678",
        "key sk-ant-REDACTED was refused",
        "AIzaSyA0123456789012345678901234567890",
        "AKIAABCDEFGHIJKLMNOP",
        "ghp_abcdefghijklmnopqrstuvwx",
    ],
    ids=["bearer", "query", "key of a provider", "key of google", "access key id", "token of a forge"],
)
def test_what_has_the_form_of_a_credential_goes(text):
    clean, count = redact(text.replace("REDACTED", "api03-abcdefghijklmnop"))
    assert count == 1
    assert "abcdefgh12345678" not in clean
    assert "[redacted]" in clean


@pytest.mark.parametrize(
    "text",
    ["ask-me-anything-about-this-task", "task sk-1", "the key=value pair", "Basic usage", "desk-and-chair-lamp-set"],
)
def test_ordinary_words_stay(text):
    assert redact(text) == (text, 0)


def test_the_callers_own_credentials_are_known_by_value():
    found = credentials({"authorization": "Bearer odd-form-1", "x-api-key": "short"}, "/x?key=query-key-1&q=word")
    assert set(found) == {"Bearer odd-form-1", "odd-form-1", "query-key-1"}
    assert redact("a odd-form-1 b", found) == ("a [redacted] b", 1)


def test_log_records_are_cleaned_and_counted():
    counts = []
    flt = Redacting(counts.append)
    record = logging.LogRecord("x", logging.INFO, "f", 1, "refused: %s", ("Bearer abcdefgh12345678",), None)
    assert flt.filter(record)
    assert record.getMessage() == "refused: Bearer [redacted]"
    assert counts == [1]
    odd = logging.LogRecord("x", logging.INFO, "f", 1, "%d", ("no number",), None)
    assert flt.filter(odd)
