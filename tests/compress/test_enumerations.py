"""Lists of short items on one long line."""

import pytest

from headroom.compress import law
from headroom.compress.detect import detect
from headroom.compress.enumerations import Enumeration, items_of
from headroom.compress.rendition import Gap, Hints

VERSIONS = [f"1.{minor}.{patch}" for minor in range(44, 20, -1) for patch in range(30, -1, -1)]
INDEX = f"boto (1.44.30)\nAvailable versions: {', '.join(VERSIONS)}\n"
ASKED = Hints(tool="Bash", command="pip index versions boto", query="Is boto 1.31.19 there, and which is the newest?")


def shown(rendition):
    return "".join(piece if isinstance(piece, str) else f"[~ {piece.note}]\n" for piece in rendition.pieces)


def test_the_ends_and_what_is_asked_for_stay_with_its_neighbours():
    found = Enumeration().lossy(INDEX, ASKED)
    out = shown(found)
    assert out.startswith("boto (1.44.30)\nAvailable versions: 1.44.30, 1.44.29, ")
    assert "1.31.21, 1.31.20, 1.31.19, 1.31.18, 1.31.17, \n" in out
    assert out.endswith("1.21.1, 1.21.0\n")
    assert len(out) < 0.1 * len(INDEX)
    assert law.holds(INDEX, found, (), Enumeration())


@pytest.mark.parametrize("text", [INDEX, INDEX.rstrip("\n"), f"{INDEX}and\n{INDEX}"], ids=["one", "no end", "two"])
def test_gaps_and_text_together_are_the_source_and_counts_are_true(text):
    found = Enumeration().lossy(text, ASKED)
    rebuilt = ""
    for piece in found.pieces:
        if isinstance(piece, Gap):
            left = text[piece.first - 1 : piece.last]
            assert piece.note == f"{left.count(', ')} items"
            rebuilt = rebuilt[:-1] + left
        else:
            rebuilt += piece
    assert rebuilt == text


@pytest.mark.parametrize(
    "query", ["Please go on.", "List every version of boto, please."], ids=["names nothing", "asks for all"]
)
def test_a_list_stays_whole_where_nothing_says_what_may_go(query):
    assert Enumeration().lossy(INDEX, Hints(query=query)) is None


def test_a_word_of_most_items_keeps_none_of_them():
    paths = ":".join(f"/opt/tools/part{n}/bin" for n in range(200))
    found = Enumeration().lossy(paths + "\n", Hints(query="Is part77 in front of `tools` in PATH?"))
    assert "/opt/tools/part77/bin" in shown(found)
    assert len(shown(found)) < 0.3 * len(paths)


@pytest.mark.parametrize(
    ("line", "is_list"),
    [
        (", ".join(VERSIONS), True),
        (",".join(VERSIONS), True),
        ("; ".join(VERSIONS), True),
        (":".join(f"/opt/part{n}/bin" for n in range(90)), True),
        (" ".join(str(7 * n) for n in range(300)), True),
        ("the quick brown fox jumps over a lazy dog and then " * 30, False),
        (", ".join("a longer thing with words in it" for _ in range(60)), False),
        (", ".join(VERSIONS[:40]), False),
        ("x" * 2000, False),
        ("a1(b,c);" * 300, False),
    ],
)
def test_what_a_list_is(line, is_list):
    assert bool(items_of(line)) == is_list
    if is_list:
        spans = items_of(line)
        assert "".join(line[start:end] for start, end in spans) == line


def test_the_kind_is_known():
    assert detect(INDEX, ASKED).kinds[:1] == ("enumeration",)
