"""How much of a listing stays beside all that was asked for."""

import re

import pytest

from headroom.accounts.tokens import count
from headroom.compress.listing import Listing
from headroom.compress.router import Policy, compress
from tests.compress.line_samples import asking, keeps_the_law, shown, without_legend

LISTING = Listing()
FOLDERS = {"benchmarks": 14, "docs": 16, "lib": 18, "test": 150}


def tree(folders):
    drawn = "".join(
        f"├── {folder}\n"
        + "".join(f"│   ├── {folder}-of-{'abcdefghij'[n % 10]}{n:03d}.js\n" for n in range(files - 1))
        + f"│   └── {folder}.md\n"
        for folder, files in folders.items()
    )
    return f".\n{drawn}└── package.json\n\n{len(folders)} directories, {sum(folders.values()) + 1} files\n"


TREE = tree(FOLDERS)


def sizes(files):
    sizes = [1000 + 7919 * n % 90_001 for n in range(files)]
    return "".join(
        f"-rw-r--r-- 1 root root {size:6d} Jan {1 + n % 28:2d}  2024 chapter_{n:03d}_of_{size % 97}.txt\n"
        for n, size in enumerate(sizes)
    )


def sent(text, question):
    return compress(
        text,
        asking(question),
        Policy(lossy=True),
        count,
        render=lambda gap: f"[~ {gap.last - gap.first + 1} lines omitted: {gap.note}]",
    )


def test_a_folder_of_a_small_tree_stays_and_the_others_go():
    outcome = sent(TREE, "What is in the benchmarks folder?")
    assert outcome.transform == "listing:folder"
    assert sum("benchmarks-of-" in line for line in outcome.text.split("\n")) == 13
    assert "lib-of-" not in outcome.text
    assert "; 14 below benchmarks/; others left out]" in outcome.text
    assert "4 directories, 199 files" in outcome.text
    assert outcome.tokens_after < 0.2 * outcome.tokens_before


@pytest.mark.parametrize(
    ("folders", "question", "transform"),
    [
        (FOLDERS, "What is in the benchmarks folder?", "listing:folder"),
        (FOLDERS, "What is in the benchmarks folder, and where is docs-of-d003.js?", "listing:asked"),
        ({"benchmarks": 90, "test": 150}, "What is in the benchmarks folder?", "listing:named"),
        (FOLDERS, "Where is docs-of-d003.js?", "listing:asked"),
        (FOLDERS, "Where is docs-of-d999.js, or docs-of-d003.js?", "listing:named"),
        (FOLDERS, "Which file is the largest, docs-of-d003.js or another?", "listing:named"),
    ],
    ids=["whole", "and a file", "not all of it", "a file", "not all files", "no sizes"],
)
def test_what_was_asked_for_is_there_in_whole_or_not(folders, question, transform):
    assert keeps_the_law(LISTING, tree(folders), asking(question)).transform == transform


@pytest.mark.parametrize(
    ("files", "question", "others"),
    [
        (40, "What is the largest file here?", 0),
        (40, "What is the smallest file here?", 0),
        (120, "What is the largest file here?", 0),
        (400, "What is the largest file here?", 10),
    ],
    ids=["few", "the smallest of few", "more", "many"],
)
def test_fewer_of_the_others_stay_beside_the_largest_of_few(files, question, others):
    text = sizes(files)
    view = shown(keeps_the_law(LISTING, text, asking(question)))
    found = sorted(int(line.split()[4]) for line in text.splitlines())
    asked = found[:2] if "smallest" in question else found[-2:]
    names = [line.split()[-1] for line in text.splitlines() if int(line.split()[4]) in asked]
    assert all(name in view for name in names)
    stay = sum(line.split()[-1] in view for line in text.splitlines())
    assert stay - len(names) <= others
    assert f"[~ {files} entries" in view


