import pytest

from headroom.compress import pytest_warnings
from headroom.compress.runners import Runners
from tests.compress.line_samples import VAGUE, asking, keeps_the_law, shown

RUNNERS = Runners()
WHY = asking("Which tests fail and why?")


def warned(n, message="DeprecationWarning: shop.price is deprecated"):
    return f"tests/test_shop.py::test_{n}\n  /srv/shop/tests/test_shop.py:{n}: {message}\n    total = price({n})\n\n"


def run(warnings, title="warnings summary"):
    return (
        "..F.                                                                     [100%]\n"
        "=================================== FAILURES ===================================\n"
        "___________________________________ test_total ___________________________________\n"
        "tests/test_shop.py:9: in test_total\n    assert total() == 3\nE   assert 2 == 3\n"
        f"=============================== {title} ===============================\n{''.join(warnings)}"
        "-- Docs: https://docs.pytest.org/en/stable/how-to/capture-warnings.html\n"
        "=========================== short test summary info ============================\n"
        "FAILED tests/test_shop.py::test_total - assert 2 == 3\n"
        f"1 failed, 3 passed, {len(warnings)} warnings in 0.03s\n"
    )


ALIKE = [warned(n) for n in range(10, 20)]
OTHER = warned(77, "RuntimeWarning: coroutine 'fetch' was never awaited")


@pytest.mark.parametrize("title", ["warnings summary", "warnings summary (final)"])
def test_of_warnings_with_one_message_the_first_stays(title):
    found = shown(keeps_the_law(RUNNERS, run([*ALIKE, OTHER], title), VAGUE))
    for fact in (
        "test_shop.py:10: DeprecationWarning",
        "coroutine 'fetch' was never awaited",
        "assert 2 == 3",
        "11 warnings in",
    ):
        assert fact in found
    assert "test_shop.py:17:" not in found
    assert "9 warnings with the message of L8" in found


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (run(ALIKE), "Which warnings are there?"),
        (run(ALIKE), "What is deprecated?"),
        (run([warned(n, f"UserWarning: rate {n} is old") for n in range(10, 20)]), "Why does it fail?"),
        (run(ALIKE, "captured output"), "Why does it fail?"),
        (run([]), "Why does it fail?"),
    ],
)
def test_no_warning_goes_that_is_asked_for_or_like_no_other(text, question):
    assert pytest_warnings.alike(text, text.split("\n"), question) == []


def test_a_warning_with_several_places_stays():
    text = run([f"test_a\n  /srv/a.py:1: UserWarning: old\n  /srv/b.py:{n}: UserWarning: old\n\n" for n in range(9)])
    assert pytest_warnings.alike(text, text.split("\n"), "Why does it fail?") == []


def test_a_summary_that_is_cut_off_is_read_to_its_end():
    text = run(ALIKE).partition("-- Docs")[0].rstrip("\n")
    rows = [warning.rows for warning in pytest_warnings.alike(text, text.split("\n"), "Why?")]
    assert len(rows) == 9
    assert rows[-1].stop == len(text.split("\n"))


@pytest.mark.parametrize(
    ("text", "transform"),
    [
        (run(ALIKE), "tests:passed"),
        (
            "".join(f"tests/test_a.py::test_{n} PASSED [ {n}%]\n" for n in range(10, 60)) + "50 passed in 0.1s\n",
            "tests:passed",
        ),
    ],
)
def test_where_every_failure_is_whole_the_loss_is_that_of_passing_tests(text, transform):
    assert RUNNERS.lossy(text, WHY).transform == transform
