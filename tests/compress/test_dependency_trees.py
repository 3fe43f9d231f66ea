import pytest

from headroom.compress.dependency_trees import DependencyTree
from tests.compress.line_samples import asking, keeps_the_law, shown

NAMES = [f"{a}{b}{c}" for a in "bcdf" for b in "aeiou" for c in "lmn"]
NPM = (
    "web@1.0.0 /srv/web\n"
    + "".join(f"├─┬ {name}@1.{n}.0\n│ ├── ms@2.0.0 deduped\n│ └── is-{name}@0.{n}.1\n" for n, name in enumerate(NAMES))
    + "├─┬ send@0.19.2\n│ ├─┬ finalhandler@1.3.2\n│ │ └── debug@2.6.9\n│ └── etag@1.8.1\n"
    + "├── UNMET DEPENDENCY left-pad@^1.3.0\n└─┬ zod@3.1.0\n  └── @types/debug@4.1.0\n"
)
CARGO = (
    "shop v0.4.1 (/srv/shop)\n"
    + "".join(f"├── {name} v1.{n}.0\n│   └── memchr v2.7.{n} (*)\n" for n, name in enumerate(NAMES))
    + "└── sqlx v0.8.2\n    └── sqlx-core v0.8.2\n        └── rustls v0.23.1\n"
)
MAVEN = (
    "[INFO] org.example:shop:jar:1.0\n"
    + "".join(f"[INFO] +- org.{name}:{name}-core:jar:1.{n}:compile\n[INFO] |  \\- org.{name}:api:jar:1.{n}:compile\n" for n, name in enumerate(NAMES))
).replace("[INFO] ", "")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "question", "stays", "goes"),
    [
        (
            NPM,
            "Which packages pull in debug?",
            ["├─┬ send@0.19.2\n│ ├─┬ finalhandler@1.3.2\n│ │ └── debug@2.6.9\n", "UNMET DEPENDENCY left-pad", "web@1.0.0"],
            ["is-bal@"],
        ),
        (NPM, "Why is @types/debug installed?", ["└─┬ zod@3.1.0\n  └── @types/debug@4.1.0"], ["finalhandler", "is-bal@"]),
        (
            CARGO,
            "What needs rustls?",
            ["└── sqlx v0.8.2\n    └── sqlx-core v0.8.2\n        └── rustls v0.23.1", "shop v0.4.1"],
            ["bam v1"],
        ),
        (MAVEN, "Where does org.bon:api come from?", ["org.bon:bon-core:jar:1.11:compile\n|  \\- org.bon:api"], ["org.bal:api"]),
    ],
    ids=["npm", "npm, with a scope", "cargo", "maven"],
)  # fmt: skip
def test_what_a_package_hangs_on_stays_with_it(text, question, stays, goes):
    found = keeps_the_law(DependencyTree(), text, asking(question))
    assert found.transform == "listing:asked"
    assert all(fact in shown(found) for fact in stays)
    assert not any(fact in shown(found) for fact in goes)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (NPM, "Is the tree all right?"),
        ("\n".join(NPM.split("\n")[:20]), "Where is bal?"),
        ("src\n" + "".join(f"├── {name}.py\n" for name in NAMES), "Where is bal.py?"),
    ],
    ids=["nothing named", "short", "files"],
)
def test_other_trees_are_left_to_others(text, question):
    assert DependencyTree().lossy(text, asking(question)) is None
