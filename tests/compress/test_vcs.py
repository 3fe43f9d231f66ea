import hashlib
import re

import pytest

from headroom.compress import Policy, commit_messages, compress, diff_stat
from headroom.compress.detect import detect
from headroom.compress.legends import to_top
from headroom.compress.rendition import Hints
from headroom.compress.vcs import Vcs
from tests.compress.line_samples import ASKED, VAGUE, asking, keeps_the_law, shown, spelled, without_legend

VCS = Vcs()


def name(n):
    return hashlib.sha1(str(n).encode()).hexdigest()


LOG = "".join(
    f"commit {name(n)}\nAuthor: Dev {n % 3} <dev@example.org>\nDate:   Mon Jan 5 10:00:{n:02d} 2026 +0000\n\n"
    f"    {'fix' if n % 2 else 'feat'}(cart): handle case {n}\n    \n    Longer words about what case {n} is and why it matters here.\n\n"
    f" src/cart_{n}.py | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\n"
    for n in range(45)
)
ONELINE = "".join(
    f"{name(n)[:9]} {('Build', 'Docs', 'Core')[n % 3]}: Change number {n} (#{5000 + n})\n" for n in range(300)
)
STATUS = (
    "## main...origin/main\n M src/a.py\nR  old.py -> new.py\n D gone.py\n"
    + "".join(f"?? build/tmp/out_{n}.o\n" for n in range(60))
    + "?? src/notes.txt\n"
)
BLAME = "".join(
    f"{name(n % 4)[:8]} (Dev {n % 4} 2026-01-0{n % 9 + 1} 10:00:00 +0000 {n + 1:3d}) line_of_code_{n} = {n}\n"
    for n in range(120)
)
TOTAL = " 400 files changed, 5210 insertions(+), 77 deletions(-)\n"
STAT = (
    "".join(
        f" src/shop/module_{n}.py | {size:4d} {'+' * max(1, size // 30)}-\n"
        for n in range(400)
        for size in [{41: 900, 247: 2}.get(n, 10 + n)]
    )
    + TOTAL
)


@pytest.mark.parametrize(
    ("question", "listed"),
    [
        ('Who made "handle case 17" and which files did it touch?', (0, 15, 16, 18, 19, 44)),
        ("Explain what was done about handling case 17", range(45)),
    ],
    ids=["quoted: its neighbours and the ends", "else: all"],
)
def test_the_commit_asked_for_stays_whole_beside_a_table_of_contents(question, listed):
    rendition = keeps_the_law(VCS, LOG, asking(question))
    view = shown(rendition)
    start = LOG.index(f"commit {name(17)}")
    assert LOG[start : LOG.index("commit ", start + 9)] in spelled(rendition)
    assert [
        n for n in range(45) if f"[~ {name(n)[:9]} {'fix' if n % 2 else 'feat'}(cart): handle case {n}]" in view
    ] == [*listed]
    assert len(view) < 0.5 * len(LOG)


def test_the_words_of_a_quoted_title_are_not_looked_for_one_by_one():
    question = 'Who made the commit "fix(cart): handle case 17", when, and which files did it touch?'
    rendition = keeps_the_law(VCS, LOG, asking(question))
    kept = spelled(rendition).split("\n")
    stays = [n for n in range(45) if f"commit {name(n)}" in kept]
    assert 17 in stays
    assert set(stays) <= {0, 1, 17, 43, 44}


@pytest.mark.parametrize(
    ("question", "listed"),
    [
        ('Who made the commit "fix(cart): handle case 17", and which files did it touch?', (0, 15, 16, 18, 19, 44)),
        ("When was fix(cart): handle case 17 made?", (0, 15, 16, 18, 19, 44)),
        (f"Which files did {name(17)[:9]} touch?", (0, 15, 16, 18, 19, 44)),
        ('Which other commits are like "fix(cart): handle case 17"?', range(45)),
        ('How many commits came after "fix(cart): handle case 17"?', range(45)),
    ],
)
def test_of_a_longer_log_only_the_ends_and_the_commits_around_the_one_looked_up_are_listed(question, listed):
    view = shown(keeps_the_law(VCS, LOG, asking(question)))
    assert [n for n in range(45) if f"[~ {name(n)[:9]} " in view] == list(listed)
    assert f"commit {name(17)}\n" in view
    assert "45 commits" in view


