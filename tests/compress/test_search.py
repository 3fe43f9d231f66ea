import pytest

from headroom.compress.asked_lines import asked_places
from headroom.compress.search import Search
from tests.compress.line_samples import ASKED, asking, encoded, keeps_the_law, shown

SEARCH = Search()
FLAT = "".join(
    f"src/pkg{n // 40}/module_{n // 8}.py:{3 * n + 1}:    raise ValueError('bad value {n}')\n" for n in range(160)
)


def test_hits_stand_under_their_path_without_loss():
    text = encoded(SEARCH, FLAT)
    assert "module_3.py\n73:    raise ValueError('bad value 24')\n" in text
    assert text.count("module_3.py") == 1
    assert "160 hits in 20 files" in text
    assert len(text) < 0.75 * len(FLAT)


@pytest.mark.parametrize(
    "text",
    [
        "a/b.py:1:x\na/b.py-2-context\na/b.py:3:y\n--\na/c.py:9:z\n",
        "a/b.py:1:12:30:00 clock\na/b.py:2:key: value\na/b.py:3:\n",
        "Binary file a/x.bin matches\na/b.py:1:x\na/b.py:2:y\na/b.py:4:z\ngrep: a/secret: Permission denied\n",
        "./a-1.go:5:x\n./a-1.go-6-y\n./a-1.go:70:z\n./a-1.go:7:q\n",
        "C:\\src\\a.cs:4:x\nC:\\src\\a.cs:5:y\nC:\\src\\b.cs:6:z\n",
        "a/b.py:use(x)\na/b.py:use(y)\na/c.py:use(z)\n",
        "a/b.py:1:\\\\n literal\na/b.py:2:\\x\na/b.py:3:--\n",
        "a/$x/b.py:1:$a @a\na/$x/b.py:2:$$\na/$x/b.py:3:[~ legend\n",
        "12.md:1:x\n12.md:2:y\nmy notes.md:3:z\n",
        "\\\n" + FLAT,
        "\\share\n" + FLAT,
    ],
    ids=[
        "context",
        "colons",
        "other lines",
        "dashes",
        "drives",
        "no numbers",
        "backslashes",
        "sigils",
        "odd names",
        "a lone backslash",
        "a line behind a backslash",
    ],
)
def test_dialects_come_back(text):
    rendition = SEARCH.lossless(text, ASKED)
    assert rendition is None or SEARCH.decode(rendition.text) == text


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-04T10:15:32Z INFO ready",
        "2026-03-04 10:15:32 started a.service",
        "10:15:32.120 [main] com.example.App: x",
        "[10.30 16:49:06] chrome.exe - proxy.example:5070 open",
        "20260304-22:15:29:606|Step|onChanged",
        "Mar  4 10:15:32 web sshd[71]: ok",
    ],
)
def test_clock_times_are_no_hits(line):
    text = "\n".join(line.replace("15", f"{15 + n % 40}") for n in range(60))
    assert SEARCH.lossless(text, ASKED) is None
    assert SEARCH.lossy(text, ASKED) is None


