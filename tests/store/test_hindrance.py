"""How long a lock was in the way, lately."""

import pytest

from headroom.errors import StoreError
from headroom.store.hindrance import Hindrance

LOCKED = StoreError("another process has it locked")


@pytest.mark.parametrize(
    ("waits", "now", "lost"),
    [
        pytest.param([], 5.0, 0.0, id="nothing was ever in the way"),
        pytest.param([(1.0, 1.4)], 5.0, 0.0, id="what was in the way is gone"),
        pytest.param([(1.0, None)], 1.4, 0.4, id="it is in the way now"),
        pytest.param([(1.0, 1.4), (1.4, None)], 1.5, 0.5, id="it came back at once: both times count"),
        pytest.param([(1.0, 1.4), (3.4, None)], 3.5, 0.3, id="a tenth of the time without it is forgotten"),
        pytest.param([(1.0, 1.4), (9.0, None)], 9.1, 0.1, id="all is forgotten"),
        pytest.param([(1.0, 9.0), (9.0, None)], 9.0, 1.0, id="no more than a second is remembered"),
    ],
)
def test_what_was_lost_lately_counts(waits, now, lost):
    hindrance = Hindrance()
    for begin, end in waits:
        hindrance.begins(LOCKED, begin)
        if end is not None:
            hindrance.ends(end)
    assert hindrance.lost(now) == pytest.approx(lost)
    standing = bool(waits) and waits[-1][1] is None
    assert (hindrance.there, hindrance.error) == (standing, LOCKED if standing else None)


def test_a_file_that_is_gone_is_in_the_way_from_now_on():
    hindrance = Hindrance()
    hindrance.begins(LOCKED, 1.0)
    gone = StoreError("the file is gone")
    hindrance.gone(gone, 3.0)
    assert (hindrance.lost(3.5), hindrance.error) == (0.5, gone)
