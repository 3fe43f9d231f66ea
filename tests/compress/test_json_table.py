"""JSON records as tables: exact back, readable, and every record accounted for when some are left out."""

from __future__ import annotations

import json
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.compress import json_layout, json_text, law
from headroom.compress.json_table import COMPRESSORS, JsonTable
from headroom.compress.rendition import Gap, Hints
from tests.compress.accounting import assert_every_row_is_shown_or_marked, shown_text

TABLE = JsonTable()
NO_HINTS = Hints()


def encode(text: str) -> str:
    found = TABLE.lossless(text, NO_HINTS)
    assert found is not None
    assert TABLE.decode(found.text) == text
    return found.text


def ask(text: str, query: str, arguments: str = ""):
    found = TABLE.lossy(text, Hints(query=query, arguments=arguments))
    if found is not None:
        lossless = TABLE.lossless(text, NO_HINTS)
        assert law.holds(text, found, lossless.text.split("\n") if lossless else (), TABLE)
    return found


ODD_TEXTS = [
    "",
    "null",
    "true",
    "1",
    "1.0",
    "-0",
    "1e5",
    "-",
    "a,b",
    'say "hi"',
    "[x]",
    "{y}",
    "`q`",
    "a|b",
    " lead",
    "trail ",
    "a;b",
]
ODD_TEXTS += [
    "x=1",
    "é",
    "日本",
    "\u202e",
    "😀",
    "\x00",
    "tab\t",
    "line\nbreak",
    "back\\slash",
    "[~ 3 rows omitted",
    "*4 x",
    '"""',
    "$a",
    "@b",
]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(ODD_TEXTS),
)
names = st.sampled_from(
    ["id", "name", "a.b", "x?", "user", "tags", "note", "k{", "=", "é", "", "items", 'q"', "a,b", "x*", "[]", " s"]
)
values = st.recursive(
    scalars,
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
    "white space around": lambda value: "\n  " + json.dumps(value, indent=3) + "\n\n ",
    "element a line": lambda value: "[" + ",\n".join(json.dumps(item, separators=(",", ":")) for item in value) + "]\n",
    "element a line, indented": lambda value: "[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n]",
    "lines": lambda value: "".join(json.dumps(item) + "\n" for item in value),
    "compact lines": lambda value: "\n".join(json.dumps(item, separators=(",", ":")) for item in value),
}
ANY_VALUE = sorted(name for name in LAYOUTS if "line" not in name)


@settings(max_examples=80, deadline=None)
@given(records, st.sampled_from(sorted(LAYOUTS)))
def test_records_come_back_byte_for_byte_in_every_layout(rows, layout):
    text = LAYOUTS[layout](rows * 4)
    found = TABLE.lossless(text, NO_HINTS)
    if found is not None:
        assert TABLE.decode(found.text) == text
    # A table that spares too little is not used; its lines must be exact all the same.
    table = json_text.write(json.dumps(rows, separators=(",", ":"), ensure_ascii=False))
    assert json.loads(json_text.read(table.lines)) == rows


@settings(max_examples=50, deadline=None)
@given(values, st.sampled_from(ANY_VALUE))
def test_what_stands_around_a_table_comes_back_byte_for_byte(value, layout):
    items = [{"id": i, "value": value, "plan": "free of charge"} for i in range(9)]
    text = LAYOUTS[layout]({"before": value, "items": items, "after": value})
    found = TABLE.lossless(text, NO_HINTS)
    if found is not None:
        assert TABLE.decode(found.text) == text


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(max_size=5), values, max_size=4), st.sampled_from(["a", "b", "c"]))
def test_records_of_several_shapes_and_orders_come_back(extra, key):
    rows = []
    for i in range(12):
        row = {"id": i, "kind": "x" * 20, **extra} if i % 3 else {key: i, "kind": "y" * 20, "id": i}
        rows.append(row)
    text = json.dumps(rows, indent=2)
    found = TABLE.lossless(text, NO_HINTS)
    if found is not None:
        assert TABLE.decode(found.text) == text


