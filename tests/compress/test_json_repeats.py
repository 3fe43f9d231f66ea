"""Objects and arrays that come several times are said once, and come back word for word."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.compress import json_repeats
from headroom.compress.json_table import JsonTable
from headroom.compress.json_values import JsonValues
from headroom.compress.rendition import Hints

ANN = {"login": "ann", "id": 4711, "url": "https://api.example.com/users/ann", "type": "User", "site_admin": False}
BOB = {"login": "bob", "id": 4712, "url": "https://api.example.com/users/bob", "type": "User", "site_admin": True}
REPO = {"id": 99, "full_name": "shop/cart", "owner": ANN, "description": "What a customer is about to buy", "forks": 3}


def dense(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


PULL = {
    "title": "Round cents",
    "user": ANN,
    "head": {"ref": "cents", "repo": REPO},
    "base": {"ref": "main", "repo": REPO},
    "merged_by": BOB,
    "assignees": [BOB],
    "sender": ANN,
}


def test_a_value_that_comes_again_is_defined_once_and_named_then():
    definitions, text = json_repeats.say_once(dense(PULL), nested=True) or ([], "")
    assert len(definitions) == 3
    assert [dense(value) for value in (ANN, BOB)] == sorted(line.partition("=")[2] for line in definitions[:2])
    repo = json.loads(definitions[2].partition("=")[2])
    assert repo["owner"] == json.loads(text)["user"] == json.loads(text)["sender"] != ANN
    assert json_repeats.spell_out(definitions, text) == dense(PULL)


def test_without_nesting_every_definition_is_whole():
    definitions, text = json_repeats.say_once(dense(PULL), nested=False) or ([], "")
    assert {line.partition("=")[2] for line in definitions} <= {dense(ANN), dense(BOB), dense(REPO)}
    assert definitions
    assert json_repeats.spell_out(definitions, text) == dense(PULL)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"a": ANN, "b": BOB}, id="nothing comes twice"),
        pytest.param([{"a": 1}] * 9, id="too short to be worth a name"),
        pytest.param({"a": ANN, "b": ANN, "rest": "x" * 9_000}, id="a small part of the text"),
        pytest.param({sign + "a": [sign + "b", ANN, ANN] for sign in "&@%^§$"}, id="every sign is taken"),
        pytest.param("[{" * 900, id="only a string of brackets"),
    ],
)
def test_is_left_alone(value):
    assert json_repeats.say_once(dense(value), nested=True) is None
    assert json_repeats.say_once(dense(value), nested=False) is None


def test_a_string_that_looks_like_a_name_moves_the_names_to_another_sign():
    body = dense({"note": "&a", "x": ANN, "y": ANN})
    definitions, text = json_repeats.say_once(body, nested=True) or ([], "")
    assert definitions[0].startswith("@")
    assert json_repeats.spell_out(definitions, text) == body


def test_a_broken_definition_is_an_error():
    with pytest.raises(ValueError, match="definition"):
        json_repeats.spell_out(["&a"], '"&a"')


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.sampled_from(["&a", "$b", "", "]", '"', "\\"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.text(max_size=8), inner, max_size=6)
        | st.builds(lambda value, times: [value] * times, inner, st.integers(2, 5))
        | st.builds(lambda value: {"left": value, "right": {"again": value, "pad": "p" * 90}}, inner)
    ),
    max_leaves=40,
)


@given(VALUES, st.booleans())
def test_every_text_comes_back(value, nested):
    body = dense(value)
    said = json_repeats.say_once(body, nested=nested)
    if said is not None:
        assert json_repeats.spell_out(*said) == body
        assert sum(map(len, said[0])) + len(said[1]) < len(body)


@given(VALUES, st.booleans())
def test_names_never_spare_more_than_is_seen_at_first(value, nested):
    body = dense([value, {"again": value}])
    choice = json_repeats._Choice(body, nested=nested)
    choice.choose(52)
    assert choice.spared <= json_repeats._repeated(body)


@given(VALUES)
def test_the_compressors_bring_every_document_back(value):
    text = json.dumps({"one": value, "two": [value, value], "three": {"of": value}}, indent=2, ensure_ascii=False)
    for compressor in (JsonTable(), JsonValues()):
        found = compressor.lossless(text, Hints())
        if found is not None:
            assert compressor.decode(found.text) == text


@pytest.mark.parametrize(
    ("document", "compressor"),
    [
        pytest.param(PULL, JsonValues(), id="one object"),
        pytest.param(
            [
                {"number": n, "author": [ANN, BOB][n % 2], "closed_by": [ANN, BOB][n % 3 % 2], "repo": REPO}
                for n in range(9)
            ],
            JsonTable(),
            id="records",
        ),
    ],
)
def test_a_document_with_repeated_values_is_shorter_and_comes_back(document, compressor):
    text = json.dumps(document, indent=2)
    found = compressor.lossless(text, Hints())
    assert "; said once: " in found.text.split("\n", 1)[0]
    assert found.text.count("api.example.com/users/bob") == 1
    assert compressor.decode(found.text) == text
