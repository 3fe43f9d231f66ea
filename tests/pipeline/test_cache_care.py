"""What is said about the provider's cache, and what is done for it: diagnosis, marks, keys, full windows."""

import json

import pytest

from headroom.exchange import Exchange, Usage, Wire
from headroom.pipeline.aligner import compare
from headroom.pipeline.breakpoints import cache_key
from headroom.pipeline.economics import Market, worth_staying_small
from headroom.pipeline.node import Node
from headroom.pipeline.window import Observation, Windows, context_size, excess, mask
from headroom.retrieval.markers import handles
from headroom.wire import dialect_for
from tests.pipeline.test_lifecycle import DONE, EDIT, LONG, OTHER, READ, House, body, results, source

STEPS = [(*READ, source(0)), OTHER, EDIT]


def changed(raw, change):
    request = json.loads(raw)
    change(request)
    return json.dumps(request).encode()


def add_tool(request):
    request["tools"].append({"name": "Grep", "description": "x", "input_schema": {"type": "object"}})


def other_words(request):
    request["messages"][2]["content"][0]["content"] = "Something else was read."


def other_model(request):
    request["model"] = "claude-opus-4-1"


@pytest.mark.parametrize(
    ("change", "cause", "says"),
    [
        (add_tool, "client_tools", "added the tool Grep"),
        (other_words, "client_message", "message 3 of 7"),
        (other_model, "client_model", "claude-opus-4-1"),
        (lambda r: r.update(system="10:31:07 " + LONG), "client_system", "at byte"),
        (lambda r: r["tools"].reverse(), "client_tools", "another order"),
    ],
    ids=["tool added", "message changed", "model changed", "system changed", "tools shuffled"],
)
def test_a_miss_names_who_made_it(change, cause, says):
    house = House()
    house.send(body(STEPS), 1000.0, Usage(0, 0, 20_000))
    sent = house.send(changed(body([*STEPS, DONE]), change), 1010.0, Usage(0, 2_000, 20_000))
    diagnosis = sent.notes["cache_diagnosis"]
    assert (diagnosis["cause"], diagnosis["tokens"]) == (cause, 18_000)
    assert says in diagnosis["sentence"]


@pytest.mark.parametrize(
    ("later", "kind"), [(2000.0, "ttl_expiry"), (1010.0, "unknown")], ids=["idle too long", "nothing to see"]
)
def test_a_miss_without_a_change_is_put_down_to_time_or_left_open(later, kind):
    house = House(read_lifecycle=False)
    house.send(body(STEPS), 1000.0, Usage(0, 0, 20_000))
    sent = house.send(body([*STEPS, DONE]), later, Usage(0, 0, 20_000))
    assert sent.notes["cache_diagnosis"]["cause"] == kind


def test_a_rewrite_of_ours_is_named_and_what_it_took_out_is_not_processed_again():
    house = House()
    steps = [(*READ, source(0)), OTHER, (*READ, source(1))]
    house.send(body(steps), 1000.0, Usage(0, 0, 20_000))
    sent = house.send(body([*steps, DONE]), 1000.0 + 3600.0, Usage(0, 2_000, 14_000))
    removed = sent.notes["removed_tokens"]
    assert removed > 1_000
    found = sent.notes["cache_diagnosis"]
    assert found["cause"] == "our_rewrite"
    assert found["tokens"] == min(20_000 - removed, 16_000) - 2_000
    assert found["sentence"].endswith("we rewrote result 1 of message 3 (read_lifecycle:superseded)")


@pytest.mark.parametrize(("billed", "again"), [(Usage(500, 2_000, 6_500), 7_000), (Usage(0, 2_000, 900), None)])
def test_no_more_is_processed_again_than_was_sent(billed, again):
    house = House()
    house.send(body(STEPS), 1000.0, Usage(0, 0, 20_000))
    notes = house.send(body([STEPS[0], OTHER, DONE]), 1010.0, billed).notes
    assert notes.get("cache_diagnosis", {}).get("tokens") == again


def test_a_full_hit_is_no_miss():
    house = House()
    house.send(body(STEPS), 1000.0, Usage(0, 0, 20_000))
    assert "cache_diagnosis" not in house.send(body([*STEPS, DONE]), 1010.0, Usage(0, 20_000, 100)).notes


