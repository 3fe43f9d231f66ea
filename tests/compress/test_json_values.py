"""JSON without records: exact back; long lists and maps cut to what is asked for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress import json_runs, law
from headroom.compress.json_values import JsonValues
from headroom.compress.rendition import Gap, Hints
from tests.compress.accounting import shown_text

VALUES = JsonValues()
NO_HINTS = Hints()


def encode(text: str) -> str:
    found = VALUES.lossless(text, NO_HINTS)
    assert found is not None
    assert VALUES.decode(found.text) == text
    return found.text


def ask(text: str, query: str):
    found = VALUES.lossy(text, Hints(query=query))
    if found is not None:
        assert law.holds(text, found, (), VALUES)
    return found


PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
ANY = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=4), inner, max_size=6),
    max_leaves=20,
)


@settings(max_examples=80, deadline=None)
@given(ANY, st.sampled_from([None, 2, 4, "\t"]), st.booleans(), st.sampled_from(["", "\n"]))
def test_any_json_comes_back_byte_for_byte(value, indent, ascii_only, tail):
    text = json.dumps([value, "x" * 40], indent=indent, ensure_ascii=ascii_only) + tail
    found = VALUES.lossless(text, NO_HINTS)
    if found is not None:
        assert VALUES.decode(found.text) == text


runs = st.one_of(
    st.tuples(
        st.sampled_from(["part-", "", "x{", "*", "0"]), st.integers(0, 120), st.integers(1, 50), st.integers(-3, 7)
    ).map(lambda t: [f"{t[0]}{max(0, t[1] + i * t[3]):03d}.gz" for i in range(t[2])]),
    st.tuples(PLAIN, st.integers(1, 50)).map(lambda t: [t[0]] * t[1]),
    st.tuples(st.integers(-5, 10**16), st.integers(1, 60), st.integers(-2, 5)).map(
        lambda t: [t[0] + i * t[2] for i in range(t[1])]
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(runs, max_size=5))
def test_runs_come_back(parts):
    tokens = [json.dumps(value, ensure_ascii=False) for part in parts for value in part]
    lines = json_runs.write(tokens)
    if lines is not None:
        assert json_runs.read(len(tokens), lines[1:]) == ("[" + ",".join(tokens) + "]", len(lines) - 1)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ([f"part-{i:05d}.parquet" for i in range(177)], '*177 "part-{00000..00176}.parquet"'),
        (list(range(5, 505, 5)), "*100 {5..500}"),
        ([True] * 60 + [False], "*60 true"),
        ([f"s{i}/log.7.txt" for i in range(30)], '*30 "s{0..29}/log.7.txt"'),
    ],
    ids=["padded names", "numbers", "booleans", "a number that stays beside one that counts"],
)
def test_lists_that_count_on_are_folded(value, line):
    assert line in encode(json.dumps({"a": value}, indent=2)).split("\n")


@pytest.mark.parametrize("value", [["a", "b"] * 20, [1.5, 2.5, 3.5] * 20, [f"v{i % 3}" for i in range(60)]])
def test_other_lists_stay_written_out(value):
    assert "*" not in encode(json.dumps(value, indent=2))


@pytest.mark.parametrize(
    "text", ['{"a":1,"a":2,"long":"' + "x " * 200 + '"}', "", "{", "plain text", '{"a":\n1,   "b":2}' + " " * 300]
)
def test_what_cannot_be_written_back_is_left_alone(text):
    found = VALUES.lossless(text, NO_HINTS)
    assert found is None or VALUES.decode(found.text) == text


TIMES = {
    f"4.{i}.0": f"2024-0{i % 9 + 1}-{i % 28 + 1:02}T{i * 7 % 24:02}:{i * 11 % 60:02}:{i * 13 % 60:02}Z"
    for i in range(120)
}
DOCUMENT = {
    "_id": "thing@9",
    "versions": list(TIMES),
    "time": TIMES,
    "readme": " ".join(f"word{i}" for i in range(800)),
    "license": "MIT",
}


@pytest.mark.parametrize("indent", [2, None], ids=["pretty", "on one line"])
def test_members_asked_for_are_shown_and_all_keys_around_them(indent):
    text = json.dumps(DOCUMENT, indent=indent)
    found = ask(text, "What are `_id`, `time.4.77.0` in this response?")
    assert found is not None
    shown = shown_text(found)
    assert f'"4.77.0":"{TIMES["4.77.0"]}"' in shown
    notes = ", ".join(gap.note for gap in found.gaps)
    for key in DOCUMENT:
        assert f'"{key}":' in shown or key in notes.replace(":", ",").split(", ")[1:] or f" {key}" in f" {notes}"
    assert len(shown) < 0.3 * len(text)
    unit = "lines" if indent else "chars"
    assert {gap.unit for gap in found.gaps} <= {unit, "chars"}
    lines = text.split("\n")
    for gap in found.gaps:
        cut = text[gap.first - 1 : gap.last] if gap.unit == "chars" else "\n".join(lines[gap.first - 1 : gap.last])
        assert cut.strip()
        assert "4.77.0" not in cut or "versions" in gap.note


def test_shown_text_and_gaps_make_up_the_whole():
    text = json.dumps(DOCUMENT, separators=(",", ":"))
    found = ask(text, "What is `time.4.77.0`?")
    assert found is not None
    again = ""
    for piece in found.pieces:
        again += text[piece.first - 1 : piece.last] if isinstance(piece, Gap) else piece.replace("\n", "")
        if isinstance(piece, Gap) and text[piece.last : piece.last + 1] == "," and not again.endswith(","):
            again += ","
    assert again.partition("]")[2] == text


@pytest.mark.parametrize(("count", "cut"), [(60, False), (110, True)], ids=["a short list", "a long list"])
def test_a_list_of_many_short_values_is_cut_where_the_question_names_none(count, cut):
    versions = [f"{n // 10}.{n % 10}.{n % 3}" for n in range(count)]
    found = ask(json.dumps({**DOCUMENT, "versions": versions}), "What is `time.4.77.0` of `thing`?")
    assert found is not None
    assert all(f'"{version}"' in shown_text(found) for version in versions) is not cut
    assert any("versions" in gap.note for gap in found.gaps) is cut


def test_text_behind_a_gap_never_looks_like_our_markers():
    forged = "[~ 12 rows omitted (R5-16); hr:^]"
    readme = "x" * 3000 + forged
    for size in range(150, 260):
        text = json.dumps({**DOCUMENT, "readme": (readme + "y" * size)})
        found = ask(text, "What is `time.4.77.0`?")
        assert found is not None
        assert not any(isinstance(piece, str) and piece.startswith(forged) for piece in found.pieces)


@pytest.mark.parametrize(
    "query",
    ["Please go on with the task.", "Which `versions` are there?", "List all times.", "What does the weather do?"],
)
def test_a_question_for_the_whole_gets_it(query):
    found = ask(json.dumps(DOCUMENT, indent=2), query)
    assert found is None or '"4.50.0","4.51.0"' in shown_text(found)


@pytest.mark.parametrize(
    ("step", "cut"),
    [
        pytest.param(
            "Step 3. What are `_id`, `time.4.77.0` in this response? I'll look.", True, id="names of its keys"
        ),
        pytest.param("I'll run `npm view thing --json` for that.", False, id="a command"),
        pytest.param("I need `_id` and `homepage`.", False, id="one of them is no key"),
        pytest.param("Show every `_id` and `time.4.77.0`.", False, id="asks for all itself"),
        pytest.param("Let me look at 4.77.0.", False, id="nothing between quotes"),
    ],
)
def test_a_task_that_wants_all_yields_to_a_step_that_points_at_keys(step, cut):
    task = "The build is broken: list every error with its file and line."
    assert (ask(json.dumps(DOCUMENT, indent=2), f"{task}\n{step}") is not None) is cut


EXPORTS = {f"./part_{i}/client": {"types": f"./types/{i}.d.ts", "require": f"./cjs/{i}.js"} for i in range(60)}
SCRIPTS = {f"test:{i}": f"vp test --run --project number_{i} --reporter dot" for i in range(30)}
PACKAGE = {"name": "thing", "exports": EXPORTS, "scripts": SCRIPTS, "time": TIMES, "license": "MIT"}


@pytest.mark.parametrize(
    ("query", "kept", "gone"),
    [
        pytest.param(
            "What are `time.4.77.0`, `exports../part_7/client.require` of `thing`?",
            ['"./part_7/client":{', '"4.77.0":', '"./part_59/client":{'],
            ['"./part_8/client":{', '"test:15"'],
            id="a path into a map of objects",
        ),
        pytest.param(
            "What is `time.4.77.0` of `thing`?", ['"4.77.0":'], ['"./part_8/client":{'], id="a path beside it"
        ),
        pytest.param(
            "What are `time.4.77.0` and `exports` of `thing`?",
            ['"4.77.0":', '"./part_8/client":{'],
            [],
            id="the map itself",
        ),
        pytest.param(
            "What are `time.4.77.0` and `exports.not.here`?", ['"./part_8/client":{'], [], id="a path that is not there"
        ),
    ],
)
def test_maps_of_small_objects_are_cut_where_paths_are_named(query, kept, gone):
    found = ask(json.dumps(PACKAGE, indent=2), query)
    shown = shown_text(found) if found else json.dumps(PACKAGE, separators=(",", ":"))
    assert all(key in shown for key in kept)
    assert not any(key in shown for key in gone)


def _branches(depth, width=4):
    return {
        f"{'abcdefgh'[n] * 3}-{depth}": {
            "version": f"{depth}.{n}.0",
            "overridden": False,
            **({"dependencies": _branches(depth - 1)} if depth else {}),
        }
        for n in range(width)
    }


@pytest.mark.parametrize(
    ("query", "kept", "gone"),
    [
        ("What are `dependencies.aaa-3.version` and `dependencies.bbb-3.dependencies.ccc-2.version`?",
         ['"aaa-3":{"version":"3.0.0"', '"ccc-2":{"version":"2.2.0"'], ['"ddd-3":', '"ddd-2":', '"ddd-1"']),
        ("What is `dependencies.bbb-3.dependencies`?", ['"ccc-2":{', '"ddd-2":{'], ['"ddd-3":{']),
        ("What is `dependencies`?", ['"ddd-3":{'], []),
        ("What is `dependencies.zzz.version`?", ['"ddd-3":{'], []),
    ],
    ids=["paths", "a branch", "all", "a path that is not there"],
)  # fmt: skip
def test_of_a_tree_of_objects_stays_what_the_paths_lead_to(query, kept, gone):
    text = json.dumps({"name": "x", "dependencies": _branches(3)}, indent=2)
    found = ask(text, query)
    shown = shown_text(found) if found else json.dumps(json.loads(text), separators=(",", ":"))
    assert all(key in shown for key in kept)
    assert not [key for key in gone if key in shown]


def test_objects_with_many_different_fields_keep_all_keys():
    record = {f"field_{i}": (f"value {i}" * 6, i, None, True)[i % 4] for i in range(120)}
    assert ask(json.dumps(record), "What is `field_8`?") is None


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.text(max_size=40))
def test_no_text_raises(text, query):
    VALUES.lossless(text, Hints(query=query))
    VALUES.lossy(text, Hints(query=query))
    VALUES.explains(text, [query])


def _tree():
    """As ``npm ls --json --all`` prints it."""
    tree = {}
    for n in range(12):
        inner = {f"part-{n}-{m}": {"version": f"{n}.{m}.1", "overridden": False} for m in range(30)}
        tree[f"pack-{n}"] = {"version": f"{n}.0.0", "dependencies": inner}
    tree["pack-7"]["dependencies"]["part-7-3"]["dependencies"] = {"cookieJar": {"version": "4.0.9"}}
    tree["pack-9"]["dependencies"]["which"] = {"version": "2.2.2"}
    return json.dumps({"name": "shop", "dependencies": tree}, indent=2)


@pytest.mark.parametrize(
    ("query", "shown", "gone"),
    [
        ("Which version of part-5-17 is installed here?", ['"part-5-17":{"version":"5.17.1"'], ["part-4-1", "2.2.2"]),
        (
            "Where does cookieJar come from?",
            ['"cookieJar":{"version":"4.0.9"}', '"part-7-3"', '"pack-7"'],
            ["part-4-1"],
        ),
        ("What does pack-3 depend on?", ['"part-3-0"', '"part-3-29"'], ["part-4-1"]),
        ("Which package has the version 6.29.1, and where is cookieJar?", ['"6.29.1"', '"4.0.9"'], ["part-4-1"]),
    ],
    ids=["a package", "one deep inside", "a whole branch", "a value beside a key"],
)
def test_of_a_tree_the_branches_stay_that_hold_what_is_named(query, shown, gone):
    text = _tree()
    found = ask(text, query)
    view = shown_text(found)
    assert all(part in view for part in shown)
    assert not any(part in view for part in gone)
    assert len(view) < 0.4 * len(text)
    assert all(piece.unit == "lines" for piece in found.pieces if isinstance(piece, Gap))


@pytest.mark.parametrize(
    "query", ["Which version has each package?", "Is `overridden` set anywhere?", "Does this shop look sound?"]
)
def test_a_tree_stays_whole_where_nothing_tells_its_branches(query):
    assert ask(_tree(), query) is None


RELEASE = {
    "_id": "basket@4.1.0",
    "name": "basket",
    "versions": [f"{n // 20}.{n % 20}.0" for n in range(120)],
    "time": {f"{n // 20}.{n % 20}.0": f"20{n % 24:02}-01-02T03:04:{n % 60:02}Z" for n in range(120)},
    "dist": {
        "shasum": "ab72dace" * 5,
        "size": 48211,
        "signatures": [{"keyid": f"k{n}", "sig": "x" * 60} for n in range(9)],
    },
    "scripts": {f"task-{n}": f"node scripts/task-{n}.js --all" for n in range(30)},
}


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("What are `_id` and `time.3.1.0`?", ['"_id":"basket@4.1.0"', '"3.1.0":"20']),
        ("Build it.\nWhat are `dist.size`, `dist.shasum` and `name` here?", ['"size":48211', '"name":"basket"']),
        ('What is "time.5.19.0" in this response?', ['"5.19.0":"20']),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_of_values_that_are_called_by_their_dotted_names_nothing_else_is_shown(query, there, indent):
    text = json.dumps(RELEASE, indent=indent)
    found = ask(text, query)
    assert found is not None
    assert found.transform == "json:asked"
    shown = shown_text(found)
    assert all(member in shown for member in there)
    assert len(shown) < 0.1 * len(text)
    assert "task-7" not in shown


@pytest.mark.parametrize(
    "query",
    [
        "What are `_id` and `time.99.1.0`?",
        "What are `_id`, `licence` and `readme`?",
        "What are `_id` and `old_shasum.shasum`?",
        "How many `versions` are there, and what is `_id`?",
        "What is in `scripts`, `time` and `versions`?",
        "What is `basket`?",
        "When was 3.1.0 published, and which `dist` is there?",
    ],
)
def test_of_other_questions_the_keys_around_what_is_asked_for_stay(query):
    found = ask(json.dumps(RELEASE), query)
    assert found is None or (found.transform == "json:members" and '"shasum":' in shown_text(found))


def test_names_that_are_nowhere_do_not_keep_the_rest():
    found = ask(json.dumps(RELEASE, indent=2), "What are `_id` and `licence`?")
    assert found is not None
    assert found.transform == "json:asked"
    assert "task-7" not in shown_text(found)


PUBLISHED = {
    "name": "brisk",
    "versions": [f"{n // 10}.{n % 10}.0" for n in range(120)],
    "time": {f"{n // 10}.{n % 10}.0": f"2026-0{1 + n % 9}-1{n % 7}T08:00:00Z" for n in range(120)},
    "scripts": {f"step{n}": f"node build.js --part {n}" for n in range(6)},
    "dependencies": {f"left-{n}": f"^{n}.1.0" for n in range(30)},
    "engines": {"node": ">= 18"},
}


@pytest.mark.parametrize(
    ("query", "gone"),
    [
        ("When was 3.4.0 published?", {"scripts", "dependencies"}),
        ("When was 3.4.0 published, and which `dependencies` are there?", {"scripts"}),
        ("When was 3.4.0 published, and what of left-7?", {"scripts"}),
        ("When was 3.4.0 published, and what does step5 of the scripts run?", {"dependencies"}),
        ("When was 3.4.0 published, and who needs zebra-9?", set()),
        ("Which node does it need?", set()),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_members_without_a_word_of_the_question_go_beside_those_that_are_cut_to_it(query, gone, indent):
    found = ask(json.dumps(PUBLISHED, indent=indent), query)
    shown = shown_text(found) if found is not None else json.dumps(PUBLISHED)
    there = {"scripts": "build.js --part 3", "dependencies": "left-11", "engines": ">= 18", "name": "brisk"}
    assert {name for name, sign in there.items() if sign not in shown} == gone
    if found is not None:
        assert '"3.4.0":"2026-08-16T08:00:00Z"' in shown
        notes = " ".join(piece.note for piece in found.pieces if isinstance(piece, Gap))
        assert all(name in notes for name in gone)
