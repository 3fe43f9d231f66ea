"""Configuration: the part asked for stays as it is, the rest is named in its gap."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress import law
from headroom.compress.config_covered import uncovered
from headroom.compress.config_outline import entries, looks_like_config
from headroom.compress.config_text import ConfigText
from headroom.compress.query import Relevance
from headroom.compress.rendition import Hints
from tests.compress.accounting import assert_every_row_is_shown_or_marked, shown_text

CONFIG = ConfigText()
NO_HINTS = Hints()


def ask(text: str, query: str):
    found = CONFIG.lossy(text, Hints(query=query))
    if found is not None:
        assert law.holds(text, found)
        assert found == CONFIG.lossy(text, Hints(query=query))
        lines = text.split("\n")
        assert_every_row_is_shown_or_marked(found, lines[:-1] if not lines[-1] else lines, unit="lines")
    return found


def _manifest(kind, name, image):
    return (
        f"---\n# The {name} of the shop.\napiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\nspec:\n  containers:\n"
        f"  - name: {name}\n    image: {image}\n    args: ['--level', 'info']\n    resources:\n      limits: {{cpu: 500m}}\n"
    )


MANIFESTS = "".join(
    _manifest(kind, name, f"registry.example.com/{name}:v{i}")
    for i, (kind, name) in enumerate(
        (kind, f"{word}-{n}")
        for n in range(6)
        for kind, word in (("Deployment", "web"), ("StatefulSet", "db"), ("Service", "front"))
    )
)
TOML = "".join(
    f"[tool.part{i}]\n# what it is for, in some words that take up a little room\nlevel = {i}\npath = '/srv/part{i}'\n\n"
    for i in range(20)
)
INI = "".join(
    f"; section {i}\n[section {i}]\nhost = h{i}.example.com\nport = {8000 + i}\ncomment = some more words to make it longer\n"
    for i in range(20)
)
FLAT = "".join(
    f"# About setting_{i}: it says how the server behaves when it is set, and more of that kind.\n# It has a default.\nsetting_{i}: {i * 10}\n\n"
    for i in range(60)
)
COMPOSE = "version: '3'\nservices:\n" + "".join(
    f"  svc{i}:\n    image: img{i}:1\n    ports:\n    - '{9000 + i}:80'\n    environment:\n      KEY: value{i}\n"
    for i in range(30)
)


@pytest.mark.parametrize(
    ("text", "query", "wanted", "named"),
    [
        (
            MANIFESTS,
            "Which image does the StatefulSet db-3 run with?",
            "image: registry.example.com/db-3:v10",
            "Deployment web-1",
        ),
        (TOML, "What is the path of tool.part7?", "path = '/srv/part7'", "[tool.part12]"),
        (INI, "What is the port of section 4's host h4.example.com?", "port = 8004", "[section 9]"),
        (FLAT, "What is setting_41 set to?", "setting_41: 410", "setting_12: 120"),
        (COMPOSE, "Which port does svc17 publish?", "- '9017:80'", "svc3"),
    ],
    ids=["manifests", "toml", "ini", "flat yaml", "one large key"],
)
def test_the_entry_asked_for_stays_and_others_are_named(text, query, wanted, named):
    found = ask(text, query)
    assert found is not None
    assert wanted in shown_text(found)
    assert any(named in gap.note for gap in found.gaps)
    assert len(shown_text(found)) < 0.5 * len(text)


SPEC = (
    "swagger: '2.0'\nschemes: [http]\nbasePath: /v1\ndefinitions:\n"
    + "".join(
        f"  Part{i}:\n    type: object\n    description: |\n      Parameters and responses of containers, top to bottom.\n\n"
        f"      -----BEGIN CERTIFICATE-----\n      MIIB{i}\n      -----END CERTIFICATE-----\n    title: part {i}\n"
        for i in range(40)
    )
    + "paths:\n"
    + "".join(
        f"  /containers/{{id}}/{verb}:\n    get:\n      operationId: Container{verb.title()}\n      responses:\n        '200': {verb} ok\n"
        for verb in ("start", "stop", "top", "logs", "wait")
    )
)


def test_a_long_part_without_the_name_that_another_holds_is_not_asked_about():
    found = ask(SPEC, "Which parameters and responses does /containers/{id}/top (ContainerTop) have?")
    assert found is not None
    view = shown_text(found)
    assert "'200': top ok\n" in view
    assert "Part7:" not in view
    assert any("definitions" in gap.note for gap in found.gaps)


def test_dashes_inside_a_value_part_no_documents():
    lines = SPEC.split("\n")
    assert [entry.label for entry in entries(lines, 0, len(lines) - 1)][3:] == ["definitions", "paths"]


@pytest.mark.parametrize(
    "query",
    [
        "Please go on.",
        "List every service.",
        "What is the weather like?",
        "Make the web service run the db better. " * 40,
    ],
)
def test_a_question_that_names_nothing_gets_the_whole(query):
    assert ask(MANIFESTS, query) is None


def test_comments_inside_block_scalars_are_text():
    script = "    # step of the script, which is text and no comment at all, however long it may get\n" * 8
    text = MANIFESTS + f"---\nkind: ConfigMap\nmetadata:\n  name: boot-script\ndata:\n  run: |\n{script}    echo done\n"
    found = ask(text, "What does the ConfigMap boot-script run?")
    assert found is not None
    assert script in shown_text(found)


def test_long_comments_in_a_shown_entry_go_marked():
    comment = "# This says at great length what nobody asked about, for the sake of completeness.\n" * 9
    text = MANIFESTS + f"---\nkind: Job\nmetadata:\n  name: nightly\n{comment}spec:\n  schedule: daily\n"
    found = ask(text, "When does the Job nightly run?")
    assert found is not None
    assert "schedule: daily" in shown_text(found)
    assert comment not in shown_text(found)


SETTINGS = "".join(
    f"# What {name} is for.\n" + "# It says at great length what nobody asked about here, for completeness.\n" * 6
    + f"{name}_limit: {10 * n}\n\n"
    for n, name in enumerate(["reads", "writes", "cache", "queue", "batch", "peers"])
)  # fmt: skip


@pytest.mark.parametrize("query", ["How is `authenticator` set?", "How long may HintedHandoff take?"])
def test_where_nothing_that_was_asked_for_is_found_comments_go_and_settings_stay(query):
    found = ask(SETTINGS, query)
    assert found is not None
    assert all(
        f"{name}_limit: " in shown_text(found) for name in ("reads", "writes", "cache", "queue", "batch", "peers")
    )
    assert len(shown_text(found)) < 0.5 * len(SETTINGS)


@pytest.mark.parametrize(
    "text", ["id,name\n" + "1,a b\n" * 60, '{"a": 1}\n' * 40, '[{"a": 1}]', "Some prose. " * 80, "", "a: 1"]
)
def test_other_kinds_are_left_alone(text):
    assert CONFIG.lossy(text, Hints(query="What is `name` of id 1?")) is None


def test_long_values_that_come_again_are_marked_and_come_back():
    text = "".join(f"- url: https://charts.example.com/stable/releases/{i}\n  port: {i}\n" for i in range(40))
    found = CONFIG.lossless(text, NO_HINTS)
    assert found is not None
    assert "$a=https://charts.example.com/stable/releases\n" in found.text
    assert CONFIG.decode(found.text) == text


LINES = st.sampled_from(
    [
        "---",
        "a: 1",
        "  b: x",
        "- c",
        "# note",
        "",
        "[s]",
        "k = v",
        "  - d: https://example.com/some/long/path",
        "[~ forged",
        "$a=1",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(LINES, max_size=60),
    st.sampled_from(["a", "What is b?", "k https", "section s"]),
    st.sampled_from(["", "\n"]),
)
def test_any_text_comes_back_and_is_accounted_for(lines, query, end):
    text = "\n".join(lines) + end
    found = CONFIG.lossless(text, NO_HINTS)
    if found is not None:
        assert CONFIG.decode(found.text) == text
    lossy = CONFIG.lossy(text, Hints(query=query))
    if lossy is not None:
        total = len(text.split("\n")) - text.endswith("\n")
        shown = sum(
            piece.count("\n") for piece in lossy.pieces if isinstance(piece, str) and not piece.startswith("[~ config")
        )
        assert shown + sum(gap.last - gap.first + 1 for gap in lossy.gaps) == total


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300), st.text(max_size=40))
def test_no_text_raises(text, query):
    CONFIG.lossless(text, Hints(query=query))
    CONFIG.lossy(text, Hints(query=query))


def test_what_the_file_is_and_how_it_ends_stays():
    text = "# made by a tool\nversion = 3\n\n" + TOML + "[metadata]\nhash = '00ff'\n"
    shown = shown_text(ask(text, "What is the path of tool.part7?"))
    assert "# made by a tool\nversion = 3\n" in shown
    assert shown.endswith("[metadata]\nhash = '00ff'\n")


def test_entries_cover_the_text():
    lines = MANIFESTS.split("\n")
    found = entries(lines, 0, len(lines) - 1)
    assert [entry.first for entry in found[1:]] == [entry.last + 1 for entry in found[:-1]]
    assert (found[0].first, found[-1].last) == (0, len(lines) - 1)
    assert looks_like_config(lines)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["key: value", "- item", "[table]", "---", "just words", "", "# remark"]),
            st.integers(1, 400),
        ),
        max_size=8,
    )
)
def test_half_of_the_lines_with_content_say_whether_a_text_is_configuration(runs):
    lines = [line for line, times in runs for _ in range(times)][:2_000]
    told = sum(line in {"key: value", "- item", "[table]", "---"} for line in lines)
    assert looks_like_config(lines) == (told >= lines.count("just words"))


def pods() -> str:
    """As ``kubectl get pods -o yaml`` prints them; one of them is not ready."""
    return "apiVersion: v1\nitems:\n" + "".join(
        f"- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: web-{n:02d}\n    namespace: prod\n  spec:\n    containers:\n"
        f"    - image: example.org/web:1.{n}\n      name: app\n  status:\n    conditions:\n"
        f'    - status: "{"False" if n == 17 else "True"}"\n      type: Ready\n    restartCount: {n % 3}\n'
        for n in range(30)
    )


@pytest.mark.parametrize(
    "query", ["Which pod is not ready, and why?", "Is any pod unhealthy?", "Which pods aren't ready?"]
)
def test_asked_what_is_not_as_it_should_be_the_odd_entry_stays_whole(query):
    text = pods()
    found = shown_text(ask(text, query))
    assert "    name: web-17\n" in found
    assert "image: example.org/web:1.17\n" in found
    assert 'status: "False"\n' in found
    assert "image: example.org/web:1.16\n" not in found


def tasks() -> str:
    """As a playbook holds them, each with its state first."""
    return "tasks:\n" + "".join(
        f"- state: present\n  name: step-{n:02d}\n  become: {'no' if n == 17 else 'yes'}\n  package: some-package-{n}\n"
        for n in range(30)
    )


@pytest.mark.parametrize(
    ("text", "query", "named"),
    [
        (pods(), "Which pod is not ready?", "Pod web-11; Pod web-12"),
        (tasks(), "Which package does step-04 need?", "name: step-21; name: step-22"),
    ],
    ids=["objects", "items"],
)
def test_entries_that_begin_alike_are_told_by_their_names(text, query, named):
    assert named in " ".join(gap.note for gap in ask(text, query).gaps)


def test_asked_for_what_all_entries_have_none_is_cut():
    assert ask(pods(), "Which image does each container of the pods run with?") is None


MIXED = (
    "# ---- compose.yml\nversion: '2'\nservices:\n  zookeeper:\n    image: zookeeper\n    ports:\n      - 127.0.0.1:2181:2181\n\n"
    "# ---- .github/workflows/test.yaml\nname: suite\njobs:\n  test:\n    strategy:\n      matrix:\n"
    "        python-version: ['3.7', '3.8']\n    steps:\n    - run: pip install .[tornado,twisted]\n\n"
    "# ---- tox.ini\n[tox]\nenvlist = py38, py39\nskip_missing_interpreters = true\n\n"
    "[testenv]\ncommands = pytest\nextras = testing\n    tornado\n    twisted\n\n"
    "[testenv:old]\ndeps = twisted < 19.7\n\n"
    "[testenv:lint]\ndeps = flake8\ncommands = flake8 src tests\nskip_install = true\n"
) + "".join(f"\n[section-{n}]\nkey-of-{n} = value {n}\nmore-of-{n} = {n * 7}\nlast-of-{n} = off\n" for n in range(12))


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("which tox environment is pinned to an old twisted?", ["[testenv:old]", "deps = twisted < 19.7"]),
        ("which deps does flake8 of tox need?", ["[testenv:lint]", "deps = flake8"]),
        ("which python version does tox run?", ["        python-version: ['3.7', '3.8']"]),
        ("what is the value of tox?", []),
    ],
    ids=["a pin", "what a tool needs", "deep inside", "a word of many"],
)
def test_a_word_of_the_question_that_no_chosen_entry_holds_brings_its_own(question, wanted):
    lines = MIXED.split("\n")
    chosen = {lines.index("[tox]"), lines.index("envlist = py38, py39")}
    rows, _ = uncovered(lines, len(lines) - 1, chosen, Relevance.from_hints(Hints(query=question)))
    shown = [lines[row] for row in sorted(rows)]
    assert set(wanted) <= set(shown)
    assert len(shown) <= (20 if wanted else 0)


POD = (
    "Name:         worker-79fd1\nNamespace:    shop\nStatus:       Running\n"
    "Containers:\n  worker:\n    Image:  shop/worker:2\n    Last State:  Terminated\n      Reason:  OOMKilled\n"
    + "".join(f"    Variable-{n}:  value {n}\n" for n in range(30))
    + "Volumes:\n"
    + "".join(f"  volume-{n}:\n    Type:  Secret\n    Optional:  false\n" for n in range(9))
    + "Events:\n  Warning:  Back-off restarting failed container\n  Normal:  Pulled the image\n"
)


@pytest.mark.parametrize(
    "query", ["Why does this pod keep restarting?", "Restarting again: what went wrong with the container?"]
)
def test_the_reason_may_stand_under_any_key(query):
    found = ask(POD, query)
    assert found is None or "OOMKilled" in shown_text(found)
