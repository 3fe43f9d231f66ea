import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.numbered import unnumber


@pytest.mark.parametrize("width", [0, 6])
@pytest.mark.parametrize("sign", ["\t", "→", ": ", "|"])
@pytest.mark.parametrize("first", [1, 95])
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_margin_comes_off_and_goes_back_on(width, sign, first, end):
    lines = [f"line {n}" if n % 3 else "" for n in range(20)]
    text = "\n".join(f"{n:>{width}}{sign}{line}" for n, line in enumerate(lines, first)) + end
    numbered = unnumber(text)
    assert numbered is not None
    assert numbered.bare == "\n".join(lines) + end
    assert numbered.restore(numbered.bare) == text
    assert numbered.note.startswith("[~ ")
    assert f"{first}-{first + 19}" in numbered.note


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\n".join(f"{n}\tx" for n in (1, 2, 3, 5, 6, 7, 8, 9, 10)), id="a number is missing"),
        pytest.param("1\ta\n2\tb\n", id="too short to tell"),
        pytest.param("plain\n" * 30, id="no numbers"),
        pytest.param("\n".join(f"{n}\tx" for n in range(1, 12)) + "\nmore" * 20, id="much that is not numbered"),
        pytest.param("", id="empty"),
        pytest.param(
            "\n".join(f" {n} | PAID | C{n}" for n in range(172, 190)), id="rows of a drawn table, sorted by their key"
        ),
        pytest.param("\n".join(f"{n}|PAID|C{n}" for n in range(172, 190)), id="rows of an undrawn table"),
        pytest.param("\n".join(f"{n}\tPAID\tC{n}" for n in range(172, 190)), id="rows with tabs in between"),
    ],
)
def test_anything_else_is_left_alone(text):
    assert unnumber(text) is None


def test_words_behind_the_numbered_lines_stay_where_they_are():
    text = "\n".join(f"{n:>6}\tx{n}" for n in range(1, 12)) + "\n\n<reminder>the file is open elsewhere</reminder>\n"
    numbered = unnumber(text)
    assert numbered is not None
    assert numbered.bare.endswith("x11\n\n<reminder>the file is open elsewhere</reminder>\n")
    assert numbered.restore(numbered.bare) == text
    assert "1-11" in numbered.note


@settings(max_examples=80)
@given(st.lists(st.text(st.characters(exclude_characters="\n")), min_size=8, max_size=12), st.booleans())
def test_exact_or_not_at_all(lines, newline):
    text = "\n".join(f"{n:>6}\t{line}" for n, line in enumerate(lines, 1)) + "\n" * newline
    numbered = unnumber(text)
    assert numbered is None or numbered.restore(numbered.bare) == text
