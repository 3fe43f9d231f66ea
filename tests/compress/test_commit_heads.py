"""Logs in a format of their own, with a commit's hash, date and author on one line, are read like any other."""

import pytest

from headroom.compress.commit_facts import facts_of
from headroom.compress.commit_heads import author_of, date_of, heads_of
from headroom.compress.detect import detect
from headroom.compress.rendition import Hints
from headroom.compress.vcs import Vcs
from headroom.compress.vcs_log import commits_of
from tests.compress.line_samples import asking, keeps_the_law, round_trips, shown

VCS = Vcs()
AUTHORS = ("Ada Berg", "Noor de Wit", "Ian Lund")


def head(n, style):
    date, name = f"2023-03-{n % 28 + 1:02d} 10:{n % 60:02d}:00 +0100", f"{n * 48271 % 16**8:08x}a{n % 10}"
    return {
        "at the end": f"{date} {AUTHORS[n % 3]} <dev@example.org> ({name})",
        "in front": f"{name} {AUTHORS[n % 3]} <dev@example.org> {date}",
        "with bars": f"{name} | {date} | {AUTHORS[n % 3]}",
    }[style]


def log(style, count=60, indent="    "):
    return "".join(
        f"{head(n, style)}\n\n{indent}{('store', 'proxy')[n % 2]}: Handle case {n} of the lookup\n\n"
        f"{indent}It went wrong where the key held a blank.\n\nM\tsrc/part{n}/lookup.c\nA\tsrc/part{n}/test.c\n\n"
        for n in range(1, count + 1)
    )


STYLES = ("at the end", "in front", "with bars")


@pytest.mark.parametrize("style", STYLES)
def test_the_commit_that_a_question_names_stays_whole(style):
    text = log(style)
    question = 'What is the hash and the date of "store: Handle case 34 of the lookup", and which files did it change?'
    view = shown(keeps_the_law(VCS, text, asking(question)))
    assert head(34, style) in view
    assert "M\tsrc/part34/lookup.c\nA\tsrc/part34/test.c\n" in view
    assert "[~ 60 commits: 30 proxy, 30 store]" in view
    assert "src/part33" not in view
    assert len(view) < 0.3 * len(text)


@pytest.mark.parametrize("style", STYLES)
def test_facts_of_a_commit_are_read_from_its_line(style):
    text = log(style)
    lines = text.split("\n")
    commits = commits_of(text, lines)
    assert len(commits) == 60
    assert commits[6].subject == "proxy: Handle case 7 of the lookup"
    fact = facts_of(lines, commits[6])
    assert fact.author == "Noor de Wit"
    assert (fact.day.month, fact.day.day) == (3, 8)
    assert fact.files == ("src/part7/lookup.c", "src/part7/test.c")


@pytest.mark.parametrize("style", STYLES)
def test_a_window_is_a_log(style):
    text = log(style)
    window = text[len(text) // 3 :][:2_400].partition("\n")[2]
    assert detect(window, Hints()).kinds[0] == "vcs"
    round_trips(VCS, window)


@pytest.mark.parametrize(
    ("line", "author", "date"),
    [
        ("Ada Berg <a@x> Mon, 3 Jun 2024 10:00:00 +0200 [12ab34cd]", "Ada Berg", "Mon, 3 Jun 2024"),
        ("12ab34cd 2024-01-02 Ada Berg", "Ada Berg", "2024-01-02"),
        ("12ab34cd 2024-01-02", "", "2024-01-02"),
    ],
)
def test_a_head_tells_who_and_when(line, author, date):
    assert author_of(line) == author
    assert date_of(line).startswith(date)


@pytest.mark.parametrize(
    "text",
    [
        log("in front", 2),
        "".join(f"2024-01-{n:02d} build 12345678 took {n} s\n\n  ok\n\n" for n in range(1, 20)),
        "".join(f"2024-01-{n:02d} job abcdef12 ran\n\n  ok\n\n" for n in range(1, 20)),
        "".join(f"2024-01-{n:02d} 10:00:00 started {n * 48271:08x} in a pool\n" for n in range(1, 20)),
    ],
    ids=["two", "numbers", "one again and again", "lines of a log"],
)
def test_what_is_no_list_of_commits(text):
    assert heads_of(text) == []


@pytest.mark.parametrize("sign", ["a1", "2024-01-01 ", "f" * 41 + " ", "A", "Mon ", "("])
def test_long_lines_are_read_in_linear_time(sign):
    line = sign * (100_000 // len(sign))
    text = f"\n\n{line}\n\n" * 3
    assert heads_of(text) == []
    author_of(line)
    date_of(line)
