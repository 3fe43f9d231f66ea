"""Marks for long repeated values: exact back, whole cells, and only where they pay."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress import aliases

URLS = "".join(
    f"{i},https://api.example.com/repos/acme/shop/issues/{i},https://api.example.com/users/u{i}\n" for i in range(40)
)


def test_the_longest_beginnings_that_pay_are_marked():
    entries, body = aliases.encode(URLS)
    assert [entry.partition("=")[2] for entry in entries] == [
        "https://api.example.com/repos/acme/shop/issues",
        "https://api.example.com/users",
    ]
    assert body.startswith("0,$a/0,$b/u0\n")


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n" * 50,
        "",
        "one two three",
        "".join(f"2024-{m:02d}-01,{row}\n" for row in range(28) for m in range(1, 13)),
        "short/path,1\n" * 40,
    ],
    ids=["short", "empty", "prose", "dates that come again and again", "short paths"],
)
def test_little_to_spare_means_no_marks(text):
    assert aliases.encode(text) == ([], text)


def test_a_sign_that_the_text_uses_is_not_taken():
    entries, body = aliases.encode(URLS + "costs $a or @b, &c\n")
    assert {entry[0] for entry in entries} == {"%"}
    assert aliases.decode(entries, body) == URLS + "costs $a or @b, &c\n"
    everything = URLS + "$a @a &a %a ^a §a"
    assert aliases.encode(everything) == ([], everything)


def test_months_of_a_series_of_days_are_marked_in_their_order():
    days = "".join(f"2024-{m:02d}-{d:02d},{m * d}\n" for m in range(1, 7) for d in range(1, 29))
    entries, body = aliases.encode(days)
    assert [entry.partition("=")[2] for entry in entries] == [f"2024-{m:02d}" for m in range(1, 7)]
    assert body.startswith(f"{entries[0][:2]}-01,1\n")
    assert aliases.decode(entries, body) == days


def test_the_commonest_number_becomes_one_sign_and_is_counted():
    rows = "".join(f"{i},{'0.00' if i % 3 else f'{i}.25'},x\n" for i in range(1, 200))
    entries, body = aliases.encode(rows)
    assert entries[:2] == ["~=0.00", "[~ 133 cells hold it]"]
    assert body.startswith("1,~,x\n2,~,x\n3,3.25,x\n")
    assert aliases.decode(entries, body) == rows


def test_the_day_that_monthly_dates_share_becomes_one_sign():
    rows = "date,v\n" + "".join(f"{y}-{m:02d}-01,{y * m}\n" for y in range(1960, 1990) for m in range(1, 13))
    entries, body = aliases.encode(rows)
    assert entries[0] == "~=-01"
    assert "\n1960-01~,1960\n" in body
    assert aliases.decode(entries, body) == rows


def test_the_zone_that_time_stamps_share_becomes_one_sign():
    text = "".join(f'"v1.{n}":"2026-10-0{n % 9 + 1}T0{n % 7}:36:44.{n * 7 % 1000:03d}000+00:00",\n' for n in range(90))
    entries, body = aliases.encode(text)
    assert entries[0] == "~=000+00:00"
    assert "44.007~" in body
    assert aliases.decode(entries, body) == text


def test_two_legends_can_be_told_apart():
    entries, _ = aliases.encode(URLS, "XYZ")
    assert [entry[1] for entry in entries] == ["X", "Y"]


words = st.sampled_from(
    [
        "https://example.com/some/path",
        "/7",
        "$a",
        "$",
        "a",
        "@b",
        ",",
        "\n",
        " ",
        "=",
        "many words in a cell",
        "2024-01-01 00:00:00",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(words, max_size=300).map("".join), st.integers(1, 30))
def test_texts_come_back(text, times):
    entries, body = aliases.encode(text * times)
    assert aliases.decode(entries, body) == text * times


def test_no_row_begins_like_an_entry_of_the_legend():
    rows = "\n".join(
        f"2026-10-08T07:{n // 60:02}:{n % 60:02},circuit-breaker-{n % 3},/srv/payments/gateway" for n in range(300)
    )
    legend, body = aliases.encode(rows)
    assert legend
    assert aliases.decode(legend, body) == rows
    assert not any(re.match(r"[$&@%^§][A-Za-z][:=]", line) for line in body.split("\n"))
