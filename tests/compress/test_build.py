import pytest

from headroom.compress import listed_errors
from headroom.compress.build import Build
from headroom.compress.query import Relevance
from tests.compress.line_samples import ASKED, VAGUE, asking, encoded, keeps_the_law, shown, spelled, without_legend

BUILD = Build()


def gcc(files=60, error_in=None):
    lines = []
    for n in range(files):
        lines += [
            f"gcc -std=gnu99 -Wall -O2 -c mod_{n}.c",
            f"mod_{n}.c: In function 'step_{n}':",
            f"mod_{n}.c:{n + 10}:23: warning: conversion to 'unsigned int' from 'int' may change the sign [-Wsign-conversion]",
            f"   {n + 10} |     resize(state, narray_{n}, nrec);",
            "      |                   ^~~~~~",
        ]
        if n == error_in:
            lines += [
                f"mod_{n}.c:56:18: error: 'undeclared_limit' undeclared (first use in this function)",
                "   56 |   int probe = undeclared_limit;",
                "      |               ^~~~~~~~~~~~~~~~",
                f"*** [mod_{n}.o] Error 1",
            ]
    return "\n".join(lines) + "\n"


NPM = (
    "npm warn deprecated request@2.88.2: request has been deprecated\n"
    + "".join(f"npm http fetch GET 200 /pkg-{chr(97 + n % 26)}{n} {n % 70 + 4}ms (cache miss)\n" for n in range(120))
    + "npm warn deprecated uuid@3.4.0: please upgrade to version 7\n\nadded 116 packages in 5s\n"
)
TSC = "".join(
    f"lib/file{n % 4}.js({n + 1},{n % 30}): error TS{7000 + n % 9}: Parameter 'p{n}' is no good.\n" for n in range(90)
)
DOTNET = "  Determining projects to restore...\n" + "".join(
    f"C:\\src\\My App\\F{n % 4}.cs({n + 1},{n % 30}): {'error CS0103' if n == 61 else 'warning CS0168'}: "
    f"The name 'x{n}' is no good [C:\\src\\My App\\App.csproj]\n"
    for n in range(90)
)
ESLINT = (
    "".join(
        f"/srv/app/src/f{n}.js\n  {n}:5  warning  'x{n}' is defined but never used  no-unused-vars\n  {n + 1}:9  error  Missing return  consistent-return\n\n"
        for n in range(20)
    )
    + "✖ 40 problems (20 errors, 20 warnings)\n"
)
MAVEN = (
    "".join(
        f"[INFO] Downloaded from central: https://repo.example/org/lib{n}/{n}.0/lib{n}.jar (12 kB)\n" for n in range(80)
    )
    + "[ERROR] /srv/src/main/java/App.java:[12,8] cannot find symbol\n[ERROR] BUILD FAILURE\n"
)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (
            gcc(60, 33),
            [
                "mod_33.c:56:18: error: 'undeclared_limit' undeclared",
                "*** [mod_33.o] Error 1",
                "int probe = undeclared_limit;",
            ],
        ),
        (NPM, ["deprecated request@2.88.2", "deprecated uuid@3.4.0", "added 116 packages in 5s"]),
        (MAVEN, ["App.java:[12,8] cannot find symbol", "BUILD FAILURE"]),
    ],
    ids=["gcc", "npm", "maven"],
)
def test_errors_stay_with_their_context(text, facts):
    rendition = keeps_the_law(BUILD, text)
    kept = spelled(rendition)
    assert all(fact in kept for fact in facts)
    assert len(shown(rendition)) < 0.4 * len(text)


@pytest.mark.parametrize("text", [TSC, ESLINT, DOTNET], ids=["tsc", "eslint", "dotnet"])
def test_no_error_of_many_goes(text):
    rendition = keeps_the_law(BUILD, text)
    kept = text if rendition is None else spelled(rendition)
    assert [line for line in text.split("\n") if " error " in line] == [
        line for line in kept.split("\n") if " error " in line
    ]


def test_warnings_are_counted_by_their_code():
    view = shown(keeps_the_law(BUILD, gcc(60, 33)))
    assert "60 × -Wsign-conversion" in view
    assert "1 error, 60 warnings" in view


@pytest.mark.parametrize("end", ["\n", ""], ids=["newline", "no newline"])
def test_lines_are_counted_as_tools_do(end):
    lines = [f"src/till.c:{n}:5: warning: unused variable 'a{n}' [-Wunused-variable]" for n in range(400)]
    assert "[~ 400 lines; 400 warnings;" in encoded(Build(), "\n".join(lines) + end)


