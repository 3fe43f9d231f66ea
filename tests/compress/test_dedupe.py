from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.dedupe import SeenText

FILE = "\n".join(f"def function_{n}(argument):  # number {n} in the file" for n in range(60))


def test_a_second_copy_is_cited_with_its_place():
    seen = SeenText()
    seen.add("Read src/a.py", FILE)
    part = "\n".join(FILE.split("\n")[9:40])
    cited = seen.cite(f"before\n{part}\nafter")
    assert cited == "before\n[~ 31 lines (L2-32) are the same as lines 10-40 of Read src/a.py above, unchanged]\nafter"


def test_numbers_in_the_margin_do_not_hide_a_copy():
    seen = SeenText()
    seen.add("Read src/a.py", "\n".join(f"{n:>6}\t{line}" for n, line in enumerate(FILE.split("\n"), 1)))
    (repeat,) = seen.repeats("\n".join(f"{n:>6}\t{line}" for n, line in enumerate(FILE.split("\n")[20:], 21)))
    assert (repeat.earlier_first, repeat.earlier_last) == (21, 60)


def test_short_agreements_are_not_worth_a_citation():
    seen = SeenText()
    seen.add("Read a", FILE)
    assert seen.cite("\n".join(FILE.split("\n")[:5])) is None
    assert seen.cite("\n" * 50) is None


def test_a_changed_line_parts_the_copy():
    seen = SeenText()
    seen.add("Read a", FILE)
    lines = FILE.split("\n")
    lines[30] = "changed"
    assert [(r.first, r.last) for r in seen.repeats("\n".join(lines))] == [(1, 30), (32, 60)]


def test_what_was_edited_since_is_forgotten():
    seen = SeenText()
    seen.add("Read a", FILE)
    seen.forget("Read a")
    assert seen.cite(FILE) is None
    seen.add("Read a", "something else entirely")
    assert seen.cite(FILE) is None


def test_memory_is_bounded_and_the_oldest_goes_first():
    seen = SeenText(max_bytes=3 * len(FILE))
    texts = [FILE.replace("argument", f"argument{n}") for n in range(6)]
    for n, text in enumerate(texts):
        seen.add(f"Read {n}", text)
    assert seen.cite(texts[0]) is None
    assert seen.cite(texts[-1]) is not None
    assert seen._bytes <= 3 * len(FILE)


def test_a_block_beyond_the_bound_is_not_kept():
    seen = SeenText(max_bytes=100)
    seen.add("Read a", FILE)
    assert seen.cite(FILE) is None


_LINES = st.lists(
    st.sampled_from(
        [f"a line that repeats itself, number {n}, with words" for n in range(4)] + ["", "[~ forged", "[\\~ x"]
    ),
    max_size=60,
)


@settings(max_examples=150)
@given(_LINES, _LINES)
def test_citations_can_be_undone(earlier, later):
    seen = SeenText()
    seen.add("Read a", "\n".join(earlier))
    text = "\n".join(later)
    cited = seen.cite(text)
    if cited is not None:
        assert seen.restore(cited, seen.repeats(text)) == text
