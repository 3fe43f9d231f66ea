"""The cache aligner: which lines move, where to, what stays as it was, and what it saves."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.accounts.pricing import Prices
from headroom.errors import StoreError
from headroom.exchange import Exchange, Usage, Wire
from headroom.pipeline.alignment import HEAD, PLACEHOLDER, TAIL, Aligner
from headroom.pipeline.breakpoints import marks
from headroom.pipeline.conversation import Conversations
from headroom.pipeline.counts import Counts
from headroom.pipeline.history import History
from headroom.pipeline.ledger import Ledger
from headroom.pipeline.node import Node
from headroom.pipeline.pipeline import Pipeline
from headroom.pipeline.trailer import beside, trailer
from headroom.pipeline.workers import Workers
from headroom.replay.capture import Call
from headroom.replay.run import replay
from headroom.retrieval.originals import Originals
from headroom.settings import Settings
from headroom.store.memory import MemoryStore
from headroom.testing.ledger import Ledger as Ledgers
from headroom.testing.validate import anthropic, openai_chat, openai_responses
from headroom.wire import dialect_for
from headroom.wire.body import splice
from tests.pipeline.conversations import PATH, PROVIDER, TOOLS, turns

RULES = "You fix things, one at a time, and say what you did and which file it changed.\n" * 80
HOLD, HEAD_TEXT, TAIL_TEXT = PLACEHOLDER.decode(), HEAD.decode(), TAIL.decode()
KEY = {"x-api-key": "sk-ant-api03-x"}
MARK = {"cache_control": {"type": "ephemeral"}}
STEPS = [(tool, arguments, text[:1_500], False) for tool, arguments, text, _ in turns(7, 24)]


def clock(turn):
    return f"It is 2026-11-21T10:{turn:02}:07Z."


def shape(front, *, blocks=False, marked=False):
    """A system prompt as a string or as a list of blocks."""
    if not blocks and not marked:
        return front
    block = {"type": "text", "text": front, **(MARK if marked else {})}
    return [{"type": "text", "text": "You are an agent."}, block]


def body(wire, steps, front, *, marked=True, compact=False, **more):
    """A request after some steps; ``front`` is the system prompt in the format's own shape."""
    ask = "Why does compute_7 fail? It is 2026-11-21T10:00:07Z."
    if wire is Wire.ANTHROPIC:
        messages = [{"role": "user", "content": ask}]
        for i, (tool, arguments, text, _) in enumerate(steps):
            use = {"type": "tool_use", "id": f"toolu_{i}", "name": tool, "input": arguments}
            messages.append({"role": "assistant", "content": [{"type": "text", "text": f"Step {i}."}, use]})
            result = {"type": "tool_result", "tool_use_id": f"toolu_{i}", "content": text or "-"}
            messages.append({"role": "user", "content": [result]})
        if marked and steps:
            messages[-1]["content"][-1] |= MARK
        tools = [{"name": t, "description": f"Runs {t}.", "input_schema": {"type": "object"}} for t in TOOLS]
        request = {
            "model": "claude-sonnet-4-5",
            "max_tokens": 900,
            "system": front,
            "tools": tools,
            "messages": messages,
        }
    elif wire is Wire.OPENAI_CHAT:
        messages = [{"role": "system", "content": front}, {"role": "user", "content": ask}]
        for i, (tool, arguments, text, _) in enumerate(steps):
            function = {"name": tool, "arguments": json.dumps(arguments)}
            calls = [{"id": f"call_{i}", "type": "function", "function": function}]
            messages.append({"role": "assistant", "content": None, "tool_calls": calls})
            messages.append({"role": "tool", "tool_call_id": f"call_{i}", "content": text})
        tools = [{"type": "function", "function": {"name": t, "parameters": {"type": "object"}}} for t in TOOLS]
        request = {"model": "gpt-4.1", "tools": tools, "messages": messages}
    else:
        items = [{"role": "user", "content": [{"type": "input_text", "text": ask}]}]
        for i, (tool, arguments, text, _) in enumerate(steps):
            call = {"call_id": f"call_{i}", "name": tool, "arguments": json.dumps(arguments)}
            items.append({"type": "function_call", **call})
            items.append({"type": "function_call_output", "call_id": f"call_{i}", "output": text})
        tools = [{"type": "function", "name": t, "parameters": {"type": "object"}} for t in TOOLS]
        request = {"model": "gpt-5.1", "instructions": front, "tools": tools, "input": items, "store": False}
    return json.dumps(request | more, ensure_ascii=compact, separators=(",", ":") if compact else None).encode()


