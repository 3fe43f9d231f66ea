"""node's and jest's failures that are told once more below all tests, and the suites around tests."""

import pytest

from headroom.compress.detect import detect
from headroom.compress.node_suites import suites_of
from headroom.compress.rendition import Hints
from headroom.compress.repeated_failures import again
from headroom.compress.run_results import results_of
from headroom.compress.runners import Runners
from tests.compress.line_samples import ASKED, VAGUE, keeps_the_law, shown, spelled

RUNNERS = Runners()


def failure(n, indent=""):
    return "".join(
        f"{indent}{line}\n"
        for line in (
            f"✖ pays {n} (0.9{n}ms)",
            f"  AssertionError [ERR_ASSERTION]: owes {n}",
            "      at TestContext.<anonymous> (/src/till.test.js:2:69)",
            *(f"      at Test.part{k} (node:internal/test_runner/test:{k}26:7)" for k in range(6)),
            f"    actual: {n},",
            "  }",
        )
    )


def suite(name, n, failing=""):
    tests = "".join(f"  ✔ adds {i} (0.0{i}ms)\n" for i in range(n))
    return f"▶ {name}\n{tests}{failing}{'✖' if failing else '✔'} {name} (1.5ms)\n"


def run(failing, below):
    return (
        f"{''.join(suite(f'till {n}', 5) for n in range(8))}{suite('safe', 4, failing)}ℹ tests 45\nℹ suites 9\nℹ pass 44\nℹ fail 1\n\n"
        f"✖ failing tests:\n\ntest at src/till.test.js:2:25\n{below}"
    )


TEXT = run(failure(3, "  ") + "\n", failure(3))


def test_results_of_suites_are_none_of_tests():
    results = results_of(TEXT)
    assert (results.count("passed"), results.count("failed")) == (44, 1)
    assert len(suites_of(TEXT)) == 9


@pytest.mark.parametrize(
    ("hints", "said"),
    [(VAGUE, "as told from L63 on"), (ASKED, "results of failures named below")],
    ids=["vague", "asked"],
)
def test_a_failure_is_told_once_with_its_place(hints, said):
    rendition = keeps_the_law(RUNNERS, TEXT, hints)
    kept, view = spelled(rendition), shown(rendition)
    assert kept.count("owes 3") == 1
    assert "test at src/till.test.js:2:25\n✖ pays 3 (0.93ms)\n" in kept
    assert TEXT.split("\n")[62] == "    AssertionError [ERR_ASSERTION]: owes 3"
    assert said in view
    assert "result lines: 1 failed, 44 passed" in view or "ℹ pass 44\nℹ fail 1\n" in view
    assert "▶ safe" in kept
    assert "▶ till 3" not in kept


@pytest.mark.parametrize(
    "below",
    [failure(3).replace("owes 3", "owes 4"), failure(4), failure(3).replace("    actual: 3,\n", "")],
    ids=["another message", "another test", "fewer lines"],
)
def test_what_differs_is_told(below):
    text = run(failure(3, "  ") + "\n", below)
    kept = spelled(keeps_the_law(RUNNERS, text))
    assert again(text) == []
    assert below.split("\n")[1] in kept.partition("✖ failing tests:")[2]


def test_a_summary_of_jest_tells_again():
    told = f"  ● pays\n\n    expect(received).toBe(expected)\n\n    Expected: 3\n    Received: 4\n\n      {'> 3 | expect(till.owes()).toBe(3);':90}\n\n      at Object.<anonymous> (till.test.js:3:9)\n\n"
    passing = "".join(f"PASS src/part{n}.test.js\n" for n in range(9))
    text = f"{passing}FAIL src/till.test.js\n{told}Summary of all failing tests\nFAIL src/till.test.js\n{told}Test Suites: 1 failed, 9 passed, 10 total\n"
    (found,) = again(text)
    assert text.split("\n")[found.first - 1] == "  ● pays"
    assert spelled(keeps_the_law(RUNNERS, text)).count("Received: 4") == 1


def test_a_run_with_long_failures_is_one_of_tests():
    text = "".join(f"✔ adds {n} (0.1ms)\n" for n in range(20)) + failure(3) * 3 + "ℹ tests 21\nℹ suites 0\nℹ pass 20\n"
    assert detect(text, Hints()).kinds[0] == "tests"
