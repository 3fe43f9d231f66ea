"""pytest's arguments that are bare objects, or that the test does not use: they go, each other value stays."""

import pytest

from headroom.compress import bare_arguments
from headroom.compress.runners import Runners
from tests.compress.line_samples import asking, keeps_the_law, shown, spelled

WHY = "Which tests fail and why? Give file:line and the assertion for each."


def failed(number: int) -> str:
    return (
        f"________________________ TestCart.test_total_{number} ________________________\n\n"
        f"self = <tests.test_cart.TestCart object at 0x7f52153d4a{number:02x}>\n"
        f"cart = <shop.cart.Cart object at 0x7f5214c8b6{number:02x}>, tax = <shop.tax.Tax object at 0x7f5214c8b7{number:02x}>\n"
        f"stock = {{'item': {number}}}\n\n"
        f"    def test_total_{number}(self, cart, tax, stock):\n        cart.add(stock)\n"
        f">       assert cart.total(tax) == {number}.50\nE       assert 9.0 == {number}.50\n\n"
        f"tests/test_cart.py:{number}7: AssertionError\n"
    )


TEXT = (
    "=================================== FAILURES ===================================\n"
    + "".join(map(failed, range(1, 7)))
    + "=========================== short test summary info ============================\n"
    + "".join(f"FAILED tests/test_cart.py::TestCart::test_total_{n} - assert 9.0 == {n}.50\n" for n in range(1, 7))
    + "========================= 6 failed, 40 passed in 0.31s =========================\n"
)


def test_objects_go_and_values_stay():
    rendition = keeps_the_law(Runners(), TEXT, asking(WHY))
    assert bare_arguments.NOTE.removesuffix("]") in shown(rendition)
    found = spelled(rendition)
    assert " object at 0x" not in found
    assert all(f"stock = {{'item': {n}}}\n" in found for n in range(1, 7))
    assert all(f">       assert cart.total(tax) == {n}.50\n" in found for n in range(1, 7))


@pytest.mark.parametrize(
    "line",
    [
        "self = <tests.test_cart.CartTest testMethod=test_total>",
        "cart = <shop.cart.Cart object at 0x7f52>, tax = <shop.tax.Tax object at 0x7f53>",
    ],
)
def test_an_object_of_which_nothing_is_shown_goes(line: str):
    assert bare_arguments.spare([line], WHY) == {0}


@pytest.mark.parametrize(
    "line",
    [
        "self = <tests.test_cart.CartTest testMethod=test_total items=5>",
        "cart = <shop.cart.Cart object at 0x7f52>, item = 5",
        "cart = <shop.cart.Cart object at 0x7f52>.total",
        "cart = <Cart 5 items>",
        "    cart = <shop.cart.Cart object at 0x7f52>",
        "E   where <shop.cart.Cart object at 0x7f52>",
    ],
)
def test_all_else_stays(line: str):
    assert bare_arguments.spare([line], WHY) == set()


def called(
    *arguments: str, head: str = "    def test_due(self, clock, day):", body: str = "    assert day.due()"
) -> list[str]:
    return [
        "",
        *arguments,
        "",
        head,
        "        day.start()",
        f">   {body}",
        "E       assert False",
        "",
        "tests/test_due.py:7: E",
    ]


CLOCK = "clock = datetime.datetime(2031, 6, 24, tzinfo=datetime.timezone.utc)"
DAY = "day = Day(2031, 6, 24)"


@pytest.mark.parametrize(
    ("lines", "gone"),
    [
        (called(CLOCK, DAY), {1}),
        (called(DAY, CLOCK), {2}),
        (called(CLOCK, DAY, body="    assert day.due(clock)"), set()),
        (called(CLOCK, DAY, head="    @pytest.mark.due"), set()),
        (called(f"{CLOCK}, day = 5", DAY), set()),
        (called("clock = 'strict'", DAY), set()),
        (called("clock = {'hour': 5}", DAY), set()),
        (called(CLOCK, DAY)[:5], set()),
        ([CLOCK, "", "tests/test_due.py:7: E"], set()),
    ],
    ids=["first", "last", "used", "no head", "two in a line", "text", "dict", "cut off", "a local"],
)
def test_an_object_that_the_source_names_in_its_head_only_goes(lines: list[str], gone: set[int]):
    assert bare_arguments.spare(lines, WHY) == gone


@pytest.mark.parametrize("question", ["What is self in each failure?", "Show the arguments of the failed calls."])
def test_who_asks_for_arguments_gets_them(question: str):
    assert bare_arguments.spare(TEXT.split("\n"), question) == set()


@pytest.mark.parametrize("sign", ["a", "a.", "<", "a = <b object at 0x1>, ", " object at 0x"])
def test_long_lines_are_read_once(sign: str):
    assert bare_arguments.spare([("a = <" + sign * 100_000)[:100_000] + ">"], WHY) == set()
