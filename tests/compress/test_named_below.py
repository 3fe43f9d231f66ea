import pytest

from headroom.compress import named_below
from headroom.compress.run_results import results_of

PYTEST = "tests/test_a.py::test_b[1-2] FAILED   [ 52%]\n", "FAILED tests/test_a.py::test_b[1-2] - assert 1 == 2\n"
UNITTEST = "test_b (tests.A.test_b) ... FAIL\n", "FAIL: test_b (tests.A.test_b)\n"
LOCAL = (
    "test_b (tests.a.<locals>.B.test_b) [x] (i=1) ... ERROR\n",
    "ERROR: test_b (tests.a.<locals>.B.test_b) [x] (i=1)\n",
)
JEST = "    ✕ totals the cart (4 ms)\n", "  ● cart › open › totals the cart\n"


def rows(text):
    return named_below.spare(
        text.split("\n"), [row for row, result in enumerate(results_of(text)) if result == "failed"]
    )


@pytest.mark.parametrize(
    ("progress", "below"),
    [PYTEST, UNITTEST, LOCAL, JEST],
    ids=["pytest", "unittest", "of a function", "jest"],
)
def test_a_result_may_go_whose_test_is_named_below(progress, below):
    assert rows(progress + "\n" + below) == {0}
    assert rows(below + progress) == set()
    assert rows(progress + "\n" + below.replace("b", "c").replace("cart\n", "bill\n")) == set()


@pytest.mark.parametrize(
    ("progress", "gone"),
    [
        ("test_b (tests.A.test_b)\nIt pays. ... FAIL\n", {0, 1}),
        ("test_b (tests.A.test_b)\nIt pays. ... paying\nFAIL\n", set()),
        ("test_c (tests.A.test_c) ... ok\nIt pays. ... FAIL\n", set()),
        ("  test_b (tests.A.test_b)\nIt pays. ... FAIL\n", {0, 1}),
        ("test_b (tests.A.test_b) ... \n  test_b (tests.A.test_b) ... FAIL\n", {0, 1}),
        ("test_b (tests.A.test_b)\nIt pays. ... \n  test_b (tests.A.test_b)\nIt pays. ... FAIL\n", {0, 1, 2, 3}),
        ("test_b (tests.A.test_b) ... paying\n\n  test_b (tests.A.test_b) ... FAIL\n", {2}),
    ],
    ids=[
        "docstring",
        "with output",
        "another's docstring",
        "subtest",
        "first subtest",
        "with docstring",
        "below output",
    ],
)
def test_a_result_of_unittest_goes_with_the_name_above_it_and_nothing_else(progress, gone):
    assert rows(f"{progress}\nFAIL: test_b (tests.A.test_b)\n") == gone


def test_a_line_above_a_result_of_jest_stays():
    assert rows(f"    ✓ waits ...\n{JEST[0]}\n{JEST[1]}") == {1}


def test_each_file_has_its_own_results():
    text = "".join(
        f"FAIL test/{name}.test.js\n    ✕ adds {name} (1 ms)\n\n  ● {name} › adds {name}\n\n    Expected: 1\n\n"
        for name in "abc"
    )
    assert rows(text) == {1, 8, 15}


@pytest.mark.parametrize(
    "line", ["  ● " * 20_000, "FAILED a::" + "b" * 100_000, "test " + "a" * 100_000], ids=["dots", "name", "word"]
)
def test_long_lines_are_left_alone(line):
    assert rows(PYTEST[0] + line + "\n" + PYTEST[1]) == {0}
    assert rows(f"{line} FAILED [ 1%]\n") == set()
