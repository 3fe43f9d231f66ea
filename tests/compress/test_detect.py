import argparse
import io
import json
import locale
from pathlib import Path

import pytest

from headroom.compress.detect import detect, kind_of_path
from headroom.compress.rendition import Hints

SAMPLES = {
    "json": json.dumps([{"id": n, "name": f"n{n}"} for n in range(20)], indent=1),
    "html": "<!DOCTYPE html><html><body>" + "<p>Words in a page.</p>\n" * 20 + "</body></html>",
    "snapshot": "- main [ref=e1]:\n" + "".join(f'  - button "Go {n}" [ref=e{n + 2}]\n' for n in range(40)),
    "diff": "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n-b\n+c\n" * 5,
    "trace": "Traceback (most recent call last):\n" + '  File "a.py", line 3, in f\n    g()\n' * 12 + "ValueError: x\n",
    "tests": "=== test session starts ===\n"
    + "tests/test_a.py::test_b PASSED [ 3%]\n" * 30
    + "=== 30 passed in 1s ===\n",
    "log": "".join(f"2024-01-01 10:00:{n:02d},123 INFO worker job {n} done\n" for n in range(40)),
    "vcs": "".join(f"{n:07x}c Fix a thing number {n}\n" for n in range(200, 240)),
    "search": "".join(f"src/a{n}.py:{n}:    return value + {n}\n" for n in range(30)),
    "build": "".join(f"src/a.c:{n}:5: warning: unused variable 'x' [-Wunused]\n" for n in range(30)),
    "listing": "".join(f"./src/mod{n}/index.ts\n" for n in range(40)),
    "table": "id,name,price\n" + "".join(f"{n},item {n},{n}.50\n" for n in range(40)),
    "config": "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n" * 5,
    "markdown": "# Title\n\nSome words with [a link](http://x.y).\n\n## Part\n\n- one\n- two\n\n```\ncode\n```\n" * 4,
    "code": "import os\n\n\ndef main():\n    if os.name:\n        return 1\n    for x in range(3):\n        print(x)\n\n\n"
    * 6,
    "prose": ("The committee met on Monday to discuss the budget. Several members spoke against the plan. " * 30),
    "dense": "var a=" + "x1b(c,d);" * 400,
}


