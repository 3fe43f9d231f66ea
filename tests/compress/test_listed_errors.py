"""Errors that a question wants listed keep their messages and places; what stands between goes, below one note."""

import pytest

from headroom.compress import listed_errors
from headroom.compress.build import Build
from headroom.compress.query import Relevance
from tests.compress.line_samples import asking, keeps_the_law, shown, spelled

BUILD = Build()
LISTED = "The build is broken: list every error with its file and line."
MYPY = "".join(
    f'src/shop/part{n}.py:{n}0: error: Argument 1 to "book" of "Ledger" has incompatible\n'
    f'type "bytearray{n}"; expected "bytes"  [arg-type]\n'
    f"            ledger.book(self.buffer[: match.start() + {n}], when=now)\n"
    "                        ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
    for n in range(1, 9)
)
PRETTY = "".join(
    f"src/main{n}.ts:{n}:24 - error TS2307: Cannot find module './fmt{n}' or its corresponding type declarations.\n\n"
    f"{n} import {{ format{n} }} from './fmt{n}'\n"
    "                           ~~~~~~~~~~~~~\n\n"
    for n in range(1, 9)
)
TSC = "".join(
    f"src/main{n}.ts({n},24): error TS2345: Argument of type 'number{n}' is not assignable to parameter of type 'string'.\n"
    f"  Types of parameters 'id' and 'id{n}' are incompatible.\n    Type 'string' is not assignable to type 'number{n}'.\n"
    for n in range(1, 9)
)
JAVAC = "".join(
    f"src/Part{n}.java:{n}1: error: cannot find symbol\n"
    f"import org.example.shop.orders.archive.Order{n};\n"
    "                              ^\n"
    f"  symbol:   class Order{n}\n"
    "  location: package org.example.shop.orders\n"
    for n in range(1, 9)
)
GCC = "".join(
    f"part{n}.c: In function ‘main’:\n"
    f"part{n}.c:{n}:5: error: ‘count{n}’ undeclared (first use in this function)\n"
    f"    {n} |     count{n} = 5 + other_count_of_things;\n"
    "      |     ^~~~~~\n"
    f"part{n}.c:{n}:5: note: each undeclared identifier is reported only once for each function it appears in\n"
    f"part{n}.c:{n}:9: warning: unused variable ‘x{n}’ [-Wunused-variable]\n"
    f"    {n} |     int x{n} = 5;\n"
    "      |         ^~\n"
    for n in range(1, 9)
)
RUSTC = "".join(
    f"error[E030{n}]: mismatched types in part {n}\n --> src/part{n}.rs:1{n}:47\n  |\n"
    f"1{n} | m.insert(t{n}, the_value_of_another_type);\n  |   ------ ^ expected `u6{n}`, found `&str`\n  |   |\n  |   arguments to this method are incorrect\n  |\n"
    f"  = note: expected type `u6{n}`\nhelp: call it with a number\n  |\n1{n} | m.insert({n}, 7);\n  |          ~\n\n"
    f"warning: unused variable: `tmp_{n}`\n --> src/main.rs:{n}:9\n  |\n{n} | let tmp_{n} = 1;\n  |     ^^^^^\n\n"
    for n in range(1, 9)
) + (
    "Some errors have detailed explanations: E0301, E0302.\n"
    "For more information about an error, try `rustc --explain E0301`.\n"
    "warning: `shop` (bin) generated 8 warnings\n"
    'error: could not compile `shop` (bin "shop") due to 8 previous errors; 8 warnings emitted\n'
)
STYLISH = (
    "".join(
        f"\n/srv/app/src/part{n}.js\n  {n}:5   error    Missing return at the end of function {n}  consistent-return\n"
        + "".join(f"  {n}:{row}  warning  Unexpected var, use let or const instead  no-var\n" for row in range(10, 16))
        for n in range(1, 9)
    )
    + "\n✖ 56 problems (8 errors, 48 warnings)\n"
)


