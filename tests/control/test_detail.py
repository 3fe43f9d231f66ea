"""What the dashboard can tell about one request: decisions, texts before and after, and the bounds of what is kept."""

import json
import time

import pytest

from headroom.accounts.bookkeeping import book
from headroom.accounts.pricing import Prices
from headroom.accounts.settling import settle
from headroom.control.detail import Details
from headroom.control.http import ControlRequest, Router, Rule
from headroom.exchange import Edit, Exchange, Outcome, Verdict, Wire
from headroom.pipeline.conversation import Conversation
from headroom.pipeline.node import Node
from headroom.pipeline.plan import Plan
from headroom.testing import FakeClock
from headroom.wire import dialect_for
from headroom.wire.body import literal, splice

PRICES = Prices()


def body_of(*outputs: str) -> bytes:
    messages = [{"role": "user", "content": "go"}]
    for number, output in enumerate(outputs):
        call = {"type": "tool_use", "id": f"t{number}", "name": "Bash", "input": {}}
        result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": output}
        messages += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    return json.dumps({"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": messages}).encode()


def exchange_of(number: int, outputs: dict[str, str | None], *, known: int = 0) -> Exchange:
    """A finished call whose tool outputs were replaced by the given texts (None: left alone)."""
    dialect = dialect_for(Wire.ANTHROPIC)
    body = body_of(*outputs)
    request = dialect.outline(body)
    exchange = Exchange(
        request_id=f"hr_{number}",
        wall=time.time(),
        started=0.0,
        wire=Wire.ANTHROPIC,
        provider="anthropic",
        method="POST",
        path="/v1/messages",
        upstream="http://localhost",
        model="claude-sonnet-4-5",
        status=200,
        outcome=Outcome.OK,
        body_in=body,
        tokens_before=100,
        tokens_after=60,
    )
    texts = iter(outputs.values())
    nodes, edits, seen = [], [], 0
    for piece in request.messages:
        message = dialect.message(body[piece.start : piece.end])
        node = Node(key=b"", parent=None, depth=0, message=message)
        mine, verdicts = [], []
        for part in message.parts:
            if part.call_id is None:
                continue
            text = next(texts)
            seen += 1
            kind = "raw" if text is None else "compressed"
            why = "protected" if text is None else "log:templates"
            verdicts.append(Verdict(kind, why, len(nodes), "Bash", "log", 50, 10, fresh=seen > known))
            if text is not None:
                mine.append(Edit(part.start, part.end, literal(text)))
        node.edits, node.verdicts = tuple(mine), tuple(verdicts)
        edits += [Edit(piece.start + e.start, piece.start + e.end, e.new) for e in mine]
        exchange.verdicts += verdicts
        nodes.append(node)
    exchange.body_out = splice(body, edits)
    exchange.plan = Plan(exchange, dialect, request, Conversation.__new__(Conversation), nodes[-1], len(nodes), nodes)
    exchange.plan.judged = len(exchange.verdicts)
    return exchange


def take(details: Details, exchange: Exchange) -> None:
    details.take(book(exchange, settle(exchange, PRICES), now=1.0), exchange)


def ask(details: Details, path: str, **query: str):
    router = Router(details.routes())
    ((route, params),) = router.find(path)
    reply = route.handler(ControlRequest("GET", path, query=query, params=params))
    return reply.status, json.loads(reply.body)


def test_a_request_shows_its_decisions_and_each_text_before_and_after():
    details = Details()
    take(details, exchange_of(1, {"one\ntwo": None, "long\nlog\nlines ü": "[~ 3 lines]"}, known=1))
    _, listed = ask(details, "/dashboard/requests")
    (row,) = listed["requests"]
    assert (row["request_id"], row["tokens_before"], row["tokens_after"], row["sent"]) == ("hr_1", 100, 60, "rewritten")
    assert (row["blocks"], row["new_blocks"], row["compressed_blocks"]) == (2, 1, 1)
    _, found = ask(details, "/dashboard/requests/hr_1")
    assert [(d["decision"], d["why"], d["new"]) for d in found["decisions"]] == [
        ("raw", "protected", False),
        ("compressed", "log:templates", True),
    ]
    _, raw = ask(details, "/dashboard/requests/hr_1/blocks/0")
    assert (raw["before"], raw["after"]) == ("one\ntwo", None)
    _, short = ask(details, "/dashboard/requests/hr_1/blocks/1")
    assert (short["before"], short["after"], short["cut"]) == ("long\nlog\nlines ü", "[~ 3 lines]", False)


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        (lambda e: setattr(e, "rescued", True), "original"),
        (lambda e: e.notes.update(shadow_bytes=3), "shadow"),
        (lambda e: setattr(e, "body_out", e.body_in), "unchanged"),
    ],
    ids=["refused by the provider", "shadow mode", "nothing changed"],
)
def test_what_was_really_sent_is_told(change, sent):
    details = Details()
    exchange = exchange_of(1, {"text": "t"})
    change(exchange)
    take(details, exchange)
    assert ask(details, "/dashboard/requests/hr_1")[1]["sent"] == sent


