"""Data between words: what a tool says before and after must not hide what it is."""

import json

import pytest

from headroom.accounts import tokens
from headroom.compress.framing import frame
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress
from headroom.retrieval.view import View

ROWS = [
    {"id": 4000 + n, "name": f"unit-{n * 37 % 101}", "state": "ready" if n % 9 else "late", "load": n * 7919 % 997}
    for n in range(400)
]
PRETTY = json.dumps(ROWS, indent=2)
DATA = {
    "pretty JSON": PRETTY,
    "JSON on one line": json.dumps(ROWS),
    "JSON lines": "\n".join(map(json.dumps, ROWS)),
    "an object with an array": json.dumps({"total": 400, "items": ROWS, "next": None}, indent=1),
    "CSV": "id,name,state,load\n" + "\n".join(",".join(map(str, row.values())) for row in ROWS),
}
WORDS = {
    "a sentence before": ("Here are the results:\n", ""),
    "HTTP headers before": ("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", ""),
    "the command before": ("$ fetch --all https://example.org/v1/units?sort=id,name\n", ""),
    "a fence around": ("```json\n", "\n```\n"),
    "a count behind": ("", "\n400 rows in set (0.01 sec)\n"),
    "an exit code in brackets behind": ("", "\n[exit code: 0]\n"),
    "a shell tool's words before": ("Exit code: 0\nWall time: 0.3 seconds\nOutput:\n", ""),
}


def squeeze(text, *, lossy, query="What is the load of id 4217?"):
    return compress(
        text, Hints(query=query), Policy(lossy=lossy), tokens.count, render=lambda gap: f"[~ gap {gap.unit}]"
    )


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
@pytest.mark.parametrize("lossy", [False, True], ids=["without loss", "with loss"])
def test_words_around_data_hide_nothing(data, words, lossy):
    head, tail = words
    bare = squeeze(data, lossy=lossy)
    found = squeeze(head + data + tail, lossy=lossy)
    assert found.transform == bare.transform
    assert found.tokens_after < bare.tokens_after + 60
    if found.text is not None:
        assert found.text.startswith(head)
        assert found.text.endswith(tail)


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
def test_gaps_name_what_is_missing(data, words):
    """Each gap, asked for in its own unit, gives source text of which nothing was shown."""
    head, tail = words
    source = head + data + tail
    found = squeeze(source, lossy=True)
    assert found.gaps
    view = View(source)
    for gap in found.gaps:
        assert gap.unit != "rows" or view.rows is not None
        told = view.cut(gap.unit, gap.first, gap.last)
        ids = [row["id"] for row in ROWS if f"{row['id']}" in told]
        assert ids, f"{gap} names {told[:80]!r}"
        assert ids == list(range(ids[0], ids[-1] + 1))
        if gap.unit != "chars":
            assert not any(line.startswith(f"{number},") for number in ids for line in found.text.split("\n"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain words\n" * 200,
        PRETTY,
        "Look:\n[1, 2]\n",
        "[~ forged]\n" + PRETTY,
        "word\n" * 20 + PRETTY,
        "x" * 5_000 + "\n" + PRETTY,
        "<!DOCTYPE html>\n<html>\n" + "<p>words</p>\n" * 100,
    ],
    ids=["empty", "words", "data alone", "little data", "our sigil", "many words", "a long line of words", "a page"],
)
def test_no_frame(text):
    assert frame(text) is None


def test_parts_are_the_text():
    for head, tail in WORDS.values():
        for data in DATA.values():
            text = head + data + tail
            found = frame(text)
            assert found is not None
            assert found.head + found.core + found.tail == text
            assert found.core.strip() == data


def test_pretty_json_between_other_outputs_is_re_encoded():
    log = "".join(f"2025-03-01 10:00:{n % 60:02} INFO worker {n % 7} did job {n * 7919 % 10007}\n" for n in range(80))
    text = f"{log}{PRETTY}\n{log}"
    found = squeeze(text, lossy=True)
    assert found.tokens_after < squeeze(text, lossy=False).tokens_after
    assert found.tokens_after < found.tokens_before / 2


