"""Linters' lists: what the question is about stays whole, all else is counted by rule and file, totals always stay."""

import pytest

from headroom.compress import rare_findings
from headroom.compress.build import Build
from headroom.compress.detect import detect
from headroom.compress.findings import closing_rows, findings_of
from headroom.compress.rendition import Hints
from headroom.compress.search import Search
from tests.compress.line_samples import VAGUE, asking, keeps_the_law, shown, spelled

BUILD = Build()


def ruff(n):
    rule, said = (("F401", f"`mod{n}` imported but unused"), ("B904", "Within an `except` clause, raise from err"))[
        n % 3 == 0
    ]
    return (
        f"{rule} {said}\n  --> shop/part{n % 5}.py:{n}:9\n   |\n{n} | code_{n} = call_{n}()\n   |         ^^^^\n"
        f"   | # what follows stands below it in the source, some lines of it\n   |     return code_{n}, other_{n}\n   |\n"
        f"help: Change `code_{n}` to `call_{n}`, and remove what is left of it\n\n"
    )


def stylish(n):
    return "".join(
        f"  {row:3d}:5  {'error  ' if row % 9 == 0 else 'warning'}  Problem number {row} of {n}  {('eqeqeq', 'no-undef')[row > 6]}\n"
        for row in range(1, 13)
    )


RUFF = "".join(map(ruff, range(1, 61))) + "Found 60 errors.\n[*] 40 fixable with the `--fix` option.\n"
ESLINT = "".join(f"/srv/app/part{n}.js\n{stylish(n)}\n" for n in range(6)) + "✖ 72 problems (6 errors, 66 warnings)\n\n"
MYPY = (
    "".join(
        f'shop/part{n % 5}.py:{n}: error: Argument {n} has incompatible type "int"  [{("arg-type", "misc")[n % 2]}]\n'
        for n in range(1, 61)
    )
    + "Found 60 errors in 5 files (checked 9 source files)\n"
)
CLANG = (
    "".join(
        f"src/part{n % 5}.c:{n}:9: warning: unused variable 'v{n}' [-W{('unused-variable', 'shadow')[n // 4 % 2]}]\n"
        f"  {n} |     int v{n} = 0;\n      |         ^~\n"
        for n in range(1, 61)
    )
    + "60 warnings generated.\n"
)
JAVAC = (
    "".join(
        f"src/part{n % 5}.java:{n}: warning: [{('unchecked', 'rawtypes')[n // 4 % 2]}] of value {n}\n"
        f"        int v{n} = 0;\n            ^\n"
        for n in range(1, 61)
    )
    + "60 warnings\n"
)
SHELLCHECK = (
    "".join(
        f"\nIn bin/part{n % 5} line {n}:\n  echo $var_{n} `run {n}`\n       ^----^ SC2086 (info): Double quote {n}.\n"
        "              ^----^ SC2006 (style): Use $(...) notation.\n\n"
        f"Did you mean: \n  echo $var_{n} and all that follows on this line of the script, as it was written there, with the number {n} in it\n\n\n"
        for n in range(1, 41)
    )
    + "For more information:\n  https://www.shellcheck.net/wiki/SC2086 -- Double quote\n"
)
BANDIT = (
    "Test results:\n"
    + "".join(
        f">> Issue: [{('B101:assert_used', 'B324:hashlib')[n % 9 == 0]}] Use of it, number {n}.\n   Severity: Low   Confidence: High\n"
        f"   CWE: CWE-703 (https://cwe.mitre.org/data/definitions/703.html)\n   More Info: https://bandit.example/plugins/{n}.html\n"
        f"   Location: shop/part{n % 5}.py:{n}:4\n{n}\t    assert value_{n}\n\n{'-' * 50}\n"
        for n in range(1, 41)
    )
    + "\nCode scanned:\n\tTotal lines of code: 3968\n\nRun metrics:\n\tTotal issues (by severity):\n\t\tLow: 40\n"
)
LISTS = {
    "ruff": (
        RUFF,
        "shop/part2.py",
        "code_7 = call_7()",
        "code_8 = call_8()",
        "Found 60 errors.",
        "40 × F401, 20 × B904",
        60,
        5,
    ),
    "eslint": (
        ESLINT,
        "part2.js",
        "Problem number 9 of 2",
        "number 3 of 4",
        "✖ 72 problems",
        "36 × eqeqeq, 36 × no-undef",
        72,
        6,
    ),
    "mypy": (
        MYPY,
        "shop/part2.py",
        "part2.py:7: error",
        "part3.py:8: error",
        "Found 60 errors",
        "30 × misc, 30 × arg-type",
        60,
        5,
    ),
    "clang": (
        *(CLANG, "src/part2.c", "int v7 = 0;", "int v8 = 0;", "60 warnings generated."),
        *("31 × -Wunused-variable, 29 × -Wshadow", 60, 5),
    ),
    "javac": (
        *(JAVAC, "src/part2.java", "int v7 = 0;", "int v8 = 0;", "60 warnings"),
        *("31 × [unchecked], 29 × [rawtypes]", 60, 5),
    ),
    "shellcheck": (
        SHELLCHECK,
        "bin/part2",
        "echo $var_7",
        "echo $var_8",
        "wiki/SC2086",
        "40 × SC2086, 40 × SC2006",
        80,
        5,
    ),
    "bandit": (
        *(BANDIT, "shop/part2.py", "assert value_7", "assert value_8", "Total lines of code: 3968"),
        *("36 × B101:assert_used, 4 × B324:hashlib", 40, 5),
    ),
}


