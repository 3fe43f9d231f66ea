"""Of a few large objects, such as events of a service, the one asked for stays whole, of the others what tells them apart."""

import json

import pytest

from headroom.compress import aliases, law
from headroom.compress.json_values import JsonValues
from headroom.compress.rendition import Hints
from tests.compress.accounting import shown_text

VALUES = JsonValues()


def event(n):
    base = f"https://api.example.com/repos/octo/shop-{n}"
    return {
        "action": ("queued", "started", "completed")[n % 3],
        "workflow_job": {
            "id": 7_700_100 + n,
            "run_url": f"{base}/actions/runs/{n}",
            **{f"field_{k}": f"{base}/{k}/{n}" for k in range(12)},
            "name": f"build for platform {n}",
            "steps": [{"name": f"step {k} of {n}", "status": "done", "number": k} for k in range(9)],
        },
        "repository": {"id": 88, "size": 100 * n, **{f"url_{k}": f"{base}/thing/{k}" for k in range(30)}},
        "sender": {"login": f"user_{n}", **{f"url_{k}": f"https://api.example.com/users/{n}/{k}" for k in range(12)}},
    }


EVENTS = [event(n) for n in range(6)]
LAYOUTS = [
    json.dumps(EVENTS),
    json.dumps(EVENTS, indent=2),
    json.dumps(EVENTS, separators=(",", ":")),
    json.dumps({"total": 6, "jobs": EVENTS}, indent=4),
]
WHICH = "What is `workflow_job.name` for the record whose `workflow_job.id` is {}? Any unusual `action`?"


def view_of(text, query):
    found = VALUES.lossy(text, Hints(query=query))
    if found is None:
        return None
    assert law.holds(text, found, (), VALUES)
    notes = "".join(f"[~ {gap.note}]\n" for gap in found.gaps)
    lines = shown_text(found).split("\n")
    marks = [line for line in lines if line[2:3] == "=" and not line.startswith("[~")]
    return aliases.decode(marks, "\n".join(line for line in lines if line not in marks)) + notes


@pytest.mark.parametrize("text", LAYOUTS, ids=["spaced", "indented", "compact", "in an object"])
def test_the_record_asked_for_stays_whole_and_of_the_others_what_is_named(text):
    view = view_of(text, WHICH.format(7_700_104))
    assert json.dumps(EVENTS[4], separators=(",", ":")) in view
    for n in range(6):
        assert f'"action":"{EVENTS[n]["action"]}"' in view
        assert f'"id":{7_700_100 + n},' in view
        assert f'"name":"build for platform {n}",' in view
        assert (f"user_{n}" in view) == (n == 4)
    of = "jobs[1]" if text[0] == "{" else "[1]"
    assert f"[~ 13 members of {of}.workflow_job: run_url, field_0, field_1," in view
    assert f"[~ in {of}: repository, sender]" in view
    assert len(view) < 0.4 * len(text)


def test_what_counts_the_readers_steps_is_not_said_to_be_absent():
    question = WHICH.format(7_700_104)
    assert view_of(LAYOUTS[0], f"Step 17. {question} I'll look.") == view_of(LAYOUTS[0], question)


def test_where_no_record_has_the_value_that_is_said():
    view = view_of(LAYOUTS[0], WHICH.format(9_999_999))
    assert view.startswith("[~ json without white space; not in this text: 9999999")
    assert all(f'"id":{7_700_100 + n},' in view for n in range(6))
    assert 'field_3":' not in view


@pytest.mark.parametrize(
    ("query", "whole"),
    [
        ("Which `login` has the record whose `name` is build for platform 2?", {2}),
        ("What did `user_5` do?", {5}),
        ("Which `sender` has the job 7700101?", {1}),
    ],
    ids=["a value behind its key", "a value", "a number"],
)
def test_a_record_is_told_by_any_of_its_values(query, whole):
    view = view_of(LAYOUTS[0], query)
    assert {n for n in range(6) if json.dumps(EVENTS[n], separators=(",", ":")) in view} == whole


def test_a_key_deep_inside_is_shown_of_each():
    view = view_of(LAYOUTS[0], "Which record has the highest `size`?")
    assert all(f'"size":{100 * n},' in view for n in range(6))
    assert '"url_7":' not in view


@pytest.mark.parametrize(
    ("last", "shown"),
    [
        pytest.param("What is `workflow_job.name` of the record with `id` 7700104?", False, id="other keys"),
        pytest.param("Which `repository` has the record with `id` 7700104?", True, id="this one"),
        pytest.param("Which is `not_a_key` of the record 7700104?", True, id="no key of the document"),
        pytest.param("I look for it.", True, id="nothing"),
    ],
)
def test_a_large_member_is_not_shown_for_the_task_alone_where_the_last_question_names_keys(last, shown):
    view = view_of(LAYOUTS[0], f"Tell the `repository` and the `status` of the record that was started.\n{last}")
    repository = json.dumps(EVENTS[2]["repository"], separators=(",", ":"))
    assert (repository in view) is shown
    assert '"action":"completed"' in view


@pytest.mark.parametrize(
    "query",
    ["Please go on with the task.", "Is the build on every platform fast?", "Where is `nowhere_to_be_found`?"],
    ids=["vague", "plain words", "nothing of it"],
)
def test_without_a_lead_nothing_is_left_out(query):
    assert view_of(LAYOUTS[0], query) is None


def test_a_path_into_a_map_without_the_key_leaves_its_ends():
    times = {f"{n}.{k}.0": f"2026-01-{n:02d}T10:00:0{k}" for n in range(1, 20) for k in range(5)}
    text = json.dumps({"name": "shop", "time": times}, indent=2)
    view = view_of(text, "What is `time.77.1.0`?")
    assert '"1.0.0":"2026-01-01T10:00:00"' in view
    assert '"19.4.0":"2026-01-19T10:00:04"' in view
    assert "[~ 92 members of time, 1.2.0 to 19.3.0]" in view


@pytest.mark.parametrize(
    ("size", "note"),
    [(2, "[~ key_0, key_1]\n"), (32, "[~ 32 members of the object: key_0, key_1, key_2, ")],
    ids=["all named", "more than are named"],
)
def test_keys_that_a_note_names_are_not_counted(size, note):
    aside = {f"key_{n}": {"part": "x" * 900} for n in range(size)}
    view = view_of(json.dumps({"wanted": {"name": "shop", "rest": "y" * 900}, **aside}), "What is `wanted.name`?")
    assert note in view