@pytest.mark.parametrize(
    ("question", "every"),
    [
        ("Where does `possibilities` come up? File and line, please.", False),
        ("Where does `possibilities` come up, and which other files raise?", True),
        ("In which files does `possibilities` come up?", True),
    ],
)
def test_the_hit_asked_for_stays_with_the_files_and_their_counts(question, every):
    text = FLAT + "src/deep/special.py:77:    raise NoSuchOption(possibilities)\n" + FLAT.replace("src/", "tests/")
    rendition = keeps_the_law(SEARCH, text, asking(question))
    view = shown(rendition)
    assert "src/deep/special.py\n77:    raise NoSuchOption(possibilities)\n" in view
    assert "321 hits in 41 files" in view
    head = view.split("\n")[0]
    if every:
        assert "; tests/pkg3/: module_15.py 8, module_16.py 8, module_17.py 8, module_18.py 8, module_19.py 8" in head
        assert all(head.count(f"module_{n}.py 8") == 2 for n in range(20))
    else:
        assert head.endswith("and 33 more files with at most 8 each; others left out]")
        assert head.count("module_") == 8
    assert len(view) < 0.25 * len(text)


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (["src/b/x.c", "src/b/y.c", "z.c", "src/a.c"], "4 files: z.c 40; src/b/: x.c 40, y.c 40; src/a.c 40"),
        (
            [f"/srv/app/releases/current/{name}" for name in ("lib/x.c", "lib/y.c", "a.c", "bin/z.c", "b.c")],
            "5 files below /srv/app/releases/current/: a.c 40, b.c 40; lib/: x.c 40, y.c 40; bin/z.c 40",
        ),
        (["lib/a/x.c", "lib/b/x.c"], "2 files: lib/a/x.c 40; lib/b/x.c 40"),
        (["deeply/nested/folder/of/sources/x.c"], "40 hits in deeply/nested/folder/of/sources/x.c"),
    ],
    ids=["no folder first", "all below one", "little to spare", "one file"],
)
def test_folders_are_named_once_before_the_counts_of_their_files(paths, said):
    text = "".join(f"{path}:{n}:    frob(value_{n});\n" for path in paths for n in range(9, 49))
    text = text.replace("frob(value_30", "asked_for_it(30")
    assert said in shown(SEARCH.lossy(text, asking("Where is `asked_for_it`?"))).split("\n")[0]


@pytest.mark.parametrize(
    ("others", "question", "stay"),
    [
        (0, "Where is `possibilities`?", False),
        (100, "Where is `possibilities`?", True),
        (0, "Where is `possibilities`, or `no_such_name`?", True),
        (0, "Where is `possibilities`, and what else is raised?", True),
    ],
    ids=["all found", "a long result", "one not found", "a survey"],
)
def test_first_and_last_hit_stay_where_they_may_be_of_use(others, question, stay):
    more = "".join(f"src/more.py:{n}:    raise {'Very' * 40}LongError\n" for n in range(others))
    text = (
        FLAT + "src/deep/special.py:77:    raise NoSuchOption(possibilities)\n" + more + FLAT.replace("src/", "tests/")
    )
    view = shown(SEARCH.lossy(text, asking(question)))
    assert "77:    raise NoSuchOption(possibilities)" in view
    assert ("\n1:    raise ValueError('bad value 0')\n" in view) is stay
    assert ("\n478:    raise ValueError('bad value 159')" in view) is stay
    assert ("; others left out]" in view) is not stay


def test_results_under_headings_keep_the_heading_of_what_stays():
    blocks = [f"src/f{n}.c\n" + "".join(f"{k}:  call_{n}_{k}();\n" for k in range(1, 9)) for n in range(30)]
    blocks[17] = "src/f17.c\n12:  int variable_of_interest;\n"
    rendition = keeps_the_law(SEARCH, "\n".join(blocks), asking("Where is `variable_of_interest`?"))
    assert "src/f17.c\n12:  int variable_of_interest;\n" in shown(rendition)


@pytest.mark.parametrize(
    "question",
    [
        "Please go on with the task.",
        "Why is `nothing_like_that` never called?",
        "Rename `nothing_like_that`.",
        "Where is `nothing_like_that`, and what else is there?",
        "How many hits are there for `nothing_like_that`?",
        "Where is the place?",
    ],
    ids=["vague", "a reason", "a task", "and others", "a count", "no name"],
)
def test_without_a_lead_nothing_is_left_out(question):
    assert SEARCH.lossy(FLAT, asking(question)) is None