def test_a_gap_repeats_no_counts_of_folders_that_stand_above():
    question = asking("Where is lib-of-c002.js?")
    view = keeps_the_law(LISTING, TREE, question)
    assert [(gap.first, gap.last, gap.note, gap.brief) for gap in view.gaps] == [(2, 33, "", True), (38, 205, "", True)]
    text = tree(FOLDERS | {f"more{n}": 2 for n in range(20)})
    assert ": test/ 150" not in shown(keeps_the_law(LISTING, text, question))
    many = shown(keeps_the_law(LISTING, text, asking("Where is lib-of-c002.js, or lib-of-c999.js?")))
    assert ": test/ 1" in many
    assert " more0/ 2 and 18 more folders]" in many


@pytest.mark.parametrize(
    ("question", "shown_paths"),
    [
        ("What is in docs/examples?", ["docs/examples/cache.py", "docs/examples/plain.py"]),
        ("Which files are in tests/examples?", ["tests/examples/deep/part.py", "tests/examples/part.py"]),
    ],
)
def test_a_folder_told_by_its_path_is_no_other_of_that_name(question, shown_paths):
    names = [
        "docs/examples/cache.py",
        "docs/examples/plain.py",
        "tests/examples/deep/part.py",
        "tests/examples/part.py",
    ]
    paths = sorted([*names, *(f"src/module_{n:02}.py" for n in range(60)), "setup.py", "a.txt", "zz.txt"])
    found = keeps_the_law(LISTING, "\n".join(paths) + "\n", asking(question))
    view = shown(found)
    assert [path for path in names if path in view] == shown_paths
    assert f"; 2 below {'docs' if 'docs' in question else 'tests'}/examples/; others left out]" in view
    assert found.transform == "listing:folder"


def test_what_stays_of_a_tree_is_drawn_with_tabs():
    view = shown(keeps_the_law(LISTING, TREE, asking("What is in the benchmarks folder?")))
    assert "\nbenchmarks\n\tbenchmarks-of-a000.js\n" in view
    assert "├──" not in view


def test_a_piece_of_a_tree_has_no_root_and_its_first_branches_no_parents():
    lines = TREE.split("\n")
    text = "\n".join(lines[5:40])
    view = shown(keeps_the_law(LISTING, text, asking("What is in the docs folder?")))
    assert "\ndocs\n\tdocs-of-a000.js\n" in view
    assert "entries, a tab per folder" in view
    assert "in docs/ 16, benchmarks/" not in view


@pytest.mark.parametrize(
    ("question", "beside"),
    [
        ("What is in the complex folder?", False),
        ("What is in complex?", True),
        ("What is in the complex folder, and where is complex.rst?", True),
    ],
)
def test_a_file_that_has_the_name_of_the_folder_stays_where_it_may_be_meant(question, beside):
    text = tree({"complex": 12, "docs": 30, "lib": 60}).replace("docs-of-j019.js", "complex.rst")
    assert ("complex.rst" in shown(keeps_the_law(LISTING, text, asking(question)))) is beside


@pytest.mark.parametrize(
    ("question", "most"),
    [
        ("Which files take the most space?", 5),
        ("What are the largest files here?", 5),
        ("Which are the seven largest files?", 7),
        ("Which file is the largest?", 2),
    ],
)
def test_who_asks_for_the_largest_of_several_sees_more_than_one(question, most):
    text = "".join(f"{size}M\t./shop/part_{size % 7}/of_{size}\n" for size in range(400, 20, -6))
    view = shown(keeps_the_law(LISTING, text, asking(question)))
    assert all(f"of_{400 - 6 * n}\n" in view for n in range(most))
    assert "of_220\n" not in view