class House:
    """A worker on a store that outlives it."""

    def __init__(self, store=None, **options):
        self.settings = Settings(**{"cache_aligner": True} | options)
        self.store = store or MemoryStore(now=lambda: 0.0)
        self.pipeline = Pipeline(
            self.settings,
            ledger=Ledger(self.store),
            originals=Originals(self.store, key=b"k" * 32, ttl=1e9, max_bytes=1 << 28, now=0.0),
            conversations=Conversations(self.settings, self.store),
            workers=Workers(large=1 << 30),
            counts=Counts(),
            history=History(self.store),
            prices=Prices(),
            aligner=Aligner(self.settings, self.store),
        )

    def send(self, raw, wire=Wire.ANTHROPIC, now=1000.0, **traits):
        exchange = Exchange(
            "r", now, now, wire, PROVIDER[wire], "POST", PATH[wire], "http://u", body_in=raw, body_out=raw,
            mode=self.settings.mode, **{"headers": KEY} | traits,
        )  # fmt: skip
        exchange.plan = plan = self.pipeline.plan(exchange, now=now)
        self.pipeline.work(plan, seconds=60.0)
        self.pipeline.finish(plan)
        self.pipeline.count(plan)
        return exchange


def system_text(wire, raw):
    request = json.loads(raw)
    if wire is Wire.OPENAI_CHAT:
        return request["messages"][0]["content"]
    front = request["instructions" if wire is Wire.OPENAI_RESPONSES else "system"]
    return front if isinstance(front, str) else "\n".join(block["text"] for block in front)


def last_text(wire, raw):
    """What stands last in a request."""
    request = json.loads(raw)
    message = request["input" if wire is Wire.OPENAI_RESPONSES else "messages"][-1]
    assert message["role"] == "user"
    content = message["content"]
    return content if isinstance(content, str) else content[-1]["text"]


def strict(wire, raw):
    """The body as a provider that refuses what is not in its format would take it."""
    request = json.loads(raw)
    if wire is Wire.ANTHROPIC:
        anthropic.read(request, {"anthropic-version": "2023-06-01"}, Ledgers())
    elif wire is Wire.OPENAI_CHAT:
        openai_chat.read(request)
    else:
        openai_responses.read(request, Ledgers())


FRONTS = {
    "first line": lambda line: line + "\n" + RULES,
    "in the middle": lambda line: RULES + line + "\n" + RULES,
    "last, without an end": lambda line: RULES + line,
    "CRLF": lambda line: (RULES + line + "\n" + RULES).replace("\n", "\r\n"),
    "escapes around": lambda line: RULES + 'He said "\\n" and \\\\\n\t' + line + " \u2014 ok \U0001f600\n" + RULES,
    "quoted elsewhere": lambda line: RULES + line + "\nThe time is given as " + clock(0) + "\n" + RULES,
}
SHAPES = {
    "string": (Wire.ANTHROPIC, {}),
    "blocks": (Wire.ANTHROPIC, {"blocks": True}),
    "marked block": (Wire.ANTHROPIC, {"marked": True}),
    "chat": (Wire.OPENAI_CHAT, {}),
    "responses": (Wire.OPENAI_RESPONSES, {}),
}


