import ast
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress import law
from headroom.compress.code import Code
from headroom.compress.code_items import _indents, _without_indents, find_items
from headroom.compress.code_marks import QUOTED, _blank_labels
from headroom.compress.rendition import Gap, Hints

PYTHON = "import os\nfrom typing import Any\n\nLIMIT = 3\n\n\n" + "\n\n".join(
    f'def task_{n}(value: int) -> int:\n    """Do task {n}.\n\n    More words.\n    """\n'
    + "".join(f"    value += helper_{n}(value, {line})\n" for line in range(12))
    + "    return value\n"
    for n in range(20)
)
C = "#include <stdio.h>\n\n" + "\n".join(
    f"/* Does step {n}. */\nstatic int step_{n} (int a,\n                   int b) {{\n"
    + "".join(f"  a += b * {line};\n#ifdef DEBUG\n  trace(a);\n#endif\n" for line in range(6))
    + "  return a;\n}\n"
    for n in range(20)
)
TS = "import { pipe } from './f'\n\n" + "\n".join(
    f"export const make{n}: {{\n  <A>(a: A): A\n}} = dual(\n  2,\n  (a) => a\n)\n\nexport class Box{n} {{\n  private x = {n}\n\n"
    f"  open{n}(key: string) {{\n" + "".join(f"    this.log(key, {line})\n" for line in range(14)) + "  }\n}\n"
    for n in range(12)
)


def names(text):
    return {item.name for item in find_items(text.split("\n"), text)}


@pytest.mark.parametrize(
    ("text", "some"),
    [
        pytest.param(PYTHON, {"task_0", "task_19", "LIMIT"}, id="Python"),
        pytest.param(C, {"step_0", "step_19"}, id="C with preprocessor lines and a wrapped signature"),
        pytest.param(TS, {"make0", "Box3", "open3"}, id="TypeScript with members"),
    ],
)
def test_definitions_are_found(text, some):
    assert some <= names(text)


@settings(max_examples=200)
@given(st.text(alphabet=" \t\r\n\f\xa0ax", max_size=40))
def test_blanks_tabs_and_returns_alone_are_an_indent(text):
    lines = text.split("\n")
    bare = _without_indents(lines, text)
    assert bare == [line.lstrip(" \t\r") for line in lines]
    indents = [line[: len(line) - len(rest)] for line, rest in zip(lines, bare, strict=True)]
    tab = 7 if re.search(r"\n {6}[^\s*]", text) else 3
    width = [len(indent) + tab * indent.count("\t") * indent.startswith("\t") for indent in indents]
    assert _indents(lines, bare, text) == [n if rest else -1 for n, rest in zip(width, bare, strict=True)]


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(["goto ", "break ", "continue ", "out", "o", "else", " ", ";", "\n"]), max_size=12).map(
        "".join
    )
)
def test_a_label_is_what_some_jump_names(words):
    text = f"{words}\nout:\nelse:\npublic:\nx y:\n"
    lines = text.split("\n")
    indents = [0] * len(lines)
    _blank_labels(text, indents)
    jumps = ("goto", "break", "continue")
    named = {"public", "out"} if any(f"{jump} out" in text for jump in jumps) else {"public"}
    marked = {line.rstrip(":") for line, indent in zip(lines[-6:], indents[-6:], strict=True) if indent == QUOTED}
    assert marked == named


def test_a_wrapped_definition_is_one_item():
    lines = TS.split("\n")
    item = next(item for item in find_items(lines, "\n".join(lines)) if item.name == "make3")
    assert lines[item.head].startswith("export const make3")
    assert lines[item.last] == ")"


def test_comments_belong_to_what_they_stand_on():
    lines = C.split("\n")
    item = next(item for item in find_items(lines, "\n".join(lines)) if item.name == "step_4")
    assert lines[item.first] == "/* Does step 4. */"
    assert lines[item.last] == "}"


def shown(rendition):
    return "".join(
        piece if isinstance(piece, str) else f"{piece.indent}[~ {piece.note}]\n" for piece in rendition.pieces
    )