USED = (
    "".join(f"{4 + n % 9}\t./lib/amd/part_{n:02}.js\n" for n in range(40))
    + "400\t./lib/amd\n"
    + "".join(f"{7 + n % 5}\t./lib/cjs/part_{n:02}.js\n" for n in range(40))
    + "900\t./lib/cjs/all.js\n1300\t./lib/cjs\n1700\t./lib\n4\t./a.txt\n"
)


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("How much does lib/amd use in all?", 0),
        ("Which single file takes the most space, and how much does lib/amd use in all?", 0),
        ("What is in lib/amd?", 40),
        ("What is in lib/amd, and how big is the biggest of it?", 40),
    ],
)
def test_how_much_is_in_a_folder_says_its_own_line(question, parts):
    view = without_legend(shown(keeps_the_law(LISTING, USED, asking(question))))
    assert "400\t./lib/amd\n" in view
    assert ("900\t./lib/cjs/all.js\n" in view) or "most" not in question
    assert view.count("./lib/cjs/part_") < 8
    assert view.count("./lib/amd/part_") in range(parts, parts + 8)


@pytest.mark.parametrize(
    ("question", "others"),
    [
        ("What is in the docs folder, and how big is the biggest of it?", False),
        ("What is in the docs folder, and what is the largest file here?", True),
    ],
)
def test_the_largest_of_a_folder_is_among_what_is_in_it(question, others):
    rows = [("docs", n) for n in range(12)] + [("src", n) for n in range(60)]
    text = "".join(f"{1000 + 37 * n * (1 + (folder == 'src'))} {folder}/part_{n:02}.md\n" for folder, n in rows)
    found = keeps_the_law(LISTING, text, asking(question))
    view = shown(found)
    assert all(f"docs/part_{n:02}.md" in view for n in range(12))
    assert ("src/part_58.md" in view) is others
    assert (found.transform == "listing:folder") is not others


@pytest.mark.parametrize("sign", ["", "/"], ids=["tree", "tree -F"])
@pytest.mark.parametrize(
    "question", ["Which files are in pkg/python?", "What is in `pkg/python/`?", "What is in pkg/python, and what for?"]
)
def test_a_folder_of_a_tree_is_found_by_its_path(question, sign):
    folders = {
        "docs": [*(f"part_{n}.rst" for n in range(20)), "python.rst", "usage.rst"],
        "pkg": [f"part_{n}.py" for n in range(20)],
        "test": [f"test_python_{n}.py" for n in range(40)],
    }
    inner = "".join(f"│   │   ├── inner_{n}.py\n" for n in range(12))
    text = f".{sign}\n"
    for folder, names in folders.items():
        text += f"├── {folder}{sign}\n" + "".join(f"│   ├── {name}\n" for name in names)
        text += f"│   └── python{sign}\n{inner}" * (folder == "pkg")
    text += "└── setup.py\n\n4 directories, 95 files\n"
    found = keeps_the_law(LISTING, text, asking(question))
    view = shown(found)
    assert all(f"inner_{n}.py" in view for n in range(12))
    assert "test_python_20.py" not in view
    assert "python.rst" not in view


NAMES = "\n".join(
    "\n".join([f"./{folder}:", *(f"part_{folder.replace('/', '_')}_{n}.py" for n in range(20)), "__init__.py", ""])
    for folder in ("core", "web", "v1", "web/forms")
)


@pytest.mark.parametrize(
    ("question", "there", "gone"),
    [
        ("Where is part_web_7.py?", ["./web:\n", "part_web_7.py\n"], ["part_core_7.py", "part_v1_7.py"]),
        ("How big is part_core_3.py?", ["./core:\n", "part_core_3.py\n"], ["part_web_7.py"]),
        ("What is in web/forms?", ["./web/forms:\n", "part_web_forms_19.py\n"], ["part_web_7.py"]),
        ("What is in the v1 folder?", [f"part_v1_{n}.py\n" for n in range(20)], ["part_web_7.py", "part_core_7.py"]),
        ("What is in the directory `v1`?", [f"part_v1_{n}.py\n" for n in range(20)], ["part_web_7.py"]),
    ],
)
def test_names_below_the_names_of_folders_belong_to_these(question, there, gone):
    view = without_legend(shown(keeps_the_law(LISTING, NAMES, asking(question))))
    assert all(line in view for line in there)
    assert not any(name in view for name in gone)