@pytest.mark.parametrize("front", FRONTS.values(), ids=FRONTS)
@pytest.mark.parametrize(("wire", "traits"), SHAPES.values(), ids=SHAPES)
def test_the_line_moves_on_its_second_change_and_nothing_else_does(wire, traits, front):
    house = House()
    sent = []
    for turn in range(6):
        made = front(clock(turn))
        raw = body(wire, STEPS[: turn + 1], shape(made, **traits))
        direct = House(cache_aligner=False, store=house.store).send(raw, wire).body_out
        exchange = house.send(raw, wire)
        strict(wire, exchange.body_out)
        sent.append(exchange)
        if turn < 2:
            assert exchange.body_out == direct
            continue
        moved = next(line for line in made.splitlines() if clock(turn) in line)
        was, now = system_text(wire, direct), system_text(wire, exchange.body_out)
        assert now == was.replace(moved, HOLD, 1)
        assert last_text(wire, exchange.body_out) == HEAD_TEXT + moved + TAIL_TEXT
        assert "aligned:timestamp" in exchange.transforms
        assert exchange.notes["aligned"] == {"lines": 1, "kinds": ["timestamp"], "switched": turn == 2}
        # Undone by hand, it is what went out without.
        undone = json.loads(exchange.body_out)
        strip(wire, undone)
        want = json.loads(direct)
        put_front(wire, undone, want)
        assert undone == want
    for before, after in pairwise(sent[2:]):
        assert system_text(wire, before.body_out) == system_text(wire, after.body_out)
    assert [e.notes.get("aligned", {}).get("switched") for e in sent] == [None, None, True, False, False, False]


def strip(wire, request):
    """Take the moved line from the end again."""
    items = request["input" if wire is Wire.OPENAI_RESPONSES else "messages"]
    if wire is Wire.ANTHROPIC:
        items[-1]["content"].pop()
    else:
        items.pop()


def put_front(wire, request, want):
    if wire is Wire.OPENAI_CHAT:
        request["messages"][0] = want["messages"][0]
    else:
        name = "instructions" if wire is Wire.OPENAI_RESPONSES else "system"
        request[name] = want[name]


@pytest.mark.parametrize("wire", [Wire.ANTHROPIC, Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES], ids=str)
def test_what_went_out_up_to_the_moved_line_is_the_beginning_of_the_next_turn(wire):
    house = House()
    mark = b', "cache_control": {"type": "ephemeral"}'  # the client moves it on with each turn
    bodies = [
        house.send(body(wire, STEPS[:n], RULES + clock(n)), wire).body_out.replace(mark, b"") for n in range(1, 9)
    ]
    for before, after in pairwise(bodies[2:]):
        end = before.index(HEAD) - 40  # before the block that holds it
        assert after.startswith(before[:end])


@pytest.mark.parametrize("wire", [Wire.ANTHROPIC, Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES], ids=str)
@pytest.mark.parametrize("compact", [False, True], ids=["spaces", "compact and escaped"])
def test_words_of_the_user_get_it_behind_them(wire, compact):
    house = House()
    for turn in range(4):
        raw = body(wire, [], RULES + "\u00e9 " + clock(turn), compact=compact, marked=False)
        request = json.loads(raw)
        if wire is Wire.ANTHROPIC:
            request["system"] = [{"type": "text", "text": request["system"], **MARK}]
            raw = json.dumps(request).encode()
        exchange = house.send(raw, wire)
        strict(wire, exchange.body_out)
    assert last_text(wire, exchange.body_out).endswith(HEAD_TEXT + "\u00e9 " + clock(3) + TAIL_TEXT)
    assert "Why does compute_7 fail?" in json.dumps(json.loads(exchange.body_out)[
        "input" if wire is Wire.OPENAI_RESPONSES else "messages"][-1])  # fmt: skip


def test_two_lines_move_together_or_one_after_the_other():
    house = House()
    for turn in range(8):
        run = f"Run 6ba7b810-9dad-11d1-80b4-00c04fd430c{turn if turn > 3 else 0}"
        made = house.send(body(Wire.ANTHROPIC, STEPS[: turn + 1], f"{clock(turn)}\n{RULES}{run}\n{RULES}"))
        if turn == 4:
            assert made.notes["aligned"]["lines"] == 1
    assert made.notes["aligned"] == {"lines": 2, "kinds": ["timestamp", "uuid"], "switched": False}
    assert last_text(Wire.ANTHROPIC, made.body_out) == f"{HEAD_TEXT}{clock(7)}\n{run}{TAIL_TEXT}"
    assert system_text(Wire.ANTHROPIC, made.body_out).count(HOLD) == 2