@pytest.mark.parametrize(
    ("text", "there", "gone", "note"),
    [
        (
            MYPY,
            'src/shop/part{n}.py:{n}0: error: Argument 1 to "book" of "Ledger" has incompatible\ntype "bytearray{n}"; expected',
            "ledger.book",
            "16 lines of excerpts, notes and help",
        ),
        (
            PRETTY,
            "src/main{n}.ts:{n}:24 - error TS2307: Cannot find module './fmt{n}' or",
            "import",
            "32 lines of excerpts, notes and help",
        ),
        (
            TSC,
            "src/main{n}.ts({n},24): error TS2345: Argument of type 'number{n}' is not",
            "Types of",
            "16 lines of excerpts, notes and help",
        ),
        (
            JAVAC,
            "src/Part{n}.java:{n}1: error: cannot find symbol\n  symbol:   class Order{n}\n",
            "import",
            "16 lines of excerpts, notes and help",
        ),
        (
            GCC,
            "part{n}.c:{n}:5: error: ‘count{n}’ undeclared (first",
            "other_count",
            "31 lines of excerpts, notes and help, 8 warnings",
        ),
        (
            RUSTC,
            "error[E030{n}]: mismatched types in part {n}\n --> src/part{n}.rs:1{n}:47\n  |   ------ ^ expected `u6{n}`, found `&str`\n",
            "tmp_",
            "90 lines of excerpts, notes and help, 8 warnings",
        ),
        (
            STYLISH,
            "/srv/app/src/part{n}.js\n  {n}:5   error    Missing return at the end of function {n}  consistent-return\n",
            "Unexpected var",
            "48 warnings",
        ),
    ],
    ids=["mypy --pretty", "tsc --pretty", "tsc", "javac", "gcc", "rustc", "eslint"],
)
def test_listed_errors_keep_message_and_place(text, there, gone, note):
    rendition = keeps_the_law(BUILD, text, asking(LISTED))
    assert rendition.transform == "build:listed"
    assert f"[~ only errors below; left out: {note}]\n" in shown(rendition)
    found = spelled(rendition)
    assert all(there.format(n=n) in found for n in range(1, 9))
    assert gone not in found


_TYPES = "".join(
    f'src/shop/part{n}.py:{n}: error: Missing type arguments for generic type "dict{n}"  [type-arg]\n'
    + (f'src/shop/part{n}.py:{n}9: error: Library stubs not installed for "lib{n}"  [import-untyped]\n' * (n % 9 == 0))
    + f"src/shop/part{n}.py:{n}9: note: (or run the other command for part {n})\n" * (n % 9 == 0)
    for n in range(1, 61)
)
_RUFF = "".join(
    f"src/part{n}.py:{n}:5: {'F401' if n % 12 else 'E711'} `name{n}` is not as it should be\n" for n in range(1, 61)
)


@pytest.mark.parametrize(
    ("text", "question", "there", "gone", "note"),
    [
        pytest.param(
            _TYPES,
            "List every mypy error of the code [import-untyped] with file and line.",
            [
                f'src/shop/part{n}.py:{n}9: error: Library stubs not installed for "lib{n}"  [import-untyped]\n'
                for n in range(9, 61, 9)
            ],
            "dict30",
            "only import-untyped below; left out: 60 findings of other rules, and what is said below a finding",
            id="mypy",
        ),
        pytest.param(
            _RUFF,
            "Which lines have an E711 error? List all errors of that rule with file and line.",
            [f"src/part{n}.py:{n}:5: E711 `name{n}` is not as it should be\n" for n in range(12, 61, 12)],
            "name30",
            "only E711 below; left out: 55 findings of other rules, and what is said below a finding",
            id="ruff",
        ),
    ],
)
def test_of_one_rule_only_what_breaks_it_is_listed(text, question, there, gone, note):
    rendition = keeps_the_law(BUILD, text, asking(question))
    assert rendition.transform == "build:listed"
    assert f"[~ {note}]\n" in shown(rendition)
    found = spelled(rendition)
    assert all(line in found for line in there)
    assert gone not in found


@pytest.mark.parametrize("text", [MYPY, RUSTC, GCC])
@pytest.mark.parametrize(
    ("question", "listed"),
    [
        (f"Which lock call hangs, and why? How many readers wait?\nStep 2. {LISTED} I'll look.", True),
        (f"Rename `count` everywhere.\n{LISTED}", True),
        (f"Why does the build fail?\n{LISTED}", False),
        (f"Fix the type errors.\n{LISTED}", False),
        ("List every error (not the warnings) with its file and line.", True),
        ("List every error and warning with its file and line.", False),
        ("What is the first error?", False),
    ],
)
def test_what_a_task_says_of_other_things_does_not_count(text, question, listed):
    assert (listed_errors.details(text.split("\n"), Relevance(question)) is not None) is listed