@pytest.mark.parametrize(
    "token",
    [
        "1e3",
        "1.0",
        "1E+2",
        "-0",
        "0.10",
        "32.380000000000002558",
        "12345678901234567890",
        '"\\u00e9"',
        '"\\/x"',
        '"\\u0000"',
        "[1.50]",
        '{"a":1e1}',
    ],
)
def test_the_spelling_of_a_value_is_kept(token):
    rows = [f'{{"id":{i},"plan":"free of charge","v":{token if i % 2 else i}}}' for i in range(8)]
    assert token.strip("[]{}").rpartition(":")[2] in encode("[" + ",".join(rows) + "]") or token.startswith('"')


@pytest.mark.parametrize(
    "text",
    [
        '[{"id":1,"id":2,"name":"some name"},{"id":3,"name":"some name"},{"id":4,"name":"some name"},{"id":5,"name":"some name"}]'
        * 1,
        '{"items":[' + ",".join('{"id":1,"user":{"a":1,"a":2},"text":"a long text"}' for _ in range(9)) + "]}",
    ],
    ids=["in a record", "in a nested object"],
)
def test_duplicate_keys_are_left_alone(text):
    assert TABLE.lossless(text, NO_HINTS) is None
    assert TABLE.lossy(text, Hints(query="What is the name of the record whose id is 3?")) is None


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "[",
        "{}",
        "[]",
        "nonsense",
        '["a"',
        "[1,2]x",
        '{"a":01}',
        "[NaN]",
        '"[{}]"',
        '["\ud800"]',
        "\x00",
        "[" * 100_000,
    ],
)
def test_what_is_no_list_of_records_is_left_alone(bad):
    assert TABLE.lossless(bad, NO_HINTS) is None
    assert TABLE.lossy(bad, Hints(query="Which `a` is highest?")) is None


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300), st.text(max_size=60))
def test_no_text_raises(text, query):
    TABLE.lossless(text, Hints(query=query))
    TABLE.lossy(text, Hints(query=query))
    TABLE.explains(text, [query])


@pytest.mark.parametrize(
    "bad", ["", "x", "[~ json compact]\n[3 rows]{a}:\n1", "[~ json compact]\n[2 rows]{a,b}:\n1\n2", "[~ json odd]\n1"]
)
def test_decoding_foreign_text_is_refused(bad):
    with pytest.raises(ValueError):
        TABLE.decode(bad)


def test_a_table_reads_as_one():
    rows = [
        {"id": i, "user": {"login": f"u{i}", "admin": False}, "note": None if i % 2 else "a, b", "plan": "free"}
        for i in range(4)
    ]
    assert encode(json.dumps({"total": 4, "rows": rows, "next": None}, indent=2) + "\n").split("\n") == [
        "[~ json indent 2 nl; blank cell = null; name=v = v in every row]",
        '{"total":4,"rows":',
        "[4 rows]{id,user{login,admin=false},note,plan=free}:",
        '0,u0,"a, b"',
        "1,u1,",
        '2,u2,"a, b"',
        "3,u3,",
        ',"next":null}',
    ]


def test_nested_lists_of_records_stay_beside_their_record():
    rows = [{"order": i, "lines": [{"sku": f"s{i}", "count": 2}, {"sku": f"t{i}", "count": 3}]} for i in range(5)]
    text = encode(json.dumps(rows))
    assert "{order,lines[]{sku,count}}" in text
    assert "\n2,[s2,2;t2,3]\n" in text


def test_objects_alone_in_arrays_are_columns_where_they_hold_arrays_themselves():
    rows = [
        {
            "id": f"r-{i}",
            "hosts": [{"name": f"h{i}", "state": "up", "nics": [{"ip": f"10.0.0.{i}", "groups": [{"id": i % 3}]}]}],
        }
        for i in range(5)
    ]
    text = encode(json.dumps(rows))
    assert "[5 rows]{id,hosts[0]{name,state=up,nics[0]{ip,groups[]{id}}}}:" in text
    assert "\nr-2,h2,10.0.0.2,[2]\n" in text


