"""Pages that a browser tool tells: which are whole, which end others' handles, and what becomes of the older ones."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from headroom.pipeline.eligibility import unwrap
from headroom.pipeline.lifecycle import outdated
from headroom.pipeline.pages import page_of
from headroom.pipeline.reads import NEWEST_PAGES
from headroom.retrieval.markers import handles
from tests.pipeline.test_lifecycle import DONE, House, results
from tests.pipeline.test_lifecycle import body as plain

TOOLS = ("browser_snapshot", "browser_click", "browser_navigate", "take_screenshot")


def page(url="https://shop.example/", state=0, *, items=150, style="ref", end="```\n"):
    if style == "uid":
        rows = [f'  uid={state}_{n} link "Offer {n} at {n * 7 + state * 13}"' for n in range(items)]
        return "\n".join([f'## Page content\nuid={state}_a RootWebArea "Shop" url="{url}"', *rows]) + "\n"
    rows = [
        f'    - link "Offer {n} at {n * 7 + state * 13} after {state}" [ref=e{state}x{n}]:\n      - /url: /o/{n}/{state}'
        for n in range(items)
    ]
    head = f"### Page state\n- Page URL: {url}\n- Page Title: Shop\n- Page Snapshot:\n```yaml\n- main [ref=e{state}x]:"
    return "\n".join([head, *rows]) + "\n" + end


def body(steps, **given):
    request = json.loads(plain(steps, **given))
    request["messages"][0]["content"] = "Compare all the offers, please."
    request["tools"] += [{"name": f"mcp__browser__{t}", "input_schema": {"type": "object"}} for t in TOOLS]
    return json.dumps(request).encode()


def shot(url="https://shop.example/", state=0, tool="mcp__browser__browser_click", given=None, **kind):
    return (tool, given or {}, page(url, state, **kind))


@pytest.mark.parametrize(
    ("name", "given", "text", "found"),
    [
        ("mcp__browser__browser_click", {"ref": "e3"}, page(), ("mcp__browser ref", "https://shop.example/")),
        ("browser_snapshot", {}, page(), (" ref", "https://shop.example/")),
        ("playwright_browser_type", {}, page(), ("playwright_ ref", "https://shop.example/")),
        ("mcp__chrome__take_snapshot", {"verbose": True}, page(style="uid"), ("mcp__chrome uid", "https://shop.example/")),
        ("mcp__chrome__click", {"uid": "1_2"}, page(style="uid"), ("mcp__chrome uid", "https://shop.example/")),
        ("take_snapshot", {}, page(style="uid").replace(' url="https://shop.example/"', ""), (" uid", 'RootWebArea "Shop"')),
        ("browser_click", {}, json.dumps([{"type": "text", "text": page()}]), (" ref", "https://shop.example/")),
        ("browser_click", {}, json.dumps({"content": [{"text": page()}]}, indent=2), (" ref", "https://shop.example/")),
        ("click", {}, "Wall time: 0.3 s\nOutput:\n" + json.dumps([{"text": page(style="uid")}]), (" uid", "https://shop.example/")),
        ("browser_click", {}, json.dumps([{"type": "text", "text": page(end="")}]), None),
        ("browser_snapshot", {"selector": "#cart"}, page(), None),
        ("browser_snapshot", {"ref": "e3"}, page(), None),
        ("take_snapshot", "no json", page(style="uid"), None),
        ("browser_click", {}, page(end=""), None),
        ("browser_click", {}, page(end="") + "\n... [output truncated]", None),
        ("browser_click", {}, page().replace("- main", "- <changed> main"), None),
        ("browser_click", {}, page().replace("- Page URL: https://shop.example/\n", ""), None),
        ("browser_click", {}, page(items=2), None),
        ("browser_take_screenshot", {}, "- Page URL: https://shop.example/\nThe picture is below.\n" * 30, None),
        ("Read", {"file_path": "page.yml"}, page(), None),
        ("Bash", {"command": "cat page.yml"}, page(), None),
        ("headroom_retrieve", {"hash": "9"}, page(), None),
        ("call_tool", {"name": "browser_click", "arguments": {}}, page(), (" ref", "https://shop.example/")),
    ],
)  # fmt: skip
def test_a_whole_page_is_told_from_all_else(name, given, text, found):
    arguments = given if isinstance(given, str) else json.dumps(given)
    seen = page_of(*unwrap(name, arguments), text)
    assert (seen and (seen.family, seen.url)) == found


URLS = [f"https://shop.example/{n}" for n in range(9)]
PART = shot(state=5, tool="mcp__browser__browser_snapshot", given={"selector": "#cart"})


@pytest.mark.parametrize(
    ("steps", "gone"),
    [
        ([shot(state=0), shot(state=1)], [0]),
        ([shot(state=0), shot(state=1), shot(state=2)], [0, 1]),
        ([shot(state=0), PART], []),
        ([shot(state=0), ("mcp__browser__take_screenshot", {}, "The picture is below.\n" * 40)], []),
        ([shot(state=0), shot(state=1, tool="mcp__other__browser_click")], []),
        ([shot(state=0), shot(state=1, style="uid")], []),
        ([shot(URLS[0], 0), shot(URLS[1], 1), shot(URLS[2], 2)], []),
        ([shot(URLS[0], 0), shot(URLS[1], 1), shot(URLS[2], 2), shot(URLS[3], 3)], [0]),
        ([shot(URLS[0], 0), shot(URLS[1], 1), shot(URLS[1], 2), shot(URLS[1], 3)], [0, 1, 2]),
        ([shot(URLS[0], 0), shot(URLS[1], 1), shot(URLS[0], 2)], [0]),
        ([(*shot(state=0)[:2], page(items=9)), shot(state=1)], []),
    ],
    ids=[
        "the same page again",
        "twice",
        "only a part of it",
        "a picture",
        "another browser",
        "another kind of handle",
        "as many pages as stay",
        "one page more",
        "counted are snapshots, not pages",
        "back on a page",
        "too short for a stub to be worth it",
    ],
)
def test_only_what_a_newer_page_replaces_goes(steps, gone):
    house = House()
    house.send(body(steps), 1000.0)
    sent = house.send(body([*steps, DONE]), 1000.0 + 3600.0)
    for number, text in enumerate(results(sent.body_out)[: len(steps)]):
        if number in gone:
            assert len(text) < 500
            (handle,) = handles(text)
            assert house.originals.get(handle, now=5000.0).text == steps[number][2]
            assert sent.retrieve_offered
        else:
            assert "older snapshot" not in text
    assert NEWEST_PAGES == 3


def test_the_stub_says_which_page_it_was_and_that_its_handles_are_void():
    house = House()
    house.send(body([shot(state=0), shot(state=1)]), 1000.0)
    text = results(house.send(body([shot(state=0), shot(state=1), DONE]), 9000.0).body_out)[0]
    assert "an older snapshot of https://shop.example/, whose handles are void; a newer one stands below" in text
    assert text.count("\n") == 1


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "cache"},
        {"read_lifecycle": False},
        {"lossless": True},
        {"protect_tool_results": ("mcp__browser__*",)},
    ],
    ids=["cache mode", "off", "lossless", "protected"],
)
def test_nothing_sent_before_changes_where_it_must_not(options):
    house = House(**options)
    steps = [shot(state=0), shot(state=1)]
    first = house.send(body(steps), 1000.0)
    later = house.send(body([*steps, DONE]), 9000.0)
    assert results(later.body_out)[: len(steps)] == results(first.body_out)
    assert "rewrites" not in later.notes


def test_what_the_model_has_yet_to_see_stays():
    """Two pages in one turn: the older one goes once the model has answered to both."""
    house = House()
    request = json.loads(body([shot(state=0), shot(state=1)]))
    opening, *turns = request["messages"]
    both = [
        opening,
        {"role": "assistant", "content": [turns[0]["content"][1], turns[2]["content"][1]]},
        {"role": "user", "content": [turns[1]["content"][0], turns[3]["content"][0]]},
    ]
    house.send(json.dumps({**request, "messages": both[:1]}).encode(), 1000.0)
    sent = house.send(json.dumps({**request, "messages": both}).encode(), 9000.0)
    assert not any("older snapshot" in text for text in results(sent.body_out))
    after = [*both, {"role": "assistant", "content": "I see."}, {"role": "user", "content": "Go on."}]
    sent = house.send(json.dumps({**request, "messages": after}).encode(), 19000.0)
    assert ["older snapshot" in text for text in results(sent.body_out)] == [True, False]


def warm(steps, *, house=None, marks="two", now=1000.0, change=lambda request: None):
    """The exchanges of a browser session, a call after each step, ten seconds apart."""
    house = house or House()
    sent = []
    for count in range(len(steps) + 1):
        request = json.loads(body(steps[:count], marked=False))
        request["system"] = [{"type": "text", "text": request["system"], "cache_control": {"type": "ephemeral"}}]
        turns = [m for m in request["messages"] if m["role"] == "user" and isinstance(m["content"], list)]
        for message in turns[-(2 if marks == "two" else 1) :]:
            message["content"][-1]["cache_control"] = {"type": "ephemeral"}
        change(request)
        sent.append(house.send(json.dumps(request).encode(), now + 10 * count))
    return sent


@pytest.mark.parametrize("marks", ["one", "two"])
def test_while_the_cache_lives_the_page_before_goes_at_once_as_nothing_is_cached_behind_it(marks):
    steps = [shot(state=n) for n in range(6)]
    sent = warm(steps, marks=marks)
    last = results(sent[-1].body_out)
    assert sum("older snapshot" in text for text in last) >= 4
    assert "older snapshot" not in last[-1]
    for before, after in pairwise(sent):
        for old, new in zip(results(before.body_out), results(after.body_out), strict=False):
            assert old == new or "older snapshot" in new
            assert old == new or "older snapshot" not in old


def test_pages_that_go_together_are_stored_together(monkeypatch):
    house = House()
    steps = [shot(state=n) for n in range(4)]
    house.send(body(steps), 1000.0)
    stored = []
    keep_all = house.originals.keep_all
    monkeypatch.setattr(
        house.originals, "keep_all", lambda texts, **k: stored.append(len(texts)) or keep_all(texts, **k)
    )
    house.send(body([*steps, DONE]), 9000.0)
    assert stored == [3]


def test_where_one_original_cannot_be_stored_nothing_goes(monkeypatch):
    house = House()
    steps = [shot(state=n) for n in range(3)]
    first = house.send(body(steps), 1000.0)
    keep_all = house.originals.keep_all
    monkeypatch.setattr(house.originals, "keep_all", lambda texts, **k: [*keep_all(texts, **k)[:-1], None])
    sent = house.send(body([*steps, DONE]), 9000.0)
    assert results(sent.body_out)[:3] == results(first.body_out)
    assert "rewrites" not in sent.notes


def test_what_goes_stays_gone_across_restarts_and_retries():
    house = House()
    steps = [shot(state=n) for n in range(4)]
    last = warm(steps, house=house)[-1]
    assert "rewrites" in last.notes
    assert house.send(last.body_in, 1041.0).body_out == last.body_out
    house.start()
    assert house.send(last.body_in, 1042.0).body_out == last.body_out


def test_without_a_new_page_nothing_is_rewritten():
    steps = [shot(state=0), shot(state=1), DONE, DONE, DONE]
    sent = warm(steps)
    assert ["rewrites" in one.notes for one in sent][3:] == [False] * 3


def test_a_page_that_a_later_one_is_told_by_goes_only_with_it():
    """The second is sent as a reference to the first, so the first stays while the second does."""
    house = House()
    steps = [shot(state=0), shot(state=0)]
    house.send(body(steps), 1000.0)
    sent = house.send(body([*steps, DONE]), 9000.0)
    first, second, _ = results(sent.body_out)
    assert "older snapshot" not in first
    assert second.startswith("[~ the same")
    steps = [*steps, DONE, shot(state=3)]
    house.send(body(steps), 9010.0)
    sent = house.send(body([*steps, DONE]), 19000.0)
    assert ["older snapshot" in text for text in results(sent.body_out)] == [True, True, False, False, False]


def test_pages_of_two_branches_do_not_mix():
    house = House()
    left = [shot(state=0), shot(state=1)]
    right = [shot(state=0), DONE]
    house.send(body(left), 1000.0)
    house.send(body(right), 1001.0)
    sent = house.send(body([*right, DONE]), 9000.0)
    assert not any("older snapshot" in text for text in results(sent.body_out))
    nodes = house.send(body([*left, DONE]), 9001.0).plan.nodes
    assert [(one.depth, one.by) for one in outdated(nodes)] == [(3, 5)]


@pytest.mark.parametrize(
    ("steps", "marks", "added"),
    [
        ([shot(state=n) for n in range(4)], "one", 1),
        ([shot(state=n) for n in range(4)], "two", 0),
        ([DONE, shot(state=0), DONE, DONE], "one", 0),
    ],
    ids=["a page at the only mark", "the client marks enough", "no page"],
)
def test_a_mark_is_set_in_front_of_a_page_that_will_soon_go(steps, marks, added):
    last = warm(steps, marks=marks)[-1]
    assert last.body_out.count(b'"cache_control"') == last.body_in.count(b'"cache_control"') + added
    if added:
        messages = json.loads(last.body_out)["messages"]
        marked = [n for n, m in enumerate(messages) if "cache_control" in json.dumps(m)]
        assert marked == [len(messages) - 3, len(messages) - 1]


def hour_of_system(request):
    request["system"][0]["cache_control"]["ttl"] = "1h"


def hour_of_messages(request):
    for message in request["messages"]:
        for block in message["content"] if isinstance(message["content"], list) else ():
            if "cache_control" in block:
                block["cache_control"]["ttl"] = "1h"


def four_marks(request):
    request["tools"][-1]["cache_control"] = request["tools"][0]["cache_control"] = {"type": "ephemeral"}


@pytest.mark.parametrize(
    ("change", "options"),
    [
        (hour_of_system, {}),
        (hour_of_messages, {}),
        (four_marks, {}),
        (lambda request: None, {"read_lifecycle": False}),
        (lambda request: None, {"cache_aligner": True}),
        (lambda request: None, {"mode": "cache"}),
    ],
    ids=["an hour in front", "an hour in the messages", "no room", "pages stay", "the aligner's", "cache mode"],
)
def test_no_mark_is_set_before_a_page_where_it_must_not(change, options):
    for one in warm([shot(state=n) for n in range(4)], house=House(**options), marks="one", change=change):
        assert one.body_out.count(b'"cache_control"') == one.body_in.count(b'"cache_control"')


PAGES = st.builds(
    shot, st.sampled_from(URLS[:3]), st.integers(0, 3), style=st.sampled_from(["ref", "uid"]), items=st.just(12)
)


@settings(max_examples=30, deadline=None)
@for_all(st.lists(st.one_of(PAGES, st.just(DONE)), min_size=1, max_size=9), st.lists(st.integers(1, 19), max_size=8))
def test_a_chain_that_is_gone_on_with_has_the_same_outdated_pages_as_one_read_afresh(steps, asked):
    """Asked after any of its messages, in any order, as forks and repeats do."""
    nodes = House().send(body(steps), 1000.0).plan.nodes
    for end in (*asked, *range(1, len(nodes) + 1, 2), *asked):
        chain = nodes[: min(end, len(nodes))]
        assert outdated(chain) == outdated([replace(node, reads=None) for node in chain])
