import pytest

from headroom.compress import pip_steps
from headroom.compress.build import Build
from headroom.compress.must_keep import severities
from headroom.compress.query import Relevance
from tests.compress.line_samples import asking, keeps_the_law, shown

WHY = "Why did the install fail?"


def step(name, inside, end="done"):
    return f"  {name}: started\n{inside}  {name}: finished with status '{end}'\n"


def wheel(*files):
    return "  running egg_info\n" + "".join(f"  writing shop.egg-info/{file}\n" for file in files)


FILES = [f"part{chr(97 + n)}.txt" for n in range(12)]
INSTALL = (
    "Using pip 23.2.1 from /srv/v/lib/python3.11/site-packages/pip (python 3.11)\nProcessing /srv/shop\n"
    + step("Installing build dependencies", "  Collecting setuptools>=40.8.0\n" + wheel(*FILES))
    + step("Getting requirements to build wheel", wheel(*FILES, "SOURCES.txt"))
    + "Building wheels for collected packages: shop\n"
    + step(
        "Building wheel for shop (pyproject.toml)",
        "  building 'shop' extension\n  shop.c:2:10: fatal error: decimal.h: No such file or directory\n  compilation terminated.\n",
        "error",
    )
    + "  ERROR: Failed building wheel for shop\nFailed to build shop\n"
)


def test_of_a_failed_install_the_steps_that_succeeded_are_named_in_gaps():
    found = keeps_the_law(Build(), INSTALL, asking(WHY))
    for fact in (
        "Processing /srv/shop",
        "building 'shop' extension",
        "fatal error: decimal.h",
        "ERROR: Failed building wheel for shop",
    ):
        assert fact in shown(found)
    assert "partc.txt" not in shown(found)
    assert [gap.note for gap in found.gaps] == [
        "done: Installing build dependencies, Getting requirements to build wheel"
    ]
    assert found.transform == "build:steps"


def succeeded(text, question):
    lines = text.split("\n")
    return pip_steps.succeeded(lines, severities(lines), Relevance(question))


@pytest.mark.parametrize(
    ("text", "question", "steps"),
    [
        (INSTALL, WHY, 2),
        (INSTALL, "Which dependencies were installed, and what failed?", 0),
        (INSTALL, "What was done?", 0),
        (INSTALL, f"Which versions does the lock file list?\nStep 4. {WHY} I'll look.", 2),
        (INSTALL, f"{WHY}\nLet me see which versions were collected.", 0),
        (INSTALL, "What is wrong with `SOURCES.txt`?", 1),
        (INSTALL.replace("writing shop.egg-info/SOURCES.txt", "ERROR: cannot read SOURCES.txt"), WHY, 1),
        (INSTALL.replace("status 'done'", "status 'error'"), WHY, 0),
        (INSTALL.replace(": started", ": begun"), WHY, 0),
        (step("Outer step", step("Inner step", wheel(*FILES))), WHY, 1),
    ],
)
def test_only_steps_without_trouble_go_and_only_for_a_failure(text, question, steps):
    assert len(succeeded(text, question)) == steps


def test_many_steps_in_one_gap_are_counted():
    install = "".join(step(f"Preparing part {n}", wheel(*FILES)) for n in range(6)) + INSTALL
    [gap] = keeps_the_law(Build(), install, asking(WHY)).gaps[:1]
    assert gap.note == "6 steps that succeeded"