def test_it_is_said_why_some_commits_are_listed_and_that_a_gap_begins_inside_one():
    long = LOG.replace("it matters here.\n", "it matters here.\n    \n" + "    And more words on that, too.\n" * 8, 2)
    view = shown(keeps_the_law(VCS, long, asking('Who made the commit "fix(cart): handle case 17"?')))
    assert f"[~ around what was asked for, and at the ends:]\n[~ {name(0)[:9]} " in view
    notes = re.findall(r"lines omitted \(L\d+-\d+\): (.*)\]", view)
    assert notes == ["17 commits", "27 commits"]
    view = shown(keeps_the_law(VCS, long, asking("Which commits are like handle case 17, and what do they do?")))
    notes = re.findall(r"lines omitted \(L\d+-\d+\): (.*)\]", view)
    assert notes == ["rest of a commit", "rest of a commit and 15 commits", "25 commits"]
    view = shown(keeps_the_law(VCS, LOG, asking('Which other commits are like "fix(cart): handle case 17"?')))
    assert "around what" not in view
    assert re.findall(r"lines omitted \(L\d+-\d+\): (.*)\]", view) == ["15 commits", "25 commits"]


def test_of_a_part_of_a_log_without_the_name_asked_for_the_contents_stay():
    for count in (12, 45):
        part = LOG[: LOG.index(f"commit {name(count)}")] if count < 45 else LOG
        rendition = keeps_the_law(VCS, part, asking("Which commit changed `parse_header`?"))
        view = without_legend(shown(rendition))
        assert all(
            f"[~ {name(n)[:9]} {'fix' if n % 2 else 'feat'}(cart): handle case {n}]" in view for n in range(count)
        )
        assert rendition.transform == "vcs:elsewhere"


def test_of_a_part_of_a_log_without_the_commit_asked_for_both_ends_and_the_topics_stay():
    question = 'Who made the commit "docs: say how to install it (#77)", when, and which files did it touch?'
    for count in (12, 45):
        part = LOG[: LOG.index(f"commit {name(count)}")] if count < 45 else LOG
        rendition = keeps_the_law(VCS, part, asking(question))
        view = without_legend(shown(rendition))
        assert view.startswith("[~ not in this text: docs: say how to install it (#77)]\n")
        for n in range(count):
            listed = f"[~ {name(n)[:9]} {'fix' if n % 2 else 'feat'}(cart): handle case {n}]" in view
            assert listed is (n in {0, count - 1})
        assert f"[~ {count} commits: " in view
        assert not any(f"commit {name(n)}" in view for n in range(count))
        assert rendition.transform == "vcs:elsewhere"


def test_a_commit_that_has_lost_its_first_lines_stays_and_is_not_called_absent():
    torn = LOG[LOG.index("Date:") :]
    view = without_legend(shown(VCS.lossy(torn, asking('Who made the commit "feat(cart): handle case 0", and when?'))))
    assert torn[: torn.index("commit ")] in view
    assert "not in this text" not in view


def test_of_one_line_commits_without_the_one_asked_for_both_ends_and_the_topics_stay():
    view = shown(keeps_the_law(VCS, ONELINE, asking("Which commit mentions #9999, and what was it about?")))
    assert view.startswith("[~ not in this text: #9999]\n[~ 300 commits: 100 Build, 100 Docs, 100 Core]\n")
    assert len(view) < 0.1 * len(ONELINE)


def test_the_line_asked_for_stays_with_topics_counted():
    rendition = keeps_the_law(VCS, ONELINE, asking("Which commit mentions #5123?"))
    view = shown(rendition)
    assert f"{name(123)[:9]} Build: Change number 123 (#5123)" in spelled(rendition)
    assert "300 commits: 100 Build, 100 Docs, 100 Core" in view
    assert len(view) < 0.1 * len(ONELINE)


