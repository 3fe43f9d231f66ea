"""Questions that name nothing as it stands in the text: by neighbours, by people, in words, in other languages."""

import pytest

from headroom.compress.config_outline import entries
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress
from headroom.compress.sides import sides
from headroom.compress.told_paths import told_folders, told_paths

WORDS = ["alpha", "bravo", "candle", "delta", "ember", "falcon", "garnet", "harbor", "indigo", "jigsaw"]


COMMANDS = {"LOG": "git log --oneline", "BLAME": "git blame parts.py"}


def shown(text, query, command=None):
    done = compress(
        text,
        Hints(query=query, command=command),
        Policy(lossy=True),
        lambda t: len(t) // 4,
        render=lambda _gap: "[~ gap]",
    )
    return done.text or text


def commit(n):
    ref = "(tag: v2.1.0) " if n == 60 else ""
    return f"{n * 7919:07x} 2025-{n % 12 + 1:02}-{n % 27 + 1:02} Ana Lim {ref}{WORDS[n % 10].title()} the {WORDS[n * 3 % 10]} part {n}"


LOG = "\n".join(commit(n) for n in range(220, 0, -1)) + "\n"


def blame(n, who):
    return f"{n * 104729:08x} ({who:<12} 2024-0{n % 9 + 1}-11 {n:4}) value_{n} = {WORDS[n % 10]}({n})"


BLAME = "\n".join(blame(n, "Yuki T" if n in {150, 151} else "Marta K" if n == 210 else "Lena B") for n in range(1, 400))


def customer(n):
    tier = "platinum" if n % 13 == 0 else "gold" if n % 5 == 0 else "basic"
    city = ["Breda", "Cork", "Lyon", "Osaka"][n % 4]
    return f"{n},Firm{n * 31 % 97}x{n},{city},{tier},20{10 + n % 15}-{n % 12 + 1:02}-{n % 28 + 1:02}"


CUSTOMERS = "\n".join(["id,name,city,tier,since", *map(customer, range(1, 90))]) + "\n"


def stanza(n):
    return "\n".join(
        [
            f"Start-Date: 2026-{n % 12 + 1:02}-{n % 27 + 1:02}  10:{n:02}:12",
            f"Commandline: apt-get install -y {WORDS[n % 10]}-{n}",
            f"Install: {WORDS[n % 10]}-{n}:amd64 (1.{n}-2), lib{WORDS[n * 7 % 10]}{n}:amd64 (2.{n}+b1, automatic)",
            *([f"Upgrade: libc{n}:amd64 (2.36-9, 2.36-{n}), tzdata:amd64 (2025b-0, 2025b-{n})"] if n % 7 == 3 else []),
            f"End-Date: 2026-{n % 12 + 1:02}-{n % 27 + 1:02}  10:{n:02}:19",
        ]
    )


HISTORY = "\n\n".join(map(stanza, range(40))) + "\n"


@pytest.mark.parametrize(
    ("text", "query", "kept", "gone"),
    [
        ("LOG", "What came right after v2.1.0 was tagged?", [commit(61), commit(60), commit(59)], [commit(30)]),
        ("LOG", "Which commit is tagged v2.1.0?", [commit(60)], [commit(63), commit(30)]),
        ("BLAME", "Which lines were not written by Lena?", [blame(150, "Yuki T"), blame(210, "Marta K")], [blame(300, "Lena B")]),
        ("BLAME", "Did anybody else touch this file?", [blame(151, "Yuki T"), blame(210, "Marta K")], []),
        ("CUSTOMERS", "Who is the customer before the platinum one from Breda?", ["Firm29x51", "Firm60x52"], ["Firm42x70"]),
        ("CUSTOMERS", "Who has been a customer there the longest?", [customer(60)], []),
        ("HISTORY", "What was installed on 21 September?", [stanza(20)], [stanza(30)]),
    ],
)  # fmt: skip
def test_what_a_question_means_stays(text, query, kept, gone):
    seen = shown(globals()[text], query, COMMANDS.get(text))
    for wanted in kept:
        for line in wanted.split("\n"):
            assert line in seen
    for other in gone:
        assert other not in seen


