import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress import listing_counts, listing_entries
from headroom.compress.detect import detect
from headroom.compress.listing import Listing
from headroom.compress.rendition import Hints
from tests.compress.line_samples import ASKED, VAGUE, asking, encoded, keeps_the_law, shown, spelled, without_legend

LISTING = Listing()
PATHS = "".join(f"./src/main/java/com/example/shop/part{n // 30}/Class{n}.java\n" for n in range(240))
LONG = "total 960\n" + "".join(
    f"-rw-r--r-- 1 root root {1000 + 37 * n:6d} Jan {1 + n % 28:2d}  2024 chapter_{n:03d}.txt\n" for n in range(120)
)
TREE = """.
├── README.md
├── docs
│   ├── api.rst
│   └── guide
│       ├── first.rst
│       └── second.rst
├── examples
│   ├── complex
│   │   ├── cli.py
│   │   └── setup.py
│   └── simple
│       └── main.py
└── src
    └── app.py

5 directories, 9 files
"""


def test_paths_stand_behind_their_folder():
    text = encoded(LISTING, PATHS)
    assert "part3/: Class90.java, Class91.java" in text
    assert "240 .java" in text
    assert len(text) < 0.35 * len(PATHS)


def test_sizes_stay_beside_their_names():
    text = "".join(f"{100 + n} ./lib/deep/file{n}.js\n" for n in range(40))
    assert "./lib/deep/: 100 file0.js, 101 file1.js" in encoded(LISTING, text)


@pytest.mark.parametrize(
    "text",
    [
        "a/b\na/c\nd/e\n",
        "a/b/\na/c/\na/d\n",
        "/a\n/b\n/c\n",
        "a/with blank.txt\na/and, comma.txt\na/: colon\na/d\n",
        "4.0K\t./a/x\n8.0K\t./a/y\n16K\t./a\n28K\t.\n",
        "  12 a/x.py\n 120 a/y.py\n 132 total\n",
        "\\\\server\\share\\x\na/b\na/c\nd\n",
        "find: 'x': Permission denied\na/b\na/c\na/d\na/e\n",
        "a/2024 report.txt\na/2025 report.txt\na/7 x\n",
        "./a/$x/1\n./a/$x/2\n./a/@b/3\n",
    ],
    ids=["plain", "folders", "roots", "blanks", "du", "wc", "windows", "errors", "numbers in names", "sigils"],
)
def test_dialects_of_paths_come_back(text):
    rendition = LISTING.lossless(text, ASKED)
    assert rendition is None or LISTING.decode(rendition.text) == text


def test_a_tree_is_drawn_with_tabs():
    text = encoded(LISTING, TREE)
    assert "\n\tcomplex\n\t\tcli.py\n" in text
    assert len(text) < 0.75 * len(TREE)


@pytest.mark.parametrize(
    "swap",
    [("│   ", "│\xa0\xa0 "), ("│   ", "|   "), ("", "")],
    ids=["no-break blanks", "mixed glyphs", "as it is"],
)
def test_trees_come_back_in_every_style(swap):
    text = TREE.replace(*swap) if swap[0] else TREE
    rendition = LISTING.lossless(text, ASKED)
    assert rendition is None or LISTING.decode(rendition.text) == text
    ascii_tree = TREE.replace("│", "|").replace("├──", "|--").replace("└──", "`--")
    assert "\n\tcomplex\n" in encoded(LISTING, ascii_tree)


@pytest.mark.parametrize("first", [0, 1, 3, 9])
@pytest.mark.parametrize("drawn", ["├──", "|--"])
def test_a_piece_of_a_tree_is_drawn_with_tabs_and_comes_back(first, drawn):
    source = TREE if drawn == "├──" else TREE.replace("│", "|").replace("├──", "|--").replace("└──", "`--")
    lines = source.split("\n")
    for end in range(first + 6, len(lines)):
        text = "\n".join(lines[first:end])
        rendition = LISTING.lossless(text, ASKED)
        if rendition is not None:
            assert LISTING.decode(rendition.text) == text
            assert drawn not in rendition.text
    assert rendition is not None


