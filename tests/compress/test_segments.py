import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.accounts import tokens
from headroom.compress import legends
from headroom.compress.legends import to_top
from headroom.compress.rendition import Gap, Hints
from headroom.compress.router import Policy, compress
from headroom.compress.segments import before_paths, clear_of_marks, cut, legends_first, sections

LOG = "".join(f"2024-01-01 10:00:{n:02d} INFO job {n} done and dusted\n" for n in range(40))
SEARCH = "".join(f"src/a{n}.py:{n}:    return value + {n}\n" for n in range(40))
JSON = "{\n" + "".join(f'  "key{n}": "value {n}",\n' for n in range(40)) + '  "end": 1\n}\n'


def kinds(text):
    return [segment.kind for segment in cut(text)]


def test_runs_of_different_kinds_are_parted():
    assert kinds(LOG + SEARCH + JSON) == ["log", "search", "json"]


def test_one_foreign_line_stays_with_its_run():
    lines = LOG.splitlines(keepends=True)
    lines.insert(20, '{"event": "flag", "on": true}\n')
    assert kinds("".join(lines)) == ["log"]


def test_file_headings_part_equal_kinds():
    assert len(cut(f"==> a.log <==\n{LOG}\n==> b.log <==\n{LOG}")) == 2


def test_first_lines_count_from_one():
    segments = cut(LOG + SEARCH)
    assert [segment.first_line for segment in segments] == [1, 41]


@settings(max_examples=150)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=40),
            st.sampled_from([LOG, SEARCH, JSON, "\r\n", "\x85", "\u2028", "\f", "==> x <==\n", "\n\n"]),
        ),
        max_size=8,
    ).map("".join)
)
def test_segments_put_together_are_the_source(text):
    assert "".join(segment.text for segment in cut(text)) == text


_LONG = "[~ legend of 1: $x below stands for its text]\n$a=one long phrase\n$a\n"
_OTHER = _LONG.replace("one", "other")


@pytest.mark.parametrize(
    ("texts", "sources", "clear"),
    [
        pytest.param([_LONG, "b"], ["long" * 9, "b"], [True, True], id="one legend"),
        pytest.param([_LONG, _OTHER], ["long" * 9, "b"], [True, False], id="a mark for two things"),
        pytest.param([_OTHER, _LONG], ["b", "long" * 9], [False, True], id="the longer one keeps its marks"),
        pytest.param([_LONG, _OTHER.replace("$", "&")], ["long" * 9, "b"], [True, True], id="other marks"),
        pytest.param([_LONG, "echo $a"], ["long" * 9, "echo $a"], [False, True], id="the mark stands in another part"),
    ],
)
def test_no_mark_is_read_in_two_ways(texts, sources, clear):
    assert [text is kept for text, kept in zip(texts, clear_of_marks(texts, sources), strict=True)] == clear


_GAP = Gap(2, 9)
_LEGEND = "[~ legend of 1: $x below stands for its text]\n$a=one long phrase\n"


@pytest.mark.parametrize(
    ("parts", "moved"),
    [
        pytest.param([("above\n",), (_LONG,)], [(_LEGEND, "above\n"), ("$a\n",)], id="below"),
        pytest.param([(_LONG,), ("below\n",)], [(_LONG,), ("below\n",)], id="on top already"),
        pytest.param(
            [(_LONG,), (_LONG.replace("$", "&"), _GAP)], [(_LEGEND.replace("$", "&"), _LONG), ("&a\n", _GAP)], id="two"
        ),
        pytest.param([(_GAP,), (_LEGEND, _GAP)], [(_LEGEND, _GAP), (_GAP,)], id="gaps"),
        pytest.param([("a",), (), ("[~ 3 lines]\n",)], [("a",), (), ("[~ 3 lines]\n",)], id="none"),
    ],
)
def test_legends_stand_above_all_parts(parts, moved):
    assert legends_first(parts) == moved


