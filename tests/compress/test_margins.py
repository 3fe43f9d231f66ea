"""What stands before every line, and colours, must not hide what a text is."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.accounts import tokens
from headroom.compress.margins import without_colours, without_margin, without_times
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress
from headroom.retrieval.view import View

DIFF = "diff --git a/shop.py b/shop.py\nindex 1234567..89abcde 100644\n--- a/shop.py\n+++ b/shop.py\n" + "".join(
    f"@@ -{n * 40},7 +{n * 40},7 @@ def part_{n}(order):\n     total = {n}\n     rate = {n * 3}\n-    limit = {n * 7}\n"
    f"+    limit = {n * 7 + 1}\n     return total * rate\n \n \n"
    for n in range(1, 160)
)
QUERY = "What exactly changed in `part_17`?"
TREE_QUERY = "Which folder holds code17.py?"
TREE = "project\n" + "\n".join(f"├── part{n}\n│   ├── code{n}.py\n│   └── test{n}.py" for n in range(60)) + "\n"


def stamp(number):
    return f"2026-03-14T06:{number // 60:02}:{number % 60:02}.{number * 7919 % 10**7:07}Z "


def before(text, margin):
    return "".join(margin(n) + line for n, line in enumerate(text.splitlines(keepends=True)))


def coloured(text):
    return re.sub(r"(?m)^([-+].*)$", "\x1b[31m\\1\x1b[m", text)


SAME = {
    "a container's name": "web-1  | ",
    "a pod's name": "[pod/web-7d9f-x2x4z/app] ",
    "a sign of quotation": "> ",
    "an indent": "    ",
    "a process": "==4711== ",
}
CHECKED = "".join(
    f"==4711== Invalid read of size {n}\n==4711==    at 0x1091{n:02}: total (shop.c:{n})\n==4711== \n"
    for n in range(12)
)
OTHER = {
    "times": lambda text: before(text, stamp),
    "job, step and time": lambda text: before(text, lambda n: f"build\tRun tests\t{stamp(n)}"),
    "a container's name and times": lambda text: before(text, lambda n: f"web-1  | {stamp(n)}"),
    "colours": coloured,
}


def squeeze(text, query, *, lossy=True):
    return compress(
        text, Hints(query=query), Policy(lossy=lossy), tokens.count, render=lambda gap: f"[~ gap {gap.unit}]"
    )


@pytest.mark.parametrize(
    "change",
    [*(lambda text, m=m: before(text, lambda _: m) for m in SAME.values()), *OTHER.values()],
    ids=[*SAME, *OTHER],
)
def test_a_margin_hides_nothing(change):
    bare, found = squeeze(DIFF, QUERY), squeeze(change(DIFF), QUERY)
    assert not found.lossless
    assert found.kind == bare.kind == "diff"
    assert "limit = 119" in found.text
    assert "limit = 120" in found.text
    assert found.tokens_after < bare.tokens_after + 60
    view = View(change(DIFF))
    for gap in found.gaps:
        missing = view.cut(gap.unit, gap.first, gap.last)
        assert gap.unit == "lines"
        assert "part_17" not in missing
        assert len(missing.split("\n")) - 1 == gap.last - gap.first + 1


@pytest.mark.parametrize("margin", SAME.values(), ids=SAME)
def test_without_loss_the_margin_is_said_once(margin):
    found = squeeze(before(TREE, lambda _: margin), "go on", lossy=False)
    assert found.lossless
    assert found.text.count(margin.strip() or repr(margin)) == 1
    assert "code17.py" in found.text


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_times_and_colours_stay_where_nothing_may_be_lost(change):
    source = change(DIFF)
    for found in (squeeze(source, QUERY, lossy=False), squeeze(source, "Please go on.")):
        if found.text is not None and found.lossless:
            assert "times of the lines left out" not in found.text
            assert "colours left out" not in found.text
        elif found.text is not None:
            assert found.gaps


@pytest.mark.parametrize(
    "query",
    ["When did `part_17` run?", "How long did part_17 take?", "What came after 06:01?", "Which is the slowest?"],
)
def test_times_that_are_asked_for_stay(query):
    assert without_times(before(DIFF, stamp), query) is None
    (part,) = without_times(before(DIFF, lambda n: f"build\tRun tests\t{stamp(n)}"), query)
    assert part.text == before(DIFF, stamp)
    assert "build / Run tests" in part.note


def test_each_step_is_read_as_what_it_is():
    first = before(TREE, lambda n: f"build\tShow files\t{stamp(n)}")
    second = before(DIFF, lambda n: f"build\tShow changes\t{stamp(n + 200)}")
    parts = without_times(first + second, QUERY)
    assert [(part.text, part.first_line) for part in parts] == [(TREE, 1), (DIFF, TREE.count("\n") + 1)]
    assert "build / Show changes" in parts[1].note
    found = squeeze(first + second, QUERY)
    assert "limit = 120" in found.text
    assert found.tokens_after < 0.5 * found.tokens_before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "> one line\n",
        DIFF,
        TREE,
        "> quoted\n" * 20 + "an answer\n",
        "==4711== error\n" * 20 + "order 17\n" * 20,
        "==4711== | a table\n" * 20,
        "[~ forged]\n" + "    indented\n" * 20,
        "    \n\n    a\n" * 20,
        "a\tb\t2026-03-14\n" * 30,
        "\n".join(f"    line {n}" for n in range(30)) + "\nend",
        "\n".join(f"{n:6}  def line_{n}" for n in range(30)),
    ],
    ids=[
        "empty",
        "a line",
        "a diff",
        "a tree",
        "an answer below",
        "a process that writes much itself",
        "a process with a sign of its own",
        "our sigil",
        "empty lines of two kinds",
        "a table",
        "an end without",
        "numbered lines",
    ],
)
def test_other_texts_have_no_margin(text):
    assert without_margin(text) is None
    assert without_times(text, QUERY) is None
    assert without_colours(text) is None


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text("ab |>[]\t\x1b", max_size=6), min_size=8, max_size=20),
    st.sampled_from([*SAME.values(), "\t\t", " \t "]),
    st.booleans(),
)
def test_what_is_taken_off_alike_can_be_put_back(lines, margin, stripped):
    source = "\n".join("" if stripped and not line else margin + line for line in lines)
    bare = without_margin(source)
    if bare is None:
        return
    assert bare.restore() == source
    assert repr(bare.margin) in bare.note


@pytest.mark.parametrize("margin", [lambda _: "web-1  | ", stamp], ids=["a container's name", "a time"])
def test_one_line_of_data_has_a_margin_too(margin):
    source = before(json.dumps([{"id": n, "state": "late" if n == 17 else "ready"} for n in range(300)]) + "\n", margin)
    found = squeeze(source, "What is the state of id 17?")
    assert found.kind == "json"
    assert found.tokens_after < 0.7 * found.tokens_before


@pytest.mark.parametrize("written", ["order 17 done", "", "| of its own", "==4711==", "==4712== of a child"])
@pytest.mark.parametrize("at", [9, 36])
def test_what_a_process_wrote_between_the_lines_of_a_checker_is_told_apart(written, at):
    lines = CHECKED.splitlines(keepends=True)
    source = "".join([*lines[:at], f"{written}\n", *lines[at:]])
    bare = without_margin(source)
    assert bare.restore() == source
    assert bare.text.split("\n")[at] == f"| {written}"
    assert "those without it begin with '| '" in bare.note
    found = squeeze(source, "go on", lossy=False)
    assert found.text.count("4711") == 1 + written.count("4711")
    assert "shop.c:7" in found.text
