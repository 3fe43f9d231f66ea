"""Of several files, of one object and of an API's description, what a question tells in plain words stays, and little else."""

from __future__ import annotations

import pytest

from headroom.compress import law
from headroom.compress.config_files import named_files
from headroom.compress.config_outline import entries
from headroom.compress.config_text import ConfigText
from headroom.compress.detect import detect
from headroom.compress.rendition import Hints
from tests.compress.accounting import shown_text


def _workflow(name: str, *jobs: str) -> str:
    def job(title: str) -> str:
        steps = "".join(
            f"      - name: {step} of {title}\n        run: make {step} TARGET={title} OUT=build/{title}/{step}\n"
            for step in ("fetch", "compile", "verify", "store")
        )
        return f"  {title}:\n    runs-on: ubuntu-24.04\n    timeout-minutes: 7\n    steps:\n{steps}"

    return f"name: {name}\non:\n  push:\n    branches: [trunk]\njobs:\n{''.join(map(job, jobs))}"


FILES = {
    "mill/.github/workflows/ci.yml": _workflow("Nightly grain", "sieve", "weigh", "bag-all", "mix", "dry"),
    "kiln/.github/workflows/ci.yml": _workflow("Bake", "glaze", "fire", "cool-down", "stack", "crate"),
    "kiln/.github/workflows/release.yaml": _workflow("Ship", "pack-pots", "label"),
    "loom/settings.toml": '[warp]\nthreads = 480\n\n[weft]\ncolour = "madder"\n',
}
STYLES = ("--- # ./{}\n", "# ---- {}\n", "==> {} <==\n", "=== {} ===\n", "$ cat {}\n")


def _printed(style: str) -> str:
    return "\n".join(style.format(path) + text for path, text in FILES.items())


def ask(text: str, query: str):
    found = ConfigText().lossy(text, Hints(query=query))
    assert found is None or law.holds(text, found)
    return found


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("query", "shown", "gone"),
    [
        ("Which commands does the job cool-down of kiln's ci.yml run?", ["TARGET=cool-down"], ["TARGET=sieve", "TARGET=fire", "TARGET=pack-pots"]),
        ("What does the Ship workflow run?", ["TARGET=pack-pots", "TARGET=label"], ["TARGET=fire", "TARGET=weigh"]),
        ("How many threads does loom/settings.toml set?", ["threads = 480"], ["TARGET=weigh", "TARGET=label"]),
        ("Which job of release.yaml has the step store of label?", ["store of label"], ["TARGET=fire", "TARGET=weigh"]),
    ],
)  # fmt: skip
def test_of_several_files_the_one_that_is_named_stays(style, query, shown, gone):
    found = ask(_printed(style), query)
    assert found is not None
    view = shown_text(found)
    assert all(text in view for text in shown)
    assert not [text for text in gone if text in view]
    hidden = " ".join(gap.note for gap in found.gaps)
    assert "mill/.github/workflows/ci.yml" in view + hidden


def test_a_piece_without_the_file_shows_names_and_one_that_starts_in_it_the_job():
    text = _printed(STYLES[0])
    query = "Which commands does the job pack-pots of kiln's release.yaml run?"
    at = text.index("kiln/.github/workflows/release.yaml")
    before = ask(text[: text.rindex("\n", 0, at) + 1], query)
    assert before is not None
    assert "not in this text" in shown_text(before)
    assert "make" not in shown_text(before)
    inside = ask(text[text.index("on:", at) :], query)
    assert inside is None or "store TARGET=pack-pots" in shown_text(inside)


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("What is in mill's ci.yml?", ["mill/.github/workflows/ci.yml"]),
        ("What is in ci.yml?", ["mill/.github/workflows/ci.yml", "kiln/.github/workflows/ci.yml"]),
        ("Compare mill's ci.yml with release.yaml", ["mill/.github/workflows/ci.yml", "kiln/.github/workflows/release.yaml"]),
        ("When does the nightly grain workflow run?", ["mill/.github/workflows/ci.yml"]),
        ("When do we bake and ship?", []),
        ("Is it in xci.yml or ci.yml.old?", []),
    ],
)  # fmt: skip
def test_a_file_is_named_by_path_by_name_or_by_what_it_calls_itself(query, paths):
    lines = _printed(STYLES[1]).split("\n")
    files = [(entry.head, entry.path) for entry in entries(lines, 0, len(lines) - 1)]
    assert len(files) == len(FILES)
    rows = {row for row, _ in named_files(lines, files, query)}
    assert [path for row, path in files if row in rows] == paths


def test_workflows_full_of_commands_are_settings():
    text = "".join(f"--- # ./w/{name}.yml\n{_workflow(name, *'abcdef')}" for name in ("one", "two", "three"))
    assert detect(text, Hints(command="find w -name '*.yml' | xargs cat")).kinds[:1] == ("config",)


