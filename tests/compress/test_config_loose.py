"""A piece of configuration that does not hold the object in question says so, and shows only what may be a part of it."""

from __future__ import annotations

import pytest

from headroom.compress.config_text import ConfigText
from headroom.compress.elsewhere import called_elsewhere, looks_up
from headroom.compress.rendition import Gap, Hints
from headroom.compress.voi import prior_of
from tests.compress.accounting import shown_text


def _object(kind: str, name: str, image: str = "") -> str:
    run = f"  containers:\n  - name: {name}\n    image: {image}\n    args:\n    - --serve={name}\n" if image else ""
    labels = "".join(f"    part-{n}: {name}\n" for n in range(6))
    return f"---\napiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n  labels:\n{labels}spec:\n  paused: false\n{run}"


OBJECTS = (
    _object("Deployment", "shop", "registry/shop:1")
    + _object("Service", "shop")
    + _object("Deployment", "search", "registry/search:2")
    + _object("StatefulSet", "ledger", "registry/ledger:3")
)
REST = "    image: registry/unknown:7\n    args:\n    - --of-nobody-knows\n  restartPolicy: Always\n"
QUERY = "Which image and arguments does the Deployment {} run with?"


def ask(text: str, query: str):
    return ConfigText().lossy(text, Hints(query=query))


@pytest.mark.parametrize(
    ("text", "query", "shown", "gone"),
    [
        (REST + OBJECTS, QUERY.format("mail-sender"),
         ["[~ not in this text: mail-sender]", "registry/unknown:7"], ["registry/shop:1", "registry/ledger:3"]),
        (REST + OBJECTS, "Which image does the StatefulSet mysql run with?",
         ["[~ not in this text: mysql]", "registry/unknown:7"], ["registry/ledger:3"]),
        (REST + OBJECTS.replace("StatefulSet", "Deployment"), "Which image does the StatefulSet ledger run with?",
         ["registry/unknown:7"], ["registry/ledger:3"]),
        (OBJECTS + "---\napiVersion: v1\nkind: Deployment\nmetadata:\n  labels:\n    a: b\n", QUERY.format("mail-sender"),
         ["kind: Deployment\nmetadata:\n  labels:\n    a: b"], ["registry/shop:1"]),
    ],
    ids=["its beginning may stand above", "a name of one word", "no such kind", "its name may stand below"],
)  # fmt: skip
def test_of_objects_with_other_names_only_the_names_stay(text, query, shown, gone):
    found = ask(text, query)
    assert found is not None
    view = shown_text(found)
    assert all(part in view for part in shown)
    assert not [part for part in gone if part in view]
    notes = " ".join(piece.note for piece in found.pieces if isinstance(piece, Gap))
    assert "Deployment search" in notes


def test_where_all_are_whole_one_shows_what_they_are_like():
    jobs = "".join(
        f"  {name}:\n    image: registry/{name}:1\n" + "".join(f"    key{n}: {name}\n" for n in range(size))
        for name, size in (("api", 20), ("web", 4), ("queue", 20))
    )
    found = ask(f"services:\n{jobs}", "Which image does the service stock-worker run with?")
    assert found is not None
    assert "registry/web:1" in shown_text(found)
    assert "key3: api" not in shown_text(found)


@pytest.mark.parametrize(
    ("query", "same"),
    [
        (QUERY.format("search"), "registry/search:2"),
        ("Why does the Deployment mail-sender not start?", "registry/shop:1"),
        ("What is odd in these manifests?", "registry/shop:1"),
        ("Which image does the Deployment mail-sender run with, and which does `search`?", "registry/search:2"),
    ],
)
def test_what_may_be_answered_here_stays(query, same):
    found = ask(REST + OBJECTS, query)
    assert found is None or same in shown_text(found)


def test_a_setting_of_another_name_may_be_the_one():
    settings = "".join(
        f"{name}_limit: {n}\n{name}_size: {n * 7}\n" for n, name in enumerate(["reads", "cache", "queue"] * 9)
    )
    assert ask(settings, "How long may HintedHandoff take?") is None


SETTINGS = "  type: boolean\n  ini: [{{key: of_nobody_knows}}]\n" + "".join(
    f"{name}:\n  name: About {name.lower()}\n  default: {n}\n  type: boolean\n  ini: [{{{{key: {name.lower()}, section: s{n}}}}}]\n"
    for n, name in enumerate(["COLOR_DIFF_ADD", "CACHE_PLUGIN", "{0}", "HOST_KEYS", "FORCE_HANDLERS", "GATHERING"])
)
ABOUT = "What are the default and the type of DIFF_ALWAYS?"


def test_of_settings_in_a_row_without_the_one_in_question_the_names_stay():
    found = ask(SETTINGS.format("COW_PATH"), ABOUT)
    assert found is not None
    view = shown_text(found)
    assert "of_nobody_knows" in view
    assert "key: gathering" not in view
    notes = " ".join(piece.note for piece in found.pieces if isinstance(piece, Gap))
    assert "FORCE_HANDLERS" in notes


@pytest.mark.parametrize("name", ["ALWAYS_DIFF", "diffAlways", "always-show", "diff.always"])
def test_a_setting_that_may_be_spelled_otherwise_stays(name):
    text = SETTINGS.format(name)
    found = ask(text, ABOUT)
    assert found is None or f"\n{name}:\n  name: " in shown_text(found)


def test_the_item_of_a_list_that_the_question_calls_stays_without_the_others():
    rules = "".join(
        f"  - name: {group}.rules\n    interval: 15s\n    rules:\n"
        + "".join(
            f"      - alert: {group.title()}{what}\n        expr: rate({group}_{what}[5m]) > {n}\n        for: {n}m\n"
            f"        labels:\n          severity: page\n          team: {group}\n"
            for n, what in enumerate(["HighErrors", "SlowP99", "Restarting"], 3)
        )
        for group in ("vault", "mesh", "basket")
    )
    found = ask(f"groups:\n{rules}", "What is the expression of the alert MeshSlowP99?")
    assert found is not None
    assert "expr: rate(mesh_SlowP99[5m]) > 4" in shown_text(found)
    assert "rate(mesh_Restarting" not in shown_text(found)
    assert "alert: MeshHighErrors" in " ".join(piece.note for piece in found.pieces if isinstance(piece, Gap))


@pytest.mark.parametrize(
    ("query", "absent"),
    [
        ("Which image does the Deployment mail-sender run with?", ["mail-sender"]),
        ("Which image does the Deployment web run with?", []),
        ("What do the service stock_worker and the service web_1 run?", []),
        ("Which image does the StatefulSet web run with?", ["web"]),
        ("Which port does the service web_1 publish?", []),
        ("Explain the Deployment mail-sender", []),
        ("Which port does svc17 publish?", []),
    ],
)
def test_what_is_called_elsewhere(query, absent):
    assert called_elsewhere(Hints(query=query), "Deployment web web_1 svc17") == absent


@pytest.mark.parametrize(
    ("query", "looks"),
    [
        ("In which file is `TestFold` defined, and which other tests are in that file?", True),
        ("Where is `TestFold` defined, and which other tests fail?", False),
    ],
)
def test_others_beside_what_is_named_are_no_other_question(query, looks):
    assert looks_up(query) is looks


def test_an_absent_object_is_hardly_asked_back():
    assert prior_of("config", "config:named") < prior_of("config", "config:entries")