def test_of_hits_that_have_nothing_of_what_is_asked_for_the_counts_and_ends_stay():
    rendition = keeps_the_law(
        SEARCH, FLAT, asking("Where does `nothing_like_that` come up in these results?\nI'll look.")
    )
    view = shown(rendition)
    assert rendition.transform == "search:skim"
    assert "[~ not in this text: nothing_like_that]\n" in view
    assert "src/pkg1/: module_5.py 8, module_6.py 8, module_7.py 8, module_8.py 8, module_9.py 8; src/pkg2/: " in view
    assert all(f"module_{n}.py 8" in view for n in range(20))
    assert "\n1:    raise ValueError('bad value 0')\n" in view
    assert "\n478:    raise ValueError('bad value 159')" in view
    assert len(view) < 0.25 * len(FLAT)


@pytest.mark.parametrize(
    "message",
    [
        "{n}:4: UP017 [*] Use `datetime.UTC` alias",
        "{n}: error: Missing return statement  [return]",
        "{n}:12: warning: unused",
    ],
    ids=["a linter", "a type checker", "a compiler"],
)
def test_paths_of_diagnostics_stay_whole(message):
    path = "services/billing/internal/ledger/reports/file_{m}.py"
    text = "".join(f"{path.format(m=m)}:{message.format(n=n)}\n" for m in range(20) for n in range(1, 5))
    view = encoded(SEARCH, text)
    assert all(path.format(m=m) in view for m in range(20))


def results(headed, start, behind, between=""):
    """Hits of eight files by path, and the text that shows them: flat, or under headings."""
    hits = {f"{start}{m}.py": [f"{n}:    raise Odd(value_{n * m})" for n in range(1, behind)] for m in range(1, 9)}
    return hits, "".join(
        f"{path}\n" + "".join(f"{hit}\n{between}" for hit in found) + "\n"
        if headed
        else "".join(f"{path}:{hit}\n" for hit in found)
        for path, found in hits.items()
    )


@pytest.mark.parametrize("headed", [False, True], ids=["flat", "under headings"])
def test_all_hits_of_a_named_file_stay(headed):
    hits, text = results(headed, "lib/part", 180)
    view = shown(keeps_the_law(SEARCH, text, asking("Show me all the matches in part5.py.")))
    assert all(hit in view for hit in hits["lib/part5.py"])
    assert hits["lib/part3.py"][30] not in view


@pytest.mark.parametrize(("question", "rows"), [("What stands on line 43?", [14]), ("Show lines 43 to 46.", [14, 15])])
def test_hits_on_the_lines_asked_for_stay(question, rows):
    text = (
        FLAT.replace("src/pkg0/module_0.py:", "src/odd.py:")
        + "src/odd.py:43:    far()\nsrc/odd.py-46-    near()\n"
        + FLAT
    )
    view = shown(keeps_the_law(SEARCH, text, asking(question)))
    assert all(f"{3 * row + 1}:    raise ValueError('bad value {row}')\n" in view for row in rows)
    assert "'bad value 30'" not in view


@pytest.mark.parametrize("headed", [False, True], ids=["flat", "under headings"])
@pytest.mark.parametrize(
    "asked", ["I only care about part5.py. What matched there?", "what did it find in lib/part5.py?"]
)
def test_the_hits_of_a_named_file_stay_where_they_are_few(asked, headed):
    hits, text = results(headed, "lib/part", 30, between="--\n")
    view = shown(keeps_the_law(SEARCH, text, asking(asked)))
    assert all(hit in view for hit in hits["lib/part5.py"])
    assert hits["lib/part3.py"][20] not in view


