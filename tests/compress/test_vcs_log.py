"""Questions about a log that tell commits by author, day, file or number."""

import hashlib
import re
from datetime import date

import pytest

from headroom.compress.day_bounds import Days, days_bounded
from headroom.compress.vcs import Vcs
from tests.compress.line_samples import asking, keeps_the_law, shown, spelled

VCS = Vcs()
AUTHORS = ("Ann Lee", "Björn Söder", "ci[bot]", "Ann Lee", "Cem Ak")
COUNT = 50


def name(n):
    return hashlib.sha1(str(n).encode()).hexdigest()


def log(told="Mon Jan 5 10:00:00 2026 +0000", form=None):
    parts = []
    for n in range(COUNT):
        day = date(2026, 3, 31 - n) if n < 31 else date(2026, 2, 59 - n)
        when = form(day) if form else told
        parts.append(
            f"commit {name(n)}\nAuthor: {AUTHORS[n % 5]} <dev@example.org>\nDate:   {when}\n\n"
            f"    cart: handle case {n:02}\n    \n    More on why case {n:02} needs what it gets here.\n"
            f"    Reviewed-by: {AUTHORS[(n + 1) % 5]}\n\n"
            f" shop/part_{n % 10}.py | 2 +-\n .../deep/tree/of_{n % 25}.py | 4 ++--\n 2 files changed, 3 insertions(+), 3 deletions(-)\n\n"
        )
    return "".join(parts)


FORMS = {
    "git's own": lambda day: day.strftime("%a %b %-d 10:00:00 %Y +0200"),
    "rfc": lambda day: day.strftime("%a, %-d %b %Y 10:00:00 +0200"),
    "iso": lambda day: f"{day} 10:00:00 +0200",
    "short": str,
}
LOG = log(form=FORMS["git's own"])


@pytest.mark.parametrize(
    ("question", "count", "said"),
    [
        ("How many commits did Ann Lee make?", 20, "by Ann Lee"),
        ("How many of these commits are by Cem?", 10, "by Cem Ak"),
        ("How many commits are by ci[bot]?", 10, "by ci[bot]"),
        ("How many commits were made since 2026-03-22?", 10, "since 2026-03-22"),
        ("How many commits are there in February 2026?", 19, "from 2026-02-01 to 2026-02-28"),
        ("How many commits did Cem Ak make before 1 March?", 4, "by Cem Ak until 2026-02-28"),
        ("How many commits touched shop/part_3.py?", 5, "with a path like shop/part_3.py"),
        ("How many commits touched tree/of_3.py?", 2, "with a path like tree/of_3.py"),
    ],
)
def test_commits_of_an_author_a_time_or_a_file_are_counted(question, count, said):
    view = shown(keeps_the_law(VCS, LOG, asking(question)))
    assert view.startswith(f"[~ 50 commits, in the source's order, {count} of them {said}]\n")
    assert len(view) < 0.15 * len(LOG)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_days_are_read_in_each_form_of_git(form):
    view = shown(keeps_the_law(VCS, log(form=form), asking("How many commits were made since 2026-03-22?")))
    assert " 10 of them since 2026-03-22]" in view


@pytest.mark.parametrize(
    ("question", "whole", "told"),
    [
        ("Which commits changed part_3.py, and who made the latest?", [3], [13, 23, 33, 43]),
        ("Which commits changed tree/of_3.py?", [3, 28], []),
        ("What did Cem Ak commit in February?", [34], [39, 44, 49]),
        ("What came in between 2026-03-30 and 2026-03-31?", [0, 1], []),
    ],
)
def test_of_few_commits_each_stays_whole_of_more_the_first_and_a_line_for_each(question, whole, told):
    rendition = keeps_the_law(VCS, LOG, asking(question))
    view = spelled(rendition)
    for n in whole:
        start = LOG.index(f"commit {name(n)}")
        assert LOG[start : LOG.index("commit ", start + 9)] in view
    lines = re.findall(r"\[~ ([0-9a-f]{9}) (2026-\S+) ([^:]+): (.*)\]", shown(rendition))
    told = [*told, *(end for end in (0, 49) if end not in {*told, *whole})]
    assert [line[0] for line in lines] == [name(n)[:9] for n in told]
    assert all(subject == f"cart: handle case {n:02}" for n, (*_, subject) in zip(told, lines, strict=True))
    assert view.count("\ncommit ") + view.startswith("commit ") == len(whole)


@pytest.mark.parametrize(
    "line",
    [
        "shop/part_{n}.py",
        "M\tshop/part_{n}.py",
        "3\t1\tshop/part_{n}.py",
        ":100644 100644 1a2b3c4 5d6e7f8 M\tshop/part_{n}.py",
    ],
)
def test_files_are_read_in_each_form_of_git(line):
    text = re.sub(r" shop/part_(\d+)[^\n]*\n[^\n]*\n[^\n]*\n", lambda match: line.format(n=match[1]) + "\n", LOG)
    view = shown(keeps_the_law(VCS, text, asking("How many commits touched shop/part_3.py?")))
    assert " 5 of them with a path like shop/part_3.py]" in view


@pytest.mark.parametrize("question", ["Who made the most commits?", "How many commits did each author make?"])
def test_commits_are_counted_by_author(question):
    view = shown(keeps_the_law(VCS, LOG, asking(question)))
    assert "[~ by author: 20 Ann Lee, 10 Björn Söder, 10 ci[bot], 10 Cem Ak]" in view
    assert len(view) < 0.15 * len(LOG)


@pytest.mark.parametrize(
    "question",
    [
        "How many commits did Ann Lee review?",
        'How many commits by Ann Lee are like "handle case 17"?',
        "How many commits did `needle_of_hay` get since 2026-03-22?",
    ],
    ids=["not as author", "a title", "another name"],
)
def test_what_tells_commits_otherwise_is_not_answered_by_a_count(question):
    found = VCS.lossy(LOG, asking(question))
    assert found is None or " of them " not in shown(found)


def test_commits_with_a_name_are_counted():
    view = shown(keeps_the_law(VCS, LOG.replace("why case 1", "why `cart_id` 1"), asking("How many mention cart_id?")))
    assert '[~ 10 of 50 commits with "cart_id"]' in view


@pytest.mark.parametrize(
    ("told", "first", "last"),
    [
        ("since 2024-09-01", "2024-09-01", None),
        ("after 3 May 2024", "2024-05-04", None),
        ("before March 2024", None, "2024-02-29"),
        ("until May 3rd, 2024", None, "2024-05-03"),
        ("in 2023", "2023-01-01", "2023-12-31"),
        ("in May", "2024-05-01", "2024-05-31"),
        ("in November", "2023-11-01", "2023-11-30"),
        ("on 5 of June", "2024-06-05", "2024-06-05"),
        ("between 1 Feb and 10 Feb 2024", "2024-02-01", "2024-02-10"),
        ("from 2024-02 to 2024-03", "2024-02-01", "2024-03-31"),
    ],
)
def test_stretches_of_days_are_read(told, first, last):
    found = days_bounded(f"What changed {told}?", date(2024, 10, 16))
    want = Days(date.fromisoformat(first) if first else date.min, date.fromisoformat(last) if last else date.max)
    assert found == [want]


@pytest.mark.parametrize(
    "told", ["since v2024.1", "in 30 files", "who may", "on 31 February 2024", "since 2024-13-01", "in 2024-09-01T10"]
)
def test_what_is_no_day_sets_no_bound(told):
    assert days_bounded(f"What changed {told}?", date(2024, 10, 16)) == []
