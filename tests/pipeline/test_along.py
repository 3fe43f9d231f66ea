"""What is kept at the end of a chain is what a look at the whole chain would find."""

import random

import pytest

from headroom.pipeline.along import NAME, Copies, trail
from headroom.pipeline.digest import digest
from headroom.pipeline.node import Node
from headroom.pipeline.stake import Stake


def grown(parent, rng, labels, summary=0):
    node = Node(key=digest(rng.randbytes(8)), parent=parent, depth=parent.depth + 1, summary=summary)
    for literal in rng.sample(labels, rng.randrange(3)):
        node.literals[literal] = f"{literal.decode()} at {node.depth}"
    for literal in rng.sample(labels, rng.randrange(2)):
        node.stakes[literal] = Stake(node.depth, calls=10)
    return node


def by_looking(node, kept, literal):
    for at in node.up():
        if literal in getattr(at, kept):
            return getattr(at, kept)[literal]
        if at.depth <= node.summary:
            return None
    return None


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("max_bytes", [4_000_000, 3_000, 0])
def test_forks_and_summaries_see_their_own_past_in_whatever_order_they_are_asked(seed, max_bytes):
    copies = Copies(max_bytes)
    rng = random.Random(seed)
    labels = [b"%d" % n for n in range(8)]
    nodes = [Node(key=b"root", parent=None, depth=0)]
    for _ in range(60):
        parent = nodes[-1] if rng.random() < 0.8 else rng.choice(nodes)
        summary = parent.depth + 1 if rng.random() < 0.1 else parent.summary
        nodes.append(grown(parent, rng, labels, summary))
        for asked in (nodes[-1], rng.choice(nodes)):
            for find, kept in ((copies.cited, "literals"), (copies.stake, "stakes")):
                assert [find(asked, label) for label in labels] == [by_looking(asked, kept, label) for label in labels]
            names = [node.key[:NAME] for node in asked.up() if node.parent is not None]
            assert trail(asked) == b"".join(reversed(names))


def test_a_chain_keeps_one_copy_at_its_end():
    rng = random.Random(1)
    copies = Copies()
    nodes = [Node(key=b"root", parent=None, depth=0)]
    for _ in range(10):
        nodes.append(grown(nodes[-1], rng, [b"a", b"b", b"c"]))
        copies.cited(nodes[-1], b"a")
        trail(nodes[-1])
    assert [node.depth for node in nodes if node.trail is not None] == [10]
    assert 0 < copies.held <= 2 * 3 * 200


def test_what_is_held_is_bounded():
    rng = random.Random(2)
    copies = Copies(10_000)
    root = Node(key=b"root", parent=None, depth=0)
    for _ in range(100):
        copies.cited(grown(root, rng, [b"a", b"b", b"c"]), b"a")
    assert copies.held <= 10_000
