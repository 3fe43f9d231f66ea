"""Exception groups of Python: known wherever a window begins, of errors alike in them the message is enough."""

import time

import pytest

from headroom.compress.detect import detect
from headroom.compress.errors_alike import alike, listed
from headroom.compress.exception_groups import held
from headroom.compress.framing import frame
from headroom.compress.trace import Trace
from tests.compress.line_samples import VAGUE, asking, keeps_the_law, shown, spelled

TRACE = Trace()
HEAD = "Traceback (most recent call last):"


def error(n, name="KeyError", line=12):
    return [
        HEAD,
        f'  File "/srv/shop/pick.py", line {line}, in pick',
        "    row = LEVELS[sku]",
        "          ~~~~~~^^^^^",
        f"{name}: 'SKU-{n}'",
        f"wave W-{n}",
    ]


def group(errors, said="picks failed", first=True):
    """The lines of a group, with its errors further in."""
    found = [
        f"Exception Group {HEAD}",
        '  File "/srv/shop/pick.py", line 30, in wave',
        "    raise found from None",
        f"ExceptionGroup: {said}",
    ]
    lines = [f"{'+' if first and not row else '|'} {line}" for row, line in enumerate(found)]
    for number, inner in enumerate(errors, 1):
        lines.append(f"{'+-' if number == 1 else '  '}+---------------- {number} ----------------")
        drawn = inner if inner[0].startswith("|") else [f"| {line}" for line in inner]
        lines += [f"  {line}" for line in drawn]
    return [*lines, "  +------------------------------------"]


def text_of(lines):
    return "".join(f"  {line}\n" for line in lines)


MANY = text_of(group([error(n) for n in range(12)]))
NESTED = text_of(
    group([group([error(n) for n in range(4)], first=False), error(9, "OSError", 40), error(10, "OSError", 40)])
)


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (MANY, [f"KeyError: 'SKU-{n}'" for n in range(12)]),
        (NESTED, [*(f"KeyError: 'SKU-{n}'" for n in range(4)), "OSError: 'SKU-9'", "OSError: 'SKU-10'"]),
        (MANY[MANY.index("SKU-4") :], [f"KeyError: 'SKU-{n}'" for n in range(5, 12)]),
        (MANY[: MANY.index("SKU-4")], [f"KeyError: 'SKU-{n}'" for n in range(4)]),
        (text_of(group([["ValueError: never raised"], error(3)])), ["KeyError: 'SKU-3'"]),
        (text_of(group([[*error(1)[:5], "", "During handling of the above exception, another exception occurred:", "", *error(2)]])), ["KeyError: 'SKU-2'"]),
    ],
    ids=["one group", "a group in a group", "cut above", "cut below", "never raised", "with a cause"],
)  # fmt: skip
def test_each_error_of_a_group_has_its_message(text, messages):
    lines = text.split("\n")
    found = list(held(lines))
    assert [lines[one.message][one.indent :] for one in found] == messages
    assert all(lines[one.rows.start][one.indent :] == HEAD for one in found)


def test_of_errors_alike_the_first_and_the_last_stay_and_the_others_are_told_on_top():
    rendition = keeps_the_law(TRACE, MANY, VAGUE)
    view, text = shown(rendition), spelled(rendition)
    assert "10 errors like L6: KeyError: 'SKU-1' | 'SKU-2' |" in view
    assert text.count("| KeyError: ") == 2
    assert len(rendition.gaps) == 1
    assert "+---------------- 12 ----------------" in text


def test_of_few_errors_alike_the_notes_are_told_too():
    assert listed(alike(NESTED.split("\n"))) == [
        "[~ 3 errors like L11: KeyError: 'SKU-1'; wave W-1 | 'SKU-2'; wave W-2 | 'SKU-3'; wave W-3]"
    ]


@pytest.mark.parametrize("query", ["Show the full traceback.", "Why did SKU-7 fail?"])
def test_what_is_asked_for_stays(query):
    rendition = TRACE.lossy(MANY, asking(query))
    assert rendition is None or "| KeyError: 'SKU-7'" in spelled(rendition)


@pytest.mark.parametrize("first", range(0, 60, 7))
def test_a_window_of_a_group_is_a_trace_and_no_table_with_words_around_it(first):
    window = "\n".join(MANY.split("\n")[first : first + 24])
    assert detect(window, VAGUE).kinds[:1] == ("trace",)
    assert frame(window) is None


def test_bars_that_part_cells_still_frame_a_table():
    rows = "".join(f"  | {n} | till {n} |\n" for n in range(60))
    framed = frame(f"Tills of today\n{rows}")
    assert framed is not None
    assert framed.core == rows


@pytest.mark.parametrize(
    "text", ["+-" * 50_000, "  +---------------- 1 ----------------\n" * 3_000, " " * 100_000 + "-", text_of(group([error(n) for n in range(2_000)]))],
    ids=["rules", "open groups", "blanks", "errors"],
)  # fmt: skip
def test_odd_texts_take_no_time(text):
    start = time.perf_counter()
    list(held(text.split("\n")))
    assert time.perf_counter() - start < 1
