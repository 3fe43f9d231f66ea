"""Forms of words: what each rule takes off or puts on, and where two rules differ."""

import pytest

from headroom.compress.word_forms import (
    bent,
    singular_of,
    spelled_else,
    start_alike,
    stem_of,
    stem_of_verb,
    without_s,
    words_of_identifier,
    words_of_label,
    words_of_token,
)


@pytest.mark.parametrize(
    ("word", "stem", "of_verb"),
    [
        ("stopped", "stop", "stop"),
        ("rotating", "rotat", "rotat"),
        ("modified", "modif", "modifi"),
        ("modify", "modif", ""),
        ("hitting", "hit", ""),
        ("sitting", "sit", ""),
        ("called", "call", "call"),
        ("payment", "pay", ""),
        ("settings", "set", ""),
        ("queries", "quer", ""),
        ("timeouts", "timeout", ""),
        ("red", "red", ""),
        ("bring", "bring", ""),
        ("port80ed", "port80", ""),
        ("disk", "disk", ""),
    ],
)
def test_stems(word, stem, of_verb):
    assert (stem_of(word), stem_of_verb(word)) == (stem, of_verb)


@pytest.mark.parametrize(
    ("word", "singular", "shorter"),
    [
        ("errors", "error", "error"),
        ("process", "", "proces"),
        ("bugs", "", ""),
        ("error", "", ""),
        ("no_rows", "no_row", ""),
        ("", "", ""),
    ],
)
def test_words_without_their_s(word, singular, shorter):
    assert (singular_of(word), without_s(word)) == (singular, shorter)


@pytest.mark.parametrize(
    ("text", "found"),
    [("it returns", True), ("returned()", True), ("return", False), ("returning_to", False), ("no_returns", False)],
)
def test_a_word_with_an_ending_put_on(text, found):
    assert (bent("return").search(text) is not None) is found


@pytest.mark.parametrize(
    ("word", "other"),
    [("colour", "color"), ("color", "colour"), ("license", "licence"), ("catalog", "catalogue"), ("disk", None)],
)
def test_british_and_american_spellings(word, other):
    assert (other in spelled_else(word)) if other else not list(spelled_else(word))


@pytest.mark.parametrize(
    ("part", "word", "alike"),
    [
        ("acceleration", "accelerates", True),
        ("accel", "accelerates", True),
        ("temp", "temperature", False),
        ("internal", "international", True),
        ("interval", "international", True),
        ("translation", "transaction", False),
    ],
)
def test_words_that_begin_alike(part, word, alike):
    assert start_alike(part, word) is alike


@pytest.mark.parametrize(
    ("name", "of_identifier", "of_token", "of_label"),
    [
        ("parseHTTPHeader", ["parse", "HTTP", "Header"], ["parse", "HTTP", "Header"], ["parse", "http", "header"]),
        ("node18_id", ["node", "id"], ["node", "18", "id"], ["node", "id"]),
        ("größe", ["gr", "e"], ["gr", "e"], ["größe"]),
        ("цена", [], ["цена"], ["цена"]),
    ],
)
def test_the_words_of_a_name(name, of_identifier, of_token, of_label):
    assert words_of_identifier(name) == of_identifier
    assert words_of_token(name) == of_token
    assert words_of_label(name) == of_label
