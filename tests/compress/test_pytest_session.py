import pytest

from headroom.compress import pytest_session
from headroom.compress.runners import Runners
from tests.compress.line_samples import VAGUE, asking, keeps_the_law, shown

RUNNERS = Runners()
BEFORE = "/srv/lib/plugin.py:247: PytestDeprecationWarning: The option is unset.\nIt will be set.\n\n  warnings.warn(UNSET)\n"
HEADER = (
    "============================= test session starts ==============================\n"
    "platform linux -- Python 3.11.7, pytest-8.3.3, pluggy-1.7.0 -- /srv/bin/python\ncachedir: .pytest_cache\n"
    "rootdir: /srv/shop\nconfigfile: setup.cfg\nplugins: mock-3.17.0, timeout-2.4.0\nasyncio: mode=Mode.STRICT\n"
    "collecting ... collected 40 items\n\n"
)
TESTS = "".join(f"tests/test_shop.py::test_{n} PASSED    [{n * 100 // 40:3d}%]\n" for n in range(1, 41))
WARNED = "tests/test_a.py::test_b\n  /srv/shop/a.py:3: {}: price\n    total = price()\n\n"
SUMMARY = "============== warnings summary ==============\n{}-- Docs: https://docs.pytest.org/en/stable/how-to/capture-warnings.html\n"
END = "======================= 40 passed, 2 warnings in 0.20s =======================\n"
OLD = WARNED.format("DeprecationWarning") + WARNED.format("shop.rates.RemovedIn9Warning")


def asides(text, question):
    lines = text.split("\n")
    return [
        (lines[found.rows.start][:20], len(found.rows), found.note)
        for found in pytest_session.asides(text, lines, question)
    ]


@pytest.mark.parametrize(
    ("question", "gone", "stays"),
    [
        ("Did everything pass?", ["rootdir", "cachedir", "UNSET", "RemovedIn9", "-- Docs"], []),
        ("Did everything pass with that version of Python?", ["UNSET"], ["platform linux", "plugins: "]),
        ("Did it pass without warnings?", ["rootdir"], ["UNSET", "RemovedIn9", "-- Docs"]),
    ],
)
def test_what_is_not_asked_for_goes(question, gone, stays):
    text = BEFORE + HEADER + TESTS + SUMMARY.format(OLD) + END
    view = shown(keeps_the_law(RUNNERS, text, asking(question)))
    assert END in view
    assert not [part for part in gone if part in view]
    assert not [part for part in stays if part not in view]


def test_without_a_question_for_results_all_stays():
    view = shown(keeps_the_law(RUNNERS, BEFORE + HEADER + TESTS + END, VAGUE))
    assert BEFORE + HEADER in view


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (HEADER, [("====================", 9, "session header, 40 collected")]),
        (HEADER[HEADER.index("configfile") :], [("configfile: setup.cf", 5, "session header, 40 collected")]),
        (HEADER.replace("40 items", "40 items / 1 error"), []),
        (HEADER.replace("asyncio: mode=", "Loaded by hand: "), [("====================", 9, "session header, 40 collected")]),
        (HEADER.replace("asyncio: mode=", "ERROR: no "), [("collecting ... colle", 2, "session header, 40 collected")]),
        (SUMMARY.format(OLD), [("============== warni", 10, "1 DeprecationWarning, 1 RemovedIn9Warning")]),
        (SUMMARY.format(OLD + WARNED.format("RuntimeWarning")), [("tests/test_a.py::tes", 8, "1 DeprecationWarning, 1 RemovedIn9Warning")]),
        (SUMMARY.format(WARNED.format("RuntimeWarning")), []),
    ],
    ids=["header", "cut off", "an error", "another line", "an error within", "warnings", "another warning", "none old"],
)  # fmt: skip
def test_blocks_are_read_to_their_ends(text, found):
    assert asides(f"first\n{text}last", "Why?") == found