def test_marks_of_a_part_in_the_middle_are_told_at_the_top():
    paths = "".join(
        f"{place}:{n}:   failed to load the settings of part {n * 7}\n"
        for n in range(60)
        for place in ("/srv/app/lib", "/srv/app/src")
    )
    source = f"{JSON}\n=== search ===\n{paths}=== settings ===\n{JSON.replace('value', 'other')}" + LOG
    found = compress(source, Hints(), Policy(), tokens.count, render=str)
    assert found.text is not None
    assert "[~ legend of " in found.text
    assert to_top(found.text).startswith("[~ legend of ")


HEADS = [
    ("=== versions ===\n", "=== changes ===\n"),
    ("--- ls ---\n", "--- diff ---\n"),
    ("==> a.txt <==\n", "==> b.txt <==\n"),
]
TREE = "project\n" + "\n".join(f"├── part{n}\n│   ├── code{n}.py\n│   └── test{n}.py" for n in range(60)) + "\n"
TABLE = "id,name,state,load\n" + "".join(
    f"{n},unit-{n % 7},{'late' if n == 217 else 'ready'},{n * 7919 % 997}\n" for n in range(400)
)


@pytest.mark.parametrize("heads", HEADS, ids=["equals signs", "dashes", "arrows"])
@pytest.mark.parametrize("swapped", [False, True], ids=["listing first", "table first"])
def test_outputs_below_headings_are_each_read_as_what_they_are(heads, swapped):
    texts = (TABLE, TREE) if swapped else (TREE, TABLE)
    source = "".join(head + text for head, text in zip(heads, texts, strict=True))
    parts = sections(source)
    assert [part.text for part in parts if not part.notice] == list(texts)
    found = compress(source, Hints(query="What is the state of id 217?"), Policy(lossy=True), tokens.count, render=str)
    assert found.text is not None
    assert "217" in found.text
    assert "late" in found.text
    assert found.tokens_after < 0.4 * found.tokens_before


@pytest.mark.parametrize("head", [head for pair in HEADS for head in pair])
@pytest.mark.parametrize("above", ["", "above\n", "# title\n\n", "== not one ==\n", "--- a/b\n"])
def test_a_heading_is_found_wherever_it_stands(above, head):
    parts = sections(f"{above}{head}below\n")
    assert [part.text for part in parts] == [*([above] if above else []), head, "below\n"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n=====\nb\n",
        "-----\n",
        "id   who  day\n---- ---- ----\n1    a    b\n",
        "=== open\n",
        "x === y ===\n",
        "=== a ===\n" * 60,
    ],
    ids=["empty", "a rule", "dashes", "below titles", "one side only", "in a line", "too many"],
)
def test_no_sections(text):
    assert sections(text) is None


ERRORS = "".join(
    f"src/main.ts({n},1): error TS2322: Type 'string' is not assignable to type 'n{n}'.\n" for n in range(9)
)
READ = "".join(f"/repo/node_modules/typescript/lib/lib.es{n}.d.ts\n" for n in range(2000, 2030)) + "".join(
    f"/repo/node_modules/zod/lib/{name}.d.ts\n" for name in ("index", "locales/en", "errors", "types", "helpers/util")
)


def spelled(text):
    return legends.decode(*legends.split(text))


def test_a_compiler_that_lists_what_it_reads_is_parted_from_the_list():
    assert [part.text for part in before_paths(ERRORS + READ) or ()] == [ERRORS, READ]
    hints = Hints(tool="Bash", command="npx tsc -p . --listFiles", query="Which files of zod does the compiler read?")
    outcome = compress(ERRORS + READ, hints, Policy(lossy=True, context=2_000), tokens.count, render=str)
    assert not outcome.lossless
    assert all(name in outcome.text for name in ("locales/en.d.ts", "errors.d.ts", "helpers/util.d.ts"))
    assert "lib.es2017.d.ts" not in outcome.text
    assert all(f"src/main.ts({n},1)" in spelled(outcome.text) for n in range(9))


@pytest.mark.parametrize(
    "text", [ERRORS, READ, ERRORS + READ[:700], READ + ERRORS, "\n" * 50, "a b c\n" * 40 + "/\n" * 40]
)
def test_where_no_list_of_files_ends_an_output_it_is_one(text):
    assert before_paths(text) is None