@pytest.mark.parametrize(
    ("text", "file", "inside", "outside", "total", "rules", "found", "files"), LISTS.values(), ids=LISTS
)
def test_the_findings_of_a_named_file_stay_whole_and_the_others_are_counted(
    text, file, inside, outside, total, rules, found, files
):
    rendition = keeps_the_law(BUILD, text, asking(f"What is wrong in {file}?"))
    kept = spelled(rendition)
    assert inside in kept
    assert outside not in kept
    assert total in kept
    assert f"[~ {found} findings: {rules}" in shown(rendition)
    assert f"findings in {files} files: " in shown(rendition)
    assert len(shown(rendition)) < 0.5 * len(text)


@pytest.mark.parametrize(
    ("text", "rule", "inside", "outside"),
    [
        (RUFF, "B904", "code_9 = call_9()", "code_8 = call_8()"),
        (ESLINT, "eqeqeq", "Problem number 2 of 4", "Problem number 11 of 4"),
        (CLANG, "-Wshadow", "int v7 = 0;", "int v9 = 0;"),
        (BANDIT, "B324", "assert value_9", "assert value_8"),
    ],
    ids=["ruff", "eslint", "clang", "bandit"],
)
def test_the_findings_of_a_named_rule_stay_whole(text, rule, inside, outside):
    kept = spelled(keeps_the_law(BUILD, text, asking(f"Where does {rule} fire?")))
    assert inside in kept
    assert outside not in kept


@pytest.mark.parametrize("hints", [VAGUE, asking("List every single finding, please.")], ids=["vague", "every"])
@pytest.mark.parametrize("text", [RUFF, SHELLCHECK], ids=["ruff", "shellcheck"])
def test_asked_for_all_each_finding_says_what_and_where(text, hints):
    kept = spelled(keeps_the_law(BUILD, text, hints))
    lines = text.split("\n")
    assert all(lines[row] in kept for finding in findings_of(text) for row in finding.heads)
    assert "code_30 =" not in kept
    assert "Did you mean" not in kept


@pytest.mark.parametrize("question", ["Show all clang warnings.", "List every finding."])
def test_asked_for_all_warnings_none_of_a_compiler_goes(question):
    caret = "      |         ^~\n"
    text = CLANG.replace("int v", "int some_rather_long_name_of_a_variable_v").replace(
        caret, caret + "      |         [[maybe_unused]] would keep the compiler quiet\n"
    )
    kept = spelled(keeps_the_law(BUILD, text, asking(question)))
    assert all(f"unused variable 'v{n}'" in kept for n in range(1, 61))
    assert "[[maybe_unused]]" not in kept


@pytest.mark.parametrize("question", ["List all findings in shop/part2.py", "Show every B904, please."])
def test_all_of_a_file_or_a_rule_are_those_alone(question):
    kept = spelled(keeps_the_law(BUILD, RUFF, asking(question)))
    assert "code_12 = call_12()" in kept
    assert "code_13 = call_13()" not in kept


def test_no_error_goes_where_they_are_few():
    text = CLANG.replace("part3.c:8:9: warning:", "part3.c:8:9: error:")
    kept = spelled(keeps_the_law(BUILD, text, asking("What is wrong in src/part2.c?")))
    assert "part3.c:8:9: error: unused variable 'v8'" in kept
    assert "int v8 = 0;" in kept
    assert "int v9 = 0;" not in kept


YAMLLINT = "".join(
    f"roles/part{n}/main.yml\n"
    + "".join(
        f"  {row}:81     error    line too long ({80 + row} > 80 characters)  (line-length)\n" for row in range(1, 12)
    )
    + "  12:4     warning  missing starting space in comment  (comments)\n"
    + ("  13:1     error    too many blank lines (3 > 2)  (empty-lines)\n" if n == 4 else "")
    + "\n"
    for n in range(8)
)
STYLELINT = "".join(
    f"css/part{n}.css\n"
    + "".join(f"  {row:3}:16  ✖  Expected quotes around {row}   selector-quotes\n" for row in range(1, 20))
    + ('   33:9   ✖  Unknown property "colr"   property-unknown\n' if n == 2 else "")
    for n in range(4)
)


