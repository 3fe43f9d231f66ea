"""Each gap of configuration names what it covers, whole or in part; nothing stands without a name."""

from __future__ import annotations

import re

import pytest

from headroom.compress.config_outline import entries
from headroom.compress.config_text import ConfigText
from headroom.compress.rendition import Gap, Hints
from tests.compress.accounting import shown_text


def manifest(kind: str, name: str, lines: int = 8, end: str = "") -> str:
    body = "".join(f"  setting-{name.replace(':', '-')}-{n}: value {n} of {name}\n" for n in range(lines))
    return f"---\napiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\nspec:\n{body}{end}"


SUBJECT = "subjects:\n- kind: User\n  name: system:node\n"
STREAM = (
    manifest("Service", "front:a")
    + manifest("Role", "reader")
    + manifest("Deployment", "web", 20)
    + manifest("ConfigMap", "gce:long", 300)
    + manifest("Secret", "big", 90)
    + manifest("RoleBinding", "gce:reader", 6, SUBJECT)
)


def ask(text: str, query: str):
    found = ConfigText().lossy(text, Hints(query=query))
    assert found is not None
    return found


UNPARTED = STREAM.replace("---\n", "")
SORTED = "".join(
    f"apiVersion: v1\ndata:\n  about-{n}: {'some words ' * 20}\nkind: ConfigMap\nmetadata:\n  name: conf-{n}\n"
    for n in range(9)
)
REMARKED = STREAM.replace("---\n", "# printed from a file of its own\n")


def in_gaps(text: str, found) -> dict[str, str]:
    """The objects that gaps cover by name, and the note of each."""
    lines = text.split("\n")
    return {
        f"{kind} {name}": gap.note
        for gap in found.gaps
        for kind, name in re.findall(
            r"^kind: (\S+)\nmetadata:\n  name: (\S+)", "\n".join(lines[gap.first - 1 : gap.last]), re.MULTILINE
        )
    }


@pytest.mark.parametrize(
    "query",
    [
        "What is setting-web-7 set to?",
        "What is setting-reader-2 set to?",
        "What is setting-front-a-3 set to?",
        "What is setting-gce-long-17 set to?",
        "What is setting-gce-reader-1 set to?",
    ],
)
def test_each_object_is_shown_with_kind_and_name_or_told_in_the_gap_that_covers_it(query):
    found = ask(STREAM, query)
    view = shown_text(found)
    told = in_gaps(STREAM, found)
    for label in ("Service front:a", "Role reader", "Deployment web", "ConfigMap gce:long", "RoleBinding gce:reader"):
        kind, name = label.split(" ")
        if f"kind: {kind}\nmetadata:\n  name: {name}\n" not in view:
            assert label in re.split(r"; ", told[label])
    asked = query.split()[2]
    assert f"  {asked}: value" in view


def test_nothing_of_an_object_left_out_dangles_at_either_end():
    view = shown_text(ask(STREAM, "What is setting-web-7 set to?"))
    assert "system:node" not in view
    assert "kind: Service" not in view


@pytest.mark.parametrize(
    "end",
    ["... 12 lines truncated ...", "Error from server (NotFound): no such thing", "cat: b.yaml: Permission denied"],
)
def test_a_message_behind_an_object_stays(end):
    assert shown_text(ask(f"{STREAM}{end}\n", "What is setting-web-7 set to?")).endswith(f"{end}\n")


def test_parts_of_a_long_object_stand_below_its_kind_and_name():
    found = ask(STREAM, "What is setting-gce-long-17 set to?")
    assert "kind: ConfigMap\nmetadata:\n  name: gce:long\n" in shown_text(found)
    assert len(shown_text(found)) < 0.5 * len(STREAM)


def jobs(count: int, steps: int) -> str:
    return "jobs:\n" + "".join(
        f"  job{n}:\n    runs-on: ubuntu\n    steps:\n" + f"    - run: make part{n} of the whole\n" * steps
        for n in range(count)
    )


MORE = "defaults:\n  shell: bash\n" + "  # of no use here whatsoever, but long" * 5 + "\n"
SECTIONS = "".join(f"[part{n}]\n" + "".join(f"key{n}x{m} = {n * m}\n" for m in range(12)) for n in range(12))


@pytest.mark.parametrize(
    ("text", "query", "notes"),
    [
        (f"name: ci\n{jobs(60, 1)}{MORE}", "What does job57 run?", ["job2; job3; "]),
        (f"name: ci\n{jobs(19, 8)}{MORE}", "What does job3 run?",
         ["job1; job2", "rest of jobs (job4, job5, job6, job7, job8, job9, job10, job11, job12, job13, job14, job15, job16, job17, job18); defaults"]),
        (SECTIONS, "What is key5x7?", ["[part1]; [part2]; [part3]; [part4]", "[part6]; "]),
    ],
    ids=["inside one key", "one key and more", "sections"],
)  # fmt: skip
def test_an_entry_that_goes_in_part_is_told_as_such(text, query, notes):
    found = [piece.note for piece in ask(text, query).pieces if isinstance(piece, Gap)]
    for note in notes:
        assert any(told.startswith(note) for told in found), found


def test_a_name_right_above_a_gap_is_not_said_again():
    found = ask(f"name: ci\n{jobs(60, 1)}{MORE}", "Which shell do the defaults say?")
    assert [gap.note for gap in found.gaps] == [""]
    assert "jobs:\n  job0:\n" in shown_text(found)


@pytest.mark.parametrize(
    ("text", "query", "shown", "told"),
    [
        (UNPARTED, "What is setting-web-7 set to?", "kind: Deployment\nmetadata:\n  name: web\n",
         ["Service front:a; Role reader", "ConfigMap gce:long; Secret big; RoleBinding gce:reader"]),
        (REMARKED, "What is setting-web-7 set to?", "# printed from a file of its own\napiVersion: v1\nkind: Deployment\n",
         ["Service front:a; Role reader", "ConfigMap gce:long; Secret big; RoleBinding gce:reader"]),
        (SORTED, "What is about-4?", "kind: ConfigMap\nmetadata:\n  name: conf-4\n", ["ConfigMap conf-0; ConfigMap conf-1; ConfigMap conf-2; ConfigMap conf-3"]),
    ],
    ids=["printed one after the other", "with remarks", "sorted keys"],
)  # fmt: skip
def test_objects_without_separators_are_told_apart(text, query, shown, told):
    found = ask(text, query)
    assert shown in shown_text(found)
    notes = [gap.note for gap in found.gaps]
    assert all(note in notes for note in told), notes


def test_an_object_is_not_cut_at_keys_of_its_own():
    lines = [
        "kind: List",
        "apiVersion: v1",
        "items:",
        "- apiVersion: v1",
        "  kind: Pod",
        "- apiVersion: v1",
        "  kind: Pod",
        "kinds: 2",
    ]
    assert [entry.label for entry in entries(lines, 0, len(lines) - 1)] == [
        "kind: List",
        "apiVersion: v1",
        "items",
        "kinds: 2",
    ]
