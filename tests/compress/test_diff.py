import re

import pytest

from headroom.compress.detect import detect
from headroom.compress.diff import Diff
from headroom.compress.diff_changed import where_it_changes
from headroom.compress.diff_parse import parse
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress
from tests.compress.accounting import shown_text
from tests.compress.line_samples import (
    ASKED,
    VAGUE,
    asking,
    encoded,
    keeps_the_law,
    round_trips,
    shown,
    spelled,
    without_legend,
)

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


def quilted(path, n):
    return f"Description: change {n}\nAuthor: Ana\n\n--- a/{path}\n+++ b/{path}\n@@ -{n},3 +{n},4 @@\n one\n-two {n}\n+three {n}\n+four {n}\n six\n"


@pytest.mark.parametrize("order", [0, 1])
def test_files_of_patches_that_git_did_not_write_are_counted_among_those_it_did(order):
    pairs = [
        (quilted(f"doc/plain_{n}.txt", n), patch(f"src/git_{n}.py", f"step_{n}", "a = 1", "a = 2"))
        for n in range(1, 25)
    ]
    text = "".join(one for pair in pairs for one in (pair if order else pair[::-1])) + REDIRECT
    view = shown(DIFF.lossy(text, asking("What changed in `redirect`?")))
    assert "49 files, 49 hunks" in view
    assert all(f"doc/plain_{n}.txt +2 -1" in view and f"src/git_{n}.py +1 -1" in view for n in range(1, 25))


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


def context(path, function, removed, added):
    return (
        f"diff -c -r old/{path} new/{path}\n*** old/{path}\t2026-01-01 00:00:00\n--- new/{path}\t2026-01-02 00:00:00\n"
        f"***************\n*** 10,16 ****\n  def {function}(value):\n      import os\n!     {removed}\n      return value\n"
        f"--- 10,16 ----\n  def {function}(value):\n      import os\n!     {added}\n      return value\n"
    )


def normal(path, function, removed, added):
    return (
        f"diff -r old/{path} new/{path}\n10,11c10,11\n< def {function}(value):\n<     {removed}\n---\n"
        f"> def {function}(value: int) -> int:\n>     {added}\n20a21\n> \n"
    )


OTHER_FORMATS = pytest.mark.parametrize("write", [context, normal], ids=["diff -c", "diff"])


@OTHER_FORMATS
def test_other_formats_are_told_and_cut_by_hunk(write):
    files = [write(f"shop/part_{n}.py", f"step_{n}", f"total = {n}", f"total = {n + 1}") for n in range(60)]
    aside = "Only in new/shop: basket.py\n"
    text = "".join(files[:30]) + aside + "".join(files[30:])
    assert detect(text, VAGUE).kinds[:1] == ("diff",)
    rendition = keeps_the_law(DIFF, text, asking("What happened to `step_41`?"))
    assert files[41].partition("20a21")[0] in spelled(rendition)
    assert aside in spelled(rendition)
    assert "60 files" in shown(rendition)
    assert "new/shop/part_7.py +" in shown(rendition)
    assert len(shown(rendition)) < 0.4 * len(text)
    assert DIFF.lossy(text, VAGUE) is None
    round_trips(DIFF, text)


@pytest.mark.parametrize("write", [patch, context, normal], ids=["git diff", "diff -c", "diff"])
@pytest.mark.parametrize("query", ["What's different in constants.py?", "Summarise the changes to shop/constants.py"])
def test_all_hunks_of_a_file_that_the_question_names_stay(write, query):
    files = [write(f"shop/part_{n}.py", f"step_{n}", f"total = {n}", f"total = {n + 1}") for n in range(60)]
    asked = write("shop/constants.py", "rate", "low = 1", "low = 2")
    asked += asked[asked.rindex("@@ -") if write is patch else asked.index("*****" if write is context else "10,11c") :]
    text = "".join(files[:30]) + asked + "".join(files[30:]) + write("docs/my-constants.py", "other", "a = 1", "a = 2")
    view = spelled(DIFF.lossy(text, asking(query)))
    assert asked in view
    assert "def step_" not in view
    assert "def other" not in view


def test_of_a_file_and_a_name_in_it_the_hunks_with_the_name_stay():
    text = patch("shop/all.py", "one", "    low = 1", "    low = 2") + "".join(
        patch("shop/all.py", f"step_{n}", "    a = 1", "    a = 2").partition("+++ b/shop/all.py\n")[2]
        for n in range(60)
    )
    view = spelled(DIFF.lossy(text, asking("What changed in `step_7` of all.py?")))
    assert "def step_7(" in view
    assert "def step_8(" not in view