@pytest.mark.parametrize(
    ("text", "name", "body"),
    [
        (PYTHON, "task_7", "value += helper_7(value, 11)"),
        (C, "step_7", "  a += b * 5;"),
        (TS, "open7", "    this.log(key, 13)"),
    ],
    ids=["Python", "C", "TypeScript"],
)
def test_the_definition_in_question_stays_whole(text, name, body):
    found = Code().lossy(text, Hints(query=f"Show me how `{name}` works; I want to change it."))
    assert found is not None
    out = shown(found)
    lines = text.split("\n")
    item = next(item for item in find_items(lines, "\n".join(lines)) if item.name == name)
    assert "\n".join(lines[item.first : item.last + 1]) in out
    assert body in out
    assert lines[0] in out
    assert len(out) < len(text) / 2
    assert law.holds(text, found)


def test_the_markers_name_what_went():
    found = Code().lossy(PYTHON, Hints(query="`task_7`"))
    assert found is not None
    notes = " ".join(gap.note for gap in found.gaps)
    assert "task_2" in notes
    assert "task_19" in notes


@pytest.mark.parametrize("query", ["Go on.", "what about the flux capacitor?"])
def test_without_an_answer_the_source_stays(query):
    assert Code().lossy(PYTHON, Hints(query=query)) is None


def test_a_skeleton_keeps_signatures_and_still_parses():
    found = Code(skeleton=True).lossy(PYTHON, Hints(query="Go on.", path="a.py"))
    assert found is not None
    out = shown(found)
    assert all(f"def task_{n}(value: int) -> int:" in out for n in range(20))
    assert "return value" in out
    assert len(out) < 0.7 * len(PYTHON)
    stub = "".join(piece if isinstance(piece, str) else "    ...\n" for piece in found.pieces)
    ast.parse(stub)


NESTED = '''
class Store:
    """Holds things."""

    @property
    def size(self) -> int:
        """How many."""
        for one in self.things:
            if one is None:
                return 0
            with one.lock:
                self.seen += 1
        else:
            raise ValueError("none")
        text = """
def not_a_function():
    return 1
"""
        return len(
            self.things,
        )

    async def take(
        self, name: str, *, wait: bool = False
    ) -> str:
        match name:
            case "a":
                return "1"
            case _:
                pass
        try:
            found = await self.find(name)
        except KeyError:
            # TODO: say which
            raise
        finally:
            self.seen += 1
        if found: return found
        raise LookupError(f"{name!r} {'there' if wait else 'gone'}")
'''


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("repeats", [3, 40])
def test_a_skeleton_of_nested_statements_parses(repeats, end):
    source = "".join(NESTED.replace("Store", f"Store{n}") for n in range(repeats)).replace("\n", end)
    found = Code(skeleton=True).lossy(source, Hints(query="Go on."))
    assert found is not None
    out = shown(found)
    assert len(out) < 0.7 * len(source)
    assert out.count("async def take(") == out.count("def size(self)") == repeats
    assert out.count("raise LookupError") == out.count("return len(") == repeats
    ast.parse("".join(piece if isinstance(piece, str) else "        ...\n" for piece in found.pieces))


def test_most_files_of_the_standard_library_have_a_skeleton_with_all_public_names():
    files = [path for path in sorted(Path(ast.__file__).parent.glob("*.py")) if path.stat().st_size > 20_000]
    made = 0
    for path in files:
        text = path.read_text(errors="replace")
        found = Code(skeleton=True).lossy(text, Hints(path=path.name))
        if found is not None:
            made += 1
            out = shown(found)
            defined = re.findall(r"(?m)^(?:async def|def|class) (\w+)", text)
            assert all(re.search(rf"\b{name}\b", out) for name in defined), path.name
    assert made > 0.9 * len(files) > 20


def test_a_skeleton_of_what_does_not_parse_is_not_made():
    assert Code(skeleton=True).lossy(PYTHON + "\ndef broken(:\n", Hints(query="Go on.", path="a.py")) is None


def test_a_skeleton_in_another_language_is_checked_by_its_grammar():
    pytest.importorskip("ast_grep_py")
    found = Code(skeleton=True).lossy(C, Hints(query="Go on.", path="a.c"))
    assert found is not None
    assert "static int step_7 (int a," in shown(found)
    assert any(isinstance(piece, Gap) for piece in found.pieces)


def test_no_skeleton_for_a_language_that_nobody_can_check():
    assert Code(skeleton=True).lossy(C, Hints(query="Go on.", path="a.unknown")) is None


_LINES = "".join(f"    total += step({n});\n" for n in range(20))
_INNER = _LINES.replace("    ", "        ")