@pytest.mark.parametrize(
    "question", ["What is in tcl8.6?", "What is in the tcl8.6 folder?", "List the files in lib/tcl8.6."]
)
def test_of_a_large_folder_all_that_is_right_in_it_is_shown(question):
    right = [f"lib/tcl8.6/part_{n}.tcl" for n in range(30)]
    below = [f"lib/tcl8.6/{folder}/{folder}_{n}.enc" for folder in ("encoding", "msgs") for n in range(90)]
    paths = [*below[:40], *right[:15], *below[40:], *right[15:], *(f"lib/tk8.6/part_{n}.c" for n in range(60))]
    view = without_legend(shown(keeps_the_law(LISTING, "".join(f"{path}\n" for path in paths), asking(question))))
    assert all(
        f"{path}\n" in view for path in (*right, "lib/tcl8.6/encoding/encoding_0.enc", "lib/tcl8.6/msgs/msgs_0.enc")
    )
    assert view.count(".enc\n") < 12
    assert re.search(r"\d below ", view.split("\n")[0]) is None


@pytest.mark.parametrize("text", ["a:\n\n" * 40, "a:\nb c d e\n\n" * 20, ""], ids=["no names", "prose", "nothing"])
def test_titles_alone_are_no_names(text):
    assert LISTING.lossy(text, asking("Where is part_web_7.py?")) is None


@pytest.mark.parametrize(
    ("question", "name"),
    [("How big is iq?", "iq"), ("Where is `by`?", "by"), ("What is the size of no, please?", "no")],
)
def test_a_file_called_by_its_name_is_found_however_short_that_is(question, name):
    names = [first + second for first in "abcdefghijklmnop" for second in "abcdefghijklmnopqrstuvwxyz"]
    text = "".join(f"{4000 + 4 * n + len(name)} xkb/symbols/{name}\n" for n, name in enumerate(names))
    size = {name: 4000 + 4 * n + len(name) for n, name in enumerate(names)}
    view = shown(keeps_the_law(LISTING, text, asking(question)))
    assert f"{size[name]} xkb/symbols/{name}\n" in view
    assert len(view) < 0.2 * len(text)


def test_of_a_long_listing_the_counts_by_folder_stay():
    text = "".join(f"src/{'part' * 9}_{n % 7}/{'name' * 9}_{n:03}.c\n" for n in range(400))
    view = shown(keeps_the_law(LISTING, text, asking("Where is `namenamenamenamenamenamenamenamename_123.c`?")))
    assert "_4/ 57" in view.split("\n")[0]


def test_a_mode_that_hardly_any_other_has_is_shown_in_a_short_listing_to_who_asks_for_modes():
    text = sizes(90).replace("-rw-r--r--", "-rwxr-xr-x", 1)
    first = text.split("\n")[0]
    text = "".join(text.splitlines(keepends=True)[1:40]) + first + "\n" + "".join(text.splitlines(keepends=True)[40:])
    assert first in shown(keeps_the_law(LISTING, text, asking("Which of these are executable, and the largest?")))
    assert first not in shown(keeps_the_law(LISTING, text, asking("What is the largest file here?")))


@pytest.mark.parametrize(
    ("text", "question", "shown_names"),
    [
        ("\n".join(TREE.split("\n")[3:]), "What is in the assets folder?", 13),
        ("\n".join(TREE.split("\n")[3:]), "What is in assets?", 0),
        (TREE[TREE.index("├── docs") :], "What is in the assets folder?", 0),
        ("\n".join(sizes(30).splitlines()[:13]) + "\n\n./docs:\ntotal 40\n" + sizes(40), "What is in the assets folder, the largest?", 13),
    ],
    ids=["a tree", "no word for folders", "none cut off", "ls -R"],
)  # fmt: skip
def test_of_a_folder_that_stands_above_the_text_all_stays(text, question, shown_names):
    found = LISTING.lossy(text, asking(question))
    first = [line.split()[-1] for line in text.splitlines()[:13]]
    stay = sum(name in shown(found) for name in first) if found else 0
    assert stay == shown_names if shown_names else stay < 5
