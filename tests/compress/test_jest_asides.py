import pytest

from headroom.compress.jest_asides import NOTE, spare
from headroom.compress.runners import Runners
from tests.compress.line_samples import asking, keeps_the_law, shown

CONFIG = 'npm warn Unknown user config "proxydir". This will stop working in the next major version of npm. See `npm help npmrc`.'
BELOW = ["Snapshots:   0 total", "Time:        0.473 s, estimated 1 s", "Ran all test suites."]
TOTALS = ["Test Suites: 1 failed, 1 total", "Tests:       1 failed, 30 passed, 31 total"]


@pytest.mark.parametrize(
    ("lines", "question", "rows"),
    [
        ([CONFIG, *TOTALS, *BELOW, ""], "Which tests fail?", [0, 3, 4, 5]),
        ([CONFIG, *TOTALS, *BELOW], "Which tests fail, and how long did it take?", []),
        ([CONFIG, *TOTALS, *BELOW], "Which tests fail, and what does npm say?", []),
        ([*TOTALS, "Snapshots:   1 failed, 1 total", *BELOW[1:]], "Which tests fail?", []),
        ([*TOTALS, "", BELOW[2]], "Which tests fail?", [3]),
        ([*BELOW, *TOTALS], "Which tests fail?", []),
        (["npm warn deprecated glob@7.1.6: no longer supported"], "Which tests fail?", []),
        ([*TOTALS, "Ran all test suites matching /cart/i."], "Which tests fail?", []),
    ],
    ids=["both", "time", "npm", "snapshots", "an empty line", "above", "another warning", "some of them"],
)
def test_what_says_nothing_of_a_test(lines, question, rows):
    assert spare("\n".join(lines), lines, question) == set(rows)


def test_the_totals_stay():
    passed = [f"    ✓ adds {n} (1 ms)" for n in range(30)]
    failed = ["    ✕ adds up", "", "  ● sums › adds up", "", "    Expected: 3", "    Received: 2", ""]
    text = "\n".join([CONFIG, "FAIL ./cart.test.js", "  sums", *passed, *failed, *TOTALS, *BELOW, ""])
    view = shown(keeps_the_law(Runners(), text, asking("Which tests fail, and why?")))
    assert NOTE.partition(": ")[2].removesuffix("]") in view
    assert [line for line in (*failed[2:6], *TOTALS) if line not in view] == []
    assert [line for line in (CONFIG, *BELOW) if line in view] == []