@pytest.mark.parametrize(
    ("text", "query", "whole"),
    [
        pytest.param(
            "class Box {\n  open() {\n    return `many\nlines at the margin ${this.a}\n`;\n  }\n\n"
            + "".join(f"  step{n}() {{\n{_LINES}  }}\n\n" for n in range(9))
            + "  closeAll(key) {\n    return this.values[key];\n  }\n\n"
            + "".join(f"  use{n}() {{\n    this.closeAll({n});\n{_LINES}  }}\n\n" for n in range(9))
            + "}\n",
            "Add a parameter to closeAll",
            "  closeAll(key) {\n    return this.values[key];\n  }\n",
            id="behind a string in backticks of several lines",
        ),
        pytest.param(
            "package a\n\n"
            + "".join(f"func step{n}() {{\n{_LINES}}}\n\n" for n in range(9))
            + f"func value(v int) error {{\n{_LINES}}}\n",
            "There is a bug in value(). Find it.",
            f"func value(v int) error {{\n{_LINES}}}\n",
            id="named by a common word as a call",
        ),
        pytest.param(
            "package a\n\n"
            + "".join(f"func step{n}() {{\n{_LINES}}}\n\n" for n in range(9))
            + f"func find(v int) error {{\n{_LINES}}}\n",
            "Show me how `find` works",
            f"func find(v int) error {{\n{_LINES}}}\n",
            id="named by a common word in backticks",
        ),
        pytest.param(
            "function build (options) {\n"
            + _LINES
            + f"  function prepareRoute (url) {{\n{_LINES}  }}\n"
            + _LINES * 5
            + "  prepareRoute(1)\n}\n",
            "what does prepareRoute do?",
            f"  function prepareRoute (url) {{\n{_LINES}  }}\n",
            id="inside another function",
        ),
        pytest.param(
            "function build (options) {\n"
            + _LINES
            + f"  function abort (reason) {{\n{_LINES}  }}\n"
            + (_LINES + "  emitter.once('abort', abort)\n") * 5
            + "}\n",
            "Add a parameter to abort",
            f"  function abort (reason) {{\n{_LINES}  }}\n",
            id="inside another function, named by a common word",
        ),
        pytest.param(
            "class Box {\n public:\n"
            + "".join(f"  int step{n}() {{\n{_LINES}  }}\n\n" for n in range(9))
            + f" private:\n  int hidden() {{\n{_LINES}  }}\n}};\n",
            "what does `hidden` do?",
            f"  int hidden() {{\n{_LINES}  }}\n",
            id="below an access label",
        ),
        pytest.param(
            "template<typename T>\n  class Box\n  {\n"
            + "".join(
                f"    int\n    step{n}()\n    {{\n{_LINES.replace('    ', '\t')}    }}\n#if A\n" for n in range(9)
            )
            + f"    int\n    hidden()\n    {{\n{_LINES.replace('    ', '      ')}    }}\n#endif\n  }};\n",
            "what does `hidden` do?",
            f"    hidden()\n    {{\n{_LINES.replace('    ', '      ')}    }}\n",
            id="in a template's class, below conditions at the margin",
        ),
        pytest.param(
            "namespace std VISIBILITY(default)\n{\nBEGIN_NAMESPACE\n/// Notes.\n\n  template<typename T,\n\t   typename U>\n"
            "    class Box\n    : public Base<T,\n\t\t  U>\n    {\n"
            + "".join(f"      void\n      step{n}(const T& t);\n\n#define HAS_{n} \\\n  1\n\n" for n in range(9))
            + "    };\n\n"
            + "".join(
                f"  template<typename T,\n\t   typename U>\n    void\n    Box<T, U>::\n    {name}(const T& t)\n    {{\n"
                f"{_LINES.replace('    ', '\t')}    }}\n\n"
                for name in (*(f"save_{n}" for n in range(12)), "load_one", "load_none")
            )
            + "}\n",
            "what does `load_one` do?",
            "  template<typename T,\n\t   typename U>\n    void\n    Box<T, U>::\n    load_one(const T& t)\n    {\n"
            f"{_LINES.replace('    ', '\t')}    }}\n",
            id="a member of a template, below its type, in a namespace with macros at the margin",
        ),
        pytest.param(
            'extern "C"\n{\n#define A 1\n#if A \\\n  && B\n#endif\n'
            + "".join(f"  static int step{n}(const struct task *t)\n  {{\n{_LINES}  }}\n" for n in range(9))
            + "}\n",
            "what does step7 do?",
            f"  static int step7(const struct task *t)\n  {{\n{_LINES}  }}\n",
            id='in a block of extern "C" with indented functions of a struct',
        ),
        pytest.param(
            "class A:\n" + "".join(f"    def step{n}(self):\n{_INNER}# old = step()\n\n{_INNER}\n" for n in range(9)),
            "what does `step7` do?",
            f"    def step7(self):\n{_INNER}# old = step()\n\n{_INNER}",
            id="with a remark at the margin",
        ),
        pytest.param(
            "".join(f"int step{n}(int a) {{\n{_LINES}}}\n\n" for n in range(9))
            + f"int load(int a) {{\n  if (a) goto out;\n{_LINES}out:\n  free(a);\n{_LINES}  return a;\n}}\n\n"
            + "".join(f"int later{n}(int a) {{\n{_LINES}}}\n\n" for n in range(9)),
            "what does `load` do?",
            f"int load(int a) {{\n  if (a) goto out;\n{_LINES}out:\n  free(a);\n{_LINES}  return a;\n}}\n",
            id="with a label at the margin",
        ),
    ],
)
def test_what_is_asked_for_stays_whole(text, query, whole):
    rendition = Code().lossy(text, Hints(query=query))
    assert whole in shown(rendition)
    assert len(shown(rendition)) < 0.8 * len(text)