@pytest.mark.parametrize(
    ("old", "new", "looks", "at"),
    [
        (b"It is 2026-11-21T10:00:00Z now", b"It is 2026-11-21T10:07:00Z now", "a timestamp", 21),
        (b"Today: 2026-11-21.", b"Today: 2026-11-22.", "a date", 16),
        (b"run 6ba7b810-9dad-11d1-80b4-00c04fd430c8", b"run 7ba7b810-9dad-11d1-80b4-00c04fd430c8", "a UUID", 4),
        (b"turn 7 of many", b"turn 8 of many", "a number", 5),
        (b"You are kind", b"You are fast", "changed text", 8),
        (b"abc", b"abcdef", "text that was added at the end", 3),
    ],
    ids=["timestamp", "date", "uuid", "number", "words", "longer"],
)
def test_what_moves_in_a_prompt_is_found_and_named(old, new, looks, at):
    found = compare("system", old, new)
    assert (found.looks_like, found.at) == (looks, at)
    assert found.sentence() == f"prefix unstable at byte {at:,} of system: looks like {looks}"


def marks(raw):
    return raw.count(b'"cache_control"')


def test_marks_are_set_for_an_agent_at_work_and_cover_the_last_call():
    house = House()
    house.send(body(STEPS, marked=False), 1000.0)
    sent = house.send(body([*STEPS, DONE], marked=False), 1010.0)
    assert marks(sent.body_out) == 3
    request = json.loads(sent.body_out)
    assert request["system"][-1]["cache_control"] == {"type": "ephemeral"}
    assert request["system"][0]["text"] == LONG
    marked = [n for n, m in enumerate(request["messages"]) if "cache_control" in json.dumps(m)]
    assert marked == [6, 8]  # where the first call ended, and the newest


@pytest.mark.parametrize(
    ("calls", "marked"), [(8, [6, 8]), (9, [6, 7, 8]), (12, [6, 7, 8]), (25, [6, 7, 8])], ids="{} calls".format
)
def test_a_turn_of_more_blocks_than_the_provider_looks_back_gets_a_mark_between(calls, marked):
    house = House()
    house.send(body(STEPS, marked=False), 1000.0)

    def add(request):
        uses, found = ([dict(request["messages"][place]["content"][-1]) for _ in range(calls)] for place in (7, 8))
        for number, (use, result) in enumerate(zip(uses, found, strict=True)):
            use["id"] = result["tool_use_id"] = f"many{number}"
        request["messages"][7]["content"][1:] = uses  # a word stands in front of them
        request["messages"][8]["content"] = found

    sent = json.loads(house.send(changed(body([*STEPS, DONE], marked=False), add), 1010.0).body_out)
    assert [n for n, m in enumerate(sent["messages"]) if "cache_control" in json.dumps(m)] == marked
    assert marks(json.dumps(sent).encode()) == len(marked) + 1


@pytest.mark.parametrize(
    ("raw", "now"),
    [
        (body([*STEPS, DONE]), 1010.0),
        (body([*STEPS, DONE], marked=False), 1600.0),
        (body([*STEPS, DONE], marked=False, system="Short."), 1010.0),
    ],
    ids=["the client sets its own", "too long ago", "too short to be cached"],
)
def test_no_mark_is_set_where_it_would_not_pay(raw, now):
    house = House(read_lifecycle=False)
    short = b"Short." in raw[:200]
    steps = [DONE, DONE] if short else STEPS
    first = body(steps, marked=marks(raw) > 0, system="Short." if short else LONG)
    house.send(first, 1000.0)
    raw = body([*steps, DONE], marked=False, system="Short.") if short else raw
    sent = house.send(raw, now)
    assert marks(sent.body_out) == marks(raw)


def test_a_single_question_gets_no_mark():
    house = House()
    assert marks(house.send(body([(*READ, source(0))], marked=False), 1000.0).body_out) == 0