OTHER_LOOKS = {
    "log of Chromium": (
        "log",
        "".join(
            f"[2597:{2597 + n % 3}:1122/185606.{821561 + n}:VERBOSE1:net/socket_{n % 4}.cc:{n}] Opened {n}\n"
            for n in range(40)
        ),
    ),
    "googletest": (
        "tests",
        "[==========] Running 40 tests\n"
        + "".join(f"[ RUN      ] Door.opens{n}\n[       OK ] Door.opens{n} (0 ms)\n" for n in range(40))
        + "[  PASSED  ] 40 tests.\n",
    ),
    "Robot Framework": (
        "tests",
        "=" * 78 + "\nShop\n" + "=" * 78 + "\n" + f"Order Is Paid{' ' * 57}| PASS |\n{'-' * 78}\n" * 30,
    ),
    "photographs by date": ("listing", "".join(f"./photos/2024/{120000 + n}.jpg\n" for n in range(60))),
    "records of psql": (
        "table",
        "".join(
            f"-[ RECORD {n} ]-------------\nid         | {n}\ncreated_at | 2026-01-01 10:00:{n:02d}\n"
            for n in range(1, 40)
        ),
    ),
    "records of mysql": (
        "table",
        "".join(f"{'*' * 27} {n}. row {'*' * 27}\n  id: {n}\nname: x\n" for n in range(1, 30)),
    ),
    "a dump's statements": (
        "table",
        "-- dump\n" + "".join(f"INSERT INTO `t` VALUES ({n},'a','2026-01-01 10:00:00');\n" for n in range(40)),
    ),
    "pip list": (
        "table",
        "Package      Version  Location\n------------ -------- --------\n"
        + "".join(f"pkg-{n:<8} 1.{n}\n" for n in range(60)),
    ),
    "javac": (
        "build",
        "".join(
            f"src/A{n}.java:{n + 3}: error: cannot find symbol\n    return b{n}.id();\n            ^\n"
            for n in range(20)
        ),
    ),
    "dotnet build": (
        "build",
        "".join(
            f"C:\\src\\My App\\P{n}.cs({n},{n}): warning CS0168: The variable 'x' is never used [C:\\src\\App.csproj]\n"
            for n in range(30)
        ),
    ),
    "msbuild of several projects": (
        "build",
        "".join(
            f"     {n % 4}>/src/P{n}.csproj : warning NU1701: Package 'x {n}.0' was made for another framework.\n"
            for n in range(30)
        ),
    ),
    "eslint": (
        "build",
        "".join(
            f"\n/srv/src/C{n}.tsx\n  {n + 3}:1   error    Unexpected any  no-any\n  {n + 9}:5   warning  Missing type  rule\n"
            for n in range(15)
        ),
    ),
    "ctest": (
        "tests",
        "Test project /srv/build\n"
        + "".join(
            f"    Start {n:3d}: case_{n}\n{n:3d}/60 Test #{n}: case_{n} ....   Passed    0.01 sec\n" for n in range(60)
        ),
    ),
    "a log with a traceback for each of its errors": (
        "log",
        "".join(
            f"2026-11-02 10:{n:02}:07 INFO job {n} taken\n2026-11-02 10:{n:02}:08 ERROR job {n} failed\n"
            "Traceback (most recent call last):\n"
            + '  File "/srv/lib/python3.11/site-packages/q/run.py", line 31, in run\n    step(job)\n' * 4
            + f"ValueError: no rate for {n}\n"
            for n in range(30)
        ),
    ),
    "a server's log with Java's traces": (
        "log",
        "".join(
            f"2026-11-02T10:{n:02}:07Z INFO  o.a.Web GET /{n}\n2026-11-02T10:{n:02}:08Z ERROR o.a.Web failed\n"
            f"java.lang.IllegalStateException: no rate for {n}\n"
            + "\tat org.acme.Rates.find(Rates.java:31)\n\tat org.acme.Web.get(Web.java:7)\n"
            * 4
            for n in range(30)
        ),
    ),
    "a trace below a few lines of a log": (
        "trace",
        "2026-11-02 10:00:07 INFO start\n2026-11-02 10:00:08 ERROR failed\nTraceback (most recent call last):\n"
        + "".join(f'  File "/srv/a{n}.py", line {n}, in f\n    g({n})\n' for n in range(40))
        + "ValueError: x\n",
    ),
    "prove": (
        "tests",
        "".join(
            f"t/mojo/case_{n}.t {'.' * (30 - len(str(n)))} ok\n"
            if n % 9
            else f"#   Failed test 'trim {n}'\n#   at t/mojo/case_{n}.t line {n}.\n#          got: 'a '\n#     expected: 'a'\n"
            f"t/mojo/case_{n}.t ........ \nDubious, test returned 1 (wstat 256, 0x100)\nFailed 1/{n + 3} subtests \n"
            for n in range(60)
        )
        + "\nTest Summary Report\n-------------------\nFiles=60, Tests=900, 3 wallclock secs\nResult: FAIL\n",
    ),
    "git log --format='%h|%ad|%an|%s'": (
        "vcs",
        "".join(
            f"{n * 7919 % 2**24:06x}c|2026-11-{n % 28 + 1:02} 10:{n:02}:07 +0100|Ann Lee|Fix thing {n}\n"
            for n in range(60)
        ),
    ),
    "a log whose lines begin with the request's id": (
        "log",
        "".join(f"{n * 7919 % 2**24:06x}c 2026-11-02 10:{n:02}:07 INFO GET /things/{n}\n" for n in range(60)),
    ),
    "the middle of a TAP run with subtests": (
        "tests",
        "".join(
            f"    # Subtest: case {n}\n    ok {n} - case {n}\n      ---\n      duration_ms: 0.{n}\n      ...\n"
            for n in range(3, 40)
        ),
    ),
}


@pytest.mark.parametrize("look", OTHER_LOOKS)
def test_what_tools_print_in_a_look_of_their_own_is_known(look):
    kind, text = OTHER_LOOKS[look]
    assert detect(text, Hints()).kinds[0] == kind


def test_addresses_of_symbols_are_no_commits():
    text = "".join(f"{n * 7919:016x} T part_{n}a\n{n * 7920:013x}abc T part_{n}b\n" for n in range(20, 80))
    assert "vcs" not in detect(text, Hints()).kinds


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_content_alone_tells_the_kind(kind):
    assert detect(SAMPLES[kind], Hints()).kinds[0] == kind


@pytest.mark.parametrize(
    "style", ["10:00:00 started", "2024-01-01T10:00:00 started", "[10.30 16:49:06] started", "1077804742 node up"]
)
def test_a_time_is_never_taken_for_a_search_hit(style):
    kinds = detect("\n".join([style] * 30), Hints()).kinds
    assert kinds
    assert kinds[0] == "log"


def test_one_json_line_does_not_make_a_log_something_else():
    lines = SAMPLES["log"].split("\n")
    lines.insert(20, '{"event": "flag", "on": true}')
    assert detect("\n".join(lines), Hints()).kinds[0] == "log"