@pytest.mark.parametrize("write", [patch, context, normal], ids=["git diff", "diff -c", "diff"])
@pytest.mark.parametrize("query", ["Which files does this touch?", "list all files that were changed"])
def test_of_a_question_for_the_files_they_are_told_without_their_hunks(write, query):
    binary = "diff --git a/shop.png b/shop.png\nindex 1..2\nBinary files a/shop.png and b/shop.png differ\n"
    text = binary * (write is patch) + "".join(
        write(f"shop/part_{n}.py", f"step_{n}", "touch = a_long_name(1, 2)", "touch = a_long_name(2, 3)")
        for n in range(60)
    )
    rendition = keeps_the_law(DIFF, text, asking(query))
    assert all(f"shop/part_{n}.py +" in shown(rendition) for n in range(60))
    assert "def step_" not in spelled(rendition)
    assert ("shop.png +0 -0" in shown(rendition)) == (write is patch)


@pytest.mark.parametrize(
    "query",
    ["Which functions or classes are new?", "Which files does this touch, and how do they change?", "review all files"],
)
def test_a_question_on_the_diff_as_a_whole_leaves_no_hunk_out(query):
    files = [patch(f"shop/part_{n}.py", f"step_{n}", f"total = {n}", f"total = {n + 1}") for n in range(60)]
    text = "".join(files) + patch("shop/model.py", "read", "type = classes", "type = functions")
    assert DIFF.lossy(text, asking(query)) is None


def test_a_plain_word_that_few_hunks_have_is_asked_for_beside_a_name():
    def hunk(k, line):
        return f"@@ -{k * 40 + 1},4 +{k * 40 + 1},4 @@ def part_{k}(x):\n     before = {k}  # as it was before this change\n-    old = x\n+    {line}\n     after = {k}  # and what stands behind\n"

    lines = {3: "self.debuglevel = None", 11: "def bypass(host, ProxyOverride):"}
    text = "--- a/lib/http.py\n+++ b/lib/http.py\n" + "".join(hunk(k, lines.get(k, f"new_{k} = x")) for k in range(60))
    found = Diff().lossy(text, Hints(query="Which new function handles ProxyOverride, and the default of debuglevel?"))
    assert found is not None
    shown = "".join(piece for piece in found.pieces if isinstance(piece, str))
    assert lines[3] in shown
    assert lines[11] in shown
    assert "new_7" not in shown


def word_diff():
    lines = []
    for name in ("router", "node", "store"):
        lines += [
            f"diff --git a/{name}.js b/{name}.js",
            "index 324fafb..e99631f 100644",
            f"--- a/{name}.js",
            f"+++ b/{name}.js",
        ]
        for n in range(12):
            lines += [
                f"@@ -{n * 30 + 1},6 +{n * 30 + 1},7 @@ class {name.title()}{n} {{",
                f"  constructor_{name}_{n} (options) {{",
                f"    const first_{n} = options.first || {n}",
                f"    this.{name}_{n} = [-oldValue{n}-]{{+new{name.title()}Value{n}+}}",
                f"{{+    assert(typeof this.{name}_{n} === 'function')+}}",
                f"    return this.{name}_{n} + first_{n}",
                "  }",
            ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "head", ["", "commit 0123456789abcdef\nAuthor: A B <a@b.c>\n\n    Change it\n\n"], ids=["diff", "show"]
)
def test_a_diff_by_words_is_a_diff(head):
    text = head + word_diff()
    outcome = compress(
        text, Hints(query="What became of `this.node_7`?"), Policy(lossy=True), len, render=lambda _gap: "[~ gap]"
    )
    assert outcome.transform == "diff:named"
    assert "[-oldValue7-]{+newNodeValue7+}" in outcome.text
    assert "newRouterValue7" not in outcome.text
    assert "node.js +24 -12" in outcome.text


STRIP = "What exactly changed in `strip` in iterutils.py? Show the removed and added lines."
TORN = (
    "     done = False\n-    total = 7\n+    total = 8\n     return total\n"
    "@@ -40,7 +40,9 @@ def sum_of(values):\n     import os\n-    a = 1\n+    a = 2\n+    b = 3\n     return a\n"
)
"""Begins within a hunk of a file that is named above it."""
NAMED = patch("src/tools/iterutils.py", "strip", "    return one", "    return two")


def test_of_other_files_than_the_one_asked_for_the_counts_stay():
    view = shown(keeps_the_law(DIFF, MANY, asking(STRIP)))
    assert "60 files, 60 hunks" in view
    assert all(f"src/shop/part_{n}.py +1 -1" in view for n in range(60))
    assert "@@" not in view


