import pytest

from headroom.compress.diff import Diff
from tests.compress.line_samples import ASKED, VAGUE, asking, encoded, keeps_the_law, shown, spelled, without_legend

DIFF = Diff()


def patch(path, function, removed, added, at=10):
    return (
        f"diff --git a/{path} b/{path}\nindex 1234567..89abcde 100644\n--- a/{path}\n+++ b/{path}\n"
        f"@@ -{at},7 +{at},7 @@ def {function}(value):\n import os\n import sys\n\n-{removed}\n+{added}\n return value\n\n done = True\n"
    )


MANY = "".join(
    patch(f"src/shop/part_{n}.py", f"step_{n}", f"    total = {n}", f"    total = {n + 1}") for n in range(60)
)
REDIRECT = patch("src/http/response.py", "redirect", "    body = make_link(url)", "    body = plain(url)")
LOCK = (
    "diff --git a/package-lock.json b/package-lock.json\nindex 1..2 100644\n--- a/package-lock.json\n+++ b/package-lock.json\n"
    + "".join(
        f'@@ -{n},3 +{n},3 @@\n   a\n-  "version": "1.0.{n}"\n+  "version": "1.1.{n}"\n   b\n' for n in range(1, 300, 3)
    )
)


def test_the_hunk_asked_for_stays_whole_under_its_header():
    text = MANY + REDIRECT + MANY.replace("src/shop", "lib/shop")
    rendition = keeps_the_law(DIFF, text, asking("What exactly changed in `redirect` in response.py?"))
    assert REDIRECT in spelled(rendition)
    assert len(shown(rendition)) < 0.35 * len(text)


def test_every_file_is_listed_with_its_lines():
    view = shown(DIFF.lossy(MANY + REDIRECT, asking("What changed in `redirect`?")))
    assert "61 files, 61 hunks" in view
    assert all(f"src/shop/part_{n}.py +1 -1" in view for n in range(60))


def test_no_hunk_is_cut():
    text = MANY + REDIRECT
    rendition = DIFF.lossy(text, asking("What changed in `redirect` in response.py?"))
    lines = text.split("\n")
    for gap in rendition.gaps:
        assert lines[gap.first - 1].startswith(("diff --git", "@@"))
        assert gap.last == len(lines) - 1 or lines[gap.last].startswith(("diff --git", "@@"))


def test_without_a_lead_only_lock_files_go():
    assert DIFF.lossy(MANY, VAGUE) is None
    rendition = keeps_the_law(DIFF, MANY + LOCK, VAGUE)
    assert spelled(rendition).count("@@ def step_") == 60
    assert "package-lock.json +100 -100" in shown(rendition)
    assert '"version"' not in spelled(rendition)


@pytest.mark.parametrize(
    "text",
    [
        MANY,
        LOCK,
        "diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n" * 3,
        "diff --git a/i.png b/i.png\nindex 1..2\nBinary files a/i.png and b/i.png differ\n" + REDIRECT,
        "diff --git a/n b/n\nnew file mode 100644\nindex 0000000..1\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n",
        "diff --git a/x b/x\nindex 1..2\n@@ -1 +1 @@\n-a\n+b\n" + REDIRECT,
        "--- old/a.txt\t2026-01-01\n+++ new/a.txt\t2026-01-02\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n",
        "+++ orphan\n@@ nonsense\n--- x\n",
        "diff --git a/a b/b b/a b/b\n--- a/a b/b\n+++ b/a b/b\n@@ -1 +1 @@\n-a\n+b\n",
    ],
    ids=["plain", "lock", "rename", "binary", "new file", "no names", "diff -u", "orphans", "blanks in names"],
)
def test_dialects_come_back(text):
    rendition = DIFF.lossless(text, ASKED)
    assert rendition is None or DIFF.decode(rendition.text) == text
    keeps_the_law(DIFF, text * 40)


def test_names_are_said_once():
    text = encoded(DIFF, MANY)
    assert "\n--- a/src" not in text
    assert "+    total = 60" in without_legend(text)
    assert text.count("\n+") == text.count("\n-") == 60