@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: [value]], ids=["object", "alone in an array"])
@pytest.mark.parametrize(
    "inner",
    [
        lambda i: {"kind": "constant", "more": i} if i % 2 else {"kind": "constant"},
        lambda i: {} if i == 3 else {"kind": i, "parts": [{"id": i, "of": [{"id": i}]}]},
        lambda i: {"kind": "constant", "parts": [{"id": 1, "of": [{"id": i}]}]},
        lambda i: {"kind": None, "parts": [{"of": [{"id": i}], "x[0]": [{"y": [{"z": i}]}]}]},
    ],
    ids=["some with nothing of their own", "one without keys", "deeper", "odd names and nulls"],
)
def test_objects_of_which_some_have_no_cell_come_back(inner, wrap):
    rows = [{"id": i, "name": f"part number {i}", "of": wrap(inner(i))} for i in range(12)]
    assert "\n[12 rows]{" in encode(json.dumps(rows, indent=2))


def test_rare_keys_stand_behind_the_row():
    rows = [{f"k{c}": i for c in "abcdef"} | ({"oops": "disk, full"} if i == 7 else {}) for i in range(40)]
    lines = encode(json.dumps(rows)).split("\n")
    assert '7,7,7,7,7,7|oops="disk, full"' in lines


def test_json_inside_a_string_is_opened_and_closed_again():
    inner = json.dumps([{"id": i, "name": f"name {i}", "ok": True} for i in range(20)], indent=2)
    text = encode(json.dumps({"content": [{"type": "text", "text": inner}], "more": [1]}))
    assert "[20 rows]{id,name,ok=true}:" in text
    assert "\\" not in text


def test_objects_of_alike_objects_become_tables_with_their_keys():
    packages = {f"node_modules/p{i}": {"version": f"1.{i}.0", "license": "MIT", "dev": i % 2 == 0} for i in range(12)}
    text = encode(json.dumps({"name": "x", "packages": packages}, indent=2))
    assert "{12 rows}{key,version,license=MIT,dev}:" in text
    assert "\nnode_modules/p3,1.3.0,false\n" in text


def test_escaped_unicode_is_shown_plain():
    text = json.dumps(
        [{"id": i, "city": "M\u00fcnchen \U0001f600"} for i in range(3)] + [{"id": 9, "city": "東京"}] * 9
    )
    assert "東京" in encode(text)


ROWS = [
    {
        "id": 1000 + i,
        "name": f"part {i * 37 % 501}",
        "status": "failed" if i == 321 else ("active", "idle")[i % 2],
        "price": 9_999.5 if i == 77 else round(20 + (i * 7919 % 100) / 10, 1),
        "error": None,
        "note": "body " * 200 if i == 40 else f"n{i}",
    }
    for i in range(500)
]
TEXT = json.dumps(ROWS, indent=2)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("What is `price` for the record whose `id` is 1234?", [1234]),
        ("What are name and price for id = 1100?", [1100]),
        ("Which record has the highest `price`?", [1077]),
        ("Which row has the lowest id?", [1000]),
        ("Any unusual `status`?", [1321]),
        ("What does part 17 cost?", [1000 + next(i for i in range(500) if i * 37 % 501 == 17)]),
        ("which rows have a price over 1000?", [1077]),
        ("What are the top 3 rows by `id`?", [1499, 1498, 1497]),
    ],
)
def test_the_record_asked_for_is_shown_whole(query, wanted):
    found = ask(TEXT, query)
    assert found is not None
    rows = json_text.write(json_layout.split(TEXT)[1]).tables[0].table.rows()
    shown = shown_text(found).split("\n")
    for record in wanted:
        assert rows[record - 1000] in shown
    assert len(shown_text(found)) < 0.2 * len(TEXT)


@pytest.mark.parametrize(
    ("odd", "shown"),
    [
        ({7: 301, 15: 302, 23: 307, 31: 404, 39: 205}, [7, 15, 23, 31, 39]),
        ({7: 301, 15: 302, 23: 307, 31: 205, **dict.fromkeys(range(40, 48), 422)}, [7, 15, 23, 31, 40]),
        ({5 + 3 * n: code for n, code in enumerate([*range(400, 409), 500, 502, 503])} | {60: 100, 64: 101}, [5, 38]),
    ],
    ids=["five values once each", "an error that several have", "each one of many errors"],
)
def test_of_odd_values_none_is_left_out_for_others_as_rare(odd, shown):
    text = json.dumps(
        [{"call": f"list-{n * 31 % 97}", "status": odd.get(n, 200 + n % 2), "size": n * 7919 % 5000} for n in range(80)]
    )
    view = shown_text(ask(text, "Which `call` has the highest `size`? Any unusual `status`?"))
    assert [n for n in shown if f"list-{n * 31 % 97},{odd[n]}," not in view] == []


