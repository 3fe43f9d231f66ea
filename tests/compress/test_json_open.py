"""JSON whose beginning is missing is opened where its indents say how deep it begins, and what stands before it stays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.json_cut import part
from headroom.compress.json_open import open_front
from headroom.compress.registry import compressors
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress

RECORDS = [
    {
        "id": 100 + n,
        "name": f"job-{n * 7 % 89}",
        "spec": {"node": f"ip-10-0-{n}", "ports": [80, 443]},
        "ready": n % 3 > 0,
    }
    for n in range(120)
]
PACKAGES = {
    f"node_modules/p{n}": {"version": f"{n}.0.1", "license": "MIT", "dependencies": {f"p{n + 1}": f"^{n + 1}.0.0"}}
    for n in range(120)
}
VALUES = {
    "a list": RECORDS,
    "a list in objects": {"kind": "List", "data": {"items": RECORDS, "total": 120}},
    "members of an object": {"name": "shop", "packages": PACKAGES, "locked": True},
    "lists in a list": [[n, n + 1, [n + 2]] for n in range(200)],
}
STYLES = {
    "two blanks": lambda value: json.dumps(value, indent=2),
    "four blanks": lambda value: json.dumps(value, indent=4, ensure_ascii=False),
    "tabs": lambda value: json.dumps(value, indent="\t"),
    "carriage returns": lambda value: json.dumps(value, indent=2).replace("\n", "\r\n"),
}


def shorten(text: str, query: str = "", *, lossy: bool = False):
    return compress(
        text, Hints(query=query), Policy(lossy=lossy), lambda words: len(words) // 3, render=lambda _: "[~ left out]"
    )


def restored(encoded: str, text: str) -> str:
    cut = open_front(text)
    assert cut is not None
    core, rest = part(encoded, cut)
    for compressor in compressors("json"):
        try:
            found = compressor.decode(core)
        except ValueError:
            continue
        return cut.head + found[len(cut.front) : len(found) - len(cut.added)] + rest
    raise AssertionError("no compressor reads it")


@pytest.mark.parametrize("last", [1.0, 0.8], ids=["to its end", "cut off there, too"])
@pytest.mark.parametrize("first", [0.1, 0.37, 0.55])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("value", VALUES)
def test_the_middle_of_json_is_read_and_comes_back(value, style, first, last):
    whole = STYLES[style](VALUES[value])
    text = whole[whole.index("\n", int(len(whole) * first)) + 1 : int(len(whole) * last)]
    outcome = shorten(text)
    assert outcome.text is not None
    assert outcome.kind == "json"
    assert outcome.tokens_after < 0.75 * outcome.tokens_before
    assert restored(outcome.text, text) == text


def test_a_broken_record_is_no_row():
    text = json.dumps(RECORDS, indent=2)
    text = text[text.index('"ready"', 3_000) - 4 :]
    outcome = shorten(text)
    head, _, table = outcome.text.partition("[~ cut off before")
    assert '"ready"' in head
    assert "?" not in table.split("\n")[2]


def test_words_on_what_is_missing_stay_above():
    text = "... (412 lines before) ...\n" + json.dumps(RECORDS, indent=2)[3_001:]
    outcome = shorten(text)
    assert outcome.text.startswith("... (412 lines before) ...\n")
    assert restored(outcome.text, text) == text


def test_gaps_name_the_lines_of_the_text_itself():
    text = json.dumps(RECORDS, indent=2)
    text = text[text.index("\n", 2_000) + 1 :]
    outcome = shorten(text, "What is `spec.node` of the record whose `id` is 170?", lossy=True)
    assert not outcome.lossless
    lines = text.split("\n")
    hidden = "\n".join("\n".join(lines[gap.first - 1 : gap.last]) for gap in outcome.gaps)
    assert all(gap.unit == "lines" for gap in outcome.gaps)
    assert '"id": 170,' not in hidden
    shown = [n for n in range(120) if f"\n{100 + n},job" in outcome.text or f'"id": {100 + n},' in outcome.text]
    lost = {f'"id": {100 + n},' for n in range(120) if n not in shown and f'"id": {100 + n},' in text}
    assert lost
    assert all(record in hidden for record in lost)


def test_gaps_stay_within_a_part_that_lacks_both_ends():
    whole = {
        "_id": "brisk@4.1.0",
        "versions": [f"{n // 10}.{n % 10}.0" for n in range(120)],
        "time": {f"{n // 10}.{n % 10}.0": f"2026-0{1 + n % 9}-1{n % 7}T08:00:00Z" for n in range(120)},
        "scripts": {f"step{n}": f"node build.js --part {n}" for n in range(40)},
    }
    lines = json.dumps(whole, indent=2).split("\n")
    text = "\n".join(lines[20:-12])
    outcome = shorten(text, "What are `_id` and `time.3.1.0`?", lossy=True)
    assert outcome.text.startswith("[~ not in this text: _id]\n")
    assert f'"3.1.0":"{whole["time"]["3.1.0"]}"' in outcome.text
    assert "step7" not in outcome.text
    assert outcome.gaps[0].first == 1
    assert all(1 <= gap.first <= gap.last <= len(lines) - 32 for gap in outcome.gaps)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("".join(f'    "key{n}": value{n},\n' for n in range(60)), id="values without quotes"),
        pytest.param("".join(f"    'key{n}': {n},\n" for n in range(60)), id="a Python dict"),
        pytest.param("".join(f'    "key{n}": {n},\n   ],\n' for n in range(60)), id="brackets that do not pair"),
        pytest.param("".join(f"    line {n} of some text\n" for n in range(60)), id="indented words"),
        pytest.param(json.dumps(RECORDS, indent=2), id="whole JSON"),
        pytest.param('      "a": 1\n    },\n', id="hardly anything"),
    ],
)
def test_anything_else_is_left_to_others(text):
    assert open_front(text) is None


@settings(max_examples=60)
@given(st.recursive(st.integers() | st.text(max_size=6), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4), max_leaves=40), st.integers(0, 400), st.integers(2, 4))  # fmt: skip
def test_whatever_is_opened_is_the_text_with_signs_of_ours(value, start, indent):
    text = json.dumps([value] * 12, indent=indent)[start:]
    cut = open_front(text)
    if cut is not None:
        assert cut.core.startswith(cut.front)
        assert cut.head + cut.core[len(cut.front) : len(cut.core) - len(cut.added)] + cut.rest == text
        json.loads(cut.core)
