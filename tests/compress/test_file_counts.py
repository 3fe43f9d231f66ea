"""Files with counts: those asked for, the extremes, and what the gaps hold."""

import random

import pytest

from headroom.accounts import tokens
from headroom.compress import law
from headroom.compress.file_counts import FileCounts, read
from headroom.compress.rendition import Gap, Hints
from headroom.compress.router import Policy, compress

_COUNTS = iter(random.Random(4).sample(range(1, 300), 108))
FILES = {f"src/{area}/{name}_{n}.py": next(_COUNTS) for area in ("core", "web", "jobs") for n, name in enumerate(
    ["views", "models", "forms", "urls", "admin", "tasks", "signals", "utils", "apps", "tests", "middleware", "mail"] * 3
)}  # fmt: skip
FILES["src/web/views_0.py"] = 412
GREP = "".join(f"{path}:{count}\n" for path, count in FILES.items())


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("Which three files have the most hits?", sorted(FILES, key=lambda path: -FILES[path])[:3]),
        ("Which file has the fewest?", [min(FILES, key=lambda path: FILES[path])]),
        ("How often does it stand in src/jobs/mail_23.py, and where is it highest?", ["src/jobs/mail_23.py", "src/web/views_0.py"]),
    ],
)  # fmt: skip
def test_what_is_asked_for_stays(query, wanted):
    hints = Hints(query=query)
    found = FileCounts().lossy(GREP, hints)
    assert found is not None
    assert law.holds(GREP, found)
    shown = "".join(piece for piece in found.pieces if isinstance(piece, str))
    for path in wanted:
        assert path in shown
    assert found.gaps
    outcome = compress(GREP, hints, Policy(lossy=True), tokens.count, render=lambda gap: "[~ gap]")
    assert outcome.tokens_after < 0.6 * outcome.tokens_before


def test_notices_tell_what_went():
    found = FileCounts().lossy(GREP, Hints(query="Which file has the most?"))
    assert found is not None
    counts = list(FILES.values())
    assert found.pieces[0].startswith(
        f"[~ {len(FILES)} files with {min(counts)} to {max(counts)}, {sum(counts)} in all]\n"
    )
    for gap in (piece for piece in found.pieces if isinstance(piece, Gap)):
        gone = counts[gap.first - 1 : gap.last]
        assert gap.note == f"{len(gone)} files with {min(gone)} to {max(gone)}, {sum(gone)} in all"


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (GREP, "Please go on"),
        (GREP, "List every file with its count."),
        ("src/a.py:3\n" * 5, "Which has the most?"),
        ("12:34:56 started\n" * 60, "What failed most?"),
        ("src/a.py:3:import os\n" * 60, "Where is os imported most?"),
        ("host: 8080\nport: 1\n" * 40, "Which is highest?"),
    ],
    ids=["nothing named", "all asked for", "few", "times", "hits", "settings"],
)
def test_other_texts_and_questions_are_left_alone(text, query):
    assert FileCounts().lossy(text, Hints(query=query)) is None


def test_no_other_text_is_taken_for_counts():
    assert read(["README.md", "src/x.py", "src/y.py", "src/z.py", "src/y.py:4"]) == {}


def test_without_loss_it_is_said_how_many_files_have_the_same_count():
    text = "".join(
        f"./application/models/concerns/part_{n * 7919 % 1000}.rb:{n % 11 if n % 3 == 0 else 0}\n" for n in range(200)
    )
    encoded = FileCounts().encode(text)
    assert FileCounts().decode(encoded) == text
    zeros = sum(line.endswith(":0") for line in text.split("\n"))
    assert f"\n[~ 200 files: {zeros} with 0]\n" in encoded


@pytest.mark.parametrize(
    ("query", "transform"),
    [
        ("Which file has the most hits?", "counts:asked"),
        ("How many are in src/jobs/mail_23.py?", "counts:asked"),
        ("How many are in src/jobs/mail_23.py and src/jobs/mail_99.py?", "counts:named"),
        ("How about the mail?", "counts:named"),
    ],
)
def test_files_that_are_looked_up_and_found_are_told_from_others(query, transform):
    assert FileCounts().lossy(GREP, Hints(query=query)).transform == transform


ZEROS = "".join(
    f"src/{name}/part_of_the_whole_{n}.py:{3 if n % 9 == 4 else 0}\n" for name in ("core", "web") for n in range(60)
)


@pytest.mark.parametrize(
    ("query", "cut"),
    [
        ("Which files have TODOs?", True),
        ("List all files with TODOs", True),
        ("Which files have no TODOs?", False),
        ("Which files don't have TODOs?", False),
    ],
)
def test_files_without_hits_are_counted_unless_they_are_wanted(query, cut):
    found = FileCounts().lossy(ZEROS, Hints(query=query))
    assert (found is not None) is cut
    if found is not None:
        assert law.holds(ZEROS, found)
        shown = "".join(piece for piece in found.pieces if isinstance(piece, str))
        assert shown.count(":3\n") == ZEROS.count(":3\n") == 14
        assert shown.startswith("[~ 120 files with 0 to 3, 42 in all, 14 of them with any]\n")
        assert {gap.note for gap in found.gaps} == {"all 0"}
        assert sum(gap.last - gap.first + 1 for gap in found.gaps) > 80