def test_a_mention_comes_with_the_head_of_its_function():
    text = (
        "import os\n\n\n"
        + "\n\n".join(
            f"def work_{n}(value):\n"
            + "".join(f"    value += {line}\n" for line in range(30))
            + f"    raise Odd('message {n}')\n"
            for n in range(9)
        )
        + "\n\ndef uses(value):\n    return value\n"
    )
    told = shown(Code().lossy(text, Hints(query='Which function uses the string "message 4"?')))
    assert "def work_4(value):" in told
    assert "message 4" in told


_OTHER_WORK = "".join(f"def other_{n}(value):\n{_LINES}    return value\n\n\n" for n in range(6))
_TOLD_HEADS = {
    "of two calls side by side, and where the definition ends": (
        (
            f"def is_flag(text):\n    return text in FLAGS\n\n\ndef kind_of(text, strict=True):\n{_LINES}"
            "    if is_flag(text):\n        return bool\n\n\ndef label(text):\n    x = 1\n    return is_flag(text)\n\n\n"
        ),
        ["def kind_of(text, strict=True):", "def label(text):"],
    ),
    "of a function inside another": (
        (
            "def is_flag(text):\n    return text in FLAGS\n\n\n"
            f"def write(text):\n{_LINES}    def entry(key, text):\n        if is_flag(key):\n            return 1\n\n{_LINES}    return entry\n\n\n"
        ),
        ["def write(text):", "    def entry(key, text):"],
    ),
    "below quotes in quotes": (
        (
            'FORMS = {\n    "wiki": Form(header="\'\'\'"),\n    "html": Form(header="<b>"),\n}\n\n\n'
            f"def is_flag(text):\n    return text in FLAGS\n\n\ndef kind_of(text):\n{_LINES}    return is_flag(text)\n\n\n"
        ),
        ["def kind_of(text):"],
    ),
    "below a string that never ends": (
        f'NOTE = """\n\n\ndef is_flag(text):\n    return text in FLAGS\n\n\ndef kind_of(text):\n{_LINES}    return is_flag(text)\n\n\n',
        ["def kind_of(text):"],
    ),
}


@pytest.mark.parametrize("case", _TOLD_HEADS)
def test_whoever_calls_it_is_told_by_the_head_of_the_caller(case):
    text, heads = _TOLD_HEADS[case]
    told = shown(Code().lossy(text + _OTHER_WORK, Hints(query="Who calls `is_flag`?")))
    assert all(head in told for head in heads)
    assert "def other_5" not in told.replace("[~ gap", "")


