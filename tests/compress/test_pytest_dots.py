import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compress import pytest_dots
from headroom.compress.runners import Runners
from tests.compress.line_samples import ASKED, asking, encoded, keeps_the_law
from tests.compress.line_samples import shown as view_of

RUNNERS = Runners()


def drawn(files, screen=80, collected=None, deselected=0):
    """What pytest writes: a letter for each test, a line's end where the share fills the line, padding behind a file."""
    total = sum(len(letters) for _, letters in files)
    said = f"collected {(collected or total) + deselected} items"
    out = [
        f"{'=' * 20} test session starts {'=' * 20}",
        said + (f" / {deselected} deselected" if deselected else ""),
        "",
    ]
    done = 0
    for path, letters in files:
        line = f"{path} " if path else ""
        for letter in letters:
            line += letter
            done += 1
            if len(line) + 8 >= screen:
                out.append(f"{line} [{done * 100 // total:3d}%]")
                line = ""
        if line:
            share = f" [{done * 100 // total:3d}%]"
            out.append(line + share.rjust(screen - len(line) - 1))
    return "\n".join([*out, "", f"{'=' * 20} {total} passed in 1.20s {'=' * 20}", ""])


SMALL = [(f"tests/unit/test_part_{name}.py", "." * (5 + 9 * n)) for n, name in enumerate("abcdefghijkl")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (drawn(SMALL), "[~ 12 files: tests/unit/test_part_a.py 5, tests/unit/test_part_b.py 14, "),
        (drawn(SMALL, screen=120), "tests/unit/test_part_l.py 104]"),
        (drawn([*SMALL, ("tests/test_z.py", "." * 43 + "s" * 21 + "x...")]), "tests/test_z.py 43 21s 1x 3]"),
        (drawn([("", "." * 500)]), "[~ dots: 500]"),
        (drawn([(path, "." * (72 - len(path) - 1)) for path, _ in SMALL]), "tests/unit/test_part_l.py 46]"),
        (drawn(SMALL, deselected=7), "[~ 12 files: "),
    ],
    ids=["wrapped", "wide", "skipped", "quiet", "full to the end", "deselected"],
)
def test_dots_are_counted_and_come_back(text, shown):
    view = encoded(RUNNERS, text)
    assert shown in view
    assert len(view) < 0.8 * len(text)
    assert RUNNERS.decode(view) == text


def test_what_the_counts_mean_is_said_as_far_as_they_come_up():
    assert "3 stands for 3 passed]" in encoded(RUNNERS, drawn(SMALL))
    skipped = encoded(RUNNERS, drawn([*SMALL, ("tests/test_z.py", "..sX")]))
    assert "3 stands for 3 passed, 3s for 3 skipped, 3X for 3 xpassed]" in skipped


@pytest.mark.parametrize(
    "text",
    [
        drawn(SMALL).replace("collected", "found"),
        drawn(SMALL, collected=999),
        drawn(SMALL[:2], screen=120),
        drawn([*SMALL, ("tests/test_z.py", "..F.")]),
        drawn([*SMALL, ("tests/test_z.py", "..E.")]),
        re.sub(r" +\[ *\d+%\]", "", drawn(SMALL)),
    ],
    ids=["no total", "another share", "two lines", "a failure", "an error", "no share"],
)
def test_other_dots_stay(text):
    rendition = RUNNERS.lossless(text, ASKED)
    assert rendition is None or "pytest's dots" not in rendition.text


@given(
    st.lists(st.tuples(st.sampled_from(["", "a/test_b.py", "test_c.py"]), st.text(".sxXFE", min_size=1)), max_size=9),
    st.integers(40, 130),
    st.integers(0, 4),
)
def test_any_dots_come_back(files, screen, torn):
    lines = drawn(files or [("", ".")], screen).split("\n")
    lines = lines[: len(lines) - torn]
    folded = pytest_dots.fold(lines)
    assert folded is None or pytest_dots.unfold(folded[0], folded[1][0]) == lines


MIXED = [*SMALL, ("tests/test_z.py", "." * 43 + "s" * 21 + "x...")]


@pytest.mark.parametrize(
    ("files", "query", "shown", "gone"),
    [
        (MIXED, "Did everything pass?", ["passed, skipped, xfailed tests; ", "722 passed in 1.20s"], ["test_part_d.py ."]),
        (MIXED, "What now?", ["12 files: 695 passed, 21 skipped, 1 xfailed", "tests/unit/test_part_a.py ....."], ["test_part_d.py ."]),
        (MIXED, "Which tests were skipped?", ["tests/test_z.py ......"], ["test_part_d.py ."]),
        (MIXED, "What about test_part_d.py?", ["tests/unit/test_part_d.py ......"], ["test_part_e.py ."]),
        ([("", "." * 500)], "Did everything pass?", ["500 passed in 1.20s", "passed tests; "], []),
    ],
    ids=["all", "nothing named", "those that did not run", "a file", "quiet"],
)  # fmt: skip
def test_what_all_passed_may_go_with_its_counts(files, query, shown, gone):
    text = drawn(files)
    found = keeps_the_law(RUNNERS, text, asking(query))
    view = view_of(found).replace("]", "; ")
    assert all(part in view for part in shown)
    assert not [part for part in gone if part in view]


def test_lines_with_a_failure_never_go():
    text = drawn([*SMALL[:6], ("tests/test_bad.py", "...F.."), *SMALL[6:]])
    view = view_of(keeps_the_law(RUNNERS, text, asking("Did everything pass?")))
    assert "tests/test_bad.py ...F.." in view