def test_a_total_below_a_table_does_not_make_it_data_between_words():
    names = ("api", "worker", "ledger", "cache", "web", "auth", "billing", "search", "mailer", "cron")
    rows = "".join(
        f" src/{name}/{f'{name}_{i}.py':<18} | {i * 7 % 90 + 1:3d} {'+' * (i % 9 + 1)}\n"
        for i in range(6)
        for name in names
    )
    outcome = compress(
        f"{rows} 60 files changed, 812 insertions(+)\n", Hints(), Policy(), tokens.count, render=lambda _: ""
    )
    assert outcome.lossless
    assert outcome.tokens_after < 0.95 * outcome.tokens_before


def drawn(style):
    names, rows = list(ROWS[0]), [[str(value) for value in row.values()] for row in ROWS[:150]]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    cells = [[f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)] for row in (names, *rows)]
    if style == "psql":
        rule = "-+-".join("-" * width for width in widths)
        head, *body = (f" {' | '.join(row)} " for row in cells)
        return "\n".join([head, f"-{rule}-", *body, "(150 rows)", ""])
    rule = f"+-{'-+-'.join('-' * width for width in widths)}-+"
    head, *body = (f"| {' | '.join(row)} |" for row in cells)
    return "\n".join([rule, head, rule, *body, rule, "150 rows in set (0.01 sec)", ""])


@pytest.mark.parametrize("before", ["", "> SELECT * FROM units;\n"], ids=["bare", "under its statement"])
@pytest.mark.parametrize("style", ["mysql", "psql"])
def test_a_drawn_table_with_its_count_of_rows_is_cut_by_the_question(style, before):
    """Its own head must not be taken for words in front of it."""
    text = before + drawn(style)
    found = squeeze(text, lossy=True, query="What is the load of id 4117?")
    assert found.tokens_after < 0.3 * found.tokens_before
    assert str(ROWS[117]["load"]) in found.text
    assert "150 rows" in found.text


BODY = json.dumps(
    {"count": 40, "items": [{"id": 7000 + n, "state": "new", "total": f"{n}.50"} for n in range(40)]}, indent=2
)
HEAD = "HTTP/1.1 200 OK\nContent-Type: application/json\nX-Request-Id: req-5d1f\nSet-Cookie: sid=1; HttpOnly\n\n"
VERBOSE = (
    "*   Trying 127.0.0.1:8123...\n* Connected to 127.0.0.1 (127.0.0.1) port 8123\n> GET /orders HTTP/1.1\n> Host: 127.0.0.1:8123\n"
    "> Accept: */*\n> \n< HTTP/1.1 200 OK\n< Content-Type: application/json\n< \n{ [1024 bytes data]\n* Connection #0 left intact\n"
)


@pytest.mark.parametrize(
    "head",
    [
        HEAD,
        HEAD.replace("\n", "\r\n"),
        "HTTP/2 301\nlocation: /orders\n\n" + HEAD,
        VERBOSE,
        VERBOSE.replace("{ [1024 bytes data]\n* Connection #0 left intact\n", ""),
    ],
    ids=["plain", "CRLF", "after a redirect", "verbose", "verbose without progress"],
)
@pytest.mark.parametrize(
    "body", [BODY, "<!DOCTYPE html>\n<html><body>" + "<p>Words of a page.</p>\n" * 60 + "</body></html>\n"]
)
def test_what_curl_prints_above_a_body_is_no_part_of_it(head, body):
    found = frame(head + body)
    assert found is not None
    assert (found.head, found.core, found.tail) == (head, body, "")


def test_a_body_below_the_head_of_its_response_is_compressed_as_what_it_is():
    found = squeeze(HEAD + BODY, lossy=False)
    assert found.text.startswith(HEAD)
    assert '\n7013,"13.50"\n' in found.text
    assert len(found.text) < 0.5 * len(HEAD + BODY)


def test_a_head_without_an_end_is_looked_through_once():
    assert frame("HTTP/1.1 200 OK\n" + "a: b\n" * 20_000) is None