@pytest.mark.parametrize(
    "question",
    [
        "Why does iterutils.py fail since then?",
        "Review what changed beside iterutils.py",
        "Fix `strip` in iterutils.py",
        "What changed in `strip` in iterutils.py? Which functions got new names?",
        "What changed in the `strip` function?",
    ],
    ids=["a reason", "a review", "a task", "another question", "no file"],
)
def test_who_does_not_ask_for_one_file_only_gets_all_hunks(question):
    assert DIFF.lossy(MANY, asking(question)) is None


FILE_ONLY = "What exactly changed in iterutils.py? Show the removed and added lines."


def test_a_diff_that_begins_within_a_file_keeps_what_may_be_the_one_asked_for():
    view = shown(keeps_the_law(DIFF, TORN + MANY, asking(FILE_ONLY)))
    assert TORN in view
    assert "61 files, the rest of a hunk and 61 hunks: a file named above +3 -2, src/shop/part_0.py +1 -1" in view
    assert "@@ def step_" not in view


@pytest.mark.parametrize("named", [NAMED, NAMED[: NAMED.index("@@")]], ids=["with its hunk", "cut behind its header"])
def test_what_begins_within_another_file_goes_where_the_one_asked_for_follows(named):
    text = TORN + MANY + named
    rendition = keeps_the_law(DIFF, text, asking(STRIP))
    view = shown(rendition)
    assert named in spelled(rendition)
    assert "a = 2" not in view
    assert "@@ def step_" not in view


def test_in_a_row_of_patches_the_file_asked_for_may_come_again():
    text = TORN + "From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n" + MANY + NAMED
    view = shown(DIFF.lossy(text, asking(FILE_ONLY)))
    assert TORN in view
    assert "+    return two" in view


def test_a_file_of_which_only_the_new_name_is_left_is_told_by_it():
    cut = NAMED[NAMED.index("+++ ") :]
    view = shown(DIFF.lossy(cut + MANY, asking(STRIP)))
    assert "src/tools/iterutils.py +1 -1" in view
    assert "+    return two" in view
    assert "step_" not in view


def test_context_diffs_that_begin_within_a_file_are_read_too():
    one = context("src/a.py", "step", "old_call()", "new_call()")
    torn = one[one.index("***************") :]
    text = torn + "".join(context(f"src/b_{n}.py", f"work_{n}", f"old_{n}()", f"new_{n}()") for n in range(20))
    view = shown(keeps_the_law(DIFF, text, asking(FILE_ONLY)))
    assert "new_call()" in view
    assert "new_7()" not in view
    assert "21 files, 21 hunks: a file named above +1 -1" in view


def test_a_header_cut_behind_its_first_name_is_no_removed_line():
    def unified(n):
        return f"diff -ru old/part_{n}.py new/part_{n}.py\n--- old/part_{n}.py\t2026-01-01\n+++ new/part_{n}.py\t2026-01-02\n@@ -1,2 +1,2 @@\n step_{n}()\n-a_{n}\n+b_{n}\n"

    text = "".join(map(unified, range(30))) + unified(30).partition("+++")[0]
    assert "new/part_29.py +1 -1, old/part_30.py +0 -0]" in shown(
        keeps_the_law(DIFF, text, asking("What is `step_7`?"))
    )


def test_plain_diff_of_two_files_names_none():
    text = "".join(f"{n}c{n}\n< step_{n} = a_long_name(1)\n---\n> step_{n} = a_long_name(2)\n" for n in range(10, 90))
    view = shown(keeps_the_law(DIFF, text, asking("What happened to `step_41`?")))
    assert view.startswith("[~ 1 file, 80 hunks: a file not named here +80 -80]\n")
    assert "(L1-124): 31 hunks]" in view


def hunk(function, removed="    low = 1", added="    low = 2", at=70):
    return f"@@ -{at},5 +{at},5 @@ {function}\n     first = 1\n{''.join(f'     of_{n} = {n}{chr(10)}' for n in range(9))}-{removed}\n+{added}\n     last = 9\n"


BEGUN = "         total += row\n-        return total\n+        return total or None\n \n"
OTHER = "+class Basket:\n" + "".join(f"+    def part_{n}(self):\n+        return {n}\n" for n in range(30)) + " \n"
PIECE = BEGUN + OTHER + "".join(hunk(f"class Shop{n}(Base):", at=80 + 20 * n) for n in range(8))
"""Begins within a function, another class behind it, and more hunks of the same file."""


