"""git shortlog: authors with their commits."""

import pytest

from headroom.compress.detect import detect
from headroom.compress.rendition import Hints
from headroom.compress.vcs import Vcs
from tests.compress.line_samples import VAGUE, asking, keeps_the_law, shown, spelled

VCS = Vcs()
COUNTS = {f"Dev {word}": 4 + n for n, word in enumerate(("Alma", "Bora", "Cleo", "Dara", "Ezra", "Finn", "Gaia"))} | {
    "ci[bot]": 9,
    "Hugo Lind": 40,
    "Iris Moe (work)": 2,
    "Jo Ek": 1,
    "Kai Om": 1,
}
SHORTLOG = "".join(
    f"{name} ({count}):\n"
    + "".join(f"      cart: step {n} towards {name.split()[-1]}{n}\n" for n in range(count))
    + "\n"
    for name, count in COUNTS.items()
)


def section(name):
    start = SHORTLOG.index(f"{name} (")
    return SHORTLOG[start : SHORTLOG.index("\n\n", start) + 2]


def test_a_shortlog_is_known_by_its_look():
    assert detect(SHORTLOG, Hints()).kinds[:1] == ("vcs",)


@pytest.mark.parametrize(
    ("question", "whole"),
    [
        ("What did Hugo Lind work on?", ["Hugo Lind"]),
        ("What did ci[bot] commit?", ["ci[bot]"]),
        ("Which commits are by Ezra or Finn?", ["Dev Ezra", "Dev Finn"]),
        ("What did Iris Moe (work) do?", ["Iris Moe (work)"]),
    ],
)
def test_the_commits_of_the_authors_asked_for_stay(question, whole):
    rendition = keeps_the_law(VCS, SHORTLOG, asking(question))
    assert all(section(name) in spelled(rendition) for name in whole)
    others = [name for name in COUNTS if name not in whole and COUNTS[name] > 3 and section(name) in spelled(rendition)]
    assert others == []
    assert shown(rendition).startswith(
        "[~ 102 commits by 12 authors: 40 Hugo Lind, 10 Dev Gaia, 9 Dev Finn, 9 ci[bot], 8 Dev Ezra, 7 Dev Dara, "
        "6 Dev Cleo, 5 Dev Bora, 4 Dev Alma, 2 Iris Moe (work) and 2 more with at most 1 each]\n"
    )


def test_asked_for_the_busiest_authors_these_are_counted():
    rendition = keeps_the_law(VCS, SHORTLOG, asking("Who made the most commits?"))
    assert "Hugo Lind (40):\n" in spelled(rendition)
    assert len(shown(rendition)) < 0.2 * len(SHORTLOG)


def test_a_commit_asked_for_stays_below_its_author():
    view = spelled(keeps_the_law(VCS, SHORTLOG, asking("Who committed `Dara3`?")))
    assert "Dev Dara (7):\n" in view
    assert "      cart: step 3 towards Dara3\n" in view
    assert "Dara5" not in view


@pytest.mark.parametrize("question", [VAGUE, asking("What about `nowhere_to_be_found`?")])
def test_without_a_lead_nothing_is_left_out(question):
    assert VCS.lossy(SHORTLOG, question) is None
