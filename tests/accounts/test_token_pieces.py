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


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4_500), st.sampled_from([" ", "\n\n", "\u2003"])), max_size=12))
def test_no_solid_run_goes_whole_to_the_tokenizer(runs):
    text = "".join("x" * length + space for length, space in runs)
    assert all(len(run) <= 2_000 for piece in tokens._pieces(text) for run in piece.split())


@pytest.mark.parametrize("unit", ["one " * 20_000 + "x" * 3_000, "x" * 70_000 + " "], ids=["words", "solid runs"])
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


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(["word ", "Camel", "x-1 ", "\0", "\1", "\n  ", "日本", "::", "2024", "\t"]),
        min_size=400,
        max_size=900,
    )
)
def test_a_long_text_is_estimated_as_its_windows_are_one_by_one(parts):
    text = "".join(parts) * 4
    step = (len(text) - tokens._WINDOW) / (tokens._WINDOWS - 1)
    starts = [int(window * step) for window in range(tokens._WINDOWS)]
    one_by_one = sum(tokens.estimate(text[start : start + tokens._WINDOW]) for start in starts)
    assert tokens.estimate(text) == int(one_by_one * len(text) / (tokens._WINDOW * tokens._WINDOWS))
