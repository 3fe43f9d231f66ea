"""Long texts are counted piece by piece."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.accounts import tokens


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([" ", "word ", "x" * 1_999, "y" * 5_000, "\n\n", "a b c " * 9_000]), max_size=40))
def test_the_pieces_are_the_text(parts):
    text = "".join(parts)
    pieces = tokens._pieces(text)
    assert "".join(pieces) == text
    assert max(map(len, pieces), default=0) <= tokens._PIECE


@pytest.mark.parametrize("unit", ["one two three ", "x" * 70_000 + " "], ids=["words", "solid runs"])
def test_no_look_of_the_matcher_is_longer_than_its_bound(monkeypatch, unit):
    """A match holds the interpreter's lock; what is bounded is the text it gets."""
    asked = []

    class Watched:
        def findall(self, text, start, end):
            asked.append(end - start)
            return [text[start:end]]

    monkeypatch.setattr(tokens, "_RUNS", Watched())
    text = unit * (1_000_000 // len(unit))
    assert "".join(tokens._pieces(text)) == text
    assert max(asked) <= 65_536
    assert len(asked) == -(-len(text) // 65_536)