@pytest.mark.parametrize(
    "query",
    ["Which instances are not running?", "Any unusual `Type`?", "What is the `Ip` of i-0040?"],
)
def test_what_an_array_of_one_object_holds_is_read_as_columns(query):
    rows = [
        {
            "Reservation": f"r-{n * 7919:06d}",
            "Instances": [
                {
                    "Id": f"i-{n:04d}",
                    "Ip": f"10.0.{n // 250}.{n % 250}",
                    "Type": "p4d.24xlarge" if n == 40 else "m6i.large",
                    "State": {"Name": "stopped" if n == 40 else "running"},
                    "Tags": [{"Key": "team", "Value": f"t{n % 4}"}, {"Key": "env", "Value": "prod"}],
                }
            ],
        }
        for n in range(90)
    ]
    shown = shown_text(ask(json.dumps({"Reservations": rows}, indent=1), query))
    assert "i-0040" in shown
    assert "stopped" in shown
    assert shown.count("i-00") < 15


def test_every_record_is_shown_or_lies_in_a_gap():
    found = ask(TEXT, "What is `price` for the record whose `id` is 1234? Which has the highest `price`?")
    assert found is not None
    rows = json_text.write(json_layout.split(TEXT)[1]).tables[0].table.rows()
    rest = [piece for piece in found.pieces if not isinstance(piece, Gap) or piece.unit == "rows"]
    assert len(rest) == len(found.pieces)
    assert_every_row_is_shown_or_marked(found, rows, unit="rows")


def test_outliers_and_rare_values_are_shown_unasked_and_no_first_and_last():
    shown = shown_text(ask(TEXT, "What is `name` for the record whose `id` is 1234?"))
    for record, there in ((1000, False), (1499, False), (1077, True), (1321, True)):
        assert bool(re.search(rf"(?m)^{record},", shown)) is there, record


def test_statistics_speak_of_all_records():
    shown = shown_text(ask(TEXT, "What is the average `price`?"))
    prices = [row["price"] for row in ROWS]
    line = next(line for line in shown.split("\n") if line.startswith("[~ stats price:"))
    assert "n=500" in line
    assert "max=9999.5" in line
    assert f"sum={sum(prices):.1f}" in line
    assert f"mean={sum(prices) / 500:.6g}" in line
    assert "active 250" in shown
    assert "idle 249" in shown
    assert "failed 1" in shown


@pytest.mark.parametrize(
    "query",
    [
        "Please go on with the task.",
        "Thanks!",
        "List every record.",
        "How does the price develop over time? Plot it.",
        "What is the average price per status?",
        "Which records are about weekend trips?",
        "What is `price` for the record whose `status` is idle?",
        "Please add a price column and status filters to the shop page. " * 30,
    ],
)
def test_a_question_that_a_part_cannot_answer_gets_the_whole(query):
    assert ask(TEXT, query) is None


def test_near_duplicates_that_differ_in_one_number_are_told_apart():
    rows = [{"id": i, "text": f"Payment of 100.{i:02d} EUR to ACME was booked on account 4711"} for i in range(100)]
    shown = shown_text(ask(json.dumps(rows), "Where did the payment of 100.73 EUR go?"))
    assert "100.73" in shown


def test_a_container_keeps_cursor_and_total():
    text = json.dumps({"total": 900, "items": ROWS, "next_cursor": "abc123"})
    shown = shown_text(ask(text, "Which record has the highest `price`?"))
    assert '"total":900' in shown
    assert '"next_cursor":"abc123"' in shown


