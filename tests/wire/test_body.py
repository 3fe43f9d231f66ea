import gzip
import json
import zlib

import brotli
import pytest
import zstandard

from headroom.errors import Unreadable
from headroom.exchange import Edit
from headroom.wire.body import decode_body, literal, splice, text_of

PLAIN = json.dumps({"messages": [{"role": "user", "content": "grüße " * 300}]}, ensure_ascii=False).encode()


def raw_deflate(plain: bytes) -> bytes:
    squeezer = zlib.compressobj(wbits=-15)
    return squeezer.compress(plain) + squeezer.flush()


ENCODED = {
    "none": ("", PLAIN),
    "identity": ("identity", PLAIN),
    "gzip": ("gzip", gzip.compress(PLAIN)),
    "gzip in capitals, with spaces": (" GZIP ", gzip.compress(PLAIN)),
    "gzip by its old name": ("x-gzip", gzip.compress(PLAIN)),
    "gzip of two members": ("gzip", gzip.compress(PLAIN[:100]) + gzip.compress(PLAIN[100:])),
    "deflate as zlib": ("deflate", zlib.compress(PLAIN)),
    "deflate as a raw stream": ("deflate", raw_deflate(PLAIN)),
    "brotli": ("br", brotli.compress(PLAIN)),
    "zstd": ("zstd", zstandard.compress(PLAIN)),
    "zstd of two frames": ("zstd", zstandard.compress(PLAIN[:100]) + zstandard.compress(PLAIN[100:])),
    "gzip, then brotli": ("gzip, br", brotli.compress(gzip.compress(PLAIN))),
    "three, with identity between": ("zstd,identity,deflate", zlib.compress(zstandard.compress(PLAIN))),
}


@pytest.mark.parametrize(("encoding", "raw"), ENCODED.values(), ids=ENCODED.keys())
def test_content_encodings_are_undone(encoding, raw):
    assert decode_body(raw, encoding, 10_000) == PLAIN


def test_a_plain_body_is_not_copied():
    assert decode_body(PLAIN, "", 10_000) is PLAIN


REFUSED = {
    "an unknown encoding": (b"x", "snappy", "unknown_encoding"),
    "an unknown one among known": (b"x", "gzip, snappy", "unknown_encoding"),
    "too many layers": (b"x", "gzip,gzip,gzip,gzip,gzip", "unknown_encoding"),
    "gzip that is none": (b"hello", "gzip", "bad_encoding"),
    "empty gzip": (b"", "gzip", "bad_encoding"),
    "gzip cut short": (gzip.compress(PLAIN)[:-9], "gzip", "bad_encoding"),
    "gzip with rubbish after it": (gzip.compress(PLAIN) + b"rubbish", "gzip", "bad_encoding"),
    "deflate that is none": (b"hello", "deflate", "bad_encoding"),
    "deflate cut short": (zlib.compress(PLAIN)[:-9], "deflate", "bad_encoding"),
    "deflate with rubbish after it": (zlib.compress(PLAIN) + b"rubbish", "deflate", "bad_encoding"),
    "brotli that is none": (b"hello, this is not brotli", "br", "bad_encoding"),
    "brotli cut short": (brotli.compress(PLAIN)[:-3], "br", "bad_encoding"),
    "zstd that is none": (b"hello", "zstd", "bad_encoding"),
    "zstd cut short": (zstandard.compress(PLAIN)[:-3], "zstd", "bad_encoding"),
    "a plain body over the limit": (b"x" * 10_001, "", "too_large"),
}