@pytest.mark.parametrize("path", ["/var/log/nginx/access.log", "requests.txt", "a.csv"])
def test_requests_written_as_json_are_json_whatever_the_file_is_called(path):
    lines = [f'{{"ts":"2026-11-22T06:34:{n % 60:02d}+00:00","m":"GET","uri":"/p/{n}","st":200}}' for n in range(60)]
    assert detect("\n".join(lines), Hints(path=path)).kinds == ("json",)
    assert detect("\n".join([*lines, "Killed"]), Hints(path="access.log")).kinds[0] == "log"


PROGRAMS = {
    **{
        f"Python's own {module.__name__}": "\n".join(Path(module.__file__).read_text("utf-8").split("\n")[:900])
        for module in (argparse, io, locale)
    },
    "the head of a module, with titles in its docstring": '"""Statistics of samples.\n\nAverages\n--------\n\n'
    + "".join(f"- mean{n} is the average of what sample {n} holds\n" for n in range(9))
    + "\nExceptions\n----------\n\nA single one is raised.\n\n"
    + '"""\n\nimport math\n\n',
    "a shell script": "#!/bin/sh\n# Set things up.\n# Needs root.\n\nset -e\n\n"
    + "".join(f"# Step {n}\n\napt-get -y install package{n}\necho done {n}\n\n" for n in range(30)),
    "a header with guarded definitions": "/* Names. */\n"
    + "".join(
        f"#ifdef X{n}\n# define X{n}_TEXT {n}\n#endif\n\nextern int get_{n} (const char *name);\n" for n in range(30)
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_programs_remarks_are_no_titles(name):
    text = PROGRAMS[name]
    assert detect(text, Hints(tool="fetch")).kinds[:1] == ("code",)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# Install\n\nSome words.\n\n```sh\n# first\n# then\nmake\n```\n" * 9, id="remarks in fences"),
        pytest.param(
            "The Licence\n===========\n\n" + "- You may use this\n  in whole or in part\n" * 12,
            id="one title, underlined",
        ),
        pytest.param(
            "Parser\n======\n\n- one\n- two\n\nUse it so::\n\n    def f():\n        g()\n\n" * 9, id="indented code"
        ),
        pytest.param(
            "Changes\n-------\n\n" + "3.1 (May)\n*********\n\nFixes:\n\n- Keep ``a`` (:pr:`12`).\n  Thanks.\n\n" * 30,
            id="reStructuredText with stars below its titles",
        ),
    ],
)
def test_a_document_with_code_in_it_is_a_document(text):
    assert detect(text, Hints(tool="fetch")).kinds[:1] == ("markdown",)


def test_a_hint_settles_what_content_leaves_open():
    text = "".join(f"item-{n} value {n}\n" for n in range(40))
    assert "listing" in detect(text + "./a/b\n" * 20, Hints(command="ls -R")).kinds


def test_a_hint_never_overrides_plain_content():
    assert detect(SAMPLES["json"], Hints(command="pytest -q")).kinds[0] == "json"


FAILURES = "".join(
    f"""{f" Test{n}.test_age ".center(60, "_")}

self = <tests.test_timed.Test{n} object at 0x7f52154abd50>
value = {{'id': {n}}}

    def test_age(self, value):
        signed = self.dumps(value)
        assert self.loads(signed, max_age=10) == value

>       with pytest.raises(SignatureExpired) as info:
E       Failed: DID NOT RAISE <class 'SignatureExpired'>

tests/test_timed.py:{n}07: Failed
"""
    for n in range(1, 9)
)
OVERFLOW = """=================================================================
==15329==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x60200000003f at pc 0x7f0b8bc602ca
WRITE of size 16 at 0x60200000003f thread T0
    #0 0x7f0b8bc602c9 in strcpy asan_interceptors.cpp:425
    #1 0x5645ea62224b in copy_name src/names.c:41
Shadow byte legend (one shadow byte represents 8 application bytes):
""" + "".join(f"  {name}: {n:x}{n:x}\n" for n, name in enumerate(["Addressable", "Freed", "Stack", "Global"] * 6))