@pytest.mark.parametrize(
    ("begun", "stays"),
    [
        ("     a = 1\n-    b = 2\n     c = 3\n+    b = 4\n     d = 5\n     e = 6\n", 4),
        ("     a = 1\n     b = 2\n     c = 3\n     d = 4\n", 0),
        ("-    a = 1\n+\n     b = 2\n+\n", 1),
    ],
    ids=["up to the last change", "nothing changes", "blank lines come"],
)
def test_of_what_was_begun_above_a_piece_no_lines_stay_behind_the_last_change(begun, stays):
    rendition = keeps_the_law(DIFF, begun + OTHER + PIECE[len(BEGUN + OTHER) :], asking(STRIP))
    assert spelled(rendition) == "".join(begun.splitlines(keepends=True)[:stays])


@pytest.mark.parametrize(
    ("heading", "told"),
    [
        ("Shaw],", False),
        ("for more information.", False),
        ("This is what you get for it", False),
        ("public final class Shop", True),
        ("[tool.shop]", True),
        ("static int of(struct shop *the,", True),
        ("const is_of_the =", True),
        ("module Shop", True),
    ],
)
def test_a_gap_tells_headings_that_are_no_prose(heading, told):
    view = shown(
        keeps_the_law(DIFF, BEGUN + OTHER + "".join(hunk(heading, at=80 + 20 * n) for n in range(8)), asking(STRIP))
    )
    assert (heading.rstrip(",= ") in view) == told


def test_of_a_piece_without_what_is_asked_for_the_end_of_what_was_begun_stays():
    rendition = keeps_the_law(DIFF, PIECE, asking(STRIP))
    assert spelled(rendition) == BEGUN.removesuffix(" \n")
    view = shown(rendition)
    assert view.startswith("[~ 1 file, the rest of a hunk and 8 hunks: a file named above +70 -9]\n")
    assert "rest of a hunk and 8 hunks, +69 -8, in class Basket, class Shop0(Base), class Shop1(Base), " in view
    assert rendition.transform == "diff:elsewhere"
    assert len(view) < 0.15 * len(PIECE)


