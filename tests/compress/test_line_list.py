"""Lists of one thing a line, as package and manual searches print them, and cells below comments."""

import pytest

from headroom.compress.detect import detect
from headroom.compress.line_list import LineList
from headroom.compress.rendition import Hints
from tests.compress.line_samples import VAGUE, asking, keeps_the_law, round_trips, shown

LIST = LineList()
PACKAGES = "".join(
    f"lib{chr(97 + n % 26)}pack{n}-dev - reads what number {n} wrote (development files)\n" for n in range(200)
)
PACKAGES += (
    "libcjson-dev - ultralight parser in ANSI C\nlua-cjson - parser for Lua\nlibyojson-ocaml - parser for OCaml\n"
)
MANUALS = "".join(f"call{n} (3) - do what number {n} asks for\n" for n in range(200))
ZONES = (
    "# Zones and where they are\n#\n# 1. country codes\n# 2. place\n#codes\tplace\tzone\tcomments\n"
    + "".join(f"C{n}\t+{n:04d}\tLand/Town_{n}" + ("\tmost of it" if n % 2 else "") + "\n" for n in range(200))
    + "#\n#@C1\tLand/\n"
)
LISTS = {
    "apt-cache search": (PACKAGES, "Is there a cJSON library?", ["libcjson-dev - ", "lua-cjson - "], "libdpack55-dev"),
    "man -k": (MANUALS, "What does `call77` do?", ["call77 (3) - "], "call55 "),
    "below comments": (ZONES, "Where is Land/Town_77?", ["C77\t+0077", "#codes\tplace", "#@C1"], "Town_55"),
}


@pytest.mark.parametrize(("text", "question", "facts", "gone"), LISTS.values(), ids=LISTS)
def test_the_lines_that_are_asked_for_stay(text, question, facts, gone):
    assert detect(text, Hints()).kinds[0] == "listing"
    view = shown(keeps_the_law(LIST, text, asking(question)))
    assert all(fact in view for fact in facts)
    assert gone not in view
    assert f"[~ {len([line for line in text.split() if line == '-']) or 200} lines]" in view
    assert len(view) < 0.3 * len(text)


def test_all_lines_of_the_same_country_stay_where_one_is_named():
    text = ZONES.replace("C90\t+0090\tLand/Town_90", "C10\t+0090\tLand/Town_90")
    text = text.replace("Land/Town_10\n", "Land/Town_10\tmost of Mongolia\n")
    view = shown(keeps_the_law(LIST, text, asking("Which zones does Mongolia have?")))
    assert "Land/Town_10\tmost of Mongolia" in view
    assert "C10\t+0090\tLand/Town_90" in view
    assert "Town_55" not in view


def test_a_line_of_blanks_is_no_name():
    assert "lua-cjson" in shown(keeps_the_law(LIST, f"{PACKAGES}  \n\t\n", asking("Is there a cJSON library?")))


@pytest.mark.parametrize("text", [PACKAGES, MANUALS, ZONES], ids=LISTS)
def test_lists_come_back(text):
    round_trips(LIST, text)


@pytest.mark.parametrize(
    ("text", "hints"),
    [(PACKAGES, VAGUE), (PACKAGES, asking("Where is `nothing_like_that`?")), (PACKAGES[:900], asking("cJSON?"))],
    ids=["vague", "not there", "short"],
)
def test_without_a_lead_nothing_is_left_out(text, hints):
    assert LIST.lossy(text, hints) is None


@pytest.mark.parametrize(
    "text",
    [
        "# a script\n" + "".join(f"if x{n}\n\tthen - do_{n}\n" for n in range(60)),
        "".join(f"- item {n}\n" for n in range(60)),
    ],
    ids=["a script", "items"],
)
def test_other_lines_are_no_such_list(text):
    assert LIST.lossy(text, asking("Where is do_7 or item 7?")) is None
    assert "listing" not in detect(text, Hints()).kinds[:1]
