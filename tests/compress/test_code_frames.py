"""Of an excerpt of source below a failure the line that failed stays, those around it go, unless they are asked for."""

import pytest

from headroom.compress import code_frames
from headroom.compress.runners import Runners
from tests.compress.line_samples import asking, keeps_the_law, shown, spelled

WHY = "Why is the run red? I need each failing test, expected and actual values, and the location."


def jest(number):
    return (
        f"  ● cart › splits {number}\n\n    expect(received).toBe(expected) // Object.is equality\n\n"
        f"    Expected: {number}\n    Received: 99\n\n"
        f"      1{number} |   test('is empty at first', () => {{ expect(cart().total()).toBe({number}) }})\n"
        f"      2{number} |   test('holds an item', () => {{ expect(cart(1).total()).toBe(10{number}) }})\n"
        f"    > 3{number} |   test('splits {number}', () => {{ expect(split(1000, {number})).toBe({number}) }})\n"
        f"         |                                                ^\n"
        f"      4{number} | }})\n      5{number} |\n\n      at Object.toBe (cart.test.cjs:3{number}:48)\n\n"
    )


def vitest(number):
    return (
        f" FAIL  src/order{number}.test.ts > order > splits into parts\nAssertionError: expected {number} to equal 99\n\n"
        f" ❯ src/order{number}.test.ts:21:29\n     19|   it('splits into parts', () => {{\n"
        f"     20|     const parts = split(1000, {number})\n     21|     expect(parts).toEqual([334, 333, {number}])\n"
        "       |                   ^\n     22|   })\n     23| })\n\n"
    )


@pytest.mark.parametrize(
    ("failure", "stays", "goes"),
    [
        (jest, "    > 34 |   test('splits 4', () => {", ("is empty at first", "      44 | })", "|    ")),
        (vitest, "     21|     expect(parts).toEqual([334, 333, 4])\n", ("19|   it(", "22|   })", "|    ")),
    ],
)
def test_the_line_that_failed_stays(failure, stays, goes):
    text = "".join(map(failure, range(1, 9)))
    rendition = keeps_the_law(Runners(), text, asking(WHY))
    assert f"{code_frames.NOTE}\n" in shown(rendition)
    found = spelled(rendition)
    assert stays in found
    assert not any(line in found for line in goes[:2])
    assert found.count("\n") < text.count("\n") - 8 * 4


@pytest.mark.parametrize("question", ["Which tests fail? Show the code around.", "Fix the failing tests."])
def test_who_asks_for_the_source_gets_it(question):
    assert not code_frames.spare(jest(4).split("\n"), question)


@pytest.mark.parametrize(
    "text",
    [
        "  a |  b\n    |  ^\n",
        "error: x\n  |\n4 | let x = y;\n  |         ^ not found\n",
        "         |      ^\n      44 | })\n",
        "  1 | a\n  2 | b\n",
    ],
)
def test_what_is_no_excerpt_with_a_caret_stays(text):
    assert not code_frames.spare(text.split("\n"), WHY)


@pytest.mark.parametrize("line", ["  1 | a ^", "    | ^", "    |" + " " * 100_000 + "^x", "  " + "^" * 100_000])
def test_many_or_long_lines_are_read_once(line):
    code_frames.spare([line] * (20_000 if len(line) < 100 else 3), WHY)
