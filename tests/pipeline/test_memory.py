"""Bounds in bytes of what is kept of conversations."""

import gc
import tracemalloc
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.exchange import Usage, Verdict
from headroom.pipeline.digest import digest
from headroom.pipeline.doctor import Doctor, Front
from headroom.pipeline.lineage import Lineage, cost_of
from headroom.pipeline.node import Node
from headroom.shares import Shares

ROOT = Node(b"root", None, 0)
COST = cost_of(ROOT)


def grow(lineage, parent, *names):
    """Add a chain of messages; its nodes."""
    nodes = []
    for name in names:
        raw = name.encode()
        node = lineage.find(parent, raw) or lineage.add(
            parent, raw, Node(digest(parent.key, raw), parent, parent.depth + 1)
        )
        nodes.append(node)
        parent = node
    return nodes


def alive(nodes):
    """Weak references, so that what is let go can be seen to be gone."""
    return [weakref.ref(node) for node in nodes]


def test_what_is_let_go_is_gone():
    lineage = Lineage(max_bytes=10 * COST)
    old = alive(grow(lineage, ROOT, *(f"old {i}" for i in range(8))))
    grow(lineage, ROOT, *(f"new {i}" for i in range(10)))
    gc.collect()
    assert [ref() for ref in old] == [None] * 8
    assert lineage.held == 10 * COST
    assert len(lineage) == 10


def test_a_conversation_in_use_keeps_its_beginning():
    lineage = Lineage(max_bytes=10 * COST)
    long = grow(lineage, ROOT, *(f"long {i}" for i in range(6)))
    for number in range(20):
        grow(lineage, ROOT, f"other {number}")
        lineage.touch(long[-1])
    assert lineage.find(ROOT, b"long 0") is long[0]
    assert len(lineage) == 10


def test_a_fork_shares_its_beginning_and_goes_alone():
    lineage = Lineage(max_bytes=6 * COST)
    trunk = grow(lineage, ROOT, "a", "b")
    first = alive(grow(lineage, trunk[-1], "x", "y"))
    second = grow(lineage, trunk[-1], "p", "q")
    grow(lineage, second[-1], "r", "s")
    gc.collect()
    assert [ref() for ref in first] == [None, None]
    assert lineage.find(ROOT, b"a") is trunk[0]


def test_one_chain_over_the_bound_stays_until_another_comes():
    lineage = Lineage(max_bytes=5 * COST)
    long = grow(lineage, ROOT, *map(str, range(12)))
    assert lineage.held == 12 * COST
    assert lineage.find(long[10], b"11") is long[11]
    grow(lineage, ROOT, "another")
    assert lineage.held == 5 * COST


def test_a_forgotten_end_frees_what_led_to_it_for_eviction():
    lineage = Lineage(max_bytes=3 * COST)
    kept = grow(lineage, ROOT, "a", "b", "c")
    lineage.forget(kept[1:])
    assert (len(lineage), lineage.held) == (1, COST)
    assert all(node.gone for node in kept[1:])
    grow(lineage, ROOT, "x", "y", "z")
    assert lineage.find(ROOT, b"a") is None


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["grow", "grow", "grow", "forget", "touch"]), st.integers(0, 30), st.integers(0, 5)),
        max_size=60,
    )
)
def test_the_sum_is_right_whatever_happens(steps):
    lineage, known = Lineage(max_bytes=8 * COST), [ROOT]
    for what, which, name in steps:
        node = known[which % len(known)]
        if what == "grow":
            known += grow(lineage, node, str(name))
        elif node is not ROOT:
            lineage.forget([node]) if what == "forget" else lineage.touch(node)
    assert lineage.held == len(lineage) * COST
    longest = max((node.depth for node in known), default=0)
    assert len(lineage) <= max(8, longest)


def test_a_nodes_cost_is_about_what_it_takes():
    def full(number):
        raw = str(number).encode()
        verdict = Verdict("raw", "too_small", number, f"tool {number}", "text", number, number)
        return Node(
            digest(raw), ROOT, 1, verdicts=(verdict,), keys=(f"key {number}",), literals={raw: f"result {number}"}
        )

    lineage = Lineage(max_bytes=1 << 30)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(2_000):
            lineage.add(ROOT, digest(str(number).encode()), full(number))
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert 0.6 * taken < lineage.held < 2.5 * taken


def call(number, tools, *, messages=3):
    trail = b"".join(digest(b"%d %d" % (number, i))[:8] for i in range(messages))
    return Front(trail, "m", digest(b"s"), digest(tools), digest(tools), float(number), 5_000), (b"s", tools)


def test_the_doctor_holds_to_its_bound_however_large_prompts_are():
    doctor = Doctor(max_bytes=500_000)
    for number in range(300):
        front, texts = call(number, b"[%d" % number + b"x" * 60_000, messages=200)
        doctor.see(front, texts, Usage(), root=digest(b"%d" % number), lives=300, rewrote=lambda _: None)
        assert doctor.held <= 500_000


@pytest.mark.parametrize("others", [0, 50], ids=["texts known", "texts long gone"])
def test_the_doctor_names_a_changed_tool_while_it_knows_both_texts(others):
    doctor = Doctor(max_bytes=3_000_000)
    old, new = b'[{"name":"Read"}]', b'[{"name":"Read"},{"name":"Grep"}]'
    front, texts = call(1, old)
    assert doctor.see(front, texts, Usage(), root=b"r", lives=300, rewrote=lambda _: None) is None
    for number in range(2, 2 + others):
        there, whole = call(number, b"[%d" % number + b"x" * 64_000)
        doctor.see(there, whole, Usage(), root=b"%d" % number, lives=300, rewrote=lambda _: None)
    front, texts = call(1, new)
    found = doctor.see(front, texts, Usage(input=90_000), root=b"r", lives=300, rewrote=lambda _: None)
    assert found is not None
    assert found.cause == "client_tools"
    assert ("added the tool Grep" in found.sentence) is (others == 0)


@pytest.mark.parametrize("megabytes", [3, 96, 1_000])
def test_the_shares_add_up_to_the_whole(megabytes):
    shares = Shares.of(megabytes)
    parts = [getattr(shares, name) for name in Shares.__slots__]
    assert sum(parts) <= megabytes << 20
    assert sum(parts) > 0.99 * (megabytes << 20)
    assert min(parts) > 50_000