@pytest.mark.parametrize(
    ("text", "head", "rare"),
    [
        pytest.param(
            YAMLLINT,
            "97 findings: 88 × line-length, 8 × comments, 1 × empty-lines",
            "  13:1     error    too many",
            id="yamllint",
        ),
        pytest.param(
            STYLELINT,
            "77 findings: 76 × selector-quotes, 1 × property-unknown",
            '✖  Unknown property "colr"',
            id="stylelint",
        ),
    ],
)
def test_the_few_findings_of_a_rare_rule_stay(text, head, rare):
    found = shown(keeps_the_law(BUILD, text, asking("What is wrong in roles/part1/main.yml and in css/part1.css?")))
    assert head in found
    assert rare in found
    assert len(found) < 0.6 * len(text)


def test_a_file_is_told_by_its_folder_from_others_of_its_name():
    found = spelled(keeps_the_law(BUILD, YAMLLINT, asking("What is wrong in part1/main.yml?")))
    assert "roles/part1/main.yml" in found
    assert "roles/part2/main.yml" not in found


@pytest.mark.parametrize(
    "question",
    [
        "List every finding of severity error.",
        "Show only errors, no other issues.",
        "Which findings are errors only?",
        "List every error (not the warnings) with its file.",
        "Which errors, ignoring all warnings, does it report?",
    ],
)
def test_asked_for_errors_only_other_findings_go(question):
    text = (
        "".join(
            f"In lib/part{n}.sh line {n}:\n  echo $x{n}\n       ^-- SC2086 (info): Double quote to prevent globbing.\n\n"
            for n in range(40)
        )
        + "In lib/last.sh line 9:\nx()\n^-- SC2148 (error): Tips depend on target shell.\n\n"
    )
    found = shown(keeps_the_law(BUILD, text, asking(question)))
    assert "In lib/last.sh line 9:\nx()\n^-- SC2148 (error)" in found
    assert "In lib/part" not in found


RUST = (
    "   Compiling shop v0.1.0\n"
    + "".join(
        f"warning: unused variable: `tmp_{n}`\n --> src/main.rs:{n}:9\n  |\n{n} | let tmp_{n} = 1;\n  |     ^^^^^\n\n"
        for n in range(40)
    )
    + "error[E0308]: mismatched types\n --> src/main.rs:77:20\n  |\n77 | let n: usize = x;\n  |     ^ expected `usize`\n\n"
    + 'error: could not compile `shop` (bin "shop") due to 1 previous error; 40 warnings emitted\n'
)


@pytest.mark.parametrize(
    ("question", "warned"),
    [
        ("The build is broken: list every error with its file and line.", False),
        ("Show me all the errors of this build.", False),
        ("Which errors are there, and is `tmp_7` unused?", True),
    ],
)
def test_asked_for_the_errors_warnings_are_counted(question, warned):
    found = shown(keeps_the_law(BUILD, RUST, asking(question)))
    assert "src/main.rs:77:20\n  |\n77 | let n: usize = x;" in found
    assert "due to 1 previous error; 40 warnings emitted" in found
    assert ("--> src/main.rs:7:9" in found) is warned


def test_a_gap_counts_the_findings_in_it():
    view = shown(keeps_the_law(BUILD, MYPY, asking("What is wrong on part4.py:59?")))
    assert "30 × misc" in view


@pytest.mark.parametrize(
    "line",
    [
        "Your code has been rated at 8.32/10",
        "Found 46 errors in 11 files (checked 18 source files)",
        "✖ 77 problems (23 errors, 54 warnings)",
        "BUILD FAILED in 3s",
        "[INFO] BUILD FAILURE",
        "error: could not compile `shop` (lib) due to 2 previous errors",
        "3 warnings and 1 error generated.",
        "    3 Warning(s)",
        "make: *** [Makefile:3: all] Error 2",
        "12 files inspected, 3 offenses detected",
    ],
)
def test_what_a_tool_says_in_the_end_is_seen(line):
    assert closing_rows(["started", line, "see the log"]) == [1]


@pytest.mark.parametrize("text", ["finding a way", "3 apples", "making it", "No more", "Built in 3 s"])
def test_other_lines_close_nothing(text):
    assert closing_rows([text]) == []


