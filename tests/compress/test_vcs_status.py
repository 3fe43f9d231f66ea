import pytest

from headroom.accounts.tokens import count
from headroom.compress.router import Policy, compress
from headroom.compress.vcs import Vcs
from tests.compress.line_samples import asking, keeps_the_law, shown, spelled

VCS = Vcs()
CHANGED = "".join(f" M src/module_{name}/handlers.c\n" for name in "abcdefghijklm")
BUILT = "".join(f"?? obj/{n:03d}/part_{n * 7919 % 99991}.lo\n" for n in range(40))
OTHERS = "".join(f"?? tmp/obj-{n}.log\n" for n in range(9))
STATUS = f"## main\n{CHANGED}{BUILT}{OTHERS}?? src/local.diff\n"


@pytest.mark.parametrize(
    ("question", "kept", "gone"),
    [
        ("Is there anything untracked outside obj/?", "?? src/local.diff", "?? obj/"),
        ("What is untracked, other than `./obj`?", "?? src/local.diff", "?? obj/"),
        ("What is new except in the obj folder and what did I change?", "?? tmp/obj-8.log", "?? obj/"),
        ("What is untracked apart from tmp/obj?", "?? obj/000/", "?? obj/020/"),
        ("Which files of obj/ are untracked?", "?? obj/000/", "?? obj/020/"),
    ],
    ids=["outside", "other than", "except in", "no such folder", "inside"],
)
def test_of_untracked_files_in_a_folder_that_is_not_meant_none_stay(question, kept, gone):
    rendition = keeps_the_law(VCS, STATUS, asking(question))
    lines = spelled(rendition).split("\n")
    assert any(line.startswith(kept) for line in lines)
    assert not any(line.startswith(gone) for line in lines)
    assert set(CHANGED.split("\n")) <= set(lines)
    assert "?? obj/" in "".join(gap.note for gap in rendition.gaps)


def test_names_of_a_folder_that_is_not_meant_are_not_sent_though_they_fold():
    def sent(question):
        return compress(
            f"## main\n{CHANGED * 2}{BUILT}?? src/local.diff\n",
            asking(question),
            Policy(lossy=True),
            count,
            render=lambda gap: f"[~ {gap.last - gap.first + 1} lines omitted: {gap.note}]",
        )

    outcome = sent("Which tracked files have I changed, and is there anything untracked outside obj/?")
    assert "[~ 40 lines omitted: 40 ?? obj/]" in outcome.text
    assert sent("Which tracked files have I changed, and what is untracked?").lossless


def test_states_that_differ_in_their_column_only_are_told_apart():
    text = STATUS + "M  src/staged.c\nR  a.c -> b.c\n"
    head = shown(VCS.lossy(text, asking("Is there anything untracked outside obj/?"))).split("\n")[0]
    assert head == '[~ 50 ??, 13 " M", 1 "M ", 1 R]'


IN_WORDS = (
    'On branch main\nChanges to be committed:\n  (use "git restore --staged <file>..." to unstage)\n'
    "\tnew file:   src/added.c\n\tdeleted:    obj/kept_by_mistake.lo\n\n"
    'Changes not staged for commit:\n  (use "git add <file>..." to update what will be committed)\n'
    + "".join(f"\tmodified:   src/module_{name}/handlers.c\n" for name in "abcdefghijklm")
    + '\nUntracked files:\n  (use "git add <file>..." to include in what will be committed)\n'
    + "".join(f"\tobj/{n:03d}/part_{n * 7919 % 99991}.lo\n" for n in range(40))
    + "\tsrc/local.diff\n\n"
)


@pytest.mark.parametrize(
    ("question", "built", "transform"),
    [
        ("What did I change, and is there anything untracked outside obj/?", 0, "vcs:outside"),
        ("What did I change?", 4, "vcs:status"),
        ("Is `part_58389` there?", 5, "vcs:status"),
    ],
)
def test_of_a_status_in_words_the_changed_files_stay_and_untracked_ones_are_counted(question, built, transform):
    rendition = keeps_the_law(VCS, IN_WORDS, asking(question))
    view = spelled(rendition)
    assert ("[~ 2 staged, 13 not staged, 41 untracked]\n" in shown(rendition)) is (transform == "vcs:status")
    assert all(f"src/module_{name}/handlers.c" in view for name in "abcdefghijklm")
    assert "\tdeleted:    obj/kept_by_mistake.lo\n" in view
    assert "\tsrc/local.diff\n" in view
    assert sum(line.startswith("\tobj/") for line in view.split("\n")) == built
    assert sum(gap.last - gap.first + 1 for gap in rendition.gaps) == 40 - built
    assert rendition.transform == transform


@pytest.mark.parametrize(
    ("question", "changed"),
    [
        ("What is staged, and is there anything untracked outside obj/?", False),
        ("What would be in the index, and is anything untracked outside obj/?", False),
        ("What is staged, what is modified, and is there anything untracked outside obj/?", True),
        ("What is not staged, and is there anything untracked outside obj/?", True),
        ("Which tracked files have I changed, and is there anything untracked outside obj/?", True),
    ],
)
@pytest.mark.parametrize("text", [IN_WORDS, f"## main\nA  src/added.c\n{CHANGED}{BUILT}?? src/local.diff\n"])
def test_who_asks_for_what_is_staged_does_not_see_what_is_not(text, question, changed):
    rendition = keeps_the_law(VCS, text, asking(question))
    view = spelled(rendition)
    assert [f"src/module_{name}/handlers.c" in view for name in "abcdefghijklm"] == [changed] * 13
    assert ("13 not staged" in ", ".join(gap.note for gap in rendition.gaps)) is not changed
    assert "src/added.c\n" in view
    assert "src/local.diff\n" in view
    assert rendition.transform == "vcs:outside"