@pytest.mark.parametrize(
    ("text", "hints", "kinds"),
    [
        pytest.param(FAILURES, Hints(command="python -m pytest -v tests"), ("tests",), id="failures alone, of pytest"),
        pytest.param(FAILURES[700:], Hints(), ("tests",), id="from the midst of a failure, no command known"),
        pytest.param(
            "".join(
                f"src/a{n}.ts:{n}:5 - error TS2322: Type 'x' is not 'y'.\n\n{n}   let a{n} = f(b, {n});\n      ~~~~\n\n"
                for n in range(10, 40)
            ),
            Hints(command="npx tsc --pretty"),
            ("build",),
            id="diagnoses with the line they are about",
        ),
        pytest.param(OVERFLOW, Hints(command="./names"), ("trace",), id="a sanitizer's report"),
        pytest.param(
            "".join(f" def f{n}(x):\n-    return x + {n}\n+    return x - {n}\n \n" for n in range(30)),
            Hints(command="git diff HEAD~1"),
            ("diff",),
            id="the midst of a diff is no source",
        ),
        pytest.param(
            "".join(f"- item {n}\n  of a list\n\n" for n in range(30)),
            Hints(command="git diff HEAD~1"),
            (),
            id="a list is no midst of a diff",
        ),
    ],
)
def test_a_piece_of_what_a_program_prints_is_no_source_or_settings(text, hints, kinds):
    assert detect(text, hints).kinds[:1] == kinds


@pytest.mark.parametrize("text", ["", "\n\n", "   ", "x", "\x00\x01"])
def test_nothing_to_go_by_gives_no_error(text):
    detect(text, Hints())


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/a/b.py", "code"),
        ("x.csv", "table"),
        ("README", "markdown"),
        ("C:\\x\\a.LOG", "log"),
        ("Makefile", "code"),
        ("noext", None),
    ],
)
def test_kind_that_a_file_name_promises(path, kind):
    assert kind_of_path(path) == kind


def test_only_a_bounded_sample_is_looked_at(monkeypatch):
    text = SAMPLES["log"] * 3_000
    from headroom.compress import detect as module

    sample = module.take(text)
    assert len(sample.text) <= 3 * 4_000 + 1


OPENED = {
    "a traceback, then a log": (
        'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    g()\nValueError: x\n'
        + "".join(f"2026-11-02 10:{n:02}:07 INFO worker-{n} took job {n * 7}\n" for n in range(60)),
        "log",
    ),
    "hits, then a compiler": (
        "".join(f"src/a{n}.c:{n}: found\n" for n in range(1, 4))
        + "".join(f"src/b{n}.c:{n}:7: error: unknown name x{n}\n    7 |   x{n}();\n" for n in range(60)),
        "build",
    ),
    "hits to the end": ("".join(f"src/a{n}.c:{n}: found\n" for n in range(1, 90)), "search"),
    "a traceback to the end": (
        "Traceback (most recent call last):\n" + '  File "a.py", line 3, in f\n    g()\n' * 40 + "ValueError: x\n",
        "trace",
    ),
}


@pytest.mark.parametrize(("text", "kind"), OPENED.values(), ids=OPENED)
def test_how_a_text_begins_does_not_decide_alone(text, kind):
    assert detect(text, Hints()).kinds[:1] == (kind,)


def test_a_table_with_long_lines_is_one():
    head = ",".join(f'"COLUMN_{n}"' for n in range(40))
    rows = "".join(
        ",".join(f"{(row * 7919 + n * 31) % 100_000 / 7:.{n % 7}f}" for n in range(40)) + "\n" for row in range(60)
    )
    assert detect(f"{head}\n{rows}", Hints()).kinds[:1] == ("table",)


CHANGES = "".join(
    f"# 1.{n}.0\n- added `List` functions: `maximum-by-{n}`, `minimum-by`\n- build with LiveScript 1.{n}\n- fixed it\n\n"
    for n in range(20, 0, -1)
)
KEPT = "# Changelog\n\n" + "".join(
    f"## [3.{n}.0] - 2020-05-{n:02}\n### Changed\n- Support `safe/loadAll(input, {n})`.\n\n### Fixed\n* Fix it.\n\n"
    for n in range(20, 0, -1)
)


@pytest.mark.parametrize("text", [CHANGES, KEPT], ids=["titles alone", "titles below titles"])
@pytest.mark.parametrize("command", ["cat CHANGELOG.md", "cat notes", ""])
def test_a_list_of_changes_is_a_document(text, command):
    assert detect(text, Hints(tool="bash", command=command or None)).kinds[:1] == ("markdown",)


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"# step {n} of the play\n- name: install part {n}\n  apt: name=part{n}\n\n" for n in range(20)),
        "".join(f"# what part {n} is for\n# and who calls it\npart_{n} = load({n})\n\n" for n in range(20)),
    ],
    ids=["YAML", "a script"],
)
def test_remarks_over_keys_and_statements_are_no_titles(text):
    assert "markdown" not in detect(text, Hints()).kinds[:1]