NPM = (
    "shop@1.0.0 /srv/shop\n├─┬ express@4.1.0\n│ ├── accepts@1.3.8\n│ ├─┬ body-parser@1.20.0\n│ │ ├── bytes@3.1.2 deduped\n"
    "│ │ └── depd@2.0.0\n│ └── cookie@0.5.0\n├── lodash@4.17.0\n└─┬ ws@8.1.0\n  └── utf-8@5.0.0\n"
)
GRADLE = (
    "compileClasspath\n+--- org.a:core:1.0\n|    +--- org.b:io:2.1\n|    |    \\--- org.c:util:3.0\n|    \\--- org.d:log:1.2\n"
    "+--- org.e:net:4.0\n\\--- org.f:json:2.0\n     \\--- org.c:util:3.0 (*)\n\n"
)


@pytest.mark.parametrize(
    ("text", "line"), [(NPM, "\t\tbytes@3.1.2 deduped"), (GRADLE, "\t\torg.c:util:3.0")], ids=["npm", "gradle"]
)
def test_trees_of_packages_are_drawn_with_tabs(text, line):
    assert f"\n{line}\n" in encoded(LISTING, text)
    assert LISTING.decode(encoded(LISTING, text)) == text


def test_an_impossible_tree_is_left():
    wrong = TREE.replace("└── README", "├── README").replace("├── docs", "└── docs")
    rendition = LISTING.lossless(wrong, ASKED)
    assert rendition is None or LISTING.decode(rendition.text) == wrong


def test_constant_columns_go_to_a_legend():
    text = encoded(LISTING, LONG)
    assert "=-rw-r--r-- 1 root root\n" in text
    assert len(text) < 0.7 * len(LONG)


def test_the_file_asked_for_stays_with_counts():
    rendition = keeps_the_law(LISTING, PATHS, asking("Where is Class117.java?"))
    view = shown(rendition)
    assert "part3/Class117.java\n" in view
    assert "[~ 240 entries; others left out]" in view
    assert len(view) < 0.05 * len(PATHS)


def test_what_is_in_a_folder_stays_whole():
    view = spelled(keeps_the_law(LISTING, PATHS, asking("What is in the part5 folder?")))
    assert all(f"/part5/Class{n}.java\n" in view for n in range(150, 180))


def test_the_largest_file_is_kept():
    text = LONG.replace("1370 Jan", "987654 Jan")
    view = shown(keeps_the_law(LISTING, text, asking("What is the largest file here?")))
    assert "987654" in view


DISK_USE = "".join(
    f"{size}\tvendored/{name}\n"
    for n in range(400)
    for size, name in [
        (n % 90 + 8 + 30_000 * (n == 170), f"part{n:03d}"),
        (n % 90 + 4 + 29_000 * (n == 170), f"part{n:03d}/lib"),
        (4, f"part{n:03d}/README"),
    ]
)


@pytest.mark.parametrize(
    "query",
    [
        "The image is 400 MB too big. What in vendored is that?",
        "What in vendored/ is heavy, and must it be there?",
        "Why does vendored take so much space?",
        "We have a full disk again. Is it something in vendored?",
    ],
)
def test_who_asks_what_takes_the_space_sees_the_largest(query):
    view = shown(keeps_the_law(LISTING, f"99000\tvendored\n{DISK_USE}", asking(query)))
    assert "99000\tvendored\n" in view
    assert "30088\tvendored/part170\n29084\tvendored/part170/lib\n" in view
    assert len(view) < 0.1 * len(DISK_USE)


SPACE = "".join(
    f"{size}\tsrc/{name}\n"
    for n in range(60)
    for size, name in [
        *((n + m + 4 + 700 * (n == 17 and m == 3), f"part{n:02d}/deep/file{m}.py") for m in range(6)),
        (6 * n + 39 + 2000 * (n == 40) + 700 * (n == 17), f"part{n:02d}/deep"),
        (6 * n + 43 + 2000 * (n == 40) + 700 * (n == 17), f"part{n:02d}"),
    ]
)


