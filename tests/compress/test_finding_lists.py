"""Questions for findings of a level, of a rule or of a family of codes get these alone, and all others counted."""

import pytest

from headroom.compress.build import Build
from headroom.compress.finding_levels import not_found, of_levels, of_stems
from headroom.compress.findings import findings_of
from headroom.compress.rendition import Hints
from headroom.compress.search import Search
from tests.compress.line_samples import asking, keeps_the_law, shown, spelled

BUILD = Build()


def bandit(n, level="Low", rule="B101:assert_used"):
    return (
        f">> Issue: [{rule}] Told of number {n}.\n   Severity: {level}   Confidence: High\n"
        f"   CWE: CWE-703 (https://cwe.mitre.org/data/definitions/703.html)\n   More Info: https://bandit.example/p/{n}.html\n"
        f"   Location: shop/part{n % 5}.py:{n}:4\n{n - 1}\t    first_{n}\n{n}\t    second_{n}\n\n{'-' * 50}\n"
    )


def listed(findings):
    return f"Test results:\n{findings}\nRun metrics:\n\tTotal issues (by severity):\n\t\tHigh: 9\n"


LEVELS = ("Low", "Medium", "High")
BANDIT = listed("".join(bandit(n, LEVELS[n % 3]) for n in range(1, 46)))
CODES = ("C0301: Line too long (120/100) (line-too-long)", "W0612: Unused variable 'x' (unused-variable)")
PYLINT = "".join(f"shop/part{n % 4}.py:{n}:4: {CODES[n % 2]}\n" for n in range(1, 61))
PYLINT += "".join(f"shop/last.py:{n}:8: E110{n}: Module has no member 'm{n}' (no-member)\n" for n in (1, 2))
PYLINT += "\n" + "-" * 35 + "\nYour code has been rated at 8.41/10\n"
FLAKE = "".join(f"shop/part{n % 9}.py:{n}:9: E722 do not use bare 'except'\n" for n in range(1, 31))
FLAKE += "shop/other.py:7:1: E302 expected 2 blank lines, found 1\nshop/other.py:9:1: F401 'os' imported but unused\n"


def level_of(n):
    return LEVELS[n % 3]


@pytest.mark.parametrize(
    ("question", "levels"),
    [
        ("Which findings have high severity? File, line and test id for each.", {"High"}),
        ("List file and line of every finding of medium or high severity.", {"Medium", "High"}),
        ("Which findings have at least medium severity? I need their files and lines.", {"Medium", "High"}),
        ("Where are those with severity: low? Files and lines only.", {"Low"}),
        ("Files and lines of severity medium or above", {"Medium", "High"}),
        ("Which findings are not of high severity? Files and lines.", {"Low", "Medium"}),
        ("Files and lines of all but the low severity findings", {"Medium", "High"}),
        ("Which files and lines have medium or lower severity?", {"Low", "Medium"}),
        ("Which files and lines have a severity below high?", {"Low", "Medium"}),
    ],
)
def test_findings_of_a_level_are_shown_alone_with_their_places(question, levels):
    rendition = keeps_the_law(BUILD, BANDIT, asking(question))
    assert rendition.transform == "build:listed"
    kept = spelled(rendition)
    for n in range(1, 46):
        wanted = level_of(n) in levels
        assert (f"Told of number {n}." in kept) is wanted
        assert (f"Location: shop/part{n % 5}.py:{n}:4" in kept) is wanted
        assert f"second_{n}\n" not in kept
    assert "High: 9" in kept
    assert f"{45 - 15 * len(levels)} others, and what is said below a finding]" in shown(rendition)


@pytest.mark.parametrize(
    "question",
    [
        "Explain the findings of high severity.",
        "What is wrong in shop/part2.py, and which lines are of high severity?",
        "Which findings have high severity?",
    ],
)
def test_what_else_a_question_wants_stays_beside_a_level(question):
    rendition = keeps_the_law(BUILD, BANDIT, asking(question))
    assert rendition is None or rendition.transform == "build:findings"
    kept = spelled(rendition) if rendition is not None else BANDIT
    assert all(f"part{n % 5}.py:{n}:4" in kept for n in range(1, 46) if level_of(n) == "High")
    assert all(f"second_{n}\n" in kept for n in range(1, 46) if level_of(n) == "High")
    assert "part2.py" not in question or all(f"Location: shop/part2.py:{n}:4" in kept for n in range(2, 46, 5))