def test_long_cells_keep_head_and_tail_and_name_the_gap():
    bodies = [
        f"ticket {i} starts here. " + " ".join(f"w{i}x{j}" for j in range(250)) + f" ends with {i * 7919}"
        for i in range(9)
    ]
    text = json.dumps([{"id": f"T-{i}", "body": body} for i, body in enumerate(bodies)])
    found = ask(text, "What does ticket T-5 say?")
    assert found is not None
    shown = shown_text(found)
    assert bodies[5] in shown
    for gap in found.gaps:
        assert gap.unit == "chars"
        assert text[gap.first - 1 : gap.last] in text
        assert text[gap.first - 1 : gap.last] not in shown
    for i, body in enumerate(bodies):
        assert body[:100] in shown, i
        assert body[-30:] in shown, i


@pytest.mark.parametrize("indent", [None, 2], ids=["spaced", "indented"])
def test_of_a_long_cell_with_white_space_the_gap_is_counted_in_the_source(indent):
    rows = [{"id": i, "name": f"n{i}", "size": i * 7 % 41, "issue": None} for i in range(40)]
    rows[35]["issue"] = {
        "url": "https://example.com",
        "tags": [f"tag {k}" for k in range(120)],
        "end": "the last of it",
    }
    text = json.dumps(rows, indent=indent)
    found = ask(text, "What is `name` for the record whose `id` is 9? Which record has the highest `size`?")
    assert found is not None
    shown = shown_text(found)
    assert '35,n35,40,{"url":"https://example.com","tags":["tag 0","tag 1",' in shown
    assert '"tag 119"],"end":"the last of it"}' in shown
    [gap] = [gap for gap in found.gaps if gap.unit == "chars"]
    source = text[gap.first - 1 : gap.last]
    assert '"tag 60"' in source
    assert '"tag 60"' not in shown
    # What stands before and behind the gap is what stands there in the source.
    before = shown[: shown.index("\n", shown.index("35,n35"))]
    assert "".join(text[: gap.first - 1].split()).endswith("".join(before[-60:].split()))


def test_records_in_a_layout_of_no_rule_are_cut_all_the_same():
    text = "[\n" + ",\n".join(json.dumps(row).replace(": ", ":  ") for row in ROWS) + "  ]"
    assert TABLE.lossless(text, NO_HINTS) is None
    found = ask(text, "What is `price` for the record whose `id` is 1234?")
    assert found is not None
    assert re.search(r"(?m)^1234,", shown_text(found))


def test_gaps_in_nested_tables_are_counted_in_lines_of_the_source():
    rows = [{"id": i, "name": f"name {i}", "size": i * 3} for i in range(200)]
    text = json.dumps({"a": {"b": {"rows": rows}}}, indent=2)
    found = ask(text, "What is `size` for the record whose `id` is 150?")
    assert found is not None
    lines = text.split("\n")
    for gap in found.gaps:
        assert gap.unit == "lines"
        cut = "\n".join(lines[gap.first - 1 : gap.last]).rstrip(",")
        assert all(set(row) == {"id", "name", "size"} for row in json.loads(f"[{cut}]"))


def test_gaps_in_jsonl_are_counted_in_lines():
    text = "".join(json.dumps(row) + "\n" for row in ROWS)
    found = ask(text, "What is `price` for the record whose `id` is 1234?")
    assert found is not None
    assert found.gaps
    for gap in found.gaps:
        assert gap.unit == "lines"
        assert json.loads(text.split("\n")[gap.first - 1])["id"] == 999 + gap.first


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"id": st.integers(0, 400), "v": scalars, "s": st.sampled_from(["on", "off", "error: disk"])}
        ),
        min_size=20,
        max_size=80,
    ),
    st.sampled_from(
        ["What is `v` for the record whose `id` is 7?", "Which has the highest `id`?", "Any unusual `s`?", "errors?"]
    ),
)
def test_lossy_keeps_the_law_and_is_deterministic(rows, query):
    text = json.dumps(rows, indent=1)
    found = ask(text, query)
    assert found == ask(text, query)
    assert found is None or found.gaps


@pytest.mark.parametrize("cell", ["NaN", "Infinity", None, "", "xxxxx", 0, [], {}])
def test_columns_of_one_value_or_none_do_no_harm(cell):
    rows = [{"id": i, "v": cell, "error": None, "name": f"name {i}"} for i in range(90)]
    found = ask(json.dumps(rows), "What is `v` for the record whose `id` is 33?")
    assert found is not None
    assert re.search(r"(?m)^33,", shown_text(found))