def test_a_diagnosis_may_have_a_drive_and_blanks_in_its_path():
    assert "1 error, 89 warnings; 89 × CS0168" in shown(keeps_the_law(BUILD, DOTNET))


def test_a_rare_warning_stays():
    text = gcc(60, 33) + "mod_9.c:5:10: warning: unused variable 'probe' [-Wunused-variable]\n" + gcc(20)
    assert "unused variable 'probe'" in spelled(keeps_the_law(BUILD, text))


def test_without_a_question_all_warnings_stay():
    rendition = BUILD.lossy(gcc(60, 33), VAGUE)
    kept = gcc(60, 33) if rendition is None else spelled(rendition)
    assert kept.count("[-Wsign-conversion]") == 60


@pytest.mark.parametrize(
    "text", [gcc(40, 3), NPM, TSC, ESLINT, MAVEN, DOTNET], ids=["gcc", "npm", "tsc", "eslint", "maven", "dotnet"]
)
def test_output_shrinks_without_loss(text):
    assert len(encoded(BUILD, text)) < 0.9 * len(text)


def test_a_package_in_the_question_stays():
    view = spelled(keeps_the_law(BUILD, NPM, asking("How long did fetching `pkg-h85` take?")))
    assert "/pkg-h85 " in view


def test_a_short_build_is_left():
    assert BUILD.lossy("make: nothing to be done\n", ASKED) is None


@pytest.mark.parametrize(
    ("line", "code"),
    [
        pytest.param("a.c:1:2: warning: unused 'x' [-Wunused-variable]", "-Wunused-variable", id="a compiler's flag"),
        pytest.param(
            "  1:2  error  Unexpected console statement  no-console", "no-console", id="a linter's rule at the end"
        ),
        pytest.param("a.ts(1,2): error TS2304: Cannot find name 'x'.", "TS2304", id="a code of letters and digits"),
        pytest.param("a.py:1: error: Missing type  [no-untyped-def]", "no-untyped-def", id="a rule in brackets"),
        pytest.param("A.java:1: warning: [unchecked] unchecked cast", "[unchecked]", id="a tag of javac's lint"),
    ],
)
def test_codes_are_counted_line_by_line(line, code):
    progress = "".join(f"compiled part {n} of 90 without a word\n" for n in range(90))
    assert f"2 × {code}" in shown(keeps_the_law(BUILD, f"{progress}{line}\n{progress}{line}"))


def test_totals_of_rustc_are_no_further_errors():
    kinds = ["E0277", "E0308", "E0277", "E0004"]
    errors = [
        f"error[{kind}]: something is wrong with part {n}\n  --> src/part_{n}.rs:{n + 3}:{n % 9 + 1}\n   |\n{n + 3} | let x_{n} = {n};\n"
        for n, kind in enumerate(kinds * 6)
    ]
    text = "".join(
        [
            *(f"   Compiling crate_{n} v0.{n}.1\n" for n in range(150)),
            "warning: unused import: `a`\n  --> src/lib.rs:1:5\n\n",
            *errors,
            "error: aborting due to 24 previous errors; 1 warning emitted\n\n",
            "Some errors have detailed explanations: E0004, E0277, E0308.\n",
            "For more information about an error, try `rustc --explain E0004`.\n",
            "warning: `app` (bin) generated 1 warning\n",
            'error: could not compile `app` (bin "app") due to 24 previous errors; 1 warning emitted\n',
        ]
    )
    first = without_legend(shown(keeps_the_law(BUILD, text))).split("\n")
    assert first[0].endswith("; 24 errors, 1 warning; 12 × E0277, 6 × E0308, 6 × E0004]")


def stylish(place):
    rule, said = (("no-var", "Unexpected var, use let or const instead"), ("eqeqeq", "Expected '===' and saw '=='"))[
        place % 5 == 0
    ]
    return [f"  {place}:1  error  {said}  {rule}"]


def shell(place):
    code, said = (("SC2317 (info)", "Command appears to be unreachable."), ("SC2086 (info)", "Double quote it."))[
        place % 4 == 0
    ]
    return [f"In root/bin/thing{place % 7} line {place}:", f"    echo ${place * place}", f"    ^-- {code}: {said}", ""]