POD = """\
apiVersion: v1
kind: Pod
metadata:
  annotations:
    mill.example.com/checksum: 5f1d7a84db00d2fce00b31a7fc73224f
  creationTimestamp: "2031-04-02T08:11:12Z"
  labels:
    app: grinder
    tier: floor
  name: grinder-77b9
  namespace: mill
  uid: 9a1c0d52-1111-4222-8333-aabbccddeeff
spec:
  containers:
  - args:
    - --stones=4
    - --speed=high
    env:
    - name: GRAIN
      value: rye
    image: registry.example.com/mill/grinder:7.3
    livenessProbe:
      httpGet:
        path: /alive
        port: 9090
    name: grinder
    resources:
      limits:
        memory: 900Mi
      requests:
        memory: 300Mi
    startupProbe:
      tcpSocket:
        port: 9091
    volumeMounts:
    - mountPath: /var/grain
      name: grain-store
  nodeName: floor-node-12
  tolerations:
  - effect: NoExecute
    key: node.kubernetes.io/not-ready
    operator: Exists
    tolerationSeconds: 300
  volumes:
  - name: grain-store
    persistentVolumeClaim:
      claimName: grain-claim
status:
  conditions:
  - lastTransitionTime: "2031-04-02T08:11:14Z"
    status: "True"
    type: PodScheduled
  containerStatuses:
  - containerID: containerd://77aa
    image: registry.example.com/mill/grinder:7.3
    lastState:
      terminated:
        exitCode: 143
        reason: StoneCracked
    name: grinder
    restartCount: 9
  hostIP: 10.9.8.7
"""


@pytest.mark.parametrize(
    ("query", "shown", "gone"),
    [
        ("Which image, limits and probes does this pod have?",
         ["mill/grinder:7.3", "memory: 900Mi", "path: /alive", "port: 9091", "name: grinder-77b9"], ["tolerationSeconds", "grain-claim"]),
        ("Which limits does it have, and why was the container last terminated?",
         ["memory: 900Mi", "StoneCracked", "restartCount: 9"], ["tolerationSeconds", "grain-claim"]),
        ("What is the status, and which image is it?", ["StoneCracked", "hostIP", "mill/grinder:7.3"], ["tolerationSeconds"]),
        ("What are the tolerations?", ["tolerationSeconds: 300", "kind: Pod"], ["900Mi", "StoneCracked"]),
    ],
)  # fmt: skip
def test_of_one_object_the_settings_that_are_said_stay(query, shown, gone):
    found = ask(POD, query)
    assert found is not None
    assert found.transform == "config:asked"
    view = shown_text(found)
    assert all(text in view for text in shown)
    assert not [text for text in gone if text in view]


@pytest.mark.parametrize(
    "query",
    ["Which limits and sidecars does this pod have?", "Explain the probes", "What are all the limits?", "Which image should we fix?"],
)  # fmt: skip
def test_words_that_name_no_setting_or_more_than_some_are_no_such_question(query):
    found = ask(POD, query)
    assert found is None or found.transform != "config:asked"


def _operation(method: str, summary: str, schema: str) -> str:
    return (
        f"    {method}:\n      summary: {summary}\n      operationId: {method}_{summary.lower().replace(' ', '_')}\n"
        f"      responses:\n        '200':\n          description: Done\n          content:\n            application/json:\n"
        f"              schema:\n                $ref: '#/components/schemas/{schema}'\n"
        f"        '418':\n          description: No {summary.lower()}\n"
    )


API = (
    "openapi: 3.1.0\ninfo:\n  title: Mill\n  version: 1.2.3\npaths:\n"
     "  /sacks:\n" + _operation("get", "List sacks", "Sack") + _operation("post", "Fill sack", "Sack")
    + "  /sacks/{sack_id}:\n" + _operation("get", "Show sack", "Sack") + _operation("delete", "Drop sack", "Problem")
    + "  /sacks/{sack_id}/seals:\n" + _operation("post", "Seal sack", "Seal")
    + "components:\n  schemas:\n"
    + "".join(
        f"    {name}:\n      type: object\n      properties:\n        {field}:\n          type: integer\n          maximum: {most}\n"
        for name, field, most in (("Sack", "weight", 75), ("SackIn", "gross", 80), ("Seal", "number", 9999), ("Problem", "code", 599))
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("query", "shown", "gone"),
    [
        ("Which responses has DELETE /sacks/{sack_id}?", ["summary: Drop sack", "No drop sack"], ["Show sack", "Seal sack", "Fill sack", "maximum"]),
        ("Which responses has GET /sacks/{sack_id}, and which DELETE /sacks/{sack_id}?", ["summary: Drop sack", "summary: Show sack"], ["Seal sack"]),
        ("Which responses has /sacks/{sack_id}?", ["summary: Drop sack", "summary: Show sack"], ["Seal sack", "Fill sack"]),
        ("What is the limit of `number` in Seal, and what does POST /sacks give?", ["maximum: 9999", "summary: Fill sack"], ["List sacks", "maximum: 80"]),
        ("Which limit has the weight of a Sack?", ["maximum: 75"], ["maximum: 80", "summary"]),
    ],
)  # fmt: skip
def test_of_an_api_the_operations_and_schemas_that_are_named_stay(query, shown, gone):
    found = ask(API, query)
    assert found is not None
    assert found.transform == "config:asked"
    view = shown_text(found)
    assert all(text in view for text in shown)
    assert not [text for text in gone if text in view]


def test_a_name_that_no_operation_or_schema_shown_holds_is_looked_for_elsewhere():
    found = ask(API, "Which limit has `gross` in Seal?")
    assert found is None or "gross" in shown_text(found)


@pytest.mark.parametrize(
    "line",
    ["-" * 239, "=" * 239, "#" * 239, "- -" * 79, "-- " * 79, "## " * 79, "=> " * 79, "--- " + "a/" * 117, "--- " + "a." * 117,
     "--- " + "-." * 117, "::" * 119, "$ cat " + "x" * 233],
)  # fmt: skip
def test_rules_and_long_lines_are_no_paths_and_looked_through_at_once(line):
    lines = [line + "!"] * 2_000  # a pattern that goes back and forth would never come to an end
    assert not any(entry.path for entry in entries(lines, 0, len(lines) - 1))
