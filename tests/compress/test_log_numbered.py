"""What one of many numbered things did is found by its number, however the log writes it."""

import pytest

from headroom.compress.log import Log
from headroom.compress.log_numbered import numbered_rows
from headroom.compress.query import Relevance
from tests.compress.line_samples import asking, keeps_the_law, spelled

FORMS = {
    "a field": "2026-03-04 10:00:{s:02d} INFO conn={n} query done in {t} ms",
    "a field called id": '2026-03-04 10:00:{s:02d} INFO "connection_id": {n}, query done in {t} ms',
    "brackets": "2026-03-04 10:00:{s:02d} INFO [conn-{n}] query done in {t} ms",
    "brackets behind": "2026-03-04 10:00:{s:02d} connection[{n}]: query done in {t} ms",
    "joined": "2026-03-04T10:00:{s:02d}Z I NETWORK [conn{n}] query done in {t} ms",
    "a column": "10:00:{s:02d}\t{n:6d} Query\tselect {t} from stock",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "question", ["Show me everything that connection 39 did.", "What did connection 39 do before it was closed?"]
)
def test_the_lines_of_a_numbered_thing_are_found(form, question):
    lines = [FORMS[form].format(n=20 + row % 40, s=row % 60, t=100 + 3 * row) for row in range(400)]
    assert numbered_rows(Relevance(question).named, lines, 60) == {row for row in range(400) if row % 40 == 19}
    view = spelled(keeps_the_law(Log(), "\n".join(lines) + "\n", asking(question)))
    assert all(lines[row] in view for row in range(19, 400, 40))


@pytest.mark.parametrize(
    ("question", "line"),
    [
        pytest.param("What did connection 39 do?", "10:00:00 connection 39 was opened", id="as it is said"),
        pytest.param("What did connection 39 do?", "10:00:00 390 rows of 1.39 s at 39:12", id="in other numbers"),
        pytest.param("What did connection 39 do?", "10:00:00 reconn=139 and container 39x", id="in other words"),
        pytest.param("What did connection 39 do?", "10:00:00 INFO took 39 ms", id="behind words"),
        pytest.param("What did connection 39 do?", f"{' ' * 60}39 Query", id="far behind"),
        pytest.param("What happened at 10:39?", "10:39:00     39 Query\tselect 1", id="no thing with a number"),
    ],
)
def test_what_is_none_of_its_lines(question, line):
    assert numbered_rows(Relevance(question).named, [line] * 5, 60) == set()


def test_of_more_lines_than_may_stay_the_first_three_and_the_last_do():
    lines = [f"10:00:00 conn=7 step {row}" for row in range(200)]
    assert numbered_rows(Relevance("What did connection 7 do?").named, lines, 60) == {0, 1, 2, 199}
    column = [f"10:00:00\t  7 Query step {row}" for row in range(200)]
    assert numbered_rows(Relevance("What did connection 7 do?").named, column, 60) == {0, 1, 2, 199}
