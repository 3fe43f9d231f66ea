import pytest

from headroom.compress import named_below
from headroom.compress.run_results import results_of

PYTEST = "tests/test_a.py::test_b[1-2] FAILED   [ 52%]\n", "FAILED tests/test_a.py::test_b[1-2] - assert 1 == 2\n"
UNITTEST = "test_b (tests.A.test_b) ... FAIL\n", "FAIL: test_b (tests.A.test_b)\n"
JEST = "    ✕ totals the cart (4 ms)\n", "  ● cart › open › totals the cart\n"


def rows(text):
    return named_below.spare(
        text.split("\n"), [row for row, result in enumerate(results_of(text)) if result == "failed"]
    )


@pytest.mark.parametrize(("progress", "below"), [PYTEST, UNITTEST, JEST], ids=["pytest", "unittest", "jest"])
def test_a_result_may_go_whose_test_is_named_below(progress, below):
    assert rows(progress + "\n" + below) == {0}
    assert rows(below + progress) == set()
    assert rows(progress + "\n" + below.replace("b", "c").replace("cart\n", "bill\n")) == set()


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
