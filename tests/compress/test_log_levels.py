"""Of which level a log's lines are."""

import pytest

from headroom.compress.log_levels import levels_of
from headroom.compress.log_templates import mine


def said(form):
    lines = [form.format(n=n) for n in range(40)]
    found = levels_of(lines, mine("\n".join(lines)))
    assert len(set(found.of_line)) == 1
    return found.of_line[0]


@pytest.mark.parametrize(
    ("form", "level"),
    [
        ("2026-02-03 10:00:00,{n:03d} ERROR [worker] job broke", "ERROR"),
        ("2026-02-03-ERROR-job {n} broke", "ERROR"),
        ("2026-02-03 10:00:00, Info  CBS loaded {n}", "Info"),
        ("2026/02/03 10:00:00 [warn] 12#12: slow {n}", "warn"),
        ("error: job {n} broke", "error"),
        ('{{"ts":"2026-02-03","level":"error","n":{n}}}', "error"),
        ('{{"@t":"2026-02-03","@l":"Error","n":{n}}}', "Error"),
        ("ts=2026-02-03 prio=err n={n}", "err"),
        ("02-03 10:00:00.123 1702 2395 D WindowManager: pass {n}", "D"),
        ("{n} verbose stack Error: x", "verbose"),
        ("{n} silly placeDep ROOT error-stack-parser@2.1.4", "silly"),
    ],
)
def test_a_level_is_the_word_for_it(form, level):
    assert said(form) == level


@pytest.mark.parametrize(
    "form",
    [
        '{{"ts":"2026-02-03","error":null,"n":{n}}}',
        '{{"ts":"2026-02-03","msg":"slow","error":"none {n}"}}',
        '{{"status":"error","n":{n}}}',
        "ts=2026-02-03 mode=error n={n}",
        "10:00:01 GET /search?level=error&n={n} 200",
        "10:00:01 [error-handler] started {n}",
        '10:00:01 "error page" {n} sent',
        "10:00:01 we saw Error {n} again",
        "npm verb stack Error: {n}",
        "10:00:01 loaded ERROR_PAGES {n}",
        "  loglevel: debug",
        "web-{n}    |   loglevel: debug",
        "10:00:01 # Error condition on socket {n}",
    ],
)
def test_the_same_word_for_something_else_is_no_level(form):
    assert said(form) == ""


@pytest.mark.parametrize(("others", "level"), [(0, "E"), (100, "")], ids=["all", "few"])
def test_a_letter_is_a_level_where_most_lines_have_one(others, level):
    lines = [f"10:00:01 hall {n} E opens" for n in range(40)] + [f"10:00:02 hall of {n} opens" for n in range(others)]
    assert levels_of(lines, mine("\n".join(lines))).of_line[0] == level
