from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.dedupe import SeenText, cite
from headroom.compress.folding import unescape

FILE = "\n".join(f"def function_{n}(argument):  # number {n} in the file" for n in range(60))


def index(*texts):
    seen = SeenText()
    for number, text in enumerate(texts):
        seen.add(str(number).encode(), text)
    return seen


def anywhere(key):
    return f"Read {key.decode()}"


def test_a_second_copy_is_cited_with_its_place():
    part = "\n".join(FILE.split("\n")[9:40])
    text = f"before\n{part}\nafter"
    cited = cite(text, index(FILE).repeats(text, anywhere))
    assert cited == ("before\n[~ 31 lines (L2-32): the same as lines 10-40 of the result of Read 0 above]\nafter")


def test_lines_with_the_same_numbers_in_the_margin_are_a_copy():
    numbered = [f"{n:>6}\t{line}" for n, line in enumerate(FILE.split("\n"), 1)]
    (repeat,) = index("\n".join(numbered)).repeats("\n".join(numbered[20:]), anywhere)
    assert (repeat.earlier_first, repeat.earlier_last) == (21, 60)


def test_lines_that_moved_to_other_numbers_are_none():
    numbered = [f"{n:>6}\t{line}" for n, line in enumerate(FILE.split("\n"), 1)]
    moved = [f"{n:>6}\t{line}" for n, line in enumerate(FILE.split("\n"), 3)]
    assert index("\n".join(numbered)).repeats("\n".join(moved), anywhere) == ()


def test_short_agreements_are_not_worth_a_citation():
    assert index(FILE).repeats("\n".join(FILE.split("\n")[:5]), anywhere) == ()
    assert index(FILE).repeats("\n" * 50, anywhere) == ()


def test_a_changed_line_parts_the_copy():
    lines = FILE.split("\n")
    lines[30] = "changed"
    assert [(r.first, r.last) for r in index(FILE).repeats("\n".join(lines), anywhere)] == [(1, 30), (32, 60)]


def test_only_texts_that_the_reader_sees_are_cited():
    seen = index(FILE, FILE)
    assert seen.repeats(FILE, lambda key: None) == ()
    (repeat,) = seen.repeats(FILE, lambda key: "the later one" if key == b"1" else None)
    assert repeat.key == b"1"


def test_texts_of_other_branches_do_not_hide_ours():
    seen = index(*[FILE] * 20)
    (repeat,) = seen.repeats(FILE, lambda key: "ours" if key == b"19" else None)
    assert (repeat.first, repeat.last) == (1, 60)


_LINES = st.lists(
    st.sampled_from(
        [f"a line that repeats itself, number {n}, with words" for n in range(4)] + ["", "[~ forged", "[\\~ x"]
    ),
    max_size=60,
)


def restored(cited, repeats, earlier):
    by_marker = {repeat.marker: earlier[repeat.earlier_first - 1 : repeat.earlier_last] for repeat in repeats}
    return "\n".join("\n".join(by_marker.get(line, [unescape(line)])) for line in cited.split("\n"))


@settings(max_examples=150)
@given(_LINES, _LINES)
def test_citations_can_be_undone(earlier, later):
    seen = index("\n".join(earlier))
    text = "\n".join(later)
    repeats = seen.repeats(text, anywhere)
    assert restored(cite(text, repeats), repeats, "\n".join(earlier).split("\n")) == text
