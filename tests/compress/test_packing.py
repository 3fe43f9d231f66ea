import re

import pytest
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


@pytest.mark.parametrize("name", ["0xc0000700", "worker_9f", "état"])
def test_no_mark_runs_into_what_it_must_not_hold(name):
    lines = [f"12:00:{n:02d} 2227 I PhoneStatusBar: notifyUiVisibilityChanged:vis=0x{n:03d}c" for n in range(20)]
    lines += [f"12:01:{n:02d} 2227 I PhoneStatusBar: notifyUiVisibilityChanged:vis={name}, now" for n in range(20)]
    packed = pack(lines, apart=re.compile(name))
    assert unpack(packed) == ([], lines)
    assert packed.count(name) == 20
    assert re.search(r"\n[$&%@][A-Za-z]=.*", packed)
    assert not re.search(rf"[$&%@][A-Za-z]{name}", packed)