@pytest.mark.parametrize(
    ("part", "above", "said"),
    [(stylish, ["src/main.js"], "160 × no-var, 40 × eqeqeq"), (shell, [], "150 × SC2317, 50 × SC2086")],
    ids=["eslint", "shellcheck"],
)
def test_findings_are_counted_by_rule_without_loss(part, above, said):
    text = "\n".join([*above, *(line for place in range(200) for line in part(place))]) + "\n"
    encoded = Build().encode(text)
    assert Build().decode(encoded) == text
    head = [line for line in encoded.split("\n") if line.startswith("[~ ") and "legend" not in line]
    assert head[0].endswith(f"{said}]")
    assert not any("× Unexpected" in line or "× In root" in line for line in head)


def test_findings_that_name_no_rule_are_told_of_by_their_words():
    text = "".join(f"src/a{n}.c:{n}:7: warning: the value is never used again\n" for n in range(200))
    head = [line for line in Build().encode(text).split("\n") if line.startswith("[~ ")]
    assert any("200× " in line and "never used again" in line for line in head)


LISTED = "The build is broken: list every error with its file and line."
TEMPLATES = "".join(
    "In file included from /usr/include/c++/12/bits/stl_tree.h:65,\n"
    f"                 from src/part{n}.cpp:1:\n"
    f"/usr/include/c++/12/bits/stl_map.h:509:3{n}:   required from 'map<Key, int>::operator[](const Key&)'\n"
    f"src/part{n}.cpp:2{n}:51:   required from here\n"
    f"/usr/include/c++/12/bits/stl_function.h:4{n}:20: error: no match for 'operator<' (operand types are 'Key{n}')\n"
    f"  4{n} |       return __x < __y;\n"
    "      |                ~~~~^~~~~\n"
    f"/usr/include/c++/12/bits/stl_iterator.h:5{n}:5: note: candidate: 'operator<(const reverse_iterator&)'\n"
    f"  5{n} |     operator<(const reverse_iterator& __x)\n"
    "      |     ^~~~~~~~\n"
    f"/usr/include/c++/12/bits/stl_iterator.h:5{n}:5: note:   template argument deduction/substitution failed:\n"
    for n in range(6)
)
RUSTC = "".join(
    f"error[E030{n}]: mismatched types in part {n}\n  --> src/part{n}.rs:1{n}:47\n   |\n"
    f"1{n} |     m.insert(t{n}, 7);\n   |       ------ ^ expected `u6{n}`, found `&str`\n   |\n"
    f"note: method defined here\n  --> src/map.rs:29{n}:11\n   |\n29{n} | pub fn insert(&mut self, key: K, value: V) -> Option<V>\n   |        ^^^^^^\n\n"
    for n in range(8)
)


@pytest.mark.parametrize(
    ("text", "there", "gone"),
    [
        (
            TEMPLATES,
            [
                "stl_function.h:43:20: error: no match for 'operator<' (operand types are 'Key3')",
                "src/part3.cpp:23:51:   required",
            ],
            "candidate",
        ),
        (
            RUSTC,
            [
                "error[E0303]: mismatched types in part 3\n  --> src/part3.rs:13:47",
                "^ expected `u63`, found `&str`",
                "src/part7.rs:17:47",
            ],
            "src/map.rs:293",
        ),
    ],
)
def test_of_errors_listed_by_their_places_notes_go(text, there, gone):
    rendition = keeps_the_law(BUILD, text, asking(LISTED))
    found = spelled(rendition)
    for fact in there:
        assert fact in found
    assert gone not in found
    assert not any("error" in gap.note for gap in rendition.gaps)


@pytest.mark.parametrize(
    "question",
    [
        "List every error with its file and line, and the notes.",
        "Why does every error in the files come up?",
        "Fix the build.",
        "List every error.",
    ],
)
@pytest.mark.parametrize("text", [TEMPLATES, RUSTC])
def test_notes_of_errors_stay_where_more_than_places_is_asked_for(text, question):
    relevance = Relevance(question)
    assert not listed_errors.details(text.split("\n"), relevance)


@pytest.mark.parametrize(
    "question",
    [
        LISTED,
        "Which errors are there, and in which files?",
        "What errors does the build report? Give file:line for each.",
        "Show all compile errors with their locations.",
    ],
)
@pytest.mark.parametrize("text", [TEMPLATES, RUSTC])
def test_places_of_errors_are_asked_for_in_many_words(text, question):
    assert listed_errors.details(text.split("\n"), Relevance(question))


