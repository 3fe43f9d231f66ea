"""JSON that a tool shows a part of is read as far as it goes; what stands around it stays, and gaps say where they are."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress import json_cut, segments
from headroom.compress.registry import compressors
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress

CITIES = ("Lyon", "Graz", "Köln", "Porto", "Turku", "Genève")
ORDERS = [
    {"id": 10_000 + n, "customer": f"C{n * 7 % 97}", "city": CITIES[n % 6], "freight": round(n * 1.37 % 90, 2)}
    for n in range(300)
]
MANY = [{**ORDERS[n % 300], "id": 10_000 + n} for n in range(1_500)]
STYLES = {
    "pretty": lambda value: json.dumps(value, indent=2, ensure_ascii=False),
    "pretty with escapes": lambda value: json.dumps(value, indent=4),
    "on one line": lambda value: json.dumps(value, ensure_ascii=False),
    "dense": lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False),
    "one record a line": lambda value: "[" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in value) + "]",
    "with carriage returns": lambda value: json.dumps(value, indent=2).replace("\n", "\r\n"),
    "in an object": lambda value: json.dumps({"total": 300, "next": {"page": 2}, "items": value}, indent=2),
}
HOLE = "\n\n... [412 lines truncated] ...\n\n"


def count(text: str) -> int:
    return len(text) // 3


def shorten(text: str, query: str = "", *, lossy: bool = False):
    return compress(text, Hints(query=query), Policy(lossy=lossy), count, render=lambda gap: "[~ left out]")


def restored(encoded: str, cut: json_cut.Cut) -> str:
    core, rest = json_cut.part(encoded, cut)
    for compressor in compressors("json"):
        try:
            assert compressor.decode(core) == cut.core
        except ValueError:
            continue
        return cut.head + cut.core[len(cut.front) : len(cut.core) - len(cut.added)] + rest
    raise AssertionError("no compressor reads it")


@pytest.mark.parametrize("words", ["", "\n... [output truncated, 3 more]"], ids=["just cut", "with words behind"])
@pytest.mark.parametrize("style", STYLES)
def test_what_is_there_becomes_a_table_and_the_rest_stays(style, words):
    text = STYLES[style](ORDERS)[:9_000] + words
    outcome = shorten(text)
    cut = json_cut.mend(text)
    assert cut is not None
    assert outcome.transform == "json:table"
    assert outcome.tokens_after < 0.7 * outcome.tokens_before
    assert "?" not in outcome.text.split("\n", 3)[2], "a broken record is no row"
    assert restored(outcome.text, cut) == text


@pytest.mark.parametrize("style", STYLES)
def test_gaps_of_cut_json_say_where_the_records_are(style):
    text = STYLES[style](ORDERS)[:12_000]
    outcome = shorten(text, "What is the `city` of the order whose `id` is 10030?", lossy=True)
    assert outcome.transform == "json:asked"
    assert "Graz" in outcome.text or "Lyon" in outcome.text
    shown = {int(number) for number in re.findall(r"(?m)^(100\d\d|101\d\d),", outcome.text)}
    lines = text.split("\n")
    hidden: set[int] = set()
    for gap in outcome.gaps:
        assert gap.unit in {"lines", "chars"}
        part = text[gap.first - 1 : gap.last] if gap.unit == "chars" else "\n".join(lines[gap.first - 1 : gap.last])
        hidden |= {int(number) for number in re.findall(r"\"id\": ?(\d+)", part)}
    assert 10_030 in shown
    assert not shown & hidden
    assert shown | hidden >= set(range(10_000, max(hidden) + 1))


@pytest.mark.parametrize("style", ["pretty", "one record a line", "in an object"])
def test_both_sides_of_a_hole_become_tables(style):
    whole = STYLES[style](ORDERS)
    outcome = shorten(whole[:6_000] + HOLE + whole[-6_000:])
    assert len(re.findall(r"(?m)\[\d+ rows\]\{id,", outcome.text)) == 2
    assert HOLE.strip() in outcome.text
    assert "10299," in outcome.text


@pytest.mark.parametrize("asked", [10_020, 11_290], ids=["before it", "behind it"])
@pytest.mark.parametrize("style", ["pretty", "one record a line", "in an object"])
def test_what_is_asked_for_is_shown_on_either_side_of_a_hole(style, asked):
    whole = STYLES[style](MANY)
    third = len(whole) // 3
    text = whole[:third] + HOLE + whole[-third:]
    outcome = shorten(text, f"What is the `city` of the order whose `id` is {asked}?", lossy=True)
    assert outcome.transform == "json:asked"
    assert f"\n{asked}," in outcome.text
    lines = text.split("\n")
    for gap in outcome.gaps:
        part = text[gap.first - 1 : gap.last] if gap.unit == "chars" else "\n".join(lines[gap.first - 1 : gap.last])
        hidden = {int(number) for number in re.findall(r"\"id\": ?(\d+)", part)}
        assert hidden
        assert HOLE.strip() not in part
        assert not any(f"\n{number}," in outcome.text for number in hidden)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(ORDERS, indent=2), id="whole JSON"),
        pytest.param(json.dumps(ORDERS, indent=2) + "\nDone in 3 s.", id="whole JSON with words behind"),
        pytest.param("".join(f"[{n:02d}:00:01] worker {n} started\n" for n in range(60)), id="a log"),
        pytest.param('{ "use strict"; function a() { return [1, 2] } }\n' * 40, id="a program"),
        pytest.param('[{"a": 1}, {"b": tru' + "x" * 900, id="broken at once"),
        pytest.param('["' + "word " * 400, id="one long string"),
        pytest.param("[" * 5_000, id="brackets"),
    ],
)
def test_nothing_is_mended_in(text):
    assert json_cut.mend(text) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=6), inner, max_size=5),
    max_leaves=30,
)


@settings(max_examples=150, deadline=None)
@given(VALUES, st.sampled_from([None, 1, 2, 4]), st.floats(0.4, 1.0))
def test_a_cut_text_is_closed_so_that_it_can_be_read_and_nothing_gets_lost(value, indent, share):
    text = json.dumps([{"pad": "p" * 700}, {"deep": [value, {"of": value}]}, value], indent=indent)
    text = text[: int(len(text) * share)]
    cut = json_cut.mend(text)
    if cut is not None:
        json.loads(cut.core)
        assert cut.core.endswith(cut.added)
        assert cut.core[: len(cut.core) - len(cut.added)] + cut.rest == text
        assert json_cut.part(json_cut.join("[~ json]", cut, cut.rest), cut) == ("[~ json]", cut.rest)


@settings(max_examples=60, deadline=None)
@given(st.integers(700, 20_000), st.integers(700, 20_000), st.sampled_from(sorted(STYLES)))
def test_wherever_the_hole_is_the_records_behind_it_are_found_whole(first, last, style):
    whole = STYLES[style](ORDERS)
    cut = json_cut.reopen(f",{HOLE}{whole[-last:]}")
    if cut is not None:
        json.loads(cut.core)
        assert (
            cut.head + cut.core[len(cut.front) : len(cut.core) - len(cut.added)] + cut.rest == f",{HOLE}{whole[-last:]}"
        )
    outcome = shorten(whole[:first] + HOLE + whole[-last:], "What is the `city` of `10297`?", lossy=True)
    assert outcome.why in {"", "no_gain", "too_small"}


@pytest.mark.parametrize(
    ("above", "below", "shared"),
    [
        pytest.param("$a=long words\nuse $a", "$a=long words\nand $a", False, id="the same"),
        pytest.param("$a=long words\nuse $a", "$a=other words\nand $a", True, id="one mark, two meanings"),
        pytest.param("$a=long words\nuse $a", "costs $a", True, id="used without a meaning"),
        pytest.param("$a=long words\nuse $a", "$b=other words\nand $b", False, id="different marks"),
        pytest.param("no legend", "$b=other words\nand $b", False, id="one legend"),
    ],
)
def test_marks_of_two_texts_are_told_apart(above, below, shared):
    assert segments.share_marks(above, below) is shared
