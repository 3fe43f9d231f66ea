"""What a log's gaps say of the lines that they leave out."""

import pytest

from headroom.compress.log import Log
from headroom.compress.log_gaps import told
from headroom.compress.rendition import Gap
from tests.compress.line_samples import asking, shown

SAID = "[~ gaps count only warnings and worse]"
NONE = "[~ left out: log lines, none marked as a warning or worse"
OTHERS = "; other gaps count only these]"


@pytest.mark.parametrize(
    ("count", "first", "second", "said"),
    [(3, "4 INFO, 1 DEBUG", "4 INFO, 1 WARN", []), (4, "", "1 WARN", [NONE + OTHERS])],
    ids=["few", "many"],
)
def test_gaps_tell_all_levels_or_those_of_trouble(count, first, second, said):
    levels = [["INFO"] * 4 + ["DEBUG"], ["INFO"] * 4 + ["WARN"]] * count
    of_line = [level for group in levels for level in (*group, "ERROR")]
    pieces = [piece for n in range(2 * count) for piece in (Gap(6 * n + 1, 6 * n + 5), f"line {n}\n")]
    noted, head = told(pieces, of_line)
    assert [piece.note for piece in noted if isinstance(piece, Gap)] == [first, second] * count
    assert [piece.brief for piece in noted if isinstance(piece, Gap)] == [first == "", False] * count
    assert [piece for piece in noted if isinstance(piece, str)] == pieces[1::2]
    assert head == said


@pytest.mark.parametrize(
    ("warned", "bare", "said"),
    [(8, 0, [SAID]), (6, 2, [SAID]), (5, 3, [NONE + OTHERS]), (0, 8, [NONE + "]"])],
    ids=["no gap is bare", "two are", "three are", "all are"],
)
def test_of_several_bare_gaps_the_range_alone_stays(warned, bare, said):
    of_line = [*["WARN"] * warned, *["INFO"] * bare]
    noted, head = told([Gap(n, n) for n in range(1, 9)], of_line)
    assert [piece.brief for piece in noted] == [False] * warned + [bare > 2] * bare
    assert head == said


def test_gaps_without_levels_and_gaps_within_lines_say_nothing():
    noted, head = told(
        [*(Gap(n, n) for n in range(1, 10)), Gap(3, 200, "chars", "9 states of a progress line")], [""] * 9
    )
    assert [piece.note for piece in noted] == [""] * 9 + ["9 states of a progress line"]
    assert [piece.brief for piece in noted] == [True] * 9 + [False]
    assert head == ["[~ left out: log lines]"]


def test_what_gaps_do_not_count_is_said_once():
    lines = [f"10:00:{n % 60:02d} {('INFO', 'DEBUG')[n % 2]} job {n} is done" for n in range(600)]
    for n in range(40, 600, 50):
        lines[n] = f"10:00:{n % 60:02d} ERROR {chr(97 + n // 50) * 5} broke"
    view = shown(Log().lossy("\n".join(lines), asking("What broke?")))
    assert view.count(NONE) == 1
    assert "INFO, " not in view.split(NONE)[1]