def test_of_a_long_conversation_the_newest_blocks_are_listed():
    details = Details()
    take(details, exchange_of(1, {f"{number} output": f"{number} short" for number in range(60)}, known=58))
    detail = ask(details, "/dashboard/requests/hr_1")[1]
    assert (detail["blocks"], detail["omitted_blocks"], len(detail["decisions"])) == (60, 20, 40)
    assert [decision["new"] for decision in detail["decisions"]] == [False] * 38 + [True] * 2
    for shown, number in ((0, 20), (39, 59)):
        block = ask(details, f"/dashboard/requests/hr_1/blocks/{shown}")[1]
        assert (block["before"], block["after"]) == (f"{number} output", f"{number} short")


def test_texts_that_come_again_are_held_once():
    details = Details()
    output = "x" * 10_000
    for number in range(50):
        take(details, exchange_of(number, {output: "short"}))
    assert details.bytes < 50 * 5_000 + 12_000
    assert ask(details, "/dashboard/requests/hr_0/blocks/0")[1]["before"] == output


def test_the_oldest_go_when_there_are_too_many_bytes_or_requests():
    details = Details(max_bytes=100_000)
    for number in range(20):
        take(details, exchange_of(number, {f"{number:04}" * 5_000: None}))
    assert details.bytes <= 100_000
    assert ask(details, "/dashboard/requests/hr_0")[0] == 404
    assert ask(details, "/dashboard/requests/hr_0/blocks/0")[0] == 404
    assert ask(details, "/dashboard/requests/hr_19/blocks/0")[1]["before"].startswith("0019")
    few = Details(max_requests=3)
    for number in range(5):
        take(few, exchange_of(number, {f"{number}": None}))
    _, listed = ask(few, "/dashboard/requests")
    assert [row["request_id"] for row in listed["requests"]] == ["hr_4", "hr_3", "hr_2"]
    assert listed["total"] == 5


def test_one_request_over_the_bound_is_dropped_and_nothing_is_left():
    details = Details(max_bytes=1_000)
    take(details, exchange_of(1, {"x" * 5_000: "y"}))
    assert details.bytes == 0
    assert ask(details, "/dashboard/requests")[1]["requests"] == []


@pytest.mark.parametrize("limit", ["0", "201", "many", "-1"])
def test_a_bad_limit_is_refused(limit):
    status, found = ask(Details(), "/dashboard/requests", limit=limit)
    assert status == 422
    assert "limit" in found["detail"]


@pytest.mark.parametrize("number", ["1", "-1", "x", "99999999999"])
def test_a_block_that_is_not_there_is_no_error(number):
    details = Details()
    take(details, exchange_of(1, {"text": None}))
    assert ask(details, f"/dashboard/requests/hr_1/blocks/{number}")[0] == 404


def test_the_last_minute_is_counted_and_forgotten():
    clock = FakeClock()
    details = Details(monotonic=clock)
    for number in range(3):
        take(details, exchange_of(number, {"text": None}))
        clock.advance(25)
    assert ask(details, "/dashboard/requests")[1]["last_minute"] == {"requests": 2, "tokens": 120}
    clock.advance(60)
    assert ask(details, "/dashboard/requests")[1]["last_minute"] == {"requests": 0, "tokens": 0}


def test_texts_are_for_this_machine_only():
    router = Router(Details().routes())
    for path in ("/dashboard/requests", "/dashboard/requests/hr_1", "/dashboard/requests/hr_1/blocks/0"):
        assert router.rule(path) is Rule.LOOPBACK