@pytest.mark.parametrize(
    ("query", "kept", "gone"),
    [
        ("Which single file takes the most space?", ("724\tsrc/part17/deep/file3.py",), ("2283\tsrc/part40",)),
        ("How big is src/part02/deep/file1.py, and which file is largest?", ("724\tsrc/part17/deep/file3.py",), ()),
        ("Which folder is the largest?", ("2283\tsrc/part40", "2279\tsrc/part40/deep"), ("724\t",)),
        ("What takes the most space?", ("724\tsrc/part17/deep/file3.py", "2283\tsrc/part40"), ()),
    ],
)
def test_the_total_of_a_folder_hides_no_file(query, kept, gone):
    view = shown(keeps_the_law(LISTING, SPACE, asking(query)))
    assert all(f"{line}\n" in view for line in kept)
    assert not any(f"\n{line}" in view for line in gone)
    assert len(view) < 0.15 * len(SPACE)


@pytest.mark.parametrize("query", ["What is in vendored?", "Do you see anything odd in the vendored folder?"])
def test_the_name_of_the_folder_that_was_listed_cuts_nothing(query):
    assert LISTING.lossy(f"99000\tvendored\n{DISK_USE}", asking(query)) is None


def test_a_folder_of_a_tree_keeps_its_way_up():
    branches = "".join(f"│   ├── file_{n}.rst\n" for n in range(80))
    text = TREE.replace("│   ├── api.rst\n", branches + "│   ├── api.rst\n")
    view = shown(keeps_the_law(LISTING, text, asking("What is in the complex folder?")))
    assert "\nexamples\n\tcomplex\n\t\tcli.py\n\t\tsetup.py\n" in view


OTHERS = {
    "find -ls": "".join(
        f"   3369{n:02d}     12 -rw-r--r--   1 root     root       {1000 + 37 * n} Apr 28  2025 ./pkg/mod{n}.py\n"
        for n in range(60)
    ),
    "tar tv": "".join(
        f"-rw-r--r-- root/root {1000 + 37 * n:9d} 2025-10-26 08:15 rxjs/src/mod{n}.py\n" for n in range(60)
    ),
    "unzip -l": "Archive:  lang.jar\n  Length      Date    Time    Name\n---------  ---------- -----   ----\n"
    + "".join(f"{1000 + 37 * n:9d}  2025-10-01 01:48   org/lang/mod{n}.py\n" for n in range(60))
    + "---------                     -------\n   126930                     60 files\n",
    "git ls-tree -l": "".join(f"100644 blob {n * 7919:040x} {1000 + 37 * n:7d}\tpkg/mod{n}.py\n" for n in range(60)),
    "stat": "".join(
        f"./pkg/mod{n}.py {1000 + 37 * n} 1985-10-26 08:15:00.000000000 +0000 -rw-r--r-- root\n" for n in range(60)
    ),
    "stat, name and size": "".join(f"./pkg/mod{n}.py {1000 + 37 * n}\n" for n in range(60)),
    "Get-ChildItem": "\n\n    Directory: C:\\srv\\pkg\n\n\nMode                 LastWriteTime         Length Name\n"
    "----                 -------------         ------ ----\n"
    "d-----         6/14/2025   7:17 AM                old\n"
    + "".join(f"-a----         6/{n % 28 + 1:2d}/2025   7:17 AM {1000 + 37 * n:14d} mod{n}.py\n" for n in range(60)),
    "dir": " Volume in drive C has no label.\n\n Directory of C:\\srv\\pkg\n\n06/14/2025  07:17 AM    <DIR>          old\n"
    + "".join(f"06/{n % 28 + 1:02d}/2025  07:17 AM {1000 + 37 * n:17d} mod{n}.py\n" for n in range(60))
    + "              60 File(s)        126930 bytes\n",
    "zipfile": f"{'File Name':46}{'Modified':>19}{'Size':>13}\n"
    + "".join(f"{f'lang/part/mod{n}.py':46}2025-10-01 01:{n:02d}:36{1000 + 37 * n:13d}\n" for n in range(60)),
    "names alone": "".join(f"mod{n}.py\n" if n % 3 else f"lib{n}-dev\n" for n in range(60)),
}


