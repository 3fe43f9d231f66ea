import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compress.folding import (
    escape,
    fold_repeats,
    has_sigil,
    marked_rows,
    number_blocks,
    unescape,
    unfold_repeats,
    unnumber_blocks,
)
from tests.compress.line_samples import texts


@given(texts)
def test_an_escaped_text_comes_back_and_holds_no_line_of_ours(text):
    safe = escape(text)
    assert unescape(safe) == text
    assert not any(line.lstrip(" \t").startswith("[~ ") for line in safe.split("\n"))


@given(texts)
def test_folds_come_back(text):
    lines = escape(text).split("\n")
    folded = fold_repeats(lines)
    assert folded is None or unfold_repeats(folded) == lines
    numbered = number_blocks(lines)
    assert numbered is None or unnumber_blocks(numbered) == lines


@given(st.lists(st.integers(0, 3), max_size=80))
def test_folds_of_much_repeated_lines_come_back(numbers):
    lines = [f"line number {n} with enough words in it to be worth a marker of ours" for n in numbers]
    folded = fold_repeats(lines) or lines
    assert unfold_repeats(folded) == lines
    numbered = number_blocks(folded)
    assert unfold_repeats(unnumber_blocks(numbered or folded)) == lines


@pytest.mark.parametrize("size", [1, 2, 3, 6, 24, 64])
def test_a_block_that_repeats_stands_once_with_its_count(size):
    block = [f"frame {i} in a function somewhere in the middle" for i in range(size)]
    folded = fold_repeats(["start", *block * 50, "end"])
    assert folded == ["start", *block, f"[~ the {f'{size} lines' if size > 1 else 'line'} above: 49x more]", "end"]


def test_few_short_repeats_are_left():
    assert fold_repeats(["a", "a", "b", "c"]) is None


def test_a_block_that_comes_again_elsewhere_is_named_by_number():
    block = [f"    at step {i} (/srv/app/deep/module.js:5:{i})" for i in range(4)]
    numbered = number_blocks(["Error: one", *block, "Error: two", *block, "Error: three", *block])
    assert numbered == [
        "Error: one",
        "[~ block 1, 4 lines:]",
        *block,
        "Error: two",
        "[~ block 1 again]",
        "Error: three",
        "[~ block 1 again]",
    ]


BLOCK = [f"    at step {i} (/srv/app/deep/module.js:5:{i})" for i in range(4)]
ONCE = ["[~ block 1, 4 lines:]", *BLOCK]


@pytest.mark.parametrize(
    ("below", "numbered"),
    [
        pytest.param(
            [["Error: 1"], ["Error: 2"], ["Error: 3"]],
            ["[~ block 1 again after each of these 3 lines:]", "Error: 1", "Error: 2", "Error: 3", "end"],
            id="each below one line",
        ),
        pytest.param(
            [["Error: 1"], ["Error: 2", "at noon"], ["Error: 3"], ["Error: 4"], ["Error: 5"]],
            [
                "Error: 1",
                "[~ block 1 again]",
                "Error: 2",
                "[~ block 1 again after each of these 4 lines:]",
                "at noon",
                "Error: 3",
                "Error: 4",
                "Error: 5",
                "end",
            ],
            id="one below two",
        ),
        pytest.param(
            [["Error: 1"], ["Error: 2"]],
            ["Error: 1", "[~ block 1 again]", "Error: 2", "[~ block 1 again]", "end"],
            id="too few",
        ),
        pytest.param(
            [["Error: 1"], ["[~ the 4 lines above: 9x more]"], ["Error: 3"], ["Error: 4"]],
            [
                *("Error: 1", "[~ block 1 again]", "[~ the 4 lines above: 9x more]", "[~ block 1 again]"),
                *("Error: 3", "[~ block 1 again]", "Error: 4", "[~ block 1 again]", "end"),
            ],
            id="a line of ours among them",
        ),
        pytest.param(
            [[], ["Error: 1"], ["Error: 2"], ["Error: 3"]],
            [
                "[~ block 1 again]",
                "[~ block 1 again after each of these 3 lines:]",
                *("Error: 1", "Error: 2", "Error: 3", "end"),
            ],
            id="none is taken from the copy above",
        ),
    ],
)
def test_one_block_below_each_of_several_lines_is_said_once(below, numbered):
    lines = ["Error: 0", *BLOCK, *(line for singles in below for line in (*singles, *BLOCK)), "end"]
    assert number_blocks(lines) == ["Error: 0", *ONCE, *numbered]
    assert unnumber_blocks(number_blocks(lines)) == lines


