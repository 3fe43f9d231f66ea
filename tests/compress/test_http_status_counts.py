"""Codes of the requests of a log are counted in any format of its lines, or not at all."""

import pytest

from headroom.compress.http_status import answered, cached, keyed, rows_meant
from headroom.compress.log import Log
from headroom.compress.rendition import Hints
from tests.compress.line_samples import spelled

CODES = ["200"] * 70 + ["404"] * 20 + ["503"] * 10

FORMATS = {
    "code before the method": '2026-01-01T10:00:{s:02}+00:00 127.0.0.1 {code} GET "/api/{n}" rt=0.{n} bytes={n}',
    "proxy": 'proxy[7]: 10.0.0.{s}:{n} [01/Jan/2026:10:00:{s:02}] edge app/one 0/0/1/{s}/{s} {code} {n} - - ---- "GET /a/{n} HTTP/1.1"',
    "console": 'INFO:     10.0.0.{s}:{n} - "GET /items/{n} HTTP/1.1" {code} OK',
    "behind a process's number": "INFO 100 GET /items/{n} {code} {n}",
    "in colons": "GET /items/{n} {code} 12.5 ms - {n}",
}


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_codes_are_counted_where_they_stand(form):
    lines = [form.format(s=n % 60, n=1000 + n, code=code) for n, code in enumerate(CODES)]
    assert answered(lines) == {"200": 70, "404": 20, "503": 10}
    assert answered([*lines, "worker 7 started"]) == {"200": 70, "404": 20, "503": 10}


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [f"worker {n} took {code} ms" for n, code in enumerate(CODES)],
        [f"GET /items/{n} took {n} ms" for n in range(100)],
        [f"GET {'a ' * (n % 3)}/items {code} ok" for n, code in enumerate(CODES)],
        [*(f"GET /items/{n} 200 ok" for n in range(90)), *(f"GET /a b/{n} 404 no" for n in range(10))],
    ],
    ids=["nothing", "no requests", "no codes", "in several places", "in another place now and then"],
)
def test_nothing_is_counted_that_may_be_wrong(lines):
    assert not answered(lines)


def test_they_stand_at_the_top_of_a_re_encoded_log():
    lines = [FORMATS["code before the method"].format(s=n % 60, n=n, code=code) for n, code in enumerate(CODES * 3)]
    shown = Log().lossless("\n".join(lines) + "\n", Hints())
    assert shown is not None
    assert "HTTP status 210 × 200, 60 × 404, 30 × 503" in shown.text


@pytest.mark.parametrize(
    "form",
    [
        '{{"level":30,"time":{n},"res":{{"statusCode":{code}}},"ms":{n},"msg":"request completed"}}',
        'time={n} level=info msg="request {n}" status={code} bytes=512',
        '{{"method": "GET", "url": "/orders/{n}", "status": {code}}}',
        "request {n} done, http_status={code}, ok",
    ],
    ids=["pino", "logfmt", "spaced JSON", "in words"],
)
def test_codes_behind_their_key_are_counted(form):
    lines = [form.format(n=n, code=code) for n, code in enumerate(CODES)]
    assert keyed("\n".join([*lines, "worker 7 started"])) == {"200": 70, "404": 20, "503": 10}


@pytest.mark.parametrize(
    "lines",
    [
        [f"step {n} exit_status={n}" for n in range(100, 140)],
        [f"step {n} status=200" for n in range(7)],
        [f"request {n} status=200 upstream_status=502" for n in range(40)],
        [f"request {n} status=200.5" for n in range(40)],
        [f"order {n} status=200 units" if n % 2 else f"order {n} status=12 units" for n in range(40)],
    ],
    ids=["other numbers", "few", "two on a line", "fractions", "some no codes"],
)
def test_what_is_not_surely_a_code_is_not_counted(lines):
    assert not keyed("\n".join(lines))


def test_codes_behind_their_key_stand_at_the_top_of_a_re_encoded_log():
    lines = [f'{{"time":{n},"res":{{"statusCode":{code}}},"msg":"request done"}}' for n, code in enumerate(CODES * 3)]
    shown = Log().lossless("server starts\n" + "\n".join(lines) + "\n", Hints())
    assert shown is not None
    assert "HTTP status 210 × 200, 60 × 404, 30 × 503" in shown.text


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("Which pages were not found?", range(70, 90)),
        ("Was the service unavailable at any time?", range(90, 100)),
        ("Did any request fail with an error?", []),
        ("Who asked for /api/1003?", []),
    ],
)
def test_requests_are_meant_by_the_phrase_of_their_code(form, query, rows):
    lines = [form.format(s=n % 60, n=1000 + n, code=code) for n, code in enumerate(CODES)]
    assert rows_meant(lines, query) == list(rows)


def test_in_a_structured_log_the_request_before_its_answer_stays_with_it():
    lines = [
        line
        for n in range(120)
        for line in (
            f'{{"level":30,"id":"r{n}","req":{{"method":"GET","url":"/orders/{n}"}},"msg":"incoming"}}',
            f'{{"level":30,"id":"r{n}","res":{{"statusCode":{404 if n in {31, 77} else 200}}},"msg":"completed"}}',
        )
    ]
    text = "\n".join(lines) + "\n"
    rendition = Log().lossy(text, Hints(query="Which orders were not found?"))
    shown = spelled(rendition)
    assert all(f'"r{n}"' in shown and f"/orders/{n}" in shown for n in (31, 77))
    assert '"r50"' not in shown


SQUID = "1782000{n:03}.753 {n:6} 10.20.2.{n} {how}/{code} {n} GET http://img.example.com/{n} - HIER_DIRECT/10.0.113.4 text/html"
HOW = {"200": "TCP_MEM_HIT", "404": "TCP_MISS", "503": "TCP_MISS_ABORTED"}


def test_results_of_a_caching_proxy_are_counted():
    text = "\n".join(SQUID.format(n=n, code=code, how=HOW[code]) for n, code in enumerate(CODES * 3))
    shown = Log().lossless(text, Hints())
    assert shown is not None
    said = (
        "HTTP status 210 × 200, 60 × 404, 30 × 503; 210 × TCP_MEM_HIT/200, 60 × TCP_MISS/404, 30 × TCP_MISS_ABORTED/503"
    )
    assert said in shown.text
    assert rows_meant(text.split("\n"), "Which requests got 5xx?") == [n for n in range(300) if n % 100 >= 90]


@pytest.mark.parametrize(
    "line",
    ["read TCP_MISS/x{n} of the manual", "looked at TCP_MISS/200 and TCP_HIT/200 again", "{n} TCP_HIT/2000 GET /"],
    ids=["no code", "two on a line", "a longer number"],
)
def test_what_is_no_result_of_a_caching_proxy_is_not_counted(line):
    assert not cached("\n".join(line.format(n=n) for n in range(40)))