@pytest.mark.parametrize("tool", OTHERS)
def test_listings_of_other_tools_are_read(tool):
    text = OTHERS[tool]
    assert detect(text, Hints()).kinds[:1] == ("listing",)
    view = shown(keeps_the_law(LISTING, text, asking("How big is mod41.py?")))
    assert "mod41.py" in view
    assert "mod25.py" not in view
    found = LISTING.lossless(text, ASKED)
    assert found is None or LISTING.decode(found.text) == text


@pytest.mark.parametrize("tool", [tool for tool in OTHERS if tool != "names alone"])
def test_the_largest_file_of_other_tools_is_kept(tool):
    text = re.sub(r" 1481\b", " 99481", OTHERS[tool])
    assert "99481" in shown(keeps_the_law(LISTING, text, asking("What is the largest file here?")))
    view = shown(keeps_the_law(LISTING, text, asking("What are the five largest files here?")))
    assert all(f"mod{n}.py" in view for n in (13, 56, 57, 58, 59))


def test_an_entry_of_windows_stands_below_its_folder():
    text = "".join(
        f"\n    Directory: C:\\srv\\{name}\n\nMode                 LastWriteTime         Length Name\n"
        "----                 -------------         ------ ----\n"
        + "".join(f"-a----         6/14/2025   7:17 AM {100 * n:14d} {name}{n}.json\n" for n in range(1, 40))
        for name in ("bin", "conf", "logs")
    )
    view = shown(keeps_the_law(LISTING, text, asking("How big is conf17.json?")))
    assert view.index("Directory: C:\\srv\\conf") < view.index("1700 conf17.json")
    assert "logs" not in view
    assert "117 entries" in view
    assert detect(text, Hints()).kinds[:1] == ("listing",)


COLUMNS = {
    "tree -s": "[{n:11d}]  ",
    "tree -h": "[{n:3d}K]  ",
    "tree -p": "[-rw-r--r--]  ",
    "tree -pugsD": "[-rw-r--r-- root     root     {n:15d} Nov 22 18:53]  ",
}


@pytest.mark.parametrize("columns", COLUMNS.values(), ids=COLUMNS)
def test_what_tree_writes_before_a_name_is_no_part_of_it(columns):
    folder = columns.replace("-rw-r--r--", "drwxr-xr-x").format(n=4)
    files = "".join(f"│   ├── {columns.format(n=n % 40 + 7)}file_{n}.rst\n" for n in range(80))
    inner = f"├── {folder}flow\n│   ├── {columns.format(n=99)}max.py\n│   └── {columns.format(n=8)}min.py\n"
    text = f"{folder}.\n├── {folder}docs\n{files}{inner}└── {columns.format(n=5)}setup.py\n\n2 directories, 83 files\n"
    view = without_legend(shown(keeps_the_law(LISTING, text, asking("What is in the flow folder?"))))
    assert inner in view
    assert "; 2 below flow/; others left out]" in view
    if "{n" in columns:
        assert "max.py\n" in shown(keeps_the_law(LISTING, text, asking("What is the largest file here?")))


@pytest.mark.parametrize(
    ("columns", "size"),
    [
        ("  33", 33),
        ("1.5K", 1536),
        ("-rw-r--r-- 1000     33", 33),
        ("1835022 -rw-r--r-- 1000 1000  33 Nov 22 18:53", 33),
        ("drwxr-xr-x 1000     4096", -1),
        ("Nov 22 18:53", -1),
        ("-rw-r--r--", -1),
    ],
)
def test_the_size_in_a_tree_is_the_last_number_before_the_date(columns, size):
    entries = listing_entries.read([".", *(f"├── [{columns}]  f{n}" for n in range(30))], sized=True)
    assert [(entry.path, entry.size) for entry in entries[1:]] == [(f"f{n}", size) for n in range(30)]


UNITS = {
    "ls -lh": "-rw-r--r--  1 root root {size:>5} Jan  3  2023 {name}\n",
    "du -h": "{size}\t./pkg/{name}\n",
    "tree -h": "├── [{size:>4}]  {name}\n",
}


