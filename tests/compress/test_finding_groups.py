"""Long lists of findings: a message that a file gets several times is written once, with all places; none is left out."""

import re

import pytest

from headroom.compress import law
from headroom.compress.build import Build
from headroom.compress.finding_groups import explained, grouped
from headroom.compress.search import Search
from tests.compress.line_samples import VAGUE, asking

FORMS = {
    "mypy": "src/shop/part{file}.py:{line}: error: {said}  [no-untyped-def]",
    "flake8": "src/shop/part{file}.py:{line}:5: E501 {said}",
    "tsc": "src/shop/part{file}.ts({line},7): error TS7006: {said}",
    "drive": "C:\\src\\part{file}.py:{line}: error: {said}",
}
SAID = ("Function is missing a type annotation", "Call to untyped function in typed context", "line too long (98 > 88)")


def findings(form, files=6, each=50, below=""):
    return [
        FORMS[form].format(file=file, line=3 * n + 7, said=SAID[n % 3]) + below
        for file in range(files)
        for n in range(each)
    ]


def said(compressor, text, hints=VAGUE):
    """The grouped text, which keeps the law."""
    rendition = compressor.lossy(text, hints)
    assert rendition.transform == "build:grouped"
    assert law.holds(text, rendition, (), compressor)
    return "".join(rendition.pieces)


def places_of(text):
    """Every (file, line, message) that a grouped text says."""
    told = set()
    path = ""
    for line in text.split("\n"):
        if (flat := re.fullmatch(r"(\S+?\.\w+)(?::(\d+)(?::5)?|\((\d+),7\)): (.*)", line)) is not None:
            told.add((flat[1], flat[2] or flat[3], flat[4]))
        elif (group := re.fullmatch(r"([\d(][\d,:]*\)?): (.*?)(?:; also ([\d,:() ]+))?", line)) is not None:
            for place in (group[1], *(group[3] or "").split(", ")):
                told.update((path, number[0], group[2]) for number in [re.search(r"\d+", place)] if number)
        else:
            path = line
    return told


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("asked", ["", "List every error with file and line."])
def test_every_finding_has_its_file_place_and_message(form, asked):
    lines = findings(form)
    text = "\n".join([*lines, "Found 300 errors in 6 files (checked 9 source files)", ""])
    kept = said(Build(), text, asking(asked) if asked else VAGUE)
    assert places_of(kept) >= places_of(text)
    assert all(line in kept for line in lines[:10])
    assert kept.endswith("Found 300 errors in 6 files (checked 9 source files)\n")
    assert len(kept) < 0.5 * len(text)


@pytest.mark.parametrize(
    ("question", "there"),
    [("List every finding", True), ("go on", True), ("Which E501 are in src/shop/part3.py?", False)],
)
def test_what_looks_like_search_results_is_grouped_where_all_is_wanted(question, there):
    text = "\n".join(findings("flake8"))
    rendition = Search().lossy(text, asking(question))
    assert (rendition is not None and rendition.transform == "build:grouped") == there
    assert not there or law.holds(text, rendition, (), Search())


def test_lines_below_a_finding_and_above_a_file_stay():
    lines = findings("mypy", below="\n    def total(cart):")
    text = "\n".join(
        part for n in range(6) for part in (f"************* Module shop.part{n}", *lines[50 * n : 50 * n + 50])
    )
    kept = said(Build(), text)
    assert kept.count("    def total(cart):") == 10 + 18
    assert all(f"************* Module shop.part{n}\nsrc/shop/part{n}.py\n" in kept for n in range(1, 6))


def excerpt(n, between=""):
    return (
        f"{between}ANN001 {SAID[n % 3]}\n   --> src/shop/part{n // 50}.py:{n + 7}:5\n    |\n{n + 7:3d} | def total_{n}(cart):\n"
        "    |           ^^^^\n    |\nhelp: Say what it is\n\n"
    )


def test_findings_with_excerpts_of_the_source_stand_without_them():
    text = "".join(map(excerpt, range(300))) + "Found 300 errors.\n"
    kept = said(Build(), text)
    assert kept.startswith("[~ 300 findings: 300 × ANN001]")
    assert all(excerpt(n) in kept for n in range(10))
    assert "total_10(" not in kept
    assert "their excerpts are left out]" in kept
    assert f"src/shop/part2.py\n107:5: ANN001 {SAID[1]}; also 110:5, 113:5" in kept
    assert kept.endswith("Found 300 errors.\n")
    numbers = {
        int(number)
        for line in kept.split("src/shop/part1.py\n")[1].split("\n")
        for number in re.findall(r"(\d+):5\b", line)
    }
    assert numbers >= {n + 7 for n in range(50, 300)}


def test_what_is_said_between_findings_with_excerpts_is_never_lost():
    text = "".join(excerpt(n, between="something else\n" if n == 40 else "") for n in range(300))
    assert grouped(text) is None


@pytest.mark.parametrize(
    "lines",
    [
        findings("mypy", files=1, each=199),
        [FORMS["mypy"].format(file=n, line=n, said=f"message {n}") for n in range(300)],
        [*findings("mypy")[:120], "something else", *findings("mypy")[120:]],
        [*findings("mypy")[:20], "", "    indented below nothing", *findings("mypy")[20:]],
        [*findings("mypy")[:20], "include/a.h:3: note: declared here", *findings("mypy")[20:]],
        [*findings("mypy"), "[~ 3 lines]"],
    ],
    ids=["few", "each another", "words within a file", "indented apart", "a note elsewhere", "our own sigil"],
)
def test_what_is_left_alone(lines):
    assert grouped("\n".join(lines)) is None


@pytest.mark.parametrize(
    ("lines", "true"),
    [
        (["src/shop/part0.py", "7: error: Function is missing a type annotation  [no-untyped-def]"], True),
        (["src/shop/part0.py", "7: error: Function is missing a type annotation  [no-untyped-def]; also 16, 25"], True),
        (["src/shop/part0.py", "7: error: Function is missing a type annotation  [no-untyped-def]; also 17"], False),
        (["src/shop/part9.py", "7: error: Function is missing a type annotation  [no-untyped-def]"], False),
        (["src/shop/part0.py", "7: error: Function is missing  [no-untyped-def]"], False),
    ],
)
def test_only_findings_of_the_source_are_explained(lines, true):
    assert explained("\n".join(findings("mypy")), lines) == true