def test_totals_stay_in_the_middle_of_a_build():
    text = (
        "".join(f"Compiling part{n} v1.{n}\n" for n in range(60))
        + "BUILD FAILED in 3s\n"
        + "".join(f"Uploading report {n} of the run\n" for n in range(60))
    )
    assert "BUILD FAILED in 3s" in spelled(keeps_the_law(BUILD, text, asking("Is part30 built?")))


@pytest.mark.parametrize("text", [SHELLCHECK, BANDIT], ids=["shellcheck", "bandit"])
def test_findings_over_several_lines_are_those_of_a_build_tool(text):
    assert detect(text, Hints()).kinds[0] == "build"


@pytest.mark.parametrize("sign", ["a:", "error: ", "  1:1 error x", "In x line 1", ">> Issue: [", "x --> "])
def test_hostile_lists_are_read_in_linear_time(sign):
    assert findings_of((sign * 20_000 + "\n") * 5) == []


def mypy(n, rule, where=""):
    return f'{where or f"shop/part{n % 5}.py"}:{n}: error: Argument {n} has incompatible type "int"  [{rule}]\n'


SELDOM = (
    "".join(mypy(n, ("arg-type", "misc", "union-attr")[n % 3]) for n in range(1, 61))
    + mypy(61, "override", "shop/far.py")
    + mypy(62, "misc", "shop/far.py")
    + "".join(mypy(n, ("arg-type", "misc", "union-attr")[n % 3]) for n in range(63, 90))
    + mypy(90, "no-redef", "shop/deep.py")
    + "Found 90 errors in 7 files (checked 9 source files)\n"
)


@pytest.mark.parametrize(
    "question",
    [
        "Which error codes come up only once? Where?",
        "Which codes are unique?",
        "What are the rarest errors?",
        "How many are there per code, and which ones occur once?",
        "Which rules have a single finding, and in which file?",
    ],
)
def test_of_rules_that_come_up_once_each_finding_stays(question):
    view = shown(keeps_the_law(BUILD, SELDOM, asking(question)))
    assert "[~ rarest, only once: override, no-redef]" in view
    assert [line for line in view.split("\n") if ": error: " in line] == [
        mypy(61, "override", "shop/far.py").rstrip("\n"),
        mypy(90, "no-redef", "shop/deep.py").rstrip("\n"),
    ]


def test_what_is_rare_in_a_named_file_is_counted_in_it():
    view = shown(keeps_the_law(BUILD, SELDOM, asking("Which codes come up only once in shop/far.py?")))
    assert "[~ rarest, only once in shop/far.py: override, misc]" in view
    assert mypy(62, "misc", "shop/far.py") in view
    assert mypy(90, "no-redef", "shop/deep.py") not in view


def test_a_rule_that_is_named_stays_beside_the_rare_ones():
    view = shown(keeps_the_law(BUILD, SELDOM, asking("Where is `Argument 17`, and which codes come up only once?")))
    assert mypy(17, "union-attr") in view
    assert mypy(61, "override", "shop/far.py") in view


@pytest.mark.parametrize(
    "question", ["List every error only once", "Why does each error come up once?", "Where is it?"]
)
def test_who_asks_for_nothing_rare_is_told_of_none(question):
    rendition = keeps_the_law(BUILD, SELDOM, asking(question))
    assert rendition is None or "rarest" not in shown(rendition)


def test_findings_that_are_read_as_search_results_are_told_alike():
    lines = [f"src/m{n % 9}.py:{n + 1}:7: {('E501 line too long', 'W291 blank')[n % 2]} ({n})\n" for n in range(200)]
    lines[120] = "src/m3.py:121:1: F841 local variable 'x' is never used\n"
    view = shown(keeps_the_law(Search(), "".join(lines), asking("Which codes come up only once, and where?")))
    assert "[~ rarest, only once: F841]" in view
    assert "121:1: F841 local" in view


def test_where_nothing_is_rare_what_else_is_named_adds_no_rows():
    assert rare_findings.rows(SELDOM, {}, asking("Where is `Argument 17`, and what is in shop/far.py?")) == set()


@pytest.mark.parametrize(("errors", "by_rule"), [(3, True), (15, False)])
def test_of_many_gaps_each_says_how_many_findings_are_in_it(errors, by_rule):
    text = "".join(
        f"src/f{n}.js:3:1: error: Missing return {n} [consistent-return]\n"
        + "".join(f"src/f{n}.js:{m}:5: warning: Unexpected var {m} [no-var]\n" for m in range(10, 20))
        for n in range(errors)
    )
    found = keeps_the_law(BUILD, text, asking("List every error, not the warnings."))
    assert len(found.gaps) == errors
    assert {gap.note for gap in found.gaps} == {"10 × no-var" if by_rule else "10 findings"}
    assert f"{10 * errors} × no-var" in shown(found)