def test_that_a_window_has_no_finding_of_a_level_is_said():
    text = "".join(bandit(n) for n in range(10, 30))
    view = shown(keeps_the_law(BUILD, text, asking("Which files and lines have high severity?")))
    assert "no findings of high severity here; left out: 20 others" in view
    assert "Location" not in view


def test_a_finding_that_is_cut_off_may_be_of_any_level():
    text = "".join(bandit(n) for n in range(10, 30)) + ">> Issue: [B602:shell] Told of number 99.\n"
    assert "number 99" in spelled(keeps_the_law(BUILD, text, asking("Which files and lines have high severity?")))


def test_a_few_findings_in_a_look_of_their_own_are_enough():
    assert len(findings_of("".join(bandit(n) for n in range(4)))) == 4
    assert not findings_of(FLAKE[: FLAKE.index("part5")])


@pytest.mark.parametrize(
    ("text", "question", "there", "gone"),
    [
        (
            FLAKE,
            "Where are the F401 and E302 findings, and how many bare excepts (E722) are there?",
            "other.py",
            "E722 do",
        ),
        (FLAKE, "Where does flake8 report F401?", "other.py:9:1", "E722 do"),
        (
            PYLINT,
            "List every pylint error (E....) with its file and line. And how is the code rated?",
            "'m2'",
            "C0301:",
        ),
        (PYLINT, "Which E11xx are there? File and line.", "'m1'", "W0612:"),
    ],
)
def test_rules_that_a_question_names_are_shown_alone(text, question, there, gone):
    rendition = keeps_the_law(Search(), text, asking(question))
    assert rendition.transform == "build:listed"
    kept = spelled(rendition)
    assert there in kept
    assert gone not in kept
    assert "rated at" not in text or "rated at 8.41/10" in kept


def test_a_rule_of_which_the_number_is_asked_is_counted():
    rules = "".join(
        f"shop/a.py:{n}:1: {rule} said of {n}\n"
        for n, rule in enumerate([f"E{code}" for code in range(301, 321) for _ in range(3)])
    )
    text = f"{rules}shop/b.py:1:1: W605 bad escape\nshop/b.py:2:1: W291 trailing blank\n"
    view = shown(keeps_the_law(Search(), text, asking("Where are the W605 findings, and how many W291 are there?")))
    assert "1 × W291" in view
    assert "only W605 below" in view


def test_errors_of_pylint_are_errors():
    assert [finding.rules for finding in findings_of(PYLINT) if finding.error] == [("E1101",), ("E1102",)]
    assert not any(finding.error for finding in findings_of(FLAKE))


@pytest.mark.parametrize(
    ("query", "missing"),
    [
        ("Which E.... are there?", []),
        ("Which R.... are there?", ["R..."]),
        ("Where are E999 and E722?", ["E999"]),
        ("and so on... in py311, as RFC7231 says, of the ETC... kind", []),
    ],
)
def test_codes_that_are_not_there(query, missing):
    assert not_found(findings_of(FLAKE), query) == missing


def test_of_a_rule_that_is_not_there_a_window_says_so_and_counts_the_other():
    text = FLAKE.replace("F401 'os'", "E711 'os'")
    question = "Where does flake8 report unused imports (F401), and how many E722 are there in all?"
    view = shown(keeps_the_law(Search(), text, asking(question)))
    assert "30 × E722" in view
    assert "[~ no F401 here; left out: 32 findings of other rules" in view
    assert "bare" not in view


def test_a_long_task_is_about_more_than_the_rules_in_it():
    task = "Keep to the rules of the project, which ignores E302 in each file. " * 12
    rendition = Search().lossy(FLAKE, Hints(query=f"{task}\nLet me lint it."))
    assert rendition is None or rendition.transform != "build:listed"


@pytest.mark.parametrize("sign", ["high, ", "severity ", "at least ", "E", "x", ".", "not "])
def test_long_questions_are_read_in_linear_time(sign):
    found = findings_of(BANDIT)
    query = sign * (100_000 // len(sign))
    assert of_levels(found, query.lower()) == ([], "")
    assert of_stems(found, query) == set()
