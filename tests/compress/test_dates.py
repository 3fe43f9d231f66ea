"""Days told in words are found as tools write them."""

import pytest

from headroom.compress.dates import days_told
from headroom.compress.naming import named_rows
from headroom.compress.query import Relevance


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ("What was installed on 20 May?", ["-05-20", "20/may/", "may 20"]),
        ("what happened on March 3rd, 2026", ["2026-03-03", "03/mar/2026", "mar  3"]),
        ("the 1st of september", ["-09-01", "01/sep/", "sep  1"]),
        ("May I see 20 lines?", []),
        ("It may take 20 s, 45 May", []),
        ("at Dec 31 23:59:59", ["-12-31", "31/dec/", "dec 31"]),
    ],
)
def test_each_way_of_writing_a_day(query, days):
    assert list(days_told(query)) == days


@pytest.mark.parametrize(
    "line",
    [
        "2026-05-20 08:11:09 status installed tzdata",
        '10.0.0.1 - - [20/May/2026:08:11:09 +0000] "GET /"',
        "May 20 08:11:09 host cron[1]: done",
        "Start-Date: 2026-05-20  08:11:09",
    ],
)
def test_a_line_of_that_day_is_named(line):
    others = [f"2026-04-{day:02} 10:00:{day:02} host step {day}" for day in range(1, 30)]
    rows = named_rows(Relevance("What was installed on 20 May?"), [*others[:14], line, *others[14:]])
    assert 14 in rows
    assert len(rows) == 1