def test_what_is_neither_an_error_nor_of_one_has_gaps_of_its_own():
    steps = "".join(f"[{n}/90] Building C object shop/CMakeFiles/part{n}.dir/main.c.o of the shop\n" for n in range(60))
    rendition = keeps_the_law(BUILD, steps + GCC + "ninja: build stopped: subcommand failed.\n", asking(LISTED))
    assert [(gap.first, gap.last) for gap in rendition.gaps if not gap.brief] == [(4, 60)]
    assert "ninja: build stopped: subcommand failed." in spelled(rendition)


@pytest.mark.parametrize("sign", ["x", " ", "|", "^", "~", "-", ":", "(", "1"])
@pytest.mark.parametrize(
    "start", ["error[E1]: x\n", "error[E1]: x\n  | ^ ", "a.c:1:2: error: ", "a.ts(1,2): error TS2: x\n "]
)
def test_long_lines_are_read_once(sign, start):
    text = start + sign * 100_000 + "!\n"
    assert listed_errors.details(text.split("\n"), Relevance(LISTED)) is None


def test_what_msbuild_says_again_in_the_end_is_told_once():
    found = [
        *(
            f"/srv/shop/Cart{n}.cs({n},9): warning CS0219: 'x{n}' is never used [/srv/shop/Shop.csproj]"
            for n in range(9)
        ),
        *(f"/srv/shop/Order{n}.cs({n},9): error CS0103: no name 'y{n}' here [/srv/shop/Shop.csproj]" for n in range(7)),
    ]
    ends = ["    9 Warning(s)", "    7 Error(s)", "", "Time Elapsed 00:00:04.31", ""]
    text = "\n".join(["  All projects are up-to-date for restore.", *found, "", "Build FAILED.", "", *found, *ends])
    rendition = keeps_the_law(BUILD, text, asking(LISTED))
    assert "; 7 errors, 9 warnings; " in shown(rendition)
    assert "and help, 9 warnings]" in shown(rendition)
    assert spelled(rendition).count("no name 'y3' here") == 1


FEW = (
    "gcc -Wall -c part.c\n"
    + "".join(
        f"In file included from part.c:1:\npart.c: In function ‘book{n}’:\n"
        f"part.c:{n}:7: warning: conversion from ‘int’ to ‘char’ may change value [-Wconversion]\n  {n} |   c = n;\n    |       ^\n"
        for n in range(1, 13)
    )
    + "make: *** [Makefile:12: part.o] Error 1\n"
)
ONE = "part.c:90:3: error: ‘total’ undeclared\n   90 |   total++;\n      |   ^~~~~\n"


@pytest.mark.parametrize(
    ("text", "there"),
    [
        pytest.param(FEW, ["make: *** [Makefile:12: part.o] Error 1"], id="a step that failed"),
        pytest.param(FEW.replace("make:", f"{ONE}make:"), ONE.splitlines(), id="one error, with its excerpt"),
    ],
)
def test_beside_few_errors_only_warnings_go(text, there):
    rendition = keeps_the_law(BUILD, text, asking(LISTED))
    assert rendition.transform == "build:listed"
    found = spelled(rendition)
    assert "[~ no warnings below; left out: 12 warnings]\n" in shown(rendition)
    assert all(line in found for line in there)
    assert "may change value" not in found
    assert "In function" not in found


@pytest.mark.parametrize(
    ("text", "question"),
    [
        pytest.param(FEW, "List every error and warning with its file and line.", id="warnings are wanted"),
        pytest.param(
            FEW.replace("make: *** [Makefile:12: part.o] Error 1", "ar cr a.a part.o"), LISTED, id="no failure"
        ),
        pytest.param(ONE * 3 + "cc -c a.c\n" * 60 + FEW[:400], LISTED, id="few lines of warnings"),
    ],
)
def test_warnings_stay_where_they_may_be_meant(text, question):
    rendition = BUILD.lossy(text, asking(question))
    assert rendition is None or "no warnings below" not in shown(rendition)