def test_a_clause_below_the_head_of_a_function_is_no_item_of_its_own():
    text = "impl Walk {\n" + "".join(
        f"    pub fn sort_{n}<F>(mut self, cmp: F) -> Self\n    where\n        F: FnMut(&Entry) -> Ordering,\n    {{\n"
        + "".join(f"        self.step({line});\n" for line in range(9))
        + "        self\n    }\n\n"
        for n in range(12)
    )
    told = shown(Code().lossy(f"{text}}}\n", Hints(query="what does `sort_4` do?")))
    assert text[text.index("    pub fn sort_4") : text.index("    pub fn sort_5")].rstrip() in told


def test_one_member_left_of_the_others_hides_none():
    members = [
        f"      void\n      step{n}(int a)\n      {{\n"
        + "".join(f"\ta += {line};\n" for line in range(6))
        + "      }\n\n"
        for n in range(40)
    ]
    members[30] = f"     template<typename T>\n{members[30]}"
    text = "  class Steps\n  {\n" + "".join(members) + "  };\n"
    told = shown(Code().lossy(text, Hints(query="what happens inside step12()?")))
    assert members[12].rstrip() in told
    assert "step20(int a)" not in told


_JAVA_METHOD = (
    "    private int step{n}(int a) {{\n        int b = a;\n        do {{\n            b = twice{n}(b);\n"
    "        }} while (b < {n});\n        return b;\n    }}\n\n"
)
_PYTHON_METHOD = "    def step{n}(self, a):\n        b = a\n        while b < {n}:\n            b = twice{n}(b)\n        return b\n\n"


@pytest.mark.parametrize("below", ["\n", "\n\n", "    {remark} what is in here\n\n"], ids=["one", "two", "a comment"])
@pytest.mark.parametrize("behind", ["", "  {remark} all steps"], ids=["", "a remark behind the head"])
@pytest.mark.parametrize(
    ("head", "method", "foot", "remark"),
    [("public class Steps {", _JAVA_METHOD, "}\n", "//"), ("class Steps:", _PYTHON_METHOD, "", "#")],
    ids=["Java", "Python"],
)
def test_blank_lines_below_the_head_of_a_class_hide_no_member(head, method, foot, remark, behind, below):
    members = [method.format(n=n) for n in range(30)]
    text = (head + behind + "\n" + below).replace("{remark}", remark) + "".join(members) + foot
    assert {f"step{n}" for n in range(30)} <= names(text)
    told = shown(Code().lossy(text, Hints(query="Show me how `step0` works in this file; I want to change it.")))
    assert members[0].rstrip() in told
    assert "twice20" not in told


def test_a_bracket_that_closes_no_import_is_none():
    text = "import (\n    one\n    two\n)\n\nFORMS = Forms(\n" + "".join(
        f"    a{n}=Form(\n        row='{n}' * 40,\n        line='{n}' * 40,\n        head='{n}' * 40,\n        foot='{n}' * 40,\n    ),\n"
        for n in range(9)
    )
    text += ")\n\n\n" + _OTHER_WORK
    told = shown(Code().lossy(text, Hints(query="what does `other_4` do?")))
    assert "import (\n    one\n    two\n)\n" in told
    assert "    ),\n" not in told


@pytest.mark.parametrize(
    ("text", "query", "whole"),
    [
        pytest.param(
            "Compiler.prototype = {\n"
            + "".join(f"  Step{n}: function(block) {{\n{_LINES}  }},\n\n" for n in range(9))
            + "};\n",
            "Show the body of Step5.",
            f"  Step5: function(block) {{\n{_LINES}  }},\n",
            id="a member of an object",
        ),
        pytest.param(
            "".join(f"def {name}(path)\n{_LINES}end\n\n" for name in ("cd", "ln", "rm", "mv", "cp", "mkdir", "touch")),
            "I need to fix rm, what does the code look like now?",
            f"def rm(path)\n{_LINES}end\n",
            id="a short name",
        ),
    ],
)
def test_a_function_is_found_by_what_is_said_of_it(text, query, whole):
    told = shown(Code().lossy(text, Hints(query=query)))
    assert whole in told
    assert len(told) < 0.6 * len(text)


def test_all_calls_of_a_function_stay():
    text = "def find_slot(key):\n    return key\n\n\n" + "\n\n".join(
        f"def work_{n}(value):\n{_LINES}" + (f"    slot = find_slot(value)\n{_LINES}" if n % 2 else "")
        for n in range(40)
    )
    told = shown(Code().lossy(text, Hints(query="Who calls find_slot?")))
    assert all(f"def work_{n}(value):" in told for n in range(1, 40, 2))


