"""Requests as web servers log them."""

from collections import Counter

import pytest

from headroom.compress.log import Log
from tests.compress.line_samples import asking, keeps_the_law, shown, spelled

LOG = Log()
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
    "curl/8.5",
    "kube-probe/1.29",
    'odd "quoted\\" agent',
)
REFERERS = ("-", "https://www.example.org/", "https://www.example.org/cart?step=2")
METHODS = ("GET", "GET", "GET", "HEAD", "POST", "GET", "GET")
HOSTS = ("shop.example.org:443", "blog.example.org:443", "shop.example.org:443")


def requests(count=600, prefix="", end="", statuses=(200, 200, 404, 200, 301)):
    """Lines of the combined format; values that go round, each at its own speed."""
    return [
        f"{prefix.format(host=HOSTS[n % 3])}10.0.{n % 7}.{n % 11} - - [03/Feb/2026:10:{n // 60:02d}:{n % 60:02d} +0000] "
        f'"{METHODS[n % 7]} /shop/item{n} HTTP/1.1" {statuses[n % len(statuses)]} {n * 37} '
        f'"{REFERERS[n // 7 % 3]}" "{AGENTS[n // 3 % 5].replace(" agent", "")}"{end}'
        for n in range(count)
    ]


def told(lines, query):
    return shown(keeps_the_law(LOG, "\n".join(lines) + "\n", asking(query)))


@pytest.mark.parametrize("prefix", ["", "{host} "], ids=["combined", "vhost"])
@pytest.mark.parametrize("end", ["", " 0.004"], ids=["bare", "time"])
def test_agents_and_referers_make_no_templates(prefix, end):
    lines = requests(prefix=prefix, end=end)
    text = told(lines, "Who asked for /shop/item77?")
    assert len(text) < 0.05 * len("\n".join(lines))
    assert "/shop/item77 " in spelled(keeps_the_law(LOG, "\n".join(lines), asking("Who asked for /shop/item77?")))


def test_a_virtual_host_is_not_told_as_the_client():
    text = told(requests(prefix="{host} "), "Anything odd?")
    assert "; for 400 × shop.example.org:443, 200 × blog.example.org:443; from 8 × 10.0.0.0, " in text
    plain = told(requests(), "Anything odd?")
    assert "; for " not in plain
    assert "; from 8 × 10.0.0.0, " in plain


@pytest.mark.parametrize(
    ("query", "method", "status"),
    [
        ("Which POST requests got a 404?", "POST", "404"),
        ("Which POSTs were not found? I mean POST.", "POST", "404"),
        ("Show the HEAD requests with status 301.", "HEAD", "301"),
    ],
)
def test_requests_of_a_method_and_a_code_stay_alone(query, method, status):
    lines = requests()
    wanted = [line for line in lines if f'"{method} ' in line and f'" {status} ' in line]
    kept = spelled(keeps_the_law(LOG, "\n".join(lines), asking(query))).split("\n")
    assert set(wanted) <= set(kept)
    assert sum(f'"{method} ' in line for line in kept) < len(wanted) + 8
    assert sum(f'" {status} ' in line for line in kept) < len(wanted) + 8


def test_a_code_that_is_asked_for_is_in_no_mark_of_the_legend():
    lines = requests(statuses=(200, 200, 301, *[200] * 17))
    for row in range(7, 600, 20):
        lines[row] = lines[row].replace('" 200 ', '" 429 ')
    text = told(lines, "Which clients got a 429?")
    assert text.startswith("[~ legend of ")
    assert text.count('" 429 ') == 30


def test_requests_that_are_too_many_are_counted():
    lines = requests()
    missing = [line for line in lines if '" 404 ' in line]
    client, most = Counter(line.split()[0] for line in missing).most_common(1)[0]
    assert f"{len(missing)} requests: 120 × 404; from {most} × {client}, " in told(lines, "Which requests got a 404?")


@pytest.mark.parametrize("query", ["Which user agents are there?", "Any bots?", "Which browsers do people use?"])
def test_agents_are_told_where_they_are_asked_for(query):
    text = told(requests(), query)
    assert "[~ 5 user agents: " in text
    assert f"120 × {AGENTS[0]}" in text
    assert "user agents" not in told(requests(), "Who was slow?")


def test_referers_are_told_where_they_are_asked_for():
    assert "[~ 3 referers: " in told(requests(), "Where do visitors come from, by referer?")


@pytest.mark.parametrize(
    ("old", "new"),
    [('" 200 ', '" 418 '), ("GET", "PROPFIND"), ("curl/8.5", "sqlmap/1.8")],
    ids=["code", "method", "agent"],
)
def test_a_code_a_method_or_an_agent_of_one_request_stays(old, new):
    lines = requests()
    row = next(row for row in range(300, 600) if old in lines[row])
    lines[row] = lines[row].replace(old, new)
    assert lines[row] in spelled(keeps_the_law(LOG, "\n".join(lines), asking("Anything odd here?"))).split("\n")


def test_most_requests_are_no_largest_number():
    lines = requests(prefix="{host} ")
    frequent = told(lines, "Which client sent most requests?")
    assert len(frequent) < 0.75 * len(told(lines, "Which response was the largest?"))