def test_who_wrote_most_is_counted_and_not_shown_where_nobody_asks_for_people():
    assert blame(151, "Yuki T") not in shown(BLAME, "What is value_33?", COMMANDS["BLAME"])


PATHS = [f"./{top}/{part}/{name}" for top in ("netx", "sym") for part in ("core", "tests", "polys") for name in WORDS]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("how much do the tests of netx take?", {"netx/tests"}),
        ("how big are the tests of netx, and which is larger: sym/polys or netx/core?", {"netx/tests"}),
        ("how big is netx?", set()),
        ("show me the tests of the core", set()),
        ("is candle in netx/core or in sym polys?", {"sym/polys/candle"}),
    ],
)
def test_paths_are_told_in_words(query, found):
    paths = [*PATHS, "netx/tests", "netx/core", "sym/polys", ""]
    rows = told_paths(Hints(query=query), paths)
    assert {paths[row].removeprefix("./") for row in rows} == found


def test_hits_in_a_folder_that_is_named_are_told():
    paths = [*["libs/url/retry.py"] * 90, *["libs/requests/adapters.py"] * 9, ""]
    query = "Where does requests itself build a Retry object, as opposed to url?"
    assert told_folders(Hints(query=query), paths) == set(range(90, 99)), "most hits are in the other folder"
    assert told_folders(Hints(query="Where is libs/requests used?"), paths) == set()


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        (
            "Quelle fonction gère ProxyList, et quelle valeur a maintenant debuglevel ?",
            ["Quelle fonction gère ProxyList", "quelle valeur a maintenant debuglevel ?"],
        ),
        ("Welche Zeile setzt maxRetry und wo steht TimeoutError?", ["Welche Zeile setzt maxRetry", "wo steht TimeoutError?"]),
        ("¿Qué función llama parseAll y dónde está readConfig?", ["¿Qué función llama parseAll", "dónde está readConfig?"]),
    ],
)  # fmt: skip
def test_other_languages_ask_in_parts_too(query, parts):
    assert [side.query for side in sides(Hints(query=query))] == parts


def test_a_word_that_all_texts_hold_tells_none_apart():
    texts = ["lib/url one", "lib/url two", "lib/url three needle", "lib/url four", "lib/url five"]
    telling = Relevance("Where is needle?", '{"command": "grep -r needle lib/url"}').telling_apart(texts)
    assert [telling.score_lowered(text) > 0 for text in texts] == [False, False, True, False, False]
    assert Relevance("what about lib/url?").telling_apart(texts).named == (), "nothing is left to go by"
    same = Relevance("Where is needle?")
    assert same.telling_apart(texts) is same


def hunk(number, body):
    return [f"@@ -{number * 40},6 +{number * 40},8 @@", f" context_{number}()", *body, f" more_{number}()"]


def diff():
    lines = ["diff --git a/net.py b/net.py", "--- a/net.py", "+++ b/net.py"]
    for number in range(1, 40):
        lines += hunk(
            number, [f"-old_{WORDS[number % 10]} = {number}", f"+new_{WORDS[number % 10]} = {number + 1} # {'x' * 120}"]
        )
    lines += hunk(50, ["+def bypass_override(host, listed):", "+    return host in listed"])
    lines += hunk(51, ["-    for item in ProxyList:", "+    return bypass_override(host, ProxyList)"])
    lines += hunk(52, ["-def __init__(self, debuglevel=0):", "+def __init__(self, debuglevel=None):"])
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "query",
    [
        "Quelle est la nouvelle fonction qui gère la liste ProxyList, et quelle valeur par défaut a maintenant debuglevel ?",
        "Which function handles ProxyList now, and what is the default of debuglevel?",
    ],
)
def test_a_diff_shows_both_things_and_what_the_new_lines_use(query):
    seen = shown(diff(), query)
    for line in (
        "+def bypass_override(host, listed):",
        "+    return bypass_override(host, ProxyList)",
        "debuglevel=None",
    ):
        assert line in seen
    assert "old_bravo = 11" not in seen


