"""JSON that carries a text is read, and cut, as that text."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.accounts import tokens
from headroom.compress.envelope import CARRIED, NOTE, as_read, close, open_strings
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress
from headroom.pipeline.block import Job, run
from headroom.retrieval.answer import answer, query_of
from headroom.retrieval.markers import parse
from headroom.retrieval.original import About, Original
from headroom.retrieval.view import View

LOG = "\n".join(
    f"2026-03-14 06:{n // 60:02}:{n % 60:02},{n * 37 % 1000:03} "
    + (f"ERROR db refused order {n}" if n == 411 else f"INFO GET /api/v2/orders/{n} 200 {n * 7 % 90}ms")
    for n in range(900)
)
ROWS = json.dumps([{"id": 4000 + n, "state": "late" if n % 50 == 7 else "ready"} for n in range(300)])
CODE = "\n\n".join(
    f'def part_{n}(order):\n    """Say "{n}"\n\n    and no more."""\n    return order.total * {n}\n' for n in range(60)
)


def go_style(value):
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


CARRIERS = {
    "an output and an exit code": lambda text: json.dumps({"output": text, "metadata": {"exit_code": 0}}),
    "two streams": lambda text: json.dumps({"stdout": text, "stderr": text[:700].upper(), "exit_code": 1}),
    "blocks of text": lambda text: json.dumps([{"type": "text", "text": text}]),
    "on several lines": lambda text: json.dumps({"content": [{"type": "text", "text": text}]}, indent=2),
    "signs kept safe for HTML": lambda text: go_style({"result": f"{text}\n<end> & all"}),
    "beyond ASCII, escaped": lambda text: json.dumps({"result": f"{text}\nÜber 漢 🎉"}),
    "beyond ASCII, plain": lambda text: json.dumps({"result": f"{text}\nÜber 漢 🎉"}, ensure_ascii=False),
    "as Python prints a dictionary": lambda text: str({"output": text, "exit_code": 0}),
    "as Python prints an object": lambda text: f"meta=None content=[TextContent(type='text', text={text!r})]",
}
TEXTS = {"a log": LOG, "rows of JSON": ROWS, "source code with quotes": CODE, "a last line break": LOG + "\n"}


def squeeze(text, query, *, lossy=True):
    return compress(
        text, Hints(query=query), Policy(lossy=lossy), tokens.count, render=lambda gap: f"[~ gap {gap.unit}]"
    )


@pytest.mark.parametrize("carry", CARRIERS.values(), ids=CARRIERS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_spelled_out_can_be_written_again(text, carry):
    source = carry(text)
    opened = open_strings(source)
    assert opened is not None
    assert close(opened.text) == source
    assert f"\n{text}\n" in opened.text if not text.endswith("\n") else f"\n{text}" in opened.text


@pytest.mark.parametrize("carry", CARRIERS.values(), ids=CARRIERS)
@pytest.mark.parametrize(
    ("text", "query", "answer"),
    [(LOG, "Why did the db refuse an order?", "refused order 411"), (ROWS, "What is the state of id 4207?", "4207")],
    ids=["a log", "rows"],
)
def test_a_carried_text_gains_what_it_gains_alone(text, query, answer, carry):
    alone, carried = squeeze(text, query), squeeze(carry(text), query)
    assert carried.kind == alone.kind
    assert carried.transform.endswith(CARRIED)
    assert not carried.lossless
    assert carried.text.startswith(NOTE)
    assert answer in carried.text
    assert carried.tokens_after < alone.tokens_after + 420


@pytest.mark.parametrize("carry", CARRIERS.values(), ids=CARRIERS)
@pytest.mark.parametrize("text", [LOG, ROWS, CODE], ids=["a log", "rows", "source code"])
def test_without_loss_nothing_is_left_out(text, carry):
    source = carry(text)
    found = squeeze(source, "go on", lossy=False)
    assert found.lossless
    assert found.tokens_after < found.tokens_before


@pytest.mark.parametrize("carry", CARRIERS.values(), ids=CARRIERS)
def test_a_gap_names_what_is_missing(carry):
    source = carry(ROWS)
    found = squeeze(source, "What is the state of id 4207?")
    assert found.gaps
    view = View(as_read(source, found.transform))
    for gap in found.gaps:
        assert gap.unit != "rows", "no rows can be told from outside"
        missing = view.cut(gap.unit, gap.first, gap.last)
        assert '"id"' in missing.lower()
        assert "4207" not in missing


def test_the_model_gets_the_lines_that_a_marker_names():
    source = CARRIERS["an output and an exit code"](LOG)
    original = Original("0" * 24, source, About(kind="log", carried=True), 1.0)
    lines = original.as_read.split("\n")
    got = answer(query_of({"hash": original.hash, "lines": "2-3"}), original, count=tokens.count)
    assert got.text.split("\n", 1)[1] == "\n".join(lines[1:3]) + "\n"
    assert lines[1:3] == LOG.split("\n")[:2]
    found = answer(query_of({"hash": original.hash, "pattern": "refused order"}), original, count=tokens.count)
    assert "order 411" in found.text
    assert len(found.text) < 300


def test_gaps_count_in_lines_of_the_text():
    source = CARRIERS["blocks of text"](LOG)
    outcome = run(Job(source, Hints(query="Why did the db refuse an order?"), Policy(lossy=True), "a" * 24), 30.0)
    assert outcome.text is not None
    *gaps, last = parse(outcome.text)
    assert gaps
    assert 450 < max(gap.last for gap in gaps) <= 900 + 2, "with a line above and one below"
    assert last.handle == "a" * 24


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"output": "short\\n"}',
        '{"output": ' + json.dumps(LOG),
        json.dumps({"output": LOG}).replace("orders", "\\u006frders"),
        json.dumps({"output": LOG}).replace("/", "\\/"),
        json.dumps([{"id": n, "body": "words " * 30, "title": "t" * 40} for n in range(60)]),
        json.dumps({"a": "x" * 700, "rest": list(range(900))}),
        json.dumps({LOG: 1}),
        "{'output': 'never closed " + "x" * 900,
        LOG,
    ],
    ids=[
        "empty",
        "an empty object",
        "a short string",
        "broken off",
        "escapes that nobody needs",
        "escaped slashes",
        "records with texts",
        "mostly numbers",
        "a long key",
        "a string that does not end",
        "no JSON",
    ],
)
def test_other_texts_stay_as_they_are(text):
    assert open_strings(text) is None


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["line\n", '"""', '""""text\n', "'", "\\", "[~ x]\n", "text -\n", "ü", "\x1b[1m", "\r\n"])
    ),
    st.sampled_from(sorted(CARRIERS)),
    st.booleans(),
)
def test_any_text_comes_back(parts, carrier, newline):
    text = "x" * 650 + "\n" + "".join(parts) + "\n" * newline
    source = CARRIERS[carrier](text)
    opened = open_strings(source)
    assert opened is not None
    assert close(opened.text) == source
