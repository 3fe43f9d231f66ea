import pytest

from headroom.errors import Unreadable
from headroom.wire.outline import cache_marks, check_text, elements, integer, members, string

OBJECTS = {
    "compact": b'{"a":1,"b":"x"}',
    "with white space everywhere": b' \n{ "a"\t: 1 ,\r\n "b" : "x" } ',
    "nested values": b'{"a":{"b":[1,{"a":2}]},"c":[]}',
    "empty": b"{ }",
    "an escaped key": b'{"\\u0061":true}',
    "a key with a quote and a colon": b'{"a\\":":null,"":0}',
    "a key in another script": '{"schlüssel":"wert"}'.encode(),
    "numbers that must not be retyped": b'{"a":1.0,"b":12345678901234567890123,"c":1E+2,"d":-0.0}',
    "a string that looks like JSON": b'{"a":"\\",\\"b\\":1}","b":2}',
}


@pytest.mark.parametrize("text", OBJECTS.values(), ids=OBJECTS.keys())
def test_members_are_found_where_they_are(text):
    import json

    want = json.loads(text, parse_int=str, parse_float=str)
    found = members(text)
    assert list(found) == list(want)
    for key, (start, end) in found.items():
        assert json.loads(text[start:end], parse_int=str, parse_float=str) == want[key]
        assert text[start:end] == text[start:end].strip()


def test_members_of_a_part_count_from_the_start_of_the_text():
    text = b'[1, {"k": "v"}]'
    assert members(text, 4, 14) == {"k": (10, 13)}


def test_elements_are_found_where_they_are():
    text = b'{"m": [ 1 ,"a,b",[2],{"x":[3]} , null ]}'
    assert [text[a:b] for a, b in elements(text, 6, 39)] == [b"1", b'"a,b"', b"[2]", b'{"x":[3]}', b"null"]
    assert elements(b"[ ]") == []


BAD = {
    "a key twice, same value": (b'{"a":1,"a":1}', "duplicate_key"),
    "a key twice, values of one length": (b'{"a":1,"b":5,"a":2}', "duplicate_key"),
    "a key twice, longer first": (b'{"a":1111,"a":1}', "duplicate_key"),
    "a key twice, shorter first": (b'{"a":1,"b":0,"a":1111}', "duplicate_key"),
    "a key twice, once escaped": (b'{"a":1,"\\u0061":2}', "duplicate_key"),
    "a key twice, a space after the first value": (b'{"a":1 ,"b":2,"a":1}', "duplicate_key"),
    "a key twice, the first value ending like the object": (b'{"a":{"k":1,"b":2},"b":2,"a":111111}', "duplicate_key"),
    "a key twice, with white space": (b'{"a" :1, "a" :1, "b" :1}', "duplicate_key"),
    "an array": (b"[1]", "shape"),
    "a string": (b'"a"', "shape"),
    "nothing": (b"", "invalid_json"),
    "cut short": (b'{"a":', "invalid_json"),
    "text after the end": (b'{"a":1}x', "invalid_json"),
    "a trailing comma": (b'{"a":1,}', "invalid_json"),
    "a byte order mark": (b'\xef\xbb\xbf{"a":1}', "invalid_json"),
    "NaN": (b'{"a":NaN}', "invalid_json"),
    "a raw control character": (b'{"a":"\x01"}', "invalid_json"),
    "a key that is not UTF-8": (b'{"\xff":1}', "invalid_json"),
    "nested without end": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
}


@pytest.mark.parametrize(("text", "reason"), BAD.values(), ids=BAD.keys())
def test_what_is_no_plain_object_is_refused(text, reason):
    with pytest.raises(Unreadable) as refused:
        members(text)
    assert refused.value.reason == reason


def test_bytes_that_are_not_utf8_are_refused_wherever_they_are():
    body = b'{"messages":[{"content":"\xff"}]}'
    with pytest.raises(Unreadable, match="invalid_json"):
        check_text(body)
    check_text('{"messages":"grüße"}'.encode())


@pytest.mark.parametrize(
    ("value", "want"),
    [(b"12", 12), (b"0", 0), (b"-1", None), (b"1.5", None), (b'"12"', None), (b"null", None), (b"9" * 30, None)],
)
def test_integers(value, want):
    text = b'{"n":' + value + b"}"
    assert integer(text, members(text)["n"]) == want


@pytest.mark.parametrize(("value", "want"), [(b'"a\\nb"', "a\nb"), (b'"\xc3\xbc"', "ü"), (b"1", None), (b"null", None)])
def test_strings(value, want):
    text = b'{"s":' + value + b"}"
    assert string(text, members(text)["s"]) == want
    assert string(text, None) is None


MARKS = {
    "none": (b'{"a":1}', 0),
    "one": (b'{"cache_control":{"type":"ephemeral"}}', 1),
    "with a life and white space": (b'{"cache_control" : {"ttl":"1h", "type": "ephemeral"}}', 1),
    "inside a text": (b'{"text":"\\"cache_control\\":{\\"type\\":\\"ephemeral\\"}"}', 0),
    "as a property of a tool": (b'{"properties":{"cache_control":{"type":"string"}}}', 0),
    "null": (b'{"cache_control":null}', 0),
}


@pytest.mark.parametrize(("body", "want"), MARKS.values(), ids=MARKS.keys())
def test_cache_marks_are_counted(body, want):
    assert cache_marks(body) == want