def test_a_rating_below_the_hits_stays():
    text = (
        "".join(f"shop/part{n % 7}.py:{n}:4: R0915: Too many statements ({n}/50)\n" for n in range(1, 80))
        + "shop/part1.py:1:0: R0801: Similar lines in 2 files\n"
        + "".join(f"    value_{n} = {n},\n" for n in range(20))
        + f"\n{'-' * 35}\nYour code has been rated at 8.32/10\n\n"
    )
    kept = shown(keeps_the_law(SEARCH, text, asking("What is wrong on line 7?")))
    assert "rated at 8.32/10" in kept
    assert "value_3 = 3" not in kept


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("{n}:5: {rule} told", "[~ 120 findings: 80 × F401, 30 × E501, 10 × E711]"),
        ("{n}:5: {rule}: told", "[~ 120 findings: 80 × F401, 30 × E501, 10 × E711]"),
        ("{n}:    raise {rule}", ""),
    ],
)
def test_findings_of_a_linter_are_counted_by_rule(form, said):
    rules = ["E711" if n % 12 == 5 else "E501" if n % 4 == 2 else "F401" for n in range(120)]
    text = "".join(f"pkg/part{n // 40}.py:{form.format(n=n + 1, rule=rule)}\n" for n, rule in enumerate(rules))
    view = shown(SEARCH.lossy(text, asking("How many are there like pkg/part0.py:9? And E711?")))
    assert said in view
    assert ("findings:" in view) == bool(said)


def test_what_was_searched_for_tells_no_hit_apart():
    blocks = [
        f"./lib/part{n}/a.go\n8-\n9-\tvar stop func()\n10:\tctx{n}, stop = WithTimeout(ctx, limit_{n})\n11-\tdefer stop()\n"
        for n in range(40)
    ]
    blocks[25] = blocks[25].replace("part25", "scheduler")
    text = "\n".join(blocks)
    view = shown(
        keeps_the_law(SEARCH, text, asking("What is given to WithTimeout in lib/part12/a.go, and what in scheduler?"))
    )
    assert "limit_12" in view
    assert "limit_25" in view
    assert "limit_20" not in view


@pytest.mark.parametrize("headed", [False, True], ids=["flat", "under headings"])
@pytest.mark.parametrize(
    "asked", ["Which function is at ./lib/part5.py:20?", "lib/part5.py:20 looks odd", "see part5.py:20"]
)
def test_the_line_of_the_file_that_is_told_stays(asked, headed):
    hits, text = results(headed, "./lib/part", 90)
    view = shown(keeps_the_law(SEARCH, text, asking(asked)))
    assert hits["./lib/part5.py"][19] in view
    assert hits["./lib/part5.py"][40] not in view


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("see ./lib/a.py:20, b.go:3:7 and (C:\\src\\c.cs:9)", {("./lib/a.py", 20), ("b.go", 3), ("C:\\src\\c.cs", 9)}),
        ("at 10:15:32, ratio 1:2", set()),
    ],
)
def test_places_are_read_from_a_question(query, places):
    assert asked_places(query) == places


@pytest.mark.timeout(30)
@pytest.mark.parametrize("sign", ["@", "~", "a~", "a.b", ":1", "a.b:1 "])
def test_hostile_questions_are_read_in_linear_time(sign):
    assert len(asked_places(f"x:1 {sign * 300_000}")) <= 2


SETTINGS = "".join(
    f"app/part{n}.py-{20 * k}-    #: {about}\n"
    + "".join(f"app/part{n}.py-{20 * k + more}-    #: and so on, {n * k + more}.\n" for more in range(1, 8))
    + f"app/part{n}.py:{20 * k + 8}:    limit_{n}_{k} = {n + k}\napp/part{n}.py-{20 * k + 9}-\n--\n"
    for n in range(11)
    for k in range(1, 9)
    for about in ["Attempts before the courier gives up." if n == 3 and k == 6 else "What it is for."]
)


@pytest.mark.parametrize("rows", [8, 12], ids=["a short group", "a long group"])
def test_a_hit_stays_with_the_comment_above_it_that_is_asked_for(rows):
    more = "".join(f"app/part3.py-{n}-    more_{n}()\n" for n in range(130, 130 + rows))
    text = SETTINGS.replace("app/part3.py-129-\n", f"app/part3.py-129-\n{more}")
    view = shown(keeps_the_law(SEARCH, text, asking("After how many attempts does the courier give up?")))
    assert "120-    #: Attempts before the courier gives up.\n121-    #: and so on, 19.\n" in view
    assert "\n128:    limit_3_6 = 9\n" in view
    assert "limit_3_3 " not in view


