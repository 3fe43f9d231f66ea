"""Names that a text does not hold are told as absent, not left to be taken for cut."""

import pytest

from headroom.compress.absent import not_there, sought_elsewhere
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress

TEXT = (
    "\n".join(f"{n * 4096:016x} T sqlite3_{word}_{n}" for n, word in enumerate(["open", "close", "bind", "step"] * 60))
    + "\n"
)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("Is sqlite3_snapshot_open exported?", "sqlite3_snapshot_open"),
        ("Check the exports.\nI'll look for sqlite3_close_9 and sqlite3_load_extension.", "sqlite3_load_extension"),
        ("Is snapshotOpen there, or sqlite3_open_0?", "snapshotOpen"),
        ("Is SQLITE3_OPEN_0 there?", ""),
        ("Fix sqlite3_snapshot_open.\nLet me look.", ""),
        ("Read src/sqlite3_snapshot_open.c and lib.sqlite3_bind_x", ""),
        ("What of plain words, and of aCap?", ""),
        ("one_name two_name_x three_name four_name_x five_name_x", ""),
    ],
)
def test_names_that_are_not_there(query, names):
    assert not_there(Hints(query=query), TEXT) == (f"[~ not in this text: {names}]\n" if names else "")


def test_what_the_call_itself_says_is_not_told():
    hints = Hints(query="Look for old_name_here: grep -rn old_name_here .", arguments="grep -rn old_name_here .")
    assert not_there(hints, TEXT) == ""


def test_a_cut_text_says_it_first_and_a_whole_one_never():
    query = "Where is `sqlite3_bind_30`, and is there a sqlite3_snapshot_open?"
    cut = compress(TEXT, Hints(query=query), Policy(lossy=True), len, render=lambda _gap: "[~ gap]")
    assert cut.gaps
    assert cut.text is not None
    assert cut.text.startswith("[~ not in this text: sqlite3_snapshot_open]\n")
    whole = compress(TEXT, Hints(query=query), Policy(lossy=False), len, render=lambda _gap: "[~ gap]")
    assert "not in this text" not in (whole.text or "")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("Fix it.\nWhat does `sqlite3_snapshot_open` take?", ("sqlite3_snapshot_open",)),
        ("Fix it.\nWhat do `snapshot` and `blob` take? Show their lines. I'll look.", ("snapshot", "blob")),
        ("Fix it.\nI'll check loadExtension.", ("loadExtension",)),
        ("Fix it.\nWhich image does the Deployment order-worker run?", ("order-worker",)),
        ("Fix it.\nWhich image does the StatefulSet db run?", ("db",)),
        ("Fix it.\nWhich image does the StatefulSet sqlite3 run?", ()),
        ("Fix it.\nWhat do `snapshot` and `sqlite3_open_0` take?", ()),
        ("Fix it.\nWhere is sqlite3Bind defined?", ()),
        ("What does `sqlite3_snapshot_open` take?", ()),
        ("What does `sqlite3_snapshot_open` take?\nLet me look.", ()),
        ("Fix it.\nSo loadExtension is missing. Let me see the other exports.", ()),
        ("Fix it.\nHow are long-running statements ended? Which read-only ones are there?", ()),
        ("Fix it.\nWhat changed in snapshot.c?", ()),
    ],
)
def test_names_that_a_call_was_made_for_in_vain(query, names):
    assert sought_elsewhere(Hints(query=query), TEXT) == names


@pytest.mark.parametrize(
    ("query", "files"),
    [
        ("Fix it.\nWhat changed in `sqlite3_open_0` in src/snapshot.c? Show the removed lines.", ("snapshot.c",)),
        ("Fix it.\nWhat changed in step.h?", ("step.h",)),
        ("Fix it.\nWhat else changed that breaks step.h?", ()),
        ("Fix it.\nWhat changed in a hurry, e.g. in sqlite3_open_0?", ()),
    ],
)
def test_files_that_a_call_was_made_for_in_vain(query, files):
    assert sought_elsewhere(Hints(query=query), TEXT, files=True) == files


SETTINGS = """\
spec:
  replicas: 3
  cache_sizes: [1, 2]
  maxConnections: 10
  auth: oauth
  module: headroom/compress/absent.py
db:
  pool: {size: 5}
größe: 10
kubernetes: true
retryPolicy: none
"""


@pytest.mark.parametrize(
    "said",
    [
        *("Is `k8s` used?", "Which `database` is it?", "How is `authentication` set?", "Which `pgsql` runs?"),
        *("What are the `replica`s?", "Is `cacheSize` set?", "What is `max_connection`?", "How is the `retry` set?"),
        *("What is `DB_POOL_SIZE`?", "What is `databases.pool`?", "Is `größe` there?", "What is `Caching` set to?"),
        *("What does `headroom.compress.absent` do?", "Is `replicas = 4` set?", "Where is `load()` called?"),
        *("Why is `zebra` missing?", "What replaced `zebra`?", "Is `zebra` still set?", "Who removed `zebra`?"),
        *("What is there other than `zebra`?", "What runs without `zebra`?", "Besides `zebra`, what is set?"),
        *("What do we use instead of `zebra`?", "Which one differs from `zebra`?", "What about `zebra` vs `tapir`?"),
        *("I'll rename `zebra` to `tapir`.", "I'll add `zebra` here.", "Let me check that `zebra` isn't set."),
        *("Which settings does `zebra_client` read?", "Now let me see what `zebraService` uses."),
        *(
            "Let me look at `zebra.yaml`.",
            "What changed since `v1.2.0`?",
            "What did `abc1234` set?",
            "What is `zebra run` for?",
        ),
        *("Is it that GitHub needs the OpenAI key?", "Which one is it for the JavaScript code?"),
        *("How many pools are there? Is `zebra` set?", "Is `zebra` set, and which port is used?"),
        *("What are the port and `zebra`?", "What are `zebra` and the port?", 'Is "retry policy" or `zebra` set?'),
        *("Ist `zebra` gesetzt?", "So `zebra` is it.", "Where did `zebra` go?"),
    ],
)
def test_where_the_rest_may_answer_nothing_is_sought_elsewhere(said):
    assert sought_elsewhere(Hints(query=f"Fix it.\n{said}"), SETTINGS) == ()


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("What is `zebra` set to?", ("zebra",)),
        ("Is `HTTP_PROXY` set?", ("HTTP_PROXY",)),
        ("Are `zebra` and `tapirCount` set?", ("zebra", "tapirCount")),
        ("Let me see where `größter` is set.", ("größter",)),
    ],
)
def test_where_only_a_name_could_answer_it_is_told(said, names):
    assert sought_elsewhere(Hints(query=f"Fix it.\n{said}"), SETTINGS) == names


def test_the_last_line_of_a_task_was_not_said_right_before_the_call():
    assert sought_elsewhere(Hints(query="Fix it.\nWhat is `zebra` set to?\n"), SETTINGS) == ()


def test_what_the_call_names_itself_is_not_sought_in_its_result():
    said = "Fix it.\nLet me look at the `zebra` file."
    assert sought_elsewhere(Hints(query=said, arguments='{"file_path": "zebra"}'), SETTINGS) == ()


def test_a_name_from_the_line_before_that_is_there_keeps_the_text():
    assert sought_elsewhere(Hints(query="Fix it.\nWhat is `maxConnections`?\nWhat is `zebra` set to?"), SETTINGS) == ()
