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


def service(place):
    name = sha256(f"service {place}".encode()).hexdigest()[:8]
    return [
        f"  {name}:",
        f"    image: registry.example.org/shop/{name}:2.{place}",
        "    restart: unless-stopped",
        f"    command: serve --port {8000 + place}",
        *([f"    # {place} is drained on {name}"] if place % 4 == 0 else []),
        "    networks: [backend]",
    ]


def resource(place):
    kind = ("AWS::SQS::Queue", "AWS::Lambda::Function")[place % 3 == 0]
    own = [f"      QueueName: q-{n}-{place * n}" for n in range(place % 5)]
    return [f"  Thing{place * 7919 % 1000}:", f"    Type: {kind}", "    DeletionPolicy: Retain", *own]


def task(place):
    module = ("set_fact", "command", "assert")[place % 7 % 3]
    said = sha256(f"task {place}".encode()).hexdigest()[: 8 + place % 9]
    own = [f"    {key}: {said}" for key in ("register", "when", "tags")[: place % 4]]
    return [f"- name: Look at {said}", f"  ansible.builtin.{module}:", *own, "  changed_when: false"]


def below(key, part, count):
    return ["# what runs where", f"{key}:", *(line for place in range(count) for line in part(place))]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (below("services", service, 40), ["40 services"]),
        (below("Resources", resource, 60), ["60 Resources", "40 × Type: AWS::SQS::Queue", "20 × Type: AWS::Lambda"]),
        (
            [line for place in range(70) for line in task(place)],
            ["30 × ansible.builtin.set_fact", "20 × ansible.builtin.command"],
        ),
        (
            [
                "ancestor: null",
                "items:",
                *(line for n in range(200) for line in (f"- name: {n * n}", "  kept: always")),
            ],
            ["200 items"],
        ),
        (
            [
                "",
                "services:  # all of them",
                "",
                *(f"{line}\r" for n in range(40) for line in service(n)),
                " \t",
                "v: 1",
            ],
            ["40 services"],
        ),
    ],
    ids=["services", "types", "modules", "dashes", "blank lines"],
)
def test_what_settings_name_and_list_is_counted_where_it_is_hidden(lines, said):
    head = next(line for line in encoded(lines).split("\n") if line.startswith("[~ ") and said[0] in line)
    assert all(part in head for part in said)


@pytest.mark.parametrize(
    "lines",
    [
        below("services", service, 9),
        below("Events", lambda n: [f"  Normal  Pulled  {n}m  kubelet  Pulled the image {n * n} again"], 200),
        [*below("services", service, 30), *below("services", service, 30)],
        [line for n in range(90) for line in (f"field{n * n}:", "  type: string", "  format: date-time")],
    ],
    ids=["few entries", "a table below a key", "a key twice", "plain types"],
)
def test_other_keys_are_not_counted(lines):
    shown = any_lines.encode("\n".join(lines) + "\n") or ""
    head = [line for line in shown.split("\n") if line.startswith("[~ ")]
    assert not any(word in line for line in head for word in ("services", " Events", " words", "× type"))