@pytest.mark.parametrize("separator", ["|", "\t", " - ", " "])
def test_the_commit_asked_for_stays_in_a_format_of_ones_own(separator):
    text = "".join(
        separator.join(
            (name(n)[:9], f"2026-11-{n % 28 + 1:02} 10:{n % 60:02}:07 +0100", "Ann Lee", f"Fix case {n}x (#{5000 + n})")
        )
        + "\n"
        for n in range(200)
    )
    rendition = keeps_the_law(VCS, text, asking("Which commit mentions #5123?"))
    view = shown(rendition)
    assert "Fix case 123x (#5123)\n" in spelled(rendition)
    assert "[~ 200 commits]" in view
    assert len(view) < 0.2 * len(text)


@pytest.mark.parametrize("hints", [ASKED, VAGUE], ids=["asked", "vague"])
def test_changed_files_stay_and_untracked_ones_are_counted(hints):
    rendition = keeps_the_law(VCS, STATUS, hints)
    view = shown(rendition)
    for line in (" M src/a.py", "R  old.py -> new.py", " D gone.py", "?? src/notes.txt", "?? build/tmp/out_0.o"):
        assert line in spelled(rendition).split("\n")
    assert "61 ??" in view
    assert len(view) < 0.4 * len(STATUS)


def test_blame_keeps_the_line_asked_for():
    rendition = keeps_the_law(VCS, BLAME, asking("Who wrote `line_of_code_77`?"))
    assert "line_of_code_77 = 77" in spelled(rendition)
    assert "120 lines: 30 Dev 0" in shown(rendition)


def test_blame_keeps_of_the_authors_only_the_line_asked_for():
    text = BLAME.replace("(Dev 1 ", "(Dev 0 ").replace("(Dev 2 ", "(Dev 0 ").replace("(Dev 3 ", "(Dev 0 ")
    text = text.replace("(Dev 0 2026-01-03", "(Eve 5 2026-01-03", 3)
    view = shown(keeps_the_law(VCS, text, asking("Who last changed line 61?")))
    assert "line_of_code_60 = " in view
    assert view.count("(Eve 5") <= 1


@pytest.mark.parametrize(
    ("question", "shown_lines"),
    [
        ("Who last changed line 61?", {61}),
        ("Who wrote lines 61-66, and when?", {61, 63, 66}),
        ("Which commit do lines 40 and 95 come from?", {40, 95}),
    ],
    ids=["one", "a range", "two"],
)
def test_blame_keeps_the_lines_asked_for_by_number(question, shown_lines):
    rendition = keeps_the_law(VCS, BLAME, asking(question))
    view = spelled(rendition)
    assert all(f"line_of_code_{n - 1} = " in view for n in shown_lines)
    assert "line_of_code_20 = " not in view


@pytest.mark.parametrize(
    ("question", "kept", "gone"),
    [
        ("Which file changed most, and how much in total?", "module_41.py", "module_30.py"),
        ("Which has the fewest changes?", "module_247.py", "module_41.py"),
        ("How much did module_30.py change?", "module_30.py", "module_41.py"),
    ],
    ids=["most", "fewest", "a file"],
)
def test_the_files_asked_for_stay_with_the_total_of_a_stat(question, kept, gone):
    outcome = compress(
        STAT, asking(question), Policy(lossy=True), lambda text: len(text) // 3, render=lambda _: "[~ gap]"
    )
    assert outcome.transform == "vcs:asked"
    assert f"src/shop/{kept} " in outcome.text
    assert f"src/shop/{gone} " not in outcome.text
    assert TOTAL in outcome.text


def test_a_stat_without_one_of_the_files_asked_for_shows_its_ends():
    named = ("How much did module_30.py and absent.py change?", "How much did module_30.py change?")
    kept = [shown(keeps_the_law(VCS, STAT, asking(question))).count(" | ") for question in named]
    assert kept[0] > kept[1]