def test_compressors_are_listed():
    assert [compressor.kind for compressor in COMPRESSORS] == ["json"]


def journal(count: int, order: str = "any") -> str:
    """Lines as a journal writes them, the keys of each in another order."""
    lines = []
    for i in range(count):
        record = {
            "_HOSTNAME": "edge-2",
            "__CURSOR": f"s=ab{i:04x};i={i:x}",
            "PRIORITY": "3" if i == count // 2 else "6",
            "_SYSTEMD_UNIT": "mill.service" if i % 3 else "kiln.service",
            "_PID": str(800 + i % 3),
            "__REALTIME_TIMESTAMP": str(1795442529217000 + 7001 * i),
            "MESSAGE": "grate jammed" if i == count // 2 else f"batch {i} done",
        }
        keys = list(record)
        if order == "any":
            random.Random(i).shuffle(keys)
        elif order == "turned":
            keys = keys[i % len(keys) :] + keys[: i % len(keys)]
        lines.append(json.dumps({key: record[key] for key in keys}, separators=(",", ":")))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("order", ["any", "turned"])
def test_json_lines_with_keys_in_any_order_are_cut_like_others(order):
    found = ask(journal(60, order), "Which errors are in this journal, and of which unit?")
    assert found is not None
    shown = shown_text(found)
    assert "keys in one order" in shown.split("\n")[0]
    (row,) = [line for line in shown.split("\n") if line.endswith(",grate jammed")]
    assert "kiln.service" in row
    assert "1795442529427030" in row
    assert all(gap.unit == "lines" for gap in found.gaps)
    omitted = {number for gap in found.gaps for number in range(gap.first, gap.last + 1)}
    assert 31 not in omitted
    assert len(omitted) > 40
    other = ask(journal(60, "same"), "Which errors are in this journal, and of which unit?")
    assert "one order" not in shown_text(other)


@pytest.mark.parametrize(
    "line",
    ['{"PRIORITY":"6","PRIORITY":"3","MESSAGE":"twice"}', '["no", "record"]'],
)
def test_lines_that_no_order_of_keys_makes_alike_stay(line):
    assert ask(journal(60) + line + "\n", "Which errors are in this journal?") is None


@pytest.mark.parametrize("indent", [None, 2])
def test_of_several_long_tables_each_is_cut(indent):
    def messages(file, errors):
        return [
            {
                "rule": f"rule-{n % 3}",
                "severity": 2 if n in errors else 1,
                "line": 7 * n + file,
                "text": f"in {file} at {n}",
            }
            for n in range(40)
        ]

    report = [{"path": f"src/part_{file}.js", "messages": messages(file, {9 + file})} for file in range(4)]
    report.append({"path": "src/short.js", "messages": messages(9, {3})[:6]})
    text = json.dumps(report, indent=indent)
    found = ask(text, "Which messages of severity = 2 does the report hold?")
    assert found is not None
    shown = shown_text(found)
    assert all(f"in {file} at {9 + file}" in shown for file in range(4))
    assert all(f"src/part_{file}.js" in shown for file in range(4))
    assert not any(f"in {file} at 30" in shown for file in range(4))
    assert all(f"in 9 at {n}" in shown for n in range(6))
    lines = text.split("\n")
    gone = [
        text[gap.first - 1 : gap.last] if gap.unit == "chars" else "\n".join(lines[gap.first - 1 : gap.last])
        for gap in found.gaps
    ]
    assert {match for part in gone for match in re.findall(r"in (\d) at 30", part)} == {"0", "1", "2", "3"}
    assert not any('"severity": 2' in part for part in gone)


def test_a_table_that_stands_twice_is_cut_once():
    rows = [{"id": n, "name": f"name {n * 7919 % 997}", "state": "open" if n % 3 else "shut"} for n in range(60)]
    text = json.dumps({"before": rows, "behind": rows[:50], "again": rows[:50]})
    found = ask(text, "What is `state` for the record whose `id` is 33?")
    assert found is not None
    assert shown_text(found).count("\n41,") == 2, "where it stands can't be told"
    assert shown_text(found).count("\n33,") == 3
