"""JSON tokens as cells: a column of plain strings is written as any other, and read back."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from headroom.compress.json_cells import all_strings, read_cells, split_row, write_cells

tokens = st.lists(
    (
        st.text(st.sampled_from('ab1-,|"\\ \t`[{é\xa0;]'), max_size=4)
        | st.sampled_from(["true", "null", "1.5", "2024-01-02", "plain", "two words", " blank", "blank "])
    ).map(lambda text: json.dumps(text, ensure_ascii=False)),
    min_size=1,
    max_size=5,
)


@given(tokens)
def test_a_column_of_strings_is_written_as_beside_a_number(column):
    assert write_cells([*column, "7"]) == [*write_cells(column), "7"]


@given(tokens)
def test_strings_are_read_back(column):
    assert read_cells(write_cells(column)) == column


literals = st.lists(
    st.sampled_from(["true", "null", "0", "-1.5e3", "42", "[1]", '{"a":2}', ""]), min_size=1, max_size=5
)


@given(literals)
def test_literals_are_read_back(column):
    assert read_cells(write_cells(column)) == column


@given(tokens, literals)
def test_a_column_of_all_sorts_is_read_back(strings, others):
    column = [*strings, *others, *strings]
    assert read_cells(write_cells(column)) == column


row_cells = st.lists(
    st.sampled_from(["", "a", "007", 'a"b', '"a,b"', "[1,[2]]", '{"a":[3]}', "`x|,y`", "true"]), min_size=1, max_size=8
)


@given(row_cells, st.lists(st.sampled_from(["a=1", 'b.c="x|y"', "d=[1,2]"]), max_size=2))
def test_a_row_is_cut_into_its_cells(cells, tail):
    assert split_row("".join([",".join(cells), *(f"|{entry}" for entry in tail)])) == (cells, tail)


@given(tokens)
def test_what_stands_between_quotes(column):
    assert all_strings(column) == [token[1:-1] for token in column]
    assert all_strings([*column, "null"]) is None