def test_programs_and_odd_modes_of_an_archive_stay():
    def entry(n, mode="-rw-r--r--"):
        return f"{mode} root/root {1000 + n * 37:9} 2026-01-{n % 27 + 1:02} 12:28 pkg/{WORDS[n % 10]}_{n}.py"

    text = "\n".join(entry(n, "-rwxr-xr-x" if n == 77 else "-rw-r--r--") for n in range(200)) + "\n"
    seen = shown(text, "Is there anything executable in here? Which file is the largest?")
    assert entry(77, "-rwxr-xr-x") in seen
    assert entry(199) in seen
    assert entry(120) not in seen


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("A: 1\nB: 2\n\nA: 3\nB: 4\n\nA: 5\nC: 6", [0, 3, 6]),
        ("A: 1\nB: 2\n\nA: 3\nB: 4", [0, 1, 3, 4]),
        ("A: 1\nB: 2\n\nX: 3\nB: 4\n\nY: 5\nC: 6", [0, 1, 3, 4, 6, 7]),
        ("# told\nA: 1\nB: 2\n\nA: 3\nB: 4\n\nA: 5\nC: 6\n\nA: 7\nD: 8", [0, 4, 7, 10]),
    ],
)
def test_records_of_one_kind_are_entries(text, first):
    lines = text.split("\n")
    assert [entry.first for entry in entries(lines, 0, len(lines) - 1)] == first


def hits(*named):
    plain = [f"src/{WORDS[n % 10]}.py:{n}:    def run_{WORDS[n * 3 % 10]}_{n}(self):" for n in range(1, 160)]
    return "\n".join([*plain[:60], *named, *plain[60:]]) + "\n"


def listing(*named):
    def entry(name, n=1, mode="-rwxr-xr-x"):
        return f"{mode}  1 root root {1000 + n * 37:9} Mar {n % 27 + 1:2}  2023 {name}"

    plain = [entry(f"{WORDS[n % 10]}{WORDS[n * 7 % 10]}-{n}", n) for n in range(200)]
    return "\n".join(["total 40", *plain[:90], *(entry(*one) for one in named), *plain[90:]]) + "\n"


ZIP = ("src/alpha.py:912:    def test_stored_zip_compile(self):", "src/alpha.py:919:    def test_deflated_zip(self):")
STUBS = (
    'src/bravo.py:903: error: missing library stubs or py.typed marker for "vine"',
    'src/candle.py:909: error: Cannot find a library stub for module "pyrabbit"',
)
PYTHONS = [("python3",), ("python3.11", 2), ("python-argcomplete", 3)]
SETUID = [
    ("passwd", 5, "-rwsr-xr-x"),
    ("su", 6, "-rwsr-xr-x"),
    ("mount", 7, "-rwsr-xr-x"),
    ("chsh", 9, "-rwsr-xr-x"),
    ("chfn", 11, "-rwsr-xr-x"),
    ("chage", 8, "-rwxr-sr-x"),
]


@pytest.mark.parametrize(
    ("text", "query", "kept", "gone"),
    [
        (hits(*ZIP), "Are there tests for loading out of zip files?", ["test_stored_zip_compile", "test_deflated_zip"], "run_delta_111"),
        (hits(*STUBS), "Which third-party stubs are missing?", ["vine", "pyrabbit"], "run_delta_111"),
        (listing(*PYTHONS), "Which python is the default one here?", [" python3", "python3.11", "python-argcomplete"], "emberfalcon-4"),
        (listing(("libpng16.so.16",)), "Which version of png is there?", ["libpng16.so.16"], "emberfalcon-4"),
        (listing(("LICENSE",)), "How big is the licence?", ["LICENSE"], "emberfalcon-4"),
        (listing(*SETUID), "Which programs run with root rights (setuid)?", ["passwd", " su", " mount", "chage"], "emberfalcon-4"),
    ],
    ids=["part of a name", "singular too", "with a number", "with lib", "British", "modes"],
)  # fmt: skip
def test_other_forms_of_a_word_stay_too(text, query, kept, gone):
    seen = shown(text, query)
    assert len(seen) < 0.6 * len(text)
    assert all(name in seen for name in kept)
    assert gone not in seen


def test_beside_a_name_that_is_found_no_other_form_of_a_word_stays():
    text = hits("src/a.py:7:    parse_config(tagged)", *(f"src/b.py:{n}:    tags_{n} = tag({n})" for n in range(9)))
    seen = shown(text, "Where is parse_config tagged?")
    assert "parse_config(tagged)" in seen
    assert "tags_4" not in seen
