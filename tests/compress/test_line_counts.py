"""What the head of a re-encoded text says of lines that name the same thing."""

from hashlib import sha256

import pytest

from headroom.compress import any_lines


def encoded(lines):
    text = "\n".join(lines) + "\n"
    shown = any_lines.encode(text)
    assert shown is not None
    assert any_lines.decode(shown) == text
    return shown


def workflow(place):
    return [
        f"# .github/workflows/job-{place}.yml",
        f"name: job {place * 37 % 101}",
        "on: [push, pull_request]",
        "jobs:",
        f"  build-{place}:",
        f"    runs-on: {('ubuntu-latest', 'macos-14')[place % 2]}",
        "    steps:",
        "      - uses: actions/checkout@v4",
        *(["      - uses: actions/setup-go@v5", "        with:", "          go-version: 1.22"] if place % 3 else []),
        f"      - run: make target-{place * place}",
        *[f"      - run: ./scripts/step.sh --number {place * n} --verbose" for n in range(place % 4)],
    ]


def manifest(place):
    kind = ("Service", "Deployment", "ServiceAccount")[place % 3]
    return [
        "---",
        *(["# managed by hand, do not edit"] if place % 5 == 0 else []),
        "apiVersion: v1",
        f"kind: {kind}",
        "metadata:",
        f"  name: thing-{place}",
        "  namespace: kube-system",
        *[f"  label-{n}: value-{place * n}" for n in range(place % 4)],
        "  annotations:",
        "    addonmanager.kubernetes.io/mode: Reconcile",
    ]


def tree(place):
    return [
        f"├─┬ package-{place * 7919 % 1000}@{place}.0.1",
        f"│ ├── es-errors@1.3.{place % 2} deduped",
        *([f"│ ├── strip-ansi@6.0.{place} deduped"] if place % 2 else []),
        f"│ └── balanced-match@{place % 3}.0.2",
    ]


@pytest.mark.parametrize(
    ("part", "count", "said"),
    [
        (workflow, 30, "[~ lines: 30 × uses: actions/checkout@v4, 20 × uses: actions/setup-go@v5]"),
        (
            manifest,
            60,
            "[~ 60 manifests]\n[~ lines: 20 × kind: Service, 20 × kind: Deployment, 20 × kind: ServiceAccount]",
        ),
        (tree, 90, '[~ 315 entries of a tree: 135 end in "deduped"]'),
    ],
    ids=["actions", "kinds", "a tree"],
)
def test_what_many_lines_name_is_counted(part, count, said):
    assert f"\n{said}\n" in f"\n{encoded([line for place in range(count) for line in part(place)])}"


@pytest.mark.parametrize(
    "lines",
    [
        [line for place in range(6) for line in workflow(place)],
        [f"|{'-' * 60}| {n} some words that end in nothing" for n in range(200)],
        [f"      - name: kind of thing {n % 9}, made for the users of the new service" for n in range(200)],
    ],
    ids=["few lines", "borders", "other keys"],
)
def test_nothing_is_said_of_other_texts(lines):
    shown = any_lines.encode("\n".join(lines) + "\n") or ""
    assert "[~ lines:" not in shown
    assert " of a tree" not in shown


@pytest.mark.parametrize(("digests", "told"), [(2, True), (5, False)], ids=["much", "little"])
def test_only_a_text_that_gets_much_shorter_is_told_of(digests, told):
    lines = []
    for n in range(120):
        lines.append(" ".join(sha256(f"{n} {i}".encode()).hexdigest() for i in range(digests)))
        lines.append("  kind: structure")
        lines += ["plain words that are here once more"] * (n % 3)
    assert ("[~ lines: 120 × kind: structure]" in encoded(lines)) is told