def test_a_stat_loses_its_padding_and_gets_it_back():
    text = STAT.replace("module_7.py ", "a_module_with_a_longer_name_than_the_others.py ").replace(
        ".py |", ".py" + 40 * " " + "|"
    )
    outcome = compress(text, VAGUE, Policy(), lambda text: len(text) // 3, render=lambda _: "")
    assert outcome.tokens_after < 0.85 * outcome.tokens_before
    assert diff_stat.DiffStat().decode(to_top(outcome.text)) == text


@pytest.mark.parametrize("text", [LOG, ONELINE, BLAME, STAT], ids=["log", "oneline", "blame", "stat"])
def test_without_a_lead_nothing_is_left_out(text):
    assert VCS.lossy(text, VAGUE) is None
    assert VCS.lossy(text, asking("What about `nowhere_to_be_found`?")) is None


@pytest.mark.parametrize("text", [LOG, ONELINE, STATUS, BLAME], ids=["log", "oneline", "status", "blame"])
def test_output_comes_back(text):
    rendition = VCS.lossless(text, ASKED)
    assert rendition is None or VCS.decode(rendition.text) == text


@pytest.mark.parametrize(
    "line",
    [
        "^cf55371 (Ben Carver     2016-01-04 {n:3}) import {{ part{n} }} from './part'",
        "{name} src/old.py (Ben C. (work) 2016-01-04 10:00:{n:02} +0100 {n}) def part_{n}(): # error",
        "{name} (<ben@example.org> 2016-01-04 10:00:{n:02} +0100 {n}) ",
        "{name} (Ben Carver 3 weeks ago {n:3}) part_{n} = {n}",
    ],
    ids=["days", "a file's former name", "addresses", "relative"],
)
def test_a_blame_is_no_log(line):
    text = "".join(line.format(n=n, name=name(n % 3)[:8]) + "\n" for n in range(60))
    assert detect(text, VAGUE).kinds[:1] == ("vcs",)


def test_messages_lose_their_indent_and_get_it_back():
    found = VCS.lossless(LOG, ASKED)
    assert commit_messages.HEAD in found.text
    assert "    " not in found.text
    assert VCS.decode(found.text) == LOG


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("    Longer words", "    commit 1234567\n    Longer words"),
        lambda text: text.replace("    Longer words", "\n    Longer words"),
        lambda text: text.replace("    Longer words", "    \n     a.py | 3 +++\n    Longer words"),
        lambda text: text.replace("\n\n    f", "\nf"),
        lambda text: text.replace(" | 2 +-", ""),
        lambda text: text.rstrip("\n"),
    ],
    ids=["a commit inside", "a bare line inside", "a stat line inside", "no message", "no stat", "no last newline"],
)
def test_odd_logs_come_back(spoil):
    found = VCS.lossless(spoil(LOG), ASKED)
    assert found is None or VCS.decode(found.text) == spoil(LOG)


def test_untracked_files_that_differ_in_a_number_share_a_line():
    found = VCS.lossless(STATUS, ASKED)
    assert "[~ 60 lines: ?? build/tmp/out_#.o with # = 0 to 59]" in found.text
    assert "\n?? src/notes.txt" in found.text
    assert VCS.decode(found.text) == STATUS


def test_commits_with_raw_lines_are_told_from_a_log():
    text = "".join(
        f"commit {name(n)}\nAuthor: Dev {n % 3} <dev@example.org>\nDate:   Mon Jan 5 10:00:{n:02d} 2026 +0000\n\n    Change the part {n}\n\n"
        + "".join(f":100644 100644 {name(n + m)[:7]} {name(n - m)[:7]} M\tsrc/part_{n}/file_{m}.py\n" for m in range(6))
        + "\n"
        for n in range(45)
    )
    assert detect(text, VAGUE).kinds[:1] == ("vcs",)
    rendition = keeps_the_law(VCS, text, asking('I want to revert "Change the part 17". What is its sha?'))
    assert f"commit {name(17)}" in spelled(rendition)
    assert len(shown(rendition)) < 0.3 * len(text)


def test_a_merge_that_is_named_shows_the_commits_it_brought_in():
    aside = [f"| * {n:07x} budget: step {n}" for n in range(3)]
    main = [f"* | {n + 64:07x} Release notes for part {n} of the module" for n in range(20)]
    before = [f"* {n + 512:07x} Older work on part {n} of the module, too" for n in range(40)]
    text = "\n".join(["*   fffffff Merge branch 'feature/retry-budget'", "|\\  ", *aside, *main, "|/  ", *before, ""])
    found = Vcs().lossy(text, Hints(query="Which commits came in with the merge of feature/retry-budget?"))
    assert found is not None
    shown = "".join(piece for piece in found.pieces if isinstance(piece, str))
    assert all(line in shown for line in aside)
    assert sum(line in shown for line in main) < 6
