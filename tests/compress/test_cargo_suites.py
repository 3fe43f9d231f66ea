import pytest

from headroom.compress import cargo_suites
from headroom.compress.runners import Runners
from tests.compress.line_samples import ASKED, VAGUE, asking, keeps_the_law, shown

RUNNERS = Runners()
GOOD = "test result: ok. 6 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n"


def suite(name, bad="", more=""):
    tests = "".join(f"test {name}::case_{n} ... ok\n" for n in range(6))
    said = "test result: FAILED. 6 passed; 1 failed; 0 ignored\n" if bad else GOOD
    return (
        f"     Running tests/{name}.rs (target/debug/deps/{name}-0a1b)\n\nrunning 7 tests\n{tests}{bad}{more}\n{said}\n"
    )


AGAIN = "test money::splits ... FAILED"
FAILED = f"{AGAIN}\n"
TOLD = (
    "\nfailures:\n\n---- money::splits stdout ----\n\nthread 'money::splits' panicked at src/money.rs:12:5:\nassertion failed\n"
    "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n\n\nfailures:\n    money::splits\n"
)
TEXT = suite("cards") + suite("money", FAILED, TOLD) + suite("dates")


def test_suites_that_passed_go_with_all_that_tells_of_them():
    view = shown(keeps_the_law(RUNNERS, TEXT, ASKED))
    assert "test result: ok." not in view
    assert "tests/cards.rs" not in view
    assert "tests/dates.rs" not in view
    assert "tests/money.rs" in view
    assert "src/money.rs:12:5" in view
    assert "test result: FAILED. 6 passed; 1 failed" in view


@pytest.mark.parametrize(
    "hints", [VAGUE, asking("How many of cards::case_4 and others are there?")], ids=["vague", "count"]
)
def test_what_no_question_for_failures_makes_needless_stays(hints):
    assert "test result: ok." in shown(keeps_the_law(RUNNERS, TEXT, hints))


def test_a_suite_with_a_test_that_stays_stays():
    lines = TEXT.split("\n")
    all_passing = {row for row, line in enumerate(lines) if line.endswith("... ok")}
    assert len(cargo_suites.passing(TEXT, lines, all_passing)) == 2
    assert len(cargo_suites.passing(TEXT, lines, all_passing - {min(all_passing)})) == 1


@pytest.mark.parametrize(
    ("text", "question", "gone"),
    [
        (
            TEXT,
            "Why?",
            [AGAIN, "failures:", "    money::splits", "note: run with `RUST_BACKTRACE=1` environment variable"],
        ),
        (TEXT, "How do I get a backtrace?", [AGAIN, "failures:", "    money::splits"]),
        (
            TEXT.replace("    money::splits\n", "    money::other\n"),
            "Why?",
            [AGAIN, "note: run with `RUST_BACKTRACE=1`"],
        ),
        (
            TEXT.replace(AGAIN, "test money::splits - should panic ... FAILED").replace("    money", "    other"),
            "How do I get a backtrace?",
            ["test money::splits - should panic ... FAILED"],
        ),
        (TEXT.replace(AGAIN, "test money::adds ... FAILED"), "Give the backtrace.", ["failures:", "    money::splits"]),
        (TEXT.replace("---- money::splits stdout ----", "----"), "Why?", ["note: run with `RUST_BACKTRACE=1`"]),
    ],
    ids=["all", "asked for", "another name", "should panic", "another test", "not told"],
)
def test_names_go_where_they_were_told(text, question, gone):
    lines = text.split("\n")
    rows = cargo_suites.told_twice(text, lines, question)
    said = [lines[row] for row in sorted(rows) if lines[row]]
    assert sorted(line[:40] for line in said) == sorted(
        line[:40] for line in said if any(line.startswith(g) for g in gone)
    )
    assert len(said) == len(gone)


TEST = "   3: money::splits"
AT = "             at ./tests/money.rs:12:5"
CLOSURE = "   4: money::splits::{{closure}}"
CORE = "   5: core::ops::function::FnOnce::call_once"


@pytest.mark.parametrize(
    ("frames", "question", "gone"),
    [
        ([TEST, CLOSURE, CORE], "Why?", [CLOSURE]),
        ([TEST, AT, CLOSURE, AT, CORE], "Why?", [CLOSURE, AT]),
        ([TEST, CLOSURE], "Show the stack trace.", []),
        ([TEST, CLOSURE], "Which frames are there?", []),
        ([TEST, CORE, CLOSURE], "Why?", []),
        (["   3: money::adds", "   4: money::adds::{{closure}}"], "Why?", []),
        ([CLOSURE], "Why?", []),
    ],
    ids=["bare", "with places", "trace asked for", "frames asked for", "apart", "another function", "test not there"],
)
def test_a_closure_that_calls_the_test_goes(frames, question, gone):
    lines = [
        "failures:",
        "",
        "---- splits stdout ----",
        "thread 'splits' panicked at tests/money.rs:12:5:",
        *frames,
        "",
    ]
    rows = cargo_suites.told_twice("\n".join(["", *lines]), lines, question)
    assert [lines[row] for row in sorted(rows)] == gone


@pytest.mark.parametrize("sign", ["a", " ", " ... FAILED", "test "])
def test_long_lines_are_read_once(sign):
    lines = ["failures:", f"test {sign * 100_000} ... FAILED", "---- a stdout ----"]
    assert cargo_suites.told_twice("\n".join(["", *lines]), lines, "Why?") == set()