@pytest.mark.parametrize(
    ("upstream", "given", "added"),
    [
        ("https://api.openai.com", {}, True),
        ("https://api.openai.com", {"prompt_cache_key": "mine"}, False),
        ("http://127.0.0.1:9", {}, False),
        ("https://api.openai.com.example", {}, False),
    ],
    ids=["OpenAI", "the client's own", "another host", "a name alike"],
)
def test_a_cache_key_goes_only_where_it_is_known_to_be_taken(upstream, given, added):
    tools = [{"type": "function", "function": {"name": "Bash", "parameters": {"type": "object"}}}]
    raw = json.dumps(
        {"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}], "tools": tools, **given}
    ).encode()
    exchange = Exchange(
        "r", 0, 0, Wire.OPENAI_CHAT, "openai", "POST", "/v1/chat/completions", upstream, body_in=raw,
        headers={"authorization": "Bearer sk-x"},
    )  # fmt: skip
    edit = cache_key(exchange, dialect_for(Wire.OPENAI_CHAT).outline(raw), Node(b"k" * 16, None, 0))
    assert (edit is not None) is added
    if edit is not None:
        spliced = raw[: edit.start] + edit.new + raw[edit.end :]
        assert json.loads(spliced) == {**json.loads(raw), "prompt_cache_key": "hr-" + (b"k" * 16).hex()}


@pytest.mark.parametrize(
    ("model", "provider", "headers", "size"),
    [
        ("claude-sonnet-4-5", "anthropic", {}, 200_000),
        ("claude-sonnet-4-5", "anthropic", {"anthropic-beta": "context-1m-2025-08-07"}, 1_000_000),
        ("some-model-nobody-knows", "openai", {}, None),
        (None, "openai", {}, None),
    ],
    ids=["table", "long context", "unknown", "unnamed"],
)
def test_windows_are_known_or_not_guessed(model, provider, headers, size):
    assert Windows().of(model, provider, headers) == size
    assert context_size("some-model-nobody-knows", "anthropic") is None


def test_an_operators_word_on_a_window_comes_first():
    windows = Windows({"house-model": 32_768, "claude-sonnet-4-5": 100_000})
    assert windows.of("house-model", "openai", {}) == 32_768
    assert windows.of("claude-sonnet-4-5", "anthropic", {"anthropic-beta": "context-1m-2025-08-07"}) == 100_000


def test_a_window_that_only_the_operator_knows_is_kept_to():
    steps = [("Read", {"file_path": f"/repo/m{n}.py"}, source(n, 1_000)) for n in range(14)]
    raw = [body(steps[:n], model="house-model") for n in (13, 14)]
    for windows, cleared in ((Windows({"house-model": 60_000}), True), (Windows(), False)):
        house = House(mode="token", windows=windows)
        house.send(raw[0], 1000.0, Usage(0, 0, 59_000))
        sent = house.send(raw[1], 1010.0)
        assert any(text.startswith("[~") for text in results(sent.body_out)) is cleared


def test_clearing_goes_well_below_the_window_in_one_go():
    assert excess(10_000, None, None) == 0
    assert excess(150_000, 200_000, 8_000) == 0
    assert excess(195_000, 200_000, 8_000) == 195_000 - 120_000
    assert excess(10**9, None, None) == 0


RETRIEVED = [Usage(0, 80_000, 2_000), Usage(0, 82_000, 1_000), Usage(0, 83_000, 500)]
"""The model looked something up twice before it answered: three upstream calls in one."""


def test_calls_for_hidden_rounds_are_not_taken_for_one_long_prompt():
    steps = [("Read", {"file_path": f"/repo/m{n}.py"}, source(n, 1_000)) for n in range(12)]
    house = House(mode="token")
    house.send(body(steps[:-1]), 1000.0, Usage(0, 0, 80_000))
    house.send(body(steps), 1010.0, rounds=RETRIEVED)
    sent = house.send(body([*steps, DONE]), 1020.0, Usage(0, 83_500, 200))
    assert "cache_diagnosis" not in sent.notes
    assert not [text for text in results(sent.body_out) if text.startswith("[~")]


def test_what_the_first_of_several_calls_read_tells_a_miss():
    house = House(read_lifecycle=False)
    house.send(body(STEPS), 1000.0, Usage(0, 0, 80_000))
    sent = house.send(body([*STEPS, DONE]), 1010.0, rounds=[Usage(0, 0, 82_000), *RETRIEVED[1:]])
    assert sent.notes["cache_diagnosis"]["tokens"] == 80_000


@pytest.mark.parametrize("scoring", [True, False])
def test_the_newest_results_stay_and_no_more_goes_than_needed(scoring):
    seen = [Observation(n, 1_000, 90, is_error=n == 3) for n in range(30)]
    gone = mask(seen, 5_000, scoring=scoring)
    assert len(gone) == 6
    assert max(one.order for one in gone) < 20
    assert (3 in {one.order for one in gone}) is not scoring
    assert len(mask(seen, 10**9, scoring=scoring)) == 20


def test_a_conversation_that_outgrows_its_window_is_masked_once():
    house = House(mode="token")
    steps = [("Read", {"file_path": f"/repo/m{n}.py"}, source(n, 1_000)) for n in range(22)]
    house.send(body(steps[:-1]), 1000.0, Usage(0, 0, 190_000))
    sent = house.send(body(steps), 1010.0, Usage(0, 0, 110_000))
    stubs = [text for text in results(sent.body_out) if text.startswith("[~")]
    assert stubs
    assert results(sent.body_out)[-10:] == [text for _, _, text in steps[-10:]]
    after = house.send(body([*steps, DONE]), 1020.0, Usage(0, 110_000, 100))
    assert results(after.body_out)[: len(steps)] == results(sent.body_out)
    (said,) = (gate["sentence"] for gate in sent.notes["rewrites"].values())
    assert said.endswith("old results to fit the window"), "it was no question of dollars"


def test_without_intelligence_the_oldest_go_first():
    steps = [("Read", {"file_path": f"/repo/m{n}.csv"}, listing(n + 3)) for n in range(56)]
    for n in range(5, 10):  # the first is named again, and again
        steps[n] = ("Read", {"file_path": "/repo/m0.csv", "offset": n, "limit": 9}, listing(n + 90))

    def gone(**options):
        sent = full(House(mode="token", **options), steps)
        assert {v.why for v in sent.verdicts} <= {"protected", "window:mask"}
        return [n for n, text in enumerate(results(sent.body_out)) if text.startswith("[~")]

    plain = gone(intelligent_context=False)
    assert plain == list(range(len(plain)))
    assert 0 < len(plain) < 46
    assert 0 not in gone(compress_first=False)


def test_a_prompt_is_not_made_too_small_to_be_cached():
    from headroom.accounts.pricing import Rates

    market = Market(Rates(1.0, 5.0, 0.1, 1.25, 2.0, "table"))
    assert not worth_staying_small(900, 1_500, minimum=1_024, market=market)
    assert worth_staying_small(100, 1_500, minimum=1_024, market=market)
    assert worth_staying_small(1_100, 1_500, minimum=1_024, market=market)


def rows(count):
    return json.dumps(
        [{"id": n, "name": f"part {n % 7}", "stock": n * 37 % 101, "at": "Oslo"} for n in range(count)], indent=1
    )


def offers(exchange):
    return b"headroom_retrieve" in exchange.body_out


SMALL = {"system": "Be brief.", "marked": False}
LISTED = ("Bash", {"command": "./stock --json"}, rows(300).replace("part 3", "rule_7", 1))


def test_a_small_question_in_cache_mode_goes_out_as_it_came():
    house = House(mode="cache")
    raw = body([], **SMALL | {"marked": False})
    assert house.send(raw, 1000.0).body_out == raw


def test_cache_mode_offers_retrieval_with_the_first_block_that_needs_it_while_nothing_is_cached():
    house = House(mode="cache")
    house.send(body([], **SMALL), 1000.0)
    first = house.send(body([LISTED], **SMALL), 1010.0)
    assert first.handles
    assert offers(first)
    assert offers(house.send(body([LISTED, DONE], **SMALL), 1020.0)), "once offered, always offered"


@pytest.mark.parametrize("restarted", [False, True], ids=["same process", "after a restart"])
def test_cache_mode_never_adds_the_tool_to_a_prompt_that_may_be_cached(restarted):
    house = House(mode="cache")
    talk = [("Bash", {"command": f"echo {n}"}, f"{n} " + "words that make the prompt longer " * 12) for n in range(12)]
    house.send(body(talk[:1], **SMALL), 1000.0)
    house.send(body(talk, **SMALL), 1010.0)
    if restarted:
        house.start()
    late = house.send(body([*talk, LISTED], **SMALL), 1020.0)
    assert not offers(late)
    assert not late.handles
    assert late.verdicts[-1].lossless


def for_an_hour(raw):
    """The same request, with a mark that asks for a life of an hour on its last block."""
    request = json.loads(raw)
    request["messages"][-1]["content"][-1]["cache_control"] = {"type": "ephemeral", "ttl": "1h"}
    return json.dumps(request).encode()


@pytest.mark.parametrize(("ask", "late"), [(lambda raw: raw, True), (for_an_hour, False)], ids=["5m", "1h"])
def test_what_a_late_offer_writes_anew_is_weighed_at_the_price_of_the_life_that_is_asked_for(ask, late):
    house = House(mode="token")
    talk = [("Bash", {"command": f"echo {n}"}, f"{n} " + "words that make the prompt longer " * 12) for n in range(20)]
    house.send(ask(body(talk, **SMALL)), 1000.0, Usage(0, 0, 3_000))
    result = ("Bash", {"command": "./stock --json"}, rows(80).replace("part 3", "rule_7", 1))
    assert offers(house.send(ask(body([*talk, result], **SMALL)), 1010.0)) is late


@pytest.mark.parametrize(("ttl", "at_once"), [("5m", False), ("1h", True)])
def test_an_opening_that_would_be_dear_to_write_again_has_the_tool_at_once(ttl, at_once):
    house = House(mode="token")
    rules = {"type": "text", "text": "Be brief, and say what was learnt. " * 190}
    rules["cache_control"] = {"type": "ephemeral", "ttl": ttl}
    raw = body([("Bash", {"command": "true"}, "done")], system=[rules], marked=False)
    assert offers(house.send(raw, 1000.0)) is at_once


def test_a_full_window_is_worth_the_tool_where_it_was_not_offered():
    house = House(mode="token")
    steps = [("Read", {"file_path": f"/repo/m{n}.py"}, source(n, 1_000)) for n in range(22)]
    house.send(body([], **SMALL), 990.0)
    before = house.send(body(steps[:12], **SMALL), 1000.0, Usage(0, 0, 190_000))
    assert not offers(before)
    sent = house.send(body(steps, **SMALL), 1010.0, Usage(0, 0, 110_000))
    assert offers(sent)
    assert [text for text in results(sent.body_out) if text.startswith("[~")]
    house.start()
    after = house.send(body([*steps, DONE], **SMALL), 1020.0)
    assert results(after.body_out)[: len(steps)] == results(sent.body_out)
    assert offers(after)


def test_a_new_block_s_own_size_does_not_speak_against_offering_the_tool():
    """It is written for the first time in any case; only what was sent before would be written anew."""
    house = House(code_aware=True)
    file = "".join(
        f"LIMIT_{n} = {{'low': {n}, 'high': {n * 7}, 'step': {n % 5}, 'unit': 'gram', 'where': 'the second scale on the left'}}\n"
        f"OTHER_{n} = {{'low': {n}, 'high': {n * 9}, 'step': {n % 3}, 'unit': 'gram', 'where': 'the first scale on the right'}}\n"
        f"def weigh_{n}(value):\n    total = {n}\n" + "    total += value * 7\n" * 11 + "    return total\n\n\n"
        for n in range(90)
    )
    house.send(body([], **SMALL), 1000.0)
    sent = house.send(body([("fetch", {"url": "https://example.org/scales.py"}, file)], **SMALL), 1010.0)
    assert sent.verdicts[-1].why == "code:skeleton"
    assert offers(sent)


def test_a_large_opening_has_the_tool_from_the_first_call():
    house = House(mode="cache")
    assert offers(house.send(body([], marked=False, system=LONG * 3), 1000.0))


def listing(state):
    """Bulk without a known end: rows that nobody asked about."""
    return "id,part,stock,city\n" + "".join(f"{n},bolt {n % 9},{n * state % 997},Oslo\n" for n in range(290))


def talkative(count, size=6_000):
    """Calls whose own arguments are large: stubs for the results free next to nothing."""
    return [
        (
            "Write",
            {"file_path": f"/repo/m{n}.py", "content": f"{n} " + "x = y + z  # words\n" * (size // 20)},
            "ok " * 40,
        )
        for n in range(count)
    ]


def full(house, steps, tokens=199_000):
    house.send(body(steps[:-1]), 1000.0, Usage(0, 0, tokens))
    return house.send(body(steps), 1010.0, Usage(0, 0, 110_000))


def test_a_full_window_is_first_compressed_further():
    steps = [("Read", {"file_path": f"/repo/stock{n}.csv"}, listing(n + 3)) for n in range(56)]
    sent = full(House(mode="token"), steps)
    assert any(v.why.startswith("window:csv") for v in sent.verdicts)
    only_masked = full(House(mode="token", compress_first=False), steps)
    assert {v.why for v in only_masked.verdicts} <= {"protected", "window:mask"}
    assert any(v.why == "window:mask" for v in only_masked.verdicts)


def test_a_full_window_is_cleared_in_a_few_writes():
    house = House(mode="token", compress_first=False)
    steps = [("Read", {"file_path": f"/repo/m{n}.py"}, source(n * 1000, 30)) for n in range(700)]
    writes, many = [], house.store.put_once_many

    def counted(space, items, **kind):
        writes.append((space, len(items)))
        return many(space, items, **kind)

    house.store.put_once_many = counted
    sent = house.send(body(steps), 1000.0, Usage(0, 0, 110_000))
    assert sum(v.why == "window:mask" for v in sent.verdicts) > 500
    kept = [count for space, count in writes if space == "originals"]
    assert sum(kept) == len(sent.handles)
    assert len(kept) <= 1 + len(sent.handles) // 500
    assert not house.originals.touch(sent.handles, now=1020.0), "each marker leads somewhere"


@pytest.mark.parametrize("pieces", [False, True], ids=["the same text", "a text that holds it"])
def test_what_went_with_a_call_is_cited_no_more(pieces):
    house = House(mode="token")
    text = "".join(f"step {n} of the plan: turn bolt {n * 37 % 101} by {n} degrees\n" for n in range(40))
    first, again = (("Read", {"file_path": f"/repo/{name}.txt"}, text) for name in "ab")
    steps = [first, *talkative(60)]
    assert text not in json.dumps(json.loads(full(house, steps).body_out)).encode().decode("unicode_escape")
    if pieces:
        again = (*again[:2], "all of it:\n" + text + "the end\n")
    sent = house.send(body([*steps, again]), 1020.0, Usage(0, 0, 111_000))
    (last,) = json.loads(sent.body_out)["messages"][-1]["content"]
    assert last["content"] == again[2]


@pytest.mark.parametrize("scoring", [True, False], ids=["scored", "by age"])
def test_calls_go_whole_when_nothing_else_helps(scoring):
    house = House(mode="token", intelligent_scoring=scoring)
    steps = talkative(60)
    raw = body(steps)
    sent = full(house, steps)
    out = json.loads(sent.body_out)
    assert len(out["messages"]) < len(json.loads(raw)["messages"])
    assert out["messages"][0] == json.loads(raw)["messages"][0], "the user's words stay"
    assert [m["role"] for m in out["messages"]] == ["user", "assistant"] * (len(out["messages"]) // 2) + ["user"]
    open_calls = set()
    for message in out["messages"]:
        for block in message["content"] if isinstance(message["content"], list) else ():
            if block["type"] == "tool_use":
                open_calls.add(block["id"])
            elif block["type"] == "tool_result":
                open_calls.remove(block["tool_use_id"])
    assert not open_calls
    assert results(sent.body_out)[-10:] == [text for _, _, text in steps[-10:]]
    (stub,) = [text for text in results(sent.body_out) if "messages 2 to" in text]
    (handle,) = handles(stub)
    kept = house.originals.get(handle, now=1011.0).text
    assert kept.count("\n") >= 4
    assert '"/repo/m0.py"' in kept
    assert sent.notes["rewrote"]
    assert len(sent.body_out) < 0.75 * len(raw)


@pytest.mark.parametrize("restarted", [False, True], ids=["same process", "after a restart"])
def test_what_went_stays_gone_and_can_be_fetched_for_good(restarted):
    house = House(mode="token")
    steps = talkative(60)
    sent = full(house, steps)
    if restarted:
        house.start()
    later = house.send(body([*steps, DONE]), 1020.0, Usage(0, 110_000, 100))
    before, after = json.loads(sent.body_out)["messages"], json.loads(later.body_out)["messages"]
    before[-1]["content"][-1].pop("cache_control")
    assert after[: len(before)] == before
    (stub,) = [text for text in results(later.body_out) if "messages 2 to" in text]
    (handle,) = handles(stub)
    kept = house.originals.get(handle, now=1021.0).text
    house.originals._store = type(house.store)(now=lambda: 0.0)
    later.plan.now = 50_000.0
    house.pipeline.keep_promises(later.plan)
    assert house.originals.get(handle, now=50_001.0).text == kept, "the client's request brings it back"


def test_an_unknown_window_is_never_guessed():
    house = House(mode="token")
    steps = talkative(60)
    house.send(body(steps[:-1], model="some-new-model"), 1000.0, Usage(0, 0, 900_000))
    sent = house.send(body(steps, model="some-new-model"), 1010.0, Usage(0, 0, 900_000))
    assert len(json.loads(sent.body_out)["messages"]) == 2 * len(steps) + 1
