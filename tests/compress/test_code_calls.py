import pytest

from headroom.compress import law
from headroom.compress.code import Code
from headroom.compress.rendition import Hints


def body(count, word="step"):
    return "".join(f"    value = {word}{line}(value)\n" for line in range(count))


def function(name, lines, word="step"):
    return f"def {name}(value):\n{body(lines, word)}    return value\n\n\n"


OTHERS = "".join(function(f"other_{n}", 20, f"move_{n}_") for n in range(8))
LONG = function("behind", 40, "turn")


def shown(text, query):
    rendition = Code().lossy(text, Hints(query=query))
    assert rendition is not None
    assert law.holds(text, rendition)
    out = "".join(piece if isinstance(piece, str) else f"[~ {piece.note}]\n" for piece in rendition.pieces)
    assert len(out) < 0.6 * len(text)
    return out


@pytest.mark.parametrize(
    ("behind", "whole"),
    [
        pytest.param(function("small", 9), True, id="a short one stays whole"),
        pytest.param(LONG, False, id="a long one is left out"),
        pytest.param(f"# It turns.\n@twice\n{LONG}", False, id="with what stands on it"),
        pytest.param(LONG.replace("behind", "find_slot_more"), True, id="a helper that it calls stays whole"),
        pytest.param(f"class Behind:\n    name = 1\n\n    {function('f', 30).replace(chr(10), chr(10) + '    ')}", False, id="a class"),
    ],
)  # fmt: skip
def test_what_follows_the_definition_in_question_is_not_cut(behind, whole):
    wanted = f"def find_slot(value):\n{body(18)}    return find_slot_more(value)\n\n\n"
    text = f"{OTHERS}{wanted}{behind.rstrip()}\n\n\n{OTHERS.replace('other', 'more')}"
    out = shown(text, "What does find_slot do?")
    assert wanted.rstrip() in out
    assert (behind.rstrip() in out) == whole
    assert whole or not any(line in out.split("\n") for line in behind.split("\n") if line.strip())


CALLS = (
    OTHERS
    + "def lease_more(value):\n"
    + body(4, "lease")
    + '    """Renew the lease of a worker before the deadline; a late worker is evicted."""\n'
    + "    if is_late(value) and settle(value):\n        raise Gone(value)\n\n\n"
    + LONG
    + "def is_late(value):\n    return value.clock > LIMIT\n\n\n"
    + "class Gone(Exception):\n    pass\n\n\n"
    + function("settle", 30, "pay")
    + OTHERS.replace("other", "more")
)


def test_short_definitions_that_the_described_one_calls_stay():
    out = shown(CALLS, "When is a late worker evicted, and what renews its lease before the deadline?")
    assert "def lease_more(value):" in out
    assert "def is_late(value):\n    return value.clock > LIMIT\n" in out
    assert "def settle(value):" not in out
    assert "class Gone" not in out


def test_what_of_many_with_one_name_is_called_nobody_knows():
    text = CALLS + "".join(
        f"def is_late(value, extra_{n}):\n    return extra_{n}.clock > LIMIT\n\n\n" for n in range(3)
    )
    out = shown(text, "When is a late worker evicted, and what renews its lease before the deadline?")
    assert "def lease_more(value):" in out
    assert "clock > LIMIT" not in out