@pytest.mark.parametrize("line", UNITS.values(), ids=UNITS)
def test_a_size_with_a_unit_is_larger_than_one_without(line):
    sizes = [(f"{n * 11 + 5}", f"small{n}.o") for n in range(90)]
    sizes[40:40] = [("1.9M", "mid.so"), ("112K", "low.so"), ("1.1G", "big.so")]
    text = "total 1.2G\n" + "".join(line.format(size=size, name=name) for size, name in sizes)
    view = shown(keeps_the_law(LISTING, text, asking("What is the largest file here?")))
    assert all(name in view for name in ("big.so", "mid.so", "low.so"))
    assert "small85.o" not in view


def test_sizes_that_recur_go_to_a_legend():
    text = "".join(f"4.0K\t./net/file{n}_{n * 7}.go\n8.0K\t./web/{n}/page{n}.go\n" for n in range(80))
    assert len(encoded(LISTING, text)) < 0.75 * len(text)


def test_without_a_lead_nothing_is_left_out():
    assert LISTING.lossy(PATHS, VAGUE) is None
    assert LISTING.lossy(PATHS, asking("Where is NoSuchFile.java9?")) is None


@pytest.mark.parametrize(
    "text", ["some prose about a/b and c/d\n" * 20, "x = 1\ny = 2\nz = 3\n" * 9], ids=["prose", "code"]
)
def test_other_text_is_no_listing(text):
    assert LISTING.lossless(text, ASKED) is None
    assert LISTING.lossy(text, ASKED) is None


def test_folders_with_one_file_of_the_same_name_stand_behind_that_name():
    text = "".join(f"{100 + n} ./pkg/mod{n}/package.json\n" for n in range(30)) + "7 ./pkg/README.md\n./x/*/y: odd\n"
    found = Listing().lossless(text, ASKED)
    assert "\n./pkg/*/package.json: 100 mod0, 101 mod1, 102 mod2, " in found.text
    assert Listing().decode(found.text) == text


_PATH_LINE = re.compile(
    r"(?>\s*(?:\d[\w.,:+-]*[ \t]+)*)((?:[A-Za-z]:)?[^\s\"'`<>|:;=(){}\[\],?*][^\"'`<>|:;=(){},?*\t]*)"
)


PACKED = (
    "npm notice\nnpm notice 📦  shop@3.1.0\nnpm notice Tarball Contents\nnpm notice 1.1kB LICENSE\n"
    + "".join(f"npm notice {n % 9 + 1}.{n % 7}kB lib/part{n // 8}/mod{n}.js\n" for n in range(90))
    + "npm notice 941B lib/part11/odd.js\nnpm notice 104.1kB types/index.d.ts\nnpm notice Tarball Details\n"
    "npm notice name: shop\nnpm notice package size: 214.1 kB\nnpm notice total files: 93\nnpm notice\nshop-3.1.0.tgz\n"
)


def test_what_npm_packs_is_a_listing_whatever_is_asked():
    hints = Hints(tool="Bash", command="npm pack --dry-run")
    assert detect(PACKED, hints).kinds[:1] == ("listing",)
    assert LISTING.lossy(PACKED, hints) is None
    assert LISTING.lossless(PACKED, hints) is None


@pytest.mark.parametrize(
    ("query", "kept", "gone"),
    [
        ("How big is lib/part4/mod37.js?", "kB lib/part4/mod37.js", "mod61.js"),
        ("What is the largest file here?", "104.1kB types/index.d.ts", "mod61.js"),
        ("What is the smallest file here?", "941B lib/part11/odd.js", "mod61.js"),
    ],
)
def test_sizes_of_what_npm_packs_are_read_and_its_totals_stay(query, kept, gone):
    view = shown(keeps_the_law(LISTING, PACKED, asking(query)))
    assert kept in view
    assert gone not in view
    assert "package size: 214.1 kB" in view
    assert "total files: 93" in view


def test_the_last_lines_of_what_npm_packs_are_read_though_many_are_totals():
    lines = PACKED.split("\n")[-26:]
    starts = listing_entries.path_starts(lines)
    assert [lines[row][start:] for row, start in starts.items()] == [
        *(f"lib/part{n // 8}/mod{n}.js" for n in range(73, 90)),
        "lib/part11/odd.js",
        "types/index.d.ts",
    ]


