"""What the head of a re-encoded JSON table says of the columns that have a few values."""

import json

import pytest

from headroom.compress.json_table import JsonTable
from headroom.compress.rendition import Hints


def head_of(records):
    text = json.dumps(records, indent=2)
    encoded = JsonTable().lossless(text, Hints()).pieces[0]
    assert JsonTable().decode(encoded) == text
    return encoded.split("\n", 1)[0]


def records_of(count, **columns):
    return [{"id": 7 * i, "name": f"job {i * i}", **{key: of(i) for key, of in columns.items()}} for i in range(count)]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (lambda i: "open" if i % 5 else "closed", "80 × open, 20 × closed"),
        (lambda i: "timed out" if i % 10 == 0 else None, "90 × null, 10 × timed out"),
        (lambda i: i % 4 == 0, "75 × false, 25 × true"),
        (lambda i: 404 if i % 4 else 200, "75 × 404, 25 × 200"),
    ],
    ids=["words", "null", "booleans", "codes"],
)
def test_a_column_of_few_values_tells_how_many_rows_hold_each(value, said):
    assert f"; of 100 rows: state {said}]" in head_of(records_of(100, state=value))


def test_a_key_that_some_records_lack_is_counted_as_absent():
    records = records_of(100)
    for record in records[:60]:
        record["state"] = "open" if record["id"] % 2 else "closed"
    assert "state 40 × absent, 30 × closed, 30 × open]" in head_of(records)


def test_a_key_that_few_records_have_is_not_counted():
    records = records_of(100)
    for record in records[:20]:
        record["state"] = "open" if record["id"] % 2 else "closed"
    assert "rows: " not in head_of(records)


@pytest.mark.parametrize(
    ("count", "value"),
    [
        (39, lambda i: "open" if i % 5 else "closed"),
        (100, lambda i: f"state {i % 7}"),
        (100, lambda i: "a; marks: 9" if i % 2 else "b"),
        (100, lambda i: 1.5 if i % 2 else 2.5),
        (100, lambda i: "null" if i % 2 else None),
        (100, lambda i: {"login": f"user-{i * i}", "score": i} if i % 2 else None),
        (100, lambda i: [{"login": f"user-{i * i}", "score": i}] * 2 if i % 2 else "none"),
    ],
    ids=["short", "many values", "no plain word", "fractions", "a word for null", "null or object", "word or list"],
)
def test_other_columns_are_not_counted(count, value):
    assert "rows: " not in head_of(records_of(count, state=value))


def test_counts_take_a_small_part_of_the_table():
    columns = {f"kind_{place}": lambda i, place=place: f"value{(i + place) % 5}" for place in range(20)}
    head = head_of(records_of(60, **columns))
    assert "kind_0 12 × value0" in head
    assert len(head) < 250


def test_a_column_named_like_our_own_words_is_not_counted():
    assert "rows: " not in head_of(records_of(100, **{"x; marks: 3": lambda i: "a" if i % 2 else "b"}))
