"""JSON records as tables: exact back, readable, and every line accounted for when rows are left out."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress.json_table import JsonTable
from headroom.compress.rendition import Hints

TABLE = JsonTable()
NO_HINTS = Hints()


def encode(text: str) -> str:
    found = TABLE.lossless(text, NO_HINTS)
    assert found is not None
    assert TABLE.decode(found.text) == text
    return found.text


def scalars():
    return st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=12),
        st.sampled_from(
            [
                "",
                "null",
                "true",
                "1",
                "1.0",
                "-",
                "a,b",
                'say "hi"',
                "[x]",
                "{y}",
                "`q`",
                "a|b",
                " lead",
                "a;b",
                "é",
                "x=1",
            ]
        ),
    )


names = st.sampled_from(["id", "name", "a.b", "x?", "user", "tags", "note", "k{", "=", "é", "", "items", 'q"'])
values = st.recursive(
    scalars(),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(names, inner, max_size=4),
        st.lists(st.dictionaries(names, inner, max_size=4), max_size=4),
    ),
    max_leaves=12,
)
records = st.lists(st.dictionaries(names, values, max_size=6), min_size=3, max_size=12)
LAYOUTS = {
    "compact": lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False),
    "spaced ascii": json.dumps,
    "indent 2": lambda value: json.dumps(value, indent=2, ensure_ascii=False) + "\n",
    "indent 4 ascii": lambda value: json.dumps(value, indent=4),
    "tabs": lambda value: json.dumps(value, indent="\t", ensure_ascii=False),
    "crlf": lambda value: json.dumps(value, indent=2).replace("\n", "\r\n"),
    "bom": lambda value: "\ufeff" + json.dumps(value, indent=2),
    "element a line": lambda value: "[" + ",\n".join(json.dumps(item, separators=(",", ":")) for item in value) + "]\n",
    "lines": lambda value: "".join(json.dumps(item) + "\n" for item in value),
}


@settings(max_examples=150, deadline=None)
@given(records, st.sampled_from(sorted(LAYOUTS)))
def test_records_come_back_byte_for_byte_in_every_layout(rows, layout):
    text = LAYOUTS[layout](rows * 4)
    found = TABLE.lossless(text, NO_HINTS)
    if found is not None:
        assert TABLE.decode(found.text) == text


@settings(max_examples=100, deadline=None)
@given(values, st.sampled_from(sorted(set(LAYOUTS) - {"element a line", "lines"})))
def test_any_json_comes_back_byte_for_byte(value, layout):
    text = LAYOUTS[layout](
        {"before": value, "items": [{"id": i, "v": value, "plan": "free of charge"} for i in range(9)], "after": value}
    )
    found = TABLE.lossless(text, NO_HINTS)
    if found is not None:
        assert TABLE.decode(found.text) == text