def test_of_few_errors_the_notes_stay():
    assert not listed_errors.details(RUSTC.split("\n")[:48], Relevance(LISTED))
    assert listed_errors.details(RUSTC.split("\n")[:60], Relevance(LISTED))


@pytest.mark.parametrize("sign", ["", "$a"])
@pytest.mark.parametrize(("errors", "plain"), [(20, True), (60, False)])
def test_errors_to_list_stand_without_marks_where_they_are_few(errors, plain, sign):
    lines = [
        f"src/orders/main.ts({n + 1},{n % 30}): error TS{7000 + n % 9}: Type 'x{n}{sign}' is not assignable to type 'string'.\n"
        f"  Types of parameters 'a{n}' and 'b{n}' of the two members are incompatible.\n"
        for n in range(errors)
    ]
    text = "".join(lines)
    found = BUILD.lossless(text, asking(LISTED))
    assert BUILD.decode(found.text) == text
    assert sign or all(line.split("\n")[0] in found.text for line in lines) is plain
    assert len(found.text) < len(text)


def test_warnings_to_list_stand_without_marks():
    text = "".join(
        f"src/orders/inv.c:{n}:6: warning: use of possibly null value v{n} here\n"
        f"src/orders/inv.c:{n}:9: note: this call of the allocator could return null\n"
        for n in range(20)
    )
    found = BUILD.lossless(text, asking("List every analyzer warning with its file, line and flag."))
    assert "\nsrc/orders/inv.c:7:6: warning: use of possibly null value v7 here\n" in found.text
    assert BUILD.decode(found.text) == text


def test_files_above_errors_to_list_stand_without_marks():
    text = "".join(
        f"/srv/app/src/orders/part{n}.js\n  {n}:5  error  Missing return at the end of the function {n}  consistent-return\n"
        f"  {n}:9  warning  Unexpected var, use let or const instead of it  no-var\n"
        "\n"
        for n in range(20)
    )
    found = BUILD.lossless(text, asking(LISTED))
    assert "\n/srv/app/src/orders/part7.js\n  7:5  error  Missing return at the end of the function 7  " in found.text
    assert "Unexpected var" not in found.text.partition("part0.js")[2]


def test_paths_stay_where_nothing_is_asked_for():
    steps = "".join(f"[{n}/60] Compiling part {n} of the shop and of its cart\n" for n in range(60))
    paths = "".join(f"/srv/app/node_modules/compiler/lib/lib.es{n}.d.ts\n" for n in range(30))
    assert paths in spelled(keeps_the_law(BUILD, steps + paths, VAGUE))


def test_paths_that_a_question_for_files_names_by_a_part_stay():
    libs = "".join(f"/srv/app/node_modules/compiler/lib/lib.es{n}.d.ts\n" for n in range(80))
    zod = "".join(f"/srv/app/node_modules/zod/lib/part{n}.d.ts\n" for n in range(9))
    errors = "".join(f"src/main.ts({n},1): error TS6133: 'x{n}' is never read.\n" for n in range(4))
    own = "/srv/app/src/orders.ts\n/srv/app/src/main.ts\n"
    text = errors + libs[: len(libs) // 2] + zod + libs[len(libs) // 2 :] + own
    found = spelled(keeps_the_law(BUILD, text, asking("Which files of zod and of our own src does the compiler read?")))
    assert zod in found
    assert own in found
    assert "lib.es60.d.ts" not in found


@pytest.mark.parametrize(
    "error",
    [
        "e: file:///srv/app/src/main/kotlin/Order{n}.kt:{n}7:5 Unresolved reference: total{n}",
        "e: /srv/app/src/main/kotlin/Order{n}.kt: ({n}7, 5): Unresolved reference: total{n}",
        "orders/order{n}.go:{n}3:5: undefined: total{n}",
    ],
    ids=["kotlinc", "kotlinc before 1.8", "go"],
)
@pytest.mark.parametrize("question", [LISTED, "Why did the build fail?", "Please go on"])
def test_errors_that_are_not_called_so_stay(error, question):
    tasks = "".join(f"> Task :lib{n}:compileKotlin\n> Task :lib{n}:classes\n> Task :lib{n}:jar\n" for n in range(20))
    errors = "".join(f"{error.format(n=n)}\n" for n in range(9))
    text = (
        f"{tasks}{errors}\n> Task :app:compileKotlin FAILED\n\nBUILD FAILED in 14s\n61 actionable tasks: 61 executed\n"
    )
    assert errors in spelled(keeps_the_law(BUILD, text, asking(question)))
