from hypothesis import given

from headroom.compress.folding import escape
from headroom.compress.packing import pack, unpack
from tests.compress.line_samples import texts


@given(texts)
def test_a_packed_text_comes_back(text):
    lines = escape(text).split("\n")
    packed = pack(lines, ["[~ a summary]"])
    if packed is not None:
        assert unpack(packed) == (["[~ a summary]"], lines)


@given(texts)
def test_the_head_never_eats_a_first_line_of_ours(text):
    lines = ["[~ 2 PASSED in a:]", *escape(text).split("\n")]
    assert unpack(pack(lines, [], always=True) or "") == ([], lines)
