"""A task that is about other outputs says nothing of this one, if the last words ask for something here."""

import pytest

from headroom.compress.rendition import Hints
from headroom.compress.said_last import said_last

TEXT = "src/cart/basket.py 1204\nsrc/cart/total.py 88\ndocs/nginx.md 17\ndocs/changes.md 90\n"
STEP = "How big is basket.py?"


@pytest.mark.parametrize(
    ("query", "last"),
    [
        (f"Which tests fail, and why? Give file:line for each.\n{STEP}", True),
        (f"Every request that failed in nginx with its reason, and what the replication did.\n{STEP}", True),
        (f"Show me how `addquoted` works in this file; I want to change it.\n{STEP}", True),
        ("Why does `checkout_total` overflow in payments.py?\nbasket.py comes first.", True),
        (f"How do the files of src/cart add up?\n{STEP}", False),
        (f"List all of it.\n{STEP}", False),
        (f"How does basket.py compare to `pay.py`?\n{STEP}", False),
        ("Why does `checkout_total` overflow in payments.py?\nLet me look around.", False),
        (STEP, False),
        ("", False),
    ],
)
def test_what_was_said_last_is_the_question_where_the_task_is_of_others(query, last):
    found = said_last(Hints(query=query, tool="Bash"), TEXT)
    assert found == Hints(query=query.rpartition("\n")[2] if last else query, tool="Bash")