@pytest.mark.parametrize(
    ("options", "traits", "more"),
    [
        ({"cache_aligner": False}, {}, {}),
        ({"mode": "cache"}, {}, {}),
        ({}, {"subscription": True}, {}),
        ({}, {"headers": {}}, {}),
        ({}, {"obstacle": "signed"}, {}),
        ({}, {"generation": False}, {}),
        ({}, {}, {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 4000}),
    ],
    ids=["by default", "cache mode", "OAuth", "no key", "signed body", "counting", "thinking"],
)
def test_where_it_is_not_wanted_the_body_goes_as_without_it(options, traits, more):
    house = House(**options)
    for turn in range(6):
        raw = body(Wire.ANTHROPIC, STEPS[: turn + 1], RULES + clock(turn), **more)
        plain = House(**options | {"cache_aligner": False}, store=house.store).send(raw, **traits).body_out
        assert house.send(raw, **traits).body_out == plain


def test_shadow_changes_nothing_and_pins_nothing():
    house = House(shadow=True)
    for turn in range(6):
        raw = body(Wire.ANTHROPIC, STEPS[: turn + 1], RULES + clock(turn))
        assert house.send(raw).body_out == raw
    first = House(store=house.store).send(body(Wire.ANTHROPIC, STEPS[:7], RULES + clock(6)))
    assert "aligned" not in first.notes


@pytest.mark.parametrize(
    "front",
    [
        lambda turn: RULES,
        lambda turn: RULES + clock(min(turn, 1)),
        lambda turn: RULES.replace("\n", " ") + clock(turn),
        lambda turn: RULES + clock(turn) + "word " * turn,
        lambda turn: f"x-anthropic-billing-header: cc_version=2.1.{turn}\n" + RULES,
    ],
    ids=["nothing changes", "it changed once", "the whole prompt is one line", "words changed, too", "a header field"],
)
def test_what_is_no_such_line_stays(front):
    house = House()
    for turn in range(6):
        raw = body(Wire.ANTHROPIC, STEPS[: turn + 1], front(turn))
        assert "aligned" not in house.send(raw).notes


def test_without_a_breakpoint_behind_the_line_there_is_nothing_to_win():
    house = House()
    for turn in range(5):
        raw = body(Wire.ANTHROPIC, [], [{"type": "text", "text": RULES, **MARK}, {"type": "text", "text": clock(turn)}])
        assert house.send(raw).body_out == raw


def test_a_restart_and_a_second_worker_go_on_with_the_same_bytes():
    house, other, alone = House(), None, House()
    other = House(store=house.store)
    for turn in range(9):
        raw = body(Wire.ANTHROPIC, STEPS[: turn + 1], RULES + clock(turn))
        if turn == 6:
            house = House(store=house.store)
        worker = other if turn % 2 else house
        assert worker.send(raw).body_out == alone.send(raw).body_out
    assert "aligned" in worker.send(raw).notes


def test_a_store_that_only_reads_leaves_moved_lines_where_they_are(monkeypatch):
    house, alone = House(), House()

    def front(turn):
        # The second line begins to change when the first has been moved for long.
        return f"{RULES}{clock(turn)}\nToday is 2026-11-{21 + turn // 8}."

    def full(*_given, **_named):
        raise StoreError("the server refused: out of memory")

    for turn in range(11):
        if turn == 6:
            for name in ("put", "put_many", "put_once", "put_once_many", "touch"):
                monkeypatch.setattr(house.store, name, full)
        raw, now = body(Wire.ANTHROPIC, STEPS[: turn + 1], front(turn)), 1000.0 + 1000.0 * turn
        sent, want = house.send(raw, now=now).body_out, alone.send(raw, now=now).body_out
        assert system_text(Wire.ANTHROPIC, sent) == system_text(Wire.ANTHROPIC, want)