@pytest.mark.parametrize(("raw", "encoding", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_bodies_we_cannot_decode_are_refused(raw, encoding, reason):
    with pytest.raises(Unreadable) as refused:
        decode_body(raw, encoding, 10_000)
    assert refused.value.reason == reason


BOMB = bytes(30_000_000)
SQUEEZE = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda plain: brotli.compress(plain, quality=5),
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("encoding", SQUEEZE)
def test_a_bomb_stops_at_the_limit(encoding):
    with pytest.raises(Unreadable) as refused:
        decode_body(SQUEEZE[encoding](BOMB), encoding, 1_000_000)
    assert refused.value.reason == "too_large"


@pytest.mark.parametrize("encoding", SQUEEZE)
def test_exactly_the_limit_is_allowed(encoding):
    assert decode_body(SQUEEZE[encoding](b"y" * 5000), encoding, 5000) == b"y" * 5000


def test_zstd_may_not_ask_for_a_huge_window():
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=26)
    squeezer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    raw = squeezer.compress(b"z" * 1000) + squeezer.flush()
    with pytest.raises(Unreadable, match="bad_encoding"):
        decode_body(raw, "zstd", 10_000)


SPLICES = {
    "one replacement": ([Edit(1, 3, b"XYZ")], b"aXYZdefgh"),
    "a removal": ([Edit(0, 2, b"")], b"cdefgh"),
    "an insertion at the end": ([Edit(8, 8, b"!")], b"abcdefgh!"),
    "edits out of order": ([Edit(6, 7, b"G"), Edit(0, 1, b"A")], b"AbcdefGh"),
    "edits side by side": ([Edit(0, 2, b"1"), Edit(2, 4, b"2")], b"12efgh"),
    "two insertions at one place keep their order": ([Edit(4, 4, b"1"), Edit(4, 4, b"2")], b"abcd12efgh"),
    "an insertion before a replacement": ([Edit(4, 6, b"_"), Edit(4, 4, b"+")], b"abcd+_gh"),
}


@pytest.mark.parametrize(("edits", "want"), SPLICES.values(), ids=SPLICES.keys())
def test_splice(edits, want):
    assert splice(b"abcdefgh", edits) == want


@pytest.mark.parametrize("edits", [[], [Edit(2, 4, b"cd")], [Edit(3, 3, b"")]], ids=["none", "same text", "nothing"])
def test_without_a_change_the_same_object_comes_back(edits):
    body = b"abcdefgh"
    assert splice(body, edits) is body


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(1, 4, b""), Edit(3, 5, b"")],
        [Edit(0, 8, b"x"), Edit(2, 2, b"y")],
        [Edit(5, 4, b"")],
        [Edit(-1, 2, b"")],
        [Edit(7, 9, b"")],
    ],
    ids=["overlapping", "one inside another", "backwards", "before the body", "after the body"],
)
def test_impossible_edits_are_refused(edits):
    with pytest.raises(ValueError, match="edit"):
        splice(b"abcdefgh", edits)


LITERALS = {
    "plain": ("abc", b'"abc"'),
    "quotes and backslashes": ('a"b\\c', b'"a\\"b\\\\c"'),
    "control characters": ("a\n\t\x00\x1f", b'"a\\n\\t\\u0000\\u001f"'),
    "not escaped needlessly": ("grüße 漢字 🚀 </script>", '"grüße 漢字 🚀 </script>"'.encode()),
    "a lone high surrogate": ("x\ud83dy", b'"x\\ud83dy"'),
    "a lone low surrogate": ("\ude80", b'"\\ude80"'),
    "empty": ("", b'""'),
}


@pytest.mark.parametrize(("text", "want"), LITERALS.values(), ids=LITERALS.keys())
def test_string_literals_are_written_and_read_back(text, want):
    assert literal(text) == want
    assert text_of(want) == text


def test_string_literals_are_those_of_json():
    text = "".join(chr(code) for code in range(0x3000)) + "\ue000\uffff\U00010000\U0010ffff"
    assert literal(text) == json.dumps(text, ensure_ascii=False).encode()
    assert text_of(json.dumps(text).encode()) == text_of(literal(text)) == text


@pytest.mark.parametrize(
    ("written", "want"),
    [(b'"\\u00fc\\/"', "ü/"), (b'"\\ud83d\\ude80"', "🚀"), (b'"\\ud83d x"', "\ud83d x")],
    ids=["escapes", "a surrogate pair", "a lone surrogate"],
)
def test_escaped_literals_are_read_exactly(written, want):
    assert text_of(written) == want


@pytest.mark.parametrize("written", [b"", b'"abc', b'"\xff"', b"12", b'"a\nb"'])
def test_what_is_no_string_literal_is_refused(written):
    with pytest.raises(Unreadable):
        text_of(written)


@pytest.mark.parametrize(
    ("written", "want"),
    {
        "letters": (r'["Zo\u00eb","\u00C9"]', '["Zoë","É"]'),
        "a pair": (r'["\ud83d\ude00"]', '["😀"]'),
        "half a pair": (r'["\ud83d","\ude00"]', r'["\ud83d","\ude00"]'),
        "what JSON must escape": (r'["\u0022\u005c\u000a\n\"\\"]', r'["\u0022\u005c\u000a\n\"\\"]'),
        "an escaped backslash before a u": (r'{"path":"C:\\u00eb"}', r'{"path":"C:\\u00eb"}'),
        "nothing escaped": ('{"a":1.10}', '{"a":1.10}'),
    }.values(),
)
def test_a_structure_is_read_as_it_stands_but_for_escaped_letters(written, want):
    assert text_of(written.encode()) == want
    assert json.loads(want) == json.loads(written)