def _declared(n):
    words = "".join(
        f"   It has a rule number {k} that is told here in some more words, for part {n}.\n" for k in range(45)
    )
    return f"/*\nZEXTERN int ZEXPORT tune{n} OF((stream strm,\n                              int  wide));\n\n     This one is for part {n}; what wide stands for is told with tune17().\n{words}*/\n\n"


def test_a_header_that_declares_in_comments_shows_the_whole_one():
    text = "#include <stdio.h>\n\n" + "".join(_declared(n) for n in range(20))
    found = Code().lossy(text, Hints(query="What does tune17 expect for wide? Which rules are there?"))
    assert found is not None
    out = shown(found)
    assert _declared(17).rstrip() in out
    assert len(out) < len(text) / 2
    assert law.holds(text, found)


COOKIES = (
    "package http\n\n// A Cookie is what is sent with a request, with a value.\ntype Cookie struct {\n\tName  string\n\tValue string\n}\n\n"
    + "".join(
        f"func step{n}(value int) int {{\n" + "".join(f"\tvalue = value*{n} + {k}\n" for k in range(12)) + "\treturn value\n}\n\n"
        for n in range(20)
    )
    + "// sanitizeValue makes a cookie value safe; spaces and commas are common in cookie values.\n"
    + "func sanitizeValue(v string) string {\n\tv = drop(v)\n"
    + "".join(f"\tif v == {n} {{\n\t\treturn v\n\t}}\n" for n in range(9))
    + "\treturn quoted(v)\n}\n"
)  # fmt: skip


def test_what_is_described_stays_whole_though_a_type_has_the_name_of_a_word():
    query = "How are cookie values with spaces or commas sanitized before they are written?"
    found = Code().lossy(COOKIES, Hints(query=query))
    assert found is not None
    assert COOKIES[COOKIES.index("func sanitizeValue") :].rstrip() in shown(found)


SHELL = "".join(
    f"# Usage: {name} DIR\n{name} () {{\n"
    + "".join(f'\tstep{k} "$dir" || die "{told} {k}"\n' for k in range(14))
    + "}\n\n"
    for name, told in (
        ("check_parents", "no parent"),
        ("find_latest_squash", "nothing of the kind"),
        ("new_squash_commit", "no squash commit, squash again"),
        ("cmd_merge", "squash this commit by hand"),
        ("ensure_clean", "the tree was modified"),
        *((f"cmd_{word}", "no") for word in ("add", "pull", "push", "split", "list", "init", "show", "drop")),
    )
)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("How does it find the last squash commit?", "find_latest_squash"),
        ("Where is it ensured that the tree was not modified?", "ensure_clean"),
    ],
)
def test_a_described_definition_is_found_by_other_forms_of_its_words(query, name):
    found = Code().lossy(SHELL, Hints(query=query, path="subtree.sh"))
    assert found is not None
    start = SHELL.index(f"# Usage: {name} ")
    assert SHELL[start : SHELL.index("}\n", start)] in shown(found)
    assert len(shown(found)) < len(SHELL) / 2


def test_what_no_name_tells_is_found_by_all_that_is_said_of_it():
    parts = "".join(
        f"static int part_{n}(struct node *self)\n{{\n"
        + "".join(f"    self->value_{k} = self->value_{k} * {n};\n" for k in range(14))
        + "    return 0;\n}\n\n"
        for n in range(30)
    )
    wanted = (
        "static void *proxy_get(struct node *self, void *name)\n{\n    void *found = generic_lookup(self, name);\n"
        "    if (found == NULL && raised(AttributeError)) {\n        clear();\n"
        + "        retry(self, name);\n" * 60
        + "        found = ask_wrapped(self, name);\n    }\n    return found;\n}\n\n"
    )
    text = f'#include "node.h"\n\n/* Whatever attribute lookup is told about here. */\nstruct lookup {{ int kind; }};\n\n{parts}{wanted}{parts.replace("part_", "other_")}'
    query = (
        "What happens on attribute lookup when the generic lookup raises AttributeError? I want to patch that function."
    )
    found = Code().lossy(text, Hints(query=query, path="proxy.c"))
    assert found is not None
    assert wanted.rstrip() in shown(found)
    assert len(shown(found)) < len(text) / 3