def test_a_retry_sends_the_same_and_a_fork_stays_aligned():
    house = House()
    for turn in range(5):
        raw = body(Wire.ANTHROPIC, STEPS[: turn + 1], RULES + clock(turn))
        first = house.send(raw).body_out
        assert house.send(raw).body_out == first
    fork = [*STEPS[:2], STEPS[9]]
    sent = house.send(body(Wire.ANTHROPIC, fork, RULES + clock(9)))
    assert sent.notes["aligned"]["switched"] is False
    other = body(Wire.ANTHROPIC, STEPS[:3], "You are a reviewer.\n" + RULES + clock(9))
    assert "aligned" not in house.send(other).notes  # a subagent with another prompt


def test_marks_of_ours_and_moved_lines_go_together():
    house = House()
    marked = 0
    for turn in range(7):
        raw = body(Wire.ANTHROPIC, STEPS[: turn + 1], RULES * 3 + clock(turn), marked=False)
        exchange = house.send(raw, now=1000.0 + turn)
        sent = json.loads(exchange.body_out)
        strict(Wire.ANTHROPIC, exchange.body_out)
        if "breakpoints" in exchange.notes and "aligned" in exchange.notes:
            marked += 1
            assert sent["messages"][-1]["content"][-1]["text"].startswith(HEAD_TEXT)
            assert "cache_control" in sent["messages"][-1]["content"][-2]
            assert "cache_control" in sent["system"][0]
            assert sent["system"][0]["text"].endswith(HOLD)
        exchange.usage, exchange.status = Usage(0, 5000, 1000), 200
        house.pipeline.observed(exchange, now=1000.0 + turn)
    assert marked >= 2


def test_words_that_are_marked_stay_one_block_and_the_line_is_the_next():
    raw = body(Wire.ANTHROPIC, [], RULES)
    dialect = dialect_for(Wire.ANTHROPIC)
    request = dialect.outline(raw)
    piece = request.messages[0]
    root = Node(b"r" * 16, None, 0)
    nodes = [Node(b"k" * 16, root, 1, dialect.message(raw[piece.start : piece.end]))]
    last = trailer(raw, request, nodes, b"It is late.")
    both = beside(marks(raw, request, nodes, 0), [last], raw)
    assert json.loads(splice(raw, both))["messages"][0]["content"] == [
        {"type": "text", "text": "Why does compute_7 fail? It is 2026-11-21T10:00:07Z.", **MARK},
        {"type": "text", "text": "It is late."},
    ]


def test_a_miss_is_not_put_down_to_a_line_that_was_moved():
    house = House(read_lifecycle=False)
    for turn in range(5):
        sent = house.send(body(Wire.ANTHROPIC, STEPS[: turn + 1], RULES + clock(turn)), now=1000.0 + turn)
        sent.usage, sent.status = Usage(0, 0, 20_000), 200
        house.pipeline.observed(sent, now=1000.0 + turn)
        cause = sent.notes.get("cache_diagnosis", {}).get("cause")
        assert cause == (None if turn == 0 else "client_system" if turn < 3 else "unknown")


def test_a_refused_body_takes_it_back_for_good():
    house = House()
    for turn in range(4):
        sent = house.send(body(Wire.OPENAI_CHAT, STEPS[: turn + 1], RULES + clock(turn)), Wire.OPENAI_CHAT)
    assert "aligned" in sent.notes
    house.pipeline.refused(sent.plan)
    assert "aligned" in sent.notes["barred"]
    for worker in (house, House(store=house.store)):
        for turn in range(4, 8):
            raw = body(Wire.OPENAI_CHAT, STEPS[: turn + 1], RULES + clock(turn))
            assert "aligned" not in worker.send(raw, Wire.OPENAI_CHAT).notes


