import random
import re

import pytest

from headroom.compress.search import Search
from tests.compress.line_samples import encoded

SEARCH = Search()


def flat(*paths: str) -> str:
    return "".join(f"{path}:{10 * n + 7}:    throw new Error('{n}')\n" for path in paths for n in range(2))


BY_DRIVER = tuple(
    f"lib/dialects/{name}/{file}.js" for name in ("oracle", "pg", "mssql") for file in ("index", "schema")
)


@pytest.mark.parametrize(
    ("paths", "shown", "hidden"),
    [
        (BY_DRIVER, "lib/dialects/pg/\nindex.js\n7:", "lib/dialects/pg/index.js"),
        (("src/a.c", "src/b.c", "test.c", "util.c"), "./\ntest.c\n7:", "src/test.c"),
        (("lib/x/a.c", "lib/x/b.c", "lib/x/y/c.c"), "lib/x/y/c.c\n7:", "\ny/c.c"),
        (("./a.c", "./b.c", "./lib/a.c"), "./\na.c\n7:", "./a.c"),
        (("/a.c", "/b.c", "c.c"), "/\na.c\n7:", "/a.c"),
        (("log/12-a.txt", "log/13-b.txt", "x/y.txt"), "log/12-a.txt\n7:", "\n12-a.txt"),
        (("a/b.c", "c.c", "d/e.c", "f.c"), "a/b.c\n7:", "./"),
        (("src/a.c", "src/b.c", "c.c", "./d.c"), "src/a.c\n7:", "\nb.c"),
    ],
    ids=[
        "folder",
        "none after one",
        "alone",
        "a dot",
        "the root",
        "like a number",
        "all alone",
        "top twice",
    ],
)
def test_files_in_a_row_stand_below_their_folder(paths, shown, hidden):
    text = flat(*paths)
    view = encoded(SEARCH, text)
    assert shown in view
    assert hidden not in view
    assert SEARCH.decode(view) == text


def test_that_names_stand_below_a_folder_is_said():
    assert ", by folder and file]" in encoded(SEARCH, flat("src/a.c", "src/b.c", "lib/c.c")).split("\n")[0]
    assert ", by file]" in encoded(SEARCH, flat("src/a.c", "lib/b.c", "c.c")).split("\n")[0]


def test_what_a_file_without_folder_stands_below_is_said():
    said = "./ for those in none"
    assert said in encoded(SEARCH, flat("src/a.c", "src/b.c", "c.c")).split("\n")[0]
    assert said not in encoded(SEARCH, flat("c.c", "src/a.c", "src/b.c")).split("\n")[0]


@pytest.mark.parametrize("seed", range(3))
def test_the_folder_of_each_file_is_found_in_full_in_any_order(seed):
    paths = [f"usr/share/app/dialects/{name}/{part}/v{n}.js" for name in "abcdef" for part in "xyz" for n in range(4)]
    random.Random(seed).shuffle(paths)
    text = flat(*paths)
    view = encoded(SEARCH, text)
    lines = view.split("\n")
    marks = dict(line.split("=") for line in lines if re.match(r"\$\w=", line))
    folder = ""
    seen = []
    for line in lines:
        if line.endswith("/"):
            folder = line
        elif line.endswith(".js"):
            above, _, name = line.rpartition("/")
            seen.append(f"{marks.get(above, above)}/{name}" if above else folder + name)
    assert seen == paths
    assert all(mark in view for mark in marks)
    assert len(view) < 0.8 * len(text)
    assert SEARCH.decode(view) == text


def headed(*paths: str) -> str:
    return "\n".join(
        f"{path}\n" + "".join(f"{10 * n + 7}:    throw new Error('{n}')\n" for n in range(2)) for path in paths
    )


@pytest.mark.parametrize(
    ("paths", "shown", "hidden"),
    [
        (BY_DRIVER, "lib/dialects/pg/\nindex.js\n7:", "lib/dialects/pg/index.js"),
        (("src/a.c", "src/b.c", "test.c", "util.c"), "./\ntest.c\n7:", "src/test.c"),
        (("src/a.c", "src/b.c", "lib/x.c"), "\nlib/x.c\n7:", "\nx.c"),
        (("a/7-x.c", "a/y.c", "b/c.c", "b/d.c"), "a/7-x.c\n7:", "\n7-x.c"),
    ],
    ids=["folders", "none after one", "alone", "like a number"],
)
def test_headings_of_files_in_a_row_stand_below_their_folder(paths, shown, hidden):
    text = headed(*paths)
    view = encoded(SEARCH, text)
    assert view.startswith("[~ hits by folder and file")
    assert shown in view
    assert hidden not in view


@pytest.mark.parametrize(
    "text",
    [headed("src/a.c", "lib/b.c", "c.c"), headed("src/a.c", "src/b.c") + "\nand 7 more files\n"],
    ids=["no two in a folder", "with words of the tool"],
)
def test_headings_that_gain_nothing_stay(text):
    assert SEARCH.encode(text) is None
