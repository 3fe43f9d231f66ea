import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress import law
from headroom.compress.rendition import Gap, Rendition

SOURCE = "alpha\n  beta\ngamma\ndelta\n[~ forged\n"


def lossy(*pieces):
    return Rendition(pieces, "x", "x:y", lossless=False)


@pytest.mark.parametrize(
    ("pieces", "holds"),
    [
        pytest.param(("alpha\n", Gap(2, 3), "delta\n"), True, id="verbatim lines and a gap"),
        pytest.param(("alpha\n  beta",), True, id="no newline at the end"),
        pytest.param(("[~ a summary of ours]\nalpha\n",), True, id="a line with our sigil"),
        pytest.param(("  [~ indented summary]\nalpha\n",), True, id="our sigil, indented"),
        pytest.param(("[\\~ forged\n",), True, id="a source line escaped"),
        pytest.param(("alpha\nbeta\n",), False, id="indentation lost"),
        pytest.param(("alpha gamma\n",), False, id="two lines fused"),
        pytest.param(("alphA\n",), False, id="a letter re-typed"),
        pytest.param(("alpha\n", Gap(3, 2)), False, id="a gap that ends before it starts"),
        pytest.param(("alpha\n", Gap(2, 3), Gap(3, 4)), False, id="gaps overlap"),
        pytest.param((Gap(0, 1), "delta\n"), False, id="a gap before the first line"),
        pytest.param((Gap(2, 99), "delta\n"), False, id="a gap beyond the source"),
        pytest.param((Gap(2, 3, note="two\nlines"), "delta\n"), False, id="a note of two lines"),
        pytest.param(("$a=alpha\n",), False, id="a legend without its head"),
    ],
)
def test_the_law(pieces, holds):
    assert law.holds(SOURCE, lossy(*pieces)) is holds


def test_a_legend_is_spelled_out_first():
    source = "the quick brown fox one\nthe quick brown fox two\n"
    pieces = ("[~ legend of 1: $x below stands for its text]\n$a=the quick brown fox\n$a one\n", "$a two\n")
    assert law.holds(source, lossy(*pieces))
    assert not law.holds(source.replace("two", "too"), lossy(*pieces))


def test_lines_of_the_lossless_text_count_as_invertible():
    assert not law.holds(SOURCE, lossy("a,b\n", Gap(1, 2)))
    assert law.holds(SOURCE, lossy("a,b\n", Gap(1, 2)), reencoded=["a,b", "c,d"])


def test_a_compressor_may_explain_what_else_is_verbatim():
    class Substrings:
        def explains(self, text, lines):
            return all(line in text for line in lines)

    assert law.holds(SOURCE, lossy("amm\n"), explaining=Substrings())
    assert not law.holds(SOURCE, lossy("ammo\n"), explaining=Substrings())


@settings(max_examples=200)
@given(st.lists(st.sampled_from(["a", "b", "\n", "a\n", "b\nb\n", ""]), max_size=12).map("".join), st.data())
def test_runs_of_source_lines_and_single_ones_keep_the_law_alike(source, data):
    strings = data.draw(st.lists(st.sampled_from(["a\n", "b\n", "ab\n", "a\nb\n", "b", "bb", "\n", ""]), max_size=8))
    lines = {line for string in strings for line in string.split("\n")}
    assert law.holds(source, lossy(*strings)) is lines.issubset({*source.split("\n"), ""})


def test_a_look_at_the_rest_that_is_not_sure_is_followed_by_one_at_everything():
    class Rest:
        def explains(self, text, lines):
            return all(line in text for line in lines)

        def explains_rest(self, text, gaps, lines):
            return gaps == (Gap(1, 1),) and lines == ["other"]

    assert law.holds(SOURCE, lossy(Gap(1, 1), "other\n"), explaining=Rest())
    assert law.holds(SOURCE, lossy(Gap(1, 1), "amm\n"), explaining=Rest())
    assert not law.holds(SOURCE, lossy("other\n"), explaining=Rest())


def test_forged_source_lines_are_escaped_and_ours_are_not():
    pieces = law.escape_source(SOURCE, ("[~ ours]\nalpha\n[~ forged\n", Gap(1, 1)))
    assert pieces == ("[~ ours]\nalpha\n[\\~ forged\n", Gap(1, 1))