@pytest.mark.parametrize(
    ("question", "transform"),
    [
        ("Which files do my changes touch?", "diff:files"),
        (STRIP, "diff:named"),
        ("What exactly changed in `strip` in basket.py?", "diff:named"),
        ("What exactly changed in `pay` in basket.py?", "diff:elsewhere"),
        ("Fix what `strip` of iterutils.py does to the cart", ""),
    ],
)
def test_a_small_diff_is_cut_where_what_else_is_in_it_is_rarely_asked_for(question, transform):
    text = "".join(MANY.partition("diff --git a/src/shop/part_18.py")[:1]) + NAMED

    def render(gap):
        return f"[~ {gap.note}]"

    outcome = compress(text, asking(question), Policy(lossy=True), lambda text: len(text) // 4, render=render)
    assert (outcome.transform if not outcome.lossless else "") == transform


def test_of_a_long_rest_some_lines_are_enough():
    rest = "".join(f"+    row_{n} = {n}\n-    row_{n} = None\n" for n in range(100))
    rendition = keeps_the_law(DIFF, rest + MANY, asking(STRIP))
    assert "row_9 = 9\n" in spelled(rendition)
    assert "row_50 = " not in spelled(rendition)
    assert "rest of a hunk of a file named above, 60 hunks of others, +148 -148, in def step_0(value)" in shown(
        rendition
    )


@pytest.mark.parametrize("where", ["heading", "line", "rest"])
def test_a_hunk_of_a_piece_with_the_name_asked_for_stays(where):
    line = "    strip(value)" if where == "line" else "    low = 2"
    named = hunk("def strip(value)" if where == "heading" else "class Shop(Base):", added=line)
    text = PIECE + named
    if where == "rest":
        text, named = OTHER.replace("part_20", "strip") + text, OTHER.replace("part_20", "strip")
    view = spelled(DIFF.lossy(text, asking(STRIP)))
    assert named in view
    assert "@@ class Shop3" not in view


@pytest.mark.parametrize(
    "question",
    ["Why did `strip` of iterutils.py change?", "Review `strip` in iterutils.py", "What changed in `strip` there?"],
    ids=["a reason", "a review", "no file"],
)
def test_who_wants_more_than_a_name_gets_all_of_a_piece(question):
    assert DIFF.lossy(PIECE, asking(question)) is None


@pytest.mark.parametrize(
    ("write", "text", "told"),
    [
        (
            patch,
            " one\n+two\n-three\n\\ No newline at end of file\n",
            "the rest of a hunk and 30 hunks: a file named above +1 -1",
        ),
        (
            context,
            "  one\n! two\n--- 4,9 ----\n  one\n! three\n! four\n",
            "the rest of a hunk and 30 hunks: a file named above +2 -1",
        ),
        (context, "  one\n! three\n! four\n", "the rest of a hunk and 30 hunks: a file named above +2 -0"),
        (normal, "< five\n---\n> six\n> seven\n", "the rest of a hunk and 60 hunks: a file named above +2 -1"),
        (patch, "+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "31 files, 31 hunks: x +1 -1, "),
        (patch, "index 1..2 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "31 files, 31 hunks: x +1 -1, "),
        (patch, "- remove one\n- remove two\n\n", "30 files, 30 hunks: "),
        (patch, "+ cd shop\n+ git diff\n", "30 files, 30 hunks: "),
        (patch, "---\n shop.py | 2 +-\n 1 file changed\n\n", "30 files, 30 hunks: "),
        (patch, "I changed this:\n", "30 files, 30 hunks: "),
    ],
    ids=["-u", "-c", "-c, its new part", "plain", "new name", "index", "list", "set -x", "stat", "words"],
)
def test_only_the_lines_of_a_hunk_are_taken_for_the_rest_of_one(write, text, told):
    behind = "".join(write(f"shop/part_{n}.py", f"step_{n}", f"a_{n} = 1", f"a_{n} = 2") for n in range(30))
    assert told in shown(keeps_the_law(DIFF, text + behind, asking(STRIP))).split("\n")[0]


WITHIN = "".join(f" key_{n}: {n}\n-old_{n}: {n}\n+new_{n}: {n}\n" for n in range(100))


@pytest.mark.parametrize(
    ("command", "transform"),
    [("git diff | sed -n 100,400p", "diff:elsewhere"), ("git show HEAD~2", "diff:elsewhere"), ("cat notes.txt", None)],
)
def test_a_piece_without_any_heading_is_known_by_its_command(command, transform):
    hints = Hints(query=STRIP, command=command)
    outcome = compress(WITHIN, hints, Policy(lossy=True), len, render=lambda gap: f"[~ {gap.note}]")
    assert outcome.transform == transform if transform else not outcome.transform.startswith("diff")
    if transform:
        assert "[~ rest of a hunk, +" in outcome.text
        assert "new_2: 2" in outcome.text
        assert "new_70" not in outcome.text


@pytest.mark.parametrize("text", ["- name: a step\n  run: make\n" * 60, "    def f(self):\n        pass\n" * 60])
def test_a_file_that_git_shows_is_no_piece_of_a_diff(text):
    assert DIFF.lossy(text, Hints(query=STRIP, command="git show HEAD:ci.yml")) is None
    assert DIFF.lossless(text, ASKED) is None


def test_of_a_piece_the_files_are_told_without_the_rest_of_a_hunk():
    rest = "".join(f"-    GONE_{n} = {n}\n" for n in range(40))
    view = shown(keeps_the_law(DIFF, rest + MANY, asking("Which files do my changes touch, and was any renamed?")))
    assert "61 files, the rest of a hunk and 60 hunks: a file named above +0 -40, " in view
    assert "GONE_" not in view


@pytest.mark.parametrize(
    ("question", "whole"),
    [
        ("Did the import from toad-cache change?", False),
        ("Did the import from import-cache change?", True),
        ("Did the import from toad change?", True),
        ("Why did the import from toad-cache change?", True),
    ],
)
def test_a_package_stands_on_the_line_that_changes_or_is_elsewhere(question, whole):
    text = BEGUN + MANY
    assert (DIFF.lossy(text, asking(question)) is None) == whole
    assert DIFF.lossy(MANY, asking(question)) is None


def test_words_of_every_diff_are_no_lead():
    notes = MANY.replace("import sys", "# what was added, changed and removed")
    assert "@@" not in shown(DIFF.lossy(notes, asking(STRIP)))


def test_a_question_about_all_between_two_versions_keeps_all_hunks():
    arguments = '{"command": "diff -ru shop-1.2.0 shop-1.3.0"}'
    text = MANY.replace("a/src", "shop-1.2.0/src").replace("b/src", "shop-1.3.0/src")
    query = "Two files are open at once. Is that fixed by going from 1.2.0 to 1.3.0? And what becomes of `step_7`?"
    assert DIFF.lossy(text, Hints(query=query, arguments=arguments)) is None
    assert DIFF.lossy(text, Hints(query="What becomes of `step_7` in 1.3.0?", arguments=arguments)) is not None


TITLES = [f"fix: handle case {n} of the cart" for n in range(14)]


def logged(n):
    return f"commit {n:040x}\nAuthor: Dev <dev@example.org>\nDate:   Mon Jan 5 10:00:{n:02d} 2026 +0000\n\n    {TITLES[n]}\n\n"


def mailed(n):
    return (
        f"From {n:040x} Mon Sep 17 00:00:00 2001\nFrom: Dev <dev@example.org>\nDate: Mon, 5 Jan 2026 10:00:{n:02d} +0000\n"
        f"Subject: [PATCH {n + 1}/14] {TITLES[n]}\n\n---\n part.py | 2 +-\n\n"
    )


def in_a_line(n):
    return f"{n + 0xABC0000:07x} {TITLES[n]}\n"


IN_A_ROW = pytest.mark.parametrize(
    ("head", "tail"),
    [(logged, "\n"), (mailed, "-- \n2.43.0\n\n"), (in_a_line, "")],
    ids=["log -p", "format-patch", "log -p --oneline"],
)


def commits(head, tail):
    return [
        head(n)
        + "".join(
            patch(f"src/part_{n % 5}_{m}.py", f"step_{n}", f"    total = {n}", f"    total = {n}{m}") for m in range(3)
        )
        + tail
        for n in range(14)
    ]


@IN_A_ROW
@pytest.mark.parametrize(
    "question",
    [
        'What did the commit "fix: handle case 7 of the cart" change?',
        "What did `fix: handle case 7 of the cart` do to the lines, and who wrote it?",
        "Show what fix: handle case 7 of the cart changed",
        "What did commit {name} change?",
        "Explain what fix: handle case 7 of the cart changed",
    ],
    ids=["quoted", "in backticks", "unquoted", "by its hash", "to be explained"],
)
def test_a_commit_that_the_question_names_stays_with_all_of_its_hunks(head, tail, question):
    texts = commits(head, tail)
    name = next(word for word in texts[7].split() if len(word) >= 7 and word.endswith("7"))[:40]
    rendition = keeps_the_law(DIFF, "".join(texts), asking(question.format(name=name)))
    view = shown(rendition)
    assert texts[7] in view
    assert all(f"+    total = {n}0" not in view for n in range(14) if n != 7)
    listed = [n for n, title in enumerate(TITLES) if f"{title}]" in view]
    assert listed == (list(range(14)) if question.startswith("Explain") else [5, 6, 7, 8, 9])
    assert "15 files, 42 hunks in 14 commits: " in view
    assert ("3 -3 and 12 other files]" in view) is not question.startswith("Explain")


@IN_A_ROW
def test_of_the_commits_of_a_file_the_others_are_counted(head, tail):
    texts = commits(head, tail)
    texts[2] = head(2)  # a merge has no diff
    view = shown(keeps_the_law(DIFF, "".join(texts), asking("What changed in src/part_4_1.py lately?")))
    assert [n for n in range(14) if head(n) in view] == [4, 9]
    assert "+4 " not in view
    assert "src/part_4_1.py +2 -2 and 13 other files]" in view or "src/part_4_1.py +2 -2 and 14 other files]" in view


@IN_A_ROW
def test_hunks_belong_to_the_commit_above_them(head, tail):
    view = shown(keeps_the_law(DIFF, "".join(commits(head, tail)), asking("Where does `total = 72` come in?")))
    assert head(7) in view
    assert head(8) not in view


@IN_A_ROW
def test_a_file_of_several_commits_is_counted_once(head, tail):
    first = shown(keeps_the_law(DIFF, "".join(commits(head, tail)), asking("Where does `total = 72` come in?")))
    counted = first.split("\n")[0]
    assert counted.startswith("[~ 15 files, 42 hunks in 14 commits: ")
    assert "src/part_0_0.py +3 -3, " in counted
    assert "src/part_4_2.py +2 -2]" in counted


@IN_A_ROW
def test_of_a_text_that_begins_within_another_commit_that_one_goes(head, tail):
    texts = commits(head, tail)
    cut = texts[0][texts[0].index("@@") :] + "".join(texts[1:])
    view = shown(keeps_the_law(DIFF, cut, asking('What did the commit "fix: handle case 7 of the cart" change?')))
    assert texts[7] in view
    assert "total = 01" not in view


def deleted(path, lines):
    gone = "".join(f"-    line_{n} = {n}\n" for n in range(lines))
    return f"diff --git a/{path} b/{path}\ndeleted file mode 100644\nindex 1..0\n--- a/{path}\n+++ /dev/null\n@@ -1,{lines} +0,0 @@\n{gone}"


def test_what_was_renamed_is_told_where_only_a_deleted_file_is_left_out():
    moved = "diff --git a/shop/old.py b/shop/new.py\nsimilarity index 100%\nrename from shop/old.py\nrename to shop/new.py\n"
    view = shown(
        keeps_the_law(
            DIFF,
            MANY + deleted("shop/gone.py", 60) + moved + patch("shop/last.py", "f", "    a = 1", "    a = 2"),
            asking("Go on.\nI look at my changes."),
        )
    )
    assert "rename from shop/old.py\nrename to shop/new.py" in view
    assert "line_7" not in view


@pytest.mark.parametrize(
    "query",
    [
        "Which files do my changes touch, and was anything deleted or renamed?",
        "What files changed, and which are new?",
        "List the files that were touched and whether any of them were moved, copied or deleted.",
    ],
)
def test_what_became_of_the_files_is_told_by_their_headers(query):
    moved = "diff --git a/shop/old.py b/shop/new.py\nsimilarity index 100%\nrename from shop/old.py\nrename to shop/new.py\n"
    view = spelled(keeps_the_law(DIFF, MANY + moved + deleted("shop/gone.py", 60), asking(query)))
    assert "rename to shop/new.py" in view
    assert "b/shop/gone.py\ndeleted file mode" in view
    assert "line_7" not in view
    assert "total = " not in view


@pytest.mark.parametrize(
    "query",
    [
        "Which files were touched, and was anything renamed in the functions?",
        "Which files changed and which lines were removed?",
        "Which files do I touch, and were the tests renamed, too?",
    ],
)
def test_a_question_for_the_files_and_more_gets_the_hunks(query):
    assert DIFF.lossy(MANY, asking(query)) is None


def test_of_a_file_that_is_gone_the_lines_go_where_nobody_asks_for_them():
    text = MANY + deleted("shop/gone.py", 60)
    view = spelled(keeps_the_law(DIFF, text, VAGUE))
    assert view.count("@@ def step_") == 60
    assert "b/shop/gone.py\ndeleted file mode" in view
    assert "line_7 = " not in view
    assert "line_7 = " in spelled(DIFF.lossy(text, asking("What was in shop/gone.py?")))
    assert DIFF.lossy(MANY + deleted("shop/gone.py", 20), VAGUE) is None


def _hunks(changed: str, beside: str) -> str:
    filler = "".join(
        f"@@ -{90 * n},4 +{90 * n},4 @@ def part_{n}(x):\n     a = {n}\n-    b = old_{n}(a)\n+    b = new_{n}(a)\n     return b, '{'-' * 40}'\n"
        for n in range(3, 40)
    )
    head = (
        "diff --git a/shop/schema.py b/shop/schema.py\nindex 1..2 100644\n--- a/shop/schema.py\n+++ b/shop/schema.py\n"
    )
    return f"{head}@@ -10,4 +10,4 @@ import abc\n \n{changed} \n{beside}{filler}"


@pytest.mark.parametrize(
    "changed",
    [
        "-class SchemaMeta(type):\n+class SchemaMeta(ABCMeta):\n     pass\n",
        " class [-SchemaMeta(type):-]{+SchemaMeta(ABCMeta):+}\n     pass\n",
    ],
    ids=["lines", "words"],
)
def test_the_hunk_in_which_a_name_changes_is_shown_though_others_hold_it_beside_a_change(changed):
    beside = "".join(
        f"@@ -{60 + n},3 +{60 + n},3 @@ class SchemaMeta(type):\n     y = {n}\n-    x = {'get_fields' if n else 'f'}({n})\n+    x = g({n})\n"
        for n in range(5)
    )
    text = _hunks(changed, beside)
    found = Diff().lossy(text, Hints(query="How did the signatures of `get_fields` and `SchemaMeta` change?"))
    assert found is not None
    assert changed.split("\n")[0] in shown_text(found)
    assert "old_20" not in shown_text(found)


def test_a_name_that_changes_in_what_is_shown_brings_no_other_hunk():
    text = _hunks(
        "-meta = SchemaMeta(1)\n+meta = SchemaMeta(2)\n", "@@ -60,2 +60,2 @@\n-y = SchemaMeta(3)\n+y = SchemaMeta(4)\n"
    )
    lines = text.split("\n")
    files = parse(lines)
    hunks = [hunk.first for file in files for hunk in file.hunks]
    named = Relevance.from_hints(Hints(query="Where is `SchemaMeta` used?"))
    assert where_it_changes(lines, files, {hunks[0]}, named) == set()
    assert where_it_changes(lines, files, {hunks[5]}, named) == set(hunks[:2])


UNNAMED = "".join(
    f"{n},{n + 1}c{n},{n + 1}\n< old_{n}()\n< same_{n}\n---\n> new_{n}()\n> same_{n}\n" for n in range(5, 400, 10)
)


@pytest.mark.parametrize("write", [patch, context], ids=["git diff", "diff -c"])
def test_diffs_of_several_formats_in_a_row_are_cut_each_as_its_own(write):
    files = "".join(write(f"shop/part_{n}.py", f"step_{n}", f"total = {n}", f"total = {n + 1}") for n in range(20))
    text = UNNAMED + files + UNNAMED.replace("old_", "first_").replace("new_", "second_")
    view = shown(keeps_the_law(DIFF, text, asking("What happened to `step_11`?")))
    assert view.startswith("[~ 22 files, ")
    assert view.count("a file not named here +80 -80") == 2
    assert "def step_11(" in view
    assert "def step_12(" not in view
    assert "old_35" not in view


@pytest.mark.parametrize(
    ("question", "there"),
    [
        ("What exactly changed at line 205 of the old file?", ["old_205()"]),
        ("In main.py, what changed around line 306?", ["old_305()"]),
        ("What changed at lines 205 to 216?", ["old_205()", "old_215()"]),
        ("What changed at line 9000?", []),
    ],
)
def test_the_hunk_of_a_line_that_is_told_by_its_number_stays(question, there):
    found = DIFF.lossy(UNNAMED, asking(question))
    assert re.findall(r"< (old_\d+\(\))", shown(found) if found else "") == there


@pytest.mark.parametrize(
    ("question", "there"),
    [
        ("What changed in b.py around line 40?", {"b_40"}),
        ("What changed in b.py around line 45 of the new file?", {"b_40"}),
        ("What changed in b.py at lines 42 and 52 of the old file?", {"b_40"}),
        ("What changed in b.py at line 40, and what happened to `a_80 = 1`?", {"b_40", "a_80"}),
    ],
)
def test_of_files_that_are_named_the_hunk_at_a_line_stays(question, there):
    def file(name):
        hunks = (
            f"@@ -{n},3 +{n + 2},5 @@\n call()\n-{name}_{n} = 1\n+{name}_{n} = 2\n+more()\n+more()\n end()\n"
            for n in range(10, 200, 10)
        )
        return f"diff --git a/{name}.py b/{name}.py\n--- a/{name}.py\n+++ b/{name}.py\n{''.join(hunks)}"

    text = "".join(map(file, "abc"))
    found = DIFF.lossy(text, asking(question))
    assert found is not None
    names = set(re.findall(r"(?m)^-([abc]_\d+) ", shown(found)))
    assert there <= names
    assert len(names) <= 2


@pytest.mark.parametrize(
    ("question", "others"),
    [
        ("What does this do in schema.py? Show the lines around `unknown`.", False),
        ("What does this do in schema.py, and where else is `unknown` used?", True),
        ("Show the lines around `unknown`.", True),
    ],
)
def test_what_is_told_by_its_name_is_meant_in_the_files_that_are_called(question, others):
    text = patch("src/schema.py", "load", "    unknown = 1", "    unknown = 2") + "".join(
        patch(f"src/part_{n}.py", f"step_{n}", "    a = 1", "    unknown = 2" if n % 7 == 3 else "    a = 2")
        for n in range(40)
    )
    view = spelled(DIFF.lossy(text, asking(question)))
    assert "def load(" in view
    assert ("def step_3(" in view) is others


def test_beside_a_file_that_is_called_the_others_are_counted():
    view = shown(DIFF.lossy(MANY + REDIRECT, asking("What exactly changed in `redirect` in response.py?")))
    assert "[~ 61 files, 61 hunks: src/http/response.py +1 -1 and 60 other files]" in view


def new_file(path, lines):
    body = "".join(f"+{line}\n" for line in lines)
    return (
        f"diff --git a/{path} b/{path}\nindex 1234567..89abcde 100644\n--- a/{path}\n+++ b/{path}\n"
        f"@@ -1,1 +1,{len(lines) + 1} @@\n # notices\n{body}"
    )


NOTICES = [f"notice({n}, 'part {n} is going away')" for n in range(90)]
NOTICES[50] = "notice(50, 'redirect() takes the address first')"


@pytest.mark.parametrize(
    ("question", "lines"),
    [
        ("What exactly changed in `redirect` in response.py?", range(47, 54)),
        ("What exactly changed in `redirect` in notices.py?", range(90)),
        ("What exactly changed in `redirect`?", range(90)),
        ("What changed in `redirect` in response.py, and where else does it come up?", range(90)),
    ],
    ids=["of another file", "of this file", "of any file", "of others, too"],
)
def test_of_a_long_hunk_that_names_the_thing_in_passing_the_lines_near_it_stay(question, lines):
    text = MANY + new_file("src/notices.py", NOTICES) + patch("src/zone.py", "zone", "    old = 1", "    new = 2")
    rendition = keeps_the_law(DIFF, text, asking(question))
    view = spelled(rendition)
    assert [n for n in range(90) if NOTICES[n] in view] == [*lines]
    if len(lines) < len(NOTICES):
        assert [gap.note for gap in rendition.gaps][-2:] == ["within a hunk", "the rest of a hunk and 1 hunk"]