def test_what_is_counted_stays_right_below_its_lines():
    lines = [line for n in range(5) for line in (f"Error: {n}", *BLOCK)] + ["[~ the 4 lines above: 7x more]"]
    assert number_blocks(lines)[-2:] == ["[~ block 1 again]", "[~ the 4 lines above: 7x more]"]
    assert unnumber_blocks(number_blocks(lines)) == lines


HEAD = [f"  at com.example.Shop.step{n}(Shop.java:{n})" for n in range(4)]
DEEP = "  at com.example.Shop.descend(Shop.java:77)"


@pytest.mark.parametrize(
    "traces",
    [
        [[*HEAD, *[DEEP] * times, "  ... 7 more"] for times in (5, 6, 7, 5, 6)],
        [[*HEAD, *[DEEP] * times, *HEAD[::-1]] for times in (5, 6, 7, 5, 6)],
        [[*[DEEP] * times, *HEAD] for times in (5, 6, 7, 5, 6)],
    ],
    ids=["behind a block", "between blocks", "before a block"],
)
def test_no_block_parts_a_count_from_the_line_that_it_is_of(traces):
    lines = [line for n, trace in enumerate(traces) for line in (f"batch {n} failed:", *trace)]
    once = fold_repeats(lines)
    numbered = number_blocks(once)
    assert "[~ block 1 again]" in numbered
    for row, line in enumerate(numbered):
        if line.startswith("[~ the "):
            assert numbered[row - 1] == DEEP
    assert unfold_repeats(unnumber_blocks(numbered)) == lines


def test_of_blocks_one_in_the_other_the_one_that_spares_most_is_numbered():
    inner = [f"        at part {i} (/srv/app/deep/module.js:5:{i})" for i in range(4)]
    outer = [*(line for n in range(3) for line in (f"    RangeError: part {n} is too large", *inner)), "  ]", "}"]
    numbered = number_blocks([line for n in range(4) for line in (f"[{n}] upload u-50{n} failed", *outer)])
    assert numbered == [
        "[0] upload u-500 failed",
        f"[~ block 1, {len(outer)} lines:]",
        *outer,
        "[~ block 1 again after each of these 3 lines:]",
        *(f"[{n}] upload u-50{n} failed" for n in range(1, 4)),
    ]


def test_a_block_is_as_long_as_spares_most():
    steps = [f"    at step {i} (/srv/app/deep/module.js:5:{i})" for i in range(8)]

    def short(times):
        return [line for n in range(times) for line in (f"Error: {n}", *steps[:5])]

    assert number_blocks([*steps, "Error: long", *steps, *short(0)])[0] == "[~ block 1, 8 lines:]"
    assert number_blocks([*steps, "Error: long", *steps, *short(1)])[0] == "[~ block 1, 5 lines:]"
    assert number_blocks([*steps, *short(4)])[0] == "[~ block 1, 5 lines:]"


@pytest.mark.parametrize(
    ("source", "safe"),
    [
        pytest.param("[~ ours", "[\\~ ours", id="a line like ours"),
        pytest.param("[\\~ ours", "[\\\\~ ours", id="an escaped line"),
        pytest.param("x\n \t[\\\\~ ours", "x\n \t[\\\\\\~ ours", id="twice escaped and indented"),
        pytest.param("a [~ b", "a [~ b", id="not where a line begins"),
        pytest.param("~ home\n[~x]\n[\\ ~ ]", "~ home\n[~x]\n[\\ ~ ]", id="the signs apart"),
    ],
)
def test_only_lines_like_ours_are_escaped(source, safe):
    assert escape(source) == safe
    assert unescape(safe) == source


@pytest.mark.parametrize("before", ["", "~", "~ [ ~", "[~", "~" * 80, "[~." * 80], ids=str.__len__)
@pytest.mark.parametrize(
    ("text", "there"), [("[~ a", True), ("[ ~ a", False), ("~ [", False), ("", False), ("[~", False)]
)
def test_our_sigil_is_found_wherever_it_stands(before, text, there):
    assert has_sigil(f"{before}\n{text}") is there


@given(texts)
def test_lines_of_ours_are_found_wherever_they_stand(text):
    lines = text.split("\n")
    assert marked_rows(lines) == [row for row, line in enumerate(lines) if line.startswith("[~ ")]


@pytest.mark.parametrize("lines", [[], ["[~ a]"], ["", "[~ a]", "[~ b]", " [~ c]", "[~", "[~ "]])
def test_only_lines_that_begin_with_our_sigil_are_ours(lines):
    assert marked_rows(lines) == [row for row, line in enumerate(lines) if line[:3] == "[~ "]