def test_what_is_added_counts():
    house = House()
    for turn in range(4):
        raw = body(Wire.ANTHROPIC, STEPS[: turn + 1], RULES + clock(turn))
        sent, plain = house.send(raw), House(cache_aligner=False).send(raw)
    assert 20 < sent.tokens_after - plain.tokens_after < 60
    assert house.pipeline.aligned() == {"enabled": True, "calls": 2, "switched": 1, "lines": {"timestamp": 2}}


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60), max_size=6),
    st.integers(0, 6),
    st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_any_prompt_keeps_every_other_byte(words, at, ascii_only):
    lines = [*words[:at], "@", *words[at:]]
    house = House()
    for turn in range(4):
        front = "\n".join(
            clock(turn) if line == "@" and n == min(at, len(words)) else line for n, line in enumerate(lines)
        )
        raw = body(Wire.ANTHROPIC, STEPS[: turn + 1], front, compact=ascii_only)
        sent = house.send(raw)
    want = front.split("\n")
    want[min(at, len(words))] = HOLD
    assert system_text(Wire.ANTHROPIC, sent.body_out) == "\n".join(want)
    assert last_text(Wire.ANTHROPIC, sent.body_out) == HEAD_TEXT + clock(3) + TAIL_TEXT


@pytest.mark.parametrize("ttl", [{}, {"ttl": "1h"}], ids=["five minutes", "an hour"])
@pytest.mark.parametrize("words", [False, True], ids=["results", "words"])
def test_one_mark_for_the_whole_request_gets_a_place_in_front_of_the_line(ttl, words):
    house = House()
    mark = {"cache_control": {"type": "ephemeral", **ttl}}
    for turn in range(4):
        raw = body(Wire.ANTHROPIC, STEPS[: turn + 1], RULES + clock(turn), marked=False, **mark)
        if words:
            request = json.loads(raw)
            request["messages"] += [{"role": "assistant", "content": "Done."}, {"role": "user", "content": "And now?"}]
            raw = json.dumps(request).encode()
        sent = house.send(raw)
        strict(Wire.ANTHROPIC, sent.body_out)
    *_, newest, moved = json.loads(sent.body_out)["messages"][-1]["content"]
    assert newest["cache_control"] == mark["cache_control"]
    assert moved == {"type": "text", "text": HEAD_TEXT + clock(3) + TAIL_TEXT}


def test_one_mark_for_the_whole_request_and_no_room_for_another_leaves_the_prompt():
    house = House()
    for turn in range(5):
        raw = body(Wire.ANTHROPIC, STEPS[: turn + 4], RULES + clock(turn), marked=False, **MARK)
        request = json.loads(raw)
        for message in request["messages"][2:7:2]:
            message["content"][0] |= MARK
        assert "aligned" not in house.send(json.dumps(request).encode()).notes


def played(wire, front, *, on, count=20, **more):
    """A session of ``count`` calls, half a minute apart, as the provider bills it."""
    headers = (("x-api-key", "k"),) if wire is Wire.ANTHROPIC else (("authorization", "Bearer sk-x"),)
    calls = [
        Call("s", 30.0 * n, "POST", PATH[wire], headers, body(wire, STEPS[: n + 1], front(n), **more))
        for n in range(count)
    ]
    mode = "aligned" if on else "token"
    return replay(calls, [mode]).runs[mode]


@pytest.mark.parametrize(
    ("wire", "more"),
    [
        (Wire.ANTHROPIC, {}),
        (Wire.ANTHROPIC, {"marked": False} | MARK),
        (Wire.OPENAI_CHAT, {}),
        (Wire.OPENAI_RESPONSES, {}),
    ],
    ids=["anthropic", "anthropic, one mark for all", "chat", "responses"],
)
def test_a_session_under_a_clock_costs_less_with_it(wire, more):
    off, on = (played(wire, lambda n: clock(n) + "\n" + RULES, on=on, **more) for on in (False, True))
    print(f"{wire}: off ${off.dollars:.4f}, {off.hit_rate:.0%} read; on ${on.dollars:.4f}, {on.hit_rate:.0%} read")
    assert on.dollars < 0.6 * off.dollars
    assert on.hit_rate > 0.7 > off.hit_rate


@pytest.mark.parametrize("wire", [Wire.ANTHROPIC, Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES], ids=str)
def test_a_stable_prompt_goes_out_the_same_with_it(wire):
    on, off = House(), House(cache_aligner=False)
    for turn in range(20):
        raw = body(wire, STEPS[: turn + 1], clock(0) + "\n" + RULES)
        assert on.send(raw, wire).body_out == off.send(raw, wire).body_out
