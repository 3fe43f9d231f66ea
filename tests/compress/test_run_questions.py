import pytest

from headroom.compress.query import Relevance
from headroom.compress.run_questions import asks_how_it_went, naming_tests


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Which tests fail and why? Give file:line and the assertion.", True),
        ("Did everything pass?", True),
        ("Is the suite green?", True),
        ("Why is the test run red?", True),
        ("How many tests are there?", False),
        ("Please go on.", False),
    ],
)
def test_how_a_run_went(question, asked):
    assert asks_how_it_went(Relevance(question), question) is asked


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("Which tests fail? Give file:line and the assertion for each.", set()),
        ("Did the timeout tests pass?", {"timeout"}),
        ("Does test_total fail?", {"test_total"}),
    ],
)
def test_words_for_any_failure_name_no_test(question, named):
    assert {term.text for term in naming_tests(Relevance(question)).named if " " not in term.text} == named
