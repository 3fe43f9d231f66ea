"""Whether a message asks for an hour of cache life: said beside its texts, however long those are, and never in them."""

import json

import pytest

from headroom.pipeline.economics import hour_long
from tests.pipeline.test_lifecycle import House
from tests.pipeline.test_lifecycle import body as plain

LONG = "".join(f"line {number} of the file\n" for number in range(900))
TALKS = 'said {"ttl": "1h"} of it\n'
HOUR = {"type": "ephemeral", "ttl": "1h"}
FIVE = {"type": "ephemeral", "ttl": "5m"}


def result(content, **fields):
    return {"type": "tool_result", "tool_use_id": "t0", "content": content, **fields}


def text(content, **fields):
    return {"type": "text", "text": content, **fields}


MESSAGES = {
    "behind a long text": ([result(LONG, cache_control=HOUR)], True),
    "in front of one": ([{"cache_control": HOUR, **result(LONG)}], True),
    "between two": ([result(LONG, cache_control=HOUR), text(LONG)], True),
    "behind the last": ([result(LONG), text(LONG, cache_control=HOUR)], True),
    "in a list of texts": ([result([text(LONG, cache_control=HOUR), text(LONG)])], True),
    "beside a short text": ([result("done", cache_control=HOUR)], True),
    "of five minutes": ([result(LONG, cache_control=FIVE)], False),
    "no mark": ([result(LONG)], False),
    "in a long text": ([result(LONG + TALKS + LONG, cache_control=FIVE)], False),
    "in a short text": ([result(TALKS)], False),
}


@pytest.mark.parametrize("indent", [None, 1], ids=["compact", "indented"])
@pytest.mark.parametrize(("content", "hour"), MESSAGES.values(), ids=MESSAGES.keys())
def test_an_hour_is_found_beside_long_texts(content, hour, indent):
    request = json.loads(plain([("Bash", {"command": "cat x"}, "")]))
    request["messages"][-1]["content"] = content
    sent = House().send(json.dumps(request, indent=indent).encode(), 1000.0)
    assert sent.plan.nodes[-1].hour is hour
    assert hour_long(json.dumps(content).encode()) is hour
