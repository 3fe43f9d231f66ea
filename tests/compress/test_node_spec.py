"""What node --test draws as a tree and lists below: each failure once, its error without what it says twice."""

import pytest

from headroom.compress import node_spec, repeated_failures
from headroom.compress.detect import detect
from headroom.compress.runners import Runners
from tests.compress.line_samples import VAGUE, asking, keeps_the_law, shown, spelled

WHY = "Which tests failed, with expected and actual value and where?"
FRAMES = "".join(f"      at Test.{call} (node:internal/test_runner/test:9:1)\n" for call in ("run", "start", "post"))


def error(said, actual, expected, line, more=""):
    return (
        f"  AssertionError [ERR_ASSERTION]: {said}\n  \n      at TestContext.<anonymous> (file:///shop/cart.test.mjs:{line}:9)\n{FRAMES}"
        "      at async Test.postpone (node:internal/test_runner/test:8:7) {\n    generatedMessage: true,\n    code: 'ERR_ASSERTION',\n"
        f"    actual: {actual},\n    expected: {expected},\n    operator: 'strictEqual'{more}\n  }}\n\n"
    )


PLAIN = error("Expected values to be strictly equal:\n  \n  6 !== 17", "6", "17", 5)
DRAWN = error(
    "Expected values to be strictly deep-equal:\n  + actual - expected\n  \n    {\n  +   owes: 3\n  -   owes: 4\n    }",
    "{ owes: 3 }",
    "{\n      owes: 4\n    }",
    8,
    more=",\n    diff: 'simple'",
)
CUT = DRAWN.replace("  -   owes: 4\n    }\n  \n", "  ...\n")
OWN = error("the till is shut", "'open'", "'shut'", 12)
PASSED = "".join(f"✔ adds {n} (0.{n}ms)\n" for n in range(9))


def report(*bodies, titled=True):
    tree = PASSED + "".join(
        f"✖ pays bill {n} of the day (1.{n}ms)\n{body if titled else ''}" for n, body in enumerate(bodies)
    )
    totals = (
        f"ℹ tests {9 + len(bodies)}\nℹ suites 0\nℹ pass 9\nℹ fail {len(bodies)}\nℹ cancelled 0\nℹ duration_ms 4.2\n"
    )
    below = "".join(
        f"test at cart.test.mjs:{n}:1\n✖ pays bill {n} of the day (1.{n}ms)\n{body}" for n, body in enumerate(bodies)
    )
    return f"{tree}{totals}\n✖ failing tests:\n\n{below}"


def left(text, query=WHY):
    """The lines of properties that stay."""
    lines = text.split("\n")
    gone = node_spec.spare(lines, query)
    first = next(row for row, line in enumerate(lines) if "generatedMessage" in line)
    return [line.strip() for row, line in enumerate(lines) if row >= first and row not in gone and line.strip()]


@pytest.mark.parametrize(
    ("body", "stays"),
    [
        (PLAIN, []),
        (DRAWN, []),
        (CUT, ["expected: {", "owes: 4", "},", "}"]),
        (OWN, ["actual: 'open',", "expected: 'shut',", "}"]),
        (DRAWN.partition("\n      at ")[2], ["actual: { owes: 3 },", "expected: {", "owes: 4", "},", "}"]),
        (PLAIN.replace("'strictEqual'", "'strictEqual',\n    [cause]: 3"), ["[cause]: 3", "}"]),
        (DRAWN.rpartition("      owes")[0], []),
        (PLAIN.replace("'ERR_ASSERTION',", "'ENOENT',"), ["code: 'ENOENT',", "}"]),
    ],
    ids=["plain", "drawn", "drawn in part", "own message", "cut above", "with a cause", "cut below", "another code"],
)
def test_of_an_errors_properties_stays_what_its_message_does_not_tell(body, stays):
    assert left(body) == stays


def test_values_of_one_failure_are_not_taken_as_told_by_another():
    assert "actual: 6," in left(PLAIN + "✖ pays\n" + PLAIN.partition("TestContext")[2])


@pytest.mark.parametrize(
    "query", ["With which operator did it compare?", "Show the whole actual value.", "How long did it take?"]
)
def test_what_is_asked_for_stays(query):
    assert node_spec.spare(DRAWN.split("\n"), query) == set()


@pytest.mark.parametrize("titled", [True, False], ids=["errors in the tree", "names in the tree"])
def test_each_failure_is_told_once_with_its_place(titled):
    rendition = keeps_the_law(Runners(), report(PLAIN, DRAWN, OWN, titled=titled), asking(WHY))
    view, text = shown(rendition), spelled(rendition)
    for number, place in enumerate((5, 8, 12)):
        assert text.count(f"✖ pays bill {number} of the day") == 1
        assert text.count(f"cart.test.mjs:{place}:9") == 1
        assert f"test at cart.test.mjs:{number}:1\n✖ pays bill {number} of the day" in text
    assert "6 !== 17" in text
    assert "+   owes: 3" in text
    assert "generatedMessage" not in text
    assert "result lines" not in view
    assert "ℹ pass 9" in text


def test_a_failing_test_of_a_suite_keeps_its_name_in_the_tree():
    inner = "".join(f"  {line}\n" for line in f"✖ pays bill 0 of the day (1.0ms)\n{PLAIN}".splitlines())
    text = report(PLAIN).replace(f"✖ pays bill 0 of the day (1.0ms)\n{PLAIN}", f"▶ cart\n{inner}✖ cart (2.1ms)\n", 1)
    kept = spelled(keeps_the_law(Runners(), text, asking(WHY)))
    assert "▶ cart\n  ✖ pays bill 0 of the day (1.0ms)\n" in kept
    assert kept.count("6 !== 17") == 1


def test_the_tree_stays_where_the_list_below_is_cut_off():
    text = report(PLAIN, DRAWN).partition("\n✖ failing")[0]
    kept = spelled(keeps_the_law(Runners(), text, asking(WHY)))
    assert "✖ pays bill 0 of the day (1.0ms)\n" in kept
    assert "✖ pays bill 1 of the day (1.1ms)\n" in kept
    assert node_spec.told_below(text, repeated_failures.again(text), text.split("\n")) == set()


@pytest.mark.parametrize("first", range(0, 90, 9))
def test_a_window_of_failures_is_known_as_what_a_test_runner_prints(first):
    lines = report(*[DRAWN] * 6).split("\n")
    assert detect("\n".join(lines[first : first + 60]), VAGUE).kinds[:1] == ("tests",)


@pytest.mark.parametrize(
    "text",
    ["generatedMessage: true\n" * 20_000, "  generatedMessage: true\n" + "    a: '" * 20_000, "x" * 100_000],
    ids=["many", "long", "word"],
)
def test_odd_texts_take_no_time(text):
    assert len(node_spec.spare(text.split("\n"), WHY)) <= 20_001