def test_each_file_keeps_its_first_hit_where_these_are_a_small_part():
    text = SETTINGS + "".join(
        f"lib/other{n}.py:{7 * k}:    limit_{n}_{k} = {n + k}  # {'x' * 60}\n" for n in range(5) for k in range(1, 30)
    )
    view = shown(keeps_the_law(SEARCH, text, asking("After how many attempts does the courier give up?")))
    assert all(f"lib/other{n}.py\n7:    limit_{n}_1 = " in view for n in range(5))
    assert "limit_3_9 " not in view


FOLDER = (
    "On the build machine the courier takes all the cores and the others starve. I want to cap that without touching the "
    "config files. Is there an environment variable for it, or an option, a flag, a switch?"
)


def test_the_name_of_a_folder_alone_cuts_nothing():
    text = FLAT + "lib/config/defaults.py:9:    raise ValueError('no')\n"
    assert SEARCH.lossy(text, asking(FOLDER)) is None


def test_hits_of_a_file_called_like_a_word_of_the_question_stay():
    def hit(file, n):
        return f'tsdb/{file}.go:{n}:\t\treturn errors.Wrap(err, "step {n}")\n'

    text = "".join(hit(f"part{n % 20}", n) for n in range(200)) + "".join(hit("repair", n) for n in range(900, 914))
    text += "".join(hit(f"rest{n % 20}", n) for n in range(300, 400))
    view = shown(SEARCH.lossy(text, asking("How does repairing the index report failures at step 77?")))
    assert all(f'step {n}"' in view for n in range(900, 914))
    assert 'step 951"' not in view
    named = shown(SEARCH.lossy(text, asking("Where is `step 77` of repairing?")))
    assert 'step 77"' in named
    assert 'step 909"' not in named


@pytest.mark.parametrize(
    ("query", "number"), [("Which function has the most branches?", 91), ("the fewest branches?", 13)]
)
def test_of_hits_that_differ_in_numbers_only_the_extreme_stays(query, number):
    sizes = [20 + n * 7 % 60 for n in range(150)]
    sizes[71], sizes[97] = 91, 13
    text = "".join(
        f"pkg/part{n % 30}.py:{n + 1}:9: PLR0912 Too many branches ({size} > 12)\n" for n, size in enumerate(sizes)
    )
    assert f"({number} > 12)" in shown(SEARCH.lossy(f"{text}pkg/a.py:1:1: F401 `os` unused\n", asking(query)))


PLACES = {f"src/part{n // 9}/module_{n}.go": [f"func Step{n}of{m}(" for m in range(3)] for n in range(90)}
PLACES["src/part7/wide.go"] = ["func FoldRunes(", *(f"func Wide{m}(" for m in range(20)), "func Last("]
HEADED = "\n".join(
    "\n".join([path, *(f"{10 * row + 3}:{said}t *testing.T) {{" for row, said in enumerate(hits)), ""])
    for path, hits in PLACES.items()
)
UNHEADED = "".join(
    f"{path}:{10 * row + 3}:{said}t *testing.T) {{\n" for path, hits in PLACES.items() for row, said in enumerate(hits)
)
BOTH = pytest.mark.parametrize("text", [HEADED, UNHEADED], ids=["headed", "flat"])


@BOTH
@pytest.mark.parametrize(
    "question",
    [
        "In which file and line is `FoldRunes` defined, and which other tests are in that file?",
        "What else does the same file as FoldRunes() define?",
        "Show FoldRunes() and the rest of its file.",
    ],
)
def test_asked_for_the_rest_of_a_hits_file_all_its_hits_stay(text, question):
    view = shown(keeps_the_law(SEARCH, text, asking(question)))
    assert all(f":{said}t *testing" in view for said in PLACES["src/part7/wide.go"])
    assert len(view) < 0.3 * len(text)