def starts_line_by_line(lines):
    filled = [row for row, line in enumerate(lines) if line]
    if sum("/" in lines[row] for row in filled if row < 400) < 0.5 * sum(row < 400 for row in filled):
        return None
    found = {row: match for row in filled if (match := _PATH_LINE.fullmatch(lines[row])) and match[1].count(" ") <= 3}
    slashed = sum("/" in lines[row] for row in found)
    if len(found) < max(3, 0.8 * len(filled)) or slashed < 0.5 * len(filled):
        return None
    widths = {row: len(lines[row][: match.start(1)].split()) for row, match in found.items()}
    usual = Counter(widths.values()).most_common(1)[0][0]
    return {row: match.start(1) for row, match in found.items() if widths[row] == usual}


_ODD_LINES = [
    "",
    "a b c d.txt",
    "a b c d e.txt",
    "words: no path",
    "C:/x/y",
    "12 a/b",
    "12\t7 a/b",
    "  a/b ",
    "1.2K x",
    "x[1]/y",
    "\r",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["src/a.py", "./b/c d.txt", "7 src/a.py"] * 6 + _ODD_LINES), max_size=30))
def test_paths_start_where_a_look_at_each_line_says(lines):
    assert listing_entries.path_starts(lines) == starts_line_by_line(lines)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["", "a.py", "x/.env", "x/.a.b", "x.y/z", "x/a.", "..a", "é/ü.ö", "a b/c.d e", "/x.tar.gz"]),
        max_size=12,
    )
)
def test_entries_are_counted_by_the_end_of_their_name(paths):
    names = [path.rpartition("/")[2] for path in paths if path]
    endings = Counter(f".{name.rpartition('.')[2]}" for name in names if "." in name[1:])
    listed = ", ".join(f"{count} {ending}" for ending, count in endings.most_common(8))
    assert listing_counts.count_told(paths) == f"[~ {len(names)} entries{': ' * bool(listed)}{listed}]"


def test_the_label_of_a_folder_keeps_its_own_name():
    text = "".join(
        f"services/billing/internal/{folder}/{deeper}file{n}.py\n"
        for folder in ("ledger", "reports", "invoices")
        for deeper in ("", "drafts/", "archive/")
        for n in range(9)
    )
    labels = [line.partition(":")[0] for line in encoded(LISTING, text).split("\n") if "/: " in line]
    assert len(labels) == 9
    assert {label.rstrip("/").rpartition("/")[2] for label in labels} == {
        "ledger",
        "reports",
        "invoices",
        "drafts",
        "archive",
    }


def test_files_in_a_folder_of_another_form_of_the_word_stay():
    files = [f"net/{folder}/part_{n}.py" for folder in ("isomorphism", "cliques", "flow") for n in range(40)]
    view = shown(LISTING.lossy("\n".join(files) + "\n", asking("Which files are about isomorphisms?")))
    assert all(f"part_{n}.py" in view for n in range(40))
    assert "net/flow/part_20.py" not in view


def long_lines(folders, files, links=0):
    mode = [("d", "drwxr-xr-x", "part_{}")] * folders + [("-", "-rw-r--r--", "part_{}.lua")] * files
    mode += [("l", "lrwxrwxrwx", "part_{0} -> part_{0}.lua")] * links
    return "".join(
        f"{bits} 1 root root {n * n % 977:6d} Jan {1 + n % 28:2d}  2024 {name.format(n)}\n"
        for n, (_, bits, name) in enumerate(mode)
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (long_lines(30, 60), "[~ 30 directories, 60 files: 60 .lua]"),
        (long_lines(1, 39, 9), "[~ 1 directory, 9 links, 39 files]"),
        (long_lines(10, 29), None),
        (LONG, "[~ 120 files: 120 .txt]"),
    ],
    ids=["folders", "links", "few", "files alone"],
)
def test_entries_with_modes_are_counted_by_sort(text, said):
    head = [line for line in encoded(LISTING, text).split("\n") if line.startswith("[~ ") and "legend" not in line]
    assert head == ([said] if said else [])


def test_entries_of_other_tools_are_counted_by_ending_without_loss():
    text = OTHERS["zipfile"]
    assert "\n[~ 60 entries: 60 .py]\n" in encoded(LISTING, text)
