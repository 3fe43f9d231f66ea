"""Diffs whose hunks do not say within which function they are: all that may be of the one that is asked for stays."""

import pytest

from headroom.compress.diff import Diff
from headroom.compress.diff_bodies import begun_bodies, of_bodies
from headroom.compress.diff_parse import parse
from headroom.compress.query import Relevance
from tests.compress.line_samples import asking, keeps_the_law, shown

DIFF = Diff()
QUESTION = "What exactly changed in `readRoute` in lib/routes.js? Show the removed and added lines."
EXPORTS = (
    "@@ -2,2 +2,3 @@\n 'use strict'\n+exports.sortStops = exports.readRoute = exports.padded = void 0;\n const a = 1\n"
)
SPOKEN = "@@ -80,5 +81,3 @@\n  * Read the route of a truck\n- *\n- * @param {string} line\n- * @return {Route}\n  */\n"
BODY = (
    "@@ -90,3 +89,3 @@\n     if (!line)\n-        return undefined;\n+        return null;\n     }\n",
    "@@ -104,3 +103,4 @@\n         stops.push(name);\n+        seen.add(name);\n     }\n     return stops;\n",
)
NEXT = "@@ -112,4 +112,3 @@\n /**\n  * Sort the stops\n- * @private\n  */\n"
LATER = "@@ -118,2 +117,2 @@\n     const byName = {};\n-    return stops.sort(byName);\n+    return [...stops].sort(byName);\n"
ABOVE = "".join(
    f"@@ -{n},3 +{n},3 @@\n  * What is padded by {n}\n- * @return {{String}} so many characters\n+ * @return so many\n  */\n"
    for n in range(10, 78, 3)
)
HEAD = "diff -U1 -r old/lib/routes.js new/lib/routes.js\n--- old/lib/routes.js\t2020-01-01\n+++ new/lib/routes.js\t2024-01-01\n"
OTHER = (
    "diff -U1 -r old/lib/zones.js new/lib/zones.js\n--- old/lib/zones.js\t2020-01-01\n+++ new/lib/zones.js\t2024-01-01\n"
    "@@ -5,2 +5,2 @@\n const z = 1\n-const y = 2\n+const y = 3\n"
) + "".join(f"@@ -{n},2 +{n},2 @@\n const x{n} = 1\n-const zone{n} = 2\n+const zone{n} = 3\n" for n in range(9, 90, 9))


def diff(*hunks, head=HEAD):
    return head + "".join(hunks) + OTHER


def seen(text, question=QUESTION):
    rendition = keeps_the_law(DIFF, text, asking(question))
    return shown(rendition) if rendition is not None else text


DEFINED = "@@ -80,3 +81,3 @@\n }\n-function readRoute(text) {\n+function readRoute(line) {\n     const stops = [];\n"
METHOD = "@@ -80,3 +81,3 @@\n }\n-  readRoute(text) {\n+  readRoute(line) {\n     const stops = [];\n"


@pytest.mark.parametrize("start", [SPOKEN, DEFINED, METHOD], ids=["spoken", "defined", "method"])
def test_hunks_below_the_one_that_begins_a_function_stay(start):
    view = seen(diff(EXPORTS, ABOVE, start, *BODY, NEXT, LATER))
    assert all(hunk in view for hunk in (start, *BODY))
    assert "byName" not in view
    assert "padded by 40\n" not in view


def test_where_nothing_tells_of_the_function_the_whole_file_stays():
    view = seen(diff(EXPORTS, ABOVE, *BODY, NEXT, LATER))
    assert all(hunk in view for hunk in (EXPORTS, ABOVE, *BODY, NEXT, LATER))
    assert "const y" not in view


def test_a_hunk_far_below_is_of_another_function():
    far = BODY[1].replace("-104,3 +103,4", "-304,3 +303,4")
    view = seen(diff(EXPORTS, ABOVE, SPOKEN, BODY[0], far, LATER.replace("-118,2 +117,2", "-318,2 +317,2")))
    assert BODY[0] in view
    assert "seen.add" not in view


def test_hunks_that_say_their_function_need_no_guess():
    headed = [hunk.replace(" @@\n", " @@ function padded() {\n", 1) for hunk in (SPOKEN, *BODY, NEXT, LATER)]
    view = seen(diff(EXPORTS, ABOVE, *headed))
    assert "exports.readRoute" in view
    assert "seen.add" not in view


def test_what_is_no_function_is_shown_where_it_stands():
    view = seen(
        diff(EXPORTS, ABOVE, SPOKEN, *BODY, NEXT, LATER), "Where is `readRoute` exported, lib/routes.js or zones.js?"
    )
    assert "exports.readRoute" in view
    assert "seen.add" not in view


@pytest.mark.parametrize("text", ["".join([SPOKEN, *BODY]), "".join(BODY)], ids=["spoken of", "begun"])
def test_a_window_keeps_what_may_be_of_the_function(text):
    window = f"-    old\n+    new\n     same\n{text}{NEXT}{LATER}{ABOVE}{OTHER}"
    view = seen(window)
    assert all(hunk in view for hunk in BODY)
    assert "byName" not in view


@pytest.mark.parametrize("sign", ["a ", "(", "function ", ":", "*", "readRoute"])
def test_long_lines_are_read_in_linear_time(sign):
    line = f"+{sign * (100_000 // len(sign))}"
    lines = diff(EXPORTS, f"@@ -80,2 +81,2 @@\n{line}\n const readRoute = 1\n").split("\n")
    files = parse(lines)
    rows = {hunk.first for hunk in files[0].hunks}
    assert of_bodies(lines, files, rows, rows, Relevance(QUESTION)) <= rows
    assert begun_bodies(lines, files[0].hunks, Relevance(QUESTION)) <= rows
