"""What a question wants in general, in four languages."""

import pytest

from headroom.compress.asks import (
    asking,
    asks_how_long,
    asks_what_is_most,
    asks_what_is_rare,
    asks_when,
    extremes_asked,
    general_asks,
)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("the slowest request", {"max"}),
        ("Welche Datei ist die größte?", {"max"}),
        ("el archivo más pesado", {"max"}),
        ("le fichier le moins lourd", {"min"}),
        ("wie viele Zeilen", {"count"}),
        ("¿cuántos errores?", {"count"}),
        ("the latest failure", {"last", "failure"}),
        ("la première ligne", {"first"}),
        ("where is parse_header", set()),
    ],
)
def test_what_is_wanted_in_general(query, wanted):
    assert general_asks(query) == wanted


@pytest.mark.parametrize(
    ("query", "how_long", "when"),
    [
        ("How long did the build take?", True, False),
        ("Wie lange lief der Job?", True, False),
        ("¿Cuánto tardó?", True, False),
        ("When did it fail?", False, True),
        ("Quand a-t-il échoué ?", False, True),
        ("Where did it fail?", False, False),
    ],
)
def test_times_that_are_asked_for(query, how_long, when):
    assert (asks_how_long(query), asks_when(query)) == (how_long, when)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("Find all errors.\nWhere is it set?", "Where is it set?"),
        ("Find all errors.\nLet me look.", "Find all errors.\nLet me look."),
        (f"{'Find all errors. ' * 50}\nLet me look.", "Let me look."),
        ("Where is it set?", "Where is it set?"),
    ],
)
def test_the_part_that_asks(query, asked):
    assert asking(query) == asked


@pytest.mark.parametrize(
    ("query", "rare"),
    [
        ("Which codes come up only once?", True),
        ("Which rules occur once? Where?", True),
        ("What are the least common warnings?", True),
        ("Welche Codes kommen nur einmal vor?", True),
        ("List each code once.", False),
        ("It failed once more.", False),
        ("Which single file takes the most space?", False),
        (f"{'Tell me more of it. ' * 50}Which codes are rare?", False),
    ],
)
def test_what_is_rare_is_asked_for(query, rare):
    assert asks_what_is_rare(query) is rare


@pytest.mark.parametrize(
    ("query", "most_often", "extremes"),
    [
        ("Which response was the largest?", False, True),
        ("Who sent most bytes?", False, True),
        ("What takes the most time?", False, True),
        ("Which IP tried the most logins?", True, False),
        ("Which host served most requests?", True, False),
        ("the top 5 clients", True, False),
        ("Which errors are most common?", True, False),
        ("How often did it fail?", True, False),
        ("Which host served most requests, and which took longest?", True, True),
        ("Who failed?", False, False),
    ],
)
def test_what_there_is_most_of_is_no_largest_number(query, most_often, extremes):
    assert asks_what_is_most(query) is most_often
    assert extremes_asked(query) is extremes
