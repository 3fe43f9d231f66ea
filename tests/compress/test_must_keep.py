import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.must_keep import FAILURE, WARNING, must_keep, must_keep_lines, severities


def severity(line):
    return severities([line]).get(0, 0)


@pytest.mark.parametrize(
    ("line", "level"),
    [
        pytest.param("2024-01-01 ERROR payment failed", FAILURE, id="an error line"),
        pytest.param("ValueError: bad", FAILURE, id="an exception's class"),
        pytest.param("npm ERR! code E404", FAILURE, id="npm's mark"),
        pytest.param("Process exited with code 137", FAILURE, id="a non-zero exit"),
        pytest.param('1.2.3.4 - - "GET / HTTP/1.1" 502 12', FAILURE, id="a server error in an access log"),
        pytest.param("  ✗ adds numbers", FAILURE, id="a cross"),
        pytest.param("E       assert 1 == 2", FAILURE, id="pytest's assertion"),
        pytest.param("GHSA advisory CVE-2024-12345", FAILURE, id="a vulnerability"),
        pytest.param("DeprecationWarning: use y", WARNING, id="a warning's class"),
        pytest.param("x is deprecated", WARNING, id="a deprecation"),
        pytest.param("10 errors", FAILURE, id="ten errors are not zero"),
        pytest.param("0 warnings, 2 errors", FAILURE, id="one word negated, one not"),
        pytest.param("error rate: 0.5", FAILURE, id="a rate above zero"),
        pytest.param("*43 no live upstreams while connecting to upstream", FAILURE, id="nginx has nobody to ask"),
        pytest.param("503 UH: no healthy upstream", FAILURE, id="Envoy has nobody to ask"),
        pytest.param("there are no live examples", 0, id="no live examples"),
        pytest.param("0 errors", 0, id="zero errors"),
        pytest.param("no errors found", 0, id="no errors"),
        pytest.param("error: null", 0, id="a null error"),
        pytest.param('"failed": false', 0, id="failed is false"),
        pytest.param('{"errors": []}', 0, id="an empty list of errors"),
        pytest.param("completed without any warnings", 0, id="without warnings"),
        pytest.param("exit code 0", 0, id="exit code zero"),
        pytest.param("src/error.c", 0, id="a file name"),
        pytest.param("def raise_error():", 0, id="an identifier"),
        pytest.param("log.error(x)", 0, id="a call"),
        pytest.param("all good", 0, id="nothing at all"),
    ],
)
def test_severity_of_a_line(line, level):
    assert severity(line) == level
    assert must_keep(line) == (level > 0)


@settings(max_examples=100)
@given(
    st.lists(
        st.one_of(
            st.text(st.characters(exclude_characters="\n"), max_size=30),
            st.sampled_from(["ERROR x", "0 errors", "İ failed", "warning: y", "", "ok"]),
        ),
        max_size=20,
    )
    | st.lists(
        st.builds(
            "{} {} {}".format,
            st.sampled_from(['"GET / HTTP/1.1"', "exit code", "errors:", "status=", "job", "0"]),
            st.integers(0, 999),
            st.sampled_from(["errors", "ok", "failed", "0"]),
        ),
        min_size=64,
        max_size=80,
    )
)
def test_the_batch_form_agrees_with_the_single_one(lines):
    assert must_keep_lines(lines) == [row for row, line in enumerate(lines) if must_keep(line)]
    assert severities(lines) == {row: severity(line) for row, line in enumerate(lines) if severity(line)}


@settings(max_examples=100)
@given(
    st.lists(
        st.builds(
            "{}{} {}{}{} {}".format,
            st.sampled_from(["", "no ", "5a", "x=", "Http", "0 bad "]),
            st.integers(0, 99),
            st.sampled_from(["", "5", "5f", "no ", "0 "]),
            st.sampled_from(["errors", "err!", "Error", "aError", "exit 0", "failed: 0.", "Failure", "denied", "ok"]),
            st.integers(0, 11),
            st.sampled_from(["", "warnings", "0f", ": 0"]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_lines_that_differ_in_numbers_only_are_told_apart_where_the_number_matters(lines):
    many = lines * (400 // len(lines))
    expected = {row: severity(line) for row, line in enumerate(many) if severity(line)}
    assert severities(many) == severities(many, "\n".join(many)) == expected
