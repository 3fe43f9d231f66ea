"""What a question calls by its key stays, without what stands beside it."""

from __future__ import annotations

import pytest

from headroom.accounts import tokens
from headroom.compress.config_text import ConfigText
from headroom.compress.rendition import Hints
from headroom.compress.router import Policy, compress
from headroom.compress.voi import prior_of
from tests.compress.accounting import shown_text


def _job(name: str, steps: str, runner: str = "ubuntu-latest") -> str:
    body = "".join(
        f"      - name: {step.title()} for {name}\n        run: npm run {step} -- --for {name}\n        env:\n          PART: {name}-{step}\n"
        for step in steps.split()
    )
    return f"  {name}:\n    runs-on: {runner}\n    steps:\n{body}\n"


WORKFLOWS = "".join(
    f"# .github/workflows/{name}.yml\nname: {name}\n\non:\n  push:\n    branches:\n      - main\n\njobs:\n{''.join(jobs)}"
    for name, jobs in {
        "bench": [_job("bench_current", "install bench upload"), _job("bench_branch", "install bench publish", "macos-14")],
        "ci": [_job("lint", "install lint"), _job("unit_tests", "install test cover")],
        "release": [_job("build_all", "install build pack"), _job("publish_all", "install publish")],
    }.items()
)  # fmt: skip


@pytest.mark.parametrize(
    ("query", "shown", "gone"),
    [
        ("Which steps does the job bench_branch run, and on which runner?",
         ["npm run publish -- --for bench_branch", "runs-on: macos-14"], ["for bench_current", "for lint", "for unit_tests"]),
        ("What does unit_tests run?", ["npm run cover -- --for unit_tests"], ["for lint", "for bench"]),
        ("What do bench_branch and bench_current run?", ["for bench_branch", "for bench_current"], ["for lint"]),
        ("What do build_all and unit_tests run?", ["for build_all", "for unit_tests"], ["for lint", "for publish_all"]),
        ("Does bench_branch or another job upload anything?", ["for bench_branch", "npm run upload -- --for bench_current"], ["for lint"]),
    ],
)  # fmt: skip
def test_of_several_jobs_the_one_that_is_called_stays(query, shown, gone):
    found = ConfigText().lossy(WORKFLOWS, Hints(query=query))
    assert found is not None
    view = shown_text(found)
    assert all(text in view for text in shown)
    assert not [text for text in gone if text in view]


@pytest.mark.parametrize(
    ("query", "transform"),
    [
        ("Which steps does the job bench_branch run, and on which runner?", "config:named"),
        ("What does `bench_branch` run?", "config:named"),
        ("Which steps come before publishing the results of a run?", ""),
    ],
)
def test_a_short_text_is_cut_where_the_question_calls_a_part_by_its_key(query, transform):
    text = WORKFLOWS + "".join(_job(f"extra_{n}", "install check") for n in range(5))
    found = compress(text, Hints(query=query), Policy(lossy=True), tokens.count, render=lambda gap: f"[~ {gap.note}]")
    assert found.transform.startswith(transform)
    assert bool(found.gaps) == bool(transform)


def test_what_is_called_by_name_is_asked_back_less_often():
    assert prior_of("config", "config:named") < prior_of("config", "config:entries")


def _stateful(name: str, beside: str) -> str:
    return (
        f"---\nkind: StatefulSet\napiVersion: apps/v1\nmetadata:\n  name: {name}\nspec:\n  serviceName: {name}\n  template:\n"
        f"    spec:\n      affinity:\n        podAffinity: {beside}\n      containers:\n        - name: {name}-main\n"
        f"          image: registry.example.org/{name}:1.4\n          args:\n            - --from={name}\n          volumeMounts:\n"
        + "".join(f"            - mountPath: /var/lib/{name}/{n}\n              name: part-{n}\n" for n in range(12))
    )


@pytest.mark.parametrize(
    "task", ["", "Which tests fail, and why? Give file:line for each.\n"], ids=["alone", "of a task"]
)
def test_fields_of_an_object_are_asked_for_whatever_the_task_was(task):
    text = "".join(_stateful(name, "queue-main") for name in ("queue-main", "queue-left", "queue-right"))
    question = "Which image and arguments does the StatefulSet queue-main run with?"
    found = ConfigText().lossy(text, Hints(query=f"{task}{question}"))
    assert found is not None
    view = shown_text(found)
    assert "image: registry.example.org/queue-main:1.4" in view
    assert "--from=queue-main" in view
    assert "/var/lib/queue-main" not in view
    assert "registry.example.org/queue-left" not in view
